import type { Event } from '../core/event.ts';
import { HAND_OVER_PROP } from './steps/props.ts';

/** What a batch of inserted hits means for payments: whose paths changed, and who said who they are. */
export interface SiteHits {
  site: string;
  visitors: string[];
  /** A payment may name only a session. */
  sessions: string[];
  /** Of a hand-over the value is the visitor it came from. */
  identifies: { kind: 'app_id' | 'email_hash' | 'hand_over'; value: string; visitor: string; seenAt: number }[];
  /** Ids of Stripe objects (cs_…, pi_…) a visitor came back from. */
  checkouts: { object: string; visitor: string; seenAt: number }[];
}

/** Called after the insert and before the spool forgets; repeated after a crash, so it must be idempotent. */
export type HandOver = (hits: SiteHits[]) => Promise<void>;

export function siteHitsOf(events: readonly Event[]): SiteHits[] {
  const sites = new Map<string, { hits: SiteHits; visitors: Set<string>; sessions: Set<string> }>();
  for (const event of events) {
    const { site, visitor, session, occurredAt: seenAt, name, props } = event;
    if (visitor === '') continue;
    let entry = sites.get(site);
    if (!entry) {
      entry = {
        hits: { site, visitors: [], sessions: [], identifies: [], checkouts: [] },
        visitors: new Set(),
        sessions: new Set(),
      };
      sites.set(site, entry);
    }
    entry.visitors.add(visitor);
    if (session !== '') entry.sessions.add(session);
    const { identifies, checkouts } = entry.hits;
    const from = props[HAND_OVER_PROP];
    if (from) identifies.push({ kind: 'hand_over', value: from, visitor, seenAt });
    if (name === 'identify') {
      if (props.app_id) identifies.push({ kind: 'app_id', value: props.app_id, visitor, seenAt });
      if (props.email_hash) identifies.push({ kind: 'email_hash', value: props.email_hash, visitor, seenAt });
    } else if (name === 'checkout') {
      if (props.session_id) checkouts.push({ object: props.session_id, visitor, seenAt });
      if (props.payment_intent) checkouts.push({ object: props.payment_intent, visitor, seenAt });
    }
  }
  return [...sites.values()].map(({ hits, visitors, sessions }) => ({
    ...hits,
    visitors: [...visitors],
    sessions: [...sessions],
  }));
}
