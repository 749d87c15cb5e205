import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { checkoutPayment, linkPayment, refundCharge, renew, subscribe } from '../../src/rehearsal/stripe/actions.ts';
import type { EventRow } from '../../src/rehearsal/stripe/rows.ts';
import { ENDIVE, LEGACY } from '../../src/rehearsal/stripe/versions.ts';
import { settle } from '../../src/rehearsal/stripe/money.ts';
import { connectStripe } from '../../src/payments/connect.ts';
import { createFetcher } from '../../src/payments/fetch.ts';
import { ProviderUnavailable } from '../../src/payments/provider.ts';
import { bookOf, CHARGES_KEY, KEY, startMoney } from './money.ts';
import type { Money } from './money.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 9, 1, 12);

const open: Money[] = [];
after(async () => {
  for (const money of open) await money.close();
});
async function started(options: Parameters<typeof startMoney>[0] = {}) {
  const money = await startMoney({ now: START, ...options });
  open.push(money);
  return money;
}

/** A site with its own endpoint at the simulated Stripe. */
async function connected(
  money: Money,
  options: { key?: string; version?: typeof LEGACY | typeof ENDIVE; events?: string[] } = {},
) {
  const site = await money.addSite();
  const secret = `whsec_${site.id}`;
  const connection = await connectStripe(money, { site: site.id, key: options.key ?? KEY, webhookSecret: secret });
  money.stripe.account.addEndpoint({
    url: `${money.url}/${site.id}`,
    secret,
    version: options.version ?? ENDIVE,
    ...(options.events ? { events: options.events } : {}),
  });
  return { id: site.id, connection };
}

