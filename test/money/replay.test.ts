// Webhooks after they were processed: replayed, given up and replayed, purged.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { intentPayment } from '../../src/rehearsal/stripe/actions.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import type { ConnectionsAnswer, PaymentAnswer, ReplayAnswer } from '../../src/http/contract.ts';
import { BODIES_KEPT_MS, createPurge } from '../../src/payments/purge.ts';
import { createReplay } from '../../src/payments/replay.ts';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { signed } from '../stripe-events.ts';
import { bookOf, sell, startHistory } from './history.ts';

const SECRET = 'whsec_replayed';
const KEY = 'rk_test_replay';
let stripe: SimulatedStripe;
let headwater: Headwater;
let site: string;
let key: string;
before(async () => {
  stripe = await startStripe({ seed: 9, keys: [{ key: KEY, permissions: null }] });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: stripe.url });
  ({ id: site } = await headwater.command<{ id: string }>('site', 'add', '--name', 'S', '--domain', 'replay.test'));
  ({ key } = await headwater.command<{ key: string }>('key', 'add', '--site', site));
});
after(async () => {
  await headwater[Symbol.asyncDispose]();
  await stripe.close();
});
const api = (path: string, method = 'POST') =>
  fetch(`${headwater.url}/api/v1/sites/${site}${path}`, { method, headers: { authorization: `Bearer ${key}` } });
const deadLetters = async () =>
  (await headwater.get<ConnectionsAnswer>(`/api/v1/sites/${site}/stripe`, key)).dead_letters;
const payments = async () =>
  (await headwater.get<{ payments: PaymentAnswer[] }>(`/api/v1/sites/${site}/payments?mode=test`, key)).payments;

function thinEvent(name: string, charge: string) {
  const related = { id: charge, type: 'charge', url: `/v1/charges/${charge}` };
  const head = { id: `evt_${name}`, object: 'v2.core.event', type: 'v1.charge.succeeded', livemode: false };
  return { ...head, created: '2026-11-21T10:00:00.000Z', related_object: related };
}

test('a dead letter says why, and is replayed when the reason is gone', { timeout: 120_000 }, async () => {
  const [first, second] = [1, 2].map(
    (n) => intentPayment(stripe.account, { amount: 100 * n, currency: 'usd' }).charge!,
  );
  const connect = (...words: string[]) => headwater.command('stripe', 'connect', '--site', site, ...words);
  await connect('--webhook-secret', SECRET, '--mode', 'test');
  for (const event of [thinEvent('a', first!.id), thinEvent('b', second!.id)]) {
    const answer = await fetch(`${headwater.url}/api/webhooks/stripe/${site}`, {
      method: 'POST',
      ...signed(event, SECRET),
    });
    assert.equal(answer.status, 200);
  }
  const letters = await until(async () => {
    const found = await deadLetters();
    return found.length === 2 && found;
  }, 'the dead letters');
  assert.match(letters[0]!.error ?? '', /no key/);
  assert.ok(letters.every(({ replayable }) => replayable));
  await headwater.failing('stripe', 'replay', '--site', site, '--event', 'evt_none');
  assert.equal((await api('/stripe/dead-letters/evt_none/replay')).status, 404);

  await connect('--key', KEY);
  const one = await api('/stripe/dead-letters/evt_a/replay');
  assert.deepEqual([one.status, (await one.json()) as ReplayAnswer], [200, { replayed: 1 }]);
  await until(async () => (await deadLetters()).length === 1, 'one to be processed');
  const all = await api('/stripe/dead-letters/replay');
  assert.equal(((await all.json()) as ReplayAnswer).replayed, 1);
  await until(async () => (await deadLetters()).length === 0, 'the other to be processed');
  await until(
    async () => (await payments()).filter(({ fees, reason }) => fees > 0 && reason !== 'pending').length === 2,
    'both payments with their fees and credits',
  );
  const before = await payments();
  assert.deepEqual(await headwater.command('stripe', 'replay', '--site', site), { replayed: 0 });
  const { replayed } = await headwater.command<ReplayAnswer>('stripe', 'replay', '--site', site, '--all');
  assert.ok(replayed >= 2);
  await until(async () => {
    const { inbox } = await headwater.get<ConnectionsAnswer>(`/api/v1/sites/${site}/stripe`, key);
    return inbox.pending === 0 && inbox.done >= 2;
  }, 'all to be processed again');
  assert.deepEqual(await payments(), before);
});

test('bodies are purged 30 days after; duplicates are still known, and the book stands', async () => {
  const history = await startHistory();
  try {
    const shop = await history.shop({ webhookSecret: SECRET });
    sell(history, 1);
    await history.drain();
    const { records } = history;
    const rows = await records.inbox.rows(shop.site, 'done', 100);
    const book = await bookOf(history, shop.site);
    const purge = createPurge({ ...history });
    const replay = createReplay({ ...history });
    assert.ok(rows.length > 10 && rows.every(({ body }) => body !== null));
    assert.equal(await replay({ site: shop.site, event: null }), 0, 'there are no dead letters');
    assert.equal(await replay({ site: shop.site, event: null, processed: true }), rows.length);
    await history.drain();
    assert.deepEqual(await bookOf(history, shop.site), book, 'replaying all of it changes nothing');

    assert.equal(await purge.runOnce(), false);
    assert.ok(
      (await records.inbox.rows(shop.site, 'done', 100)).every(({ body }) => body !== null),
      'not yet',
    );
    history.passTime(BODIES_KEPT_MS + 1_000);
    await purge.runOnce();
    const purged = await records.inbox.rows(shop.site, 'done', 100);
    assert.deepEqual(
      purged.map(({ eventId, body }) => [eventId, body]),
      rows.map(({ eventId }) => [eventId, null]),
    );
    assert.equal(await replay({ site: shop.site, event: null, processed: true }), 0, 'nothing is left to replay');
    const again = { ...signed({ id: rows[0]!.eventId, object: 'event', type: 'charge.succeeded' }, SECRET) };
    const answer = await history.receiveWebhook({
      site: shop.site,
      rawBody: Buffer.from(again.body),
      signature: again.headers['stripe-signature'],
    });
    assert.equal(answer.code, 'duplicate');
    await history.drain();
    assert.deepEqual(await bookOf(history, shop.site), book);
  } finally {
    await history.close();
  }
});
