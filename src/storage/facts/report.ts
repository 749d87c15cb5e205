import { METRIC_SOURCES, MONEY_METRICS, TIME_DIMENSIONS } from '../../core/report-scope.ts';
import type { Source } from '../../core/report-scope.ts';
import type { Dimension, Metric, ReportQuery, ReportRow } from '../../core/report.ts';
import type { FactsClient } from './client.ts';
import type { ReportAnswer } from './facts.ts';
import { bounded } from './report-bounds.ts';
import { COHORT_MEASURES, cohortRows } from './report-cohort.ts';
import { OTHER } from '../../core/report.ts';
import { rangeParams, type Sql } from './report-dimensions.ts';
import { compareRows, isAdditive, measuresOf, measureValue, metricValue, type Measured } from './report-metrics.ts';
import {
  AMOUNT_MEASURES,
  AMOUNTS_STAND,
  amountRows,
  FEE_MEASURES,
  feeRows,
  PAYMENT_MEASURES,
  paymentRows,
  type MoneyScope,
} from './report-money.ts';
import { readPayback } from './report-payback.ts';
import { SPEND_MEASURES, SPEND_STANDS, spendRows } from './report-spend.ts';
import { namedKeys, readSubscriptions } from './report-subscriptions.ts';
import { EVENT_MEASURES, eventRows, isEventLevel, VISIT_MEASURES, visitRows } from './report-visits.ts';
import { createWhatIf, type WhatIfPass } from './what-if-report.ts';

/** Labels that are read in the first step whatever the limit: then only "(other)" is left to ask for, if anything. */
const FIRST_STEP_ROWS = 5_000;

/** A question with what is computed for it from the paths, where it asks for other settings than the site's. */
export type Asked = ReportQuery & { pass?: WhatIfPass };

/**
 * Answers a report. Visits and money lie in different tables: each source is asked with one statement per step, and the
 * answers meet by their labels. When there are more labels than the limit allows, a second step asks again with the
 * labels beyond it called "(other)": so that additive metrics add up to the totals, and distinct counts are distinct there too.
 */
export function createReport(
  client: Pick<FactsClient, 'read' | 'readParts'>,
): (query: ReportQuery) => Promise<ReportAnswer & { unconverted: Record<string, Record<string, number>> }> {
  const whatIf = createWhatIf(client);
  return async (query) => {
    const asked: Asked = query.whatIf ? { ...query, pass: whatIf([query.model]) } : query;
    const answer = query.rows ? readNamedRows(client, asked, query.rows) : readRows(client, asked);
    const whole = bounded(Promise.all([answer, readUnconverted(client, asked)]));
    const [{ rows, total }, unconverted] = await whole;
    return { rows: query.dimensions.length === 0 ? [total] : rows, totals: total, unconverted };
  };
}

interface Step {
  dimensions: readonly Dimension[];
  /** Hashes of the labels that keep their name; null: all do. */
  keys: readonly string[] | null;
  /** Only the total of what is not named by `keys`, and only of what does not add up over labels. */
  isOthersOnly?: boolean;
  /** The labels of those keys. */
  names?: readonly string[][];
  /** Which money; absent: in the reporting currency. */
  scope?: MoneyScope;
}

export interface RowsAnswer {
  rows: ReportRow[];
  total: ReportRow;
}

export async function readRows(client: Pick<FactsClient, 'read'>, query: Asked): Promise<RowsAnswer> {
  const { dimensions } = query;
  // Rows by currency hold every currency, the totals only one.
  const apart = dimensions.includes('currency') ? read(client, query, { dimensions: [], keys: null }) : null;
  const [first, whole] = await Promise.all([read(client, query, { dimensions, keys: null }), apart]);
  const total = render(query, [], (whole ?? first).total);
  const ranked = sorted(query, first.rows);
  const onlyCurrencies = dimensions.every((dimension) => dimension === 'currency');
  if (onlyCurrencies || (first.complete && ranked.length <= query.limit)) {
    return { rows: ranked.map((row) => render(query, dimensions, row)), total };
  }
  const kept = ranked.slice(0, query.limit);
  if (!first.complete || !hasPlainOthers(query)) return { ...(await readKept(client, query, kept)), total };
  const rest = ranked.slice(query.limit);
  // What adds up over labels is known. Customers of several of them are counted once, and have to be asked for.
  const distinct = [...measuresOf(query.metrics)].every((measure) => isAdditive(measure, isEventLevel(query)))
    ? {}
    : (await readOthers(client, query, kept)).measures;
  const other: Measured = { labels: dimensions.map(() => OTHER), key: '', measures: { ...addedUp(rest), ...distinct } };
  return { rows: [...kept, other].map((row) => render(query, dimensions, row)), total };
}

