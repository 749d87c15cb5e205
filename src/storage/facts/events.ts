import type { Event } from '../../core/event.ts';
import type { FactsClient } from './client.ts';
import type { Facts } from './facts.ts';
import { chunksOf, timeText } from './times.ts';

/** Columns of `events`, in the order in which `eventRow` writes them. */
const COLUMNS = [
  'site',
  'id',
  'visitor',
  'session',
  'name',
  'occurred_at',
  'received_at',
  'hostname',
  'path',
  'url',
  'title',
  'props',
  'bot',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'click_id',
  'click_id_kind',
  'referrer_host',
  'referrer',
  'channel',
  'browser',
  'os',
  'device',
  'language',
  'country',
  'region',
  'city',
  'location_approximate',
] as const;

function eventRow(event: Event): unknown[] {
  return [
    event.site,
    event.id,
    event.visitor,
    event.session,
    event.name,
    timeText(event.occurredAt),
    timeText(event.receivedAt),
    event.hostname,
    event.path,
    event.url,
    event.title,
    event.props,
    event.bot,
    event.source,
    event.medium,
    event.campaign,
    event.term,
    event.content,
    event.clickId,
    event.clickIdKind,
    event.referrerHost,
    event.referrer,
    event.channel,
    event.browser,
    event.os,
    event.device,
    event.language,
    event.country,
    event.region,
    event.city,
    event.locationApproximate,
  ];
}

const IDS_PER_QUERY = 5_000;
const ROWS_PER_INSERT_MIN = 10_000;
const PARALLEL_INSERTS = 2;

export function createEvents(client: FactsClient): Pick<Facts, 'insertEvents' | 'knownEventIds' | 'lastHit'> {
  return {
    async insertEvents(events, token) {
      // Parsing and views use one core per insert. Where a batch is cut depends on its length alone, so that a repeated
      // token finds the same rows in each part.
      const size = Math.max(ROWS_PER_INSERT_MIN, Math.ceil(events.length / PARALLEL_INSERTS));
      const parts = chunksOf(events, size);
      await Promise.all(
        parts.map((part, index) =>
          client.insert('events', COLUMNS, part.map(eventRow), `${token}.${index}-${parts.length}`),
        ),
      );
    },

    async knownEventIds(ids, sinceMs) {
      const known = new Set<string>();
      for (const chunk of chunksOf(ids, IDS_PER_QUERY)) {
        const rows = await client.query<{ position: number }>(KNOWN_EVENT_IDS, {
          sites: chunk.map(({ site }) => site),
          ids: chunk.map(({ id }) => id),
          since: Math.floor(sinceMs / 1000),
        });
        for (const { position } of rows) {
          const found = chunk[position - 1]!;
          known.add(`${found.site}\0${found.id}`);
        }
      }
      return known;
    },

    async lastHit(site) {
      // The latest hits of a living site lie in its latest days; only a site that has been silent is asked about further back.
      for (const days of [1, 8, 90, 100_000]) {
        const [row] = await client.query<{ occurred_ms: number; url: string }>(LAST_HIT, { site, days });
        if (row) return { occurredAt: row.occurred_ms, url: row.url };
      }
      return null;
    },
  };
}

// The set of asked keys comes first, so that the primary key of event_ids prunes by it.
const KNOWN_EVENT_IDS = `
WITH asked AS (
  SELECT arrayJoin(arrayEnumerate({ids:Array(String)})) AS position,
         sipHash128(arrayElement({sites:Array(String)}, position), arrayElement({ids:Array(String)}, position)) AS key
)
SELECT toUInt32(position) AS position
FROM asked
WHERE key GLOBAL IN (
  SELECT key FROM event_ids
  WHERE key GLOBAL IN (SELECT key FROM asked) AND received_at >= toDateTime({since:UInt32}, 'UTC')
)`;

const LAST_HIT = `
SELECT toUnixTimestamp64Milli(occurred_at) AS occurred_ms, url
FROM events
WHERE site = {site:String} AND toDate(occurred_at) >= toDate(toUInt16(greatest(toInt32(today()) - {days:Int32}, 0)))
ORDER BY received_at DESC
LIMIT 1`;
