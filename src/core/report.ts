import type { RuleModel } from './attribution/models.ts';
import type { ModelSettings } from './attribution/settings.ts';
import type { Mode } from './payment.ts';

export const METRICS = [
  'visitors',
  'sessions',
  'pageviews',
  'events',
  'bounce_rate',
  'views_per_session',
  'visit_duration',
  'conversions',
  'customers',
  'conversion_rate',
  'gross',
  'refunded',
  'disputed',
  'revenue',
  'tax',
  'revenue_without_tax',
  'fees',
  'net',
  'revenue_per_visitor',
  'average_order_value',
  'lifetime_value',
  'days_to_purchase',
  'coverage',
  'new_customers',
  'spend',
  'clicks',
  'impressions',
  'cost_per_click',
  'roas',
  'cac',
  'payback_days',
  'mrr',
  'arr',
  'net_new_mrr',
  'new_mrr',
  'expansion_mrr',
  'reactivation_mrr',
  'contraction_mrr',
  'churned_mrr',
  'active_subscribers',
  'churned_subscribers',
  'subscriber_churn_rate',
  'mrr_churn_rate',
] as const;
export type Metric = (typeof METRICS)[number];

export const DIMENSIONS = [
  'channel',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'click_id',
  'referrer',
  'landing_page',
  'exit_page',
  'page',
  'hostname',
  'event',
  'country',
  'region',
  'city',
  'browser',
  'os',
  'device',
  'language',
  'hour',
  'day',
  'week',
  'month',
  'currency',
  'payment_kind',
  'product',
  'coupon',
  'payment',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/**
 * `is`: one of the values; `is_not`: none of them; `contains`: has one of them in it, upper and lower case alike;
 * `does_not_contain`: has none of them in it. Each has its negation, and labels are never empty, so that the two part every
 * sum.
 */
/** Rows that stand for no value of their dimension: money without a known visitor, and all beyond the rows shown. */
export const UNATTRIBUTED = '(unattributed)';
export const OTHER = '(other)';
/** As many rows as one answer may hold. */
export const ROWS_MAX = 10_000;

export const FILTER_OPERATORS = ['is', 'is_not', 'contains', 'does_not_contain'] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];
export type Filter = readonly [dimension: Dimension, operator: FilterOperator, values: readonly string[]];
export type FilterGroup = readonly [joined: 'and' | 'or', ...parts: FilterNode[]];
export type FilterNode = Filter | FilterGroup;

/** A question, as data. The one input of every report; reports/ parses it, storage/facts answers it. */
export interface ReportQuery {
  site: string;
  /** IANA zone of the site; days and buckets are the zone's. */
  timezone: string;
  /** Reporting currency; money in another currency is answered apart (`unconverted`). */
  currency: string;
  mode: Mode;
  metrics: readonly Metric[];
  dimensions: readonly Dimension[];
  /** Inclusive days of the site's zone, 'YYYY-MM-DD'. */
  from: string;
  to: string;
  model: RuleModel;
  by: 'entry_date' | 'payment_date';
  /** All of them hold. */
  filters: readonly FilterNode[];
  order: { key: Metric | Dimension; descending: boolean } | null;
  limit: number;
  bots: 'exclude' | 'include';
  /** Labels of the rows wanted, the rest is "(other)"; absent: those that come first, up to the limit. */
  rows?: readonly (readonly string[])[];
  /** Credits computed anew with these settings, from the stored paths; absent: the stored credits. */
  whatIf?: ModelSettings;
}

/** Keys are the names asked for; dimensions are strings, metrics are numbers (null where undefined, as 0 ÷ 0). */
export type ReportRow = Record<string, string | number | null>;