/** True when all labels beyond the limit are one row, of the sources that `statementOf` asks. */
function hasPlainOthers(query: Asked): boolean {
  const apart: readonly Source[] = ['subscriptions', 'payback'];
  const isApart = query.metrics.some((metric) => METRIC_SOURCES[metric].some((source) => apart.includes(source)));
  return !isApart && query.pass === undefined && !query.dimensions.includes('currency');
}

function addedUp(rows: readonly Measured[]): Measured['measures'] {
  const sums: Measured['measures'] = {};
  for (const { measures } of rows) {
    for (const [name, value] of Object.entries(measures)) sums[name] = (sums[name] ?? 0) + (value ?? 0);
  }
  return sums;
}

/** What the labels beyond these bring together, of what does not add up. */
async function readOthers(
  client: Pick<FactsClient, 'read'>,
  query: Asked,
  kept: readonly Measured[],
): Promise<Measured> {
  const keys = (await namedKeys(client, kept)).map((row) => row.key);
  return (await read(client, query, { dimensions: query.dimensions, keys, isOthersOnly: true })).total;
}

/** As readRows, with these labels and the rest as "(other)", whatever they bring. */
export async function readNamedRows(
  client: Pick<FactsClient, 'read'>,
  query: Asked,
  names: readonly (readonly string[])[],
): Promise<RowsAnswer> {
  const kept = names.map((labels): Measured => ({ labels: [...labels], key: '', measures: {} }));
  if (!query.dimensions.includes('currency')) return readKept(client, query, kept);
  const apart = read(client, query, { dimensions: [], keys: null });
  const [{ rows }, whole] = await Promise.all([readKept(client, query, kept), apart]);
  return { rows, total: render(query, [], whole.total) };
}

async function readKept(
  client: Pick<FactsClient, 'read'>,
  query: Asked,
  labels: readonly Measured[],
): Promise<RowsAnswer> {
  const { dimensions } = query;
  const kept = await namedKeys(client, labels);
  const [keys, names] = [kept.map((row) => row.key), kept.map((row) => row.labels)];
  const second = await read(client, query, { dimensions, keys, names });
  const isOther = (row: Measured) => row.labels.some((label, at) => dimensions[at] !== 'currency' && label === OTHER);
  const named = sorted(
    query,
    second.rows.filter((row) => !isOther(row)),
  );
  const other = sorted(query, second.rows.filter(isOther));
  const rows = [...named, ...other].map((row) => render(query, dimensions, row));
  return { rows, total: render(query, [], second.total) };
}

function sorted(query: ReportQuery, rows: readonly Measured[]): Measured[] {
  const order = orderOf(query);
  return rows.toSorted((a, b) => compareRows(query, order, a, b));
}

/** Asks every source the metrics need, and lays their answers side by side. */
async function read(
  client: Pick<FactsClient, 'read'>,
  query: Asked,
  step: Step,
): Promise<{ rows: Measured[]; total: Measured; complete: boolean }> {
  const sources = [...new Set(query.metrics.flatMap((metric) => METRIC_SOURCES[metric]))];
  const recurring = sources.includes('subscriptions') ? readSubscriptions(client, query, step) : null;
  // What could not be converted is no part of a payback.
  const payback = sources.includes('payback') && step.scope !== 'unconverted' ? readPayback(client, query, step) : null;
  const { dimensions, scope = 'reporting', names = null } = step;
  const computed = query.pass && sources.some(isCredit) ? query.pass.read(query, { dimensions, scope, names }) : null;
  const rowsMax = step.keys === null ? Math.max(query.limit, FIRST_STEP_ROWS) : null;
  const stored = sources
    .filter((source) => source !== 'subscriptions' && source !== 'payback' && !(computed && isCredit(source)))
    .filter((source) => !step.isOthersOnly || measureNames(query, source, step).length > 0)
    .map((source) => {
      const statement = statementOf(query, source, step, rowsMax);
      return client.read<Record<string, string | number>>(statement.text, statement.params);
    });
  // All at once: what fails while another is still waited for would be a rejection that nobody handles.
  const [answers, ...beside] = await Promise.all([Promise.all(stored), recurring, payback, computed]);
  const total: Measured = { labels: [], key: '', measures: {} };
  const byKey = new Map<string, Measured>();
  for (const row of answers.flatMap((answer) => (rowsMax === null ? answer : answer.slice(0, rowsMax + 1)))) {
    const labels = step.dimensions.map((_, index) => String(row[`d${index}`]));
    const key = JSON.stringify(labels);
    const measured = row.is_total ? total : (byKey.get(key) ?? { labels, key: String(row.label_key), measures: {} });
    for (const [name, value] of Object.entries(row)) {
      if (name.startsWith('m_')) measured.measures[name.slice(2)] = measureValue(value);
    }
    if (measured !== total) byKey.set(key, measured);
  }
  for (const apart of beside) {
    Object.assign(total.measures, apart?.total.measures);
    for (const row of apart?.rows ?? []) {
      const key = JSON.stringify(row.labels);
      const known = byKey.get(key);
      byKey.set(key, known ? { ...known, measures: { ...known.measures, ...row.measures } } : row);
    }
  }
  const complete = rowsMax === null || answers.every((answer) => answer.length <= rowsMax + 1);
  return { rows: [...byKey.values()], total, complete };
}

