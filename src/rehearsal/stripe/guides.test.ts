import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Stripe } from 'stripe';
import { finishPayment } from './actions.ts';
import { ATTRIBU_PERMISSIONS } from './permissions.ts';
import { type SimulatedStripe, startStripe } from './start.ts';
import { ENDIVE, LEGACY } from './versions.ts';

/** The two guides of the reference folder, word for word, against the simulated Stripe, with the official client. */

const SECRET = 'whsec_guides';
let stripe: SimulatedStripe;
let merchant: Stripe;
let listener: Server;
let received: Stripe.Event[] = [];

function client(key: string, apiVersion?: string): Stripe {
  const { hostname, port } = new URL(stripe.url);
  return new Stripe(key, {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    ...(apiVersion ? { apiVersion: apiVersion as typeof ENDIVE & undefined } : {}),
  });
}

/** Waits for the deliveries under way and gives what came since the last call, by type. */
async function events(): Promise<Record<string, Stripe.Event[]>> {
  await stripe.account.webhooks.idle();
  const all = Object.groupBy(received, (event) => event.type) as Record<string, Stripe.Event[]>;
  received = [];
  return all;
}

const objectOf = (event: Stripe.Event | undefined) => event?.data.object as unknown as Record<string, unknown>;

async function pressPay(url: string, form: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
}

before(async () => {
  stripe = await startStripe({
    seed: 7,
    id: 'acct_guides',
    keys: [
      { key: 'sk_test_guides', permissions: null },
      { key: 'rk_test_attribu', permissions: ATTRIBU_PERMISSIONS },
    ],
  });
  merchant = client('sk_test_guides');
  listener = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      received.push(merchant.webhooks.constructEvent(body, request.headers['stripe-signature']!, SECRET));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  stripe.account.addEndpoint({ url: `http://127.0.0.1:${port}/`, secret: SECRET, version: ENDIVE });
});

after(async () => {
  await stripe.close();
  listener.closeAllConnections();
  listener.close();
});

