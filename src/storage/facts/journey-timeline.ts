import type { FactsClient } from './client.ts';
import type { PeopleFacts, TimelineEvent, TimelineSession, TimelineSlice } from './journey-facts.ts';
import { firstOf } from './ranked.ts';
import { bounded } from './report-bounds.ts';

type Client = Pick<FactsClient, 'read'>;

export function createPeopleFacts(client: Client): PeopleFacts {
  return {
    async hits(site, visitors, slice) {
      if (visitors.length === 0) return { sessions: [], events: [] };
      const sessions = await bounded(readSessions(client, site, visitors, slice));
      return { sessions, events: await bounded(readEvents(client, site, visitors, slice, sessions)) };
    },
    async seen(site, visitors) {
      if (visitors.length === 0) return [];
      return bounded(client.read(SEEN, { site, visitors }));
    },
  };
}

const SEEN = `
SELECT visitor, min(at) AS firstAt, max(at) AS lastAt, count() AS sessions
FROM (
  SELECT t.visitor AS visitor, t.session AS session, toUnixTimestamp64Milli(min(t.occurred_at)) AS at
  FROM touchpoints AS t
  WHERE t.site = {site:String} AND t.visitor IN {visitors:Array(String)}
  GROUP BY visitor, session
)
GROUP BY visitor ORDER BY firstAt, visitor`;

const SESSIONS = `
  SELECT t.visitor AS visitor, concat('a:', t.visitor, ':', t.session) AS id,
    toUnixTimestamp64Milli(min(t.occurred_at)) AS at,
    ${firstOf('t.source')} AS source, ${firstOf('t.medium')} AS medium, ${firstOf('t.campaign')} AS campaign,
    ${firstOf('t.channel')} AS channel, ${firstOf('t.referrer_host')} AS referrerHost,
    ${firstOf('t.landing_page')} AS landingPage, ${firstOf('t.country')} AS country, ${firstOf('t.device')} AS device,
    ${firstOf('t.browser')} AS browser, ${firstOf('t.os')} AS os
  FROM touchpoints AS t
  WHERE t.site = {site:String} AND t.visitor IN {visitors:Array(String)}
  GROUP BY t.visitor, t.session`;

function sliceSql({ order, after }: TimelineSlice): { where: string; orderBy: string } {
  const isNewest = order === 'newest';
  return {
    where: after === null ? '1' : `(at, id) ${isNewest ? '<' : '>'} ({after_at:Int64}, {after_id:String})`,
    orderBy: isNewest ? 'at DESC, id DESC' : 'at, id',
  };
}
const sliceParams = ({ after }: TimelineSlice) => (after === null ? {} : { after_at: after.at, after_id: after.id });

async function readSessions(
  client: Client,
  site: string,
  visitors: readonly string[],
  slice: TimelineSlice,
): Promise<TimelineSession[]> {
  const { where, orderBy } = sliceSql(slice);
  const statement = `SELECT * FROM (${SESSIONS}) WHERE ${where} ORDER BY ${orderBy} LIMIT ${slice.limit}`;
  return client.read(statement, { site, visitors, ...sliceParams(slice) });
}

/**
 * Events are sorted by day, so they are asked for where the sessions of the page are: beyond the last of as many sessions
 * as the page is long no event has room on it.
 */
async function readEvents(
  client: Client,
  site: string,
  visitors: readonly string[],
  slice: TimelineSlice,
  sessions: readonly TimelineSession[],
): Promise<TimelineEvent[]> {
  const isNewest = slice.order === 'newest';
  const isFull = sessions.length === slice.limit;
  const end = isFull ? sessions.at(-1)!.at : await farEnd(client, site, visitors, isNewest);
  if (end === null) return [];
  const begin = slice.after?.at ?? (isNewest ? LATEST_MS : 0);
  const [from, to] = isNewest ? [end, begin] : [begin, end];
  const { where, orderBy } = sliceSql(slice);
  const statement = `
    SELECT concat('b:', e.id) AS id, toUnixTimestamp64Milli(e.occurred_at) AS at, e.visitor AS visitor, e.name AS name,
      e.hostname AS hostname, e.path AS path, e.title AS title, e.props AS props
    FROM events AS e
    WHERE e.site = {site:String} AND e.visitor IN {visitors:Array(String)} AND e.bot = ''
      AND e.occurred_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
      AND e.occurred_at <= fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
      AND ${where}
    ORDER BY ${orderBy} LIMIT ${slice.limit}`;
  return client.read(statement, { site, visitors, from_ms: from, to_ms: to, ...sliceParams(slice) });
}

/** The store's times end with 2099. */
const LATEST_MS = Date.UTC(2099, 11, 31);

/** Newest first all is read that came after the first session began; the other way to the end of time. */
async function farEnd(
  client: Client,
  site: string,
  visitors: readonly string[],
  isNewest: boolean,
): Promise<number | null> {
  if (!isNewest) return LATEST_MS;
  const rows = await client.read<{ at: number }>(`SELECT min(at) AS at FROM (${SESSIONS}) HAVING count() > 0`, {
    site,
    visitors,
  });
  return rows[0]?.at ?? null;
}
