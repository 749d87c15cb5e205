import { plainHost } from '../core/acquisition-host.ts';
import { type CollectRules, collectRulesOf } from '../core/collect-rules.ts';
import { readNetwork } from '../core/networks.ts';
import type { SiteCollectAnswer, SiteCollectChange } from '../http/contract-collect.ts';
import type { SiteSettings } from '../storage/records/records.ts';
import { type Checked, siteDomain } from './site-input.ts';

type Stored = Pick<SiteSettings, 'hosts' | 'keptParameters' | 'hashRouting' | 'excludedPaths' | 'collect'>;

/** How each list is written: what an entry becomes, null for what cannot be one; and what people are told then. */
const LISTS = {
  hosts: [siteDomain, 'a host name like pay.example.com'],
  kept_parameters: [(text) => (/^[\w.~-]{1,60}$/.test(text) ? text : null), 'the name of a query parameter'],
  excluded_paths: [(text) => (/^\/\S{0,299}$/.test(text) ? text : null), 'a path that begins with "/"'],
  excluded_addresses: [
    (text) => (readNetwork(text) === null ? null : text.toLowerCase()),
    'an address or a range like 192.0.2.0/24 or 2001:db8::/32',
  ],
  excluded_countries: [
    (text) => (/^[a-z]{2}$/i.test(text) ? text.toUpperCase() : null),
    'a two-letter country code like DE',
  ],
  excluded_hosts: [hostOf, 'a host name like staging.example.com'],
  referrer_spam: [hostOf, 'a host name like spam.example'],
} as const satisfies Record<string, [read: (text: string) => string | null, what: string]>;
type List = keyof typeof LISTS;

/** What a site's settings become by a change that names some of them. `now` is when signed ids begin to be asked for. */
export function changeCollect(stored: Stored, change: SiteCollectChange, now: number): Checked<Required<Stored>> {
  const said = collectAnswer(stored);
  for (const list of Object.keys(LISTS) as List[]) {
    const [read, what] = LISTS[list];
    const entries: string[] = [];
    for (const given of change[list] ?? said[list]) {
      const entry = read(given.trim());
      if (entry === null) {
        const message = `collect.${list}: "${given.slice(0, 60)}" is not ${what}`;
        return { ok: false, code: 'invalid', field: `collect.${list}`, message };
      }
      entries.push(entry);
    }
    said[list] = [...new Set(entries)];
  }
  const { signedSince } = collectRulesOf(stored);
  const signed = change.signed_ids ?? signedSince !== null;
  const collect: CollectRules = {
    excludedAddresses: said.excluded_addresses,
    excludedCountries: said.excluded_countries,
    excludedHosts: said.excluded_hosts,
    referrerSpam: said.referrer_spam,
    identity: change.identity ?? said.identity,
    signals: [...new Set(change.signals ?? said.signals)],
    signedSince: signed ? (signedSince ?? now) : null,
    serverCookie: change.server_cookie ?? said.server_cookie,
  };
  const { hosts, kept_parameters: keptParameters, excluded_paths: excludedPaths } = said;
  const hashRouting = change.hash_routing ?? said.hash_routing;
  return { ok: true, value: { hosts, keptParameters, hashRouting, excludedPaths, collect } };
}

export function collectAnswer(stored: Stored): SiteCollectAnswer {
  const rules = collectRulesOf(stored);
  return {
    hosts: stored.hosts,
    kept_parameters: stored.keptParameters,
    hash_routing: stored.hashRouting,
    excluded_paths: stored.excludedPaths,
    excluded_addresses: rules.excludedAddresses,
    excluded_countries: rules.excludedCountries,
    excluded_hosts: rules.excludedHosts,
    referrer_spam: rules.referrerSpam,
    identity: rules.identity,
    signals: rules.signals,
    signed_ids: rules.signedSince !== null,
    server_cookie: rules.serverCookie,
  };
}

/** Any host, of nobody's registry: spam comes from names that no list of suffixes knows. */
function hostOf(text: string): string | null {
  const host = plainHost(URL.parse(/^https?:\/\//i.test(text) ? text : `http://${text}`)?.hostname ?? '');
  return /^(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host) ? host : null;
}
