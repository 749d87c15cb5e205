import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { connectStripe } from '../../src/payments/connect.ts';
import { createSetUp } from '../../src/payments/connect-setup.ts';
import { createDoctor } from '../../src/payments/doctor.ts';
import type { CheckCode } from '../../src/payments/doctor-finding.ts';
import { checkoutPayment } from '../../src/rehearsal/stripe/actions.ts';
import { createStripeSetup } from '../../src/stripe/connect-setup.ts';
import { KEY } from './money.ts';
import { startHistory } from './history.ts';
import type { History } from './history.ts';

/** What is wrong is found, and following the remedy ends it; what is right is not found. */

const MINUTE = 60_000;
let history: History;
let check: ReturnType<typeof createDoctor>;
beforeEach(async () => {
  history = await startHistory();
  const setup = createStripeSetup({ apiBase: history.stripe.url });
  // An address at which nobody takes webhooks; those that arrive are sent to the one of `startMoney`.
  const deps = { ...history, setup, publicUrl: history.url, stripeApiBase: history.stripe.url };
  const defaultMode = () => Promise.resolve('test' as const);
  check = createDoctor({ ...deps, setUp: createSetUp(deps), facts: null, defaultMode });
});
afterEach(() => history.close());

const addressOf = (site: string) => `${history.url}/api/webhooks/stripe/${site}`;
async function finding(site: string, code: CheckCode) {
  const { findings } = await check((await history.records.sites.get(site))!);
  return findings.find((it) => it.code === code);
}
const pay = () => checkoutPayment(history.stripe.account, { amount: 1_000, currency: 'usd' });
async function later(ms: number) {
  history.passTime(ms);
  await history.poll();
  await history.record();
}

test('no webhook is missed where nothing was sold, and where something was, the endpoint that stands is named', async () => {
  const { id: site } = await history.addSite();
  await connectStripe(history, { site, key: KEY, webhookSecret: 'whsec_never' });
  const endpoint = history.stripe.account.addEndpoint({ url: addressOf(site), secret: 'whsec_never' });
  await history.starter.runOnce();
  await later(3 * 60 * MINUTE);
  assert.equal(await finding(site, 'webhook_never_delivered'), undefined);

  history.stripe.account.setNow(history.now());
  pay();
  history.stripe.account.setNow(null);
  await later(11 * MINUTE);
  const { remedy } = (await finding(site, 'webhook_never_delivered'))!;
  assert.match(remedy.text, new RegExp(endpoint.id));
  assert.equal(remedy.code, `curl -i -X POST ${addressOf(site)}`);
});

test('webhooks that stop are found within minutes by what polling had to fetch; one that comes again ends it', async () => {
  const { site, connection } = await history.shop({ webhookSecret: 'whsec_stops' });
  const endpoint = history.stripe.account.state
    .list('webhook_endpoint')
    .find(({ url }) => url === `${history.url}/${site}`)!;
  await history.starter.runOnce();
  pay();
  await history.stripe.account.webhooks.idle();
  await later(MINUTE);
  assert.equal(await finding(site, 'webhook_silent'), undefined);

  endpoint.status = 'disabled';
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  pay();
  await later(2 * MINUTE);
  await later(20 * MINUTE);
  assert.match((await finding(site, 'webhook_silent'))?.detail ?? '', /had to be fetched/);

  // Stripe repeats what polling has brought meanwhile.
  endpoint.status = 'enabled';
  await history.records.connections.update(connection, { lastEventAt: 1 });
  history.stripe.account.webhooks.resend(history.stripe.account.state.list('event')[0]!);
  await history.stripe.account.webhooks.idle();
  assert.equal(await finding(site, 'webhook_silent'), undefined);
});

test('events of another mode are no finding any more when that mode is connected', async () => {
  const { id: site } = await history.addSite();
  await connectStripe(history, { site, key: KEY, webhookSecret: 'whsec_mixed' });
  const live = history.stripe.addAccount({
    livemode: true,
    keys: [{ key: 'sk_live_mixed', permissions: null }],
    webhooks: { backoffMs: 5 },
  });
  live.addEndpoint({ url: `${history.url}/${site}`, secret: 'whsec_mixed' });
  checkoutPayment(live, { amount: 2_000, currency: 'usd' });
  await live.webhooks.idle();
  assert.ok(await finding(site, 'webhook_quarantined'));

  await connectStripe(history, { site, key: 'sk_live_mixed', webhookSecret: 'whsec_mixed' });
  checkoutPayment(live, { amount: 3_000, currency: 'usd' });
  await live.webhooks.idle();
  await history.record();
  assert.equal(await finding(site, 'webhook_quarantined'), undefined);
  const { payments } = await history.records.payments.list(site, 'live', 10, null);
  assert.equal(payments.length, 1);
});

test('the check-up changes nothing: an endpoint that was switched off at Stripe is named, and stays off', async () => {
  const { site, connection } = await history.shop();
  const setup = createStripeSetup({ apiBase: history.stripe.url });
  const deps = { ...history, setup, publicUrl: 'https://stats.example', stripeApiBase: history.stripe.url };
  const setUp = createSetUp(deps);
  await setUp(connection);
  const endpoint = history.stripe.account.state.list('webhook_endpoint').find(({ url }) => url.endsWith(site))!;
  endpoint.status = 'disabled';
  history.passTime(120 * MINUTE);
  check = createDoctor({ ...deps, setUp, facts: null, defaultMode: () => Promise.resolve('test' as const) });
  assert.deepEqual((await finding(site, 'webhook_disabled'))?.objects, [endpoint.id]);
  assert.equal(endpoint.status, 'disabled');
});

test('a clock that differs from Stripe’s is named, one that is right is not', async () => {
  const { site } = await history.shop();
  const { account } = history.stripe;
  account.setNow(history.now());
  assert.equal(await finding(site, 'clock_differs'), undefined);
  account.setNow(history.now() - 12 * MINUTE);
  const { title, severity } = (await finding(site, 'clock_differs'))!;
  assert.deepEqual([title, severity], ['The clock of this server is 12 minutes ahead of Stripe’s', 'error']);
  account.setNow(history.now() + 2 * MINUTE);
  assert.match((await finding(site, 'clock_differs'))?.title ?? '', /2 minutes behind/);
  account.setNow(null);
});

test('names and return addresses of Checkout Sessions count as mended once many have come without the mistake', async () => {
  const { site } = await history.shop();
  const sell = (metadata: Record<string, string>, successUrl: string) => {
    const input = { amount: 1_000, currency: 'usd', metadata, paymentIntentMetadata: metadata };
    checkoutPayment(history.stripe.account, input).session.successUrl = successUrl;
  };
  const says = async () => [
    (await finding(site, 'id_under_other_key'))?.objects.length,
    (await finding(site, 'return_address'))?.objects.length,
  ];
  for (let made = 0; made < 6; made += 1) sell({ visitorId: 'v1' }, 'https://shop.example/thanks');
  assert.deepEqual(await says(), [10, 6]);
  const address = 'https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}';
  for (let made = 0; made < 6; made += 1) sell({ hw_visitor_id: 'v1', attributes: 'blue', visitors: '2' }, address);
  assert.deepEqual(await says(), [undefined, undefined]);
  // A museum's tickets: nothing of it is a visitor's id.
  sell({ attributes: 'blue', visitors: '2' }, address);
  assert.deepEqual(await says(), [undefined, undefined]);
});
