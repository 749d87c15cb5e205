import type { Kysely } from 'kysely';
import type { CreditRow } from '../../core/attribution/credit.ts';
import type { PathRow } from '../../core/attribution/path-row.ts';
import type { MovementRow } from '../../core/movement-row.ts';
import type { SpendRow } from '../../core/spend.ts';
import { atomically } from './atomically.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import { lockName } from './dialects/differences.ts';
import { randomId } from './ids.ts';
import type { Outbox, OutboxBatch, OutboxRow } from './records-outbox.ts';

export function createOutbox(db: Kysely<Database>): Outbox {
  return {
    async add(rows) {
      if (rows.length === 0) return;
      const added = randomId();
      await atomically(db, async (transaction) => {
        for (const part of chunks(rows)) {
          await transaction
            .insertInto('outbox')
            .values(part.map((row) => ({ added_with: added, batch: null, body: JSON.stringify(row) })))
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
        .select((eb) => eb.fn.countAll<number>().as('rows'))
        .executeTakeFirstOrThrow();
      return row.rows;
    },
  };
}

/**
 * Gives the oldest rows a token, whole additions only: the batch may hold a few more than `limit`. On PostgreSQL rows
 * with a smaller number may become visible later; they belong to another addition, and so to another batch.
 */
async function writeDownBatch(transaction: Kysely<Database>, limit: number): Promise<string | null> {
  const oldest = await transaction
    .selectFrom('outbox')
    .select('added_with')
    .where('batch', 'is', null)
    .orderBy('seq')
    .limit(limit)
    .execute();
  if (oldest.length === 0) return null;
  const token = randomId(24);
  for (const part of chunks([...new Set(oldest.map((row) => row.added_with))])) {
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
  const read = rows.map((row) => JSON.parse(row.body) as OutboxRow);
  const isMovement = (row: OutboxRow): row is MovementRow => 'movement' in row;
  const isPath = (row: OutboxRow): row is PathRow => 'pathOf' in row;
  const isSpend = (row: OutboxRow): row is SpendRow => 'spend' in row;
  const isCredit = (row: OutboxRow): row is CreditRow => !isMovement(row) && !isPath(row) && !isSpend(row);
  return {
    token,
    rows: read.filter(isCredit),
    movements: read.filter(isMovement),
    paths: read.filter(isPath),
    spend: read.filter(isSpend),
  };
}