describe('attribu.tech guide', () => {
  test('Checkout session with metadata: the session carries it, the charge does not', async () => {
    const price = await merchant.prices.create({
      unit_amount: 2_000,
      currency: 'usd',
      product_data: { name: 'Handbook' },
    });
    const session = await merchant.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ price: price.id, quantity: 2 }],
      success_url: 'http://shop.test/success?session_id={CHECKOUT_SESSION_ID}',
      cancel_url: 'http://shop.test/',
      metadata: { attribu_visitor_id: 'v-1', attribu_session_id: '' },
    });
    assert.equal(session.payment_intent, null);
    assert.equal(session.amount_total, 4_000);
    const shown = await (await fetch(session.url!)).text();
    assert.match(shown, /Pay 40\.00 USD/);
    const paid = await pressPay(session.url!, { email: 'ann@example.org' });
    assert.equal(paid.status, 303);
    assert.equal(paid.headers.get('location'), `http://shop.test/success?session_id=${session.id}`);

    const all = await events();
    assert.deepEqual(Object.keys(all).sort(), [
      'charge.succeeded',
      'charge.updated',
      'checkout.session.completed',
      'payment_intent.created',
      'payment_intent.succeeded',
    ]);
    const done = objectOf(all['checkout.session.completed']![0]);
    assert.deepEqual(done.metadata, { attribu_visitor_id: 'v-1' });
    assert.equal(done.customer, null);
    const charge = objectOf(all['charge.succeeded']![0]);
    assert.deepEqual([charge.metadata, charge.customer, charge.balance_transaction], [{}, null, null]);
    assert.equal(charge.payment_intent, done.payment_intent);
    assert.ok(!('invoice' in charge));
    const updated = all['charge.updated']![0]!;
    assert.match(String(objectOf(updated).balance_transaction), /^txn_/);
    assert.deepEqual(updated.data.previous_attributes, { balance_transaction: null });

    const found = await merchant.checkout.sessions.list({ payment_intent: String(charge.payment_intent) });
    assert.deepEqual(
      found.data.map((row) => row.id),
      [session.id],
    );
  });

  test('subscription mode: the session names subscription and invoice, no payment intent', async () => {
    const session = await merchant.checkout.sessions.create({
      mode: 'subscription',
      line_items: [
        {
          price_data: {
            unit_amount: 900,
            currency: 'usd',
            recurring: { interval: 'month' },
            product_data: { name: 'Plan' },
          },
          quantity: 1,
        },
      ],
      success_url: 'http://shop.test/success',
      metadata: { attribu_visitor_id: 'v-2' },
    });
    assert.equal((await pressPay(session.url!)).status, 303);
    const all = await events();
    const done = objectOf(all['checkout.session.completed']![0]);
    assert.equal(done.payment_intent, null);
    assert.match(String(done.subscription), /^sub_/);
    assert.match(String(done.invoice), /^in_/);
    for (const type of ['charge.succeeded', 'payment_intent.succeeded', 'invoice.paid', 'invoice.payment_succeeded']) {
      assert.equal(all[type]?.length, 1, type);
    }
    const invoicePayment = all['invoice_payment.paid']![0]!.data.object as Stripe.InvoicePayment;
    assert.equal(invoicePayment.invoice, done.invoice);
    assert.equal(invoicePayment.payment.payment_intent, objectOf(all['charge.succeeded']![0]).payment_intent);
  });

  test('payment link: the reference survives when valid and is dropped when not; the buyer returns with ?session_id', async () => {
    const price = await merchant.prices.create({
      unit_amount: 500,
      currency: 'eur',
      product_data: { name: 'Sticker' },
    });
    const link = await merchant.paymentLinks.create({
      line_items: [{ price: price.id, quantity: 1 }],
      after_completion: {
        type: 'redirect',
        redirect: { url: 'http://shop.test/thanks?session_id={CHECKOUT_SESSION_ID}' },
      },
    });
    for (const [given, kept] of [
      ['v-3', 'v-3'],
      ['not valid!', null],
      ['x'.repeat(201), null],
    ] as const) {
      const opened = await fetch(`${link.url}?client_reference_id=${encodeURIComponent(given)}`, {
        redirect: 'manual',
      });
      const page = new URL(opened.headers.get('location')!, stripe.url).href;
      const paid = await pressPay(page, { email: 'bob@example.org' });
      const all = await events();
      const done = objectOf(all['checkout.session.completed']![0]);
      assert.equal(done.client_reference_id, kept);
      assert.equal(done.payment_link, link.id);
      assert.equal(paid.headers.get('location'), `http://shop.test/thanks?session_id=${String(done.id)}`);
    }
  });

  test('a restricted key with exactly the guide’s permissions', async () => {
    const restricted = client('rk_test_attribu');
    assert.equal((await restricted.charges.list({ limit: 1 })).data.length, 1);
    await restricted.checkout.sessions.list({ limit: 1 });
    await restricted.customers.list({ limit: 1 });
    const refusals: [Promise<unknown>, RegExp][] = [
      [restricted.events.list(), /'rak_event_read' permission would allow/],
      [restricted.paymentIntents.retrieve('pi_none'), /'rak_payment_intent_read'/],
      [restricted.invoicePayments.list(), /'rak_invoice_read'/],
      [restricted.webhookEndpoints.create({ url: 'https://x.test', enabled_events: ['*'] }), /'rak_webhook_write'/],
      [restricted.charges.list({ expand: ['data.balance_transaction'] }), /'rak_balance_transaction_source_read'/],
      [restricted.accounts.retrieveCurrent(), /on account 'acct_guides'/],
    ];
    for (const [call, words] of refusals) {
      await assert.rejects(call, (error: Stripe.errors.StripePermissionError) => {
        assert.equal(error.type, 'StripePermissionError');
        assert.equal(error.statusCode, 403);
        assert.match(error.message, words);
        return true;
      });
    }
    await assert.rejects(client('sk_test_wrong_0123456789').charges.list(), { type: 'StripeAuthenticationError' });
    await assert.rejects(merchant.charges.retrieve('ch_none'), { code: 'resource_missing', statusCode: 404 });
  });
});

