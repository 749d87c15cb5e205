// Who is one person: the payment page says why, a person rejects what is wrong and takes it back, the log tells what it
// changed; coverage over time, its alert, and where that is told.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { openRecords } from '../../src/storage/records/open.ts';
import { startHeadwater } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { openMerchant } from '../merchant.ts';
import type { Merchant } from '../merchant.ts';
import { charge, eventOf } from '../stripe-events.ts';
import { createAccount, openOwner, setUpLink } from './owner.ts';
import { takeScreens } from './screens.ts';

const HOUR_MS = 3_600_000;
const LONG_ID = 'laptop-of-a-person-with-a-very-long-visitor-identifier-0123456';
const log = { info() {}, warn() {}, error() {} };

test.describe.configure({ mode: 'serial' });

let headwater: Headwater;
let shop: Merchant;

test.beforeAll(async () => {
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: 'http://127.0.0.1:1' });
  shop = await openMerchant(headwater);
});
test.afterAll(() => headwater?.[Symbol.asyncDispose]());

test('from evidence to restatement', async ({ browser }) => {
  const { page, problems, close } = await openOwner(browser);
  await page.goto(setUpLink(headwater));
  await createAccount(page);
  await expect(page).not.toHaveURL(/setup/);
  const url = `${headwater.url}/sites/${shop.site}`;
  await fill();
  await page.goto(`${url}/payments/ch_one`);

  await test.step('the path’s visitors and why each is on it', async () => {
    const visitors = page.getByTestId('path-visitor');
    await expect(visitors).toHaveCount(3);
    await expect(visitors.nth(0)).toContainText('named by metadata.hw_visitor_id of ch_one');
    await expect(visitors.filter({ hasText: LONG_ID })).toContainText('gave the same app id user-7 as phone');
    await expect(visitors.filter({ hasText: 'tablet' })).toContainText('same customer cus_1: it made ch_two');
    await takeScreens(page, 'identity-payment');
  });
  await test.step('a join that is wrong is rejected, and the path is shorter', async () => {
    const laptop = page.getByTestId('path-visitor').filter({ hasText: LONG_ID });
    await laptop.getByTestId('link-reject').click();
    await laptop.getByLabel('Why').fill('A colleague tried the account');
    await laptop.getByTestId('link-reject-confirm').click();
    await expect(page.getByTestId('path-visitor')).toHaveCount(2);
    await expect(page.getByTestId('rejected-join')).toContainText('A colleague tried the account');
    await expect(page.getByTestId('restatement').first()).toContainText('A person rejected a link.');
    await takeScreens(page, 'identity-rejected');
    await page.getByTestId('rejected-join').getByTestId('link-reinstate').click();
    await page.getByTestId('link-reinstate-confirm').click();
    await expect(page.getByTestId('path-visitor')).toHaveCount(3);
  });
  await test.step('the payment’s own link is rejected: it is unattributed, and says why', async () => {
    await page.getByTestId('link').getByTestId('link-reject').click();
    await page.getByTestId('link-reject-confirm').click();
    await expect(page.getByTestId('verdict')).toHaveAttribute('data-reason', 'link_rejected');
    await expect(page.getByTestId('link').getByTestId('rejected')).toContainText('Ada Owner');
    await page.getByTestId('link').getByTestId('link-reinstate').click();
    await page.getByTestId('link-reinstate-confirm').click();
    await expect(page.getByTestId('verdict')).not.toHaveAttribute('data-reason', 'link_rejected');
  });
  await test.step('the log tells all of it', async () => {
    await page.goto(`${url}/restatements`);
    await expect(page.getByTestId('restatement').filter({ hasText: 'A person reinstated a link.' })).not.toHaveCount(0);
    await takeScreens(page, 'restatements');
  });
  expect(problems).toEqual([]);
  await close();
});

