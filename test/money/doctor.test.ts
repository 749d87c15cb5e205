import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ConnectionsAnswer, DoctorAnswer } from '../../src/http/contract.ts';
import { checkoutPayment, intentPayment } from '../../src/rehearsal/stripe/actions.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import { PERMISSIONS } from '../../src/stripe/permissions.ts';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';

/** A real server, a simulated Stripe, and shops that are put together wrongly: the check-up names it. */

const EVERYTHING = PERMISSIONS.map(({ name }) => name);
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

let stripe: SimulatedStripe;
let headwater: Headwater;
before(async () => {
  stripe = await startStripe({ seed: 5, webhooks: { backoffMs: 20 } });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: stripe.url });
});
after(async () => {
  await headwater?.[Symbol.asyncDispose]();
  await stripe?.close();
});

async function shop(name: string, permissions: readonly string[] = EVERYTHING) {
  const stripeKey = `rk_test_${name}`;
  const account = stripe.addAccount({ keys: [{ key: stripeKey, permissions }] });
  const { id: site } = await headwater.command<{ id: string }>(
    'site',
    'add',
    '--name',
    name,
    '--domain',
    `${name}.test`,
  );
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  const connect = (...more: string[]) =>
    headwater.command<{ id: string; status: string }>('stripe', 'connect', '--site', site, '--key', stripeKey, ...more);
  const doctor = () => headwater.judging<DoctorAnswer>('stripe', 'doctor', '--site', site);
  const page = () => headwater.get<ConnectionsAnswer>(`/api/v1/sites/${site}/stripe`, key);
  const hit = async (visitor: string | undefined, path = '/') => {
    const events = [{ id: crypto.randomUUID(), name: 'pageview', url: `https://${name}.test${path}` }];
    const answer = await fetch(`${headwater.url}/api/event`, {
      method: 'POST',
      headers: { 'user-agent': BROWSER },
      body: JSON.stringify({ site, ...(visitor ? { visitor, session: `s-${visitor}` } : {}), events }),
    });
    assert.equal(answer.status, 202);
  };
  const paid = (count: number) =>
    until(async () => {
      const { payments } = await headwater.get<{ payments: { reason: string | null }[] }>(
        `/api/v1/sites/${site}/payments`,
        key,
      );
      return payments.length === count && payments.every(({ reason }) => reason !== 'pending');
    }, `${count} payments`);
  return { account, site, key, connect, doctor, page, hit, paid };
}

const found = ({ findings }: DoctorAnswer, code: string) => {
  const finding = findings.find((it) => it.code === code);
  assert.ok(finding, `${code} was not found, but ${findings.map((it) => it.code).join(', ')}`);
  return finding;
};

test('a shop that does everything right has nothing to mend', async () => {
  const { account, connect, doctor, page, hit, paid } = await shop('well');
  await connect();
  const { connections } = await page();
  assert.equal(connections[0]?.endpoint?.state, 'created');
  assert.equal(connections[0]?.webhook_secrets, 1);
  await hit('v-well');
  const metadata = { hw_visitor_id: 'v-well' };
  const bought = checkoutPayment(account, { amount: 2000, currency: 'usd', metadata, paymentIntentMetadata: metadata });
  bought.session.successUrl = 'https://well.test/thanks?session_id={CHECKOUT_SESSION_ID}';
  await paid(1);
  const answer = await doctor();
  assert.deepEqual(answer.findings, []);
  const skipped = answer.checks.filter(({ state }) => state === 'skipped').map(({ code }) => code);
  assert.deepEqual(skipped, ['coverage_low'], 'one payment says nothing about a share');
});

