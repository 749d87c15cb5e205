import { sql, type Kysely, type Selectable } from 'kysely';
import { atomically } from './atomically.ts';
import { storedError } from './claims.ts';
import type { Database } from './database.ts';
import type { AlertDeliveriesTable, AlertsTable } from './database-identity.ts';
import { skipLocked } from './dialects/differences.ts';
import { randomId } from './ids.ts';
import type { Alert, AlertDelivery, Alerts } from './records-alerts.ts';

export function createAlerts(db: Kysely<Database>): Alerts {
  const ofSite = (site: string) => db.selectFrom('alerts').selectAll().where('site', '=', site);
  return {
    raise: ({ openedAt, ...alert }) =>
      atomically(db, async (transaction) => {
        const { site, mode, kind, since, detail } = alert;
        const row = { site, mode, kind, since, id: randomId(12), opened_at: openedAt, detail: JSON.stringify(detail) };
        const nothing = { resolved_at: null, resolution: null, resolved_by: null };
        const added = await transaction
          .insertInto('alerts')
          .values({ ...row, ...nothing })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (added.numInsertedOrUpdatedRows !== 1n) return null;
        await queue(transaction, { site, alert: row.id, happened: 'raised', now: openedAt });
        return toAlert({ ...row, ...nothing });
      }),
    resolve: (site, id, { resolvedAt, resolution, resolvedBy, now }) =>
      atomically(db, async (transaction) => {
        const result = await transaction
          .updateTable('alerts')
          .set({ resolved_at: resolvedAt, resolution, resolved_by: resolvedBy })
          .where('site', '=', site)
          .where('id', '=', id)
          .where('resolved_at', 'is', null)
          .executeTakeFirst();
        if (result.numUpdatedRows !== 1n) return false;
        await queue(transaction, { site, alert: id, happened: 'resolved', now });
        return true;
      }),
    async get(site, id) {
      const row = await ofSite(site).where('id', '=', id).executeTakeFirst();
      return row ? toAlert(row) : null;
    },
    async standing(site, mode) {
      const row = await ofSite(site).where('mode', '=', mode).where('resolved_at', 'is', null).executeTakeFirst();
      return row ? toAlert(row) : null;
    },
    async list(site, limit) {
      const rows = await ofSite(site).orderBy('opened_at', 'desc').orderBy('id').limit(limit).execute();
      return rows.map(toAlert);
    },
    ...hooks(db),
    ...deliveries(db),
  };
}

function hooks(db: Kysely<Database>): Pick<Alerts, 'hook' | 'setHook' | 'queueTest'> {
  return {
    async hook(site) {
      const row = await db.selectFrom('alert_hooks').selectAll().where('site', '=', site).executeTakeFirst();
      if (!row) return null;
      const { sealed_url: sealedUrl, sealed_secret: sealedSecret, created_at: createdAt, host } = row;
      return { site, sealedUrl, sealedSecret, host, createdAt };
    },
    setHook: (site, hook) =>
      atomically(db, async (transaction) => {
        if (hook === null) {
          await transaction.deleteFrom('alert_hooks').where('site', '=', site).execute();
          const waiting = transaction.deleteFrom('alert_deliveries').where('site', '=', site);
          await waiting.where('state', '=', 'waiting').execute();
          return;
        }
        const { sealedUrl: sealed_url, sealedSecret: sealed_secret, createdAt: created_at, host } = hook;
        const row = { sealed_url, sealed_secret, created_at, host };
        await transaction
          .insertInto('alert_hooks')
          .values({ site, ...row })
          .onConflict((conflict) => conflict.column('site').doUpdateSet(row))
          .execute();
      }),
    queueTest: (site, now) => queue(db, { site, alert: null, happened: 'test', now }),
  };
}

function deliveries(db: Kysely<Database>): Pick<Alerts, 'claim' | 'settle' | 'deliveries'> {
  return {
    async claim(owner, now, leaseMs) {
      const due = db
        .selectFrom('alert_deliveries')
        .select('id')
        // A literal and not a parameter: only then does SQLite use the index on waiting ones.
        .where(sql<boolean>`state = 'waiting'`)
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(1);
      const row = await db
        .with('due', () => skipLocked(db, due))
        .updateTable('alert_deliveries')
        .set((eb) => ({ owner, due_at: now + leaseMs, fence: eb('fence', '+', 1), attempts: eb('attempts', '+', 1) }))
        .where(sql<boolean>`id in (select id from due)`)
        .where('due_at', '<=', now)
        .returningAll()
        .executeTakeFirst();
      return row ? toDelivery(row) : null;
    },
    async settle({ id, fence }, { error, retryAt }) {
      const state = error === null ? 'done' : retryAt === null ? 'failed' : 'waiting';
      const result = await db
        .updateTable('alert_deliveries')
        .set({
          state,
          last_error: error === null ? null : storedError(error),
          ...(retryAt === null ? {} : { due_at: retryAt }),
        })
        .where('id', '=', id)
        .where('fence', '=', fence)
        .where('state', '=', 'waiting')
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async deliveries(site, limit) {
      const rows = await db
        .selectFrom('alert_deliveries')
        .selectAll()
        .where('site', '=', site)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(toDelivery);
    },
  };
}

/** Nothing is queued for a site without a hook. */
async function queue(
  db: Kysely<Database>,
  { site, alert, happened, now }: Pick<AlertDelivery, 'site' | 'alert' | 'happened'> & { now: number },
): Promise<boolean> {
  const hook = await db.selectFrom('alert_hooks').select('site').where('site', '=', site).executeTakeFirst();
  if (!hook) return false;
  const fresh = { attempts: 0, fence: 0, owner: null, due_at: now, last_error: null, created_at: now };
  await db
    .insertInto('alert_deliveries')
    .values({ id: randomId(), site, alert, happened, state: 'waiting', ...fresh })
    .execute();
  return true;
}

function toAlert(row: Selectable<AlertsTable>): Alert {
  return {
    id: row.id,
    site: row.site,
    since: row.since,
    openedAt: row.opened_at,
    resolvedAt: row.resolved_at,
    mode: row.mode as Alert['mode'],
    kind: row.kind as Alert['kind'],
    resolution: row.resolution as Alert['resolution'],
    resolvedBy: row.resolved_by,
    detail: JSON.parse(row.detail) as Alert['detail'],
  };
}

function toDelivery(row: Selectable<AlertDeliveriesTable>): AlertDelivery {
  const { id, site, alert, attempts, fence, last_error: lastError, created_at: createdAt } = row;
  const state = row.state as AlertDelivery['state'];
  return {
    id,
    site,
    alert,
    attempts,
    fence,
    lastError,
    createdAt,
    state,
    happened: row.happened as AlertDelivery['happened'],
  };
}
