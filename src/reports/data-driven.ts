import { OTHER, ROWS_MAX, UNATTRIBUTED } from '../core/report.ts';
import { applyShares } from '../core/attribution/apply-shares.ts';
import type { DataDrivenModel, DataDrivenShares } from '../core/attribution/data-driven.ts';
import type { MarkovOrder } from '../core/attribution/markov.ts';
import type { ModelSettings } from '../core/attribution/settings.ts';
import { conditionsIn } from '../core/report-filters.ts';
import { METRIC_SOURCES, TIME_DIMENSIONS } from '../core/report-scope.ts';
import type { Dimension, Metric, ReportQuery, ReportRow } from '../core/report.ts';
import type { Facts, ReportAnswer } from '../storage/facts/facts.ts';
import type { Solver } from './solver.ts';

/**
 * A report under a data-driven model: the shares of the channels are found from all paths of the range, split the attributed
 * money of the selection, and follow `linear` within each channel. What these models say nothing of, as who the customers
 * of a row are, is null there; in the totals it does not depend on a model.
 */
export interface DataDrivenAsked {
  model: DataDrivenModel;
  order: MarkovOrder;
  settings: ModelSettings;
}

/** What an answer rests on. */
export interface BasedOn {
  model: DataDrivenModel;
  order?: MarkovOrder;
  conversions: number;
  /** Visitors who took a path and did not pay. */
  without: number;
  /** Different ones. */
  paths: number;
  channels: { channel: string; share: number; low: number | null; high: number | null }[];
}

export type DataDrivenOutcome =
  | { ok: true; value: ReportAnswer & { basedOn: BasedOn } }
  | { ok: false; code: string; message: string; field?: string; status?: number };

export interface DataDrivenDeps {
  facts: Pick<Facts, 'report' | 'channelPaths'>;
  solve: Solver;
}

/** Any: but the same one always, so that the same paths give the same intervals. */
const SEED = 20_261;
/** What is split, each for itself: a channel may have refunds under `linear` and none of them here, or the other way round. */
const PARTS = ['revenue', 'gross', 'refunded', 'disputed', 'tax', 'fees'] as const satisfies readonly Metric[];
type Part = (typeof PARTS)[number];
type Parts = Record<Part | 'conversions', number>;
const NOTHING: Parts = { revenue: 0, gross: 0, refunded: 0, disputed: 0, tax: 0, fees: 0, conversions: 0 };
/** Filters that choose payments. Others would choose parts of a payment, whose shares nobody has asked the model for. */
const PAYMENT_FILTERS: readonly Dimension[] = ['currency', 'payment_kind', 'product', 'coupon', 'payment'];

export async function answerDataDriven(
  { facts, solve }: DataDrivenDeps,
  query: ReportQuery,
  { model, order, settings }: DataDrivenAsked,
): Promise<DataDrivenOutcome> {
  const filtered = conditionsIn(query.filters).find(([dimension]) => !PAYMENT_FILTERS.includes(dimension));
  if (filtered) {
    const message = `filter: ${model} weighs whole paths and can not be filtered by "${filtered[0]}"; filter by ${PAYMENT_FILTERS.join(', ')}, or take it as a dimension`;
    return { ok: false, code: 'bad_question', field: 'filter', message };
  }
  const paths = await facts.channelPaths({ ...query, whatIf: settings });
  const shares = await solve({ model, paths, order, seed: SEED });
  if ('refused' in shares) {
    return { ok: false, status: 422, code: shares.refused, field: 'model', message: `model: ${shares.message}` };
  }
  const { rows: _named, ...whole } = query;
  const [linear, rest] = await Promise.all([
    facts.report(linearQuestion(whole)),
    facts.report({ ...whole, model: 'linear', limit: ROWS_MAX, order: null }),
  ]);
  const laidOut = layOut(query, shares, linear.rows);
  const split = query.dimensions.length === 0 ? [rest.totals] : limited(query, joined(query, laidOut, rest.rows));
  const rows = await countedAnew(facts, whole, split);
  const basedOn = basisOf(shares, { order, paths: paths.length });
  const answer = { rows, totals: rest.totals, ...(rest.unconverted ? { unconverted: rest.unconverted } : {}) };
  return { ok: true, value: { ...answer, basedOn } };
}

