/**
 * One signed movement of money, append-only. An entry never changes: when its object's amount does, a correcting entry
 * with its own id (`<object>#<n>`) and the kind of the object it corrects is appended. The ledger is a sum, and a sum
 * has no order.
 */
export interface LedgerEntry {
  /** Unique per site: the money object's id (ch_…, re_…), `<charge>#refunds`, or `<id>#<n>` for a correction. */
  id: string;
  paymentId: string;
  /** What the amount counts towards: 'charge' → gross, 'refund' → refunded, 'dispute' → disputed. */
  kind: 'charge' | 'refund' | 'dispute';
  /** Signed, in the charge's currency: charges positive, refunds negative. */
  amountMinor: number;
  currency: string;
  /** Epoch milliseconds. */
  occurredAt: number;
  balanceTransaction: string | null;
  /** Settlement, once known: amount, currency and fee of the balance transaction. */
  settledMinor: number | null;
  settledCurrency: string | null;
  feeMinor: number | null;
}
