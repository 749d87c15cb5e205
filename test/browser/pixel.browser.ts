// The built pixel in a real Chromium, on a page of its own small site. The server below is the site and the collector.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildPixel } from '../../sdk/build.ts';
import type { WireBatch, WireEvent } from '../../sdk/src/protocol.ts';

type Hit = WireEvent & { visitor?: string; session?: string };

let server: Server;
let port: number;
let pixel: string;
let hits: Hit[] = [];
let status = 202;
let attributes = '';
let head = '';

test.beforeAll(async () => {
  pixel = await buildPixel();
  server = createServer((request, response) => {
    if (request.url === '/hw.js') return void response.setHeader('content-type', 'text/javascript').end(pixel);
    if (request.url === '/api/event') {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (status === 202) {
          const batch = JSON.parse(body) as WireBatch;
          // A page that is left before the answer arrives sends again: the same id counts once, as in the product.
          const fresh = batch.events.filter((event) => !hits.some((hit) => hit.id === event.id));
          hits.push(...fresh.map((event) => ({ ...event, visitor: batch.visitor, session: batch.session })));
        }
        response.writeHead(status, { 'access-control-allow-origin': '*' }).end('{"accepted":1}');
      });
      return;
    }
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><title>Shop</title>${head}<script defer src="http://stats.shop.test:${port}/hw.js" data-site="s1" ${attributes}></script><a id="next" href="/next">next</a>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
test.afterAll(() => void server.close());
test.beforeEach(() => {
  hits = [];
  status = 202;
  attributes = '';
  head = '';
});

const url = (path: string, host = 'www.shop.test') => `http://${host}:${port}${path}`;
const cookies = async (page: Page) =>
  Object.fromEntries((await page.context().cookies()).map(({ name, value }) => [name, value]));
/** Waits for as many hits; puts them in the order in which they happened, which is not that of their arrival. */
async function received(count: number) {
  await expect.poll(() => hits.length, { timeout: 10_000 }).toBe(count);
  hits.sort((a, b) => a.at! - b.at!);
}

test('a landing is one page view, with both cookies on the widest domain', async ({ page }) => {
  await page.goto(url('/pricing?utm_source=google&utm_medium=cpc'));
  await received(1);
  const jar = await page.context().cookies();
  const visitor = jar.find(({ name }) => name === 'hw_visitor_id')!;
  const session = jar.find(({ name }) => name === 'hw_session_id')!;
  expect(visitor.domain).toBe('.shop.test');
  expect(visitor.sameSite).toBe('Lax');
  expect(visitor.expires - Date.now() / 1000).toBeGreaterThan(364 * 86_400);
  expect(session.expires - Date.now() / 1000).toBeLessThan(1801);
  expect(visitor.value).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect(jar.map(({ name }) => name).sort()).toEqual(['hw_session_id', 'hw_visitor_id']);
  expect(hits[0]).toMatchObject({ name: 'pageview', title: 'Shop', visitor: visitor.value, session: session.value });
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
  await received(4);
  expect(hits.map((hit) => new URL(hit.url!).pathname).sort()).toEqual(['/a', '/b', '/b', '/c']);
  // After the first view the page before is the application itself, never the outside referrer again.
  expect(hits.map((hit) => hit.referrer!.replace(url(''), '')).sort()).toEqual(['', '/a', '/b', '/c']);
});

test('the visitor stays, the session changes only with a new campaign', async ({ page }) => {
  await page.goto(url('/?utm_source=google'));
  await page.goto(url('/two'));
  await page.goto(url('/?utm_source=google'));
  await page.goto(url('/?utm_source=newsletter'));
  await page.goto(url('/three', 'shop.test'));
  await received(5);
  expect(new Set(hits.map((hit) => hit.visitor)).size).toBe(1);
  const sessions = hits.map((hit) => hit.session);
  expect(sessions[1]).toBe(sessions[0]);
  expect(sessions[2]).toBe(sessions[0]);
  expect(sessions[3]).not.toBe(sessions[0]);
  expect(sessions[4]).toBe(sessions[3]);
});

test('commands queued before the script load are sent after it, as are later ones', async ({ page }) => {
  head = `<script>(window.headwater ||= []).push(['track', 'early', { plan: 'pro' }]);</script>`;
  await page.goto(url('/'));
  await page.evaluate(`headwater.push(['track', 'late']); headwater.identify({ app_id: 'u1', email: 'a@shop.test' })`);
  await received(4);
  const propsOf = Object.fromEntries(hits.map((hit) => [hit.name, hit.props]));
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
  await received(5);
  const reports = hits.filter((hit) => hit.name === 'checkout').map((hit) => hit.props);
  expect(reports).toEqual([{ session_id: 'cs_test_123' }, { payment_intent: 'pi_9' }]);
  expect(JSON.stringify(hits)).not.toContain('secret');
});

test('ids of attribu.tech and Zori are adopted, and their names are kept', async ({ page, context }) => {
  attributes = 'data-compat="attribu zori"';
  await context.addCookies([{ name: 'zori_visitor_id', value: 'old-visitor-7', url: url('/') }]);
  await page.goto(url('/'));
  await received(1);
  expect(hits[0]!.visitor).toBe('old-visitor-7');
  expect(await cookies(page)).toMatchObject({
    hw_visitor_id: 'old-visitor-7',
    attribu_visitor_id: 'old-visitor-7',
    zori_visitor_id: 'old-visitor-7',
    attribu_session_id: hits[0]!.session,
    zori_session_id: hits[0]!.session,
  });
  expect(await page.evaluate('ZoriHQ.getVisitorId()')).toBe('old-visitor-7');
});

test('a hit that the server cannot take is kept over a reload and delivered once', async ({ page }) => {
  status = 503;
  await page.goto(url('/kept'));
  await expect.poll(() => page.evaluate(`localStorage.getItem('hw_queue')`)).toContain('/kept');
  status = 202;
  await page.goto(url('/next'));
  await received(2);
  expect(hits.map((hit) => new URL(hit.url!).pathname)).toEqual(['/kept', '/next']);
  await expect.poll(() => page.evaluate(`localStorage.getItem('hw_queue')`)).toBe('[]');
});

test('a hit that the server refuses is not sent again', async ({ page }) => {
  let tries = 0;
  page.on('request', (request) => (tries += request.url().endsWith('/api/event') ? 1 : 0));
  status = 400;
  await page.goto(url('/refused'));
  await expect.poll(() => page.evaluate(`localStorage.getItem('hw_queue')`)).toBe('[]');
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
  await received(2);
  expect(new Set(hits.map((hit) => hit.visitor)).size).toBe(1);
  expect(errors).toEqual([]);
});

test('optOut ends it: cookies gone, nothing sent any more', async ({ page }) => {
  await page.goto(url('/'));
  await received(1);
  await page.evaluate('headwater.optOut()');
  await page.goto(url('/later'));
  await page.evaluate(`headwater.track('nothing')`);
  expect(await cookies(page)).toEqual({});
  expect(hits).toHaveLength(1);
});
