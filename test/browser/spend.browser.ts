// The page Spend: a file is dropped, shown, imported; a campaign without visitors is joined with those it brought; an
// import is taken back.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { startHeadwater } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { createAccount, openOwner, setUpLink } from './owner.ts';
import { takeScreens } from './screens.ts';

let headwater: Headwater;
let site = '';
let key = '';
const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
const LONG =
  'Evergreen | Prospecting | Lookalike 1-3 % of purchasers | Benelux and DACH | Creative set 14 (winter, video)';

test.beforeAll(async () => {
  headwater = await startHeadwater();
  site = (await headwater.command<{ id: string }>('site', 'add', '--name', 'Shop', '--domain', 'shop.example')).id;
  key = (await headwater.command<{ key: string }>('key', 'add', '--site', site)).key;
});
test.afterAll(() => headwater?.[Symbol.asyncDispose]());

test('from a dropped export to campaigns that meet their visitors', async ({ browser }) => {
  const { page, problems, close } = await openOwner(browser);
  await page.goto(setUpLink(headwater));
  await createAccount(page);
  await expect(page).toHaveURL(/\/sites\/new$/);
  await land('v1', 'brand');
  await land('v2', 'spring_sale');
  await page.goto(`${headwater.url}/sites/${site}/spend`);
  await expect(page.getByTestId('empty')).toContainText('No spend yet');
  await takeScreens(page, 'spend-empty');

  await test.step('a file that is no export says so, and what is known', async () => {
    await choose(page, 'notes.csv', 'hello,world\n1,2\n');
    await expect(page.getByTestId('spend-refused')).toContainText('no line of it is a header that is known');
  });
  await test.step('a file without a currency asks for it', async () => {
    await choose(page, 'no-currency.csv', `Day,Campaign,Cost\n${day(2)},brand,12.00\n`);
    await page.getByLabel('Currency of the file').fill('usd');
    await page.getByTestId('spend-say').click();
    await expect(page.getByTestId('spend-preview')).toContainText('$12.00');
    await page.getByRole('button', { name: 'Do not import' }).click();
  });
  await test.step('lines that cannot be read are named before anything is stored', async () => {
    const lines = [
      `${day(3)},brand,1,EUR,100.00,40,900`,
      `${day(2)},brand,1,EUR,abc,1,1`,
      `someday,brand,1,EUR,1.00,1,1`,
    ];
    await choose(page, 'bad.csv', exported(lines));
    await expect(page.getByTestId('spend-rejected')).toContainText('Line 5: the amount "abc" is not a number');
    await takeScreens(page, 'spend-rejected');
    await expect(page.getByTestId('spend-import')).toHaveCount(0);
  });
  await test.step('a good one is imported', async () => {
    const lines = [
      `${day(3)},brand,1,USD,"1,100.00",40,"9,000"`,
      `${day(2)},brand,1,USD,99.00,30,800`,
      `${day(2)},Spring Sale 2026,2,USD,250.00,20,700`,
      `${day(1)},"${LONG}",3,USD,75.50,20,700`,
    ];
    await choose(page, 'google-ads-november.csv', exported(lines));
    await expect(page.getByTestId('spend-preview')).toContainText('Google Ads');
    await expect(page.getByTestId('spend-preview')).toContainText('4 new, 0 changed, 0 as before');
    await page.getByTestId('spend-store').click();
    await expect(page.getByTestId('spend-stored')).toContainText('Imported $1,524.50');
    await expect(page.getByTestId('total-spend')).toHaveText('$1,524.50');
    await expect(page.getByTestId('spend-row')).toHaveCount(3);
    await expect(page.getByTestId('spend-unmatched')).toContainText('$325.50 of 2 campaigns met no visitor');
    await takeScreens(page, 'spend');
  });
  await test.step('a suggestion joins a campaign with its visitors', async () => {
    const spring = page.getByTestId('spend-campaign').filter({ hasText: 'Spring Sale 2026' });
    await expect(spring).toHaveAttribute('data-matched', 'false');
    await spring.getByTestId('spend-suggestion').first().click();
    await expect(spring).toHaveAttribute('data-matched', 'true');
    await expect(spring).toContainText('google / cpc / spring_sale');
    await expect(page.getByTestId('spend-unmatched')).toContainText('$75.50 of 1 campaign met no visitor');
    await expect(page.locator('[data-testid=spend-row][data-campaign=spring_sale]')).toContainText('$250.00');
    await spring.getByTestId('spend-change').click();
    await takeScreens(page, 'spend-matching');
    await spring.getByTestId('spend-forget').click();
    await expect(spring).toHaveAttribute('data-matched', 'false');
  });
  await test.step('the same file is nothing new; undone, it leaves nothing', async () => {
    await page.getByTestId('spend-undo').click();
    await expect(page.getByTestId('spend-import')).toHaveAttribute('data-state', 'undone');
    await expect(page.getByTestId('empty')).toContainText('Nothing spent in these days');
  });
  // A refusal is an answer: the browser tells it on the console all the same.
  expect(problems.filter((problem) => !/400/.test(problem))).toEqual([]);
  await close();
});

const exported = (lines: string[]) =>
  `Campaign report\n"${day(30)} - ${day(1)}"\nDay,Campaign,Campaign ID,Currency code,Cost,Clicks,Impr.\n${lines.join('\n')}\nTotal: Account,--,--,USD,0,0,0\n`;

async function choose(page: Page, name: string, text: string) {
  await page.getByTestId('spend-file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
}

async function land(visitor: string, campaign: string) {
  const url = `https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=${campaign}`;
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
  const event = { id: crypto.randomUUID(), name: 'pageview', url, at: Date.now() - 2 * 86_400_000, user_agent: agent };
  const body = { site, visitor, session: `${visitor}-s`, events: [event] };
  const answer = await headwater.post('/api/event', body, { authorization: `Bearer ${key}` });
  expect(answer.status).toBe(202);
}
