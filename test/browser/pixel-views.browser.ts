// Every way to arrive at a page, counted once: from the back/forward cache, prerendered, by the fragment.
import { expect, test } from '@playwright/test';
import { openPixelSite, pathOf } from './pixel-site.ts';
import type { PixelSite } from './pixel-site.ts';
import settings from './playwright.config.ts';

const { launchOptions } = settings.use!;
test.use({
  // The driver turns both off unless it is told not to.
  launchOptions: {
    ...launchOptions,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [...launchOptions!.args!, '--enable-features=Prerender2'],
  },
});

let site: PixelSite;
test.beforeAll(async () => void (site = await openPixelSite()));
test.afterAll(() => site.close());
test.beforeEach(() => site.reset());

test('a page that comes back from the back/forward cache is a view, with the same visitor', async ({ page }) => {
  await page.addInitScript(() => {
    addEventListener('pageshow', (event) => ((window as any).cameBack = event.persisted));
  });
  await page.goto(site.url('/first'));
  await page.goto(site.url('/second'));
  await page.goBack();
  await expect.poll(() => page.evaluate('window.cameBack')).toBe(true);
  const hits = await site.received(3);
  expect(hits.map(pathOf)).toEqual(['/first', '/second', '/first']);
  expect(new Set(hits.map(({ visitor, session }) => `${visitor} ${session}`)).size).toBe(1);
});

test('a prerendered page is not counted until it is shown', async ({ page }) => {
  site.head = `<script type="speculationrules">{"prerender":[{"urls":["/next"],"eagerness":"immediate"}]}</script>`;
  await page.goto(site.url('/now'));
  await site.received(1);
  await expect.poll(() => site.pages.filter((path) => path === '/next').length).toBe(1);
  await page.waitForTimeout(1500);
  expect(site.hits.map(pathOf)).toEqual(['/now']);
  await page.click('#next');
  await page.waitForURL('**/next');
  const started = await page.evaluate(
    () => (performance.getEntriesByType('navigation')[0] as any).activationStart as number,
  );
  expect(started).toBeGreaterThan(0);
  expect((await site.received(2)).map(pathOf)).toEqual(['/now', '/next']);
});

test('routes in the fragment are views when the tag says so; places in the page never', async ({ page }) => {
  site.attributes = 'data-more="hash"';
  await page.goto(site.url('/#/start'));
  await site.received(1);
  await page.waitForFunction(() => performance.getEntriesByName(document.scripts[0]!.src.replace('hw', 'hw-more'))[0]);
  await page.waitForTimeout(300);
  await page.evaluate(`location.hash = '#/pricing'`);
  await page.evaluate(`history.pushState({}, '', '#/about')`);
  await page.evaluate(`location.hash = '#section'`);
  await page.evaluate(`history.pushState({}, '', '/other#/deep')`);
  const hits = await site.received(4);
  expect(hits.map(({ url }) => url!.replace(site.url(''), ''))).toEqual([
    '/#/start',
    '/#/pricing',
    '/#/about',
    '/other#/deep',
  ]);
});
