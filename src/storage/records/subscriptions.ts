import { randomInt } from 'node:crypto';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { Mode } from '../../core/payment.ts';
import { chunks } from './chunks.ts';
import { storedError } from './claims.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Database, SubscriptionsTable } from './database.ts';
import type { SubscriptionRow, Subscriptions } from './records-subscriptions.ts';

const FIRST_VERSION_MAX = 2 ** 47;

export function createSubscriptions(db: Kysely<Database>): Subscriptions {
  return {
    request: (site, connection, ids, dueAt) => request(db, site, connection, ids, dueAt),
    requestAll: (site, dueAt) => requestAll(db, site, dueAt),
    async due(now, limit) {
      return db
        .selectFrom('subscription_requests')
        .select(['site', 'id', 'connection', 'version', 'attempts'])
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('site')
        .orderBy('id')
        .limit(limit)
        .execute();
    },
    async finish({ site, id, version }) {
      await db
        .deleteFrom('subscription_requests')
        .where('site', '=', site)
        .where('id', '=', id)
        .where('version', '=', version)
        .execute();
    },
    async postpone({ site, id }, error, retryAt) {
      await db
        .updateTable('subscription_requests')
        .set((eb) => ({ attempts: eb('attempts', '+', 1), due_at: retryAt, last_error: storedError(error) }))
        .where('site', '=', site)
        .where('id', '=', id)
        .execute();
    },
    async put(row) {
      const { site, id, ...rest } = toRow(row);
      await db
        .insertInto('subscriptions')
        .values({ site, id, ...rest })
        .onConflict((conflict) => conflict.columns(['site', 'id']).doUpdateSet(rest))
        .execute();
    },
    async get(site, id) {
      const row = await db
        .selectFrom('subscriptions')
        .selectAll()
        .where('site', '=', site)
        .where('id', '=', id)
        .executeTakeFirst();
      return row ? toSubscription(row) : null;
    },
    list: (site, mode, limit, cursor) => list(db, site, mode, limit, cursor),
    async paymentsOf(site, id) {
      const rows = await db
        .selectFrom('payments')
        .select('id')
        .where('site', '=', site)
        .where('subscription', '=', id)
        .orderBy('occurred_at')
        .orderBy('id')
        .execute();
      return rows.map((row) => row.id);
    },
  };
}

async function request(
  db: Kysely<Database>,
  site: string,
  connection: string,
  ids: readonly string[],
  dueAt: number,
): Promise<void> {
  // One order for all writers: two transactions that lock the same rows in two orders would wait for each other.
  for (const part of chunks([...new Set(ids)].sort())) {
    await db
      .insertInto('subscription_requests')
      .values(
        part.map((id) => ({
          site,
          id,
          connection,
          // Random and not 1: a finish that was meant for a deleted request must not delete the one after it.
          version: randomInt(FIRST_VERSION_MAX),
          attempts: 0,
          due_at: dueAt,
          last_error: null,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['site', 'id']).doUpdateSet((eb) => ({
          connection,
          version: eb('subscription_requests.version', '+', 1),
          attempts: 0,
          // What is asked for now does not wait for what is known to come.
          due_at: sql<number>`case when subscription_requests.due_at < ${dueAt} then subscription_requests.due_at else ${dueAt} end`,
        })),
      )
      .execute();
  }
}

async function requestAll(db: Kysely<Database>, site: string, dueAt: number): Promise<number> {
  const rows = await db
    .selectFrom('objects')
    .innerJoin('connections', 'connections.id', 'objects.connection')
    .select(['objects.connection', 'objects.id'])
    .where('connections.site', '=', site)
    .where('objects.kind', '=', 'subscription')
    .execute();
  for (const [connection, of] of Map.groupBy(rows, (row) => row.connection)) {
    await request(
      db,
      site,
      connection,
      of.map((row) => row.id),
      dueAt,
    );
  }
  return rows.length;
}

async function list(db: Kysely<Database>, site: string, mode: Mode, limit: number, cursor: string | null) {
  const after = cursor === null ? null : decodeCursor(cursor);
  const rows = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('site', '=', site)
    .where('mode', '=', mode)
    .$if(after !== null, (query) => query.where(sql<boolean>`(started_at, id) < (${after!.occurredAt}, ${after!.id})`))
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    // One more than asked for tells whether there is a next page.
    .limit(limit + 1)
    .execute();
  const subscriptions = rows.slice(0, limit).map(toSubscription);
  const last = subscriptions.at(-1);
  const next = rows.length > limit && last ? encodeCursor({ occurredAt: last.startedAt, id: last.subscription }) : null;
  return { subscriptions, next };
}

function toRow(row: SubscriptionRow): Selectable<SubscriptionsTable> {
  const { site, subscription, mode, connection, status, mrrMinor, startedAt, ...body } = row;
  return {
    site,
    id: subscription,
    mode,
    connection,
    status,
    mrr_minor: mrrMinor,
    started_at: startedAt,
    body: JSON.stringify(body),
  };
}

type Body = Omit<
  SubscriptionRow,
  'site' | 'subscription' | 'mode' | 'connection' | 'status' | 'mrrMinor' | 'startedAt'
>;

function toSubscription(row: Selectable<SubscriptionsTable>): SubscriptionRow {
  return {
    site: row.site,
    subscription: row.id,
    mode: row.mode as Mode,
    connection: row.connection,
    status: row.status,
    mrrMinor: row.mrr_minor,
    startedAt: row.started_at,
    ...(JSON.parse(row.body) as Body),
  };
}
