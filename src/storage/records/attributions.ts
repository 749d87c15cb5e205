import { randomInt } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { chunks } from './chunks.ts';
import { storedError } from './claims.ts';
import type { Database } from './database.ts';
import { lockRows } from './dialects/differences.ts';
import type { Attributions } from './records.ts';

const FIRST_VERSION_MAX = 2 ** 47;
const FINISHED_TOGETHER = 100;

export function createAttributions(db: Kysely<Database>): Attributions {
  return {
    async request(site, paymentIds, now) {
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
            })),
          )
          .onConflict((conflict) =>
            conflict.columns(['site', 'payment']).doUpdateSet((eb) => ({
              version: eb('attribution_requests.version', '+', 1),
              attempts: 0,
              due_at: now,
            })),
          )
          .execute();
      }
    },
    async due(now, limit) {
      const rows = await db
        .selectFrom('attribution_requests')
        .select(['site', 'payment', 'version', 'attempts'])
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('site')
        .orderBy('payment')
        .limit(limit)
        .execute();
      return rows.map(({ payment, ...row }) => ({ ...row, paymentId: payment }));
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
