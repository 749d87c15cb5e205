import type { Mode } from './payment.ts';
import type { Movement, MovementKind } from './subscription-movements.ts';
import { timesRatio } from './rates.ts';
import type { Ratio } from './rates.ts';
import type { Touchpoint } from './touchpoint.ts';

/**
 * One movement of a subscription's recurring revenue, as the facts store has it. As with credits, what becomes otherwise
 * is appended: the old rows with sign −1 beside the new ones; reports sum delta × sign.
 */
export interface MovementRow {
  /** What tells a movement from a credit in the outbox. */
  movement: MovementKind;
  site: string;
  mode: Mode;
  subscription: string;
  customer: string | null;
  /** Epoch milliseconds. */
  at: number;
  currency: string;
  deltaMinor: number;
  /** The same in the site's reporting currency; null: it could not be converted. */
  reporting: { currency: string; deltaMinor: number } | null;
  /** The first touchpoint of the path of its payments; null: unattributed. */
  touchpoint: Touchpoint | null;
  /** Set when unattributed. */
  reason: string;
  sign: 1 | -1;
}

/** What a subscription's rows are made of, and all that has to be kept to make them again. */
export interface RecurringRevenue {
  site: string;
  mode: Mode;
  subscription: string;
  customer: string | null;
  currency: string;
  movements: Movement[];
  /** One rate for the whole life of a subscription, as '12/10'; null: it cannot be converted. */
  rate: { to: string; above: string; below: string; evidence: string } | null;
  touchpoint: Touchpoint | null;
  reason: string;
}

/**
 * Levels are converted, and their differences are the rows: so what a subscription brought in another currency adds up to
 * exactly 0 when it has ended, and to its converted level at every moment before.
 */
export function movementRows(revenue: RecurringRevenue): MovementRow[] {
  const { site, mode, subscription, customer, currency, rate, touchpoint, reason } = revenue;
  const ratio = rate && { above: BigInt(rate.above), below: BigInt(rate.below) };
  let before = 0;
  return revenue.movements.map(({ at, kind, deltaMinor, mrrMinor }) => {
    const after = ratio && timesRatio(mrrMinor, ratio);
    const reporting = after === null ? null : { currency: rate!.to, deltaMinor: after - before };
    before = after ?? before;
    const own = { movement: kind, site, mode, subscription, customer, at, currency, deltaMinor };
    return { ...own, reporting, touchpoint, reason, sign: 1 };
  });
}

export function rateOf(to: string, { above, below }: Ratio, evidence: string): RecurringRevenue['rate'] {
  return { to, above: String(above), below: String(below), evidence };
}

/** The rows to append so that the facts store says what is true now. */
export function movementChanges(before: readonly MovementRow[], after: readonly MovementRow[]): MovementRow[] {
  const keyOf = (row: MovementRow) => JSON.stringify(row);
  const old = new Set(before.map(keyOf));
  const fresh = new Set(after.map(keyOf));
  const gone = before.filter((row) => !fresh.has(keyOf(row))).map((row) => ({ ...row, sign: -1 as const }));
  return [...gone, ...after.filter((row) => !old.has(keyOf(row)))];
}
