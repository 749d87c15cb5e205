import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Stripe } from 'stripe';
import { checkoutPayment, subscribe } from './actions.ts';
import { FULL_READ_PERMISSIONS } from './permissions.ts';
import { type SimulatedStripe, startStripe } from './start.ts';
import { BASIL, ENDIVE, LEGACY } from './versions.ts';

/** Endpoints, events, keys, limits, Connect, thin events and test clocks, over HTTP with the official client. */

let stripe: SimulatedStripe;
let api: Stripe;
let listener: Server;
let hook = '';
let heard: Record<string, unknown>[] = [];
let status = 200;
const now = Date.UTC(2026, 9, 20, 12);

function client(key: string, more: Partial<Stripe.StripeConfig> = {}): Stripe {
  const { hostname, port } = new URL(stripe.url);
  return new Stripe(key, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, ...more });
}

before(async () => {
  stripe = await startStripe({
    seed: 5,
    now,
    clientId: 'ca_headwater',
    keys: [
      { key: 'sk_test_platform', permissions: null },
      { key: 'rk_test_reader', permissions: FULL_READ_PERMISSIONS.filter((name) => name !== 'rak_webhook_write') },
      { key: 'rk_test_elsewhere', permissions: null, ips: ['203.0.113.7'] },
      { key: 'rk_test_gone', permissions: null, expired: true },
    ],
    webhooks: { tries: 1 },
  });
  api = client('sk_test_platform');
  listener = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      heard.push(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  hook = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`;
});

after(async () => {
  await stripe.close();
  listener.closeAllConnections();
  listener.close();
});

async function take(): Promise<Record<string, unknown>[]> {
  await stripe.account.webhooks.idle();
  const taken = heard;
  heard = [];
  return taken;
}

describe('webhook endpoints', () => {
  test('sixteen at most, known types only, each version its own types', async () => {
    const input = {
      url: 'https://a.test/',
      enabled_events: ['charge.succeeded'] as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
    };
    const wrong = { ...input, enabled_events: ['charge.exploded' as never] };
    await assert.rejects(api.webhookEndpoints.create(wrong), /enabled_events\[0\]/);
    const early = { ...input, enabled_events: ['invoice_payment.paid' as const], api_version: LEGACY };
    await assert.rejects(api.webhookEndpoints.create(early), /of 2020-08-27, got invoice_payment\.paid/);
    const made: string[] = [];
    for (let index = 0; index < 16; index += 1) made.push((await api.webhookEndpoints.create(input)).id);
    await assert.rejects(api.webhookEndpoints.create(input), /maximum of 16/);
    assert.equal((await api.webhookEndpoints.update(made[0]!, { disabled: true })).status, 'disabled');
    for (const id of made) await api.webhookEndpoints.del(id);
  });

  test('writing needs its permission; an idempotency key is good for one request only', async () => {
    const reader = client('rk_test_reader');
    await reader.webhookEndpoints.list();
    const input = { url: 'https://b.test/', enabled_events: ['*' as const] };
    await assert.rejects(reader.webhookEndpoints.create(input), /rak_webhook_write/);
    const idempotencyKey = 'once';
    const first = await api.webhookEndpoints.create(input, { idempotencyKey });
    assert.equal((await api.webhookEndpoints.create(input, { idempotencyKey })).id, first.id);
    const other = { ...input, url: 'https://c.test/' };
    await assert.rejects(api.webhookEndpoints.create(other, { idempotencyKey }), { type: 'StripeIdempotencyError' });
    await api.webhookEndpoints.del(first.id);
  });
});

describe('keys and limits', () => {
  test('an expired key, and one that is bound to an address', async () => {
    await assert.rejects(client('rk_test_gone').charges.list(), { code: 'api_key_expired', statusCode: 401 });
    await assert.rejects(client('rk_test_elsewhere').charges.list(), /does not allow requests from your IP address/);
  });

  test('25 requests a second per endpoint, with advice on when to come back', async () => {
    stripe.faults.limitPerEndpoint = 25;
    const headers = { authorization: 'Bearer sk_test_platform' };
    const ask = (path: string) => fetch(`${stripe.url}/v1/${path}`, { headers });
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask('charges?limit=1')));
    const refused = answers.find((answer) => answer.status === 429)!;
    assert.deepEqual(
      ['stripe-should-retry', 'retry-after', 'stripe-rate-limited-reason'].map((name) => refused.headers.get(name)),
      ['true', '1', 'endpoint-rate'],
    );
    assert.equal((await ask('refunds')).status, 200);
    stripe.faults.limitPerEndpoint = null;
  });

  test('parameters that a list does not know are refused', async () => {
    await assert.rejects(api.charges.list({ invoice: 'in_1' } as never), { code: 'parameter_unknown' });
    await assert.rejects(
      api.events.list({ types: Array.from({ length: 21 }, () => 'charge.succeeded') }),
      /at most 20/,
    );
    await assert.rejects(api.invoices.list({ expand: ['data.payments.data.payment.payment_intent'] }), {
      code: 'property_expansion_max_depth',
    });
  });
});

describe('events', () => {
  test('thirty days, newest first, undelivered ones on request, rendered as at their time', async () => {
    const { account } = stripe;
    account.engine.settings.defaultVersion = BASIL;
    account.setNow(now - 31 * 86_400_000);
    checkoutPayment(account, { amount: 100, currency: 'usd' });
    account.setNow(now);
    account.addEndpoint({ url: hook, events: ['charge.succeeded'] });
    checkoutPayment(account, { amount: 200, currency: 'usd' });
    await take();
    account.engine.settings.defaultVersion = ENDIVE;
    status = 500;
    checkoutPayment(account, { amount: 300, currency: 'usd' });
    await take();
    status = 200;
    const { data } = await api.events.list({ types: ['charge.succeeded'] });
    const amountOf = (event: Stripe.Event) => (event.data.object as Stripe.Charge).amount;
    assert.deepEqual(
      data.map((event) => [amountOf(event), event.api_version]),
      [
        [300, ENDIVE],
        [200, BASIL],
      ],
    );
    const missed = await api.events.list({ delivery_success: false });
    assert.deepEqual(missed.data.map(amountOf), [300]);
    for (const endpoint of (await api.webhookEndpoints.list()).data) await api.webhookEndpoints.del(endpoint.id);
  });

  test('thin ones name the object and their twin', async () => {
    const endpoint = stripe.account.addEndpoint({ url: hook, events: ['v1.charge.succeeded'], thin: true });
    const { charge } = checkoutPayment(stripe.account, { amount: 100, currency: 'usd' });
    const [event] = await take();
    assert.deepEqual(event!.related_object, { id: charge!.id, type: 'charge', url: `/v1/charges/${charge!.id}` });
    assert.deepEqual([event!.object, event!.type, 'data' in event!], ['v2.core.event', 'v1.charge.succeeded', false]);
    const twin = await api.events.retrieve(String(event!.snapshot_event));
    assert.equal((twin.data.object as Stripe.Charge).id, charge!.id);
    stripe.account.state.remove('webhook_endpoint', endpoint.id);
  });
});

describe('Connect', () => {
  test('an account agrees, the platform gets a key, reaches it and hears of it, and lets go', async () => {
    const shop = stripe.addAccount({ id: 'acct_shop', now });
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'ca_headwater',
      scope: 'read_write',
      state: 's-1',
      redirect_uri: 'http://headwater.test/back',
    });
    const page = `${stripe.url}/oauth/authorize?${query}`;
    assert.match(await (await fetch(page)).text(), /Connect acct_shop/);
    const agreed = await fetch(page, {
      method: 'POST',
      body: new URLSearchParams({ account: 'acct_shop' }),
      redirect: 'manual',
    });
    const back = new URL(agreed.headers.get('location')!);
    assert.equal(back.searchParams.get('state'), 's-1');
    const readOnly = await fetch(page.replace('read_write', 'read_only'), { redirect: 'manual' });
    assert.equal(new URL(readOnly.headers.get('location')!).searchParams.get('error'), 'invalid_scope');

    const code = back.searchParams.get('code')!;
    const exchange = () => postForm('/oauth/token', { grant_type: 'authorization_code', code });
    const token = await exchange();
    assert.deepEqual([token.stripe_user_id, token.scope, token.livemode], ['acct_shop', 'read_write', false]);
    assert.equal((await exchange()).error, 'invalid_grant');
    assert.deepEqual((await client(String(token.access_token)).charges.list()).data, []);

    stripe.account.addEndpoint({ url: hook, events: ['charge.succeeded'], connect: true });
    const { charge } = checkoutPayment(shop, { amount: 100, currency: 'usd' });
    const [event] = await take();
    assert.equal(event!.account, 'acct_shop');
    const onBehalf = { stripeAccount: 'acct_shop' };
    assert.equal((await api.charges.retrieve(charge!.id, {}, onBehalf)).id, charge!.id);
    await postForm('/oauth/deauthorize', { client_id: 'ca_headwater', stripe_user_id: 'acct_shop' });
    await assert.rejects(api.charges.list({}, onBehalf), { code: 'account_invalid' });
  });

  async function postForm(path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
    const headers = { authorization: 'Bearer sk_test_platform' };
    const response = await fetch(stripe.url + path, { method: 'POST', headers, body: new URLSearchParams(form) });
    return (await response.json()) as Record<string, unknown>;
  }
});

describe('test clocks', () => {
  test('advancing renews; objects of a clock are left out of lists unless asked for', async () => {
    const start = now / 1_000;
    const clock = await api.testHelpers.testClocks.create({ frozen_time: start });
    const customer = await api.customers.create({ email: 'clock@example.org', test_clock: clock.id });
    const price = await api.prices.create({
      unit_amount: 500,
      currency: 'usd',
      recurring: { interval: 'month' },
      product_data: { name: 'Plan' },
    });
    const made = await api.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    assert.equal(made.test_clock, clock.id);
    await api.testHelpers.testClocks.advance(clock.id, { frozen_time: start + 61 * 86_400 });
    const invoices = await api.invoices.list({ subscription: made.id });
    assert.deepEqual(
      invoices.data.map((invoice) => [invoice.billing_reason, invoice.created - start]),
      [
        ['subscription_cycle', 60 * 86_400],
        ['subscription_cycle', 30 * 86_400],
        ['subscription_create', 0],
      ],
    );
    subscribe(stripe.account, { amount: 100, currency: 'usd' });
    const ids = (list: { data: { id: string }[] }) => list.data.map((row) => row.id);
    assert.ok(!ids(await api.subscriptions.list()).includes(made.id));
    assert.deepEqual(ids(await api.subscriptions.list({ test_clock: clock.id })), [made.id]);
    assert.deepEqual(ids(await api.subscriptions.list({ customer: customer.id })), [made.id]);
    assert.ok(!ids(await api.customers.list({ limit: 100 })).includes(customer.id));
  });
});
