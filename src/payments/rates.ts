import type { Conversion } from '../core/attribution/credits.ts';
import { convertEntries, needsExchange } from '../core/exchange.ts';
import type { ConvertedEntry } from '../core/exchange.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { RATE_AGE_MAX_DAYS, rateDay, rateTable } from '../core/rates.ts';
import type { Rate } from '../core/rates.ts';
import { addDays } from '../core/report-days.ts';
import type { Records } from '../storage/records/records.ts';

type RatesReader = { rates: Pick<Records['rates'], 'between'> };

/**
 * A payment's entries in the reporting currency; null: all of them are in it already. Rates are read only for the days
 * of what the provider's own settlement does not tell.
 */
export async function conversionOf(
  records: RatesReader,
  entries: readonly LedgerEntry[],
  to: string,
): Promise<Conversion | null> {
  if (!needsExchange(entries, to)) return null;
  const settled = convertEntries(entries, to, rateTable([]));
  const open = settled.filter(isOpen);
  if (open.length === 0) return { to, entries: settled };
  const currencies = new Set([to]);
  for (const { entry, amount } of open) {
    if (amount === null) currencies.add(entry.currency);
    if (entry.feeMinor !== null && entry.settledCurrency !== null) currencies.add(entry.settledCurrency);
  }
  const days = [...new Set(open.map(({ entry }) => rateDay(entry.occurredAt)))].sort();
  const table = rateTable(await ratesOfDays(records, days, [...currencies]));
  return { to, entries: table.size === 0 ? settled : convertEntries(entries, to, table) };
}

/** The rates that conversions on these days can use. */
export async function ratesOfDays(
  { rates }: RatesReader,
  days: readonly string[],
  currencies: readonly string[],
): Promise<Rate[]> {
  const found: Rate[] = [];
  for (const day of days) {
    // Of a direct, inverse or crossed rate at least one side is quoted.
    found.push(...(await rates.between(addDays(day, -RATE_AGE_MAX_DAYS), day, currencies)));
  }
  return found;
}

function isOpen({ entry, amount, fee }: ConvertedEntry): boolean {
  return amount === null || (fee === null && entry.feeMinor !== null && entry.settledCurrency !== null);
}
