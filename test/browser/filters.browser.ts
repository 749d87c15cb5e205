// Filters on the overview: made, joined by or, changed and taken off, each time with the numbers that are right.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { startHeadwater } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { createAccount, openOwner, setUpLink } from './owner.ts';
import { takeScreens } from './screens.ts';

let headwater: Headwater;
let site = '';
const LONG = 'evergreen_prospecting_lookalike_of_purchasers_benelux_and_dach_creative_set_14_winter_video_retargeting';
/** Visitors as source / campaign: 4 of google, 3 of bing, 2 of news, 1 who typed the address. */
const VISITS = [
  ...['spring', 'spring', 'fall', LONG].map((campaign) => ({ source: 'google', campaign })),
  ...['fall', '', ''].map((campaign) => ({ source: 'bing', campaign })),
  ...['Spring Sale', ''].map((campaign) => ({ source: 'news', campaign })),
  { source: '', campaign: '' },
];

test.beforeAll(async () => {
  headwater = await startHeadwater();
  site = (await headwater.command<{ id: string }>('site', 'add', '--name', 'Shop', '--domain', 'shop.example')).id;
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  const events = VISITS.map(({ source, campaign }, index) => {
    const tags = new URLSearchParams({
      ...(source ? { utm_source: source } : {}),
      ...(campaign ? { utm_campaign: campaign } : {}),
    });
    const user_agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0';
    const who = { visitor: `visitor-${index}`, session: `session-${index}`, user_agent };
    const page = source === '' ? 'caf%C3%A9' : '';
    return {
      id: crypto.randomUUID(),
      name: 'pageview',
      url: `https://shop.example/${page}?${tags}`,
      at: Date.now(),
      ...who,
    };
  });
  const sent = await headwater.post('/api/event', { site, events }, { authorization: `Bearer ${key}` });
  expect(await sent.json()).toEqual({ accepted: VISITS.length });
});
test.afterAll(() => headwater?.[Symbol.asyncDispose]());

test('chips that all hold, each of one condition or of several', async ({ browser }) => {
  const { page, problems, close } = await openOwner(browser);
  await page.goto(setUpLink(headwater));
  await createAccount(page);
  await expect(page).toHaveURL(/sites/);
  await page.goto(`${headwater.url}/sites/${site}`);
  await visitorsAre(page, 10);

  await test.step('a value that the days had is suggested, another is typed', async () => {
    await page.getByTestId('filter-add').click();
    await page.getByLabel('Dimension').selectOption('source');
    await expect(page.getByTestId('filter-suggestion').first()).toHaveText('google4');
    await page.getByTestId('filter-suggestion').filter({ hasText: 'news' }).click();
    await page.getByTestId('filter-value').fill('direct');
    await page.keyboard.press('Enter');
    await page.getByTestId('filter-apply').click();
    await expect(page.getByTestId('filter-chip-source')).toHaveText('Source is news or Direct');
    await visitorsAre(page, 3);
  });
  await test.step('another condition in the same chip is enough by itself', async () => {
    await page.getByTestId('filter-chip-source').click();
    await page.getByTestId('filter-or').click();
    await page.getByLabel('Dimension').last().selectOption('campaign');
    await page.getByLabel('Operator').last().selectOption('contains');
    await page.getByTestId('filter-value').last().fill('SPRING');
    await takeScreens(page, 'filter-editor');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('filter-chip-or')).toHaveText('Source is news, Direct or Campaign contains SPRING');
    await visitorsAre(page, 5);
  });
  await test.step('a second chip holds beside the first', async () => {
    await page.getByTestId('filter-add').click();
    await page.getByLabel('Dimension').selectOption('campaign');
    await page.getByLabel('Operator').selectOption('does_not_contain');
    await page.getByTestId('filter-value').fill('sale');
    await page.getByTestId('filter-apply').click();
    await visitorsAre(page, 4);
    await page.reload();
    await visitorsAre(page, 4);
  });
  await test.step('chips are taken off one by one', async () => {
    await page.getByTestId('filter-remove-campaign').click();
    await visitorsAre(page, 5);
    await page.getByTestId('filter-remove-or').click();
    await visitorsAre(page, 10);
    await expect(page).not.toHaveURL(/filter/);
  });
  await test.step('a page is shown and found as people write it, and is readable in Excel', async () => {
    const pages = page.getByTestId('table-landing_page');
    await pages.getByText('/café').click();
    await expect(page.getByTestId('filter-chip-landing_page')).toHaveText('Landing page is /café');
    await visitorsAre(page, 1);
    const address = await page.getByTestId('csv-landing_page').getAttribute('href');
    const file = await page.request.get(headwater.url + address!);
    expect((await file.body()).toString('utf8')).toBe(
      '\ufefflanding_page,visitors,customers,revenue\r\n/café,1,0,0.00\r\n',
    );
    await page.getByTestId('filter-remove-landing_page').click();
    await visitorsAre(page, 10);
  });
  await test.step('what was written by hand, and what has a long name, is shown and fits a phone', async () => {
    const deep = ['or', ['and', ['source', 'is', ['google']], ['campaign', 'is', [LONG]]], ['source', 'is', ['bing']]];
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${headwater.url}/sites/${site}?filter=${encodeURIComponent(JSON.stringify(deep))}`);
    await visitorsAre(page, 4);
    await expect(page.getByTestId('filters')).toContainText('(Source is google and Campaign is evergreen');
    await page.getByTestId('filter-add').click();
    await page.getByTestId('filter-or').click();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    await takeScreens(page, 'filter-long');
  });
  expect(problems).toEqual([]);
  await close();
});

async function visitorsAre(page: Page, count: number) {
  await expect(page.getByTestId('headline-visitors')).toContainText(new RegExp(`^Visitors${count}(?!\\d)`));
}
