import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Kysely, type CompiledQuery } from 'kysely';
import { createAlerts } from '../../src/storage/records/alerts.ts';
import { createAttributions } from '../../src/storage/records/attributions.ts';
import { createConnections } from '../../src/storage/records/connections.ts';
import type { Database } from '../../src/storage/records/database.ts';
import { createSqliteDialect } from '../../src/storage/records/dialects/sqlite.ts';
import { createIdentities } from '../../src/storage/records/identities.ts';
import { createInbox } from '../../src/storage/records/inbox.ts';
import { createJobs } from '../../src/storage/records/jobs.ts';
import { createKeys } from '../../src/storage/records/keys.ts';
import { createLedger } from '../../src/storage/records/ledger.ts';
import { MIGRATIONS } from '../../src/storage/records/migrations/all.ts';
import { migrate } from '../../src/storage/records/migrations/migrate.ts';
import { createObjects } from '../../src/storage/records/objects.ts';
import { createOutbox } from '../../src/storage/records/outbox.ts';
import { createPayments } from '../../src/storage/records/payments.ts';
import { createRates } from '../../src/storage/records/rates.ts';
import { createRestatements } from '../../src/storage/records/restatements.ts';
import { createSites } from '../../src/storage/records/sites.ts';
import { createVerdicts } from '../../src/storage/records/verdicts.ts';
import { createWanted } from '../../src/storage/records/wanted.ts';
import { makeEntry, makePayment } from './record-stores.ts';

/**
 * A statement that reads a whole table is quick in every test and slow in the second year. So every statement of the
 * running program is shown to SQLite's planner, and none may scan a table that grows.
 */
test('no statement of the running program reads a whole table', async () => {
  const home = await mkdtemp(join(tmpdir(), 'headwater-plans-'));
  const path = join(home, 'records.sqlite');
  const queries = new Map<string, CompiledQuery>();
  const db = new Kysely<Database>({
    dialect: createSqliteDialect({ path }),
    log: (event) => void queries.set(event.query.sql, event.query),
  });
  try {
    await migrate(db, MIGRATIONS, 1);
    queries.clear();
    await runEverything(db);
    const planner = new DatabaseSync(path);
    const bad: string[] = [];
    let planned = 0;
    for (const { sql, parameters } of queries.values()) {
      if (/^(begin|commit|rollback)/.test(sql)) continue;
      planned += 1;
      const plan = planner.prepare(`explain query plan ${sql}`).all(...(parameters as string[]));
      const details = plan.map((row) => String(row['detail']));
      bad.push(...details.filter(isWhole).map((detail) => `${detail}: ${sql}`));
    }
    const byCustomer = [...queries.values()].filter(({ sql }) =>
      /^select .* from "payments" .*"customer" (=|in) /.test(sql),
    );
    for (const { sql, parameters } of byCustomer) {
      const plan = planner.prepare(`explain query plan ${sql}`).all(...(parameters as string[]));
      assert.match(String(plan[0]!['detail']), /payments_customer/, sql);
    }
    assert.ok(byCustomer.length >= 2);
    planner.close();
    assert.deepEqual(bad, []);
    assert.ok(planned > 40, `${planned} statements seen`);
  } finally {
    await db.destroy();
    await rm(home, { recursive: true, force: true });
  }
});

/** Scanned without harm: the rows a statement brings itself, and the few it has already narrowed down to. */
const SMALL = /^SCAN (due|(\d+ )?CONSTANT ROWS?|\d+-ROW VALUES CLAUSE|\(subquery-\d+\))/;
/** In order along a partial index, which holds only the rows in question, or up to a limit. */
const ALONG_AN_INDEX = /^SCAN \w+ USING (COVERING )?INDEX (inbox_due|wanted_due|outbox_written_down)$/;

function isWhole(detail: string): boolean {
  return detail.startsWith('SCAN ') && !SMALL.test(detail) && !ALONG_AN_INDEX.test(detail);
}

