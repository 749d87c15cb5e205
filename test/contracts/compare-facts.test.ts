// Rows of the facts store that are copies of what stands in the records store: whatever happened to them, a comparison has
// them written again, and only them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecurringRevenue } from '../../src/core/movement-row.ts';
import { createJobRunner } from '../../src/jobs.ts';
import { COMPARE, compareTurn, requestComparison } from '../../src/payments/compare-facts.ts';
import { createMirror } from '../../src/payments/mirror.ts';
import { FactsUnavailable } from '../../src/storage/facts/facts.ts';
import type { Facts } from '../../src/storage/facts/facts.ts';
import { NOW, client, facts, link, on, openShop, records } from './shop.ts';

const CREDITS =
  'site, mode, payment_id, entry_id, entry_kind, entry_at, payment_at, currency, source, channel, position';
const DAMAGES: [name: string, damage: (site: string) => Promise<void>][] = [
  ['every credit is lost', () => client.command('TRUNCATE TABLE credits')],
  ['every path is lost', () => client.command('TRUNCATE TABLE payment_paths')],
  ['every movement is lost', () => client.command('TRUNCATE TABLE subscription_movements')],
  ['all spend is lost', () => client.command('TRUNCATE TABLE spend')],
  [
    'credits stand twice',
    (site) =>
      client.command(`INSERT INTO credits SELECT * FROM credits WHERE site = '${site}' AND payment_id = 'ch_1'`),
  ],
  [
    'a row was taken back that should stand',
    (site) =>
      client.command(
        `INSERT INTO credits SELECT * REPLACE (-1 AS sign) FROM credits WHERE site = '${site}' AND source = 'news'`,
      ),
  ],
  [
    'a row says another source',
    (site) =>
      client.command(
        `INSERT INTO credits SELECT * REPLACE (t.1 AS sign, t.2 AS source) FROM credits
         ARRAY JOIN [(-1, source), (1, 'bing')] AS t WHERE site = '${site}' AND payment_id = 'ch_1' AND position = 0`,
      ),
  ],
  [
    'a row is there that nobody wrote',
    (site) =>
      client.command(
        `INSERT INTO credits (${CREDITS}, linear, first_touch, sign) SELECT ${CREDITS}, 77, 77, 1 FROM credits WHERE site = '${site}' AND payment_id = 'ch_2'`,
      ),
  ],
];

const log = { info() {}, warn() {}, error() {} };
const revenue: RecurringRevenue = {
  site: '',
  mode: 'live',
  subscription: 'sub_1',
  customer: 'cus_1',
  currency: 'usd',
  movements: [{ at: on(3), kind: 'new', deltaMinor: 5_00, mrrMinor: 5_00 }],
  rate: null,
  touchpoint: null,
  reason: 'no_payment',
};

/** Payments of every kind, a subscription and a day of advertising, all carried. */
async function openStore() {
  const shop = await openShop();
  const { site } = shop;
  await shop.hits(['v1', 2, 'google'], ['v1', 4, ''], ['v1', 6, 'news'], ['v2', 5, 'news']);
  await shop.pay(
    'ch_1',
    { customer: 'cus_1' },
    [link('v1')],
    [
      ['charge', 10_01],
      ['refund', -3_34, 12],
    ],
  );
  await shop.pay('ch_2', {}, [], [['charge', 5_00]]);
  await shop.pay(
    'ch_3',
    { taxMinor: 99, product: 'Plan “é”' },
    [link('v2')],
    [
      ['charge', 7_00],
      ['dispute', -7_00, 13],
    ],
  );
  const row = { ...revenue, site, connection: 'c1', status: 'active', mrrMinor: 5_00, startedAt: on(3) };
  await records.subscriptions.put(row);
  const spent = {
    ...{ spend: 'google_ads' as const, site, day: '2026-11-03', account: 'a', campaignId: '1', name: 'Brand' },
    ...{ source: 'google', medium: 'cpc', campaign: 'brand', channel: 'Paid Search' },
    ...{ currency: 'usd', amountMinor: 1_23, reporting: null, clicks: null, impressions: 9, sign: 1 as const },
  };
  await records.spend.put([{ day: spent.day, key: 'k', row: spent }]);
  await shop.settle();
  await compare(site);
  return shop;
}

