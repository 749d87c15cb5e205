import { z } from 'zod';
import { siteCollectAnswer, siteCollectChange } from './contract-collect.ts';
import { siteModelsAnswer, siteModelsChange } from './contract-models.ts';

/** What the API says of a site and takes for it; see contract.ts. */

export const siteAnswer = z.object({
  id: z.string(),
  name: z.string(),
  domain: z.string(),
  timezone: z.string(),
  currency: z.string(),
  off_stripe: z.boolean(),
  models: siteModelsAnswer,
  collect: siteCollectAnswer,
  created_at: z.string(),
});
export const siteInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  domain: z.string().trim().min(1).max(253),
  timezone: z.string().max(64).default('UTC'),
  currency: z.string().length(3).default('usd'),
});
export const siteChange = z.strictObject({
  name: siteInput.shape.name.optional(),
  domain: siteInput.shape.domain.optional(),
  timezone: z.string().max(64).optional(),
  currency: z.string().length(3).optional(),
  /** Count invoices that were paid by other means than Stripe, those of before too; what was counted stays counted. */
  off_stripe: z.boolean().optional(),
  /** A change has every payment credited again. */
  models: siteModelsChange.optional(),
  collect: siteCollectChange.optional(),
});
export const sitesAnswer = z.object({ sites: z.array(siteAnswer) });

/** What the set-up page polls: has the script been seen, is money coming in? */
export const siteStatusAnswer = z.object({
  snippet: z.string(),
  /** The same tag for a version that never changes, with its integrity; null when the pixel is not built. */
  snippet_pinned: z.string().nullable(),
  /** For a site whose own host passes the script on, at /hw. */
  snippet_own_domain: z.string(),
  /** The tag loads a script that sets no cookies: the site tells its visitors apart by the day. */
  cookieless: z.boolean(),
  last_hit: z.object({ at: z.string(), url: z.string() }).nullable(),
  payments: z.number().int(),
  modes: z.array(z.enum(['live', 'test'])),
  default_mode: z.enum(['live', 'test']),
});

export type SiteAnswer = z.infer<typeof siteAnswer>;
export type SiteStatusAnswer = z.infer<typeof siteStatusAnswer>;
