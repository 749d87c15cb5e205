import { DIRECT_CHANNEL, DIRECT_MEDIUM, DIRECT_SOURCE } from '../../core/acquisition.ts';
import { startOfDayMs, addDays } from '../../core/report-days.ts';
import type { Dimension, Filter, ReportQuery } from '../../core/report.ts';

/** SQL with the values it binds. Everything that came from outside is a parameter; the text comes from closed lists. */
export interface Sql {
  text: string;
  params: Record<string, unknown>;
}

export const UNATTRIBUTED = '(unattributed)';
export const OTHER = '(other)';
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

/** Buckets of the site's zone, named by their beginning. The hour that a clock change repeats is one bucket. */
const TIME_DIMENSIONS = {
  hour: (at: string) => `formatDateTime(${at}, '%Y-%m-%d %H:00', {timezone:String})`,
  day: (at: string) => `toString(toDate(${at}, {timezone:String}))`,
  week: (at: string) => `toString(toMonday(toDate(${at}, {timezone:String})))`,
  month: (at: string) => `formatDateTime(${at}, '%Y-%m', {timezone:String})`,
} as const satisfies Partial<Record<Dimension, (at: string) => string>>;

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

/** ` AND …` over labels, so that filters compare with what rows are called. */
export function filterSql(filters: readonly Filter[], vocabulary: Vocabulary): Sql {
  const text = filters.map((filter, index) => ` AND ${conditionSql(filter, index, vocabulary)}`).join('');
  return { text, params: filterParams(filters) };
}

/** One filter as a condition; its values are bound by filterParams. */
export function conditionSql([dimension, operator]: Filter, index: number, vocabulary: Vocabulary): string {
  const label = labelOf(dimension, vocabulary);
  const name = `filter${index}`;
  if (operator === 'is') return `has({${name}:Array(String)}, ${label})`;
  if (operator === 'is_not') return `NOT has({${name}:Array(String)}, ${label})`;
  return `arrayExists(part -> positionCaseInsensitiveUTF8(${label}, part) > 0, {${name}:Array(String)})`;
}

export function filterParams(filters: readonly Filter[]): Record<string, unknown> {
  return Object.fromEntries(filters.map(([, , values], index) => [`filter${index}`, values]));
}

/** The store's times end with 2099; its days are unsigned, and the day before the first would be its last. */
const EARLIEST_DAY = '1970-01-03';
const LATEST_DAY = '2100-01-01';

/** The query's own parameters: its range as instants, since where days begin is known here and is indexed there. */
export function rangeParams(query: ReportQuery): Record<string, unknown> {
  const bounded = (day: string) => (day < EARLIEST_DAY ? EARLIEST_DAY : day > LATEST_DAY ? LATEST_DAY : day);
  return {
    site: query.site,
    mode: query.mode,
    timezone: query.timezone,
    currency: query.currency,
    from_ms: startOfDayMs(bounded(query.from), query.timezone),
    to_ms: startOfDayMs(addDays(bounded(query.to), 1), query.timezone),
  };
}

const instant = (name: 'from_ms' | 'to_ms') => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
export function inRange(at: string): string {
  return `${at} >= ${instant('from_ms')} AND ${at} < ${instant('to_ms')}`;
}
/** UTC days that the range touches, and so many more on both sides. */
export function daysAround(day: string, margin: number): string {
  return `${day} >= toDate(${instant('from_ms')}) - ${margin} AND ${day} <= toDate(${instant('to_ms')}) + ${margin}`;
}
