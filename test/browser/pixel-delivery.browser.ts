// Hits arrive: once each, whatever the network, the disk and other tabs do. And what the page pays for it.
import { expect, test } from '@playwright/test';
import { cookiesOf, openPixelSite, pathOf, waitingOf } from './pixel-site.ts';
import type { PixelSite } from './pixel-site.ts';

let site: PixelSite;
test.beforeAll(async () => void (site = await openPixelSite()));
test.afterAll(() => site.close());
test.beforeEach(() => site.reset());

test('what happens together is one request', async ({ page }) => {
  await page.goto(site.url('/thanks?session_id=cs_test_1'));
  await page.evaluate('[1, 2, 3].forEach((n) => headwater.track(`step ${n}`))');
  await site.received(5);
  expect(site.requests.map(({ hits }) => hits)).toEqual([2, 3]);
  expect(site.requests[0]!.bytes).toBeLessThan(1200);
});

test('hits made offline are sent by the next page, dated when they happened', async ({ page, context }) => {
  await page.goto(site.url('/'));
  await site.received(1);
  await context.setOffline(true);
  await page.evaluate(`headwater.track('while offline')`);
  await expect.poll(() => waitingOf(page)).toContain('while offline');
  await page.waitForTimeout(1500);
  await context.setOffline(false);
  const before = Date.now();
  await page.goto(site.url('/back'));
  const [, offline] = await site.received(3);
  expect(offline!.name).toBe('while offline');
  expect(before - offline!.at!).toBeGreaterThan(1000);
  await expect.poll(() => waitingOf(page)).toBe('');
});

test('a server that was down gets them without a reload, after a pause that grows', async ({ page }) => {
  site.status = 500;
  await page.goto(site.url('/'));
  await expect.poll(() => site.requests.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
  const times = site.requests.map(({ at }) => at);
  const pauses = times.slice(1).map((at, i) => at - times[i]!);
  expect(pauses.at(-1)!).toBeGreaterThan(pauses[0]! * 1.5);
  site.status = 202;
  await site.received(1);
  await expect.poll(() => waitingOf(page)).toBe('');
});

test('Retry-After is honoured', async ({ page }) => {
  Object.assign(site, { status: 429, retryAfterS: 4 });
  await page.goto(site.url('/'));
  await expect.poll(() => site.requests.length).toBe(1);
  site.status = 202;
  await page.evaluate(`headwater.track('meanwhile')`);
  await site.received(2);
  expect(site.requests[1]!.at - site.requests[0]!.at).toBeGreaterThanOrEqual(4000);
});

test('two tabs share the queue and lose nothing', async ({ page, context }) => {
  site.status = 503;
  const other = await context.newPage();
  await page.goto(site.url('/a'));
  await other.goto(site.url('/b'));
  for (let i = 0; i < 5; i++) {
    await Promise.all([
      page.evaluate(`headwater.track('from a ${i}')`),
      other.evaluate(`headwater.track('from b ${i}')`),
    ]);
  }
  for (const text of ['/a', '/b', 'from a 4', 'from b 4']) {
    await expect.poll(() => waitingOf(page)).toContain(text);
  }
  await other.close();
  await page.close();
  site.status = 202;
  const third = await context.newPage();
  await third.goto(site.url('/c'));
  await site.received(13);
  await expect.poll(() => waitingOf(third)).toBe('');
});

test('hits older than 72 hours are not sent any more', async ({ page }) => {
  site.status = 503;
  await page.goto(site.url('/'));
  await expect.poll(() => waitingOf(page)).not.toBe('');
  await page.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => name.startsWith('hw_q'))!;
    localStorage.setItem(`hw_q${Number(key.slice(4, 17)) - 73 * 3_600_000}`, localStorage.getItem(key)!);
    localStorage.removeItem(key);
  });
  await page.goto(site.url('/later'));
  // Tried once more and then forgotten; the new page's hit stays.
  await expect.poll(async () => (await waitingOf(page)).split('\n').length).toBe(1);
  await expect.poll(() => waitingOf(page)).toContain('/later');
});

test('a full disk is no obstacle, and stays as it was', async ({ page }) => {
  await page.goto(site.url('/'));
  await site.received(1);
  await page.evaluate(() => {
    for (let size = 1 << 22; size >= 1; size >>= 1) {
      try {
        for (let n = 0; n < 9; n++) localStorage.setItem(`shop-${size}-${n}`, 'x'.repeat(size));
      } catch {}
    }
  });
  site.status = 503;
  await page.evaluate(`headwater.track('no room')`);
  await expect.poll(() => site.requests.length).toBeGreaterThan(1);
  site.status = 202;
  await site.received(2);
});

test('10,000 events at once: all arrive, once each, in requests of a size that the server takes', async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto(site.url('/'));
  await site.received(1);
  const tookMs = await page.evaluate<number>(`(() => {
    const began = performance.now();
    for (let n = 0; n < 10_000; n++) headwater.track('burst', { n });
    return performance.now() - began;
  })()`);
  console.log(`10,000 events took ${Math.round(tookMs)} ms`);
  await expect.poll(() => site.hits.length, { timeout: 60_000 }).toBe(10_001);
  expect(Math.max(...site.requests.map(({ hits }) => hits))).toBeLessThanOrEqual(100);
  await expect.poll(() => waitingOf(page)).toBe('');
});

