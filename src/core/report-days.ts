/**
 * Days of a time zone. A report's days are inclusive and are the site's own, so a day may have 23 or 25 hours, may
 * start at 01:00, and (Samoa, 30 December 2011) may not exist at all.
 */

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** 'YYYY-MM-DD', of the years 1970 to 9999, that is in the calendar. */
export function isDay(text: string): boolean {
  const match = DAY.exec(text);
  if (!match || Number(match[1]) < 1970) return false;
  return formatDay(midnightUtc(text)) === text;
}

/**
 * What the facts store holds: its times end with 2099, and its days are unsigned, so that the day before the first would
 * be the last. Whoever asks for more is answered for these, and does not keep the process counting days of the year 9999.
 */
export const EARLIEST_DAY = '1970-01-03';
export const LATEST_DAY = '2099-12-31';

export function withinStore(day: string): string {
  return day < EARLIEST_DAY ? EARLIEST_DAY : day > LATEST_DAY ? LATEST_DAY : day;
}

/** The time zone's name as the calendar database knows it, or not. */
export function isTimezone(name: string): boolean {
  // Bare offsets ('+02:00') are known to JavaScript but not to ClickHouse.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

export function addDays(day: string, days: number): string {
  return formatDay(midnightUtc(day) + days * DAY_MS);
}

/** The Monday of the day's week. */
export function mondayOf(day: string): string {
  const weekday = new Date(midnightUtc(day)).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

/** How many days the inclusive range has: 1 when both are the same. */
export function countDays(from: string, to: string): number {
  return Math.round((midnightUtc(to) - midnightUtc(from)) / DAY_MS) + 1;
}

/** The same day a year before; 29 February becomes the 28th. */
export function yearBefore(day: string): string {
  const [year, rest] = [Number(day.slice(0, 4)) - 1, day.slice(4)];
  const before = `${String(year).padStart(4, '0')}${rest}`;
  return isDay(before) ? before : `${String(year).padStart(4, '0')}-02-28`;
}

/** The day that it is in a zone at an instant. */
export function dayAt(timeMs: number, timezone: string): string {
  const parts = formatterOf(timezone).formatToParts(timeMs);
  const part = (type: string) => parts.find((one) => one.type === type)!.value;
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/**
 * Epoch milliseconds of the first instant of a day in a zone (of the next day there is, when that day does not exist).
 * Searched, not computed from an offset: where clocks change at midnight the day does not start at 00:00.
 */
export function startOfDayMs(day: string, timezone: string): number {
  // Offsets lie between −12 h and +14 h.
  let low = midnightUtc(day) - 15 * HOUR_MS;
  let high = midnightUtc(day) + 36 * HOUR_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (dayAt(middle, timezone) >= day) high = middle;
    else low = middle;
  }
  return high;
}

/** What a zone's clocks show, as seconds ahead of UTC, from each of these instants on. The first is the range's own begin. */
export interface Offsets {
  sinceMs: number[];
  seconds: number[];
}

/** No zone has changed its clocks twice within so little. */
const OFFSET_STEP_MS = 7 * DAY_MS;

/**
 * The offsets of a zone between two instants. Buckets are named by these and by nothing else: a store's own zones are as
 * old as the store, and governments change their minds (Morocco, Alberta and British Columbia did in 2026).
 */
export function offsetsBetween(fromMs: number, toMs: number, timezone: string): Offsets {
  const offsets: Offsets = { sinceMs: [fromMs], seconds: [offsetAt(fromMs, timezone)] };
  for (let low = fromMs; low < toMs; low += OFFSET_STEP_MS) {
    const end = Math.min(low + OFFSET_STEP_MS, toMs);
    const offset = offsetAt(end, timezone);
    if (offset === offsets.seconds.at(-1)) continue;
    let [before, after] = [low, end];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle, timezone) === offset) after = middle;
      else before = middle;
    }
    offsets.sinceMs.push(after);
    offsets.seconds.push(offset);
  }
  return offsets;
}

function offsetAt(timeMs: number, timezone: string): number {
  const parts = formatterOf(timezone).formatToParts(timeMs);
  const part = (type: string) => Number(parts.find((one) => one.type === type)!.value);
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown / 1000 - Math.floor(timeMs / 1000);
}

function midnightUtc(day: string): number {
  const match = DAY.exec(day);
  if (!match) throw new RangeError(`not a day: ${day}`);
  return Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
}

function formatDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Kept, because making one costs fifty times what using it does. Names come from sites, which are few. */
function formatterOf(timezone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timezone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-u-ca-iso8601', {
      timeZone: timezone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    if (formatters.size < 1_000) formatters.set(timezone, formatter);
  }
  return formatter;
}
