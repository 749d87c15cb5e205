import { OTHER, UNATTRIBUTED } from './report.ts';
import clickIdTable from './acquisition-click-ids.json' with { type: 'json' };
import { isWithin } from './acquisition-host.ts';
import { isDetour, type KnownSource, sourceOfAndroidApp, sourceOfHost, sourceOfName } from './acquisition-sources.ts';
import { type PageUrl, type ReferrerUrl, readReferrer, wellFormed } from './acquisition-url.ts';
import type { Acquisition } from './acquisition.ts';
import { type Channel, channelOf } from './channel.ts';

/**
 * Reads how a hit arrived: campaign tags, then `ref`/`source`/`via`, then an ad click id, then the
 * referrer, then what an in-app browser gives away, then direct: `source` is ''.
 */
const TAG_CHARS = 255;
/** Line breaks and the like are no part of a name; two spaces are one, as in the campaigns that spend is imported for. */
const BLANKS = /[\s\p{Cc}]+/gu;
/** What a campaign without a source is called in GA4's reports. */
const NOT_SET = '(not set)';
/** Rows of reports that stand for no arrival: a link with `utm_source=(unattributed)` would add its visitors to them. */
const REPORTS_OWN = new Set([UNATTRIBUTED, OTHER]);
/** Ways people write "no source" into a tag. */
const DIRECT_NAMES = new Set(['(direct)', 'direct', '(none)']);

const MEDIUM_OF_KIND = {
  search: 'organic',
  social: 'social',
  video: 'video',
  shopping: 'referral',
  ai: 'referral',
  email: 'email',
} as const;

export interface Arrival {
  /** The page, read by readPageUrl; null for events without an address. */
  page: PageUrl | null;
  /** As received, or ''. */
  referrer: string;
  /** The site's own plain hosts: its domain and the hosts it lists; subdomains are included. */
  siteHosts: readonly string[];
  /** Name of the source whose in-app browser this is ('instagram'), or ''. */
  inAppBrowser: string;
}

interface Origin {
  source: string;
  medium: string;
  /** Set where the evidence says more than source and medium can: `via=facebook` is an affiliate of that name. */
  channel?: Channel;
}

interface ClickId extends Origin {
  kind: string;
  value: string;
}

export function acquisitionOf({ page, referrer, siteHosts, inAppBrowser }: Arrival): Acquisition {
  const parameters = page?.parameters ?? new Map<string, string>();
  const tag = (name: string) => {
    const text = wellFormed((parameters.get(name) ?? '').replaceAll(BLANKS, ' ').trim(), TAG_CHARS);
    return REPORTS_OWN.has(text) ? NOT_SET : text;
  };
  const from = outsideReferrer(readReferrer(referrer), page, siteHosts);
  const click = parameters.size === 0 ? null : clickIdOf(parameters);

  const origin =
    taggedOrigin(tag, click, from) ??
    shorthandOrigin(tag) ??
    click ??
    (from ? referrerOrigin(from) : null) ??
    (referrer === '' ? inAppOrigin(inAppBrowser) : null);

  const found = {
    source: origin?.source ?? '',
    medium: origin?.medium ?? '',
    campaign: tag('utm_campaign'),
    term: tag('utm_term'),
    content: tag('utm_content'),
    clickId: click?.value ?? '',
    clickIdKind: click?.kind ?? '',
    referrerHost: from?.host ?? '',
    referrer: from?.referrer ?? '',
  };
  return { ...found, channel: origin?.channel ?? channelOf(found) };
}

/** Payment pages and the site's own pages are never a source; a page that links to itself is its own site. */
function outsideReferrer(
  from: ReferrerUrl | null,
  page: PageUrl | null,
  siteHosts: readonly string[],
): ReferrerUrl | null {
  if (!from || from.app) return from;
  if (isWithin(from.host, siteHosts) || isDetour(from.host)) return null;
  if (page && (page.hostname === from.host || page.hostname === `www.${from.host}`)) return null;
  return from;
}

/** UTM tags. A campaign or medium without `utm_source` is evidence all the same: the referrer may name its source. */
function taggedOrigin(tag: (name: string) => string, click: ClickId | null, from: ReferrerUrl | null): Origin | null {
  const source = tag('utm_source');
  const medium = tag('utm_medium');
  if (source === '' && medium === '' && tag('utm_campaign') === '') return null;
  if (source === '') {
    const other = shorthandOrigin(tag) ?? click ?? (from ? referrerOrigin(from) : null);
    return { source: other?.source ?? NOT_SET, medium: medium || (other?.medium ?? '') };
  }
  if (DIRECT_NAMES.has(source.toLowerCase()) && (medium === '' || DIRECT_NAMES.has(medium.toLowerCase()))) {
    return { source: '', medium: '' };
  }
  // A hand-tagged ad link often says only utm_source=google and leaves the rest to the click id that Google adds.
  const known = sourceOfName(source)?.name ?? source.toLowerCase();
  return { source, medium: medium || (click?.source === known ? click.medium : '') };
}

function shorthandOrigin(tag: (name: string) => string): Origin | null {
  const affiliate = tag('via');
  const source = tag('ref') || tag('source');
  if (source !== '') return { source, medium: mediumOf(sourceOfName(source)) };
  return affiliate === '' ? null : { source: affiliate, medium: 'affiliate', channel: 'Affiliates' };
}

function clickIdOf(parameters: ReadonlyMap<string, string>): ClickId | null {
  for (const row of clickIdTable.clickIds) {
    const value = parameters.get(row.parameter.toLowerCase());
    if (value && !REPORTS_OWN.has(value)) return { kind: row.parameter, value, source: row.source, medium: row.medium };
  }
  return null;
}

function referrerOrigin(from: ReferrerUrl): Origin {
  const known = from.app ? sourceOfAndroidApp(from.host) : sourceOfHost(from.host, from.path);
  return { source: known?.name ?? from.host, medium: mediumOf(known) };
}

/** Apps open links without a referrer; the browser inside them says its name. */
function inAppOrigin(name: string): Origin | null {
  return name === '' ? null : { source: name, medium: mediumOf(sourceOfName(name)) };
}

function mediumOf(known: KnownSource | null): string {
  return known ? MEDIUM_OF_KIND[known.kind] : 'referral';
}