function linearQuestion(query: ReportQuery): ReportQuery {
  const dimensions: Dimension[] = ['channel', ...query.dimensions.filter((dimension) => dimension !== 'channel')];
  return { ...query, model: 'linear', metrics: [...PARTS, 'conversions'], dimensions, order: null, limit: ROWS_MAX };
}

function basisOf(shares: DataDrivenShares, { order, paths }: { order: MarkovOrder; paths: number }): BasedOn {
  const { model, conversions, nulls } = shares;
  return {
    model,
    ...(model === 'markov' ? { order } : {}),
    conversions,
    without: nulls,
    paths,
    channels: shares.channels.map(({ channel, share, interval }) => ({
      channel,
      share,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
    })),
  };
}

const keyOf = (labels: readonly unknown[]) => JSON.stringify(labels);

/** Label → its parts. Currencies are never added: each is split for itself. */
function layOut(query: ReportQuery, shares: DataDrivenShares, rows: readonly ReportRow[]): Map<string, Parts> {
  const laidOut = new Map<string, Parts>();
  const add = (key: string, part: keyof Parts, amount: number) => {
    if (amount === 0) return;
    const parts = laidOut.get(key) ?? { ...NOTHING };
    laidOut.set(key, { ...parts, [part]: parts[part] + amount });
  };
  const labelsOf = (row: ReportRow) => keyOf(query.dimensions.map((dimension) => row[dimension]));
  for (const group of Map.groupBy(rows, (row) => row.currency ?? '').values()) {
    const attributed = group.filter((row) => row.channel !== UNATTRIBUTED);
    for (const row of group.filter((one) => one.channel === UNATTRIBUTED)) {
      for (const part of [...PARTS, 'conversions'] as const) add(labelsOf(row), part, Number(row[part] ?? 0));
    }
    const without = (channel: string) => {
      const named: ReportRow = { channel, currency: group[0]!.currency ?? '' };
      return keyOf(query.dimensions.map((dimension) => named[dimension] ?? OTHER));
    };
    for (const part of PARTS) {
      const linear = attributed.map((row) => ({
        channel: String(row.channel),
        key: labelsOf(row),
        amountMinor: Number(row[part] ?? 0),
      }));
      const whole = linear.reduce((sum, row) => sum + row.amountMinor, 0);
      for (const { channel, key, amountMinor } of applyShares(whole, shares.channels, linear)) {
        add(key ?? without(channel), part, amountMinor);
      }
    }
    const byChannel = Map.groupBy(attributed, (row) => String(row.channel));
    const conversions = attributed.reduce((sum, row) => sum + Number(row.conversions ?? 0), 0);
    for (const { channel, share } of shares.channels) {
      const own = byChannel.get(channel) ?? [];
      const whole = own.reduce((sum, row) => sum + Number(row.conversions ?? 0), 0);
      if (whole === 0) add(without(channel), 'conversions', conversions * share);
      else {
        for (const row of own) {
          add(labelsOf(row), 'conversions', (conversions * share * Number(row.conversions ?? 0)) / whole);
        }
      }
    }
  }
  return laidOut;
}

const SPLIT: Partial<Record<Metric, (parts: Parts) => number>> = {
  gross: ({ gross }) => gross,
  refunded: ({ refunded }) => refunded,
  disputed: ({ disputed }) => disputed,
  revenue: ({ revenue }) => revenue,
  tax: ({ tax }) => tax,
  revenue_without_tax: ({ revenue, tax }) => revenue - tax,
  fees: ({ fees }) => fees,
  net: ({ revenue, fees }) => revenue - fees,
  conversions: ({ conversions }) => Math.round(conversions * 1e6) / 1e6,
};

const isOfCredits = (metric: Metric) =>
  METRIC_SOURCES[metric].some((source) => ['amounts', 'fees', 'payments', 'payback', 'cohort'].includes(source));

