import { z } from 'zod';
import { COHORTS_BY, JOURNEY_DIMENSIONS } from '../core/journey.ts';

/** JSON of journeys and timelines. Amounts are minor units, times ISO 8601, averages decimals. */

const amount = z.number().int();
const head = {
  dimension: z.enum(JOURNEY_DIMENSIONS),
  from: z.string(),
  to: z.string(),
  currency: z.string(),
  mode: z.enum(['live', 'test']),
  /** Currency → revenue that nothing converts: in no sum. */
  unconverted: z.record(z.string(), amount),
};
const sums = { conversions: amount, revenue: amount };

const pathSums = z.object({
  ...sums,
  average_value: amount.nullable(),
  /** Of conversions with a known path. */
  average_days: z.number().nullable(),
  average_touches: z.number().nullable(),
});
export const pathsAnswer = z.object({
  ...head,
  /** Labels in time order; ["(unattributed)"] without a known visitor, and what is beyond the limit as ["(other)"]. */
  paths: z.array(pathSums.extend({ path: z.array(z.string()) })),
  totals: pathSums,
});

const bucket = z.object({ min: amount, /** Inclusive; null: open. */ max: amount.nullable(), ...sums });
export const timesAnswer = z.object({
  ...head,
  /** Whole days from the first touchpoint to the end of the path. */
  days: z.array(bucket),
  touches: z.array(bucket),
  unattributed: z.object(sums),
  totals: z.object(sums),
  median_days: z.number().nullable(),
  median_touches: z.number().nullable(),
});

export const assistsAnswer = z.object({
  ...head,
  rows: z.array(
    z.object({
      label: z.string(),
      last_conversions: amount,
      last_revenue: amount,
      /** On the path of the payment, and another label at its end. A payment can be assisted by several. */
      assisted_conversions: amount,
      assisted_revenue: amount,
      /** Assisted ÷ last; null: last of none. */
      ratio: z.number().nullable(),
    }),
  ),
});

export const flowAnswer = z.object({
  ...head,
  steps: amount,
  /** Step 0 is where paths begin; the purchase is one after the last. */
  nodes: z.array(z.object({ id: z.string(), step: amount, label: z.string(), ...sums })),
  links: z.array(z.object({ source: z.string(), target: z.string(), ...sums })),
});

export const cohortsAnswer = z.object({
  ...head,
  by: z.enum(COHORTS_BY),
  cohorts: z.array(
    z.object({
      /** '2026-11', or '(unattributed)'. */
      month: z.string(),
      customers: amount,
      /** Cumulative: in the month itself, until the end of the next, … */
      revenue: z.array(amount),
      per_customer: z.array(amount),
      revenue_to_date: amount,
    }),
  ),
});

const value = z.object({
  label: z.string(),
  customers: amount,
  revenue: amount,
  /** Revenue to date ÷ customers; null: no customers. */
  lifetime_value: amount.nullable(),
  /** Of customers who have been so long enough: what they paid within so many days of their first payment. */
  after: z.array(z.object({ days: amount, customers: amount, revenue: amount, lifetime_value: amount.nullable() })),
});
export const lifetimeAnswer = z.object({ ...head, rows: z.array(value), totals: value.omit({ label: true }) });

export type PathsAnswer = z.infer<typeof pathsAnswer>;
export type TimesAnswer = z.infer<typeof timesAnswer>;
export type AssistsAnswer = z.infer<typeof assistsAnswer>;
export type FlowAnswer = z.infer<typeof flowAnswer>;
export type CohortsAnswer = z.infer<typeof cohortsAnswer>;
export type LifetimeAnswer = z.infer<typeof lifetimeAnswer>;
