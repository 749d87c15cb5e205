import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { checkoutPayment, refundCharge } from '../../src/rehearsal/stripe/actions.ts';
import { createRechecker } from '../../src/payments/connect.ts';
import { createPoller } from '../../src/payments/poll.ts';
import { WEBHOOK_EVENTS } from '../../src/stripe/event-types.ts';
import { startPostgres } from '../postgres.ts';
import { bookOf, sell, startHistory } from './history.ts';
import type { History } from './history.ts';
import { CHARGES_KEY } from './money.ts';

const DAY_MS = 86_400_000;
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});
async function start(options: Parameters<typeof startHistory>[0] = {}): Promise<History> {
  const history = await startHistory(options);
  closing.push(() => history.close());
  return history;
}
/** Polls once, a minute later, and books what came. */
async function turn(history: History) {
  history.passTime(61_000);
  await history.poll();
  await history.drain();
}

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  test(`${engine}: without any webhook, polling alone writes the same book`, async () => {
    const postgres = engine === 'PostgreSQL' ? await startPostgres() : null;
    if (postgres) closing.push(async () => void (await postgres.stop()));
    const history = await start(postgres ? { databaseUrl: await postgres.newDatabase() } : {});
    const hooked = await history.shop({ webhookSecret: 'whsec_hooked' });
    const polled = await history.shop();
    await history.starter.runOnce();
    await history.poll();
    const charges = sell(history, 2);
    await turn(history);
    refundCharge(history.stripe.account, charges[0]!, 500);
    await turn(history);
    const book = await bookOf(history, polled.site);
    assert.equal(book.length, 8);
    assert.deepEqual(book, await bookOf(history, hooked.site));
    const gaps = await history.records.gaps.ofSite(polled.site, 10);
    assert.deepEqual(gaps, [], 'nothing was missed where no webhook was expected');
  });
}

test('an endpoint that is down for four days: healed, and the gap is written down with what it brought', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop({ webhookSecret: 'whsec_down' });
  const witness = await history.shop();
  await history.starter.runOnce();
  sell(history, 1);
  await turn(history);
  assert.deepEqual(await history.records.gaps.ofSite(shop.site, 10), []);

  account.webhooks.hold();
  const downFrom = history.now();
  for (let day = 0; day < 4; day += 1) {
    history.passTime(DAY_MS);
    account.setNow(history.now() - 3_600_000);
    sell(history, 1);
  }
  account.setNow(null);
  await account.webhooks.release({ drop: () => true });
  await turn(history);
  const book = await bookOf(history, shop.site);
  assert.equal(book.length, 20);
  assert.deepEqual(book, await bookOf(history, witness.site));

  const gaps = await history.records.gaps.ofSite(shop.site, 10);
  assert.ok(gaps.length >= 1 && gaps.every((gap) => gap.by === 'events' && gap.fromAt >= downFrom - 3_600_000));
  const brought: Record<string, number> = {};
  for (const gap of gaps) for (const [type, n] of Object.entries(gap.brought)) brought[type] = (brought[type] ?? 0) + n;
  assert.deepEqual([brought['charge.succeeded'], brought['refund.created']], [16, 4], JSON.stringify(brought));
  await turn(history);
  assert.deepEqual(await history.records.gaps.ofSite(shop.site, 10), gaps, 'and it is counted once');
});

test('what is polled first and delivered after is no gap and no double', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop({ webhookSecret: 'whsec_slow' });
  await history.starter.runOnce();
  checkoutPayment(account, { amount: 100, currency: 'usd' });
  await turn(history);
  account.webhooks.hold();
  // By the clock of the workers, which `turn` has moved: else its webhook would be late already.
  account.setNow(history.now());
  checkoutPayment(account, { amount: 200, currency: 'usd' });
  account.setNow(null);
  await turn(history);
  assert.equal((await bookOf(history, shop.site)).length, 2, 'polling does not wait for webhooks');
  await account.webhooks.release({ order: 'shuffled', copies: 3 });
  history.passTime(DAY_MS);
  await turn(history);
  assert.deepEqual(await history.records.gaps.ofSite(shop.site, 10), []);
  assert.deepEqual((await bookOf(history, shop.site)).map((it) => it.grossMinor).toSorted(), [100, 200]);
});

test('a key for charges, sessions and customers only polls their lists; a later refund is seen by looking back', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop({ key: CHARGES_KEY });
  await history.starter.runOnce();
  await history.poll();
  const metadata = { hw_visitor_id: 'v1' };
  const { charge } = checkoutPayment(account, { amount: 2_000, currency: 'usd', metadata });
  await turn(history);
  const [payment] = await bookOf(history, shop.site);
  assert.equal(payment?.grossMinor, 2_000);
  assert.ok(payment.links.some((link) => link.includes('visitor v1')));
  history.passTime(2 * 3_600_000);
  refundCharge(account, charge!, 700);
  await turn(history);
  assert.equal((await bookOf(history, shop.site))[0]?.refundedMinor, 700);
});