/** Sources that depend on a model. */
export function isCredit(source: Source): boolean {
  return source === 'amounts' || source === 'fees' || source === 'payments';
}

function rowsOf(query: ReportQuery, source: Source, { dimensions, scope = 'reporting', isOthersOnly }: Step): Sql {
  if (source === 'sessions' && isEventLevel(query)) return eventRows(query, dimensions);
  if (source === 'sessions') return visitRows(query, dimensions, isOthersOnly);
  if (source === 'payments') return paymentRows(query, dimensions, scope);
  if (source === 'fees') return feeRows(query, dimensions, scope);
  if (source === 'spend') return spendRows(query, dimensions, scope);
  if (source === 'cohort') return cohortRows(query, dimensions, scope);
  return amountRows(query, dimensions, scope);
}

function sqlMeasures(query: ReportQuery, source: Source): Record<string, string> {
  if (source === 'sessions') return isEventLevel(query) ? EVENT_MEASURES : VISIT_MEASURES;
  if (source === 'fees') return FEE_MEASURES;
  if (source === 'spend') return SPEND_MEASURES;
  if (source === 'cohort') return COHORT_MEASURES;
  return source === 'payments' ? PAYMENT_MEASURES : AMOUNT_MEASURES;
}

function measureNames(query: ReportQuery, source: Source, step: Step): string[] {
  const asked = measuresOf(query.metrics);
  const names = Object.keys(sqlMeasures(query, source)).filter((name) => asked.has(name));
  return step.isOthersOnly ? names.filter((name) => !isAdditive(name, isEventLevel(query))) : names;
}

function statementOf(query: ReportQuery, source: Source, step: Step, rowsMax: number | null): Sql {
  const { dimensions, keys } = step;
  const rows = rowsOf(query, source, step);
  const available = sqlMeasures(query, source);
  const names = measureNames(query, source, step);
  const measures = names.map((name) => `${available[name]} AS m_${name}`).join(', ');
  const params = { ...rangeParams(query), ...rows.params };
  if (dimensions.length === 0) return { text: `SELECT 1 AS is_total, ${measures} FROM (${rows.text})`, params };

  const labels = dimensions.map((_, index) => `d${index}`);
  const hash = `cityHash64(${labels.join(', ')})`;
  if (step.isOthersOnly) {
    const text = `SELECT 1 AS is_total, ${measures} FROM (${rows.text}) WHERE ${hash} NOT IN {keys:Array(UInt64)}`;
    return { text, params: { ...params, keys: keys!.map(BigInt) } };
  }
  const named = dimensions.map((dimension, index) =>
    keys === null || dimension === 'currency'
      ? `d${index} AS l${index}`
      : `if(${hash} IN {keys:Array(UInt64)}, d${index}, '${OTHER}') AS l${index}`,
  );
  const grouped = dimensions.map((_, index) => `l${index}`);
  const answered = grouped.map((name, index) => `${name} AS d${index}`).join(', ');
  // The total is read along: it costs a column, asking for it apart costs another pass over the visits.
  const text = `
    SELECT ${answered}, ${names.map((name) => `m_${name}`).join(', ')}, is_total,
      toString(cityHash64(${grouped.join(', ')})) AS label_key
    FROM (
      SELECT ${grouped.join(', ')}, ${measures}, grouping(l0) AS is_total
      FROM (SELECT *, ${named.join(', ')} FROM (${rows.text}))
      GROUP BY GROUPING SETS ((${grouped.join(', ')}), ())
      ${source in STANDS ? `HAVING is_total = 1 OR ${STANDS[source]}` : ''}
    )
    ${rowsMax === null ? '' : `ORDER BY is_total DESC, ${sqlOrder(query, source, names)} LIMIT ${rowsMax + 2}`}`;
  return { text, params: keys === null ? params : { ...params, keys: keys.map(BigInt) } };
}

