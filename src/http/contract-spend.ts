import { z } from 'zod';
import { isDay } from '../core/report-days.ts';
import { SPEND_PLATFORMS } from '../core/spend.ts';

/** The JSON contract of spend. Amounts are integers in minor units of their currency. */

const day = z.string().refine(isDay, 'is not a day; write it as 2026-11-21');
const tag = z.string().max(255);
const amounts = z.array(z.object({ currency: z.string(), amount: z.number().int() }));
const lines = z.object({
  count: z.number().int(),
  /** The first 1,000. */
  lines: z.array(z.object({ line: z.number().int(), reason: z.string() })),
});

export const spendRowsInput = z.strictObject({
  rows: z
    .array(
      z.strictObject({
        date: z.string().max(10),
        source: tag,
        medium: tag.optional(),
        campaign: tag.optional(),
        amount: z.number().int(),
        currency: z.string().length(3),
        clicks: z.number().int().min(0).nullish(),
        impressions: z.number().int().min(0).nullish(),
      }),
    )
    .min(1)
    .max(200_000),
});
const switched = z.enum(['true', 'false']).optional();
export const spendSwitches = z.strictObject({
  /** Says what would be imported, and imports nothing. */
  preview: switched,
  /** Imports the good lines of an input that has bad ones. */
  partial: switched,
  /** What the import is called: the file's name. */
  name: z.string().max(255).optional(),
  platform: z.enum(SPEND_PLATFORMS).optional(),
  currency: z.string().length(3).optional(),
  source: tag.optional(),
  medium: tag.optional(),
  account: tag.optional(),
  /** The order of 03/04/2026, where the file does not tell. */
  dates: z.enum(['mdy', 'dmy']).optional(),
});
export const spendImportAnswer = z.object({
  state: z.enum(['previewed', 'imported', 'unchanged']),
  /** To undo it by; null: none was made. */
  import: z.string().nullable(),
  platform: z.enum(SPEND_PLATFORMS),
  /** First and last day; '' when there is none. */
  from: z.string(),
  to: z.string(),
  days: z.number().int(),
  /** Campaigns' days, one for each currency. */
  lines: z.number().int(),
  campaigns: z.number().int(),
  totals: amounts,
  read: z.number().int(),
  /** Of `lines`: not known before, known with other numbers, known as they are. */
  new: z.number().int(),
  changed: z.number().int(),
  unchanged: z.number().int(),
  encoding: z.string().nullable(),
  /** What was read from which column. */
  columns: z.record(z.string(), z.string()),
  /** Lines that cannot be read. */
  rejected: lines,
  /** Totals and remarks of the platform. */
  left_out: lines,
});

export const spendQuery = z.strictObject({
  from: day.optional(),
  to: day.optional(),
  /** Visitors and spend are the same in both; taken as every endpoint about money takes it. */
  mode: z.enum(['live', 'test']).optional(),
});
const origin = { source: z.string(), medium: z.string(), campaign: z.string() };
export const spendAnswer = z.object({
  currency: z.string(),
  from: z.string(),
  to: z.string(),
  /** Newest first. */
  imports: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      platform: z.enum(SPEND_PLATFORMS),
      state: z.enum(['done', 'undone']),
      created_at: z.string(),
      from: z.string(),
      to: z.string(),
      lines: z.number().int(),
      campaigns: z.number().int(),
      rejected: z.number().int(),
      totals: amounts,
    }),
  ),
  /**
   * Those with spend in these days, the most expensive in the currency of the site first, those without an exchange rate last:
   * all without visitors, and the first 2,000 with some.
   */
  campaigns: z.array(
    z.object({
      platform: z.enum(SPEND_PLATFORMS),
      account: z.string(),
      campaign_id: z.string(),
      campaign: z.string(),
      /** What its visitors are taken to arrive with. */
      source: z.string(),
      medium: z.string(),
      utm_campaign: z.string(),
      channel: z.string(),
      spend: amounts,
      unconverted_days: z.number().int(),
      clicks: z.number().int(),
      impressions: z.number().int(),
      from: z.string(),
      to: z.string(),
      /** Who arrived with it in these days; 0: the spend is unmatched. */
      visitors: z.number().int(),
      suggestions: z.array(z.object({ ...origin, visitors: z.number().int() })),
    }),
  ),
  /** Campaigns with visitors that cost less than those. */
  not_shown: z.number().int(),
  unmatched: z.object({ campaigns: z.number().int(), spend: amounts }),
  aliases: z.array(z.object({ platform: z.enum(SPEND_PLATFORMS), campaign_key: z.string(), ...origin })),
});
/** All three empty takes it back. */
export const spendAliasInput = z.strictObject({
  platform: z.enum(SPEND_PLATFORMS),
  /** The campaign's id, else its name; '': every campaign of the platform. */
  campaign_key: tag,
  source: tag.default(''),
  medium: tag.default(''),
  /** May hold {name} and {id}; '(none)': visitors without a campaign. */
  campaign: tag.default(''),
});

export type SpendImportAnswer = z.infer<typeof spendImportAnswer>;
export type SpendAnswer = z.infer<typeof spendAnswer>;
