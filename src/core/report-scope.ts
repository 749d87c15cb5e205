import { DIMENSIONS } from './report.ts';
import type { Dimension, Metric } from './report.ts';

/**
 * Which dimensions can split which metrics: one table for the parser, which refuses, and the store, which chooses its
 * tables by it. A dimension splits a metric when every row the metric adds up has one value of it.
 */

/** What a metric is computed from. A metric with two sources can be split by what splits both. */
export const SOURCES = ['sessions', 'amounts', 'fees', 'payments'] as const;
/** sessions: visits; amounts: ledger entries' credits; fees: their fees, in their own currency; payments: who paid. */
export type Source = (typeof SOURCES)[number];

export const METRIC_SOURCES: Record<Metric, readonly Source[]> = {
  visitors: ['sessions'],
  sessions: ['sessions'],
  pageviews: ['sessions'],
  events: ['sessions'],
  bounce_rate: ['sessions'],
  views_per_session: ['sessions'],
  visit_duration: ['sessions'],
  conversions: ['payments'],
  customers: ['payments'],
  conversion_rate: ['payments', 'sessions'],
  gross: ['amounts'],
  refunded: ['amounts'],
  disputed: ['amounts'],
  revenue: ['amounts'],
  tax: ['amounts'],
  revenue_without_tax: ['amounts'],
  fees: ['fees'],
  net: ['amounts', 'fees'],
  revenue_per_visitor: ['amounts', 'sessions'],
  average_order_value: ['payments'],
  coverage: ['amounts'],
};

/** Amounts of money: never added across currencies. */
export const MONEY_METRICS: readonly Metric[] = [
  'gross',
  'refunded',
  'disputed',
  'revenue',
  'tax',
  'revenue_without_tax',
  'fees',
  'net',
  'average_order_value',
  'coverage',
];

/** A session has many pages and events: only what can be counted per event is split by these. */
export const EVENT_DIMENSIONS: readonly Dimension[] = ['page', 'event'];
const EVENT_METRICS: readonly Metric[] = ['visitors', 'sessions', 'pageviews', 'events'];

/** Known of a payment, not of a visit. */
const PAYMENT_DIMENSIONS: readonly Dimension[] = ['currency', 'payment_kind', 'product', 'coupon'];
/** Known of a visit, but not kept with touchpoints. */
const VISIT_ONLY_DIMENSIONS: readonly Dimension[] = ['exit_page', 'region', 'city', 'language'];
export const TIME_DIMENSIONS: readonly Dimension[] = ['hour', 'day', 'week', 'month'];

export function canSplit(dimension: Dimension, metric: Metric): boolean {
  if (EVENT_DIMENSIONS.includes(dimension)) return EVENT_METRICS.includes(metric);
  return METRIC_SOURCES[metric].every((source) =>
    source === 'sessions'
      ? !PAYMENT_DIMENSIONS.includes(dimension)
      : !VISIT_ONLY_DIMENSIONS.includes(dimension) && !EVENT_DIMENSIONS.includes(dimension),
  );
}

/** Dimensions that split a metric, for the text of an error. */
export function dimensionsOf(metric: Metric): Dimension[] {
  return DIMENSIONS.filter((dimension) => canSplit(dimension, metric));
}
