// Every page of the navigation and of the settings, on a filled site with names and amounts that are hard to set: it has
// its headline and its title, complains of nothing, and fits a phone, a tablet and a desk.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { intentPayment, refundCharge, subscribe } from '../../src/rehearsal/stripe/actions.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import type { PaymentsAnswer } from '../../src/http/contract.ts';
import type { SubscriptionsAnswer } from '../../src/http/contract-subscriptions.ts';
import { startHeadwater } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { signed } from '../stripe-events.ts';
import { createAccount, openOwner, setUpLink } from './owner.ts';
import { ORDINARY_AGENT } from './playwright.config.ts';
import { takeScreens } from './screens.ts';

const SECRET = 'whsec_of_every_page';
const CAMPAIGNS = [
  'evergreen_prospecting_lookalike_of_purchasers_benelux_and_dach_creative_set_14_winter_video_retargeting_2026',
  'حملة الشتاء الكبرى للعملاء الجدد في الخليج',
  '🚀 Black Friday 🛍️',
  '冬のセール・新規のお客様向け特別キャンペーン',
];
const AMOUNTS = [
  ['usd', 99_999_999],
  ['jpy', 9_999_999],
  ['kwd', 12_345_670],
  ['usd', 1_900],
] as const;
const WIDTHS = [1280, 820, 390];

// Some sixty pages are opened one after the other.
test.describe.configure({ mode: 'serial', timeout: 300_000 });

let stripe: SimulatedStripe;
let headwater: Headwater;
let site = '';
let key = '';

test.beforeAll(async () => {
  stripe = await startStripe({ seed: 31 });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: stripe.url });
  await fill();
});
test.afterAll(async () => {
  await headwater?.[Symbol.asyncDispose]();
  await stripe?.close();
});

test('every page has its headline, complains of nothing and fits every screen', async ({ browser }) => {
  const { page, problems, close } = await openOwner(browser);
  await page.goto(setUpLink(headwater));
  await createAccount(page);
  await expect(page).not.toHaveURL(/setup/);

  await page.goto(`${headwater.url}/sites/${site}`);
  const pages = await linksOf(page, 'Site');
  expect(pages.length).toBeGreaterThanOrEqual(5);
  await page.goto(`${headwater.url}/sites/${site}/settings`);
  const settings = await linksOf(page, 'Settings');
  expect(settings.length).toBeGreaterThanOrEqual(6);
  const [payment, subscription] = await Promise.all([firstPayment(), firstSubscription()]);
  const details = [`/sites/${site}/payments/${payment}`, `/sites/${site}/subscriptions/${subscription}`];
  details.push(`/sites/${site}/restatements`, `/sites/${site}/coverage`);
  details.push(...(await journeyPages()));
  for (const path of new Set([...pages, ...settings, ...details])) {
    await test.step(path, () => fits(page, path));
  }
  await page.goto(`${headwater.url}/sites/${site}/subscriptions`);
  await takeScreens(page, 'subscriptions');
  await page.goto(`${headwater.url}${details[1]}`);
  await takeScreens(page, 'subscription');
  await page.goto(`${headwater.url}/sites/${site}/journeys?show=campaign`);
  await expect(page.getByTestId('flow-node').first()).toBeVisible();
  await takeScreens(page, 'journeys');
  expect(problems).toEqual([]);
  await close();
});

test('on a phone every page is one tap away, and the one that is open is in sight', async ({ browser }) => {
  const { page, problems, close } = await openOwner(browser);
  await signIn(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${headwater.url}/sites/${site}`);
  for (const name of ['Payments', 'Subscriptions', 'Spend', 'Settings']) {
    await page.locator('header').getByRole('link', { name, exact: true }).click();
    const here = page.locator('header [data-status=active]:visible');
    await expect(here).toBeInViewport({ ratio: 1 });
    await expect(page.locator('main h1')).toBeVisible();
  }
  // By keyboard alone: the first stop leads past the navigation.
  await page.goto(`${headwater.url}/sites/${site}/payments`);
  await expect(page.locator('main h1')).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  expect(problems).toEqual([]);
  await close();
});

test('a payment leads to the life of its customer, and so does search', async ({ browser }) => {
  const { page, problems, close } = await openOwner(browser);
  await signIn(page);
  await page.goto(`${headwater.url}/sites/${site}/payments/${await firstPayment()}`);
  await page
    .getByRole('link', { name: 'cus_' })
    .or(page.getByRole('link', { name: 'timeline of the visitor' }))
    .click();
  const items = page.getByTestId('timeline-item');
  await expect(items.filter({ hasText: 'Visit from google / cpc' })).toHaveCount(1);
  await expect(items.filter({ hasText: 'Paid' }).first()).toBeVisible();
  await page.getByTestId('order-oldest').click();
  await expect(items.first()).toContainText('Visit from google / cpc');
  await page.getByRole('link', { name: 'Find a customer' }).click();
  await page.getByRole('searchbox').fill('v-1');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByTestId('found').getByRole('link', { name: 'v-1' }).click();
  await expect(page.locator('main h1')).toContainText('Visitor v-1');
  await page.getByRole('navigation', { name: 'Site', exact: true }).getByRole('link', { name: 'Journeys' }).click();
  await page.getByTestId('tab-paths').click();
  await expect(page.getByTestId('path-row').first()).toContainText('Paid Search');
  await page.getByTestId('tab-flow').click();
  await page.getByTestId('flow-table').locator('summary').click();
  await expect(page.getByTestId('flow-table').getByRole('row').nth(1)).toContainText('Purchase');
  expect(problems).toEqual([]);
  await close();
});

async function signIn(page: Page) {
  await page.goto(`${headwater.url}/sign-in`);
  await page.getByLabel('E-mail').fill('ada@headwater.test');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

/** Opened anew at each width, as a person with that screen would. */
async function fits(page: Page, path: string) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${headwater.url}${path}`);
    await expect(page.locator('main h1')).toHaveCount(1);
    await expect(page.locator('main h1')).not.toBeEmpty();
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
    await expect(page.getByTestId('error')).toHaveCount(0);
    await expect(page).toHaveTitle(/. · Headwater$/);
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wider, `${path} is wider than a screen of ${width} pixels`).toBeLessThanOrEqual(0);
  }
}

