import type { Conversion } from '../core/attribution/credits.ts';
import type { ConvertedEntry } from '../core/exchange.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import type { PaymentRow } from '../storage/records/records.ts';

/** A payment in the site's reporting currency, entry by entry with what each was converted by; see http/contract.ts. */
export function convertedAnswer({ to, entries }: Conversion) {
  const total = (kind: LedgerEntry['kind']) =>
    entries.reduce((sum, it) => (it.entry.kind === kind ? sum + (it.amount?.amountMinor ?? 0) : sum), 0);
  const [gross, refunded, disputed] = [total('charge'), 0 - total('refund'), 0 - total('dispute')];
  return {
    currency: to,
    gross,
    refunded,
    disputed,
    revenue: gross - refunded - disputed,
    fees: entries.reduce((sum, { fee }) => sum + (fee?.amountMinor ?? 0), 0),
    complete: entries.every(isComplete),
    entries: entries.map(({ entry, amount, fee }) => ({
      id: entry.id,
      amount: amount?.amountMinor ?? null,
      fee: fee?.amountMinor ?? null,
      by: amount?.by ?? fee?.by ?? null,
      evidence: (amount?.by === 'rate' ? amount.evidence : amount?.evidence || fee?.evidence) || null,
    })),
  };
}

function isComplete({ entry, amount, fee }: ConvertedEntry): boolean {
  const hasFee = (entry.feeMinor ?? 0) !== 0 && entry.settledCurrency !== null;
  return (amount !== null || entry.amountMinor === 0) && (fee !== null || !hasFee);
}

/**
 * The revenue in the reporting currency as it stands in the reports, from the credits of the payment; null when a part of
 * it could not be converted.
 */
export function revenueConverted({ attribution }: PaymentRow, to: string): number | null {
  const wholes = attribution.rows.filter((row) => row.position <= 0);
  const isApart = wholes.some(
    ({ entry, money, convertedTo }) =>
      money === undefined && entry.currency !== to && entry.amountMinor !== 0 && convertedTo !== to,
  );
  if (isApart || wholes.length === 0) return null;
  return wholes.reduce((sum, { entry, money, wholeMinor = 0 }) => {
    if (money === undefined) return entry.currency === to ? sum + entry.amountMinor : sum;
    return money === to ? sum + wholeMinor : sum;
  }, 0);
}
