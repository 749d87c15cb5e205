import { sql, type Kysely, type Selectable } from 'kysely';
import type { ObjectKind, WantedObject } from '../../core/payment.ts';
import { chunks } from './chunks.ts';
import { storedError } from './claims.ts';
import type { Database, WantedTable } from './database.ts';
import { skipLocked } from './dialects/differences.ts';
import type { Wanted, WantedRow } from './records.ts';

// Literals and not parameters: only then does SQLite use the index on wanted rows.
const WANTED = sql.lit('wanted');
const FORBIDDEN = sql.lit('forbidden');

export function createWanted(db: Kysely<Database>): Wanted {
  const held = (row: WantedRow) =>
    db
      .updateTable('wanted')
      .where('connection', '=', row.connection)
      .where('kind', '=', row.kind)
      .where('by_kind', '=', row.by ?? '')
      .where('id', '=', row.id)
      .where('fence', '=', row.fence)
      .where('state', '=', 'wanted');

  return {
    add: (connection, wants, dueAt) => add(db, connection, wants, dueAt),
    claim: (owner, now, leaseMs, limit) => claim(db, owner, now, leaseMs, limit),
    async settle(row, state, error) {
      const result = await held(row)
        .set({ state, owner: null, last_error: error === null ? null : storedError(error) })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async fail(row, error, retryAt) {
      const result = await held(row)
        .set({ owner: null, last_error: storedError(error), due_at: retryAt })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async retryForbidden(connection, now) {
      await db
        .updateTable('wanted')
        .set((eb) => ({ state: 'wanted', attempts: 0, due_at: now, fence: eb('fence', '+', 1) }))
        .where('connection', '=', connection)
        .where('state', '=', FORBIDDEN)
        .execute();
    },
    async release(connection, heldUntil, now) {
      await db
        .updateTable('wanted')
        .set({ due_at: now })
        .where('connection', '=', connection)
        .where('state', '=', WANTED)
        .where('due_at', '=', heldUntil)
        .execute();
    },
  };
}

async function add(
  db: Kysely<Database>,
  connection: string,
  wants: readonly WantedObject[],
  dueAt: number,
): Promise<void> {
  const rows = wants.map((want) => ({
    connection,
    kind: want.kind,
    by_kind: want.by ?? '',
    id: want.id,
    attempts: 0,
    state: 'wanted',
    last_error: null,
    fence: 0,
    owner: null,
    due_at: dueAt,
  }));
  // One order for all writers: two transactions that insert the same rows in two orders would wait for each other.
  rows.sort((a, b) => compare(a.id, b.id) || compare(a.kind, b.kind) || compare(a.by_kind, b.by_kind));
  // One statement may not touch a row twice.
  const distinct = [...new Map(rows.map((row) => [`${row.kind} ${row.by_kind} ${row.id}`, row])).values()];
  for (const part of chunks(distinct)) {
    await db
      .insertInto('wanted')
      .values(part)
      // The balance transactions, refunds and disputes of a charge can become more, a subscription can be in doubt again, and
      // are asked for again; anything else is asked once.
      .onConflict((conflict) =>
        conflict
          .columns(['connection', 'kind', 'by_kind', 'id'])
          .doUpdateSet((eb) => ({ state: 'wanted', attempts: 0, due_at: dueAt, fence: eb('wanted.fence', '+', 1) }))
          .where(({ eb, or, and }) =>
            or([
              eb('wanted.by_kind', '=', 'charge'),
              and([eb('wanted.kind', '=', 'subscription'), eb('wanted.by_kind', '=', 'subscription')]),
            ]),
          )
          .where('wanted.state', 'in', ['found', 'absent']),
      )
      .execute();
  }
}

async function claim(
  db: Kysely<Database>,
  owner: string,
  now: number,
  leaseMs: number,
  limit: number,
): Promise<WantedRow[]> {
  const due = db
    .selectFrom('wanted')
    .select(['connection', 'kind', 'by_kind', 'id'])
    .where('state', '=', WANTED)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit);
  const rows = await db
    .with('due', () => skipLocked(db, due))
    .updateTable('wanted')
    .set((eb) => ({
      owner,
      due_at: now + leaseMs,
      fence: eb('fence', '+', 1),
      attempts: eb('attempts', '+', 1),
    }))
    .where(sql<boolean>`(connection, kind, by_kind, id) in (select connection, kind, by_kind, id from due)`)
    .where('state', '=', WANTED)
    .where('due_at', '<=', now)
    .returningAll()
    .execute();
  return rows.map(toRow);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toRow(row: Selectable<WantedTable>): WantedRow {
  return {
    connection: row.connection,
    kind: row.kind as ObjectKind,
    by: (row.by_kind === '' ? null : row.by_kind) as WantedObject['by'],
    id: row.id,
    attempts: row.attempts,
    state: row.state as WantedRow['state'],
    lastError: row.last_error,
    fence: row.fence,
  };
}
