// Every way to pay that the two guides show, bought in a real browser and read back from the dashboard and the API.
// Two sites of one Headwater, each with exactly the webhook path, event types and key permissions its guide asks for.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import type { PaymentAnswer, PaymentDetailAnswer, ReportAnswer } from '../../src/http/contract.ts';
import type { SimulatedAccount } from '../../src/rehearsal/stripe/account.ts';
import { renew } from '../../src/rehearsal/stripe/actions.ts';
import { ATTRIBU_PERMISSIONS } from '../../src/rehearsal/stripe/permissions.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import { RULE_MODELS } from '../../src/core/attribution/models.ts';
import { startHeadwater } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { openAttribuShop } from './attribu-shop.ts';
import { createAccount, openOwner, openShopper, payAtStripe, setUpLink } from './owner.ts';
import type { Owner, Shopper } from './owner.ts';
import { takeScreens } from './screens.ts';
import { withCompat } from './shops.ts';
import type { App } from './shops.ts';
import { openZoriShop } from './zori-shop.ts';

interface Merchant {
  site: string;
  webhookEvents: readonly string[];
  account: SimulatedAccount;
  app: App;
  get<T>(path: string): Promise<T>;
}

let stripe: SimulatedStripe;
let headwater: Headwater;
let owner: Owner;
let attribu: Merchant;
let zori: Merchant;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  stripe = await startStripe({
    id: 'acct_attribu_shop',
    keys: [
      { key: 'sk_test_attribu_shop', permissions: null },
      { key: 'rk_test_attribu_headwater', permissions: ATTRIBU_PERMISSIONS },
    ],
  });
  const second = stripe.addAccount({
    id: 'acct_zori_shop',
    keys: [{ key: 'sk_test_zori_shop', permissions: null }],
  });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: stripe.url });
  attribu = await openMerchant({
    ...{ domain: 'attribu-shop.test', account: stripe.account, path: () => '/api/webhooks/stripe' },
    ...{ secretKey: 'sk_test_attribu_shop', headwaterKey: 'rk_test_attribu_headwater', open: openAttribuShop },
  });
  zori = await openMerchant({
    ...{ domain: 'zori-shop.test', account: second, path: (site) => `/webhooks/stripe/${site}` },
    ...{ secretKey: 'sk_test_zori_shop', headwaterKey: 'sk_test_zori_shop', open: openZoriShop },
  });
  owner = await openOwner(browser);
  await owner.page.goto(setUpLink(headwater));
  await createAccount(owner.page);
  await expect(owner.page).toHaveURL(/\/sites\//);
});
test.afterAll(async () => {
  await owner?.close();
  await attribu?.app.close();
  await zori?.app.close();
  await stripe?.close();
  await headwater?.[Symbol.asyncDispose]();
});

async function openMerchant(options: {
  domain: string;
  account: SimulatedAccount;
  path: (site: string) => string;
  secretKey: string;
  headwaterKey: string;
  open: typeof openAttribuShop | typeof openZoriShop;
}): Promise<Merchant> {
  const { domain, account } = options;
  const { id: site } = await headwater.command<{ id: string }>('site', 'add', '--name', domain, '--domain', domain);
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  const api = `/api/v1/sites/${site}`;
  const { snippet } = await headwater.get<{ snippet: string }>(`${api}/status`, key);
  const scriptTag = () => withCompat(snippet);
  const shop = await options.open({ stripeUrl: stripe.url, secretKey: options.secretKey, scriptTag });
  const endpoint = account.addEndpoint({ url: headwater.url + options.path(site), events: shop.webhookEvents });
  const connected = await headwater.command(
    ...['stripe', 'connect', '--site', site, '--key', options.headwaterKey, '--webhook-secret', endpoint.secret],
  );
  expect(connected).toMatchObject({ status: 'verified', livemode: false });
  return {
    site,
    account,
    app: shop.app,
    webhookEvents: shop.webhookEvents,
    get: (path) => headwater.get(`${api}${path}`, key),
  };
}

