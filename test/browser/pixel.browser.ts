// The built pixel in a real Chromium, on a page of its own small site (pixel-site.ts): views, sessions, commands.
import { expect, test } from '@playwright/test';
import { cookiesOf, openPixelSite, pathOf, waitingOf } from './pixel-site.ts';
import type { PixelSite } from './pixel-site.ts';

let site: PixelSite;
test.beforeAll(async () => void (site = await openPixelSite()));
test.afterAll(() => site.close());
test.beforeEach(() => site.reset());
const url = (path: string, host?: string) => site.url(path, host);

test('a landing is one page view, with both cookies on the widest domain', async ({ page }) => {
  await page.goto(url('/pricing?utm_source=google&utm_medium=cpc'));
  await site.received(1);
  const jar = await page.context().cookies();
  const visitor = jar.find(({ name }) => name === 'hw_visitor_id')!;
  const session = jar.find(({ name }) => name === 'hw_session_id')!;
  expect(visitor.domain).toBe('.shop.test');
  expect(visitor.sameSite).toBe('Lax');
  expect(visitor.expires - Date.now() / 1000).toBeGreaterThan(364 * 86_400);
  expect(session.expires - Date.now() / 1000).toBeLessThan(1801);
  expect(visitor.value).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect(jar.map(({ name }) => name).sort()).toEqual(['hw_session_id', 'hw_visitor_id']);
  expect(site.hits[0]).toMatchObject({
    name: 'pageview',
    title: 'Shop',
    visitor: visitor.value,
    session: session.value,
  });
  expect(await page.evaluate('headwater.getVisitorId()')).toBe(visitor.value);
  expect(await page.evaluate('headwater.getSessionId()')).toBe(session.value);
});

test('single-page navigation counts each page once', async ({ page }) => {
  await page.goto(url('/a'));
  await page.evaluate(() => {
    history.pushState({}, '', '/b');
    history.replaceState({}, '', '/b?tab=2');
    history.pushState({}, '', '/c');
    history.back();
  });
  await site.received(4);
  expect(site.hits.map(pathOf).sort()).toEqual(['/a', '/b', '/b', '/c']);
  // After the first view the page before is the application itself, never the outside referrer again.
  expect(site.hits.map((hit) => hit.referrer!.replace(url(''), '')).sort()).toEqual(['', '/a', '/b', '/c']);
});

test('the visitor stays, the session changes only with a new campaign', async ({ page }) => {
  await page.goto(url('/?utm_source=google'));
  await page.goto(url('/two'));
  await page.goto(url('/?utm_source=google'));
  await page.goto(url('/?utm_source=newsletter'));
  await page.goto(url('/three', 'shop.test'));
  await site.received(5);
  expect(new Set(site.hits.map((hit) => hit.visitor)).size).toBe(1);
  const sessions = site.hits.map((hit) => hit.session);
  expect(sessions[1]).toBe(sessions[0]);
  expect(sessions[2]).toBe(sessions[0]);
  expect(sessions[3]).not.toBe(sessions[0]);
  expect(sessions[4]).toBe(sessions[3]);
});

test('commands queued before the script load are sent after it, as are later ones', async ({ page }) => {
  site.head = `<script>(window.headwater ||= []).push(['track', 'early', { plan: 'pro' }]);</script>`;
  await page.goto(url('/'));
  await page.evaluate(`headwater.push(['track', 'late']); headwater.identify({ app_id: 'u1', email: 'a@shop.test' })`);
  await site.received(4);
  const propsOf = Object.fromEntries(site.hits.map((hit) => [hit.name, hit.props]));
  expect(Object.keys(propsOf).sort()).toEqual(['early', 'identify', 'late', 'pageview']);
  expect(propsOf.early).toEqual({ plan: 'pro' });
  expect(propsOf.identify).toEqual({ app_id: 'u1', email: 'a@shop.test' });
});

test('a return from Stripe is reported once, without its client secret', async ({ page }) => {
  await page.goto(url('/thanks?session_id=cs_test_123'));
  await page.goto(url('/thanks?session_id=cs_test_123'));
  await page.goto(
    url('/paid?payment_intent=pi_9&payment_intent_client_secret=pi_9_secret_x&redirect_status=succeeded'),
  );
  await site.received(5);
  const reports = site.hits.filter((hit) => hit.name === 'checkout').map((hit) => hit.props);
  expect(reports).toEqual([{ session_id: 'cs_test_123' }, { payment_intent: 'pi_9' }]);
  expect(JSON.stringify(site.hits)).not.toContain('secret');
});

