// The pixel through the shop's own host, in a real browser: the cookie that the server sets, and a visitor who goes from one
// domain of a site to another. Two shops behind the recipe for Express, before one Headwater with the built scripts.
import { expect, test } from '@playwright/test';
import type { BrowserContext } from '@playwright/test';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildMore, buildPixel } from '../../sdk/build.ts';
import { VISITOR_COOKIE_DAYS } from '../../sdk/src/protocol.ts';
import { startHeadwater } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';

const SHOP = 'www.durable.test';
const TILL = 'till.test';
const EXPRESS = new URL('../../recipes/express.mjs', import.meta.url).href;
const DAY_S = 86_400;

let headwater: Headwater;
let shop: Server;
let site: string;
let key: string;
const at = (host: string, path = '/') => `http://${host}:${(shop.address() as AddressInfo).port}${path}`;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  headwater = await startHeadwater();
  ({ id: site } = await headwater.command<{ id: string }>('site', 'add', '--name', 'Shop', '--domain', 'durable.test'));
  ({ key } = await headwater.command<{ key: string }>('key', 'add', '--site', site));
  await change({ hosts: [TILL] });
  const { headwater: through } = (await import(EXPRESS)) as {
    headwater(target: string): (request: unknown, response: unknown, next: () => void) => void;
  };
  const pass = through(headwater.url);
  const scripts: Record<string, string> = { '/hw/hw.js': await buildPixel(), '/hw/hw-more.js': await buildMore() };
  shop = createServer((request, response) => {
    const script = scripts[request.url!];
    if (script !== undefined) return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    pass(request, response, () => {
      const tag = `<script defer src="/hw/hw.js" data-site="${site}" data-more="domains" data-domains="${TILL}"></script>`;
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<!doctype html><title>Shop</title>${tag}<a id="pay" href="${at(TILL, '/pay')}">Pay</a>
        <a id="cart" href="${at(TILL, '/pay')}?cart=${'secret'.repeat(400)}">Pay for these</a>`);
    });
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
});
test.afterAll(async () => {
  shop?.closeAllConnections();
  shop?.close();
  await headwater?.[Symbol.asyncDispose]();
});

async function change(collect: object): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ collect });
  const answer = await fetch(`${headwater.url}/api/v1/sites/${site}`, { method: 'PATCH', body, headers });
  expect(answer.status).toBe(200);
  // Collect keeps a site's settings for a second.
  await new Promise((resolve) => setTimeout(resolve, 1100));
}

const visitorCookie = async (context: BrowserContext, domain: string) =>
  (await context.cookies()).find((cookie) => cookie.name === 'hw_visitor_id' && cookie.domain === domain);
const metric = async (result: string) =>
  (await (await fetch(`${headwater.url}/metrics`)).text()).includes(`headwater_hand_overs_total{result="${result}"} 1`);

test('the server sets the cookie that the script set, for a year, and a script could not have written its value', async ({
  context,
  page,
}) => {
  await change({ signed_ids: true });
  await page.goto(at(SHOP));
  await expect
    .poll(async () => (await visitorCookie(context, '.durable.test'))?.value)
    .toMatch(/^[0-9a-f-]{36}_[0-9a-f]{24}$/);
  const cookie = (await visitorCookie(context, '.durable.test'))!;
  expect(cookie).toMatchObject({ httpOnly: false, sameSite: 'Lax', path: '/' });
  expect(cookie.expires - Date.now() / 1000).toBeGreaterThan((VISITOR_COOKIE_DAYS - 1) * DAY_S);
  expect((await context.cookies()).filter(({ name }) => name === 'hw_visitor_id')).toHaveLength(1);
  await page.goto(at('durable.test', '/other'));
  const read = () =>
    page.evaluate(() =>
      (window as never as { headwater: { getVisitorId(): Promise<string> } }).headwater.getVisitorId(),
    );
  expect(await read()).toBe(cookie.value);
  await change({ signed_ids: false });
});

test('an answer that is on its way when consent is taken back leaves no cookie', async ({ context }) => {
  await context.clearCookies();
  const page = await context.newPage();
  let answer = () => {};
  const refused = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/hw/api/event', (route) => void refused.then(() => route.continue()));
  await page.goto(at(SHOP));
  await expect.poll(() => visitorCookie(context, '.durable.test')).toBeTruthy();
  const answered = page.waitForResponse('**/hw/api/event');
  await page.evaluate('headwater.setConsent(false)');
  expect(await context.cookies()).toEqual([]);
  answer();
  expect((await (await answered).headersArray()).map(({ name }) => name.toLowerCase())).toContain('set-cookie');
  await expect.poll(() => context.cookies()).toEqual([]);
});

test('a link may be long, and nobody is told what it says', async ({ page }) => {
  await page.goto(at(SHOP));
  const asked = page.waitForRequest('**/hw/api/hand-over');
  await page.hover('#cart');
  expect((await asked).postDataJSON()).toEqual({ site, visitor: expect.any(String), to: TILL });
  await expect.poll(() => page.getAttribute('#cart', 'href')).toMatch(/cart=(secret){400}&hw_h=/);
});

test('a visitor who goes to the other domain is handed over, once; an address that is passed on hands over nobody', async ({
  context,
  page,
  browser,
}) => {
  await page.goto(at(SHOP));
  await page.hover('#pay');
  await expect.poll(() => page.getAttribute('#pay', 'href')).toContain('hw_h=');
  const handedOver = (await page.getAttribute('#pay', 'href'))!;
  await page.click('#pay');
  await expect(page, 'the word leaves the address').toHaveURL(/till\.test:\d+\/pay$/);
  await expect.poll(() => metric('taken')).toBe(true);
  const [left, arrived] = [await visitorCookie(context, '.durable.test'), await visitorCookie(context, '.till.test')];
  expect(arrived!.value).not.toBe(left!.value);
  const timeline = () =>
    fetch(`${headwater.url}/api/v1/sites/${site}/visitors/${arrived!.value}`, {
      headers: { authorization: `Bearer ${key}` },
    }).then((answer) => answer.text());
  await expect.poll(timeline).toContain(left!.value);

  const friend = await browser.newContext();
  await (await friend.newPage()).goto(handedOver);
  await expect.poll(() => metric('used')).toBe(true);
  await (await friend.newPage()).goto(at(TILL, '/pay?hw_h=v1.zzzzzz.nnnnnnnn.00000000000000000000000000000000'));
  await expect.poll(() => metric('forged')).toBe(true);
  await friend.close();
});