/** Compares while what is found is carried. @returns what the job found */
async function compare(site: string, store: Pick<Facts, 'written' | 'differences'> = facts) {
  const told: object[] = [];
  const log = { info() {}, warn: (fields: object) => void told.push(fields), error() {} };
  const turn = compareTurn({ records, facts: store, now: () => NOW, log, onOutbox() {} });
  await requestComparison(records, site, NOW);
  await requestComparison(records, site, NOW);
  const jobs = await records.jobs.open(COMPARE);
  assert.equal(jobs.length, 1, 'one at a time');
  const runner = createJobRunner({ records, turns: { [COMPARE]: turn }, now: () => NOW, log });
  const mirror = createMirror({ records, facts });
  let isOver = false;
  const carrying = (async () => {
    while ((await mirror.runOnce()) || !isOver) await sleep(10);
  })();
  while (await runner.runOnce({ id: jobs[0]!.id }));
  isOver = true;
  await carrying;
  const { state, error, progress } = (await records.jobs.get(jobs[0]!.id))!;
  assert.deepEqual([state, error], ['done', null]);
  assert.equal(told.length, Number(progress.rows) > 0 ? 1 : 0);
  return progress;
}

/** Everything that stands, whatever was written how often. */
async function standing(site: string): Promise<unknown> {
  const all = [];
  for (const table of ['credits', 'payment_paths', 'subscription_movements', 'spend']) {
    all.push(
      await client.query(
        `SELECT * EXCEPT sign, sum(sign) AS n FROM ${table} WHERE site = {site:String} GROUP BY ALL HAVING n != 0 ORDER BY ALL`,
        { site },
      ),
    );
  }
  return all;
}

test('where nothing was lost nothing is written', async () => {
  const shop = await openStore();
  assert.deepEqual(await compare(shop.site), { part: 4, after: null, compared: 5, mended: 0, rows: 0 });
  assert.equal(await records.outbox.count(), 0);
  assert.equal(((await standing(shop.site)) as unknown[][]).filter((rows) => rows.length > 0).length, 4);
});

for (const [name, damage] of DAMAGES) {
  test(`${name}: what should stand does again`, async () => {
    const shop = await openStore();
    const before = await standing(shop.site);
    await damage(shop.site);
    assert.notDeepEqual(await standing(shop.site), before);
    const found = await compare(shop.site);
    assert.ok(Number(found.rows) > 0);
    assert.deepEqual(await standing(shop.site), before);
    assert.equal((await compare(shop.site)).rows, 0);
  });
}

test('a payment that is credited anew while it is compared is left to the next comparison', async () => {
  const shop = await openStore();
  let hasChanged = false;
  const store = {
    ...facts,
    async differences(...question: Parameters<Facts['differences']>) {
      if (!hasChanged) {
        hasChanged = true;
        await shop.pay('ch_2', {}, [link('v2')], [['charge', 5_00]]);
        await shop.settle();
      }
      return facts.differences(...question);
    },
  };
  assert.equal((await compare(shop.site, store)).rows, 0);
  await shop.settle();
  assert.equal((await compare(shop.site)).rows, 0);
  assert.deepEqual(await shop.revenue('last_touch'), { news: 11_67 });
});

test('what has not been carried yet is not missing', async () => {
  const shop = await openStore();
  await shop.pay('ch_4', {}, [link('v2')], [['charge', 1_00]]);
  await shop.attributor.runOnce();
  assert.ok((await records.outbox.count()) > 0);
  assert.equal((await compare(shop.site)).rows, 0);
});

test('while the facts store does not answer the job waits', async () => {
  const shop = await openStore();
  const down = () => Promise.reject(new FactsUnavailable('down'));
  const turn = compareTurn({ records, facts: { ...facts, differences: down }, now: () => NOW, log, onOutbox() {} });
  await requestComparison(records, shop.site, NOW);
  const job = (await records.jobs.claim('test', NOW, 1_000, { kinds: [COMPARE] }))!;
  assert.deepEqual(await turn(job), { state: 'again', at: NOW + 60_000, reason: 'down' });
  await records.jobs.postpone(job, NOW, 'down');
  assert.equal((await compare(shop.site)).rows, 0);
});

test('who lost the job writes nothing', async () => {
  const shop = await openStore();
  await client.command('TRUNCATE TABLE credits');
  await requestComparison(records, shop.site, NOW);
  const job = (await records.jobs.claim('first', NOW, 1_000, { kinds: [COMPARE] }))!;
  await records.jobs.postpone(job, NOW, null);
  assert.ok(await records.jobs.claim('second', NOW, 1_000, { kinds: [COMPARE] }));
  const turn = compareTurn({ records, facts, now: () => NOW, log, onOutbox() {} });
  assert.deepEqual(await turn(job), { state: 'lost' });
  assert.equal(await records.outbox.count(), 0);
});