async function linksOf(page: Page, navigation: string): Promise<string[]> {
  const links = page.getByRole('navigation', { name: navigation, exact: true }).getByRole('link');
  await expect(links.first()).toBeVisible();
  return links.evaluateAll((all) => all.map((link) => new URL((link as HTMLAnchorElement).href).pathname));
}

const firstPayment = async () =>
  (await headwater.get<PaymentsAnswer>(`/api/v1/sites/${site}/payments?mode=test`, key)).payments.at(-1)!.id;
const listSubscriptions = async () =>
  (await headwater.get<SubscriptionsAnswer>(`/api/v1/sites/${site}/subscriptions?mode=test`, key)).subscriptions;
/** The questions of *Journeys*, and people. */
async function journeyPages(): Promise<string[]> {
  const { payments } = await headwater.get<PaymentsAnswer>(`/api/v1/sites/${site}/payments?mode=test`, key);
  const customer = payments.find((payment) => payment.customer !== null)!.customer!;
  const tabs = ['paths', 'times', 'assists', 'cohorts', 'lifetime'].map((tab) => `journeys?tab=${tab}`);
  const people = [`customers/${customer}`, 'visitors/v-0', `people?q=${customer}`];
  return [...tabs, ...people].map((page) => `/sites/${site}/${page}`);
}

const firstSubscription = async () => (await listSubscriptions())[0]!.id;

/** Visits by long, right-to-left and emoji campaigns; payments of four currencies; subscriptions; spend; a dead letter. */
async function fill() {
  const account = stripe.addAccount({ keys: [{ key: 'rk_test_pages', permissions: null }] });
  const words = ['--name', 'The Extraordinarily Long-Named Shop of Åsa & Søren GmbH', '--domain', 'pages.test'];
  site = (await headwater.command<{ id: string }>('site', 'add', ...words)).id;
  key = (await headwater.command<{ key: string }>('key', 'add', '--site', site)).key;
  await Promise.all(CAMPAIGNS.map((campaign, index) => land(`v-${index}`, campaign)));
  for (const [index, [currency, amount]] of AMOUNTS.entries()) {
    const metadata = { hw_visitor_id: `v-${index}` };
    const { charge } = intentPayment(account, { amount, currency, metadata });
    if (index === 0) refundCharge(account, charge, 1_234_567);
    subscribe(account, { amount, currency, via: 'api', subscriptionMetadata: metadata, email: `${index}@pages.test` });
  }
  await headwater.command('stripe', 'connect', '--site', site, '--webhook-secret', SECRET, '--mode', 'test');
  const bad = { id: 'evt_1bad', object: 'v2.core.event', type: 'v1.charge.succeeded', livemode: false };
  const related = { id: 'ch_none', type: 'charge', url: '/v1/charges/ch_none' };
  const event = { ...bad, created: new Date().toISOString(), related_object: related };
  await fetch(`${headwater.url}/api/webhooks/stripe/${site}`, { method: 'POST', ...signed(event, SECRET) });
  await headwater.command('stripe', 'connect', '--site', site, '--key', 'rk_test_pages');
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const lines = CAMPAIGNS.map((campaign) => `${day},google,cpc,"${campaign}",1234567.89,usd`);
  const spend = await headwater.post(
    `/api/v1/sites/${site}/spend?name=all.csv`,
    `date,source,medium,campaign,amount,currency\n${lines.join('\n')}\n`,
    { 'content-type': 'text/csv', authorization: `Bearer ${key}` },
  );
  expect(spend.status, await spend.text()).toBeLessThan(300);
  await expect(async () => {
    const { payments } = await headwater.get<PaymentsAnswer>(`/api/v1/sites/${site}/payments?mode=test`, key);
    expect(payments).toHaveLength(2 * AMOUNTS.length);
    expect(await listSubscriptions()).toHaveLength(AMOUNTS.length);
  }).toPass({ timeout: 60_000 });
}

async function land(visitor: string, campaign: string) {
  const url = `https://pages.test/?utm_source=google&utm_medium=cpc&utm_campaign=${encodeURIComponent(campaign)}`;
  const at = Date.now() - 2 * 3_600_000;
  const event = { id: crypto.randomUUID(), name: 'pageview', url, at, user_agent: ORDINARY_AGENT };
  const body = { site, visitor, session: `${visitor}-s`, events: [event] };
  const answer = await headwater.post('/api/event', body, { authorization: `Bearer ${key}` });
  expect(answer.status).toBe(202);
}
