import { DIRECT_CHANNEL, DIRECT_MEDIUM, DIRECT_SOURCE } from '../../core/acquisition.ts';
import { addDays, offsetsBetween, startOfDayMs, withinStore } from '../../core/report-days.ts';
import type { Dimension, ReportQuery } from '../../core/report.ts';

/** SQL with the values it binds. Everything that came from outside is a parameter; the text comes from closed lists. */
export interface Sql {
  text: string;
  params: Record<string, unknown>;
}

const NONE = '(none)';
const UNKNOWN = '(unknown)';

/** Dimensions that are a column: its name, and what an empty value is called. */
export const COLUMN_DIMENSIONS = {
  channel: ['channel', DIRECT_CHANNEL],
  source: ['source', DIRECT_SOURCE],
  medium: ['medium', DIRECT_MEDIUM],
  campaign: ['campaign', NONE],
  term: ['term', NONE],
  content: ['content', NONE],
  click_id: ['click_id', NONE],
  referrer: ['referrer_host', NONE],
  landing_page: ['landing_page', NONE],
  exit_page: ['exit_page', NONE],
  hostname: ['hostname', NONE],
  country: ['country', UNKNOWN],
  region: ['region', UNKNOWN],
  city: ['city', UNKNOWN],
  browser: ['browser', UNKNOWN],
  os: ['os', UNKNOWN],
  device: ['device', UNKNOWN],
  language: ['language', UNKNOWN],
} as const satisfies Partial<Record<Dimension, readonly [column: string, empty: string]>>;
export type ColumnDimension = keyof typeof COLUMN_DIMENSIONS;

/**
 * Buckets of the site's zone, named by their beginning. The hour that a clock change repeats is one bucket. The zone's
 * offsets are told to the store, whose own rules may be older than ours.
 */
const TIME_DIMENSIONS = {
  hour: (at: string) => `formatDateTime(${localTime(at)}, '%Y-%m-%d %H:00')`,
  day: (at: string) => `toString(toDate(${localTime(at)}))`,
  week: (at: string) => `toString(toMonday(toDate(${localTime(at)})))`,
  month: (at: string) => `formatDateTime(${localTime(at)}, '%Y-%m')`,
} as const satisfies Partial<Record<Dimension, (at: string) => string>>;

/** What the zone's clocks showed, as if they showed UTC. By numbers: it is as fast as the store's own zones. */
function localTime(at: string): string {
  const ms = `toUnixTimestamp64Milli(${at})`;
  const since = '{offset_since_ms:Array(Int64)}';
  const offset = `transform(roundDown(${ms}, ${since}), ${since}, {offset_ms:Array(Int64)})`;
  return `fromUnixTimestamp64Milli(${ms} + ${offset}, 'UTC')`;
}

export function isColumn(dimension: Dimension): dimension is ColumnDimension {
  return dimension in COLUMN_DIMENSIONS;
}

/** How one family of tables says a dimension: the column's expression, and the instant that buckets go by. */
export interface Vocabulary {
  column(dimension: ColumnDimension): string;
  at: string;
  /** Dimensions that only this family has. */
  special: Partial<Record<Dimension, string>>;
}

/** The SQL of a row's label in a dimension: never empty, always a String. */
export function labelOf(dimension: Dimension, vocabulary: Vocabulary): string {
  const special = vocabulary.special[dimension];
  if (special !== undefined) return special;
  if (isColumn(dimension)) {
    const column = `toString(${vocabulary.column(dimension)})`;
    return `if(${column} = '', '${COLUMN_DIMENSIONS[dimension][1]}', ${column})`;
  }
  const bucket = TIME_DIMENSIONS[dimension as keyof typeof TIME_DIMENSIONS];
  if (!bucket) throw new RangeError(`dimension ${dimension} is not known to these tables`);
  return bucket(vocabulary.at);
}

/** `, label AS d0, label AS d1` */
export function labelColumns(dimensions: readonly Dimension[], vocabulary: Vocabulary): string {
  return dimensions.map((dimension, index) => `${labelOf(dimension, vocabulary)} AS d${index}, `).join('');
}

/** The query's own parameters: its range as instants, since where days begin is known here and is indexed there. */
export function rangeParams(
  query: Pick<ReportQuery, 'site' | 'mode' | 'currency' | 'from' | 'to' | 'timezone'>,
): Record<string, unknown> {
  const { site, mode, currency } = query;
  return { site, mode, currency, ...instantsOf(query) };
}

interface Instants {
  from_ms: number;
  to_ms: number;
  offset_since_ms: number[];
  offset_ms: number[];
}
/** Each statement of a report asks for the same ones, and calendars are slow to ask. */
const instantsKnown = new Map<string, Instants>();

function instantsOf({ from, to, timezone }: Pick<ReportQuery, 'from' | 'to' | 'timezone'>): Instants {
  const key = `${timezone} ${from} ${to}`;
  const known = instantsKnown.get(key);
  if (known) return known;
  const fromMs = startOfDayMs(withinStore(from), timezone);
  const toMs = startOfDayMs(addDays(withinStore(to), 1), timezone);
  const { sinceMs, seconds } = offsetsBetween(fromMs, toMs, timezone);
  const instants = {
    from_ms: fromMs,
    to_ms: toMs,
    offset_since_ms: sinceMs,
    offset_ms: seconds.map((one) => one * 1_000),
  };
  if (instantsKnown.size >= 200) instantsKnown.clear();
  instantsKnown.set(key, instants);
  return instants;
}

const instant = (name: 'from_ms' | 'to_ms') => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
export function inRange(at: string): string {
  return `${at} >= ${instant('from_ms')} AND ${at} < ${instant('to_ms')}`;
}
/** UTC days that the range touches, and so many more on both sides. */
export function daysAround(day: string, margin: number): string {
  return `${day} >= toDate(${instant('from_ms')}) - ${margin} AND ${day} <= toDate(${instant('to_ms')}) + ${margin}`;
}