test('ids of attribu.tech and Zori are adopted, and their names are kept', async ({ page, context }) => {
  site.attributes = 'data-compat="attribu zori"';
  await context.addCookies([{ name: 'zori_visitor_id', value: 'old-visitor-7', url: url('/') }]);
  await page.goto(url('/'));
  await site.received(1);
  expect(site.hits[0]!.visitor).toBe('old-visitor-7');
  expect(await cookiesOf(page.context())).toMatchObject({
    hw_visitor_id: 'old-visitor-7',
    attribu_visitor_id: 'old-visitor-7',
    zori_visitor_id: 'old-visitor-7',
    attribu_session_id: site.hits[0]!.session,
    zori_session_id: site.hits[0]!.session,
  });
  // It comes with the second script.
  await page.waitForFunction('self.ZoriHQ');
  expect(await page.evaluate('ZoriHQ.getVisitorId()')).toBe('old-visitor-7');
});

test('a hit that the server cannot take is kept over a reload and delivered once', async ({ page }) => {
  site.status = 503;
  await page.goto(url('/kept'));
  await expect.poll(() => waitingOf(page)).toContain('/kept');
  site.status = 202;
  await page.goto(url('/next'));
  await site.received(2);
  expect(site.hits.map(pathOf)).toEqual(['/kept', '/next']);
  await expect.poll(() => waitingOf(page)).toBe('');
});

test('a hit that the server refuses is not sent again', async ({ page }) => {
  let tries = 0;
  page.on('request', (request) => (tries += request.url().endsWith('/api/event') ? 1 : 0));
  site.status = 400;
  await page.goto(url('/refused'));
  await expect.poll(() => waitingOf(page)).toBe('');
  expect(tries).toBe(1);
});

test('the page never notices: no error, with cookies and storage blocked', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('denied', 'SecurityError');
        },
      });
    }
    Object.defineProperty(document, 'cookie', { get: () => '', set: () => {} });
  });
  await page.goto(url('/blocked'));
  await page.evaluate(`headwater.track('still works')`);
  await site.received(2);
  expect(new Set(site.hits.map((hit) => hit.visitor)).size).toBe(1);
  expect(errors).toEqual([]);
});

test('a second tag on the page counts nothing twice', async ({ page }) => {
  site.head = `<script defer src="http://stats.shop.test:${site.port}/hw.js" data-site="s1"></script>`;
  await page.goto(url('/'));
  await page.evaluate(`history.pushState({}, '', '/next'); headwater.track('once')`);
  await page.waitForTimeout(2500);
  expect(site.hits.map(({ name }) => name).sort()).toEqual(['once', 'pageview', 'pageview']);
});

test('whatever a page says to the script, nothing is thrown and the page is counted', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  site.head = `<script>
    headwater = [null, undefined, 5, 'text', {}, ['__proto__'], ['no such'], ['track', 'early']];
    circle = {}; circle.circle = circle;
    odd = [undefined, null, 0, '', {}, [], () => 1, Symbol('s'), 10n, NaN, circle, window];
  </script>`;
  site.attributes = 'data-more="cmp"';
  await page.goto(url('/'));
  await page.waitForFunction('headwater.hasConsent');
  const thrown = await page.evaluate(() => {
    const { headwater, odd } = window as unknown as {
      headwater: Record<string, (it: unknown) => void>;
      odd: unknown[];
    };
    const caught: string[] = [];
    for (const name of ['track', 'identify', 'push', 'setConsent', 'getVisitorId', 'getSessionId', 'hasConsent']) {
      for (const it of odd) {
        try {
          headwater[name]!(it);
        } catch (error) {
          caught.push(`${name}: ${String(error)}`);
        }
      }
    }
    return caught;
  });
  expect([thrown, errors]).toEqual([[], []]);
  await expect.poll(() => site.hits.map(({ name }) => name)).toEqual(expect.arrayContaining(['pageview', 'early']));
});

test('a property of a million letters does not hold the page up', async ({ page }) => {
  await page.goto(url('/'));
  const startedAt = Date.now();
  await page.evaluate(`headwater.track('long', { text: 'x'.repeat(1e6) })`);
  // Milliseconds; minutes where the text is searched in quadratic time.
  expect(Date.now() - startedAt).toBeLessThan(15_000);
  await site.received(2);
});

test('optOut ends it: cookies gone, nothing sent any more', async ({ page }) => {
  await page.goto(url('/'));
  await site.received(1);
  await page.evaluate('headwater.optOut()');
  await page.goto(url('/later'));
  await page.evaluate(`headwater.track('nothing')`);
  expect(await cookiesOf(page.context())).toEqual({});
  expect(site.hits).toHaveLength(1);
});