test('ids that are missing, misplaced, misnamed or junk are found, with the objects and code to paste', async () => {
  const { account, site, key, connect, doctor, hit, paid } = await shop('badly');
  await connect();
  await hit('v-one');
  const onSession = checkoutPayment(account, { amount: 100, currency: 'usd', metadata: { hw_visitor_id: 'v-one' } });
  onSession.session.successUrl = 'https://badly.test/thanks';
  const bare = intentPayment(account, { amount: 200, currency: 'usd', metadata: { visitorId: 'v-one' } });
  const junk = intentPayment(account, { amount: 300, currency: 'usd', metadata: { hw_visitor_id: 'undefined' } });
  const unseen = intentPayment(account, { amount: 400, currency: 'usd', metadata: { hw_visitor_id: 'v-unseen' } });
  const bare2 = intentPayment(account, { amount: 500, currency: 'usd' });
  await paid(5);
  const answer = await doctor();
  assert.deepEqual(found(answer, 'payment_without_id').objects.sort(), [bare.charge.id, bare2.charge.id].sort());
  assert.match(found(answer, 'payment_without_id').remedy.code ?? '', /payment_intent_data/);
  assert.deepEqual(found(answer, 'id_on_session_only').objects, [onSession.charge!.id]);
  assert.ok(found(answer, 'id_placeholder').objects.includes(junk.charge.id));
  assert.deepEqual(found(answer, 'visitor_unknown').objects, [unseen.charge.id]);
  assert.match(found(answer, 'id_under_other_key').detail, /visitorId/);
  assert.deepEqual(found(answer, 'return_address').objects, [onSession.session.id]);
  assert.match(found(answer, 'coverage_low').title, /^20 %/);
  assert.equal(answer.findings[0]!.severity, 'error');
  const same = await headwater.get<DoctorAnswer>(`/api/v1/sites/${site}/doctor`, key);
  assert.deepEqual(
    same.findings.map(({ code }) => code),
    answer.findings.map(({ code }) => code),
  );
});

test('an endpoint that is wrong is found: switched off, doubled, old, incomplete, with another secret', async () => {
  const { account, site, connect, doctor } = await shop('endpoint');
  const url = `${headwater.url}/api/webhooks/stripe/${site}`;
  const manual = account.addEndpoint({ url, events: ['charge.succeeded'], version: '2020-08-27' });
  const second = account.addEndpoint({
    url: `${headwater.url}/webhooks/stripe/${site}`,
    events: ['charge.succeeded', 'invoice.created'],
  });
  await connect('--webhook-secret', 'whsec_another');
  intentPayment(account, { amount: 100, currency: 'usd' });
  await account.webhooks.idle();
  const answer = await until(
    async () => {
      const asked = await doctor();
      return asked.findings.some(({ code }) => code === 'webhook_secret_mismatch') && asked;
    },
    'the refused webhooks to be written down',
    30_000,
  );
  assert.match(found(answer, 'webhook_secret_mismatch').detail, /no stored webhook secret matches/);
  assert.equal(found(answer, 'webhook_duplicated').objects.length, 2);
  assert.match(found(answer, 'webhook_missing_types').detail, /refund\.created/);
  assert.deepEqual(found(answer, 'webhook_old_version').objects, [manual.id]);
  // The remedy, as it says: each endpoint's own secret. Stripe repeats what was refused, and polling was faster.
  for (const { secret } of [manual, second]) await connect('--webhook-secret', secret);
  account.webhooks.resend(account.state.list('event').find(({ type }) => type === 'charge.succeeded')!);
  await account.webhooks.idle();
  const left = (await doctor()).findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);
  for (const code of ['webhook_secret_mismatch', 'webhook_never_delivered']) assert.ok(!left.includes(code), code);
  found(answer, 'webhook_delays_invoices');
  found(answer, 'script_never_seen');
  manual.status = 'disabled';
  assert.deepEqual(found(await doctor(), 'webhook_disabled').objects, [manual.id]);
});

test('a key without permissions says what stops working; without a server the rest is still checked', async () => {
  const { site, connect, page } = await shop('few', [
    'rak_charge_read',
    'rak_checkout_session_read',
    'rak_customer_read',
  ]);
  await connect();
  const { connections, permissions, key_links: links } = await page();
  assert.equal(connections[0]?.permissions?.['rak_invoice_read'], 'missing');
  assert.equal(permissions.length, PERMISSIONS.length);
  assert.match(links.test, /^https:\/\/dashboard\.stripe\.com\/test\/apikeys\/create\?name=Headwater&permissions/);
  await headwater.stop();
  try {
    const answer = await headwater.judging<DoctorAnswer>('stripe', 'doctor', '--site', site);
    const finding = found(answer, 'key_permissions');
    assert.match(finding.detail, /Invoices \(rak_invoice_read\): renewals/);
    assert.equal(finding.remedy.code?.includes('rak_invoice_read'), true);
    assert.equal(answer.checks.find(({ code }) => code === 'script_never_seen')?.state, 'skipped');
  } finally {
    await headwater.start();
  }
});