interface Credited {
  gross: number;
  source: string;
  campaign: string;
  kind: string;
  /** Where the visitor was found: the object's kind in the simulated Stripe (its newest), and the field. */
  object: 'charge' | 'checkout.session' | 'invoice' | 'payment_intent';
  field: string;
  touchpoints?: string[];
}

/** The webhook is answered before the payment is booked: for a moment the API does not know it. */
const booked = (read: () => Promise<unknown>) => expect(read).toPass({ timeout: 15_000 });

const newestCharge = ({ account }: Merchant) => account.state.list('charge')[0]!.id;

/** Waits until the newest charge is credited, then reads it in the API and, by eye, in the dashboard. */
async function expectCredited(merchant: Merchant, visitor: string, wanted: Credited): Promise<PaymentDetailAnswer> {
  const id = newestCharge(merchant);
  const { gross, source, kind, field } = wanted;
  const read = () => merchant.get<PaymentDetailAnswer>(`/payments/${id}`);
  await booked(read);
  // What was fetched from Stripe may replace a weaker link (the buyer's e-mail address) that was there at once.
  const fieldsUsed = async () => (await read()).links.filter(({ used }) => used).map((link) => link.field);
  await expect.poll(fieldsUsed).toEqual([field]);
  await expect.poll(async () => (await read()).kind).toBe(kind);
  // Hits of the last moment before the payment may arrive after it: they credit it again.
  const path = async () => (await read()).touchpoints.map((touchpoint) => touchpoint.source);
  await expect.poll(path).toEqual(wanted.touchpoints ?? [source]);
  const payment = await read();
  expect(payment).toMatchObject({ gross, revenue: gross, source, currency: 'usd', visitor_id: visitor });
  const object = merchant.account.state.list(wanted.object)[0]!.id;
  expect(payment.links.filter(({ used }) => used)).toMatchObject([{ object, field, value: visitor }]);
  for (const model of RULE_MODELS) {
    const credits = payment.credits[model];
    if (credits) expect(credits.reduce((sum, amount) => sum + amount, 0)).toBe(gross);
  }
  await seePayment(merchant, payment, wanted);
  return payment;
}

const money = (amountMinor: number) => `$${(amountMinor / 100).toFixed(2)}`;

async function seePayment(merchant: Merchant, payment: PaymentDetailAnswer, wanted: Credited) {
  const { page } = owner;
  await page.goto(`${headwater.url}/sites/${merchant.site}/payments`);
  const row = page.locator(`[data-testid=payment-row][data-payment=${payment.id}]`);
  await expect(row).toContainText(money(wanted.gross));
  await expect(row).toContainText(wanted.source);
  await row.getByRole('link').click();
  await expect(page.getByTestId('payment-amount')).toHaveText(money(wanted.gross));
  await expect(page.getByTestId('verdict')).toContainText(`campaign ${wanted.campaign}`);
  const used = page.locator('[data-testid=link][data-used=true]');
  await expect(used).toHaveCount(1);
  await expect(used).toContainText(wanted.field);
  await expect(used).toContainText(payment.visitor_id!);
  await expect(page.getByTestId('touchpoint')).toHaveCount(payment.touchpoints.length);
  await expect(page.getByTestId('touchpoint').first()).toContainText(wanted.source);
  await expect(page.getByTestId('credit-row')).toHaveCount(payment.touchpoints.length);
  for (const model of Object.keys(payment.credits)) {
    await expect(page.getByTestId(`credit-sum-${model}`)).toHaveText(money(wanted.gross));
  }
}

const tags = (source: string, medium: string, campaign: string) =>
  `utm_source=${source}&utm_medium=${medium}&utm_campaign=${campaign}`;