test('batches of one moment are kept apart', async ({ page }) => {
  await page.goto(site.url('/'));
  await site.received(1);
  // A number as large as the time has room for 4,096 fractions: chance alone, added to it, comes up twice now and then.
  await page.evaluate(`(() => {
    const now = Date.now();
    Date.now = () => now;
    Math.random = () => 0.5;
    for (let n = 0; n < 90; n++) headwater.track('burst', { n });
  })()`);
  await site.received(91);
});

test('what happens just before the page is left arrives, and a slow answer holds nothing up', async ({ page }) => {
  site.delayMs = 2000;
  await page.goto(site.url('/'));
  await page.evaluate(`headwater.track('last'); location.href = 'about:blank'`);
  await page.waitForURL('about:blank');
  const hits = await site.received(2);
  expect(hits.map(({ name }) => name)).toEqual(['pageview', 'last']);
});

test('a strict content policy: no eval, nothing inline, second script included', async ({ page }) => {
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  const stats = `http://stats.shop.test:${site.port}`;
  site.pageHeaders = {
    'content-security-policy': `default-src 'none'; script-src ${stats}; connect-src ${stats}; require-trusted-types-for 'script'`,
  };
  site.attributes = 'data-more="404"';
  site.pageStatus = 404;
  await page.goto(site.url('/gone'));
  await site.received(2);
  expect(problems.filter((text) => !/404/.test(text))).toEqual([]);
});

test('a strict content policy by nonce alone', async ({ page }) => {
  site.pageHeaders = { 'content-security-policy': `script-src 'nonce-abc'; object-src 'none'` };
  site.attributes = 'nonce="abc" data-more="404"';
  site.pageStatus = 404;
  await page.goto(site.url('/gone'));
  const hits = await site.received(2);
  expect(hits.map(({ name }) => name).sort()).toEqual(['404', 'pageview']);
});

for (const sandbox of ['allow-scripts', 'allow-scripts allow-same-origin']) {
  test(`inside a frame (${sandbox})`, async ({ page }) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    site.hasPixel = false;
    site.body = `<iframe sandbox="${sandbox}" src="/framed"></iframe>`;
    const opened = page.goto(site.url('/outside'), { waitUntil: 'commit' });
    await opened;
    Object.assign(site, { hasPixel: true, body: '' });
    const [hit] = await site.received(1);
    expect(pathOf(hit!)).toBe('/framed');
    expect(typeof hit!.visitor === 'string').toBe(sandbox.includes('same-origin'));
    expect(errors).toEqual([]);
  });
}

test('subdomains share the visitor and the session; another domain knows neither', async ({ page, context }) => {
  await page.goto(site.url('/', 'www.shop.test'));
  await page.goto(site.url('/', 'app.eu.shop.test'));
  await page.goto(site.url('/', 'shop.test'));
  await page.goto(site.url('/', 'other.test'));
  const hits = await site.received(4);
  expect(new Set(hits.slice(0, 3).map(({ visitor, session }) => `${visitor} ${session}`)).size).toBe(1);
  expect(hits[3]!.visitor).not.toBe(hits[0]!.visitor);
  const domains = (await context.cookies()).filter(({ name }) => name === 'hw_visitor_id').map(({ domain }) => domain);
  expect(domains.sort()).toEqual(['.other.test', '.shop.test']);
});

test('cookies on localhost and on an address', async ({ page, context }) => {
  for (const host of ['localhost', '127.0.0.1']) {
    await page.goto(site.url('/', host));
    await page.goto(site.url('/two', host));
  }
  const hits = await site.received(4);
  expect(hits[1]!.session).toBe(hits[0]!.session);
  expect(hits[3]!.session).toBe(hits[2]!.session);
  expect(Object.keys(await cookiesOf(context)).sort()).toEqual(['hw_session_id', 'hw_visitor_id']);
});

test('cookies blocked: one visitor and one session for as long as the page lives', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(document, 'cookie', { get: () => '', set: () => {} });
  });
  await page.goto(site.url('/blocked'));
  await page.evaluate(`headwater.track('one')`);
  await site.received(2);
  expect(new Set(site.hits.map(({ visitor, session }) => `${visitor} ${session}`)).size).toBe(1);
});

test('a page is drawn and used while the script has not come', async ({ page }) => {
  let answer = () => {};
  site.scriptsAfter = new Promise<void>((resolve) => (answer = resolve));
  await page.goto(site.url('/slow'), { waitUntil: 'commit' });
  await expect.poll(() => page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length)).toBe(1);
  await page.evaluate(() => (document.querySelector('a')!.textContent = 'used'));
  expect(await page.evaluate(() => Object.hasOwn(window, 'headwater'))).toBe(false);
  answer();
  const [view] = await site.received(1);
  expect(pathOf(view!)).toBe('/slow');
});
