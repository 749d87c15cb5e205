import { currencyExponent, decimalString } from './currency.ts';
import type { Metric, ReportRow } from './report.ts';
import { MONEY_METRICS } from './report-scope.ts';

/** A report as a file for spreadsheets: a line for each row, money in units of its currency, names as the API has them. */

/** Shares of money, and quotients of it, are no amounts. */
const PLAIN: readonly Metric[] = ['coverage', 'roas'];
const AMOUNTS: ReadonlySet<string> = new Set([
  ...MONEY_METRICS.filter((metric) => !PLAIN.includes(metric)),
  'revenue_per_visitor',
]);
/** Digits of an average beyond those of the currency. */
const FURTHER_DIGITS = 4;

/** @param totals its names are the metrics' columns, also where there is no row */
export function reportCsv(
  { rows, totals, currency }: { rows: readonly ReportRow[]; totals: ReportRow; currency: string },
  dimensions: readonly string[],
): string {
  const columns = [...dimensions, ...Object.keys(totals)];
  const lines = rows.map((row) =>
    columns.map((name) => cell(name, row[name] ?? null, String(row.currency ?? currency))),
  );
  return [columns.map(textCell), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
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
