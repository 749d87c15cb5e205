import { hash } from 'node:crypto';
import { chunksOf } from '../../core/chunks.ts';
import type { Event } from '../../core/event.ts';
import type { FactsClient } from './client.ts';
import type { Facts } from './facts.ts';
import { timeText } from './times.ts';

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

function* eventRows(events: readonly Event[]): Iterable<unknown[]> {
  for (const event of events) yield eventRow(event);
}

/** Keys travel as text of 32 digits each; a ClickHouse server takes parameters of at most 128 KiB, and a thousand of them. */
const KEYS_PER_PARAMETER = 4_000;
const KEYS_PER_QUERY = 8 * KEYS_PER_PARAMETER;
const ROWS_PER_INSERT_MIN = 10_000;
const PARALLEL_INSERTS = 2;

export function createEvents(
  client: FactsClient,
): Pick<Facts, 'insertEvents' | 'knownEventIds' | 'lastHit' | 'hitCounts'> {
  return {
    async insertEvents(events, token) {
      // Parsing and views use one core per insert. Where a batch is cut depends on its length alone, so that a repeated
      // token finds the same rows in each part.
      const size = Math.max(ROWS_PER_INSERT_MIN, Math.ceil(events.length / PARALLEL_INSERTS));
      const parts = chunksOf(events, size);
      await Promise.all(
        parts.map((part, index) =>
          client.insert('events', COLUMNS, eventRows(part), `${token}.${index}-${parts.length}`),
        ),
      );
    },

    async knownEventIds(ids, sinceMs) {
      const known = new Set<string>();
      for (const chunk of chunksOf(ids, KEYS_PER_QUERY)) {
        const asked = new Map<string, string>();
        for (const { site, id } of chunk) asked.set(eventKey(site, id), `${site}\0${id}`);
        const parameters = chunksOf([...asked.keys()], KEYS_PER_PARAMETER).map((keys) => keys.join(''));
        const rows = await client.query<{ key: string }>(knownKeys(parameters.length), {
          since: Math.floor(sinceMs / 1000),
          ...Object.fromEntries(parameters.map((text, index) => [`keys${index}`, text])),
        });
        for (const { key } of rows) known.add(asked.get(key)!);
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

    async hitCounts(site, sinceMs) {
      const [row] = await client.query<{ hits: number; without_visitor: number }>(HIT_COUNTS, {
        site,
        since: Math.floor(sinceMs / 1000),
      });
      return { hits: Number(row?.hits ?? 0), withoutVisitor: Number(row?.without_visitor ?? 0) };
    },
  };
}

/** `event_ids.key` in hexadecimal: computed here, because a text of keys is far cheaper to ask about than lists of ids. */
function eventKey(site: string, id: string): string {
  return hash('sha1', `${site}\0${id}`, 'hex').slice(0, 32);
}

/** A set of keys, so that the primary key of event_ids prunes by it. */
function knownKeys(parameters: number): string {
  const asked = Array.from(
    { length: parameters },
    (_, index) => `
    SELECT toFixedString(unhex(substring({keys${index}:String}, number * 32 + 1, 32)), 16)
    FROM numbers(toUInt64(length({keys${index}:String}) / 32))`,
  );
  return `
SELECT DISTINCT lower(hex(key)) AS key
FROM event_ids AS e
WHERE e.key GLOBAL IN (${asked.join(' UNION ALL ')}) AND e.received_at >= toDateTime({since:UInt32}, 'UTC')`;
}

const LAST_HIT = `
SELECT toUnixTimestamp64Milli(occurred_at) AS occurred_ms, url
FROM events
WHERE site = {site:String} AND toDate(occurred_at) >= toDate(toUInt16(greatest(toInt32(today()) - {days:Int32}, 0)))
ORDER BY received_at DESC
LIMIT 1`;

const HIT_COUNTS = `
SELECT count() AS hits, countIf(visitor = '') AS without_visitor
FROM events
WHERE site = {site:String} AND bot = '' AND toDate(occurred_at) >= toDate(toDateTime({since:UInt32}, 'UTC'))
  AND occurred_at >= toDateTime({since:UInt32}, 'UTC')`;