test('coverage, its alert, and where that is told', async ({ browser }) => {
  const { page, problems, close } = await openOwner(browser);
  await signIn(page);
  const url = `${headwater.url}/sites/${shop.site}`;
  await page.goto(`${url}/coverage`);
  await expect(page.getByTestId('coverage-share')).toBeVisible();
  await expect(page.getByTestId('coverage-reasons')).toContainText('No visitor id');
  await expect(page.getByTestId('no-alerts')).toBeVisible();
  await test.step('an address inside is refused in words', async () => {
    await page.getByLabel('Address').fill('https://169.254.169.254/latest');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByTestId('alert-webhook-form')).toContainText('is an address of a private network');
  });
  await raise();
  await test.step('an alert stands above every page', async () => {
    await page.goto(url);
    await expect(page.getByTestId('alert-banner')).toContainText('Coverage has fallen');
    await takeScreens(page, 'alert-banner');
    await page.getByTestId('alert-open').click();
    await expect(page.getByTestId('alert')).toHaveAttribute('data-standing', 'true');
    await takeScreens(page, 'coverage');
    await page.getByTestId('coverage-table-toggle').click();
    await expect(page.getByTestId('coverage-days')).toContainText('Malformed id (1)');
  });
  await test.step('a person accepts it', async () => {
    await page.getByTestId('alert-accept').click();
    await expect(page.getByTestId('alert')).toContainText('Accepted by Ada Owner');
    await page.goto(url);
    await expect(page.getByTestId('alert-banner')).toHaveCount(0);
  });
  expect(problems.filter((problem) => !/400/.test(problem))).toEqual([]);
  await close();
});

/** A person on three devices, one known by the app's id and one by the customer; and payments of strangers. */
async function fill() {
  const at = (hours: number) => Date.now() - hours * HOUR_MS;
  const tags = ['utm_source=google&utm_medium=cpc&utm_campaign=brand', 'utm_source=newsletter&utm_medium=email', ''];
  for (const [index, visitor] of ['phone', LONG_ID, 'tablet'].entries()) {
    await shop.hit({ visitor, tags: tags[index]!, at: at(30 - index * 5) });
  }
  for (const visitor of ['phone', LONG_ID]) {
    await shop.hit({ visitor, name: 'identify', props: { app_id: 'user-7' }, at: at(9) });
  }
  const pay = async (name: string, visitor: string | null, customer: string | undefined, hours: number) => {
    const created = Math.floor(at(hours) / 1_000);
    const metadata: Record<string, string> = visitor === null ? {} : { hw_visitor_id: visitor };
    const paid = { name, amount: 120_00, created, metadata, ...(customer === undefined ? {} : { customer }) };
    await shop.deliver(eventOf('charge.succeeded', charge(paid), { created }));
  };
  await pay('one', 'phone', 'cus_1', 5);
  await pay('two', 'tablet', 'cus_1', 4);
  await pay('three', null, undefined, 3);
  await pay('four', 'undefined', undefined, 29);
  await expect(async () => {
    expect((await shop.payment('ch_one')).touchpoints.length).toBe(3);
    expect((await shop.payments()).filter(({ reason }) => reason === 'pending')).toEqual([]);
  }).toPass({ timeout: 30_000 });
}

/** What the watch does after hundreds of payments. */
async function raise() {
  const records = openRecords({ dataDir: headwater.dataDir, log });
  const since = Date.now() - 2 * HOUR_MS;
  const fall = { windowMs: HOUR_MS, recent: { payments: 14, attributed: 1 }, past: { payments: 812, attributed: 771 } };
  const detail = { ...fall, since, reasons: { no_visitor_id: 12, malformed_visitor_id: 1 } };
  const alert = {
    site: shop.site,
    mode: 'test',
    kind: 'coverage',
    since,
    openedAt: since + HOUR_MS / 2,
    detail,
  } as const;
  expect(await records.alerts.raise(alert)).not.toBeNull();
  await records.close();
}

async function signIn(page: Page) {
  await page.goto(`${headwater.url}/sign-in`);
  await page.getByLabel('E-mail').fill('ada@headwater.test');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}