/** A month of a small shop: a checkout with two partial refunds, a subscription and its renewal. */
async function liveAMonth({ stripe: { account } }: Money) {
  const bought = checkoutPayment(account, { amount: 2000, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  account.setNow(START + 3 * DAY_MS);
  refundCharge(account, bought.charge!, 300);
  account.setNow(START + 4 * DAY_MS);
  refundCharge(account, bought.charge!, 200);
  const subscribed = subscribe(account, {
    amount: 1500,
    currency: 'usd',
    email: 'ada@example.org',
    subscriptionMetadata: { zori_visitor_id: 'v2' },
  });
  account.setNow(START + 34 * DAY_MS);
  renew(account, subscribed.subscription);
  return { bought, subscribed };
}

test('traps 1-4, 9, 13, 14, 20: any order, duplicates and both renderings end in one book', async () => {
  const money = await started();
  const { webhooks } = money.stripe.account;
  const sites = {
    inOrder: await connected(money),
    legacy: await connected(money, { version: LEGACY }),
    few: await connected(money, { events: ['charge.succeeded', 'checkout.session.completed'] }),
  };
  webhooks.hold();
  await liveAMonth(money);
  const held = [...webhooks.held()];
  await webhooks.release({ order: 'in order' });
  await money.drain();
  const expected = await bookOf(money, sites.inOrder.id);

  assert.equal(expected.length, 3);
  const [bought, first, renewal] = expected.toSorted((a, b) => a.occurredAt - b.occurredAt);
  assert.deepEqual(
    [bought!.grossMinor, bought!.refundedMinor, bought!.kind, bought!.pathEndsAt],
    [2000, 500, 'one_time', null],
  );
  assert.match(bought!.links[0]!, /^3000 cs_\S+ visitor v1$/);
  assert.deepEqual([first!.grossMinor, first!.kind], [1500, 'subscription_start']);
  assert.deepEqual([renewal!.grossMinor, renewal!.kind], [1500, 'subscription_renewal']);
  assert.equal(renewal!.pathEndsAt, first!.pathEndsAt);
  for (const payment of [first!, renewal!]) assert.match(payment.links[0]!, /^6002 in_\S+ visitor v2$/);
  for (const payment of expected) assert.ok(payment.feeMinor > 0, 'fees are known, though they came late');

  const withoutFields = (book: typeof expected) =>
    book.map(({ links, ...payment }) => ({ ...payment, visitor: links[0]?.split(' ').at(-1) }));
  assert.deepEqual(withoutFields(await bookOf(money, sites.legacy.id)), withoutFields(expected), '2020-08-27');
  const few = await bookOf(money, sites.few.id);
  assert.deepEqual(
    few.map((payment) => [payment.id, payment.grossMinor, payment.feeMinor, payment.kind, payment.pathEndsAt]),
    expected.map((payment) => [payment.id, payment.grossMinor, payment.feeMinor, payment.kind, payment.pathEndsAt]),
    'two event types are enough for the payments',
  );

  for (const seed of [1, 2, 3, 4]) {
    const site = await connected(money, seed % 2 ? {} : { version: LEGACY });
    await deliver(money, site.id, arranged([...held, ...held], seed));
    await money.drain();
    assert.deepEqual(withoutFields(await bookOf(money, site.id)), withoutFields(expected), `shuffled, seed ${seed}`);
    const counts = await money.records.inbox.counts(site.id);
    assert.deepEqual([counts.dead, counts.pending, counts.quarantined], [0, 0, 0]);
  }
});

/** Sends past events to one site's endpoint only. */
async function deliver(money: Money, site: string, events: readonly EventRow[]) {
  const { state, webhooks } = money.stripe.account;
  const endpoints = state.list('webhook_endpoint');
  for (const endpoint of endpoints) endpoint.status = endpoint.url.endsWith(site) ? 'enabled' : ('disabled' as never);
  for (const event of events) webhooks.resend(event);
  await webhooks.idle();
  for (const endpoint of endpoints) endpoint.status = 'enabled';
}

function arranged<T>(items: readonly T[], seed: number): T[] {
  return items
    .map((item, index) => ({ item, rank: Math.sin(seed * 1000 + index * 7919) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

test('a payment is booked from its webhook alone while Stripe cannot be reached, and completed later', async () => {
  const money = await started();
  const site = await connected(money, { events: ['charge.succeeded'] });
  const outage = money.stripe.faults.add({ kind: 'error' });
  checkoutPayment(money.stripe.account, { amount: 2000, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  await money.drain(1);
  const [booked] = await bookOf(money, site.id);
  assert.deepEqual([booked!.grossMinor, booked!.feeMinor, booked!.links.length], [2000, 0, 0]);
  outage();
  await money.drain();
  const [completed] = await bookOf(money, site.id);
  assert.ok(completed!.feeMinor > 0);
  assert.match(completed!.links[0]!, /^3000 cs_\S+ visitor v1$/);
});

test('a settlement that Stripe does not have yet is asked for again, and comes without a webhook', async () => {
  const money = await started({ settlement: 'later' });
  const site = await connected(money, { events: ['charge.succeeded'] });
  const { account } = money.stripe;
  const { charge } = checkoutPayment(account, { amount: 2000, currency: 'usd' });
  await money.drain(6);
  assert.equal((await bookOf(money, site.id))[0]!.feeMinor, 0);
  settle(account.engine, charge!);
  money.passTime(6 * 3_600_000);
  await money.drain();
  assert.equal((await bookOf(money, site.id))[0]!.feeMinor, 88);
});

test('a pause that Stripe asks for holds for every question of the connection', async () => {
  const money = await started();
  const site = await connected(money, { events: ['charge.succeeded'] });
  const { account } = money.stripe;
  checkoutPayment(account, { amount: 2000, currency: 'usd' });
  await account.webhooks.idle();
  await money.record();
  let asked = 0;
  const provider = {
    ...money.provider,
    async fetch(...args: Parameters<typeof money.provider.fetch>) {
      asked += 1;
      if (asked <= 4) throw new ProviderUnavailable('too many requests', { retryAfterMs: 1_200_000 });
      return money.provider.fetch(...args);
    },
  };
  const fetcher = createFetcher({ ...money, provider });
  money.passTime(5_000);
  while (await fetcher.runOnce());
  const refused = asked;
  assert.ok(refused >= 1);
  // Longer than the pauses of our own.
  money.passTime(1_100_000);
  while (await fetcher.runOnce());
  assert.equal(asked, refused, 'nothing is asked before the time');
  money.passTime(3_600_000);
  while (await fetcher.runOnce());
  await money.drain();
  assert.ok((await bookOf(money, site.id))[0]!.feeMinor > 0);
});

test('what a key may not read is asked for again when another key is connected', async () => {
  const money = await started();
  const site = await connected(money, { key: CHARGES_KEY, events: ['charge.succeeded'] });
  subscribe(money.stripe.account, { amount: 900, currency: 'usd', subscriptionMetadata: { hw_visitor_id: 'v1' } });
  await money.drain();
  assert.equal((await bookOf(money, site.id))[0]!.feeMinor, 0);
  const again = await connectStripe(money, { site: site.id, key: KEY });
  assert.equal(again.id, site.connection.id);
  await money.drain();
  const [payment] = await bookOf(money, site.id);
  assert.ok(payment!.feeMinor > 0);
  assert.match(payment!.links[0]!, /visitor v1$/);
  assert.equal(payment!.kind, 'subscription_start');
});

test("the subscription of attribu.tech's guide links by its session although the key sees no invoice", async () => {
  const money = await started({ orderReferences: false });
  const site = await connected(money, { key: CHARGES_KEY, events: ['charge.succeeded', 'checkout.session.completed'] });
  subscribe(money.stripe.account, {
    amount: 900,
    currency: 'usd',
    email: 'a@example.org',
    sessionMetadata: { attribu_visitor_id: 'v1' },
  });
  await money.drain();
  const [payment] = await bookOf(money, site.id);
  assert.match(payment!.links[0]!, /cs_\S+ visitor v1$/);
});

test('an endpoint that is sent no charge events finds the charge', async () => {
  const money = await started();
  for (const event of [
    'checkout.session.completed',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
    'payment_intent.succeeded',
  ]) {
    await connected(money, { events: [event] });
  }
  subscribe(money.stripe.account, { amount: 900, currency: 'usd', subscriptionMetadata: { hw_visitor_id: 'v1' } });
  await money.drain();
  for (const site of await money.records.sites.list()) {
    const book = await bookOf(money, site.id);
    assert.deepEqual([book[0]?.grossMinor, book[0]?.links[0]?.endsWith('visitor v1')], [900, true]);
  }
});

test('late facts ask for attribution again, repeated ones do not', async () => {
  const money = await started();
  const site = await connected(money);
  const { records } = money;
  checkoutPayment(money.stripe.account, { amount: 2000, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  await money.drain();
  const [request] = await records.attributions.due(money.now(), 10);
  assert.equal(request?.site, site.id);
  await records.attributions.finish(site.id, request!.paymentId, request!.version);
  for (const event of money.stripe.account.state.list('event')) {
    money.stripe.account.webhooks.resend({ ...event, id: `${event.id}twin` });
  }
  await money.drain();
  assert.equal(await records.attributions.count(site.id), 0, 'trap 13: two event ids for one happening change nothing');
  await money.handOver([{ site: site.id, visitors: ['v1'], sessions: [], identifies: [], checkouts: [] }]);
  assert.equal(await records.attributions.count(site.id), 1, 'a late hit of its visitor does');
});

test('rung 3b: a payment link is linked by the session the pixel reports, before or after its webhooks', async () => {
  const money = await started();
  const site = await connected(money, { events: ['charge.succeeded'] });
  const report = (object: string, visitor: string) =>
    money.handOver([
      { site: site.id, visitors: [], sessions: [], identifies: [], checkouts: [{ object, visitor, seenAt: 5 }] },
    ]);
  const first = linkPayment(money.stripe.account, { amount: 500, currency: 'usd' });
  await report(first.session.id, 'v1');
  await money.drain();
  const second = linkPayment(money.stripe.account, { amount: 700, currency: 'usd' });
  await money.drain();
  await report(second.session.id, 'v2');
  await report(second.session.id, 'v2');
  await money.drain();
  const book = await bookOf(money, site.id);
  const linkOf = (charge: string) => book.find((payment) => payment.id === charge)?.links[0];
  assert.equal(linkOf(first.charge!.id), `4000 ${first.session.id} visitor v1`);
  assert.equal(linkOf(second.charge!.id), `4000 ${second.session.id} visitor v2`);
});

test("public hits never make money, and ids that are not Stripe's are no question to Stripe", async () => {
  const money = await started();
  const site = await connected(money);
  const before = money.stripe.requests.length;
  const objects = ['cs_live_elsewhere1', 'cs_test_', 'ch_1', 'pi_', '../v1/charges', 'cs_test_a b', 'x'.repeat(300)];
  await money.handOver([
    {
      site: site.id,
      visitors: ['v1'],
      sessions: [],
      identifies: [{ kind: 'app_id', value: 'null', visitor: 'v1', seenAt: 1 }],
      checkouts: objects.map((object) => ({ object, visitor: 'v1', seenAt: 1 })),
    },
    { site: 'no-such-site', visitors: ['v1'], sessions: [], identifies: [], checkouts: [] },
  ]);
  await money.drain();
  assert.equal(money.stripe.requests.length, before);
  assert.deepEqual(await bookOf(money, site.id), []);
  assert.deepEqual(await money.records.identities.visitors(site.id, 'app_id', ['null']), []);
});

test('one account at two sites keeps two books', async () => {
  const money = await started();
  const [a, b] = [await connected(money), await connected(money)];
  checkoutPayment(money.stripe.account, { amount: 2000, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  await money.drain();
  const [bookA, bookB] = [await bookOf(money, a.id), await bookOf(money, b.id)];
  assert.equal(bookA.length, 1);
  assert.deepEqual(bookA, bookB);
});
