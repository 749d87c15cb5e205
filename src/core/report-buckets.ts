import { addDays, mondayOf, offsetsBetween, startOfDayMs } from './report-days.ts';

/**
 * Buckets of a curve, as reports name them: by the hour, day, Monday or month that a zone's clocks and calendars show. An
 * hour that clocks skip and a day that a country leaves out are no buckets; an hour that clocks repeat is one, with all
 * that happened in both.
 */
export type BucketSize = 'hour' | 'day' | 'week' | 'month';

/** Clocks are changed by quarters of an hour at the least. */
const QUARTER_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

/** Labels of every bucket that the inclusive days touch, in order of time. */
export function bucketsBetween(size: BucketSize, from: string, to: string, timezone: string): string[] {
  if (size === 'hour') return hoursBetween(from, to, timezone);
  const labels = new Set<string>();
  const skipped = size === 'day' ? skippedDays(from, to, timezone) : new Set();
  for (let day = from; day <= to; day = addDays(day, 1)) {
    if (size === 'month') labels.add(day.slice(0, 7));
    else if (size === 'week') labels.add(mondayOf(day));
    else if (!skipped.has(day)) labels.add(day);
  }
  return [...labels];
}

/** Days that lie whole within what the clocks jumped over. */
function skippedDays(from: string, to: string, timezone: string): Set<string> {
  const [fromMs, toMs] = [Date.parse(from) - DAY_MS, Date.parse(to) + 2 * DAY_MS];
  const { sinceMs, seconds } = offsetsBetween(fromMs, toMs, timezone);
  const skipped = new Set<string>();
  for (const [index, since] of sinceMs.entries()) {
    const shownBefore = since + (seconds[index - 1] ?? seconds[index]!) * 1_000;
    const shownAfter = since + seconds[index]! * 1_000;
    for (let day = Math.ceil(shownBefore / DAY_MS) * DAY_MS; day + DAY_MS <= shownAfter; day += DAY_MS) {
      skipped.add(new Date(day).toISOString().slice(0, 10));
    }
  }
  return skipped;
}

function hoursBetween(from: string, to: string, timezone: string): string[] {
  const [fromMs, toMs] = [startOfDayMs(from, timezone), startOfDayMs(addDays(to, 1), timezone)];
  const { sinceMs, seconds } = offsetsBetween(fromMs, toMs, timezone);
  const labels = new Set<string>();
  for (let timeMs = fromMs; timeMs < toMs; timeMs += QUARTER_MS) {
    const offset = seconds[sinceMs.findLastIndex((since) => since <= timeMs)]!;
    const shown = new Date(timeMs + offset * 1_000).toISOString();
    labels.add(`${shown.slice(0, 10)} ${shown.slice(11, 13)}:00`);
  }
  return [...labels].sort();
}