/** When a label is a row. */
const STANDS: Partial<Record<Source, string>> = {
  amounts: AMOUNTS_STAND,
  fees: `${FEE_MEASURES.fees} != 0`,
  spend: SPEND_STANDS,
};

type Order = NonNullable<ReportQuery['order']>;

/** Curves run with time; everything else begins with the most of the first metric. */
export function orderOf(query: ReportQuery): Order {
  const [first] = query.dimensions;
  if (query.order) return query.order;
  if (first && TIME_DIMENSIONS.includes(first)) return { key: first, descending: false };
  return { key: query.metrics[0]!, descending: true };
}

/**
 * Which labels a source tells first. Exact where the order is by a label or by a metric of this source alone; a rate of
 * two sources is ranked among the labels with the most visitors and those with the most money.
 */
function sqlOrder(query: ReportQuery, source: Source, names: readonly string[]): string {
  const { key, descending } = orderOf(query);
  const direction = descending ? 'DESC' : 'ASC';
  const labels = query.dimensions.map((_, index) => `l${index}`);
  const at = query.dimensions.indexOf(key as Dimension);
  if (at >= 0) return [`l${at} ${direction}`, ...labels].join(', ');
  const sources = METRIC_SOURCES[key as Metric];
  const exact = sources.length === 1 && sources[0] === source;
  const measure = exact ? SQL_ORDERS[key as Metric] : null;
  const most = names.includes('lone_visitors') ? SQL_ORDERS.visitors : `abs(m_${names[0]})`;
  return [measure ? `${measure} ${direction}` : `${most} DESC`, ...labels].join(', ');
}

/** Metrics as SQL over measures, for ranking only: what is shown is computed by report-metrics.ts. */
const SQL_ORDERS: Record<Metric, string | null> = {
  visitors: 'm_lone_visitors + m_known_visitors',
  sessions: 'm_sessions',
  pageviews: 'm_pageviews',
  events: 'm_events',
  bounce_rate: 'm_bounced / m_sessions',
  views_per_session: 'm_session_views / m_sessions',
  visit_duration: 'm_duration_ms / m_sessions',
  conversions: 'm_conversions',
  customers: 'm_customers',
  conversion_rate: null,
  gross: 'm_gross',
  refunded: 'm_refunded',
  disputed: 'm_disputed',
  revenue: 'm_revenue',
  tax: 'm_tax',
  revenue_without_tax: 'm_revenue - m_tax',
  fees: 'm_fees',
  net: null,
  revenue_per_visitor: null,
  average_order_value: 'm_order_amount / m_orders',
  lifetime_value: 'm_lifetime / m_won',
  days_to_purchase: 'm_days',
  coverage: 'm_attributed / m_revenue',
  new_customers: 'm_new_customers',
  spend: 'm_spend',
  clicks: 'm_clicks',
  impressions: 'm_impressions',
  cost_per_click: 'm_clicked_spend / m_paid_clicks',
  roas: null,
  cac: null,
  payback_days: null,
  mrr: null,
  arr: null,
  net_new_mrr: null,
  new_mrr: null,
  expansion_mrr: null,
  reactivation_mrr: null,
  contraction_mrr: null,
  churned_mrr: null,
  active_subscribers: null,
  churned_subscribers: null,
  subscriber_churn_rate: null,
  mrr_churn_rate: null,
};

/** The money metrics of what is in another currency and could not be converted, as totals of each. */
export async function readUnconverted(
  client: Pick<FactsClient, 'read'>,
  query: Asked,
): Promise<Record<string, Record<string, number>>> {
  const metrics = query.metrics.filter((metric) => MONEY_METRICS.includes(metric));
  if (metrics.length === 0) return {};
  const foreign: Asked = { ...query, metrics, dimensions: ['currency'], order: null, limit: 1_000 };
  const { rows } = await read(client, foreign, { dimensions: ['currency'], keys: null, scope: 'unconverted' });
  const entries = rows.map((row) => {
    const values = metrics.map((metric) => [metric, metricValue(metric, row.measures) ?? 0] as const);
    return [row.labels[0]!, Object.fromEntries(values)] as const;
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function render(query: ReportQuery, dimensions: readonly Dimension[], row: Measured): ReportRow {
  return {
    ...Object.fromEntries(dimensions.map((dimension, index) => [dimension, row.labels[index]!])),
    ...Object.fromEntries(query.metrics.map((metric) => [metric, metricValue(metric, row.measures)])),
  };
}