/** The shop saw no errors, the shopper's browser none, and no hit carried a client secret. */
async function leave(shopper: Shopper, merchant: Merchant) {
  expect(shopper.problems).toEqual([]);
  expect(merchant.app.errors).toEqual([]);
  expect(shopper.hits.join('\n')).not.toMatch(/_client_secret|_secret_/);
  await shopper.close();
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

test('attribu.tech: a subscription by Checkout, and its renewal', async ({ browser }) => {
  const shopper = await openShopper(browser);
  await shopper.page.goto(`${attribu.app.url}/?${tags('newsletter', 'email', 'june')}`);
  await shopper.page.getByRole('link', { name: 'Pricing' }).click();
  await press(shopper.page, 'Subscribe');
  await payAtStripe(shopper.page);
  const wanted: Credited = {
    ...{ gross: 900, source: 'newsletter', campaign: 'june', kind: 'subscription_start' },
    // Its charge names no session: with three permissions and two events the customer is what they share.
    ...{ object: 'checkout.session', field: 'metadata.attribu_visitor_id' },
  };
  const visitor = (await shopper.visitor())!;
  await expectCredited(attribu, visitor, wanted);
  renew(attribu.account, attribu.account.state.list('subscription')[0]!);
  await expectCredited(attribu, visitor, { ...wanted, kind: 'subscription_renewal' });
  await leave(shopper, attribu);
});

test('attribu.tech: the client-side variant, two visits before it, shared to the cent', async ({ browser }) => {
  const shopper = await openShopper(browser);
  await shopper.page.goto(`${attribu.app.url}/?${tags('google', 'cpc', 'spring')}`);
  await shopper.page.goto(`${attribu.app.url}/about?${tags('partner', 'affiliate', 'autumn')}`);
  await shopper.page.getByRole('link', { name: 'Pricing' }).click();
  await press(shopper.page, 'Buy in the browser');
  await payAtStripe(shopper.page);
  const payment = await expectCredited(attribu, (await shopper.visitor())!, {
    ...{ gross: 1999, source: 'google', campaign: 'spring', kind: 'one_time', touchpoints: ['google', 'partner'] },
    ...{ object: 'checkout.session', field: 'metadata.attribu_visitor_id' },
  });
  expect(payment.credits).toMatchObject({ first_touch: [1999, 0], last_touch: [0, 1999], linear: [1000, 999] });
  await takeScreens(owner.page, 'payment-evidence');
  await leave(shopper, attribu);
});

test('attribu.tech: a payment link without code, known by the return page alone', async ({ browser }) => {
  const shopper = await openShopper(browser);
  await shopper.page.goto(`${attribu.app.url}/sticker?${tags('producthunt', 'referral', 'launch')}`);
  await shopper.page.getByRole('link', { name: 'Buy by link' }).click();
  await payAtStripe(shopper.page);
  await expect(shopper.page).toHaveURL(/\?session_id=cs_/);
  await expectCredited(attribu, (await shopper.visitor())!, {
    ...{ gross: 500, source: 'producthunt', campaign: 'launch', kind: 'one_time' },
    ...{ object: 'checkout.session', field: 'pixel' },
  });
  await leave(shopper, attribu);
});

test('attribu.tech: who blocks the script is unattributed with the reason, never Direct', async ({ browser }) => {
  const shopper = await openShopper(browser, { isBlocking: true });
  await shopper.page.goto(`${attribu.app.url}/?${tags('google', 'cpc', 'spring')}`);
  await shopper.page.getByRole('link', { name: 'Pricing' }).click();
  await press(shopper.page, 'Buy the handbook');
  await payAtStripe(shopper.page);
  expect(await shopper.visitor()).toBeUndefined();
  expect(shopper.hits).toEqual([]);
  const id = newestCharge(attribu);
  const read = () => attribu.get<PaymentDetailAnswer>(`/payments/${id}`);
  await booked(read);
  await expect.poll(async () => (await read()).reason).toBe('no_visitor_id');
  expect(await read()).toMatchObject({ source: '(unattributed)', visitor_id: null, gross: 2000, credits: {} });
  const { page } = owner;
  await page.goto(`${headwater.url}/sites/${attribu.site}/payments/${id}`);
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-reason', 'no_visitor_id');
  await expect(page.getByTestId('verdict')).toContainText('Unattributed — paid without a known visitor');
  await expect(page.getByTestId('remedy')).toBeVisible();
  await takeScreens(page, 'payment-unattributed');
  await shopper.close();
});

test('Zori: Checkout with metadata on the session only, and no session id on the way back', async ({ browser }) => {
  const shopper = await openShopper(browser);
  await shopper.page.goto(`${zori.app.url}/?${tags('google', 'cpc', 'spring')}`);
  await shopper.page.getByRole('link', { name: 'Pricing' }).click();
  await press(shopper.page, 'Check out');
  await payAtStripe(shopper.page);
  await expect(shopper.page).toHaveURL(`${zori.app.url}/success`);
  await expectCredited(zori, (await shopper.visitor())!, {
    ...{ gross: 2500, source: 'google', campaign: 'spring', kind: 'one_time' },
    ...{ object: 'checkout.session', field: 'metadata.zori_visitor_id' },
  });
  await leave(shopper, zori);
});

test('Zori: a payment intent, confirmed on the page; its client secret stays there', async ({ browser }) => {
  const shopper = await openShopper(browser);
  await shopper.page.goto(`${zori.app.url}/?${tags('bing', 'cpc', 'tea')}`);
  await shopper.page.getByRole('link', { name: 'Pricing' }).click();
  await press(shopper.page, 'Pay 7.77');
  await payAtStripe(shopper.page);
  await expect(shopper.page).toHaveURL(/payment_intent=pi_.*payment_intent_client_secret=/);
  const payment = await expectCredited(zori, (await shopper.visitor())!, {
    ...{ gross: 777, source: 'bing', campaign: 'tea', kind: 'one_time' },
    ...{ object: 'charge', field: 'metadata.zori_visitor_id' },
  });
  await expect.poll(() => shopper.hits.some((hit) => hit.includes('"payment_intent":"pi_'))).toBe(true);
  expect(payment.links.map(({ field }) => field)).toContain('metadata.zori_visitor_id');
  await leave(shopper, zori);
});

test('Zori: a subscription by its API, and its renewal', async ({ browser }) => {
  const shopper = await openShopper(browser);
  await shopper.page.goto(`${zori.app.url}/signup?${tags('youtube', 'video', 'brewing')}`);
  await signUpAtShop(shopper.page, 'sub@example.org');
  await shopper.page.getByRole('link', { name: 'Pricing' }).click();
  await press(shopper.page, 'Subscribe');
  await payAtStripe(shopper.page);
  await expect(shopper.page).toHaveURL(/\/success\?payment_intent=pi_/);
  const visitor = (await shopper.visitor())!;
  const subscription = zori.account.state.list('subscription')[0]!;
  const metadata = 'parent.subscription_details.metadata.zori_visitor_id';
  const first = await expectCredited(zori, visitor, {
    ...{ gross: 1900, source: 'youtube', campaign: 'brewing', kind: 'subscription_start' },
    // The return page names the payment intent: closer to the charge than the invoice, and both say the same.
    ...{ object: 'payment_intent', field: 'pixel' },
  });
  const read = () => zori.get<PaymentDetailAnswer>(`/payments/${first.id}`);
  await booked(read);
  await expect.poll(async () => (await read()).links.map(({ field }) => field)).toContain(metadata);
  expect((await read()).subscription).toBe(subscription.id);

  renew(zori.account, subscription);
  const renewal = await expectCredited(zori, visitor, {
    ...{ gross: 1900, source: 'youtube', campaign: 'brewing', kind: 'subscription_renewal' },
    ...{ object: 'invoice', field: metadata },
  });
  expect(renewal.subscription).toBe(subscription.id);
  await leave(shopper, zori);
});

test('Zori: who signed up buys later on another device, with the stored id', async ({ browser }) => {
  const first = await openShopper(browser);
  await first.page.goto(`${zori.app.url}/signup?${tags('podcast', 'audio', 'episode7')}`);
  const user = await signUpAtShop(first.page, 'later@example.org');
  await expect.poll(() => first.hits.some((hit) => hit.includes('"identify"'))).toBe(true);
  const visitor = (await first.visitor())!;
  await leave(first, zori);

  const second = await openShopper(browser);
  await second.page.goto(`${zori.app.url}/login?user=${user}`);
  await press(second.page, 'Buy again');
  await payAtStripe(second.page);
  expect(await second.visitor()).not.toBe(visitor);
  await expectCredited(zori, visitor, {
    ...{ gross: 1250, source: 'podcast', campaign: 'episode7', kind: 'one_time' },
    ...{ object: 'checkout.session', field: 'metadata.zori_visitor_id' },
  });
  await leave(second, zori);
});

async function signUpAtShop(page: Page, email: string): Promise<string> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('of no interest');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.locator('#welcome')).toContainText('Welcome, u');
  return (await page.locator('#welcome').textContent())!.replace('Welcome, ', '');
}

