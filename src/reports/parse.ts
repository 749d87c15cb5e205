import { ROWS_MAX } from '../core/report.ts';
import type { ModelSettings, Renewals } from '../core/attribution/settings.ts';
import type { Mode } from '../core/payment.ts';
import { addDays, dayAt, isDay } from '../core/report-days.ts';
import { pathSpellings } from '../core/page-path.ts';
import { conditionsIn, isGroup, readFilters } from '../core/report-filters.ts';
import { canSplit, dimensionsOf, METRIC_SOURCES, TIME_DIMENSIONS } from '../core/report-scope.ts';
import { DIMENSIONS, METRICS } from '../core/report.ts';
import type { Dimension, FilterNode, Metric, ReportQuery } from '../core/report.ts';
import { MODEL_PARAMETERS, readModels } from './parse-models.ts';
import type { AskedModels } from './parse-models.ts';
import { listOf, oneOf, Refused, shorten } from './refused.ts';

/** What a site says about its reports. */
export interface ReportSite {
  id: string;
  timezone: string;
  currency: string;
  settings: {
    windowDays: number | null;
    models?: Omit<ModelSettings, 'windowDays'> | undefined;
    renewals?: Renewals | undefined;
  };
}

export const COMPARISONS = ['previous_period', 'previous_year'] as const;
export type Comparison = (typeof COMPARISONS)[number];

export type ParsedReport =
  | { ok: true; query: ReportQuery; compare: Comparison | null; asked: AskedModels }
  | { ok: false; field: string; reason: string };

const PARAMETERS = [
  'metrics',
  'dimensions',
  'from',
  'to',
  'mode',
  ...MODEL_PARAMETERS,
  'by',
  'filter',
  'compare',
  'limit',
  'order',
  'bots',
] as const;
type Parameter = (typeof PARAMETERS)[number];

const DEFAULT_METRICS: readonly Metric[] = ['visitors', 'revenue'];
const DEFAULT_DAYS = 30;
const DEFAULT_LIMIT = 100;
const DIMENSIONS_MAX = 4;

/**
 * The query string of GET sites/:id/report → the question as data, or the field that is wrong and why. Every value ends
 * in a closed list, a calendar day, or a bound parameter: nothing of it becomes SQL.
 */
export function parseReportQuery(
  raw: Readonly<Record<string, string | undefined>>,
  site: ReportSite,
  defaults: { mode: Mode; now: number },
): ParsedReport {
  try {
    const unknown = Object.keys(raw).find((name) => !(PARAMETERS as readonly string[]).includes(name));
    if (unknown !== undefined) {
      throw new Refused(unknown.slice(0, 64), `is not a parameter of reports; they are ${PARAMETERS.join(', ')}`);
    }
    const asked = readModels(raw, site.settings);
    return { ok: true, query: readQuery(raw, site, { ...defaults, asked }), compare: readCompare(raw), asked };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, field: error.field, reason: error.message };
    throw error;
  }
}

type Raw = Readonly<Partial<Record<Parameter, string>>>;

function readQuery(
  raw: Raw,
  site: ReportSite,
  { asked, ...defaults }: { mode: Mode; now: number; asked: AskedModels },
): ReportQuery {
  const metrics = listOf(raw.metrics, 'metrics', METRICS) ?? DEFAULT_METRICS;
  const dimensions = listOf(raw.dimensions, 'dimensions', DIMENSIONS) ?? [];
  if (dimensions.length > DIMENSIONS_MAX) {
    throw new Refused('dimensions', `holds ${dimensions.length} names; at most ${DIMENSIONS_MAX} can be combined`);
  }
  const filters = readFilter(raw.filter);
  for (const dimension of dimensions) refuseUnlessSplit('dimensions', dimension, metrics);
  for (const [dimension] of conditionsIn(filters)) {
    refuseUnlessSplit('filter', dimension, metrics);
    const running = metrics.find((metric) => METRIC_SOURCES[metric].includes('subscriptions'));
    if (running !== undefined && TIME_DIMENSIONS.includes(dimension)) {
      throw new Refused('filter', `"${running}" stands at an instant; choose days with from and to, not with a filter`);
    }
  }
  const stored = metrics.find((metric) => ['payback_days', 'lifetime_value', 'days_to_purchase'].includes(metric));
  if (!asked.isOwn && stored !== undefined) {
    throw new Refused('metrics', `"${stored}" is known with the site’s own settings only; leave it out`);
  }
  return {
    site: site.id,
    timezone: site.timezone,
    currency: site.currency,
    mode: oneOf(raw.mode, 'mode', ['live', 'test'] as const) ?? defaults.mode,
    metrics,
    dimensions,
    ...readDays(raw, site.timezone, defaults.now),
    model: asked.model,
    by: oneOf(raw.by, 'by', ['entry_date', 'payment_date'] as const) ?? 'entry_date',
    filters,
    order: readOrder(raw.order, metrics, dimensions),
    limit: readLimit(raw.limit, dimensions),
    bots: oneOf(raw.bots, 'bots', ['exclude', 'include'] as const) ?? 'exclude',
    ...(asked.isOwn ? {} : { whatIf: asked.settings }),
  };
}

