// The script of sites that count by the day: what it tells, and that it leaves nothing in the browser.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { cookiesOf, keptBy, openPixelSite, waitingOf } from './pixel-site.ts';
import type { PixelSite } from './pixel-site.ts';

let site: PixelSite;
test.beforeAll(async () => void (site = await openPixelSite()));
test.afterAll(() => site.close());
test.beforeEach(() => {
  site.reset();
  site.script = 'hw-cookieless.js';
});

/** Every cookie the page tries to write, however shortly it would live. */
const watchCookies = (page: Page) =>
  page.addInitScript(() => {
    const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')!;
    const written: string[] = ((self as unknown as { written: string[] }).written = []);
    Object.defineProperty(document, 'cookie', {
      get: () => get!.call(document),
      set(cookie: string) {
        written.push(cookie);
        set!.call(document, cookie);
      },
    });
  });

async function expectNothingKept(page: Page) {
  expect(await cookiesOf(page.context())).toEqual({});
  expect(await keptBy(page)).toEqual([]);
  expect(await page.evaluate('written')).toEqual([]);
}

test('views, events, people and returns from Stripe are told without an id, and nothing is stored', async ({
  page,
}) => {
  await watchCookies(page);
  site.attributes = 'data-more="outbound"';
  await page.goto(site.url('/?utm_source=google&session_id=cs_test_1'));
  await page.evaluate(`headwater.identify({ email: 'a@shop.test' }); headwater.track('seen')`);
  await page.evaluate(`history.pushState({}, '', '/two')`);
  const hits = await site.received(5);
  expect(hits.map(({ name }) => name).sort()).toEqual(['checkout', 'identify', 'pageview', 'pageview', 'seen']);
  for (const { visitor, session } of hits) expect([visitor ?? null, session ?? null]).toEqual([null, null]);
  expect(hits.find(({ name }) => name === 'checkout')!.props).toEqual({ session_id: 'cs_test_1' });
  expect(await page.evaluate('headwater.getVisitorId()')).toBeNull();
  await expectNothingKept(page);

  // A server that is down for a while: what waits is not put on the disk.
  site.status = 0;
  const before = site.requests.length;
  await page.evaluate(`headwater.track('later')`);
  await expect.poll(() => site.requests.length).toBeGreaterThan(before);
  await expectNothingKept(page);
  site.status = 202;
  await site.received(6);
});

test('what hw.js left is delivered and deleted', async ({ page }) => {
  site.script = 'hw.js';
  site.status = 503;
  await page.goto(site.url('/?session_id=cs_test_1'));
  await expect.poll(() => waitingOf(page)).toContain('pageview');
  expect(await keptBy(page)).toContain('hw_s');
  expect(Object.keys(await cookiesOf(page.context())).sort()).toEqual(['hw_session_id', 'hw_visitor_id']);

  Object.assign(site, { script: 'hw-cookieless.js', status: 202 });
  await page.goto(site.url('/two'));
  const [before, , now] = await site.received(3);
  expect(before!.visitor).toMatch(/^[0-9a-f-]{36}$/);
  expect([now!.name, now!.visitor]).toEqual(['pageview', null]);
  await expect.poll(() => cookiesOf(page.context())).toEqual({});
  await expect.poll(() => keptBy(page)).toEqual([]);
});

test('a refusal and an opt-out hold, and are all that is kept', async ({ page }) => {
  await watchCookies(page);
  await page.goto(site.url('/'));
  await site.received(1);
  await page.evaluate('headwater.setConsent(false)');
  await page.evaluate(`headwater.identify({ email: 'a@shop.test' }); headwater.track('seen')`);
  expect((await site.received(2))[1]!.name).toBe('seen');
  expect(await page.evaluate('headwater.hasConsent?.()')).toBeFalsy();
  await page.evaluate('headwater.optOut()');
  await page.goto(site.url('/two'));
  await page.evaluate(`headwater.track('never')`);
  expect(await keptBy(page)).toEqual(['hw_c']);
  expect(await page.evaluate('written')).toEqual([]);
  await page.evaluate('headwater.setConsent(true)');
  await page.waitForTimeout(1500);
  expect(site.hits).toHaveLength(2);
});

test('what the visitor said of consent is told with the hits: there is no id whose absence would say it', async ({
  page,
}) => {
  const said: unknown[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/event')) said.push((request.postDataJSON() as { consent?: unknown }).consent);
  });
  site.attributes = 'data-consent="required"';
  await page.goto(site.url('/'));
  await expect.poll(() => said).toEqual([false]);
  await page.evaluate('headwater.setConsent(true)');
  await expect.poll(() => said).toEqual([false, true]);
  await page.evaluate(`headwater.setConsent(false); headwater.track('seen')`);
  await expect.poll(() => said).toEqual([false, true, false]);
  // Global Privacy Control is a refusal where nothing else is said.
  site.attributes = '';
  await page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
  await page.goto(site.url('/two'));
  await expect.poll(() => said.at(-1) === false && said.length).toBe(4);
});

test('a banner that waits for consent is told of it on the next page', async ({ page }) => {
  site.attributes = 'data-consent="required" data-more="cmp"';
  await page.goto(site.url('/'));
  await site.received(1);
  await expect.poll(() => page.evaluate('headwater.hasConsent?.()')).toBe(false);
  await page.evaluate('headwater.setConsent(true)');
  await page.goto(site.url('/two'));
  await expect.poll(() => page.evaluate('headwater.hasConsent?.()')).toBe(true);
  expect(await cookiesOf(page.context())).toEqual({});
});