test('the overviews add up to Stripe, by source, and by the API', async () => {
  await expectOverview(attribu, {
    google: { visitors: 1, customers: 1, revenue: 1999 },
    newsletter: { visitors: 1, customers: 1, revenue: 1800 },
    producthunt: { visitors: 1, customers: 1, revenue: 500 },
    partner: { visitors: 1, customers: 0, revenue: 0 },
    '(unattributed)': { customers: 1, revenue: 2000 },
  });
  await takeScreens(owner.page, 'overview');
  await owner.page.getByTestId('why-unattributed').first().click();
  await expect(owner.page.getByTestId('payment-row')).toHaveCount(1);
  await owner.page.getByTestId('only-unattributed').uncheck();
  await expect(owner.page.getByTestId('payment-row')).toHaveCount(5);
  await takeScreens(owner.page, 'payments');

  await expectOverview(zori, {
    google: { visitors: 1, customers: 1, revenue: 2500 },
    bing: { visitors: 1, customers: 1, revenue: 777 },
    youtube: { visitors: 1, customers: 1, revenue: 3800 },
    podcast: { visitors: 1, customers: 1, revenue: 1250 },
    '(direct)': { visitors: 1, customers: 0, revenue: 0 },
  });
  await takeScreens(owner.page, 'overview-zori');
  expect(owner.problems).toEqual([]);
});

