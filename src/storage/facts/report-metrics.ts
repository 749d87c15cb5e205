import type { Dimension, Metric, ReportQuery } from '../../core/report.ts';

/** One label's measures, as the sources told them; what a source does not have is 0. */
export interface Measured {
  labels: string[];
  /** Hash of the labels, as the store computes it. */
  key: string;
  measures: Partial<Record<string, number>>;
}

type Measures = Measured['measures'];
interface Definition {
  measures: readonly string[];
  value(of: (measure: string) => number): number | null;
}

const counted = (measure: string): Definition => ({ measures: [measure], value: (of) => of(measure) });
/** 0 ÷ 0 is not 0: a rate over nothing is null. */
const ratio = (above: string, below: string, scale = 1): Definition => ratioTo(above, counted(below), scale);
const ratioTo = (above: string, below: Definition, scale = 1): Definition => ({
  measures: [above, ...below.measures],
  value: (of) => (below.value(of) ? tidy(of(above) / below.value(of)! / scale) : null),
});
/** Those with one visit in the range are told apart from nobody: they add up. */
const visitors: Definition = {
  measures: ['lone_visitors', 'known_visitors'],
  value: (of) => of('lone_visitors') + of('known_visitors'),
};

/** What stands at the end of a bucket: several buckets put together have none. */
const stock = (measure: string, times = 1): Definition => ({
  measures: [measure],
  value: (of) => (of('no_stock') > 0 ? null : of(measure) * times),
});

/** What each metric is made of. Rates are shares (0.25 is 25 %), durations seconds, money minor units. */
const DEFINITIONS: Record<Metric, Definition> = {
  visitors,
  sessions: counted('sessions'),
  pageviews: counted('pageviews'),
  events: counted('events'),
  // A bounce is a session of one event.
  bounce_rate: ratio('bounced', 'sessions'),
  views_per_session: ratio('session_views', 'sessions'),
  visit_duration: ratio('duration_ms', 'sessions', 1_000),
  conversions: { measures: ['conversions'], value: (of) => tidy(of('conversions')) },
  customers: counted('customers'),
  conversion_rate: ratioTo('new_customers', visitors),
  gross: counted('gross'),
  refunded: counted('refunded'),
  disputed: counted('disputed'),
  revenue: counted('revenue'),
  tax: counted('tax'),
  revenue_without_tax: { measures: ['revenue', 'tax'], value: (of) => of('revenue') - of('tax') },
  fees: counted('fees'),
  net: { measures: ['revenue', 'fees'], value: (of) => of('revenue') - of('fees') },
  revenue_per_visitor: ratioTo('revenue', visitors),
  average_order_value: ratio('order_amount', 'orders'),
  lifetime_value: ratio('lifetime', 'won'),
  days_to_purchase: {
    measures: ['days', 'days_known'],
    value: (of) => (of('days_known') > 0 ? tidy(of('days')) : null),
  },
  coverage: ratio('attributed', 'revenue'),
  new_customers: counted('new_customers'),
  spend: counted('spend'),
  clicks: counted('clicks'),
  impressions: counted('impressions'),
  cost_per_click: ratio('clicked_spend', 'paid_clicks'),
  roas: ratio('revenue', 'spend'),
  cac: ratio('spend', 'new_customers'),
  payback_days: { measures: ['payback_days'], value: (of) => (of('paid_back') > 0 ? of('payback_days') : null) },
  mrr: stock('mrr'),
  arr: stock('mrr', 12),
  net_new_mrr: counted('net_new_mrr'),
  new_mrr: counted('new_mrr'),
  expansion_mrr: counted('expansion_mrr'),
  reactivation_mrr: counted('reactivation_mrr'),
  contraction_mrr: counted('contraction_mrr'),
  churned_mrr: counted('churned_mrr'),
  active_subscribers: stock('active_subscribers'),
  churned_subscribers: counted('churned_subscribers'),
  subscriber_churn_rate: ratio('churned_subscribers', 'opening_subscribers'),
  mrr_churn_rate: ratio('churned_mrr', 'opening_mrr'),
};

export function measuresOf(metrics: readonly Metric[]): Set<string> {
  return new Set(metrics.flatMap((metric) => DEFINITIONS[metric].measures));
}

/** Measures whose sum over labels is what they are over all of these. The others count distinct ones, or are averages. */
const ADDITIVE = new Set(
  (
    'gross refunded disputed revenue attributed tax fees conversions orders order_amount pageviews events bounced ' +
    'session_views duration_ms lone_visitors'
  ).split(' '),
);

/** @param isEventLevel a session counts wherever one of its events does */
export function isAdditive(measure: string, isEventLevel: boolean): boolean {
  return ADDITIVE.has(measure) || (measure === 'sessions' && !isEventLevel);
}

export function metricValue(metric: Metric, measures: Measures): number | null {
  return DEFINITIONS[metric].value((measure) => measures[measure] ?? 0);
}

/** Numbers of 64 bits may come quoted; -0 is 0. */
export function measureValue(value: string | number | null): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) && number !== 0 ? number : 0;
}

/** Three thirds of a conversion are one, not 0.9999999999999999. A large average has fewer decimals to begin with. */
function tidy(value: number): number {
  const decimals = Math.abs(value) < 1e9 ? 1e6 : 1e3;
  return Number.isSafeInteger(Math.round(value * decimals)) ? Math.round(value * decimals) / decimals : value;
}

/** By the order asked for, rows without a value last; then by label, so that the same data gives the same page. */
export function compareRows(
  query: ReportQuery,
  order: NonNullable<ReportQuery['order']>,
  a: Measured,
  b: Measured,
): number {
  const direction = order.descending ? -1 : 1;
  const at = query.dimensions.indexOf(order.key as Dimension);
  if (at >= 0) return compareText(a.labels[at]!, b.labels[at]!) * direction || compareLabels(a, b);
  const [left, right] = [a, b].map((row) => metricValue(order.key as Metric, row.measures));
  if (left === right) return compareLabels(a, b);
  if (left === null) return 1;
  if (right === null) return -1;
  return (left! - right!) * direction || compareLabels(a, b);
}

function compareLabels(a: Measured, b: Measured): number {
  return compareText(a.labels.join('\0'), b.labels.join('\0'));
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
