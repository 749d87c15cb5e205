import { chunksOf } from '../../core/chunks.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';
import type { FactsClient } from './client.ts';
import type { Facts } from './facts.ts';
import { firstOf } from './ranked.ts';

const VISITORS_PER_QUERY = 5_000;
const SESSIONS_PER_QUERY = 1_000;

interface TouchpointRow {
  visitor: string;
  session: string;
  occurred_ms: number;
  received_ms: number;
  source: string;
  medium: string;
  campaign: string;
  term: string;
  content: string;
  click_id: string;
  click_id_kind: string;
  referrer_host: string;
  referrer: string;
  channel: string;
  landing_page: string;
  hostname: string;
  country: string;
  device: string;
  browser: string;
  os: string;
}

export function createTouchpoints(client: FactsClient): Pick<Facts, 'touchpoints' | 'visitorsOfSessions'> {
  return {
    async touchpoints(site, visitors) {
      const found: Touchpoint[] = [];
      for (const chunk of chunksOf([...new Set(visitors)], VISITORS_PER_QUERY)) {
        const rows = await client.query<TouchpointRow>(TOUCHPOINTS, { site, visitors: chunk });
        for (const row of rows) found.push(touchpointOf(row));
      }
      return found.sort(
        (a, b) => a.occurredAt - b.occurredAt || a.receivedAt - b.receivedAt || compare(a.session, b.session),
      );
    },

    async visitorsOfSessions(site, sessions) {
      const owners = new Map<string, string>();
      for (const chunk of chunksOf([...new Set(sessions)], SESSIONS_PER_QUERY)) {
        const rows = await client.query<{ session: string; visitor: string }>(VISITORS_OF_SESSIONS, {
          site,
          sessions: chunk,
        });
        for (const { session, visitor } of rows) owners.set(session, visitor);
      }
      return owners;
    },
  };
}

function touchpointOf({
  occurred_ms,
  received_ms,
  click_id,
  click_id_kind,
  referrer_host,
  landing_page,
  ...row
}: TouchpointRow): Touchpoint {
  return {
    ...row,
    occurredAt: occurred_ms,
    receivedAt: received_ms,
    clickId: click_id,
    clickIdKind: click_id_kind,
    referrerHost: referrer_host,
    landingPage: landing_page,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const TOUCHPOINTS = `
SELECT
  visitor, session,
  toUnixTimestamp64Milli(min(t.occurred_at)) AS occurred_ms,
  toInt64(${firstOf('t.received_at')}) AS received_ms,
  ${firstOf('t.source')} AS source,
  ${firstOf('t.medium')} AS medium,
  ${firstOf('t.campaign')} AS campaign,
  ${firstOf('t.term')} AS term,
  ${firstOf('t.content')} AS content,
  ${firstOf('t.click_id')} AS click_id,
  ${firstOf('t.click_id_kind')} AS click_id_kind,
  ${firstOf('t.referrer_host')} AS referrer_host,
  ${firstOf('t.referrer')} AS referrer,
  ${firstOf('t.channel')} AS channel,
  ${firstOf('t.landing_page')} AS landing_page,
  ${firstOf('t.hostname')} AS hostname,
  ${firstOf('t.country')} AS country,
  ${firstOf('t.device')} AS device,
  ${firstOf('t.browser')} AS browser,
  ${firstOf('t.os')} AS os
FROM touchpoints AS t
WHERE site = {site:String} AND visitor IN {visitors:Array(String)}
GROUP BY visitor, session`;

// A session id is the sender's word: if two visitors claim one, the visitor who had it first owns it.
const VISITORS_OF_SESSIONS = `
SELECT session, argMin(visitor, (occurred_at, visitor)) AS visitor
FROM touchpoints
WHERE site = {site:String} AND session IN {sessions:Array(String)}
GROUP BY session`;