async function runEverything(db: Kysely<Database>): Promise<void> {
  const ids = ['a', 'b', 'c'];
  await createKeys(db).byHash('h');
  await createSites(db).get('s');
  await createConnections(db).ofSite('s');
  await createConnections(db).secrets('s');

  const inbox = createInbox(db);
  const event = { connection: 'c', eventId: 'e', type: 't', body: 'b', receivedAt: 1 };
  await inbox.add(event);
  const [row] = await inbox.claim('w', 1, 1, 10);
  await inbox.done(row!, 2);
  await inbox.fail(row!, 'x', 3);
  await inbox.counts('s');
  await inbox.deadLetters('s', 10);
  await inbox.replay('s', 'e', 1);
  await inbox.replay('s', null, 1);

  const wanted = createWanted(db);
  await wanted.add('c', [{ kind: 'invoice', by: null, id: 'in' }], 1);
  const [want] = await wanted.claim('w', 1, 1, 10);
  await wanted.settle(want!, 'found', null);
  await wanted.fail(want!, 'x', 1);
  await wanted.retryForbidden('c', 1);

  const objects = createObjects(db);
  const customer = { kind: 'customer' as const, id: 'cus', createdAt: 1, evidence: [], emailHash: null };
  await objects.put('c', customer, ids);
  await objects.put('c', customer, []);
  await objects.get('c', 'cus');
  await objects.getMany('c', ids);
  await objects.referencing('c', ids, ['charge']);

  const entry = makeEntry('ch');
  await createLedger(db).append('s', 'live', [entry]);
  await createLedger(db).entries('s', 'ch');

  const payments = createPayments(db);
  await payments.upsert(makePayment('s', 'ch', { customer: 'cus' }));
  await payments.get('s', 'ch');
  await payments.setLinks('s', 'ch', [{ object: 'o', field: 'f', value: 'v', claim: 'visitor', rung: 1, seenAt: 1 }]);
  const attribution = (await payments.get('s', 'ch'))!.attribution;
  await payments.setAttribution('s', 'ch', { ...attribution, visitors: ['v'] });
  const page = await payments.list('s', 'live', 1, null);
  await payments.upsert(makePayment('s', 'ch_0'));
  await payments.list('s', 'live', 1, page.next ?? (await payments.list('s', 'live', 1, null)).next);
  await payments.touchedBy('s', ids);
  await payments.ofCustomer('s', 'live', 'cus');
  await payments.rowsOf('s', ids);
  await payments.ofCustomers('s', 'live', ids);
  await payments.visitorsOf('s', ids);
  await payments.setAttributions('s', [{ payment: 'ch', attribution: { ...attribution, visitors: ['w'] } }]);
  await payments.all('s', 'ch', 10);

  const attributions = createAttributions(db);
  await attributions.request('s', ids, 1, ['late_hit']);
  await attributions.due(1, 10);
  await attributions.reasonsOf('s', ids);
  await attributions.postpone('s', 'a', 'x', 5);
  await attributions.finish('s', 'a', 1);
  await attributions.finishMany('s', [
    { paymentId: 'a', version: 1 },
    { paymentId: 'b', version: 2 },
  ]);

  const identities = createIdentities(db);
  await identities.add('s', [{ kind: 'app_id', value: 'v', visitor: 'x', seenAt: 1 }]);
  await identities.visitors('s', 'app_id', ids);
  await identities.ofVisitors('s', ids);

  const verdicts = createVerdicts(db);
  const said = { link: 'l', object: 'o', field: 'f', value: 'v', by: 'a', why: '', at: 1 };
  await verdicts.add('s', { ...said, verdict: 'rejected' });
  await verdicts.latest('s', 'l');
  await verdicts.of('s', ids);
  await verdicts.rejected('s', 10);
  await verdicts.rejectedKeys('s');
  const restatements = createRestatements(db);
  for (const question of [
    { mode: 'live' },
    { payment: 'ch' },
    { mode: 'live', reason: 'refund', minAgeMs: 1 },
  ] as const) {
    await restatements.list('s', { ...question, limit: 10, cursor: '5' });
  }
  const alerts = createAlerts(db);
  const fall = { since: 1, windowMs: 1, recent: { payments: 1, attributed: 0 }, past: { payments: 1, attributed: 1 } };
  await alerts.setHook('s', { sealedUrl: 'u', host: 'h', sealedSecret: 's', createdAt: 1 });
  const raised = {
    site: 's',
    mode: 'live',
    kind: 'coverage',
    since: 1,
    openedAt: 1,
    detail: { ...fall, reasons: {} },
  } as const;
  const alert = (await alerts.raise(raised))!;
  await alerts.standing('s', 'live');
  await alerts.list('s', 10);
  await alerts.get('s', alert.id);
  const delivery = (await alerts.claim('w', 1, 1))!;
  await alerts.settle(delivery, { error: null, retryAt: null });
  await alerts.deliveries('s', 10);
  await alerts.resolve('s', alert.id, { resolvedAt: 1, resolution: 'back', resolvedBy: null, now: 1 });
  await alerts.setHook('s', null);

  const outbox = createOutbox(db);
  await outbox.add([{ table: 'credits', columns: ['site'], lines: ['["s"]'] }]);
  const batch = await outbox.nextBatch(10);
  await outbox.nextBatch(10);
  await outbox.span();
  await outbox.remove(batch!.token);

  const rates = createRates(db);
  await rates.put([{ day: '2026-11-02', base: 'eur', quote: 'usd', rate: '1.1' }], 'file');
  await rates.between('2026-11-01', '2026-11-02', ['usd']);
  await rates.payments('s', 'usd', { from: 1, until: 2 }, { afterId: 'a', limit: 10 });

  const jobs = createJobs(db);
  await jobs.add('k', {}, 1);
  const job = await jobs.claim('w', 1, 1);
  await jobs.progress(job!, {}, 5);
  await jobs.finish(job!, null);
  await jobs.get(job!.id);
}
