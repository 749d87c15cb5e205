import { sql, type Kysely, type Selectable } from 'kysely';
import { storedError } from './claims.ts';
import type { Database, InboxTable } from './database.ts';
import { skipLocked } from './dialects/differences.ts';
import { createPolledInbox } from './inbox-polled.ts';
import type { Inbox, InboxRow } from './records.ts';

// Literals and not parameters: only then does SQLite use the indexes on pending rows and on bodies.
const PENDING = sql.lit('pending');
const PURGED = '';
const HAS_BODY = sql<boolean>`body <> ''`;

export function createInbox(db: Kysely<Database>): Inbox {
  /** The row, as long as the claim with this fence stands. */
  const held = (row: Pick<InboxRow, 'connection' | 'eventId' | 'fence'>) =>
    db
      .updateTable('inbox')
      .where('connection', '=', row.connection)
      .where('event_id', '=', row.eventId)
      .where('fence', '=', row.fence)
      .where('state', '=', 'pending');

  return {
    ...createPolledInbox(db),
    async add(row) {
      const result = await db
        .insertInto('inbox')
        .values({
          connection: row.connection,
          event_id: row.eventId,
          type: row.type,
          body: row.body,
          received_at: row.receivedAt,
          state: row.state ?? 'pending',
          attempts: 0,
          last_error: row.reason === undefined ? null : storedError(row.reason),
          fence: 0,
          owner: null,
          due_at: row.receivedAt,
          finished_at: row.state === 'quarantined' ? row.receivedAt : null,
          source: row.polled ? 'poll' : 'webhook',
          event_at: row.polled?.eventAt ?? null,
          gap: row.polled?.isExpected ? 'open' : null,
        })
        .onConflict((conflict) => conflict.columns(['connection', 'event_id']).doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n;
    },
    claim: (owner, now, leaseMs, limit) => claim(db, owner, now, leaseMs, limit),
    async done(row, now) {
      const result = await held(row)
        .set({ state: 'done', owner: null, last_error: null, finished_at: now })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async fail(row, error, retryAt) {
      const result = await held(row)
        // A dead letter was given up within the lease of its last try: that the lease's end stands for it is close enough.
        .set((eb) => (retryAt === null ? { state: 'dead', finished_at: eb.ref('due_at') } : { due_at: retryAt }))
        .set({ owner: null, last_error: storedError(error) })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    counts: (site) => countByState(db, site),
    deadLetters: (site, limit) => rowsOf(db, site, 'dead', { limit, order: 'desc' }),
    rows: (site, state, limit) => rowsOf(db, site, state, { limit, order: 'asc' }),
    recent: (site, state, options) => recent(db, site, state, options),
    replay: (site, eventId, now, only) => replay(db, site, eventId, now, only),
    purge: (before, limit) => purge(db, before, limit),
  };
}

async function claim(
  db: Kysely<Database>,
  owner: string,
  now: number,
  leaseMs: number,
  limit: number,
): Promise<InboxRow[]> {
  const due = db
    .selectFrom('inbox')
    .select(['connection', 'event_id'])
    .where('state', '=', PENDING)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('received_at')
    .limit(limit);
  const rows = await db
    .with('due', () => skipLocked(db, due))
    .updateTable('inbox')
    .set((eb) => ({ owner, due_at: now + leaseMs, fence: eb('fence', '+', 1), attempts: eb('attempts', '+', 1) }))
    .where(sql<boolean>`(connection, event_id) in (select connection, event_id from due)`)
    .where('state', '=', PENDING)
    .where('due_at', '<=', now)
    .returningAll()
    .execute();
  return rows.map(toRow).sort((a, b) => a.receivedAt - b.receivedAt || (a.eventId < b.eventId ? -1 : 1));
}

/** A site's rows are those of its connections. */
function connectionsOf(db: Kysely<Database>, site: string) {
  return db.selectFrom('connections').select('id').where('connections.site', '=', site);
}

async function countByState(db: Kysely<Database>, site?: string): Promise<Record<InboxRow['state'], number>> {
  const rows = await db
    .selectFrom('inbox')
    .select((eb) => ['state', eb.fn.countAll<number>().as('rows')])
    .$if(site !== undefined, (query) => query.where('connection', 'in', connectionsOf(db, site!)))
    .groupBy('state')
    .execute();
  const counts: Record<InboxRow['state'], number> = { pending: 0, done: 0, dead: 0, quarantined: 0 };
  for (const row of rows) counts[row.state as InboxRow['state']] = row.rows;
  return counts;
}

async function rowsOf(
  db: Kysely<Database>,
  site: string,
  state: InboxRow['state'],
  { limit, order }: { limit: number; order: 'asc' | 'desc' },
): Promise<InboxRow[]> {
  const rows = await db
    .selectFrom('inbox')
    .selectAll()
    .where('connection', 'in', connectionsOf(db, site))
    .where('state', '=', state)
    .orderBy('received_at', order)
    .orderBy('event_id')
    .limit(limit)
    .execute();
  return rows.map(toRow);
}

async function recent(
  db: Kysely<Database>,
  site: string,
  state: InboxRow['state'],
  { since, limit }: { since: number; limit: number },
): Promise<{ count: number; rows: InboxRow[] }> {
  const found = db
    .selectFrom('inbox')
    .where('connection', 'in', connectionsOf(db, site))
    .where('state', '=', state)
    .where('received_at', '>=', since)
    .where(HAS_BODY);
  const { count } = await found.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  const rows = await found.selectAll().orderBy('received_at', 'desc').orderBy('event_id').limit(limit).execute();
  return { count, rows: rows.map(toRow) };
}

async function replay(
  db: Kysely<Database>,
  site: string,
  eventId: string | null,
  now: number,
  only?: 'dead',
): Promise<number> {
  const result = await db
    .updateTable('inbox')
    .set({ state: 'pending', attempts: 0, due_at: now, owner: null, finished_at: null })
    // The fence grows too: a worker that still holds the row from before must not finish the replay.
    .set((eb) => ({ fence: eb('fence', '+', 1) }))
    .where('connection', 'in', connectionsOf(db, site))
    .where('state', 'in', only === undefined ? ['done', 'dead'] : [only])
    .where(HAS_BODY)
    .$if(eventId !== null, (query) => query.where('event_id', '=', eventId!))
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** The row stays, so that a late duplicate is still known; what it held is gone. */
async function purge(db: Kysely<Database>, before: number, limit: number): Promise<number> {
  const old = db
    .selectFrom('inbox')
    .select(['connection', 'event_id'])
    .where('finished_at', 'is not', null)
    .where('finished_at', '<', before)
    .where(HAS_BODY)
    .orderBy('finished_at')
    .limit(limit);
  const result = await db
    .with('old', () => skipLocked(db, old))
    .updateTable('inbox')
    .set({ body: PURGED })
    .where(sql<boolean>`(connection, event_id) in (select connection, event_id from old)`)
    // A replay meanwhile needs the body.
    .where('finished_at', 'is not', null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

function toRow(row: Selectable<InboxTable>): InboxRow {
  return {
    connection: row.connection,
    eventId: row.event_id,
    type: row.type,
    body: row.body === PURGED ? null : row.body,
    receivedAt: row.received_at,
    state: row.state as InboxRow['state'],
    attempts: row.attempts,
    lastError: row.last_error,
    fence: row.fence,
  };
}
