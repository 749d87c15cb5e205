// What a person sees of Stripe's past, of events that failed, and of a set-up that is wrong until it is mended.
import { expect, test } from '@playwright/test';
import { intentPayment } from '../../src/rehearsal/stripe/actions.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import type { ConnectionsAnswer, PaymentAnswer } from '../../src/http/contract.ts';
import { startHeadwater } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { signed } from '../stripe-events.ts';
import { createAccount, openOwner, setUpLink } from './owner.ts';
import type { Owner } from './owner.ts';
import { ORDINARY_AGENT } from './playwright.config.ts';
import { takeScreens } from './screens.ts';

const SECRET = 'whsec_of_the_history_page';
const FEW = ['rak_charge_read', 'rak_checkout_session_read', 'rak_customer_read'];

let stripe: SimulatedStripe;
let headwater: Headwater;
let owner: Owner;
test.describe.configure({ mode: 'serial' });
test.beforeAll(async ({ browser }) => {
  stripe = await startStripe({ seed: 11 });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: stripe.url });
  owner = await openOwner(browser);
  await owner.page.goto(setUpLink(headwater));
  await createAccount(owner.page);
  await expect(owner.page).not.toHaveURL(/setup/);
});
test.afterAll(async () => {
  await owner?.close();
  await headwater?.[Symbol.asyncDispose]();
  await stripe?.close();
});

async function openShop(name: string) {
  const keys = [
    { key: `rk_test_${name}`, permissions: null },
    { key: `rk_test_${name}few`, permissions: FEW },
  ];
  const account = stripe.addAccount({ keys });
  const words = ['site', 'add', '--name', name, '--domain', `${name}.test`];
  const { id: site } = await headwater.command<{ id: string }>(...words);
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  return {
    account,
    site,
    keys: keys.map((it) => it.key),
    connect: (...more: string[]) => headwater.command('stripe', 'connect', '--site', site, ...more),
    open: (page: string) => owner.page.goto(`${headwater.url}/sites/${site}/settings/${page}`),
    stripe: () => headwater.get<ConnectionsAnswer>(`/api/v1/sites/${site}/stripe`, key),
    payments: async () =>
      (await headwater.get<{ payments: PaymentAnswer[] }>(`/api/v1/sites/${site}/payments?mode=test`, key)).payments,
    deliver: (event: object) =>
      fetch(`${headwater.url}/api/webhooks/stripe/${site}`, { method: 'POST', ...signed(event, SECRET) }),
    hit: (visitor: string) =>
      fetch(`${headwater.url}/api/event`, {
        method: 'POST',
        headers: { 'user-agent': ORDINARY_AGENT },
        body: JSON.stringify({
          site,
          visitor,
          session: `s-${visitor}`,
          events: [{ id: crypto.randomUUID(), name: 'pageview', url: `https://${name}.test/?utm_source=google` }],
        }),
      }),
  };
}

test('history: nothing yet, read, compared, a difference with its payment, mended', async () => {
  const { page } = owner;
  const shop = await openShop('past');
  await shop.open('history');
  await expect(page.getByText('No Stripe account is connected')).toBeVisible();
  await takeScreens(page, 'history-empty');

  const charges = [1_900, 4_200, 700].map((amount) => intentPayment(shop.account, { amount, currency: 'usd' }).charge);
  intentPayment(shop.account, { amount: 500, currency: 'jpy' });
  await shop.connect('--key', shop.keys[0]!);
  await shop.open('history');
  await expect(page.getByTestId('backfill')).toHaveAttribute('data-state', 'done', { timeout: 30_000 });
  await expect(page.locator('[data-testid=backfill-step]', { hasText: 'Charges' })).toContainText('4');
  await expect(page.getByTestId('news-webhooks')).toHaveText('none has arrived');
  await expect(page.getByTestId('reconciliation-none')).toBeVisible();
  await page.getByTestId('reconcile-start').click();
  await expect(page.getByTestId('equal')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByTestId('reconciled-day').first()).toContainText('Equal');

  // Stripe's book says another fee, and goes on saying so: the ledger takes it over, and the page tells.
  const row = shop.account.state.list('balance_transaction').find(({ source }) => source === charges[0]!.id)!;
  row.fee += 7;
  await page.getByTestId('reconcile-start').click();
  await expect(page.getByTestId('healed')).toContainText('another fee', { timeout: 30_000 });
  await expect(page.getByTestId('healed')).toContainText(charges[0]!.id);
  await expect(page.getByTestId('equal')).toBeVisible();
  await page.getByTestId('backfill-start').click();
  await expect(page.getByTestId('backfill')).not.toHaveAttribute('data-state', 'done');
  await expect(page.getByTestId('backfill')).toHaveAttribute('data-state', 'done', { timeout: 30_000 });
  await takeScreens(page, 'history');
  expect(owner.problems).toEqual([]);
});

