import clickIds from './acquisition-click-ids.json' with { type: 'json' };
import { plainHost } from './acquisition-host.ts';
import { readablePath } from './page-path.ts';

/**
 * The cut of addresses: what a page's URL may tell us, decided before anything is stored. Of its query only campaign,
 * click-id and site-listed parameters survive; a query can hold anything a site puts there, and a password-reset token
 * in an analytics store is a breach. Fragments go unless the site routes by them; user and password always go.
 */
export const URL_LIMITS = { urlChars: 2000, pathChars: 1000, valueChars: 500, parameters: 50 } as const;

const CAMPAIGN_NAME = /^(?:utm_[a-z_]{1,30}|ref|source|via)$/;
const CLICK_ID_NAMES = new Set(clickIds.clickIds.map((row) => row.parameter.toLowerCase()));
/** Stripe puts these on return URLs; whoever holds one can read and confirm the payment. */
const SECRET_NAME = /_client_secret$/;

export interface PageUrl {
  /** The address after the cut. */
  url: string;
  /** Lower case, 'www.' kept: it is shown as a dimension. */
  hostname: string;
  /** Path as people read it (core/page-path); with hash routing the route is part of it ('/app#/pricing'). */
  path: string;
  /** Surviving parameters by lower-case name, decoded; the first of a repeated name counts. */
  parameters: ReadonlyMap<string, string>;
}

export interface UrlRules {
  /** Query parameters the site wants kept, lower case. */
  keptParameters: ReadonlySet<string>;
  hashRouting: boolean;
}

const NO_RULES: UrlRules = { keptParameters: new Set(), hashRouting: false };

export function isCampaignParameter(lowerCaseName: string): boolean {
  return CAMPAIGN_NAME.test(lowerCaseName) || CLICK_ID_NAMES.has(lowerCaseName);
}

/** True when an address (after the cut) carries campaign evidence of its own: tags or a click id. */
export function carriesCampaign(url: string): boolean {
  const query = url.indexOf('?');
  if (query < 0) return false;
  for (const [name, value] of new URLSearchParams(url.slice(query + 1))) {
    if (value !== '' && isCampaignParameter(name.toLowerCase())) return true;
  }
  return false;
}

/** Reads an http(s) address and cuts it; null for anything else (other schemes, no host, not a URL). */
export function readPageUrl(raw: string, rules: UrlRules = NO_RULES): PageUrl | null {
  const parsed = URL.parse(raw);
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') || parsed.hostname === '') return null;
  // The root's dot: the same host, and in reports it would be another.
  if (parsed.hostname.endsWith('.')) parsed.hostname = parsed.hostname.slice(0, -1);
  const parameters = new Map<string, string>();
  const kept = parsed.search === '' ? '' : cutQuery(parsed.search.slice(1), rules, parameters);
  const route = rules.hashRouting ? cutRoute(parsed.hash, rules, parameters) : '';
  const path = wellFormed(parsed.pathname, URL_LIMITS.pathChars);
  return {
    url: wellFormed(`${parsed.protocol}//${parsed.host}${path}${kept}${route}`, URL_LIMITS.urlChars),
    hostname: parsed.hostname,
    path: wellFormed(readablePath(parsed.pathname + route.replace(/\?.*$/, '')), URL_LIMITS.pathChars),
    parameters,
  };
}

/** Only '#/route' is a route: '#access_token=…' is a sign-in answer and '#section' a place in the page. */
function cutRoute(hash: string, rules: UrlRules, parameters: Map<string, string>): string {
  if (!hash.startsWith('#/') && !hash.startsWith('#!/')) return '';
  const query = hash.indexOf('?');
  if (query < 0) return hash;
  return hash.slice(0, query) + cutQuery(hash.slice(query + 1), rules, parameters);
}

function cutQuery(query: string, rules: UrlRules, parameters: Map<string, string>): string {
  const kept = new URLSearchParams();
  let count = 0;
  for (const [name, value] of new URLSearchParams(query)) {
    const lower = name.toLowerCase();
    if (SECRET_NAME.test(lower)) continue;
    if (!isCampaignParameter(lower) && !rules.keptParameters.has(lower)) continue;
    if (++count > URL_LIMITS.parameters) break;
    const bounded = wellFormed(value, URL_LIMITS.valueChars);
    kept.append(name, bounded);
    if (!parameters.has(lower)) parameters.set(lower, bounded);
  }
  return count === 0 ? '' : `?${kept.toString()}`;
}

export interface ReferrerUrl {
  /** Without 'www.'; for an Android app its package. */
  host: string;
  path: string;
  /** The referrer with its query and fragment cut. */
  referrer: string;
  app: boolean;
}

/** Reads a referrer; null when there is none, or none that can be read. */
export function readReferrer(raw: string): ReferrerUrl | null {
  if (raw === '') return null;
  const parsed = URL.parse(raw);
  if (!parsed || parsed.hostname === '') return null;
  const app = parsed.protocol === 'android-app:';
  if (!app && parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return null;
  const path = wellFormed(parsed.pathname, URL_LIMITS.pathChars);
  return {
    host: app ? parsed.hostname.toLowerCase() : plainHost(parsed.hostname),
    path,
    referrer: wellFormed(`${parsed.protocol}//${parsed.host}${path}`, URL_LIMITS.urlChars),
    app,
  };
}

/** Cuts a text to a length without leaving half a character at its end. */
export function wellFormed(text: string, maxChars: number): string {
  return (text.length > maxChars ? text.slice(0, maxChars) : text).toWellFormed();
}
