// From an empty data directory to the first attributed payment, as a person does it: a real server process, a real
// browser, a shop on a host of its own, and a Stripe that is simulated but speaks HTTP and signs its webhooks.
import { expect, test } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { ATTRIBU_PERMISSIONS } from '../../src/rehearsal/stripe/permissions.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import type { PaymentDetailAnswer, ReportAnswer } from '../../src/http/contract.ts';
import { startHeadwater } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { openAttribuShop } from './attribu-shop.ts';
import type { AttribuShop } from './attribu-shop.ts';
import { createAccount, openOwner, openShopper, payAtStripe, setUpLink } from './owner.ts';
import type { Owner, Shopper } from './owner.ts';
import { takeScreens } from './screens.ts';
import { withCompat } from './shops.ts';

const SECRET_KEY = 'sk_test_journey_of_the_merchant';
const RESTRICTED_KEY = 'rk_test_journey_of_headwater';

let stripe: SimulatedStripe;
let headwater: Headwater;
let shop: AttribuShop;
let snippet = '';

test.beforeAll(async () => {
  stripe = await startStripe({
    id: 'acct_journey',
    keys: [
      { key: SECRET_KEY, permissions: null },
      { key: RESTRICTED_KEY, permissions: ATTRIBU_PERMISSIONS },
    ],
  });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: stripe.url });
  shop = await openAttribuShop({
    stripeUrl: stripe.url,
    secretKey: SECRET_KEY,
    scriptTag: () => snippet,
  });
});
test.afterAll(async () => {
  await shop?.app.close();
  await stripe?.close();
  await headwater?.[Symbol.asyncDispose]();
});

test('from the printed link to the first attributed payment', async ({ browser }) => {
  const owner = await openOwner(browser);
  await test.step('the set-up link makes the owner account', () => signUp(owner.page));
  await test.step('a site is added; its snippet page waits for the first hit', () => addSite(owner.page));
  const shopper = await test.step('a shopper lands from an advertisement; the page says so by itself', () =>
    landFromAdvertisement(browser, owner.page));
  await test.step('Stripe is connected under Settings, Revenue', () => connectStripe(owner));
  await test.step('the shopper looks around, buys, and comes back', () => buy(shopper));
  const payment = await test.step('the API credits the payment', () => readPayment(owner));
  await test.step('the overview shows the source, the campaign and the amount', () => seeOverview(owner.page));
  await test.step('the payment shows its evidence', () => seeEvidence(owner.page, payment));
  expect(owner.problems).toEqual([]);
  expect(shopper.problems).toEqual([]);
  expect(shop.app.errors).toEqual([]);
  await shopper.close();
  await owner.close();
});

async function signUp(page: Page) {
  const link = setUpLink(headwater);
  await page.goto(headwater.url);
  await expect(page.getByTestId('setup-needed')).toBeVisible();
  await page.goto(link);
  await expect(page.getByTestId('setup-form')).toBeVisible();
  await takeScreens(page, 'set-up');
  await createAccount(page);
  await expect(page).toHaveURL(/\/sites\/new$/);
  // The link works once: whoever finds it in a log later gets no second owner.
  const again = await headwater.post('/api/v1/setup', {
    ...{
      token: new URL(link).searchParams.get('token'),
      name: 'Eve',
      email: 'eve@example.org',
      password: 'x'.repeat(12),
    },
  });
  expect(again.status).toBeGreaterThanOrEqual(400);
}

async function addSite(page: Page) {
  await page.getByLabel('Name').fill('Attribu shop');
  await page.getByLabel('Domain').fill('https://www.attribu-shop.test/');
  await takeScreens(page, 'new-site');
  await page.getByRole('button', { name: 'Add site' }).click();
  await expect(page.getByTestId('snippet')).toContainText('hw.js');
  const tag = (await page.getByTestId('snippet').textContent())!.trim();
  expect(tag).toMatch(/^<script defer src="http:\/\/localhost:\d+\/hw\.js" data-site="[\w-]+"><\/script>$/);
  await page.getByText('written for attribu.tech or Zori?').click();
  snippet = (await page.getByTestId('snippet-compat').textContent())!.trim();
  expect(snippet).toBe(withCompat(tag));
  await expect(page.getByTestId('hit-waiting')).toBeVisible();
  await takeScreens(page, 'snippet-waiting');
}

async function landFromAdvertisement(browser: Browser, ownerPage: Page) {
  const shopper = await openShopper(browser);
  await shopper.page.goto(`${shop.app.url}/?utm_source=google&utm_medium=cpc&utm_campaign=spring`);
  await expect(ownerPage.getByTestId('hit-received')).toBeVisible();
  await expect(ownerPage.getByTestId('hit-url')).toContainText('www.attribu-shop.test');
  await takeScreens(ownerPage, 'snippet');
  return shopper;
}

