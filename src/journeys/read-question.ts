import { JOURNEY_DIMENSIONS, type JourneyDimension } from '../core/journey.ts';
import type { Mode } from '../core/payment.ts';
import { addDays, dayAt, isDay, withinStore } from '../core/report-days.ts';
import { conditionsIn } from '../core/report-filters.ts';
import { TIME_DIMENSIONS } from '../core/report-scope.ts';
import type { ReportQuery } from '../core/report.ts';
import { parseReportQuery } from '../reports/parse.ts';
import type { ReportSite } from '../reports/parse.ts';
import { oneOf, Refused, shorten } from '../reports/refused.ts';

/** A query string as received. */
export type Raw = Readonly<Record<string, string | undefined>>;

export interface Asked {
  query: ReportQuery;
  dimension: JourneyDimension;
}

const CHOOSING = ['from', 'to', 'mode', 'filter'] as const;
const LIMIT_MAX = 500;

/**
 * The query string of a question about journeys. What chooses payments is read as reports read it, and so means the same:
 * payments count on their own day with all that was paid back since, filters as under `first_touch`.
 *
 * @param own the parameters this question has besides
 * @throws Refused naming the parameter
 */
export function readJourneyQuestion(
  raw: Raw,
  site: ReportSite,
  {
    own,
    limit,
    dimension,
    ...defaults
  }: { own: readonly string[]; limit: number; dimension: JourneyDimension; mode: Mode; now: number },
): Asked {
  const known = [...CHOOSING, 'dimension', ...own];
  const unknown = Object.keys(raw).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Refused(shorten(unknown), `is not a parameter of this question; they are ${known.join(', ')}`);
  }
  const chosen = Object.fromEntries(
    CHOOSING.map((name) => [name, raw[name]]).filter(([, value]) => value !== undefined),
  );
  const asked = { ...chosen, metrics: 'revenue,conversions', by: 'payment_date', model: 'first_touch' };
  const parsed = parseReportQuery(asked, site, defaults);
  if (!parsed.ok) throw new Refused(parsed.field, parsed.reason);
  if (conditionsIn(parsed.query.filters).some(([name]) => TIME_DIMENSIONS.includes(name))) {
    throw new Refused('filter', 'chooses times; choose days with from and to');
  }
  return {
    query: { ...parsed.query, limit: readWhole(raw.limit, 'limit', { min: 1, max: LIMIT_MAX, otherwise: limit }) },
    dimension: oneOf(raw.dimension, 'dimension', JOURNEY_DIMENSIONS) ?? dimension,
  };
}

export function readWhole(
  value: string | undefined,
  field: string,
  { min, max, otherwise }: { min: number; max: number; otherwise: number },
): number {
  if (value === undefined || value === '') return otherwise;
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Refused(field, `"${shorten(value)}" is not a whole number from ${min} to ${max}`);
}

export function readCollapse(raw: Raw): boolean {
  return (oneOf(raw.repeats, 'repeats', ['collapse', 'keep']) ?? 'collapse') === 'collapse';
}

const YEAR_MONTHS = 12;

/** Whole months: those the days asked for lie in, or the last twelve. */
export function wholeMonths(raw: Raw, site: ReportSite, now: number): { from: string; to: string } {
  const to = raw.to || dayAt(now, site.timezone);
  if (!isDay(to)) throw new Refused('to', `"${shorten(to)}" is not a day; write it as 2026-11-21`);
  const from = raw.from || withinStore(yearBefore(to));
  if (!isDay(from)) throw new Refused('from', `"${shorten(from)}" is not a day; write it as 2026-11-21`);
  const [first, last] = [withinStore(from), withinStore(to)];
  return {
    from: `${first.slice(0, 7)}-01`,
    to: addDays(addDays(`${last.slice(0, 7)}-28`, 4).slice(0, 7) + '-01', -1),
  };
}

/** A day of the month after, a year ago. */
function yearBefore(day: string): string {
  const months = Number(day.slice(0, 4)) * YEAR_MONTHS + Number(day.slice(5, 7)) - YEAR_MONTHS;
  const [year, month] = [Math.floor(months / YEAR_MONTHS), (months % YEAR_MONTHS) + 1];
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`;
}