type Row = { visitors?: number; customers: number; revenue: number };

async function expectOverview(merchant: Merchant, rows: Record<string, Row>) {
  const range = { from: '2026-01-01', to: '2099-12-31', dimensions: 'source' };
  const query = new URLSearchParams({ ...range, metrics: 'visitors,customers,revenue' });
  const report = () => merchant.get<ReportAnswer>(`/report?${query}`);
  await expect
    .poll(async () => Object.fromEntries((await report()).rows.map((row) => [row.source, row.revenue])))
    .toEqual(Object.fromEntries(Object.entries(rows).map(([source, { revenue }]) => [source, revenue])));
  const { rows: found, totals } = await report();
  for (const row of found) expect(row).toMatchObject(rows[String(row.source)]!);
  const charged = merchant.account.state.list('charge').reduce((sum, charge) => sum + charge.amountCaptured, 0);
  expect(totals.revenue).toBe(charged);
  const { payments } = await merchant.get<{ payments: PaymentAnswer[] }>('/payments');
  expect(payments.map(({ id }) => id).sort()).toEqual(
    merchant.account.state
      .list('charge')
      .map(({ id }) => id)
      .sort(),
  );
  // Nothing but what the guide subscribes to was heard, and each was taken at once.
  const attempts = merchant.account.webhooks.attempts();
  expect([...new Set(attempts.map(({ type }) => type))].sort()).toEqual([...merchant.webhookEvents].sort());
  expect(attempts.filter(({ status }) => status !== 200)).toEqual([]);

  const { page } = owner;
  await page.goto(`${headwater.url}/sites/${merchant.site}`);
  await expect(page.getByTestId('headline-revenue')).toContainText(money(charged));
  const unattributed = rows['(unattributed)']?.revenue ?? 0;
  const coverage = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 });
  await expect(page.getByTestId('headline-coverage')).toContainText(coverage.format(1 - unattributed / charged));
  for (const [source, { revenue }] of Object.entries(rows)) {
    const row = page.getByTestId('table-source').locator(`[data-value="${source}"]`);
    await expect(row.locator('[data-column=revenue]')).toHaveText(money(revenue));
  }
}
