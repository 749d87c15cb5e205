import type { Kysely, Selectable } from 'kysely';
import { linkKey } from '../../core/link.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import type { LinkVerdictsTable } from './database-identity.ts';
import type { Verdict, Verdicts } from './records-identity.ts';

export function createVerdicts(db: Kysely<Database>): Verdicts {
  /** The latest word on each link of a site, where it is a rejection. */
  const rejected = (site: string) =>
    db
      .selectFrom('link_verdicts as said')
      .selectAll()
      .where('said.site', '=', site)
      .where('said.verdict', '=', 'rejected')
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('link_verdicts as later')
              .select('later.seq')
              .whereRef('later.site', '=', 'said.site')
              .whereRef('later.link', '=', 'said.link')
              .whereRef('later.seq', '>', 'said.seq'),
          ),
        ),
      );
  return {
    async add(site, { by, ...verdict }) {
      await db
        .insertInto('link_verdicts')
        .values({ site, ...verdict, said_by: by })
        .execute();
    },
    async latest(site, link) {
      const row = await db
        .selectFrom('link_verdicts')
        .selectAll()
        .where('site', '=', site)
        .where('link', '=', link)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row ? toVerdict(row) : null;
    },
    async of(site, links) {
      const found: Selectable<LinkVerdictsTable>[] = [];
      for (const part of chunks(links)) {
        const rows = await db
          .selectFrom('link_verdicts')
          .selectAll()
          .where('site', '=', site)
          .where('link', 'in', part)
          .execute();
        found.push(...rows);
      }
      return found.toSorted((a, b) => a.seq - b.seq).map(toVerdict);
    },
    async rejected(site, limit) {
      const rows = await rejected(site)
        .orderBy('said.seq', 'desc')
        .$if(limit !== undefined, (query) => query.limit(limit!))
        .execute();
      return rows.map(toVerdict);
    },
    async rejectedKeys(site) {
      return new Set((await rejected(site).execute()).map(linkKey));
    },
  };
}

function toVerdict({
  link,
  object,
  field,
  value,
  verdict,
  at,
  said_by: by,
  why,
}: Selectable<LinkVerdictsTable>): Verdict {
  return { link, object, field, value, verdict: verdict as Verdict['verdict'], at, by, why };
}