function readCompare(raw: Raw): Comparison | null {
  return oneOf(raw.compare, 'compare', COMPARISONS) ?? null;
}

function refuseUnlessSplit(field: string, dimension: Dimension, metrics: readonly Metric[]): void {
  const metric = metrics.find((name) => !canSplit(dimension, name));
  if (metric === undefined) return;
  const possible = dimensionsOf(metric).join(', ');
  throw new Refused(field, `"${metric}" cannot be split by "${dimension}"; it can be split by ${possible}`);
}

function readDays(raw: Raw, timezone: string, now: number): { from: string; to: string } {
  const day = (field: 'from' | 'to') => {
    const value = raw[field];
    if (value === undefined || value === '') return undefined;
    if (isDay(value)) return value;
    throw new Refused(field, `"${shorten(value)}" is not a day; write it as YYYY-MM-DD, from 1970 on`);
  };
  const [from, to] = [day('from'), day('to')];
  const today = dayAt(now, timezone);
  const last = to ?? (from !== undefined && from > today ? from : today);
  const first = from ?? addDays(last, 1 - DEFAULT_DAYS);
  if (first > last) throw new Refused('from', `${first} is after ${last}, the last day`);
  // Thirty days before the first days of 1970 there are none.
  return { from: first < '1970-01-01' ? '1970-01-01' : first, to: last };
}

function readLimit(value: string | undefined, dimensions: readonly Dimension[]): number {
  // A curve that ends in "(other)" is of no use.
  if (value === undefined || value === '') return TIME_DIMENSIONS.includes(dimensions[0]!) ? ROWS_MAX : DEFAULT_LIMIT;
  const limit = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= ROWS_MAX) return limit;
  throw new Refused('limit', `"${shorten(value)}" is not a whole number from 1 to ${ROWS_MAX}`);
}

function readOrder(
  value: string | undefined,
  metrics: readonly Metric[],
  dimensions: readonly Dimension[],
): ReportQuery['order'] {
  if (value === undefined || value === '') return null;
  const descending = value.startsWith('-');
  const key = oneOf(descending ? value.slice(1) : value, 'order', [...metrics, ...dimensions]);
  if (key === undefined) throw new Refused('order', `"${shorten(value)}" names nothing`);
  return { key, descending };
}

function readFilter(value: string | undefined): FilterNode[] {
  if (value === undefined || value === '') return [];
  let written: unknown;
  try {
    written = JSON.parse(value);
  } catch {
    throw new Refused('filter', 'is not JSON; write [["source","is",["google"]]]');
  }
  const read = readFilters(written);
  if ('problem' in read) throw new Refused('filter', read.problem);
  return read.filters.map(withSpellings);
}

const PAGES: readonly Dimension[] = ['landing_page', 'exit_page', 'page'];

/** A page is found by what is seen of it, by its escapes, and under what it was kept as before paths were decoded. */
function withSpellings(node: FilterNode): FilterNode {
  if (isGroup(node)) {
    const [joined, ...parts] = node;
    return [joined, ...parts.map(withSpellings)];
  }
  const [dimension, operator, values] = node;
  return PAGES.includes(dimension) ? [dimension, operator, [...new Set(values.flatMap(pathSpellings))]] : node;
}
