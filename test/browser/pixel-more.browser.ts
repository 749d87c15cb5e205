// The second script: loaded only when asked for; Stripe's own checkouts, clicks, forms, errors, engagement.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { cookiesOf, openPixelSite } from './pixel-site.ts';
import type { PixelSite } from './pixel-site.ts';

let site: PixelSite;
test.beforeAll(async () => void (site = await openPixelSite()));
test.afterAll(() => site.close());
test.beforeEach(() => site.reset());

const isLoaded = (page: Page) =>
  page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/hw-more.js')));
const loaded = (page: Page) => expect.poll(() => page.evaluate(`!!window.headwater?.hasConsent`)).toBe(true);

test('a page that asks for nothing loads one script', async ({ page }) => {
  site.body = '<a href="https://example.test/">elsewhere</a>';
  await page.goto(site.url('/'));
  await page.waitForTimeout(1500);
  expect(await isLoaded(page)).toBe(false);
});

test('payment links, pricing tables and buy buttons get the visitor id; one that is there stays', async ({ page }) => {
  site.body = `<a id="link" href="https://buy.stripe.com/test_1?prefilled_email=a%2Bb%40shop.test#x">Buy</a>
    <a id="own" href="https://buy.stripe.com/test_2?client_reference_id=order-7">Buy</a>
    <a id="docs" href="https://docs.stripe.com/">Docs</a>
    <a class="none" href="mailto:a@shop.test">m</a><a class="none" href="tel:123">t</a>
    <a class="none" href="javascript:void 0">j</a><a class="none" href="http://">broken</a>
    <stripe-pricing-table pricing-table-id="prctbl_1"></stripe-pricing-table>
    <stripe-buy-button buy-button-id="buy_btn_1" client-reference-id="user-9"></stripe-buy-button>`;
  await page.goto(site.url('/'));
  await site.received(1);
  const visitor = (await cookiesOf(page.context())).hw_visitor_id!;
  await expect(page.locator('#link')).toHaveAttribute(
    'href',
    `https://buy.stripe.com/test_1?prefilled_email=a%2Bb%40shop.test&client_reference_id=${visitor}#x`,
  );
  await expect(page.locator('stripe-pricing-table')).toHaveAttribute('client-reference-id', visitor);
  expect(await page.locator('#own').getAttribute('href')).toContain('client_reference_id=order-7');
  expect(await page.locator('#docs').getAttribute('href')).toBe('https://docs.stripe.com/');
  await expect(page.locator('stripe-buy-button')).toHaveAttribute('client-reference-id', 'user-9');
  expect(
    await page.locator('.none').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
    'links without a host are nobody’s payment links',
  ).toEqual(['mailto:a@shop.test', 'tel:123', 'javascript:void 0', 'http://']);

  // Rendered later, on a domain of the merchant's own.
  await page.evaluate(() => {
    document.body.insertAdjacentHTML('beforeend', '<a id="later" href="https://donate.stripe.com/test_3">Give</a>');
  });
  await expect(page.locator('#later')).toHaveAttribute('href', new RegExp(`client_reference_id=${visitor}$`));

  // Consent withdrawn: what we added goes, what the merchant wrote stays.
  await page.evaluate('headwater.setConsent(false)');
  await expect(page.locator('#later')).not.toHaveAttribute('href', /client_reference_id/);
  await expect(page.locator('stripe-pricing-table')).not.toHaveAttribute('client-reference-id', /./);
  expect(await page.locator('#own').getAttribute('href')).toContain('client_reference_id=order-7');
});

test('a payment link on the merchant’s own domain', async ({ page }) => {
  site.attributes = 'data-more="stripe" data-stripe="pay.shop.test"';
  site.body = '<a id="link" href="https://pay.shop.test/b/1">Buy</a>';
  await page.goto(site.url('/'));
  await expect(page.locator('#link')).toHaveAttribute('href', /client_reference_id=/);
});

test('outbound links, downloads, forms and marked elements', async ({ page }) => {
  site.attributes = 'data-more="outbound downloads forms"';
  site.body = `<base target="shop-window"><a id="out" href="http://elsewhere.test/a?secret=1">out</a>
    <a id="file" href="/files/Catalogue.PDF?token=1">file</a><a id="own" href="/own">own</a>
    <button id="marked" data-hw-event="Sign up" data-hw-plan="pro"><b id="inner">Sign up</b></button>
    <form id="newsletter" data-hw-event="Subscribed" onsubmit="return false"><input name="id" value="a@b.test"><button id="send">Go</button></form>`;
  await page.goto(site.url('/'));
  await loaded(page);
  for (const id of ['out', 'file', 'own', 'inner', 'send']) await page.click(`#${id}`);
  // The pages that open have the pixel too: their views are not asked for here.
  const found = () => site.hits.filter(({ name }) => name !== 'pageview').map(({ name, props }) => [name, props]);
  await expect.poll(() => found().length).toBe(5);
  site.hits.sort((one, other) => one.at! - other.at!);
  expect(found()).toEqual([
    ['outbound', { url: 'http://elsewhere.test/a' }],
    ['download', { url: site.url('/files/Catalogue.PDF') }],
    ['Sign up', { plan: 'pro' }],
    ['Subscribed', {}],
    ['form', { form: 'newsletter' }],
  ]);
});

