import { z } from 'zod';
import { RENEWALS } from '../core/attribution/settings.ts';

/** The JSON contract of what a site says about the models, of answers that rest on it, and of saved runs. */

const weights = z.array(z.number().int()).max(20);
const customWeights = z.strictObject({
  name: z.string().trim().min(1).max(60),
  /** The first touchpoint, the second, … */
  from_start: weights,
  /** Shared by all that neither list reaches. */
  others: z.number().int(),
  /** The last touchpoint, the last but one, … */
  from_end: weights,
});

export const modelSettingsAnswer = z.object({
  /** null: lifetime. */
  window_days: z.number().int().nullable(),
  ignore_direct: z.boolean(),
  collapse_repeats: z.boolean(),
  position_percents: z.strictObject({ first: z.number().int(), middle: z.number().int(), last: z.number().int() }),
  half_life_hours: z.number().int(),
  custom: customWeights.nullable(),
});
export const siteModelsAnswer = modelSettingsAnswer.extend({
  /** Renewals are credited along the path of the subscription's beginning, or of all touchpoints up to each renewal. */
  renewals: z.enum(RENEWALS),
});
/** Any of them; what is not named stays as it is. */
export const siteModelsChange = siteModelsAnswer.partial().strict();

/** What a data-driven model's answer rests on. */
export const basedOnAnswer = z.object({
  model: z.enum(['markov', 'shapley']),
  order: z.number().int().optional(),
  conversions: z.number().int(),
  /** Visitors who took a path and did not pay. */
  without: z.number().int(),
  /** Different ones. */
  paths: z.number().int(),
  /** Largest share first; where it lies in nine of ten cases, null where that was not found out. */
  channels: z.array(
    z.object({
      channel: z.string(),
      share: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    }),
  ),
});

/** Crediting all payments of a site again, after its rules changed or somebody asked for it. */
export const recomputeAnswer = z.object({
  state: z.enum(['idle', 'queued', 'running']),
  /** Payments that were asked for so far by the job under way. */
  requested: z.number().int(),
  /** Payments that wait to be credited (again). */
  waiting: z.number().int(),
  payments: z.number().int(),
});

export const runInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  /** The query string of a report, as `metrics=revenue&dimensions=source&models=first_touch,linear`. */
  question: z.string().max(4_000),
});
const runRow = {
  id: z.string(),
  name: z.string(),
  question: z.string(),
  /** The settings the answer was computed with: the site's at that time, or those the question named. */
  settings: modelSettingsAnswer.extend({ renewals: siteModelsAnswer.shape.renewals.optional() }),
  created_at: z.string(),
};
export const runAnswer = z.object({ ...runRow, answer: z.unknown() });
export const runsAnswer = z.object({ runs: z.array(z.object(runRow)) });

export type ModelSettingsAnswer = z.infer<typeof modelSettingsAnswer>;
export type SiteModelsAnswer = z.infer<typeof siteModelsAnswer>;
export type SiteModelsChange = z.infer<typeof siteModelsChange>;
export type BasedOnAnswer = z.infer<typeof basedOnAnswer>;
export type RecomputeAnswer = z.infer<typeof recomputeAnswer>;
export type RunAnswer = z.infer<typeof runAnswer>;
export type RunsAnswer = z.infer<typeof runsAnswer>;
