/** What a site says about its hits, beyond hosts and paths. */
export interface CollectRules {
  /** Addresses and ranges whose hits are not counted (core/networks); the site's own, never a visitor's. */
  excludedAddresses: string[];
  /** ISO 3166-1 alpha-2. */
  excludedCountries: string[];
  /** Hosts (and what is below them) whose pages are not counted. */
  excludedHosts: string[];
  /** Hosts whose referrals mark a hit as a bot's. */
  referrerSpam: string[];
  /** 'cookie': the visitor is who the page says. 'daily': a keyed hash that changes every day; ids of pages are ignored. */
  identity: 'cookie' | 'daily';
  /** Which signals of a browser take the identity off its hits. */
  signals: PrivacySignal[];
  /** Since when (epoch ms) only signed visitor ids earn; null: any id does. */
  signedSince: number | null;
  /** Whether answers on the site's own host set the visitor cookie. */
  serverCookie: boolean;
}
export const PRIVACY_SIGNALS = ['gpc', 'dnt'] as const;
export type PrivacySignal = (typeof PRIVACY_SIGNALS)[number];

export const DEFAULT_COLLECT_RULES: Readonly<CollectRules> = {
  excludedAddresses: [],
  excludedCountries: [],
  excludedHosts: [],
  referrerSpam: [],
  identity: 'cookie',
  signals: [],
  signedSince: null,
  serverCookie: true,
};

export function collectRulesOf({ collect }: { collect?: Partial<CollectRules> | undefined }): CollectRules {
  return { ...DEFAULT_COLLECT_RULES, ...collect };
}

/** Visitors are told apart by the day: no id of theirs is in a cookie, or reaches the provider. */
export function countsByDay(settings: { collect?: Partial<CollectRules> | undefined }): boolean {
  return collectRulesOf(settings).identity === 'daily';
}
