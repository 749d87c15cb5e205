import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import type { Database } from './database.ts';
import { lockName } from './dialects/differences.ts';
import { randomId } from './ids.ts';
import type { RunSettings, SavedRuns } from './records-runs.ts';

export function createRuns(db: Kysely<Database>): SavedRuns {
  return {
    add: (site, { settings, ...run }, max, now) =>
      atomically(db, async (transaction) => {
        await lockName(transaction, `runs:${site}`);
        const { runs } = await transaction
          .selectFrom('saved_runs')
          .select((eb) => eb.fn.countAll<number>().as('runs'))
          .where('site', '=', site)
          .executeTakeFirstOrThrow();
        if (runs >= max) return null;
        const row = { site, id: randomId(12), ...run, settings: JSON.stringify(settings), created_at: now };
        await transaction.insertInto('saved_runs').values(row).execute();
        return { ...run, id: row.id, settings, createdAt: now };
      }),
    async get(site, id) {
      const row = await db
        .selectFrom('saved_runs')
        .selectAll()
        .where('site', '=', site)
        .where('id', '=', id)
        .executeTakeFirst();
      return row ? { ...toRun(row), answer: row.answer } : null;
    },
    async list(site) {
      const rows = await db
        .selectFrom('saved_runs')
        .select(['id', 'name', 'question', 'settings', 'created_at'])
        .where('site', '=', site)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(toRun);
    },
    async remove(site, id) {
      const result = await db.deleteFrom('saved_runs').where('site', '=', site).where('id', '=', id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}

function toRun(row: { id: string; name: string; question: string; settings: string; created_at: number }) {
  const { id, name, question, settings, created_at: createdAt } = row;
  return { id, name, question, settings: JSON.parse(settings) as RunSettings, createdAt };
}
