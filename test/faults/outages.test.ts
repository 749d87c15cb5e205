// Stores that are away: what needs them says so, what does not goes on, and nothing is missing when they are back.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { NO_STRIPE, openMerchant } from '../merchant.ts';
import type { Merchant } from '../merchant.ts';
import { startPostgres } from '../postgres.ts';
import type { Postgres } from '../postgres.ts';
import * as stripe from '../stripe-events.ts';
import { createStoppableEngine } from './facts-engine.ts';
import type { StoppableEngine } from './facts-engine.ts';
import { createGate } from './gate.ts';
import type { Gate } from './gate.ts';
import { assertCountedOnce, startLoad } from './load.ts';

const BACK_MS = 40_000;

async function readiness(headwater: Headwater) {
  const answer = await fetch(`${headwater.url}/readyz`);
  const { stores } = (await answer.json()) as { stores: Record<string, string> };
  const down = Object.keys(stores).filter((name) => stores[name] !== 'ok');
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), down };
}
const ready = (headwater: Headwater) =>
  until(async () => (await readiness(headwater)).status === 200, 'ready', BACK_MS);

async function refused(answer: Promise<Response>) {
  const { status, headers, ...response } = await answer.then(async (it) => ({
    ...{ status: it.status, headers: it.headers, body: (await it.json()) as { error: { code: string } } },
  }));
  return [status, response.body.error?.code, Number(headers.get('retry-after')) > 0];
}
const UNAVAILABLE = [503, 'unavailable', true];

const asked = (headwater: Headwater, shop: Merchant, path: string) =>
  fetch(`${headwater.url}/api/v1/sites/${shop.site}/${path}`, { headers: { authorization: `Bearer ${shop.key}` } });

function paidBy(visitor: string) {
  const paid = { name: visitor, amount: 1500, created: Math.floor(Date.now() / 1000) };
  const charge = stripe.charge({ ...paid, metadata: { hw_visitor_id: visitor } });
  return stripe.eventOf('charge.succeeded', charge, paid);
}

describe('the facts store by URL is away', { timeout: 150_000 }, () => {
  let engine: StoppableEngine;
  let headwater: Headwater;
  let shop: Merchant;
  before(async () => {
    engine = await createStoppableEngine();
    headwater = await startHeadwater({ ...NO_STRIPE, CLICKHOUSE_URL: engine.url }, { awaits: '/healthz' });
    shop = await openMerchant(headwater);
  });
  after(async () => {
    await headwater?.[Symbol.asyncDispose]();
    await engine?.close();
  });

  /** What holds whenever it is away, and what is made meanwhile. */
  async function carryOn(visitor: string) {
    assert.deepEqual(await readiness(headwater), { status: 503, retryAfter: '5', down: ['facts'] });
    await shop.hit({ visitor, tags: `utm_source=${visitor}` });
    await shop.deliver(paidBy(visitor));
    assert.deepEqual(await refused(asked(headwater, shop, 'report')), UNAVAILABLE);
    // Money is booked without it: only who earned it is not known yet.
    await until(async () => (await shop.payments()).some(({ id }) => id === `ch_${visitor}`), 'the payment is booked');
    assert.equal((await fetch(`${headwater.url}/metrics`)).status, 200);
    assert.equal((await fetch(`${headwater.url}/healthz`)).status, 200);
  }
  async function caughtUp(visitor: string) {
    await until(
      async () => {
        const { source, credits } = await shop.payment(`ch_${visitor}`);
        assert.deepEqual([source, credits.first_touch], [visitor, [1500]]);
        const { rows } = await shop.report({ metrics: 'visitors,revenue', dimensions: 'source' });
        const row = rows.find((each) => each.source === visitor);
        assert.deepEqual(row, { source: visitor, visitors: 1, revenue: 1500 });
        return true;
      },
      `${visitor} is credited`,
      BACK_MS,
    );
  }

  it('at the first start: the server starts without it and is ready once it comes', async () => {
    await carryOn('early');
    await engine.start();
    await ready(headwater);
    await caughtUp('early');
  });

  it('later: hits and webhooks are acknowledged, and credited when it is back', async () => {
    await engine.stop();
    await carryOn('meanwhile');
    await engine.start();
    await ready(headwater);
    await caughtUp('meanwhile');
  });

  it('hanging: hits and webhooks go on, and SIGTERM still ends in time', async () => {
    engine.freeze();
    await shop.hit({ visitor: 'hanging', tags: 'utm_source=hanging' });
    await shop.deliver(paidBy('hanging'));
    assert.deepEqual((await readiness(headwater)).down, ['facts']);
    const startedAt = Date.now();
    assert.equal(await headwater.stop(), 0);
    assert.ok(Date.now() - startedAt < 10_000, `${Date.now() - startedAt} ms`);
    await engine.stop();
    await engine.start();
    await headwater.start();
    await ready(headwater);
    await caughtUp('hanging');
  });
});

