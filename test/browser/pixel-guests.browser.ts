// The pixel among what else the page has and keeps: its own storage and cookies, those of other products and of the server,
// another tab, a disk that is full.
import { expect, test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { awaitId, nameVisitorInLinks } from '../../src/payments/doctor-remedies.ts';
import { openPixelSite } from './pixel-site.ts';
import type { PixelSite } from './pixel-site.ts';

let site: PixelSite;
test.beforeAll(async () => void (site = await openPixelSite()));
test.afterAll(() => site.close());
test.beforeEach(() => site.reset());
const checkouts = () => site.hits.filter(({ name }) => name === 'checkout').map(({ props }) => props);

for (const script of ['hw.js', 'hw-cookieless.js']) {
  test(`a checkout that returns by the query of the same path is told once: ${script}`, async ({ page }) => {
    site.script = script;
    await page.goto(site.url('/checkout'));
    await site.received(1);
    await page.evaluate(`history.replaceState(null, '', '/checkout?session_id=cs_test_1')`);
    await page.evaluate(`history.replaceState(null, '', '/checkout?session_id=cs_test_1&tab=2')`);
    await page.evaluate(`history.pushState(null, '', '/checkout?payment_intent=pi_1')`);
    await site.received(3);
    await page.waitForTimeout(1200);
    expect(checkouts()).toEqual([{ session_id: 'cs_test_1' }, { payment_intent: 'pi_1' }]);
    expect(site.hits).toHaveLength(3);
  });
}

test('a full disk loses no checkout', async ({ page }) => {
  await page.goto(site.url('/'));
  await site.received(1);
  await page.evaluate(() => {
    for (let size = 1 << 20, name = 0; size >= 1;) {
      try {
        localStorage[name.toString(36)] = 'x'.repeat(size);
        name += 1;
      } catch {
        size = Math.floor(size / 2);
      }
    }
  });
  await page.goto(site.url('/thanks?session_id=cs_test_1'));
  await site.received(3);
  // Nothing can remember that it was told: the page asks once.
  await page.waitForTimeout(1200);
  expect(checkouts()).toEqual([{ session_id: 'cs_test_1' }]);
});

test('what the page keeps under names like ours is neither sent nor deleted', async ({ page }) => {
  const bodies: string[] = [];
  page.on('request', (request) => void bodies.push(request.postData() ?? ''));
  await page.goto(site.url('/'));
  await site.received(1);
  const kept = { hw_questions: '{"a":1}', show_hw_quiz: 'abc', hw_theme: 'dark', hw_cart: '7' };
  await page.evaluate((items) => void Object.assign(localStorage, items), kept);
  await page.goto(site.url('/two'));
  await site.received(2);
  await page.evaluate('headwater.setConsent(false)');
  await page.waitForTimeout(1200);
  expect(await page.evaluate(() => ({ ...localStorage }))).toEqual({ ...kept, hw_c: '0' });
  expect(bodies.filter((body) => body && !body.includes('"events":['))).toEqual([]);
});

test('a cookie of the page named like ours leaves our cookies on the widest domain', async ({ page, context }) => {
  await context.addCookies([{ name: 'hw_theme', value: 'hw_t', url: site.url('/') }]);
  await page.goto(site.url('/'));
  await site.received(1);
  const ours = (await context.cookies()).filter(({ name }) => name.endsWith('_id'));
  expect(ours.map(({ domain }) => domain)).toEqual(['.shop.test', '.shop.test']);
});

test('the id that the answer’s cookie brings is the page’s at once, and in its payment links', async ({ page }) => {
  site.body = '<a id="link" href="https://buy.stripe.com/test_1">Buy</a>';
  await page.goto(site.url('/'));
  await site.received(1);
  await page.evaluate(`document.cookie = 'hw_visitor_id=signed-1;domain=.shop.test;path=/;max-age=999'`);
  await expect.poll(() => page.evaluate('headwater.getVisitorId()')).toBe('signed-1');
  await expect(page.locator('#link')).toHaveAttribute('href', /client_reference_id=signed-1$/);
});

test('who opts out in another tab is named in no tab', async ({ page, context }) => {
  site.body = '<a id="link" href="https://buy.stripe.com/test_1">Buy</a>';
  const other = await context.newPage();
  await page.goto(site.url('/'));
  await other.goto(site.url('/other'));
  await expect(other.locator('#link')).toHaveAttribute('href', /client_reference_id/);
  await page.evaluate('headwater.optOut()');
  await expect.poll(() => other.evaluate('headwater.getVisitorId()')).toBeNull();
  await expect(other.locator('#link')).not.toHaveAttribute('href', /client_reference_id/);
});

test('cookies that another product left on this host do not win over ours', async ({ page, context }) => {
  site.attributes = 'data-compat="zori"';
  const theirs = { visitor: 'their-visitor', session: 'their-session' };
  for (const [kind, value] of Object.entries(theirs)) {
    await context.addCookies([{ name: `zori_${kind}_id`, value, url: site.url('/') }]);
  }
  await page.goto(site.url('/?utm_source=x'));
  await site.received(1);
  for (const [index, name] of ['a', 'b'].entries()) {
    await page.evaluate(`headwater.track('${name}')`);
    await site.received(index + 2);
  }
  expect(new Set(site.hits.map(({ visitor }) => visitor))).toEqual(new Set(['their-visitor']));
  expect(new Set(site.hits.map(({ session }) => session)).size).toBe(1);
});

test('where the script is blocked, the code that guide and check-up show still sells', async ({ page }) => {
  site.hasPixel = false;
  // What was told before it loaded waits in a list, which has no commands.
  site.head = "<script>(window.headwater ||= []).push(['track', 'Sign up']);</script>";
  site.body = /```html file=pay.html\n(.*?)```/s.exec(
    readFileSync(new URL('../../docs/guides/html.md', import.meta.url), 'utf8'),
  )![1]!;
  await page.route('**/create-checkout', (route) => route.fulfill({ json: { url: site.url('/paid') } }));
  await page.goto(site.url('/'));
  await page.click('#pay');
  await page.waitForURL('**/paid');
  const link = nameVisitorInLinks('shop.test').code!.replace('https://buy.stripe.com/…', site.url('/link'));
  await page.evaluate(`(async () => { ${link} })()`);
  await page.waitForURL('**/link');
  const [inPage] = awaitId.code!.split('\n\n');
  expect(await page.evaluate(`(async () => { ${inPage}\nreturn typeof visitorId; })()`)).toBe('undefined');
});
