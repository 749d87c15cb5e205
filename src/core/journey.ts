import type { Dimension, ReportQuery } from './report.ts';

/** What a touchpoint of a path can be called by. */
export const JOURNEY_DIMENSIONS = [
  'channel',
  'source',
  'medium',
  'campaign',
  'landing_page',
  'referrer',
  'country',
  'device',
] as const satisfies readonly Dimension[];
export type JourneyDimension = (typeof JOURNEY_DIMENSIONS)[number];

/** Month a customer belongs to: that of the touchpoint the first payment's path begins with, or of the first payment. */
export const COHORTS_BY = ['first_touch', 'first_payment'] as const;
export type CohortsBy = (typeof COHORTS_BY)[number];

/**
 * A question about the paths of payments. Its `query` chooses payments as a report by `payment_date` under `first_touch`
 * does, so that its sums are that report's.
 */
export interface JourneyQuestion {
  query: ReportQuery;
  dimension: JourneyDimension;
  /** Of equal labels in a row only the first is shown. */
  collapse: boolean;
}

/** Days from the first touchpoint to the end of the path, whole ones; the last bucket is open. */
export const DAY_BUCKETS = bucketsOf([0, 1, 3, 7, 14, 30, 60, 90], 0);
/** Touchpoints on the path. */
export const TOUCH_BUCKETS = bucketsOf([1, 2, 3, 4, 10], 1);

export interface Bucket {
  min: number;
  /** Inclusive; null: open. */
  max: number | null;
}

function bucketsOf(ends: readonly number[], min: number): Bucket[] {
  const starts = [min, ...ends.map((end) => end + 1)];
  return starts.map((start, index) => ({ min: start, max: ends[index] ?? null }));
}

/** After so many days of being a customer it is said what customers were worth. */
export const VALUE_DAYS = [30, 90, 180, 365] as const;
/** Months that a cohort's row shows; what came later is in its revenue to date. */
export const COHORT_MONTHS_MAX = 36;

export const MORE = '(more)';
/** Longest sequence that is told label by label: of a longer one the ends, and MORE between them. */
export const SEQUENCE_MAX = 20;
