import type { Kysely, Selectable } from 'kysely';
import type { Database, DeliveriesTable, GapsTable } from './database.ts';
import { randomId } from './ids.ts';
import type { Deliveries, Gap, Gaps } from './records-history.ts';

export function createGaps(db: Kysely<Database>): Gaps {
  return {
    async add(gap) {
      const id = randomId();
      const row: GapsTable = {
        id,
        connection: gap.connection,
        from_at: gap.fromAt,
        to_at: gap.toAt,
        found_at: gap.foundAt,
        found_by: gap.by,
        brought: JSON.stringify(gap.brought),
      };
      await db.insertInto('gaps').values(row).execute();
      return { id, ...gap };
    },
    async update(id, { fromAt, toAt, foundAt, brought }) {
      await db
        .updateTable('gaps')
        .set({ from_at: fromAt, to_at: toAt, found_at: foundAt, brought: JSON.stringify(brought) })
        .where('id', '=', id)
        .execute();
    },
    async latest(connection) {
      const row = await db
        .selectFrom('gaps')
        .selectAll()
        .where('connection', '=', connection)
        .where('found_by', '=', 'events')
        .orderBy('to_at', 'desc')
        .executeTakeFirst();
      return row ? toGap(row) : null;
    },
    async get(id) {
      const row = await db.selectFrom('gaps').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toGap(row) : null;
    },
    async ofSite(site, limit) {
      const rows = await db
        .selectFrom('gaps')
        .selectAll()
        .where('connection', 'in', db.selectFrom('connections').select('id').where('connections.site', '=', site))
        .orderBy('to_at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(toGap);
    },
  };
}

export function createDeliveries(db: Kysely<Database>): Deliveries {
  return {
    async seen(connection, type, now) {
      const row: DeliveriesTable = { connection, type, first_at: now, last_at: now };
      await db
        .insertInto('deliveries')
        .values(row)
        .onConflict((conflict) => conflict.columns(['connection', 'type']).doUpdateSet({ last_at: now }))
        .execute();
    },
    async ofConnection(connection) {
      const rows = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('connection', '=', connection)
        .orderBy('type')
        .execute();
      return rows.map((row) => ({ type: row.type, firstAt: row.first_at, lastAt: row.last_at }));
    },
  };
}

function toGap(row: Selectable<GapsTable>): Gap {
  return {
    id: row.id,
    connection: row.connection,
    fromAt: row.from_at,
    toAt: row.to_at,
    foundAt: row.found_at,
    by: row.found_by as Gap['by'],
    brought: JSON.parse(row.brought) as Record<string, number>,
  };
}
