import { addDays, isDay } from '../core/report-days.ts';
import { groupLines } from './group.ts';
import type { ReadSpend } from './read-file.ts';
import { cleanText, isCurrency } from './read-line.ts';
import type { NamedLine, ReadLine } from './read-line.ts';
import { currencyExponent } from '../core/currency.ts';

/** A row of the API. The amount is in minor units. */
export interface SpendRowInput {
  date: string;
  source: string;
  medium?: string | undefined;
  campaign?: string | undefined;
  amount: number;
  currency: string;
  clicks?: number | null | undefined;
  impressions?: number | null | undefined;
}

const EARLIEST_DAY = '2000-01-01';

/** Rows as our own layout has them; a row's "line" is its place in the list, from 1. */
export function readSpendRows(rows: readonly SpendRowInput[], today: string): ReadSpend {
  const rejected: NamedLine[] = [];
  const read: ReadLine[] = [];
  for (const [index, row] of rows.entries()) {
    const line = index + 1;
    const reason = whatIsWrong(row, today);
    if (reason !== null) rejected.push({ line, reason });
    else read.push({ line, ...lineOf(row) });
  }
  const grouped = groupLines(read);
  return {
    ...grouped,
    rejected: [...rejected, ...grouped.rejected].toSorted((a, b) => a.line - b.line),
    platform: 'own',
    encoding: '',
    columns: {},
    read: rows.length,
    leftOut: [],
  };
}

function whatIsWrong({ date, source, currency }: SpendRowInput, today: string): string | null {
  if (!isDay(date)) return `"${date.slice(0, 40)}" is not a day; write it as 2026-11-21`;
  if (date < EARLIEST_DAY) return `${date} is too long ago`;
  if (date > addDays(today, 1)) return `${date} has not begun yet`;
  if (cleanText(source) === '') return 'names no source';
  return isCurrency(currency.toLowerCase()) ? null : `"${currency.slice(0, 10)}" is not a currency's three letters`;
}

function lineOf({ date, amount, currency, clicks, impressions, ...tags }: SpendRowInput): Omit<ReadLine, 'line'> {
  const code = currency.toLowerCase();
  return {
    exact: BigInt(amount) * 10n ** BigInt(18 - currencyExponent(code)),
    spend: {
      day: date,
      platform: 'own',
      account: '',
      campaignId: '',
      campaign: cleanText(tags.campaign ?? ''),
      source: cleanText(tags.source),
      medium: cleanText(tags.medium ?? ''),
      currency: code,
      clicks: clicks ?? null,
      impressions: impressions ?? null,
    },
  };
}
