import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Stripe } from 'stripe';
import {
  addCustomer,
  checkoutPayment,
  editSubscription,
  finishPayment,
  refundCharge,
  renew,
  subscribe,
} from './actions.ts';
import { FULL_READ_PERMISSIONS } from './permissions.ts';
import { type SimulatedStripe, startStripe } from './start.ts';
import { ENDIVE, LEGACY } from './versions.ts';

/** What the simulated Stripe does beyond the guides: renderings, lists, deliveries, faults. */

interface Heard {
  path: string;
  event: Stripe.Event;
}

let stripe: SimulatedStripe;
let api: Stripe;
let listener: Server;
let base = '';
let heard: Heard[] = [];
let failing = 0;

before(async () => {
  stripe = await startStripe({
    seed: 3,
    now: Date.UTC(2026, 7, 1, 12),
    keys: [
      { key: 'sk_test_a', permissions: null },
      { key: 'rk_test_full', permissions: FULL_READ_PERMISSIONS },
    ],
    webhooks: { backoffMs: 5 },
  });
  const { hostname, port } = new URL(stripe.url);
  api = new Stripe('sk_test_a', { host: hostname, port, protocol: 'http', maxNetworkRetries: 0 });
  listener = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (failing > 0) {
        failing -= 1;
        response.writeHead(503).end();
        return;
      }
      const secret = request.url === '/old' ? 'whsec_old' : 'whsec_new';
      const body = Buffer.concat(chunks);
      const event = api.webhooks.constructEvent(body, request.headers['stripe-signature']!, secret);
      heard.push({ path: request.url!, event });
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  stripe.account.addEndpoint({ url: `${base}/old`, secret: 'whsec_old', version: LEGACY });
  stripe.account.addEndpoint({ url: `${base}/new`, secret: 'whsec_new', version: ENDIVE });
});

after(async () => {
  await stripe.close();
  listener.closeAllConnections();
  listener.close();
});

/** Deliveries of an earlier test must not be taken for those of the next. */
async function forget(): Promise<void> {
  await stripe.account.webhooks.idle();
  heard = [];
}

async function take(path: string): Promise<Record<string, Record<string, unknown>[]>> {
  await stripe.account.webhooks.idle();
  const mine = heard.filter((entry) => entry.path === path);
  const groups = Object.groupBy(mine, (entry) => entry.event.type);
  return Object.fromEntries(
    Object.entries(groups).map(([type, list]) => [
      type,
      list!.map((entry) => entry.event.data.object as unknown as Record<string, unknown>),
    ]),
  );
}