test('marked elements count without an attribute of the tag', async ({ page }) => {
  site.body = '<button id="marked" data-hw-event="Sign up" data-hw-billing-period="year">Sign up</button>';
  await page.goto(site.url('/'));
  await loaded(page);
  await page.click('#marked');
  const hits = await site.received(2);
  expect(hits.map(({ name, props }) => [name, props])).toContainEqual(['Sign up', { billingPeriod: 'year' }]);
});

test('inside of web components, and of labels, each click counts once', async ({ page }) => {
  site.attributes = 'data-more="outbound"';
  site.body = `<base target="shop-window"><x-button data-hw-event="Buy"></x-button>
    <a href="http://elsewhere.test/a"><x-button id="icon"></x-button></a>
    <label data-hw-event="Agreed"><input type="checkbox"><b id="text">Terms</b></label>
    <script>customElements.define('x-button', class extends HTMLElement {
      constructor() { super(); this.attachShadow({ mode: 'open' }).innerHTML = '<button>Press</button>'; }
    })</script>`;
  await page.goto(site.url('/'));
  await loaded(page);
  for (const place of ['x-button:not(#icon) button', '#icon button', '#text']) await page.click(place);
  const found = () => site.hits.filter(({ name }) => name !== 'pageview').map(({ name }) => name);
  await expect.poll(() => found().length).toBe(3);
  await page.waitForTimeout(1200);
  expect(found().sort()).toEqual(['Agreed', 'Buy', 'outbound']);
});

test('a hand-over waits in the address until there is consent', async ({ page }) => {
  site.attributes = 'data-more="domains" data-domains="pay.test" data-consent="required"';
  await page.goto(site.url('/?hw_h=word'));
  await loaded(page);
  await page.waitForTimeout(1200);
  expect(page.url()).toContain('hw_h=word');
  await page.evaluate('headwater.setConsent(true)');
  await expect.poll(() => page.url()).not.toContain('hw_h');
  await site.received(2);
  const told = site.hits.filter(({ url, visitor }) => visitor && url!.includes('hw_h=word'));
  expect(told).toHaveLength(1);
});

test('the tag of another product that has a data-site stands before ours', async ({ page }) => {
  site.head = '<script defer src="http://cdn.test/script.js" data-site="ABC"></script>';
  site.attributes = 'data-more="outbound"';
  site.body = '<a id="out" href="http://elsewhere.test/a" target="shop-window">out</a>';
  await page.goto(site.url('/'));
  await loaded(page);
  await page.click('#out');
  await expect.poll(() => site.hits.map(({ name }) => name)).toContain('outbound');
});

test('a page that is not there', async ({ page }) => {
  site.attributes = 'data-more="404"';
  await page.goto(site.url('/there'));
  await site.received(1);
  site.pageStatus = 404;
  await page.goto(site.url('/gone'));
  const hits = await site.received(3);
  expect(hits.filter(({ name }) => name === '404').map(({ props }) => props)).toEqual([{ path: '/gone' }]);
});

test('how long a page was in view and how far it was scrolled, told when it is left', async ({ page }) => {
  site.attributes = 'data-more="engagement"';
  site.body = '<a id="next" href="/next" style="position: fixed">next</a><div style="height: 4000px">long</div>';
  await page.goto(site.url('/long'));
  await loaded(page);
  await page.waitForTimeout(1600);
  await page.evaluate('scrollTo(0, 2000)');
  await page.waitForTimeout(200);
  await page.evaluate(`history.pushState({}, '', '/short')`);
  await page.waitForTimeout(1100);
  await page.click('#next');
  await page.waitForURL('**/next');
  const hits = (await site.received(5)).filter(({ name }) => name === 'engagement');
  expect(hits.map(({ props }) => props!.path)).toEqual(['/long', '/short']);
  const [long] = hits.map(({ props }) => props as { seconds: number; depth: number });
  expect(long!.seconds).toBeGreaterThanOrEqual(1);
  expect(long!.seconds).toBeLessThanOrEqual(6);
  expect(long!.depth).toBeGreaterThan(50);
  expect(long!.depth).toBeLessThan(90);
});

test('calls to window.ZoriHQ before anything is loaded are made up for', async ({ page }) => {
  site.attributes = 'data-compat="zori"';
  site.head = `<script>(window.ZoriHQ ||= []).push(['track', 'early', { plan: 'pro' }]);</script>`;
  await page.goto(site.url('/'));
  const hits = await site.received(2);
  expect(hits.map(({ name }) => name).sort()).toEqual(['early', 'pageview']);
  expect(await page.evaluate('ZoriHQ.hasConsent()')).toBe(true);
});