describe('PostgreSQL is away', { timeout: 100_000 }, () => {
  let postgres: Postgres;
  let gate: Gate;
  let headwater: Headwater;
  let shop: Merchant;
  let port: number;
  before(async () => {
    postgres = await startPostgres();
    const address = new URL(await postgres.newDatabase());
    port = Number(address.port);
    gate = await createGate();
    await gate.open(port);
    address.port = String(gate.port);
    headwater = await startHeadwater({ ...NO_STRIPE, DATABASE_URL: address.href });
    shop = await openMerchant(headwater);
  });
  after(async () => {
    await headwater?.[Symbol.asyncDispose]();
    await gate?.shut();
    await postgres?.stop();
  });

  it('webhooks and the API ask to come back, known sites collect, and all is there afterwards', async () => {
    await shop.hit({ visitor: 'before', tags: 'utm_source=before' });
    const pid = headwater.pid();
    await gate.shut();

    assert.deepEqual(await readiness(headwater), { status: 503, retryAfter: '5', down: ['records'] });
    assert.deepEqual(await refused(shop.post(paidBy('before'))), UNAVAILABLE);
    for (const path of ['report', 'payments', 'payments/ch_before', 'stripe', 'status'])
      assert.deepEqual(await refused(asked(headwater, shop, path)), UNAVAILABLE, path);
    await shop.hit({ visitor: 'during', tags: 'utm_source=during' });
    const unknown = {
      ...{ method: 'POST', body: JSON.stringify({ site: 'unknown', events: [{ id: 'x', name: 'y' }] }) },
    };
    const answer = await fetch(`${headwater.url}/api/event`, unknown);
    assert.ok([400, 503].includes(answer.status), String(answer.status));
    assert.equal((await fetch(`${headwater.url}/healthz`)).status, 200);
    const outcome = await headwater.command('site', 'list').catch((error: Error) => error.message);
    assert.match(String(outcome), /exit 1\nheadwater: [^\n]*PostgreSQL[^\n]*\n$/);

    await gate.open(port);
    await ready(headwater);
    assert.equal(headwater.pid(), pid, 'the process lives');
    // Stripe sends it again; so does this.
    await shop.deliver(paidBy('before'), paidBy('during'));
    await until(
      async () => {
        const { rows } = await shop.report({ metrics: 'visitors,revenue', dimensions: 'source', order: 'source' });
        assert.deepEqual(rows, [
          { source: 'before', visitors: 1, revenue: 1500 },
          { source: 'during', visitors: 1, revenue: 1500 },
        ]);
        return true;
      },
      'both payments credited',
      BACK_MS,
    );
  });

  it('connections that break again and again under load: everything is counted once', async () => {
    const more = await openMerchant(headwater, { domain: 'more.test' });
    const load = startLoad(more);
    for (let round = 0; round < 3; round += 1) {
      const seen = load.webhooks();
      await until(() => load.webhooks() > seen + 5, 'webhooks are acknowledged');
      await gate.shut();
      await sleep(300);
      await gate.open(port);
    }
    await load.finish();
    const statuses = new Set(load.refusals().map(({ what, status }) => `${what} ${status}`));
    assert.deepEqual(
      [...statuses].filter((each) => each !== 'webhook 503'),
      [],
      'nothing but webhooks put off',
    );
    await assertCountedOnce(more, load);
  });
});
