import type { Kysely } from 'kysely';
import type { ObjectKind, ProviderObject } from '../../core/payment.ts';
import { atomically } from './atomically.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import type { Objects } from './records.ts';

export function createObjects(db: Kysely<Database>): Objects {
  return {
    async get(connection, id) {
      const row = await db
        .selectFrom('objects')
        .select('body')
        .where('connection', '=', connection)
        .where('id', '=', id)
        .executeTakeFirst();
      return row ? (JSON.parse(row.body) as ProviderObject) : null;
    },
    async getMany(connection, ids) {
      const found: ProviderObject[] = [];
      for (const part of chunks([...new Set(ids)])) {
        const rows = await db
          .selectFrom('objects')
          .select('body')
          .where('connection', '=', connection)
          .where('id', 'in', part)
          .orderBy('id')
          .execute();
        found.push(...rows.map((row) => JSON.parse(row.body) as ProviderObject));
      }
      return found;
    },
    async invoices(connection, afterId, limit) {
      const rows = await db
        .selectFrom('objects')
        .select('body')
        .where('connection', '=', connection)
        // All have this prefix, and no index tells kinds apart.
        .where('id', '>', afterId ?? 'in_')
        .where('id', '<', 'in`')
        .where('kind', '=', 'invoice')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map((row) => JSON.parse(row.body) as ProviderObject);
    },
    put: (connection, object, references) =>
      atomically(db, (transaction) => putMany(transaction, connection, [{ object, references }])),
    putMany: (connection, rows) => atomically(db, (transaction) => putMany(transaction, connection, rows)),
    async referencing(connection, ids, kinds) {
      if (kinds?.length === 0) return [];
      const found: { id: string; kind: ObjectKind; to: string }[] = [];
      for (const part of chunks([...new Set(ids)])) {
        const rows = await db
          .selectFrom('object_references')
          .select(['from_id', 'from_kind', 'to_id'])
          .where('connection', '=', connection)
          .where('to_id', 'in', part)
          .$if(kinds !== undefined, (query) => query.where('from_kind', 'in', [...kinds!]))
          .orderBy('to_id')
          .orderBy('from_kind')
          .orderBy('from_id')
          .execute();
        found.push(...rows.map((row) => ({ id: row.from_id, kind: row.from_kind as ObjectKind, to: row.to_id })));
      }
      return found;
    },
  };
}

async function referencesFrom(
  transaction: Kysely<Database>,
  connection: string,
  ids: readonly string[],
): Promise<Map<string, Set<string>>> {
  if (ids.length === 0) return new Map();
  const rows = await transaction
    .selectFrom('object_references')
    .select(['from_id', 'to_id'])
    .where('connection', '=', connection)
    .where('from_id', 'in', ids)
    .execute();
  const from = Map.groupBy(rows, (row) => row.from_id);
  return new Map([...from].map(([id, those]) => [id, new Set(those.map((row) => row.to_id))]));
}

type ObjectRows = Parameters<Objects['putMany']>[1];

/**
 * In few statements. The ids differ from each other. Of references the difference alone is written: most snapshots repeat
 * those that are known.
 */
async function putMany(transaction: Kysely<Database>, connection: string, rows: ObjectRows): Promise<void> {
  for (const part of chunks(rows, 100)) {
    await transaction
      .insertInto('objects')
      .values(
        part.map(({ object }) => ({ connection, id: object.id, kind: object.kind, body: JSON.stringify(object) })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['connection', 'id'])
          .doUpdateSet((eb) => ({ kind: eb.ref('excluded.kind'), body: eb.ref('excluded.body') })),
      )
      .execute();
    const known = await referencesFrom(
      transaction,
      connection,
      part.filter((row) => row.isNew !== true).map(({ object }) => object.id),
    );
    const added = part.flatMap(({ object, references }) => {
      const before = known.get(object.id);
      const missing = before ? references.filter((id) => !before.has(id)) : references;
      return missing.map((id) => ({ connection, from_id: object.id, from_kind: object.kind, to_id: id }));
    });
    for (const { object, references } of part) {
      // An object rarely stops pointing somewhere: only then it is worth statements of its own.
      const stale = known.get(object.id)?.difference(new Set(references)) ?? [];
      for (const some of chunks([...stale])) {
        await transaction
          .deleteFrom('object_references')
          .where('connection', '=', connection)
          .where('from_id', '=', object.id)
          .where('to_id', 'in', some)
          .execute();
      }
    }
    for (const some of chunks(added, 200)) {
      await transaction
        .insertInto('object_references')
        .values(some)
        .onConflict((conflict) => conflict.columns(['connection', 'from_id', 'to_id']).doNothing())
        .execute();
    }
  }
}
