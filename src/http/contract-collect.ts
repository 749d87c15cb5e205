import { z } from 'zod';
import { PRIVACY_SIGNALS } from '../core/collect-rules.ts';

/** The JSON contract of what a site says about its hits. */

const texts = z.array(z.string().max(300)).max(500);

export const siteCollectAnswer = z.object({
  /** Further hosts of the site, other domains too: their pages may send hits, and visitors are handed over to them. */
  hosts: texts,
  /** Query parameters that are kept besides campaign and click-id ones. */
  kept_parameters: texts,
  hash_routing: z.boolean(),
  /** Prefixes of whole segments: /admin is not /administration. */
  excluded_paths: texts,
  /** Addresses and ranges, IPv4 and IPv6. */
  excluded_addresses: texts,
  /** Two-letter codes. */
  excluded_countries: texts,
  excluded_hosts: texts,
  /** Hosts whose referrals mark a hit as a bot's. */
  referrer_spam: texts,
  /** `daily`: visitors are told apart by a keyed hash that changes every day, and ids of pages are ignored. */
  identity: z.enum(['cookie', 'daily']),
  /** Signals of a browser that take the identity off its hits. */
  signals: z.array(z.enum(PRIVACY_SIGNALS)).max(2),
  /** From then on only visitor ids that this installation signed earn credit. */
  signed_ids: z.boolean(),
  /** Answers on the site's own host set the visitor cookie. */
  server_cookie: z.boolean(),
});
/** Any of them; what is not named stays as it is. */
export const siteCollectChange = siteCollectAnswer.partial().strict();

export type SiteCollectAnswer = z.infer<typeof siteCollectAnswer>;
export type SiteCollectChange = z.infer<typeof siteCollectChange>;
