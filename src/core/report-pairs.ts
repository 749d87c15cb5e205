import { addDays, countDays, isDay, mondayOf } from './report-days.ts';
import { TIME_DIMENSIONS } from './report-scope.ts';
import type { ReportRow } from './report.ts';

/** A row and the one of the range before that it is compared with; null where that range has none. */
export interface RowPair {
  row: ReportRow | null;
  before: ReportRow | null;
}

/**
 * Rows of two ranges that belong together: of the same names, and of hours, days, weeks and months as far into their range.
 * Those of the present keep their order; what only the range before has comes after them.
 *
 * @param first the first day of each range
 */
export function pairRows(
  rows: readonly ReportRow[],
  before: readonly ReportRow[],
  dimensions: readonly string[],
  first: { present: string; before: string },
): RowPair[] {
  const keyOf = (row: ReportRow, label: (dimension: string, text: string) => string) =>
    JSON.stringify(dimensions.map((dimension) => label(dimension, String(row[dimension]))));
  const asPresent = (dimension: string, text: string) =>
    TIME_DIMENSIONS.some((one) => one === dimension) ? moved(text, mondays(dimension, first)) : text;
  const left = new Map(before.map((row) => [keyOf(row, asPresent), row]));
  const pairs = rows.map((row): RowPair => {
    const key = keyOf(row, (_, text) => text);
    const other = left.get(key) ?? null;
    left.delete(key);
    return { row, before: other };
  });
  return [...pairs, ...[...left.values()].map((row) => ({ row: null, before: row }))];
}

/** Weeks are named by their Mondays. */
const mondays = (dimension: string, { present, before }: { present: string; before: string }) =>
  dimension === 'week' ? { present: mondayOf(present), before: mondayOf(before) } : { present, before };

/** '2025-11-03', '2025-11-03 14:00' and '2025-11' as far after the first day of the present. */
function moved(text: string, { present, before }: { present: string; before: string }): string {
  const day = text.slice(0, 10);
  if (isDay(day)) return addDays(present, countDays(before, day) - 1) + text.slice(10);
  if (!/^\d{4}-\d{2}$/.test(text)) return text;
  const months = monthsOf(text) - monthsOf(before) + monthsOf(present);
  return `${String(Math.floor(months / 12)).padStart(4, '0')}-${String((months % 12) + 1).padStart(2, '0')}`;
}

const monthsOf = (text: string) => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1;
