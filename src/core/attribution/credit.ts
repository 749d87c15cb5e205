import type { LedgerEntry } from '../ledger.ts';
import type { Payment } from '../payment.ts';
import type { Touchpoint } from '../touchpoint.ts';
import type { RuleModel } from './models.ts';

/**
 * Goes up when the same facts and settings give other credits than before, so that `headwater recompute` computes them
 * anew: what was computed by this version from the same facts is left as it is. A test pins it to what it stands for.
 */
export const CREDIT_VERSION = 2;

/** What one ledger entry gives to one touchpoint, per model, in minor units of the entry's currency. */
export type ModelAmounts = Record<RuleModel, number>;

/**
 * One row of the facts store's `credits` table: (entry, touchpoint) with one integer column per model. Re-crediting
 * writes the old rows again with sign −1 beside the new rows; reports sum amount × sign. An unattributed entry is one
 * row with `touchpoint` −1, source '(unattributed)' and the whole amount in every model's column.
 */
export interface CreditRow {
  site: string;
  mode: Payment['mode'];
  payment: Payment;
  entry: LedgerEntry;
  /** Position in the payment's path; −1: unattributed. */
  position: number;
  touchpoint: Touchpoint | null;
  /** Set when unattributed. */
  reason: string;
  amounts: ModelAmounts;
  /** Parts of the entry's fee, in its settlement currency. Absent in rows that were stored before fees were shared. */
  fees?: ModelAmounts;
  /** Parts of the tax in the entry's amount. Absent as above. */
  taxes?: ModelAmounts;
  /**
   * Set on the further row that says the same in the site's reporting currency: `amounts` and `taxes` are in it then, and
   * so are `fees` where they were converted (absent where not). `entry` is the ledger's all the same.
   */
  money?: string;
  /** With `money`: the whole of the entry in it, of which `amounts` are the parts. */
  wholeMinor?: number;
  /** On the entry's own row: the currency a further row says its amount in, and its fee. */
  convertedTo?: string;
  feesConvertedTo?: string;
  sign: 1 | -1;
}
