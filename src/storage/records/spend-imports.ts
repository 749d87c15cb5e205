import type { Kysely, Selectable } from 'kysely';
import type { SpendPlatform } from '../../core/spend.ts';
import { atomically } from './atomically.ts';
import type { Database, SpendImportsTable } from './database.ts';
import { randomId } from './ids.ts';
import type { Spend, SpendImport, SpendSummary } from './records-spend.ts';

type Imports = Pick<Spend, 'addImport' | 'moveImport' | 'getImport' | 'imports' | 'dropStaging'>;

export function createSpendImports(db: Kysely<Database>): Imports {
  return {
    async addImport({ site, name, platform, summary }, now) {
      const row = await db
        .insertInto('spend_imports')
        .values({
          id: randomId(),
          site,
          state: 'staging',
          name,
          platform,
          created_at: now,
          summary: JSON.stringify(summary),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toImport(row);
    },
    async moveImport(site, id, from, to) {
      const moved = await db
        .updateTable('spend_imports')
        .set({ state: to })
        .where('site', '=', site)
        .where('id', '=', id)
        .where('state', '=', from)
        .returning('seq')
        .execute();
      return moved.length > 0;
    },
    async getImport(site, id) {
      const row = await db
        .selectFrom('spend_imports')
        .selectAll()
        .where('site', '=', site)
        .where('id', '=', id)
        .executeTakeFirst();
      return row ? toImport(row) : null;
    },
    async imports(site, limit) {
      const rows = await db
        .selectFrom('spend_imports')
        .selectAll()
        .where('site', '=', site)
        .where('state', '!=', 'staging')
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toImport);
    },
    dropStaging: (site, before) =>
      atomically(db, async (transaction) => {
        const rows = await transaction
          .selectFrom('spend_imports')
          .select('seq')
          .where('site', '=', site)
          .where('state', '=', 'staging')
          .where('created_at', '<', before)
          .execute();
        for (const { seq } of rows) {
          await transaction.deleteFrom('spend_lines').where('site', '=', site).where('import', '=', seq).execute();
          await transaction.deleteFrom('spend_imports').where('seq', '=', seq).execute();
        }
      }),
  };
}

function toImport(row: Selectable<SpendImportsTable>): SpendImport {
  return {
    seq: row.seq,
    id: row.id,
    site: row.site,
    state: row.state as SpendImport['state'],
    name: row.name,
    platform: row.platform as SpendPlatform,
    createdAt: row.created_at,
    summary: JSON.parse(row.summary) as SpendSummary,
  };
}