describe('renderings', () => {
  test('one subscription, two versions', async () => {
    await forget();
    const { subscription, charge, invoice } = subscribe(stripe.account, {
      amount: 1_500,
      currency: 'usd',
      email: 'dora@example.org',
      subscriptionMetadata: { hw_visitor_id: 'v-1' },
    });
    const [old, endive] = [await take('/old'), await take('/new')];
    // Invoice payments are told of since May 2025 only.
    const known = Object.keys(endive).filter((type) => type !== 'invoice_payment.paid');
    assert.deepEqual(Object.keys(old).sort(), known.sort());

    const oldCharge = old['charge.succeeded']![0]!;
    assert.equal(oldCharge.invoice, invoice.id);
    assert.deepEqual((oldCharge.refunds as { data: unknown[] }).data, []);
    const newCharge = endive['charge.succeeded']![0]!;
    assert.ok(!('invoice' in newCharge) && !('refunds' in newCharge));

    const oldIntent = old['payment_intent.succeeded']![0]!;
    assert.equal((oldIntent.charges as { data: { id: string }[] }).data[0]!.id, charge!.id);
    assert.equal(oldIntent.invoice, invoice.id);
    const newIntent = endive['payment_intent.succeeded']![0]!;
    assert.equal(newIntent.latest_charge, charge!.id);
    assert.ok(!('charges' in newIntent) && !('invoice' in newIntent));
    assert.deepEqual(newIntent.payment_details, { customer_reference: null, order_reference: invoice.id });

    const oldInvoice = old['invoice.paid']![0]!;
    assert.deepEqual(
      [oldInvoice.charge, oldInvoice.payment_intent, oldInvoice.subscription, oldInvoice.paid],
      [charge!.id, charge!.paymentIntent, subscription.id, true],
    );
    assert.ok(!('parent' in oldInvoice));
    const newInvoice = endive['invoice.paid']![0]! as unknown as Stripe.Invoice;
    assert.deepEqual(newInvoice.parent?.subscription_details, {
      metadata: { hw_visitor_id: 'v-1' },
      subscription: subscription.id,
    });
    for (const gone of ['charge', 'payment_intent', 'subscription', 'paid', 'payments'])
      assert.ok(!(gone in newInvoice));

    const oldSubscription = old['customer.subscription.created']![0]!;
    assert.equal(oldSubscription.current_period_end, subscription.periodEnd);
    const item = (endive['customer.subscription.created']![0]!.items as { data: Record<string, unknown>[] }).data[0]!;
    assert.equal(item.current_period_end, subscription.periodEnd);
  });

  test('renewals keep the snapshot of their own time', async () => {
    await forget();
    const { subscription } = subscribe(stripe.account, {
      amount: 1_000,
      currency: 'usd',
      via: 'api',
      subscriptionMetadata: { hw_visitor_id: 'first' },
    });
    editSubscription(stripe.account, subscription, { hw_visitor_id: 'second' });
    const { invoice } = renew(stripe.account, subscription);
    const { data } = await api.invoices.list({ subscription: subscription.id });
    const seen = data.map((row) => row.parent?.subscription_details?.metadata?.hw_visitor_id);
    assert.deepEqual(seen, ['second', 'first']);
    assert.deepEqual(data[1]!.lines.data[0]!.metadata, { hw_visitor_id: 'second' });
    const payments = await api.invoicePayments.list({
      payment: { type: 'payment_intent', payment_intent: invoice.paymentIntent! },
      expand: ['data.payment.payment_intent'],
    });
    assert.equal((payments.data[0]!.payment.payment_intent as Stripe.PaymentIntent).status, 'succeeded');
  });

  test('a trial costs nothing and a bank debit pays later', async () => {
    await forget();
    const trial = subscribe(stripe.account, { amount: 900, currency: 'usd', trialDays: 14 });
    assert.equal(trial.charge, null);
    assert.equal(trial.invoice.amountPaid, 0);
    let seen = await take('/new');
    assert.equal(seen['checkout.session.completed']![0]!.payment_status, 'no_payment_required');
    assert.equal(seen['charge.succeeded'], undefined);

    await forget();
    const later = checkoutPayment(stripe.account, { amount: 900, currency: 'usd', outcome: 'pending' });
    seen = await take('/new');
    assert.equal(seen['checkout.session.completed']![0]!.payment_status, 'unpaid');
    finishPayment(stripe.account, later.charge!, 'succeeds');
    seen = await take('/new');
    assert.equal(seen['checkout.session.async_payment_succeeded']![0]!.payment_status, 'paid');
    assert.equal(seen['charge.succeeded']![0]!.amount_captured, 900);
  });

  test('refunds: two charge.refunded of one charge, each with the sum so far', async () => {
    await forget();
    const { charge } = checkoutPayment(stripe.account, { amount: 1_000, currency: 'usd' });
    refundCharge(stripe.account, charge!, 300);
    refundCharge(stripe.account, charge!, 200);
    const seen = await take('/new');
    const refunded = seen['charge.refunded']!.map((row) => row.amount_refunded).sort();
    assert.deepEqual(refunded, [300, 500]);
    await assert.rejects(api.refunds.create({ charge: charge!.id, amount: 501 }), /greater than unrefunded amount/);
    const list = await api.refunds.list({ charge: charge!.id, expand: ['data.balance_transaction'] });
    assert.deepEqual(
      list.data.map((row) => (row.balance_transaction as Stripe.BalanceTransaction).amount),
      [-200, -300],
    );
  });
});

