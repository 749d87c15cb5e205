import { sql, type Kysely, type Selectable } from 'kysely';
import type { CursorsTable, Database } from './database.ts';
import { skipLocked } from './dialects/differences.ts';
import type { CursorRow, Cursors } from './records-history.ts';

export function createCursors(db: Kysely<Database>): Cursors {
  const row = (connection: string, name: string, body: object, dueAt: number): CursorsTable => ({
    connection,
    name,
    body: JSON.stringify(body),
    due_at: dueAt,
    owner: null,
    fence: 0,
  });
  return {
    async ensure(connection, name, body, dueAt) {
      await db
        .insertInto('cursors')
        .values(row(connection, name, body, dueAt))
        .onConflict((conflict) => conflict.columns(['connection', 'name']).doNothing())
        .execute();
    },
    async get(connection, name) {
      const found = await db
        .selectFrom('cursors')
        .selectAll()
        .where('connection', '=', connection)
        .where('name', '=', name)
        .executeTakeFirst();
      return found ? toCursor(found) : null;
    },
    async claim(name, owner, now, leaseMs) {
      const due = db
        .selectFrom('cursors')
        .select(['connection', 'name'])
        .where('name', '=', name)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(1);
      const claimed = await db
        .with('due', () => skipLocked(db, due))
        .updateTable('cursors')
        .set((eb) => ({ owner, due_at: now + leaseMs, fence: eb('fence', '+', 1) }))
        .where(sql<boolean>`(connection, name) in (select connection, name from due)`)
        .where('due_at', '<=', now)
        .returningAll()
        .executeTakeFirst();
      return claimed ? toCursor(claimed) : null;
    },
    async save({ connection, name, fence }, body, dueAt) {
      const result = await db
        .updateTable('cursors')
        .set({ body: JSON.stringify(body), due_at: dueAt })
        .where('connection', '=', connection)
        .where('name', '=', name)
        .where('fence', '=', fence)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async put(connection, name, body, dueAt) {
      await db
        .insertInto('cursors')
        .values(row(connection, name, body, dueAt))
        .onConflict((conflict) =>
          conflict.columns(['connection', 'name']).doUpdateSet((eb) => ({
            body: JSON.stringify(body),
            due_at: dueAt,
            fence: eb('cursors.fence', '+', 1),
          })),
        )
        .execute();
    },
  };
}

function toCursor(row: Selectable<CursorsTable>): CursorRow {
  return {
    connection: row.connection,
    name: row.name,
    body: JSON.parse(row.body) as Record<string, unknown>,
    dueAt: row.due_at,
    fence: row.fence,
  };
}