/** Which metrics a data-driven model splits, which do not depend on a model, and which it can not tell row by row. */
function joined(query: ReportQuery, laidOut: Map<string, Parts>, rest: readonly ReportRow[]): ReportRow[] {
  const known = new Map(rest.map((row) => [keyOf(query.dimensions.map((dimension) => row[dimension])), row]));
  const keys = new Set([...laidOut.keys(), ...known.keys()]);
  const rows = [...keys].map((key): ReportRow => {
    const labels = JSON.parse(key) as string[];
    const parts = laidOut.get(key) ?? NOTHING;
    const row = known.get(key);
    return {
      ...Object.fromEntries(query.dimensions.map((dimension, index) => [dimension, labels[index]!])),
      ...Object.fromEntries(
        query.metrics.map((metric) => [
          metric,
          SPLIT[metric]?.(parts) ?? (isOfCredits(metric) ? null : row ? (row[metric] ?? null) : emptyOf(metric)),
        ]),
      ),
    };
  });
  // A metric that cannot be told row by row says nothing of whether there is a row.
  const told = query.metrics.filter((metric) => rows.some((row) => row[metric] !== null));
  return told.length === 0 ? rows : rows.filter((row) => told.some((metric) => (row[metric] ?? 0) !== 0));
}

/** A count of nothing is 0; a rate over nothing is unknown. */
const emptyOf = (metric: Metric) => (RATES.has(metric) ? null : 0);
const RATES: ReadonlySet<Metric> = new Set<Metric>([
  'bounce_rate',
  'views_per_session',
  'visit_duration',
  'cost_per_click',
  'subscriber_churn_rate',
  'mrr_churn_rate',
]);

const isRest = ({ dimensions }: ReportQuery, row: ReportRow) =>
  dimensions.some((dimension) => dimension !== 'currency' && row[dimension] === OTHER);

/** What does not depend on a model is told of "(other)" too: a visitor of several rows beyond the limit is one there. */
async function countedAnew(facts: Pick<Facts, 'report'>, query: ReportQuery, rows: ReportRow[]): Promise<ReportRow[]> {
  const metrics = query.metrics.filter((metric) => !isOfCredits(metric));
  if (metrics.length === 0 || !rows.some((row) => isRest(query, row))) return rows;
  const named = rows.filter((row) => !isRest(query, row));
  const names = named.map((row) => query.dimensions.map((dimension) => String(row[dimension])));
  const counted = await facts.report({ ...query, metrics, order: null, rows: names });
  const rest = new Map(counted.rows.filter((row) => isRest(query, row)).map((row) => [row.currency ?? '', row]));
  return rows.map((row) => {
    if (!isRest(query, row)) return row;
    const known = rest.get(row.currency ?? '');
    return {
      ...row,
      ...Object.fromEntries(metrics.map((metric) => [metric, known ? (known[metric] ?? null) : emptyOf(metric)])),
    };
  });
}

/** As reports order and limit rows; of what is beyond the limit only sums are known here. */
function limited(query: ReportQuery, rows: readonly ReportRow[]): ReportRow[] {
  const first = query.dimensions[0]!;
  const isTime = TIME_DIMENSIONS.includes(first);
  const order =
    query.order ?? (isTime ? { key: first, descending: false } : { key: query.metrics[0]!, descending: true });
  const direction = order.descending ? -1 : 1;
  const compare = (a: ReportRow, b: ReportRow) => {
    const [left, right] = [a[order.key] ?? null, b[order.key] ?? null];
    if (left === right)
      return keyOf(query.dimensions.map((d) => a[d])) < keyOf(query.dimensions.map((d) => b[d])) ? -1 : 1;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -direction : direction;
  };
  const ranked = rows.filter((row) => !isRest(query, row)).toSorted(compare);
  const wanted = query.rows && new Set(query.rows.map(keyOf));
  const named = wanted
    ? ranked.filter((row) => wanted.has(keyOf(query.dimensions.map((d) => row[d]))))
    : ranked.slice(0, query.limit);
  const beyond = [...new Set(ranked).difference(new Set(named)), ...rows.filter((row) => isRest(query, row))];
  const others = [...Map.groupBy(beyond, (row) => row.currency ?? '').values()].map((group): ReportRow => ({
    ...Object.fromEntries(
      query.dimensions.map((dimension) => [dimension, dimension === 'currency' ? group[0]!.currency! : OTHER]),
    ),
    ...Object.fromEntries(
      query.metrics.map((metric) => [
        metric,
        SPLIT[metric] || group.length === 1
          ? group.reduce(
              (sum, row) => (row[metric] === null ? sum : (sum ?? 0) + Number(row[metric])),
              null as number | null,
            )
          : null,
      ]),
    ),
  }));
  return [...named, ...others];
}
