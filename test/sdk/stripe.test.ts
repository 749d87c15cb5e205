// The parameter builders of the server SDK, by the real path: the `stripe` package, a Stripe, its webhooks, a Headwater.
// That this file compiles is the type test: each builder's answer fits the package's own parameter types.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Stripe } from 'stripe';
import {
  checkoutParams,
  createHeadwater,
  customerParams,
  invoiceParams,
  paymentIntentParams,
  paymentLinkParams,
  paymentLinkUrl,
  subscriptionParams,
} from '../../sdk/src/server.ts';
import type { PaymentDetailAnswer, PaymentsAnswer } from '../../src/http/contract.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import { stripeClient } from '../browser/shops.ts';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';

const KEY = 'sk_test_sdk';
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
const THANKS = 'http://shop.test/success';

let simulated: SimulatedStripe;
let headwater: Headwater;
let stripe: Stripe;
let site: string;
let key: string;
let once: string;
let monthly: string;

before(async () => {
  simulated = await startStripe({ id: 'acct_sdk', keys: [{ key: KEY, permissions: null }] });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: simulated.url });
  ({ id: site } = await headwater.command<{ id: string }>('site', 'add', '--name', 'Shop', '--domain', 'shop.test'));
  ({ key } = await headwater.command<{ key: string }>('key', 'add', '--site', site));
  const { secret } = simulated.account.addEndpoint({ url: `${headwater.url}/api/webhooks/stripe/${site}` });
  await headwater.command('stripe', 'connect', '--site', site, '--key', KEY, '--webhook-secret', secret);
  stripe = stripeClient(simulated.url, KEY);
  const price = { currency: 'usd', unit_amount: 2_000, product_data: { name: 'Tea' } };
  once = (await stripe.prices.create(price)).id;
  monthly = (await stripe.prices.create({ ...price, recurring: { interval: 'month' } })).id;
});
after(async () => {
  await headwater?.[Symbol.asyncDispose]();
  await simulated?.close();
});

/** A request of a visitor as a fetch-style server gets it: the cookie is all it knows. */
const requestOf = (visitor: string) =>
  new Request('http://shop.test/pay', {
    headers: { cookie: `theme=dark; hw_visitor_id=${visitor}; hw_session_id=s-1` },
  });

const press = (url: string, form: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });

async function confirm(secret: string): Promise<void> {
  const intent = secret.split('_secret_')[0];
  const answer = await press(`${simulated.url}/pay/${intent}`, { client_secret: secret, return_url: THANKS });
  assert.equal(answer.status, 303);
}

interface Case {
  name: string;
  pay(visitor: string): Promise<void>;
  /** The objects that carry the id, by Stripe's prefix, and the field; the first is what the payment is credited by. */
  evidence: string[];
}

