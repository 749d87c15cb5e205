import type { CreditRow, ModelAmounts } from '../../core/attribution/credit.ts';
import type { StoredPath } from '../../core/attribution/path-row.ts';
import type { Link } from '../../core/link.ts';
import type { Payment } from '../../core/payment.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';

/** How a payment is credited at present. */
export interface Attribution {
  /** The visitor the ladder resolved to, null when unattributed. */
  visitor: string | null;
  /** All visitors whose touchpoints make the path. */
  visitors: string[];
  reason: string | null;
  /** The link that was used (index into links), null when unattributed. */
  usedLink: Pick<Link, 'object' | 'field' | 'value'> | null;
  /** Window-free path: every touchpoint up to the path's end. */
  path: Touchpoint[];
  /** Set while the path stands in the facts store. */
  storedPath?: StoredPath | undefined;
  /** Per model, per touchpoint of `creditedPath`, summed over entries; {} when unattributed. */
  credits: Partial<Record<keyof ModelAmounts, number[]>>;
  /** Per entry, per touchpoint: what stands in the facts store, so that re-crediting can cancel it. */
  rows: CreditRow[];
}
export interface PaymentRow extends Payment {
  attribution: Attribution;
}
