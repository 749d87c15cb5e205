// Every way to arrive at a page, counted once: from the back/forward cache, prerendered, by the fragment.
import { expect, test } from '@playwright/test';
import { readPageUrl } from '../../src/core/acquisition-url.ts';
import { openPixelSite, pathOf } from './pixel-site.ts';
import type { PixelSite } from './pixel-site.ts';
import settings from './playwright.config.ts';

const { launchOptions } = settings.use!;
test.use({
  // The driver turns the cache off unless it is told not to.
  launchOptions: {
    ...launchOptions,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  },
});

let site: PixelSite;
test.beforeAll(async () => void (site = await openPixelSite()));
test.afterAll(() => site.close());
test.beforeEach(() => site.reset());

test('a page that comes back from the back/forward cache is a view, with the same visitor', async ({ page }) => {
  await page.addInitScript(() => {
    addEventListener('pageshow', (event) => Object.assign(window, { cameBack: event.persisted }));
  });
  await page.goto(site.url('/first'));
  await page.goto(site.url('/second'));
  // The driver waits for a load event, which a page of the cache has not.
  await page.evaluate('history.back()').catch(() => {});
  await expect.poll(() => page.evaluate('window.cameBack').catch(() => null)).toBe(true);
  const hits = await site.received(3);
  expect(hits.map(pathOf)).toEqual(['/first', '/second', '/first']);
  expect(new Set(hits.map(({ visitor, session }) => `${visitor} ${session}`)).size).toBe(1);
});

test('a prerendered page is not counted until it is shown', async ({ page }) => {
  // The driver's browser prerenders nothing: what it would say to the page is said here.
  await page.addInitScript(() => {
    Object.defineProperty(document, 'prerendering', { get: () => !(window as Window & { isShown?: boolean }).isShown });
  });
  await page.goto(site.url('/next'));
  await page.waitForTimeout(1500);
  expect(site.hits).toEqual([]);
  expect(await page.context().cookies()).toEqual([]);
  expect(await page.evaluate(`typeof document.onprerenderingchange`)).toBe('function');
  await page.evaluate(`isShown = true; document.dispatchEvent(new Event('prerenderingchange'))`);
  expect((await site.received(1)).map(pathOf)).toEqual(['/next']);
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

test('pages outside of Latin letters are read as people write them', async ({ page }) => {
  await page.goto(site.url('/café'));
  await site.received(1);
  await page.evaluate(`history.pushState({}, '', '/прайс?q=é')`);
  await page.evaluate(`history.pushState({}, '', '/a%2Fb%20c')`);
  const hits = await site.received(3);
  expect(hits.map(({ url }) => url!.replace(site.url(''), ''))[0]).toBe('/caf%C3%A9');
  expect(hits.map(({ url }) => readPageUrl(url!)!.path)).toEqual(['/café', '/прайс', '/a%2Fb%20c']);
});