const CASES: Case[] = [
  {
    name: 'checkoutParams, payment',
    async pay(visitor) {
      const session = await stripe.checkout.sessions.create(
        checkoutParams(requestOf(visitor), {
          mode: 'payment',
          line_items: [{ price: once, quantity: 1 }],
          success_url: THANKS,
          metadata: { order: '17' },
        }),
      );
      assert.deepEqual(session.metadata, { order: '17', hw_visitor_id: visitor, hw_session_id: 's-1' });
      const paid = await press(session.url!, { email: 'ann@example.org' });
      assert.equal(paid.headers.get('location'), `${THANKS}?session_id=${session.id}`);
    },
    evidence: [
      'ch metadata.hw_visitor_id',
      'pi metadata.hw_visitor_id',
      'cs metadata.hw_visitor_id',
      'cs client_reference_id',
    ],
  },
  {
    name: 'checkoutParams, subscription',
    async pay(visitor) {
      const session = await stripe.checkout.sessions.create(
        checkoutParams(requestOf(visitor), {
          mode: 'subscription',
          line_items: [{ price: monthly, quantity: 1 }],
          success_url: THANKS,
        }),
      );
      await press(session.url!, { email: 'bob@example.org' });
    },
    evidence: [
      'in parent.subscription_details.metadata.hw_visitor_id',
      'sub metadata.hw_visitor_id',
      'cs metadata.hw_visitor_id',
      'cs client_reference_id',
    ],
  },
  {
    name: 'paymentIntentParams',
    async pay(visitor) {
      const intent = await stripe.paymentIntents.create(
        paymentIntentParams(requestOf(visitor), { amount: 2_000, currency: 'usd' }),
      );
      await confirm(intent.client_secret!);
    },
    evidence: ['ch metadata.hw_visitor_id', 'pi metadata.hw_visitor_id'],
  },
  {
    name: 'subscriptionParams',
    async pay(visitor) {
      const customer = await stripe.customers.create({ email: 'cleo@example.org' });
      const subscription = await stripe.subscriptions.create(
        subscriptionParams(requestOf(visitor), {
          customer: customer.id,
          items: [{ price: monthly }],
          payment_behavior: 'default_incomplete',
          expand: ['latest_invoice.confirmation_secret'],
        }),
      );
      const invoice = subscription.latest_invoice as Stripe.Invoice;
      await confirm(invoice.confirmation_secret!.client_secret);
    },
    evidence: ['in parent.subscription_details.metadata.hw_visitor_id', 'sub metadata.hw_visitor_id'],
  },
  {
    name: 'customerParams',
    async pay(visitor) {
      const params = customerParams(requestOf(visitor), { email: 'dan@example.org' });
      const customer = await stripe.customers.create(params);
      const intent = await stripe.paymentIntents.create({ amount: 2_000, currency: 'usd', customer: customer.id });
      await confirm(intent.client_secret!);
    },
    evidence: ['cus metadata.hw_visitor_id'],
  },
  {
    name: 'paymentLinkUrl',
    async pay(visitor) {
      const link = await stripe.paymentLinks.create(
        paymentLinkParams({
          line_items: [{ price: once, quantity: 1 }],
          after_completion: { type: 'redirect', redirect: { url: `${THANKS}?from=link#top` } },
        }),
      );
      const opened = await fetch(paymentLinkUrl(requestOf(visitor), link.url));
      const paid = await press(opened.url, { email: 'eve@example.org' });
      assert.match(paid.headers.get('location')!, /^http:\/\/shop\.test\/success\?from=link&session_id=cs_\w+#top$/);
    },
    evidence: ['cs client_reference_id'],
  },
];

describe('a payment made with the server SDK is attributed, and says by what', () => {
  for (const [number, { name, pay, evidence }] of CASES.entries()) {
    it(name, async () => {
      const visitor = `visitor-${number}`;
      const landing = { id: crypto.randomUUID(), name: 'pageview', url: 'https://shop.test/?utm_source=google' };
      const body = { site, visitor, session: `session-${number}`, events: [landing] };
      assert.equal((await headwater.post('/api/event', body, { 'user-agent': BROWSER })).status, 202);
      await pay(visitor);
      const { id } = simulated.account.state.list('charge')[0]!;
      const payment = await until(async () => {
        const answer = await headwater.get<PaymentDetailAnswer>(`/api/v1/sites/${site}/payments/${id}`, key);
        const found = evidenceOf(answer, visitor).length;
        if (answer.visitor_id !== visitor || found < evidence.length) throw new Error(JSON.stringify(answer));
        return answer;
      }, `${name} to be attributed with its evidence`);
      assert.deepEqual(evidenceOf(payment, visitor), evidence);
      assert.deepEqual([payment.source, payment.revenue], ['google', 2_000]);
      const used = payment.links.filter((link) => link.used).map(({ object, field }) => `${kindOf(object)} ${field}`);
      assert.deepEqual(used, [evidence[0]]);
    });
  }
});

it('money of another provider is of the mode that reports show, unless it says another', async () => {
  const shop = createHeadwater({ host: headwater.url, site, key });
  const paid = { amount: 700, currency: 'usd', occurredAt: Date.now() - 1_000 };
  await shop.payment({ ...paid, id: 'pp-test' });
  await shop.payment({ ...paid, id: 'pp-live', mode: 'live' });
  const shown = async (query = '') => {
    const path = `/api/v1/sites/${site}/payments${query}`;
    const { payments } = await headwater.get<PaymentsAnswer>(path, key);
    return payments.map(({ id }) => id).filter((id) => id.startsWith('pp-'));
  };
  // The site's Stripe account is in test mode, so reports are about test money.
  assert.deepEqual(await shown(), ['pp-test']);
  assert.deepEqual(await shown('?mode=live'), ['pp-live']);
});

/** Evidence that names the visitor, best first, without the invoice's lines (a second copy of the subscription's). */
function evidenceOf(payment: PaymentDetailAnswer, visitor: string): string[] {
  return payment.links
    .filter(({ value, field }) => value === visitor && !field.startsWith('lines.'))
    .map(({ object, field }) => `${kindOf(object)} ${field}`);
}

const kindOf = (object: string) => object.split('_')[0]!;

describe('parameters', () => {
  const found = { hw_visitor_id: 'v1', hw_session_id: 's-1' };
  const visitor = requestOf('v1');

  it('compile for every object and mode of the stripe package', () => {
    const checkout: Stripe.Checkout.SessionCreateParams[] = [
      checkoutParams(visitor, { mode: 'setup', currency: 'usd', customer: 'cus_1', success_url: THANKS }),
      checkoutParams(visitor, { mode: 'payment', ui_mode: 'embedded_page', return_url: THANKS }),
      checkoutParams(visitor, { mode: 'payment', invoice_creation: { enabled: true } }),
    ];
    const invoice: Stripe.InvoiceCreateParams = invoiceParams(visitor, { customer: 'cus_1' });
    assert.deepEqual(
      checkout.map(({ mode, setup_intent_data, payment_intent_data, invoice_creation }) => [
        ...[mode, setup_intent_data?.metadata, payment_intent_data?.metadata],
        invoice_creation?.invoice_data?.metadata,
      ]),
      [
        ['setup', found, undefined, undefined],
        ['payment', undefined, found, undefined],
        ['payment', undefined, found, found],
      ],
    );
    assert.equal(checkout[1]!.return_url, `${THANKS}?session_id={CHECKOUT_SESSION_ID}`);
    assert.deepEqual(invoice.metadata, found);
  });

  it('keep what the merchant has set', () => {
    const given = {
      mode: 'payment' as const,
      client_reference_id: 'order-9',
      metadata: { hw_visitor_id: 'stored', order: '9' },
      payment_intent_data: { description: 'Tea', metadata: { order: '9' } },
      success_url: `${THANKS}?id={CHECKOUT_SESSION_ID}`,
    };
    const copy = structuredClone(given);
    assert.deepEqual(checkoutParams(visitor, given), {
      ...given,
      metadata: { hw_visitor_id: 'stored', order: '9', hw_session_id: 's-1' },
      payment_intent_data: { description: 'Tea', metadata: { order: '9', ...found } },
    });
    assert.deepEqual(given, copy);
    const link = 'https://buy.stripe.com/x?client_reference_id=mine';
    assert.equal(paymentLinkUrl(visitor, link), link);
  });

  it('never ask Stripe for a 51st metadata key: a payment is worth more than its source', () => {
    const full = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'x']));
    const keysFor = (count: number) =>
      Object.keys(paymentIntentParams(visitor, { metadata: full(count) }).metadata).filter((it) =>
        it.startsWith('hw_'),
      );
    assert.deepEqual([48, 49, 50].map(keysFor), [['hw_visitor_id', 'hw_session_id'], ['hw_visitor_id'], []]);
  });

  it('keep a session of whom no visitor is known', () => {
    const request = new Request('http://shop.test/', { headers: { cookie: 'hw_visitor_id=a%20b; hw_session_id=s-1' } });
    const params = checkoutParams(request, { mode: 'payment' as const }) as Stripe.Checkout.SessionCreateParams;
    assert.deepEqual(params.payment_intent_data?.metadata, { hw_session_id: 's-1' });
  });

  it('add nothing for nobody but the way back', () => {
    const params = { mode: 'payment' as const, success_url: THANKS };
    for (const cookie of ['', 'hw_visitor_id=', 'hw_visitor_id=a%20b', `hw_visitor_id=${'x'.repeat(65)}`]) {
      const request = new Request('http://shop.test/', { headers: { cookie } });
      const back = { success_url: `${THANKS}?session_id={CHECKOUT_SESSION_ID}` };
      assert.deepEqual(checkoutParams(request, params), { ...params, ...back });
    }
  });
});
