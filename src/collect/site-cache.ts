import { plainHost } from '../core/acquisition-host.ts';
import { isListed } from './traffic-lists.ts';
import { type PageUrl, readPageUrl } from '../core/acquisition-url.ts';
import { type CollectRules, collectRulesOf } from '../core/collect-rules.ts';
import { readPath } from '../core/page-path.ts';
import { createNetworks, readNetwork } from '../core/networks.ts';
import { createRecent, type Recent } from './recent.ts';
import type { Site } from '../storage/records/records.ts';

/** What collect needs of a site, made ready for the hot path. */
export interface SiteContext {
  id: string;
  /** The site's domain and listed hosts, plain (core/acquisition-host). */
  hosts: readonly string[];
  /** Reads and cuts an address by the site's rules; null for what is not a page's. */
  readPage(url: string): PageUrl | null;
  /** Another number whenever the site changed: part of the keys of what is remembered. */
  serial: number;
  excludedPaths: readonly string[];
  excludedHosts: readonly string[];
  excludedCountries: ReadonlySet<string>;
  /** The site's own addresses: compared with, and kept with no hit. */
  isExcludedAddress(address: string): boolean;
  isReferrerSpam(host: string): boolean;
  rules: Pick<CollectRules, 'identity' | 'signals' | 'signedSince' | 'serverCookie'>;
}

type Pages = Recent<PageUrl | null>;

export type FindSite = (id: string) => Promise<Site | null> | Site | null;

const FRESH_MS = 1000;
const SITES_MAX = 10_000;
const PAGES_MAX = 5000;

/**
 * Keeps found sites for a second, so that a flood of hits asks the records store once. A site that was not found is
 * asked for again each time: `site add` takes effect before it returns. While the store does not answer, what was known
 * last serves on: an outage of the records store must not cost hits of known sites.
 */
export function createSiteCache(options: { findSite: FindSite; now: () => number }) {
  const { findSite, now } = options;
  const known = new Map<string, { context: SiteContext; basis: string; freshUntil: number }>();
  // One for all sites: its size is what bounds the memory.
  const pages: Pages = createRecent(PAGES_MAX);
  const asking = new Map<string, Promise<SiteContext | null>>();

  async function ask(id: string): Promise<SiteContext | null> {
    try {
      const site = await findSite(id);
      if (site === null) {
        known.delete(id);
        return null;
      }
      const last = known.get(id);
      if (!last && known.size >= SITES_MAX) known.clear();
      const basis = JSON.stringify([site.domain, site.settings]);
      const context = last?.basis === basis ? last.context : contextOf(site, pages);
      known.set(id, { context, basis, freshUntil: now() + FRESH_MS });
      return context;
    } catch (error) {
      const last = known.get(id);
      if (last) return last.context;
      throw error;
    } finally {
      asking.delete(id);
    }
  }

  /** Answers at once when it can; the promise rejects as `findSite` does when nothing is known. */
  return function find(id: string): SiteContext | Promise<SiteContext | null> {
    const entry = known.get(id);
    if (entry && now() < entry.freshUntil) return entry.context;
    let question = asking.get(id);
    if (!question) {
      question = ask(id);
      asking.set(id, question);
    }
    return question;
  };
}

let serials = 0;

function contextOf(site: Site, pages: Pages): SiteContext {
  const { hosts, keptParameters, hashRouting, excludedPaths } = site.settings;
  const rules = { keptParameters: new Set(keptParameters.map((name) => name.toLowerCase())), hashRouting };
  const serial = ++serials;
  const said = collectRulesOf(site.settings);
  const addresses = createNetworks(said.excludedAddresses.flatMap((text) => readNetwork(text) ?? []));
  const spam = new Set(said.referrerSpam.map(plainHost));
  return {
    id: site.id,
    hosts: [site.domain, ...hosts].map(plainHost).filter((host) => host !== ''),
    readPage(url) {
      const key = `${serial}\n${url}`;
      let page = pages.get(key);
      if (page === undefined) {
        page = readPageUrl(url, rules);
        pages.set(key, page);
      }
      return page;
    },
    serial,
    excludedPaths: excludedPaths.map(readPath),
    excludedHosts: said.excludedHosts.map(plainHost),
    excludedCountries: new Set(said.excludedCountries),
    isExcludedAddress: addresses.has,
    isReferrerSpam: (host) => isListed(host, spam),
    rules: said,
  };
}