describe('API', () => {
  test('lists: newest first, pages, filters, created ranges', async () => {
    const account = stripe.addAccount({ keys: [{ key: 'sk_test_lists', permissions: null }], events: false });
    const { hostname, port } = new URL(stripe.url);
    const lists = new Stripe('sk_test_lists', { host: hostname, port, protocol: 'http' });
    const start = Date.UTC(2026, 0, 1);
    for (let index = 0; index < 25; index += 1) {
      account.setNow(start + index * 60_000);
      addCustomer(account, { email: `c${index}@example.org` });
    }
    const all: string[] = [];
    for await (const customer of lists.customers.list({ limit: 10 })) all.push(customer.email!);
    assert.deepEqual(
      all,
      Array.from({ length: 25 }, (_, index) => `c${24 - index}@example.org`),
    );
    const since = await lists.customers.list({ created: { gte: start / 1_000 + 23 * 60 } });
    assert.deepEqual([since.data.length, since.has_more], [2, false]);
    const back = await lists.customers.list({ limit: 2, ending_before: since.data[1]!.id });
    assert.deepEqual(
      back.data.map((row) => row.email),
      ['c24@example.org'],
    );
    assert.equal((await lists.customers.list({ email: 'c3@example.org' })).data.length, 1);
    assert.deepEqual((await api.customers.list({ email: 'c3@example.org' })).data, []);
    await assert.rejects(lists.customers.list({ starting_after: 'cus_none' }), { code: 'resource_missing' });
  });

  test('refusals in the words of Stripe', async () => {
    const price = await api.prices.create({ unit_amount: 100, currency: 'usd', product_data: { name: 'A' } });
    const lines = [{ price: price.id, quantity: 1 }];
    const cases: [Promise<unknown>, RegExp][] = [
      [api.checkout.sessions.create({ mode: 'subscription', line_items: lines }), /at least one recurring price/],
      [
        api.checkout.sessions.create({ mode: 'payment', line_items: [{ price: 'price_no' }] }),
        /No such price: 'price_no'/,
      ],
      [api.paymentIntents.create({ amount: 0, currency: 'usd' }), /greater than or equal to 1/],
      [api.customers.create({ metadata: { k: 'x'.repeat(501) } }), /up to 500 characters/],
      [api.charges.list({ expand: ['data.payment_intent.customer.default_source.x'] }), /expand more than 4 levels/],
      [api.charges.list({ limit: 101 }), /limit/],
      [api.rawRequest('GET', '/v1/nothing_here'), /Unrecognized request URL/],
      [api.charges.list({}, { apiVersion: '2015-01-01' }), /Invalid Stripe API version/],
    ];
    for (const [call, words] of cases) await assert.rejects(call, words);
  });

  test('an answer lost on the way is not carried out twice', async () => {
    const before = stripe.account.state.list('customer').length;
    stripe.faults.add({ kind: 'lost', path: '/v1/customers', method: 'POST', times: 1 });
    const { hostname, port } = new URL(stripe.url);
    const patient = new Stripe('sk_test_a', { host: hostname, port, protocol: 'http', maxNetworkRetries: 2 });
    const customer = await patient.customers.create({ email: 'once@example.org' });
    assert.equal(stripe.account.state.list('customer').length, before + 1);
    assert.equal(stripe.account.state.need('customer', customer.id).email, 'once@example.org');
  });

  test('faults: rate limit, error, reset, timeout', async () => {
    const { hostname, port } = new URL(stripe.url);
    const hasty = new Stripe('sk_test_a', {
      host: hostname,
      port,
      protocol: 'http',
      maxNetworkRetries: 0,
      timeout: 60,
    });
    const expected = {
      rate_limit: 'StripeRateLimitError',
      error: 'StripeAPIError',
      reset: 'StripeConnectionError',
      timeout: 'StripeConnectionError',
    } as const;
    for (const [kind, type] of Object.entries(expected)) {
      const remove = stripe.faults.add({ kind: kind as keyof typeof expected, path: '/v1/charges' });
      await assert.rejects(hasty.charges.list(), { type }, kind);
      remove();
    }
    stripe.faults.limitPerSecond = 2;
    const burst = await Promise.allSettled(Array.from({ length: 6 }, () => hasty.charges.list({ limit: 1 })));
    stripe.faults.limitPerSecond = null;
    assert.ok(burst.some((result) => result.status === 'rejected'));
  });

  test('webhook endpoints: the secret is shown once', async () => {
    const made = await api.webhookEndpoints.create({
      url: 'https://later.test/hook',
      enabled_events: ['charge.succeeded'],
    });
    assert.match(made.secret!, /^whsec_/);
    const listed = (await api.webhookEndpoints.list()).data.find((row) => row.id === made.id)!;
    assert.equal(listed.secret, undefined);
    assert.equal(listed.api_version, ENDIVE);
    await api.webhookEndpoints.del(made.id);
    assert.ok(!(await api.webhookEndpoints.list()).data.some((row) => row.id === made.id));
  });
});

describe('deliveries', () => {
  test('held back, then shuffled and doubled, with a type lost', async () => {
    await forget();
    const { webhooks } = stripe.account;
    webhooks.hold();
    checkoutPayment(stripe.account, { amount: 100, currency: 'usd' });
    const order = webhooks.held().map((event) => event.id);
    await webhooks.idle();
    assert.equal(heard.length, 0);
    await webhooks.release({ order: 'shuffled', seed: 4, copies: 2, drop: (event) => event.type === 'charge.updated' });
    const got = heard.filter((entry) => entry.path === '/new').map((entry) => entry.event.id);
    assert.equal(got.length, (order.length - 1) * 2);
    assert.equal(new Set(got).size, order.length - 1);
    assert.notDeepEqual([...new Set(got)], order.slice(0, -1));
  });

  test('refused ones are sent again until they are taken, signed anew', async () => {
    await forget();
    failing = 5;
    const before = stripe.account.webhooks.attempts().length;
    checkoutPayment(stripe.account, { amount: 100, currency: 'usd' });
    await stripe.account.webhooks.idle();
    const attempts = stripe.account.webhooks.attempts().slice(before);
    assert.equal(attempts.filter((attempt) => attempt.status === 503).length, 5);
    assert.equal(attempts.filter((attempt) => attempt.status === 200).length, 10);
  });

  test('the feed of events shows what was, whatever the request’s version', async () => {
    const { data } = await api.events.list({ types: ['charge.refunded'] }, { apiVersion: LEGACY });
    assert.ok(data.length > 0 && data.every((event) => event.api_version === ENDIVE));
  });
});