describe('Zori guide', () => {
  test('subscription with expand latest_invoice.payment_intent: an old pinned version can, endive refuses', async () => {
    const old = client('sk_test_guides', LEGACY);
    const customer = await old.customers.create({ email: 'cleo@example.org' });
    const price = await old.prices.create({
      unit_amount: 1_900,
      currency: 'usd',
      recurring: { interval: 'month' },
      product_data: { name: 'Pro' },
    });
    const input: Stripe.SubscriptionCreateParams = {
      customer: customer.id,
      items: [{ price: price.id }],
      payment_behavior: 'default_incomplete',
      expand: ['latest_invoice.payment_intent'],
      metadata: { zori_visitor_id: 'z-1' },
    };
    await assert.rejects(merchant.subscriptions.create(input), /cannot be expanded \(payment_intent\)/);
    await events();

    const subscription = await old.subscriptions.create(input);
    assert.equal(subscription.status, 'incomplete');
    const invoice = subscription.latest_invoice as unknown as { payment_intent: Stripe.PaymentIntent };
    const intent = invoice.payment_intent;
    assert.match(intent.client_secret!, /^pi_.*_secret_/);
    assert.deepEqual(intent.metadata, {});

    const page = `${stripe.url}/pay/${intent.id}?client_secret=${intent.client_secret}&return_url=${encodeURIComponent('http://shop.test/success')}`;
    const paid = await pressPay(page, {
      client_secret: intent.client_secret!,
      return_url: 'http://shop.test/success',
    });
    const back = new URL(paid.headers.get('location')!);
    assert.equal(back.searchParams.get('payment_intent'), intent.id);
    assert.equal(back.searchParams.get('redirect_status'), 'succeeded');
    const all = await events();
    assert.deepEqual(objectOf(all['charge.succeeded']![0]).metadata, {});
    const paidInvoice = all['invoice.payment_succeeded']![0]!.data.object as Stripe.Invoice;
    assert.deepEqual(paidInvoice.parent?.subscription_details?.metadata, { zori_visitor_id: 'z-1' });
    assert.deepEqual(paidInvoice.metadata, {});
    assert.equal((await merchant.subscriptions.retrieve(subscription.id)).status, 'active');
  });

  test('payment intent: its metadata is copied once, to the charge', async () => {
    const intent = await merchant.paymentIntents.create({
      amount: 700,
      currency: 'usd',
      metadata: { zori_visitor_id: 'z-2' },
    });
    await merchant.paymentIntents.confirm(intent.id);
    await merchant.paymentIntents.update(intent.id, { metadata: { zori_visitor_id: 'z-9' } });
    const all = await events();
    const charge = objectOf(all['charge.succeeded']![0]);
    assert.deepEqual(charge.metadata, { zori_visitor_id: 'z-2' });
    const stored = await merchant.charges.retrieve(String(charge.id), { expand: ['balance_transaction', 'refunds'] });
    assert.deepEqual(stored.metadata, { zori_visitor_id: 'z-2' });
    const settled = stored.balance_transaction as Stripe.BalanceTransaction;
    assert.deepEqual([settled.amount, settled.fee, settled.net], [700, 50, 650]);
    assert.deepEqual(stored.refunds?.data, []);
    // The guide's mistake: no metadata on a bank debit that fails, and no charge that counts.
    const later = await merchant.paymentIntents.create({ amount: 800, currency: 'usd' });
    const form = { client_secret: later.client_secret!, return_url: 'http://shop.test/ok', card: 'bank' };
    await pressPay(`${stripe.url}/pay/${later.id}`, form);
    const pending = await events();
    assert.equal(objectOf(pending['charge.pending']![0]).status, 'pending');
    const row = stripe.account.state.need('charge', String(objectOf(pending['charge.pending']![0]).id));
    finishPayment(stripe.account, row, 'fails');
    assert.deepEqual(Object.keys(await events()).sort(), ['charge.failed', 'payment_intent.payment_failed']);
  });

  test('Checkout example: metadata on the session only leaves the charge empty', async () => {
    const price = await merchant.prices.create({ unit_amount: 100, currency: 'usd', product_data: { name: 'Pin' } });
    const session = await merchant.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ price: price.id, quantity: 1 }],
      metadata: { zori_visitor_id: 'z-3' },
      success_url: 'http://shop.test/success',
    });
    await pressPay(session.url!);
    const all = await events();
    assert.deepEqual(objectOf(all['charge.succeeded']![0]).metadata, {});
    assert.deepEqual(objectOf(all['checkout.session.completed']![0]).metadata, { zori_visitor_id: 'z-3' });
  });
});
