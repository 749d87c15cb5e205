import { DIMENSIONS } from './report.ts';
import type { Dimension, Metric } from './report.ts';

/**
 * Which dimensions can split which metrics: one table for the parser, which refuses, and the store, which chooses its
 * tables by it. A dimension splits a metric when every row the metric adds up has one value of it.
 */

/** What a metric is computed from. A metric with two sources can be split by what splits both. */
export const SOURCES = [
  'sessions',
  'amounts',
  'fees',
  'payments',
  'subscriptions',
  'spend',
  'payback',
  'cohort',
] as const;
/** sessions: visits; amounts: ledger entries' credits; fees: their fees, in their own currency; payments: who paid;
 * subscriptions: movements of recurring revenue; spend: what advertising cost; payback: when it came back; cohort: customers by their first payment. */
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
  lifetime_value: ['cohort'],
  days_to_purchase: ['cohort'],
  coverage: ['amounts'],
  new_customers: ['payments'],
  spend: ['spend'],
  clicks: ['spend'],
  impressions: ['spend'],
  cost_per_click: ['spend'],
  roas: ['amounts', 'spend'],
  cac: ['spend', 'payments'],
  payback_days: ['payback'],
  mrr: ['subscriptions'],
  arr: ['subscriptions'],
  net_new_mrr: ['subscriptions'],
  new_mrr: ['subscriptions'],
  expansion_mrr: ['subscriptions'],
  reactivation_mrr: ['subscriptions'],
  contraction_mrr: ['subscriptions'],
  churned_mrr: ['subscriptions'],
  active_subscribers: ['subscriptions'],
  churned_subscribers: ['subscriptions'],
  subscriber_churn_rate: ['subscriptions'],
  mrr_churn_rate: ['subscriptions'],
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
  'lifetime_value',
  'coverage',
  'spend',
  'cost_per_click',
  'roas',
  'cac',
  'mrr',
  'arr',
  'net_new_mrr',
  'new_mrr',
  'expansion_mrr',
  'reactivation_mrr',
  'contraction_mrr',
  'churned_mrr',
];

/** A session has many pages and events: only what can be counted per event is split by these. */
export const EVENT_DIMENSIONS: readonly Dimension[] = ['page', 'event'];
const EVENT_METRICS: readonly Metric[] = ['visitors', 'sessions', 'pageviews', 'events'];

/** Known of a payment, not of a visit. */
const PAYMENT_DIMENSIONS: readonly Dimension[] = ['currency', 'payment_kind', 'product', 'coupon', 'payment'];
/** Known of a visit, but not kept with touchpoints. */
const VISIT_ONLY_DIMENSIONS: readonly Dimension[] = ['exit_page', 'region', 'city', 'language'];
/** Known of a payment; and recurring revenue by the hour says nothing. */
const NOT_OF_SUBSCRIPTIONS: readonly Dimension[] = ['hour', 'payment_kind', 'product', 'coupon', 'payment'];
/** What is known of advertising: the campaign and the day. */
const SPEND_DIMENSIONS: readonly Dimension[] = ['channel', 'source', 'medium', 'campaign', 'day', 'week', 'month'];
export const TIME_DIMENSIONS: readonly Dimension[] = ['hour', 'day', 'week', 'month'];

export function canSplit(dimension: Dimension, metric: Metric): boolean {
  if (EVENT_DIMENSIONS.includes(dimension)) return EVENT_METRICS.includes(metric);
  return METRIC_SOURCES[metric].every((source) => {
    if (source === 'subscriptions' && NOT_OF_SUBSCRIPTIONS.includes(dimension)) return false;
    if (source === 'spend') return SPEND_DIMENSIONS.includes(dimension) || dimension === 'currency';
    if (source === 'payback') return SPEND_DIMENSIONS.includes(dimension);
    // Who paid first in one currency may have gone on in another.
    if (source === 'cohort' && dimension === 'currency') return false;
    return source === 'sessions'
      ? !PAYMENT_DIMENSIONS.includes(dimension)
      : !VISIT_ONLY_DIMENSIONS.includes(dimension) && !EVENT_DIMENSIONS.includes(dimension);
  });
}

/** Dimensions that split a metric, for the text of an error. */
export function dimensionsOf(metric: Metric): Dimension[] {
  return DIMENSIONS.filter((dimension) => canSplit(dimension, metric));
}
