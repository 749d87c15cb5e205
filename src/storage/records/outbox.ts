import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import { lockName } from './dialects/differences.ts';
import { randomId } from './ids.ts';
import { packOutbox, unpackOutbox } from './outbox-body.ts';
import type { Outbox, OutboxBatch } from './records-outbox.ts';

export function createOutbox(db: Kysely<Database>): Outbox {
  return {
    async add(rows) {
      const bodies = packOutbox(rows);
      if (bodies.length === 0) return;
      const added = randomId();
      await atomically(db, async (transaction) => {
        for (const body of bodies) {
          await transaction
            .insertInto('outbox')
            .values({ added_with: added, batch: null, ...body })
            .execute();
        }
      });
    },
    nextBatch: (limit) =>
      atomically(db, async (transaction) => {
        await lockName(transaction, 'outbox batch');
        const unfinished = await transaction
          .selectFrom('outbox')
          .select('batch')
          .where('batch', 'is not', null)
          .orderBy('seq')
          .limit(1)
          .executeTakeFirst();
        const token = unfinished?.batch ?? (await writeDownBatch(transaction, limit));
        return token === null ? null : await batchOf(transaction, token);
      }),
    async remove(token) {
      await db.deleteFrom('outbox').where('batch', '=', token).execute();
    },
    async count() {
      const row = await db
        .selectFrom('outbox')
        .select((eb) => eb.fn.sum<number | string | null>('held').as('rows'))
        .executeTakeFirstOrThrow();
      return Number(row.rows ?? 0);
    },
    async span() {
      // Apart: together SQLite reads the whole table for them.
      const [first, last] = [await end(db, 'min'), await end(db, 'max')];
      return first === null || last === null ? null : { first, last };
    },
  };
}

async function end(db: Kysely<Database>, which: 'min' | 'max'): Promise<number | null> {
  const row = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn[which]<number | string | null>('seq').as('seq'))
    .executeTakeFirstOrThrow();
  return row.seq === null ? null : Number(row.seq);
}

/**
 * Gives the oldest rows a token, whole additions only: the batch may hold more than `limit`. On PostgreSQL rows with a
 * smaller number may become visible later; they belong to another addition, and so to another batch.
 */
async function writeDownBatch(transaction: Kysely<Database>, limit: number): Promise<string | null> {
  const oldest = await transaction
    .selectFrom('outbox')
    .select(['added_with', 'held'])
    .where('batch', 'is', null)
    .orderBy('seq')
    .limit(limit)
    .execute();
  const additions = new Set<string>();
  let held = 0;
  for (const row of oldest) {
    if (held >= limit) break;
    additions.add(row.added_with);
    held += row.held;
  }
  if (additions.size === 0) return null;
  const token = randomId(24);
  for (const part of chunks([...additions])) {
    await transaction
      .updateTable('outbox')
      .set({ batch: token })
      .where('added_with', 'in', part)
      .where('batch', 'is', null)
      .execute();
  }
  return token;
}

async function batchOf(transaction: Kysely<Database>, token: string): Promise<OutboxBatch> {
  const rows = await transaction
    .selectFrom('outbox')
    .select('body')
    .where('batch', '=', token)
    .orderBy('seq')
    .execute();
  return unpackOutbox(
    token,
    rows.map(({ body }) => body),
  );
}
