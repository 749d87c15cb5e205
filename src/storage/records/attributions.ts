import { randomInt } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { chunks } from './chunks.ts';
import { storedError } from './claims.ts';
import type { Database } from './database.ts';
import { lockRows } from './dialects/differences.ts';
import { RESTATEMENT_REASONS, type RestatementReason } from '../../core/restatement.ts';
import type { Attributions } from './records-identity.ts';

const FIRST_VERSION_MAX = 2 ** 47;
const FINISHED_TOGETHER = 100;
/** Of requests that are due one in so many is taken from the latest, while there are more than are asked for. */
const LATEST_SHARE = 10;

export function createAttributions(db: Kysely<Database>): Attributions {
  return {
    request: (...asked) => request(db, ...asked),
    async due(now, limit) {
      const ordered = (direction: 'asc' | 'desc', count: number) =>
        db
          .selectFrom('attribution_requests')
          .select(['site', 'payment', 'version', 'attempts', 'reasons'])
          .where('due_at', '<=', now)
          .orderBy('due_at', direction)
          .orderBy('site', direction)
          .orderBy('payment', direction)
          .limit(count)
          .execute();
      const oldest = await ordered('asc', limit);
      // A payment of this moment does not wait for a hundred thousand that are credited again.
      const newest = oldest.length < limit ? [] : await ordered('desc', Math.ceil(limit / LATEST_SHARE));
      const known = new Set(oldest.map(keyOf));
      const rows = [...newest.filter((row) => !known.has(keyOf(row))), ...oldest];
      return rows.map(({ payment, reasons, ...row }) => ({
        ...row,
        paymentId: payment,
        reasons: readReasons(reasons),
      }));
    },
    async hold(site, paymentIds) {
      for (const part of chunks([...new Set(paymentIds)].sort())) {
        const rows = db
          .selectFrom('attribution_requests')
          .select('payment')
          .where('site', '=', site)
          .where('payment', 'in', part)
          .orderBy('payment');
        await lockRows(db, rows)?.execute();
      }
    },
    async reasonsOf(site, paymentIds) {
      const found = new Map<string, RestatementReason[]>();
      for (const part of chunks(paymentIds)) {
        const rows = await db
          .selectFrom('attribution_requests')
          .select(['payment', 'reasons'])
          .where('site', '=', site)
          .where('payment', 'in', part)
          .execute();
        for (const { payment, reasons } of rows) found.set(payment, readReasons(reasons));
      }
      return found;
    },
    finish: (site, paymentId, version) => finishMany(db, site, [{ paymentId, version }]),
    finishMany: (site, requests) => finishMany(db, site, requests),
    async postpone(site, paymentId, error, retryAt) {
      await db
        .updateTable('attribution_requests')
        .set((eb) => ({ attempts: eb('attempts', '+', 1), due_at: retryAt, last_error: storedError(error) }))
        .where('site', '=', site)
        .where('payment', '=', paymentId)
        .execute();
    },
    async count(site) {
      const row = await db
        .selectFrom('attribution_requests')
        .select((eb) => eb.fn.countAll<number>().as('requests'))
        .$if(site !== undefined, (query) => query.where('site', '=', site!))
        .executeTakeFirstOrThrow();
      return row.requests;
    },
  };
}

async function request(
  db: Kysely<Database>,
  ...[site, paymentIds, now, reasons]: Parameters<Attributions['request']>
): Promise<void> {
  const why = (payment: string) => [...(typeof reasons === 'function' ? reasons(payment) : reasons)].sort().join(',');
  // One order for all writers: two transactions that lock the same rows in two orders would wait for each other.
  for (const part of chunks([...new Set(paymentIds)].sort())) {
    await db
      .insertInto('attribution_requests')
      .values(
        part.map((payment) => ({
          site,
          payment,
          // Random and not 1: a finish that was meant for a deleted request must not delete the one after it.
          version: randomInt(FIRST_VERSION_MAX),
          attempts: 0,
          due_at: now,
          last_error: null,
          reasons: why(payment),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['site', 'payment']).doUpdateSet((eb) => ({
          version: eb('attribution_requests.version', '+', 1),
          attempts: 0,
          due_at: now,
          reasons: sql<string>`case when attribution_requests.reasons like '%' || excluded.reasons || '%'
                then attribution_requests.reasons
                else attribution_requests.reasons || ',' || excluded.reasons end`,
        })),
      )
      .execute();
  }
}

const keyOf = ({ site, payment }: { site: string; payment: string }) => `${site} ${payment}`;

/** A request that an earlier version made says none. */
function readReasons(text: string): RestatementReason[] {
  return [...new Set(text.split(','))].filter((name): name is RestatementReason => name in RESTATEMENT_REASONS);
}

async function finishMany(
  db: Kysely<Database>,
  site: string,
  requests: readonly { paymentId: string; version: number }[],
): Promise<void> {
  for (const part of chunks(requests, FINISHED_TOGETHER)) {
    const pairs = part.map(({ paymentId, version }) => sql`(${paymentId}, cast(${version} as bigint))`);
    await sql`delete from attribution_requests
      where site = ${site} and (payment, version) in (values ${sql.join(pairs)})`.execute(db);
  }
}