test('a dead letter: why, and replayed once the reason is gone', async () => {
  const { page } = owner;
  const shop = await openShop('letters');
  await shop.connect('--webhook-secret', SECRET, '--mode', 'test');
  const { charge } = intentPayment(shop.account, { amount: 900, currency: 'usd' });
  const head = {
    object: 'v2.core.event',
    type: 'v1.charge.succeeded',
    livemode: false,
    created: new Date().toISOString(),
  };
  const thin = (id: string) => ({
    ...head,
    id,
    related_object: { id: charge.id, type: 'charge', url: `/v1/charges/${charge.id}` },
  });
  for (const id of ['evt_1first', 'evt_2second']) expect((await shop.deliver(thin(id))).status).toBe(200);
  await shop.open('revenue');
  await expect(page.getByTestId('dead-letter')).toHaveCount(2);
  await expect(page.getByTestId('dead-letter').first()).toContainText('no key');
  await takeScreens(page, 'dead-letters');
  await shop.connect('--key', shop.keys[0]!);
  await page.getByTestId('dead-letter').first().getByTestId('replay').click();
  await expect(page.getByTestId('replayed')).toContainText('1 event is');
  await expect(page.getByTestId('dead-letter')).toHaveCount(1);
  await expect(async () => expect(await shop.payments()).toHaveLength(1)).toPass();
  await page.getByTestId('replay').click();
  await expect(page.getByTestId('dead-letters')).toHaveCount(0);
  expect(await shop.payments()).toHaveLength(1);
  expect(owner.problems).toEqual([]);
});

test('a wrong integration: found with its remedy, mended, gone', async () => {
  const { page } = owner;
  const shop = await openShop('wrong');
  await shop.connect('--key', shop.keys[1]!);
  await shop.hit('v-one');
  for (let n = 1; n <= 5; n += 1) intentPayment(shop.account, { amount: n * 100, currency: 'usd' });
  // Booked, and credited after that: only then it is known that they carry no id.
  const reasons = async () => (await shop.payments()).map(({ reason }) => reason);
  await expect(async () => expect(await reasons()).toEqual(Array(5).fill('no_visitor_id'))).toPass({ timeout: 40_000 });
  const finding = (code: string) => page.locator(`[data-testid=finding][data-code=${code}]`);
  await shop.open('check-up');
  await expect(finding('payment_without_id')).toContainText('5 payments carry no visitor id');
  await expect(finding('payment_without_id').getByTestId('remedy')).toContainText('payment_intent_data');
  await expect(finding('key_permissions')).toContainText('rak_balance_transaction_source_read');
  await takeScreens(page, 'check-up-wrong');

  // The code is mended, and a key with all permissions is made by the link.
  await shop.open('revenue');
  await page.getByLabel(/key/i).first().fill(shop.keys[0]!);
  await page.getByTestId('connect-submit').click();
  await expect(async () => {
    const answers = (await shop.stripe()).connections[0]!.permissions ?? {};
    expect(Object.values(answers)).not.toContain('missing');
  }).toPass();
  const metadata = { hw_visitor_id: 'v-one' };
  for (let n = 1; n <= 4; n += 1) {
    const at = shop.account.state;
    intentPayment(shop.account, { amount: n * 1_000, currency: 'usd', metadata });
    expect(at.list('charge')).toHaveLength(5 + n);
  }
  await expect(async () => {
    const known = (await shop.payments()).filter(({ visitor_id: visitor }) => visitor === 'v-one');
    expect(known).toHaveLength(4);
  }).toPass({ timeout: 40_000 });
  await shop.open('check-up');
  await expect(page.getByTestId('checks')).toBeVisible();
  await page.getByTestId('doctor-again').click();
  await expect(finding('payment_without_id')).toHaveCount(0);
  await expect(finding('key_permissions')).toHaveCount(0);
  expect(owner.problems).toEqual([]);
});

test('disconnected and connected again: nothing is lost, nothing is doubled', async () => {
  const { page } = owner;
  const shop = await openShop('again');
  await shop.connect('--key', shop.keys[0]!);
  intentPayment(shop.account, { amount: 1_000, currency: 'usd' });
  await expect(async () => expect(await shop.payments()).toHaveLength(1)).toPass({ timeout: 40_000 });
  await shop.open('revenue');
  await page.getByTestId('disconnect').click();
  await page.getByTestId('disconnect-confirm').click();
  await expect(page.getByTestId('connection')).toHaveAttribute('data-status', 'disconnected');
  intentPayment(shop.account, { amount: 2_000, currency: 'usd' });
  await shop.open('history');
  await expect(page.getByText('No Stripe account is connected')).toBeVisible();
  await shop.open('revenue');
  await page.getByLabel(/key/i).first().fill(shop.keys[0]!);
  await page.getByTestId('connect-submit').click();
  await expect(page.getByTestId('connection')).toHaveCount(1);
  await expect(page.getByTestId('connection')).toHaveAttribute('data-status', 'verified');
  await expect(async () => expect(await shop.payments()).toHaveLength(2)).toPass({ timeout: 40_000 });
  expect((await shop.payments()).map(({ gross }) => gross).toSorted((a, b) => a - b)).toEqual([1_000, 2_000]);
  expect(owner.problems).toEqual([]);
});
