import { z } from 'zod';
import { basedOnAnswer, modelSettingsAnswer } from './contract-models.ts';

/** The JSON contract of reports. */
export const reportAnswer = z.object({
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
  totals: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  currency: z.string(),
  mode: z.enum(['live', 'test']),
  compare: z
    .object({
      rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
      totals: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    })
    .optional(),
  /** Currency → the same metrics, for money not in the reporting currency: shown apart, never added. */
  unconverted: z.record(z.string(), z.record(z.string(), z.number())).optional(),
  /** Set when the answer was computed with settings that are not the site's own. */
  settings: modelSettingsAnswer.optional(),
  /** One for each data-driven model. */
  based_on: z.array(basedOnAnswer).optional(),
});

/** What a site's reporting currency rests on. */
export const ratesAnswer = z.object({
  currency: z.string(),
  /** First and last day with exchange rates; null: none are known. */
  known: z.object({ from: z.string(), to: z.string() }).nullable(),
  /** null: no feed is set. */
  feed: z.object({ fetched_at: z.string().nullable(), error: z.string().nullable() }).nullable(),
  mode: z.enum(['live', 'test']),
  /** Money of all time that could not be converted, and is not in the sums of reports. */
  unconverted: z.array(z.object({ currency: z.string(), gross: z.number().int(), revenue: z.number().int() })),
});

export type RatesAnswer = z.infer<typeof ratesAnswer>;
export type ReportAnswer = z.infer<typeof reportAnswer>;
