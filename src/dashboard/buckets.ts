import { bucketsBetween } from '../core/report-buckets.ts';
import { countDays } from '../core/report-days.ts';
import type { ReportRow } from '../core/report.ts';
import { formatDay, todayIn } from './time.ts';
import type { Days } from './time.ts';

export type BucketDimension = 'hour' | 'day' | 'week' | 'month';
export interface Bucket {
  key: string;
  /** On the axis and in the tooltip. */
  short: string;
  long: string;
  visitors: number;
  revenueMinor: number;
  /** Not begun yet in the site's zone: drawn as nothing, not as zero. */
  isAhead: boolean;
}

export function bucketDimension(days: Days): BucketDimension {
  const count = countDays(days.from, days.to);
  if (count === 1) return 'hour';
  if (count <= 120) return 'day';
  return count <= 800 ? 'week' : 'month';
}

/** Hours are those of one day. */
function keysOf({ from, to }: Days, dimension: BucketDimension, timezone: string): string[] {
  const labels = bucketsBetween(dimension, from, to, timezone);
  return dimension === 'hour' ? labels.map((label) => label.slice(11, 13)) : labels;
}

/** Hours may come as '13', '13:00' or with their day before them. */
function keyOf(value: string, dimension: BucketDimension): string {
  if (dimension === 'hour') return (/[T ](\d{2})/.exec(value)?.[1] ?? value.slice(0, 2)).padStart(2, '0');
  return value.slice(0, dimension === 'month' ? 7 : 10);
}

function namesOf(key: string, dimension: BucketDimension): { short: string; long: string } {
  if (dimension === 'hour') return { short: `${key}:00`, long: `${key}:00 – ${key}:59` };
  if (dimension === 'day') return { short: formatDay(key, 'short'), long: formatDay(key, 'long') };
  if (dimension === 'week') return { short: formatDay(key, 'short'), long: `Week of ${formatDay(key)}` };
  const month = new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', month: 'short', year: 'numeric' });
  const name = month.format(new Date(`${key}-01T00:00:00Z`));
  return { short: name, long: name };
}

const numberOf = (value: string | number | null | undefined): number => (typeof value === 'number' ? value : 0);

const hourIn = (timezone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', hourCycle: 'h23' }).format(new Date());

/** Every bucket of the range, also those in which nothing happened: a quiet day is a fact, not a gap. */
export function bucketsOf(
  rows: readonly ReportRow[],
  days: Days,
  dimension: BucketDimension,
  timezone: string,
): Bucket[] {
  const today = todayIn(timezone);
  const isAhead = (key: string): boolean =>
    dimension === 'hour'
      ? days.from > today || (days.from === today && key > hourIn(timezone))
      : key > today.slice(0, key.length);
  const found = new Map(rows.map((row) => [keyOf(String(row[dimension] ?? ''), dimension), row]));
  return keysOf(days, dimension, timezone).map((key) => {
    const row = found.get(key);
    return {
      key,
      ...namesOf(key, dimension),
      visitors: numberOf(row?.visitors),
      revenueMinor: numberOf(row?.revenue),
      isAhead: isAhead(key),
    };
  });
}
