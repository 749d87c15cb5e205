import type { CohortsBy, JourneyDimension, JourneyQuestion } from '../../core/journey.ts';
import type { ReportQuery } from '../../core/report.ts';

/** Questions about the paths of payments. Money is in the query's currency; payments count on their own day. */
export interface JourneyFacts {
  sequences(
    question: JourneyQuestion,
    order: 'revenue' | 'conversions',
  ): Promise<{ rows: SequenceSums[]; total: PathSums }>;
  flowSequences(
    question: JourneyQuestion,
    steps: number,
  ): Promise<{ labels: string[]; conversions: number; revenueMinor: number }[]>;
  times(question: JourneyQuestion): Promise<JourneyTimes>;
  assists(question: JourneyQuestion): Promise<AssistSums[]>;
  cohorts(query: ReportQuery, by: { dimension: JourneyDimension; by: CohortsBy; nowMs: number }): Promise<CohortSums[]>;
  values(
    query: ReportQuery,
    by: { dimension: JourneyDimension; nowMs: number },
  ): Promise<{ rows: ValueSums[]; total: ValueSums }>;
}

/** What payments of one kind come to. Sums, so that what is left out of a list is a difference. */
export interface PathSums {
  conversions: number;
  revenueMinor: number;
  /** Conversions with a known path, their touchpoints, and the time from their first touchpoint to the path's end. */
  pathed: number;
  touches: number;
  spanMs: number;
}
export interface SequenceSums extends PathSums {
  labels: string[];
}

export interface AssistSums {
  label: string;
  /** Conversions that the label is the last touchpoint of. */
  last: number;
  lastRevenueMinor: number;
  /** Conversions that have the label on their path and another one at its end. */
  assisted: number;
  assistedRevenueMinor: number;
}

export interface BucketSums {
  conversions: number;
  revenueMinor: number;
}
export interface JourneyTimes {
  /** In the order of DAY_BUCKETS and TOUCH_BUCKETS. */
  days: BucketSums[];
  touches: BucketSums[];
  /** Payments whose path is not known. */
  unattributed: BucketSums;
  total: BucketSums;
  /** Of conversions with a known path; null: there is none. */
  medianDays: number | null;
  medianTouches: number | null;
}

export interface CohortSums {
  /** 'YYYY-MM', or '(unattributed)' among cohorts by first touch. */
  month: string;
  customers: number;
  revenueMinor: number;
  /** What came in the month itself, the month after, …; at most COHORT_MONTHS_MAX. */
  byMonth: number[];
}

export interface ValueSums {
  label: string;
  customers: number;
  revenueMinor: number;
  /** In the order of VALUE_DAYS: customers who became one so many days ago or more, and what they paid within them. */
  after: { customers: number; revenueMinor: number }[];
}

/** Where a page of a timeline begins, and which way it goes. Items are ordered by (at, id). */
export interface TimelineSlice {
  order: 'newest' | 'oldest';
  limit: number;
  after: { at: number; id: string } | null;
}
export interface TimelineSession {
  id: string;
  at: number;
  visitor: string;
  source: string;
  medium: string;
  campaign: string;
  channel: string;
  referrerHost: string;
  landingPage: string;
  country: string;
  device: string;
  browser: string;
  os: string;
}
export interface TimelineEvent {
  id: string;
  at: number;
  visitor: string;
  name: string;
  hostname: string;
  path: string;
  title: string;
  props: Record<string, string>;
}
/** What people did, from their hits; bots' are left out. */
export interface PeopleFacts {
  /** The next sessions and events in the slice's order, each at most `limit`. */
  hits(
    site: string,
    visitors: readonly string[],
    slice: TimelineSlice,
  ): Promise<{ sessions: TimelineSession[]; events: TimelineEvent[] }>;
  /** First and last session start of each visitor that is known, and how many there were. */
  seen(
    site: string,
    visitors: readonly string[],
  ): Promise<{ visitor: string; firstAt: number; lastAt: number; sessions: number }[]>;
}
