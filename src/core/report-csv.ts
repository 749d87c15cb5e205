import { currencyExponent, decimalString } from './currency.ts';
import type { Metric, ReportRow } from './report.ts';
import { pairRows } from './report-pairs.ts';
import type { RowPair } from './report-pairs.ts';
import { MONEY_METRICS, TIME_DIMENSIONS } from './report-scope.ts';

/** A report as a file for spreadsheets: a line for each row, money in units of its currency, names as the API has them. */

/** Shares of money, and quotients of it, are no amounts. */
const PLAIN: readonly Metric[] = ['coverage', 'roas'];
const AMOUNTS: ReadonlySet<string> = new Set([
  ...MONEY_METRICS.filter((metric) => !PLAIN.includes(metric)),
  'revenue_per_visitor',
]);
/** Digits of an average beyond those of the currency. */
const FURTHER_DIGITS = 4;

interface Report {
  rows: readonly ReportRow[];
  /** Its names are the metrics' columns, also where there is no row. */
  totals: ReportRow;
  currency: string;
}
/** The range before: what its columns are called, and the first day of each of the two. */
export interface ComparedRange {
  name: string;
  rows: readonly ReportRow[];
  first: { present: string; before: string };
}

export function reportCsv(
  report: Report,
  dimensions: readonly string[],
  compared: ComparedRange | null = null,
): string {
  const { rows, totals, currency } = report;
  const metrics = Object.keys(totals);
  const columns = [...dimensions, ...metrics];
  const valueOf = (row: ReportRow | null, name: string) =>
    row === null ? '' : cell(name, row[name] ?? null, String(row.currency ?? currency));
  // Names are the same in both ranges; of times, each range has its own.
  const isTwice = (name: string) =>
    compared !== null && (TIME_DIMENSIONS.some((one) => one === name) || metrics.includes(name));
  const pairs: readonly RowPair[] = compared
    ? pairRows(rows, compared.rows, dimensions, compared.first)
    : rows.map((row) => ({ row, before: null }));
  const header = columns.flatMap((name) => (isTwice(name) ? [name, `${name}:${compared!.name}`] : [name]));
  const lines = pairs.map(({ row, before }) =>
    columns.flatMap((name) =>
      isTwice(name) ? [valueOf(row, name), valueOf(before, name)] : [valueOf(row ?? before, name)],
    ),
  );
  return [header.map(textCell), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function cell(name: string, value: string | number | null, currency: string): string {
  if (value === null) return '';
  if (typeof value === 'string') return textCell(value);
  // "revenue:linear" is an amount as "revenue" is.
  if (!AMOUNTS.has(name.split(':')[0]!)) return String(value);
  if (Number.isInteger(value)) return decimalString(value, currency);
  const exponent = currencyExponent(currency);
  return (value / 10 ** exponent).toFixed(exponent + FURTHER_DIGITS);
}

/**
 * Names come from strangers' links, and a spreadsheet computes what begins like a formula: `=HYPERLINK(…)` as a campaign
 * would send the figures away. The apostrophe makes it text.
 */
function textCell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