test('silent for longer than events are kept: the lists of objects heal it, and the gap says so', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop();
  await history.starter.runOnce();
  await history.runJobs();
  await turn(history);
  account.setNow(Date.now() + 5 * DAY_MS);
  checkoutPayment(account, { amount: 900, currency: 'usd' });
  history.passTime(50 * DAY_MS);
  account.setNow(history.now());
  await turn(history);
  await history.runJobs();
  await history.drain();
  assert.deepEqual(
    (await bookOf(history, shop.site)).map((it) => it.grossMinor),
    [900],
  );
  const [gap] = await history.records.gaps.ofSite(shop.site, 10);
  assert.deepEqual([gap?.by, gap?.brought.charges], ['lists', 1]);
});

test('events that could not be kept are read again: the cursor moves with them', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop();
  await history.starter.runOnce();
  await history.runJobs();
  await history.poll();
  account.setNow(history.now() + 60_000);
  checkoutPayment(account, { amount: 700, currency: 'usd' });
  // The newest event is that of another sale, longer after the first than polling looks back.
  history.passTime(20 * 60_000);
  account.setNow(history.now());
  checkoutPayment(account, { amount: 800, currency: 'usd' });
  let isBroken = true;
  const secrets = {
    ...history.secrets,
    seal(...args: Parameters<typeof history.secrets.seal>) {
      if (isBroken) throw new Error('no room');
      return history.secrets.seal(...args);
    },
  };
  const poller = createPoller({ ...history, secrets, types: WEBHOOK_EVENTS });
  while (await poller.runOnce());
  assert.match(String((await history.records.cursors.get(shop.connection, 'poll'))?.body.error), /no room/);
  isBroken = false;
  history.passTime(20 * 60_000);
  while (await poller.runOnce());
  await history.record();
  assert.deepEqual((await bookOf(history, shop.site)).map((it) => it.grossMinor).toSorted(), [700, 800]);
});

for (const minutes of [-10, 10, 50]) {
  test(`a clock ${minutes} minutes from Stripe's misses nothing, also when it is set right`, async () => {
    const history = await start();
    history.passTime(minutes * 60_000);
    const shop = await history.shop();
    await history.starter.runOnce();
    await history.runJobs();
    await history.poll();
    for (let sold = 1; sold <= 4; sold += 1) {
      // Nothing happens in the first turn, and the clock is mended before the last.
      if (sold > 1) checkoutPayment(history.stripe.account, { amount: 100 * sold, currency: 'usd' });
      history.passTime(sold === 4 ? -minutes * 60_000 : 11_000);
      await history.poll();
      await history.record();
      const due = (await history.records.cursors.get(shop.connection, 'poll'))!;
      await history.records.cursors.put(shop.connection, 'poll', due.body, history.now());
    }
    await history.poll();
    await history.record();
    const amounts = (await bookOf(history, shop.site)).map((it) => it.grossMinor);
    assert.deepEqual(amounts.toSorted(), [200, 300, 400]);
  });
}

test('a refusal met while looking something up is remembered, and what was not told is asked for again', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop({ webhookSecret: 'whsec_lookup' });
  const key = account.keys.get('sk_test_all')!;
  account.keys.set('sk_test_all', { ...key, expired: true });
  checkoutPayment(account, { amount: 300, currency: 'usd' });
  await history.drain();
  const fee = async () => (await bookOf(history, shop.site))[0]?.feeMinor;
  const refused = await history.records.connections.get(shop.connection);
  assert.deepEqual([refused?.status, await fee()], ['refused', 0]);
  assert.match(refused?.statusReason ?? '', /^Expired API Key/);
  account.keys.set('sk_test_all', key);
  await createRechecker(history).runOnce();
  await history.drain();
  assert.equal((await history.records.connections.get(shop.connection))?.status, 'verified');
  assert.notEqual(await fee(), 0);
});

test('outages and limits are waited for; a refused key says why and goes on when it is accepted again', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop();
  await history.starter.runOnce();
  await history.poll();
  checkoutPayment(account, { amount: 300, currency: 'usd' });
  const key = account.keys.get('sk_test_all')!;
  account.keys.delete('sk_test_all');
  history.passTime(61_000);
  await history.poll();
  const place = await history.records.cursors.get(shop.connection, 'poll');
  assert.match(String(place?.body.error), /refuses the key/);
  const refused = await history.records.connections.get(shop.connection);
  assert.equal(refused?.status, 'refused');
  assert.match(refused?.statusReason ?? '', /^Invalid API Key/);
  account.keys.set('sk_test_all', key);
  const rechecker = createRechecker(history);
  await rechecker.runOnce();
  assert.equal((await history.records.connections.get(shop.connection))?.status, 'refused', 'not at once');
  history.passTime(300_000);
  await rechecker.runOnce();
  assert.equal((await history.records.connections.get(shop.connection))?.status, 'verified');
  const stop = history.stripe.faults.add({ kind: 'error', share: 0.5, path: '/v1/events' });
  for (let turns = 0; turns < 5; turns += 1) {
    history.passTime(600_000);
    await history.poll();
  }
  stop();
  history.passTime(600_000);
  await turn(history);
  assert.equal((await bookOf(history, shop.site)).length, 1);
  assert.equal((await history.records.cursors.get(shop.connection, 'poll'))?.body.error, null);
});