async function connectStripe({ page, problems }: Owner) {
  await page.getByTestId('continue-revenue').click();
  await expect(page.getByTestId('connect-form')).toBeVisible();
  await takeScreens(page, 'revenue-first');
  // A key that Stripe refuses is refused in Stripe's words, and nothing is kept.
  await page.getByLabel('Restricted or secret key').fill('rk_test_mistyped_0123456789');
  await page.getByTestId('connect-submit').click();
  await expect(page.getByRole('alert')).toContainText('Invalid API Key');
  await expect(page.getByTestId('connection')).toHaveCount(0);
  const refused = problems.splice(0);
  expect(refused.filter((problem) => !problem.includes('the server responded with a status of 400'))).toEqual([
    expect.stringMatching(/^400 POST .*\/stripe$/),
  ]);

  // The guide's address is one for all sites: the secret that verifies tells whose event it is.
  const endpoint = stripe.account.addEndpoint({
    url: `${headwater.url}/api/webhooks/stripe`,
    events: shop.webhookEvents,
  });
  await page.getByLabel('Restricted or secret key').fill(RESTRICTED_KEY);
  await page.getByLabel('Webhook signing secret').fill(endpoint.secret);
  await page.getByTestId('connect-submit').click();
  await expect(page.getByTestId('connect-outcome')).toContainText('Stripe confirmed the test key');
  await expect(page.getByTestId('connection')).toHaveAttribute('data-status', 'verified');
  await expect(page.getByTestId('connection')).toContainText('acct_journey');
  await expect(page.getByTestId('payments-waiting')).toBeVisible();
  const shown = await page.content();
  expect(shown).not.toContain(RESTRICTED_KEY);
  expect(shown).not.toContain(endpoint.secret);
}

async function buy({ page, hits }: Shopper) {
  await page.getByRole('link', { name: 'About' }).click();
  await page.getByRole('link', { name: 'Pricing' }).click();
  await page.getByRole('button', { name: 'Buy the handbook' }).click();
  await payAtStripe(page);
  await expect(page).toHaveURL(/\/success\?session_id=cs_test_/);
  await stripe.account.webhooks.idle();
  const attempts = stripe.account.webhooks.attempts();
  expect(attempts.map(({ type, status }) => `${type} ${status}`).sort()).toEqual([
    'charge.succeeded 200',
    'checkout.session.completed 200',
  ]);
  await expect.poll(() => hits.filter((hit) => hit.includes('"checkout"')).length).toBeGreaterThan(0);
}

async function readPayment({ page }: Owner): Promise<PaymentDetailAnswer> {
  // The page that waits for the first payment tells of it by itself.
  await expect(page.getByTestId('payments-arrived')).toContainText('1 payment recorded');
  await takeScreens(page, 'revenue');
  const site = new URL(page.url()).pathname.split('/')[2]!;
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  const charge = stripe.account.state.list('charge')[0]!;
  const api = `/api/v1/sites/${site}`;
  await expect
    .poll(async () => (await headwater.get<PaymentDetailAnswer>(`${api}/payments/${charge.id}`, key)).reason)
    .toBe(null);
  const payment = await headwater.get<PaymentDetailAnswer>(`${api}/payments/${charge.id}`, key);
  expect(payment).toMatchObject({ gross: 2000, revenue: 2000, currency: 'usd', source: 'google', mode: 'test' });
  const range = { from: '2026-01-01', to: '2099-12-31' };
  const report = (query: Record<string, string>) =>
    headwater.get<ReportAnswer>(`${api}/report?${new URLSearchParams({ ...range, ...query })}`, key);
  await expect
    .poll(async () => (await report({ metrics: 'visitors,customers,revenue', dimensions: 'source' })).rows)
    .toEqual([{ source: 'google', visitors: 1, customers: 1, revenue: 2000 }]);
  expect((await report({ metrics: 'revenue,coverage', dimensions: 'campaign' })).rows).toEqual([
    { campaign: 'spring', revenue: 2000, coverage: 1 },
  ]);
  return payment;
}

async function seeOverview(page: Page) {
  await page.getByTestId('payments-arrived').getByRole('link', { name: 'See the overview' }).click();
  await expect(page.getByTestId('headline-revenue')).toContainText('$20.00');
  await expect(page.getByTestId('headline-visitors')).toContainText('1');
  await expect(page.getByTestId('headline-customers')).toContainText('1');
  await expect(page.getByTestId('headline-coverage')).toContainText('100%');
  const source = page.getByTestId('table-source').locator('[data-testid=row-source][data-value=google]');
  await expect(source.locator('[data-column=revenue]')).toHaveText('$20.00');
  const campaign = page.getByTestId('table-campaign').locator('[data-testid=row-campaign][data-value=spring]');
  await expect(campaign.locator('[data-column=revenue]')).toHaveText('$20.00');
  const channel = page.getByTestId('table-channel').locator('[data-value="Paid Search"]');
  await expect(channel.locator('[data-column=revenue]')).toHaveText('$20.00');
  await expect(page.getByTestId('mode-badge')).toBeVisible();
  await takeScreens(page, 'overview-first-payment');
}

async function seeEvidence(page: Page, payment: PaymentDetailAnswer) {
  const session = stripe.account.state.list('checkout.session')[0]!;
  await page.getByRole('link', { name: 'Payments', exact: true }).click();
  const row = page.locator(`[data-testid=payment-row][data-payment=${payment.id}]`);
  await expect(row).toContainText('$20.00');
  await expect(row).toContainText('google');
  await row.getByRole('link').click();
  await expect(page.getByTestId('payment-amount')).toHaveText('$20.00');
  await expect(page.getByTestId('verdict')).toContainText('First brought by google, campaign spring (Paid Search)');
  const used = page.locator('[data-testid=link][data-used=true]');
  await expect(used).toHaveCount(1);
  await expect(used).toContainText(session.id);
  await expect(used).toContainText('metadata.attribu_visitor_id');
  await expect(used).toContainText(payment.visitor_id!);
  await expect(page.locator('[data-testid=link]', { hasText: 'pixel' })).toContainText(session.id);
  await expect(page.getByTestId('touchpoint')).toHaveCount(1);
  await expect(page.getByTestId('touchpoint')).toContainText('google / cpc');
  await expect(page.getByTestId('credit-row')).toHaveCount(1);
  await expect(page.getByTestId('credit-sum-first_touch')).toHaveText('$20.00');
  await expect(page.getByTestId('ledger-entry')).toHaveCount(1);
}
