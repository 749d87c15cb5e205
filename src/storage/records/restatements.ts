import type { Kysely, Selectable } from 'kysely';
import type { Mode } from '../../core/payment.ts';
import type { Restatement } from '../../core/restatement.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import type { RestatementsTable } from './database-identity.ts';
import { BadCursor } from './records.ts';
import type { RestatementRow, Restatements } from './records-identity.ts';

/** Some hundred parameters a statement. */
const ROWS = 100;

export function createRestatements(db: Kysely<Database>): Restatements {
  return {
    async add(site, rows, ages) {
      for (const part of chunks(rows, ROWS)) {
        const values = part.map(({ payment, mode, at, ...restatement }) => ({
          site,
          payment,
          mode,
          at,
          age_ms: ages.get(payment) ?? 0,
          reasons: ` ${restatement.reasons.join(' ')} `,
          body: JSON.stringify(restatement),
        }));
        await db.insertInto('restatements').values(values).execute();
      }
    },
    async list(site, { mode, payment, reason, minAgeMs, limit, cursor }) {
      const before = cursor === null ? null : seqOf(cursor);
      const rows = await db
        .selectFrom('restatements')
        .selectAll()
        .where('site', '=', site)
        .$if(mode !== undefined, (query) => query.where('mode', '=', mode!))
        .$if(payment !== undefined, (query) => query.where('payment', '=', payment!))
        .$if(reason !== undefined, (query) => query.where('reasons', 'like', `% ${reason!} %`))
        .$if(minAgeMs !== undefined, (query) => query.where('age_ms', '>=', minAgeMs!))
        .$if(before !== null, (query) => query.where('seq', '<', before!))
        .orderBy('seq', 'desc')
        // One more than asked for tells whether there is a next page.
        .limit(limit + 1)
        .execute();
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return { restatements: page.map(toRestatement), next: rows.length > limit && last ? String(last.seq) : null };
    },
  };
}

function seqOf(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new BadCursor(cursor);
  return Number(cursor);
}

function toRestatement({ seq, payment, mode, at, body }: Selectable<RestatementsTable>): RestatementRow {
  return { ...(JSON.parse(body) as Restatement), id: String(seq), payment, mode: mode as Mode, at };
}
