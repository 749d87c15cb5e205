import type { FactsClient } from './client.ts';
import type { Facts, SessionEnd } from './facts.ts';
import { firstOf } from './ranked.ts';
import { chunksOf } from '../../core/chunks.ts';

const VISITORS_PER_QUERY = 2_000;

interface SessionRow {
  site: string;
  visitor: string;
  session: string;
  first_ms: number;
  last_ms: number;
  source: string;
  medium: string;
  campaign: string;
  click_id: string;
}

export function createSessions(client: FactsClient): Pick<Facts, 'sessionsBetween'> {
  return {
    async sessionsBetween(visitors, fromMs, toMs) {
      const ends: SessionEnd[] = [];
      for (const chunk of chunksOf(visitors, VISITORS_PER_QUERY)) {
        const rows = await client.query<SessionRow>(SESSIONS_BETWEEN, {
          sites: [...new Set(chunk.map(({ site }) => site))],
          pairs_site: chunk.map(({ site }) => site),
          pairs_visitor: chunk.map(({ visitor }) => visitor),
          from: Math.floor(fromMs),
          to: Math.ceil(toMs),
        });
        for (const { first_ms, last_ms, click_id, ...row } of rows)
          ends.push({ ...row, firstAt: first_ms, lastAt: last_ms, clickId: click_id });
      }
      return ends;
    },
  };
}

// Rows of the day before belong to it too: a session over midnight began there. "Has an event between" is decided by the
// session's ends, which differ from it only for sessions with a gap, and those have none of 30 minutes.
const SESSIONS_BETWEEN = `
WITH fromUnixTimestamp64Milli({from:Int64}, 'UTC') AS from_at, fromUnixTimestamp64Milli({to:Int64}, 'UTC') AS to_at
SELECT
  site, visitor, session,
  toUnixTimestamp64Milli(min(s.first_at)) AS first_ms,
  toUnixTimestamp64Milli(max(s.last_at)) AS last_ms,
  ${firstOf('s.source')} AS source,
  ${firstOf('s.medium')} AS medium,
  ${firstOf('s.campaign')} AS campaign,
  ${firstOf('s.click_id')} AS click_id
FROM sessions AS s
WHERE site IN {sites:Array(String)}
  AND day BETWEEN toDate(from_at) - 1 AND toDate(to_at) + 1
  AND (site, visitor) IN arrayZip({pairs_site:Array(String)}, {pairs_visitor:Array(String)})
GROUP BY site, visitor, session
HAVING max(s.last_at) >= from_at AND min(s.first_at) <= to_at
ORDER BY site, visitor, first_ms`;
