// What the pixel keeps of whom: consent, Global Privacy Control, opting out, consent managers.
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { cookiesOf, keptBy, openPixelSite } from './pixel-site.ts';
import type { Hit, PixelSite } from './pixel-site.ts';

let site: PixelSite;
test.beforeAll(async () => void (site = await openPixelSite()));
test.afterAll(() => site.close());
test.beforeEach(() => site.reset());

/** @param but keys on the disk: a refusal is remembered where consent is not required */
async function expectNothingKept(page: Page, but: string[] = []) {
  expect(await cookiesOf(page.context())).toEqual({});
  expect(await keptBy(page)).toEqual(but);
  expect((await page.evaluate('headwater.getVisitorId()')) ?? null).toBeNull();
}
const withGpc = (page: Page) =>
  page.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { get: () => true }));

for (const mode of ['required', 'denied']) {
  test(`consent ${mode}: hits count without identity, nothing is stored, nobody is identified`, async ({ page }) => {
    site.attributes = `data-consent="${mode}"`;
    await page.addInitScript(() => {
      const written: string[] = [];
      const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie')!;
      Object.defineProperty(document, 'cookie', {
        ...cookie,
        set(text: string) {
          written.push(text);
        },
      });
      Object.assign(window, { written });
    });
    await page.goto(site.url('/?utm_source=google&session_id=cs_test_1'));
    await page.evaluate(`headwater.identify({ email: 'a@shop.test' }); headwater.track('seen')`);
    const hits = await site.received(2);
    expect(hits.map(({ name, visitor, session }) => [name, visitor ?? null, session ?? null])).toEqual([
      ['pageview', null, null],
      ['seen', null, null],
    ]);
    await expectNothingKept(page);
    expect(await page.evaluate('written'), 'not for an instant either').toEqual([]);
  });
}

test('consent given: the arrival counts with identity, and later pages need not ask', async ({ page }) => {
  site.attributes = 'data-consent="required"';
  await page.goto(site.url('/?utm_source=google'));
  await site.received(1);
  await page.evaluate('headwater.setConsent(true)');
  const [, again] = await site.received(2);
  const { hw_visitor_id: visitor } = await cookiesOf(page.context());
  expect(again).toMatchObject({ name: 'pageview', visitor });
  expect(again!.url).toContain('utm_source=google');
  await page.goto(site.url('/two'));
  expect((await site.received(3))[2]).toMatchObject({ name: 'pageview', visitor });

  await page.evaluate('headwater.setConsent(false)');
  await expectNothingKept(page);
  await page.goto(site.url('/three'));
  expect((await site.received(4))[3]!.visitor ?? null).toBeNull();
  await expectNothingKept(page);
});

test('a refusal where consent is not required is remembered, and holds in other tabs', async ({ page, context }) => {
  const other = await context.newPage();
  await page.goto(site.url('/'));
  await other.goto(site.url('/other'));
  await site.received(2);
  await page.evaluate('headwater.setConsent(false)');
  await other.evaluate(`headwater.track('later')`);
  const hits = await site.received(3);
  expect(hits[0]!.visitor).toBeTruthy();
  expect(hits[2]!.visitor ?? null).toBeNull();
  expect(await cookiesOf(context)).toEqual({});
  await page.goto(site.url('/next'));
  expect((await site.received(4))[3]!.visitor ?? null).toBeNull();
  expect(await cookiesOf(context)).toEqual({});
});

test('Global Privacy Control is a refusal, unless the site or the visitor says otherwise', async ({
  page,
  context,
}) => {
  await withGpc(page);
  await page.goto(site.url('/'));
  await site.received(1);
  await expectNothingKept(page);
  site.attributes = 'data-consent="granted"';
  await page.goto(site.url('/two'));
  await site.received(2);
  expect(Object.keys(await cookiesOf(context))).toContain('hw_visitor_id');
});

test('consent that is said before the script runs holds from the first hit', async ({ page }) => {
  site.head = `<script>(window.headwater ||= []).push(['setConsent', false]);</script>`;
  await page.goto(site.url('/'));
  expect((await site.received(1))[0]!.visitor ?? null).toBeNull();
  expect(await cookiesOf(page.context())).toEqual({});
});

test('who opted out stays out, whatever a consent manager says', async ({ page }) => {
  await page.goto(site.url('/'));
  await site.received(1);
  await page.evaluate('headwater.optOut()');
  await page.evaluate('headwater.setConsent(true)');
  await page.goto(site.url('/later'));
  await page.waitForTimeout(1500);
  expect(site.hits).toHaveLength(1);
  expect(await cookiesOf(page.context())).toEqual({});
});

const MANAGERS: Record<string, string> = {
  'Google Consent Mode': `gtag('consent', 'update', { analytics_storage: ANSWER ? 'granted' : 'denied' })`,
  'the IAB framework': `tcf({ eventStatus: 'useractioncomplete', gdprApplies: true, purpose: { consents: { 1: ANSWER, 8: ANSWER } } }, true)`,
  OneTrust: `OnetrustActiveGroups = ANSWER ? ',C0001,C0002,' : ',C0001,'; dispatchEvent(new Event('OneTrustGroupsUpdated'))`,
  Cookiebot: `Cookiebot = { hasResponse: true, consent: { statistics: ANSWER } }; dispatchEvent(new Event('CookiebotOnConsentReady'))`,
  CookieYes: `document.dispatchEvent(new CustomEvent('cookieyes_consent_update', { detail: { accepted: ANSWER ? ['analytics'] : [] } }))`,
  'an object': `headwater.setConsent({ analytics: ANSWER })`,
};
for (const [name, says] of Object.entries(MANAGERS)) {
  test(`consent by ${name}`, async ({ page }) => {
    site.attributes = 'data-consent="required" data-more="cmp"';
    site.head = `<script>
      dataLayer = []; function gtag() { dataLayer.push(arguments); }
      gtag('consent', 'default', { analytics_storage: 'denied' });
      function __tcfapi(command, version, callback) { if (command === 'addEventListener') tcf = callback; }
    </script>`;
    await page.goto(site.url('/'));
    await site.received(1);
    await page.waitForFunction('headwater.hasConsent');
    await page.evaluate(says.replaceAll('ANSWER', 'true'));
    await site.received(2);
    expect(Object.keys(await cookiesOf(page.context()))).toContain('hw_visitor_id');
    await page.evaluate(says.replaceAll('ANSWER', 'false'));
    await expectNothingKept(page);
  });
}

const DEFAULTS: [name: string, said: string, isGiven: boolean][] = [
  ['granted', `{ analytics_storage: 'granted' }`, true],
  ['refused in some regions, granted elsewhere', `{ analytics_storage: 'denied', region: ['DE'] }`, false],
];
for (const [name, said, isGiven] of DEFAULTS) {
  test(`Google's defaults: ${name}`, async ({ page }) => {
    site.attributes = 'data-consent="required" data-more="cmp"';
    site.head = `<script>dataLayer = []; function gtag() { dataLayer.push(arguments); }
      gtag('consent', 'default', ${said}); gtag('consent', 'default', { analytics_storage: 'granted' });</script>`;
    await page.goto(site.url('/'));
    await page.waitForFunction('headwater.hasConsent');
    // Where the page is only Google knows, so nobody is taken to be outside of the region.
    expect(await page.evaluate('headwater.hasConsent()')).toBe(isGiven);
    await page.evaluate(`gtag('consent', 'update', { analytics_storage: 'granted' })`);
    await expect.poll(() => page.evaluate('headwater.hasConsent()')).toBe(true);
  });
}

for (const attributes of ['data-consent="required" data-more="cmp"', 'data-more="cmp"']) {
  for (const waitMs of [0, 1200]) {
    test(`Google's defaults refuse on every page, the manager grants ${waitMs} ms later: ${attributes}`, async ({
      page,
    }) => {
      site.attributes = attributes;
      const update = `gtag('consent', 'update', { analytics_storage: 'granted' })`;
      site.head = `<script>dataLayer = []; function gtag() { dataLayer.push(arguments); }
        gtag('consent', 'default', { analytics_storage: 'denied' });
        ${waitMs > 0 ? `setTimeout(() => ${update}, ${waitMs})` : update};</script>`;
      const visitors: (string | undefined)[] = [];
      for (const path of ['/', '/two', '/three']) {
        await page.goto(site.url(path));
        await page.waitForTimeout(waitMs + 1500);
        visitors.push((await cookiesOf(page.context())).hw_visitor_id);
      }
      expect(visitors[0]).toBeTruthy();
      expect(new Set(visitors).size).toBe(1);
      // Without "required" the very first view was counted before the second script could hear of the refusal.
      const isEarly = ({ url }: Hit) => waitMs > 0 && !/required/.test(attributes) && new URL(url!).pathname === '/';
      const known = site.hits.filter((hit) => hit.visitor && !isEarly(hit));
      expect(new Set(known.map(({ visitor }) => visitor))).toEqual(new Set(visitors));
      const second = known.filter(({ url }) => url!.endsWith('/two'));
      expect(second, 'a page counts once').toHaveLength(1);
    });
  }
}

test('a default that grants takes back no refusal, and one that refuses in some regions comes after one that grants', async ({
  page,
}) => {
  site.attributes = 'data-more="cmp"';
  const layer = (said: string) =>
    `<script>dataLayer = []; function gtag() { dataLayer.push(arguments); }${said}</script>`;
  const granted = `gtag('consent', 'default', { analytics_storage: 'granted' });`;
  site.head = layer(`${granted}gtag('consent', 'default', { analytics_storage: 'denied', region: ['DE'] });`);
  await page.goto(site.url('/'));
  await page.waitForFunction('headwater.hasConsent');
  await expectNothingKept(page, ['hw_c']);
  await page.evaluate(`gtag('consent', 'update', { analytics_storage: 'denied' })`);
  site.head = layer(granted);
  await page.goto(site.url('/two'));
  await page.waitForFunction('headwater.hasConsent');
  await expectNothingKept(page, ['hw_c']);
});

test('a data layer that is none keeps no other feature from its work', async ({ page }) => {
  site.attributes = 'data-more="cmp"';
  site.head = '<script>dataLayer = { push() {} };</script>';
  site.body = '<button id="marked" data-hw-event="Sign up">Sign up</button>';
  await page.goto(site.url('/'));
  await page.waitForFunction('headwater.hasConsent');
  await page.click('#marked');
  expect((await site.received(2)).map(({ name }) => name)).toContain('Sign up');
});

test('the bookmarks of docs/pixel.md: the first leaves me out, the second undoes it', async ({ page }) => {
  const docs = readFileSync(new URL('../../docs/pixel.md', import.meta.url), 'utf8');
  const [leave, undo] = docs.match(/^javascript:.*$/gm)!;
  const click = (bookmark: string) => page.evaluate((href) => void (location.href = href), bookmark);
  await page.goto(site.url('/'));
  await site.received(1);
  await click(leave!);
  await page.goto(site.url('/two'));
  await page.evaluate(`headwater.track('never')`);
  await click(undo!);
  await page.goto(site.url('/three'));
  const hits = await site.received(2);
  expect(hits.map(({ url }) => new URL(url!).pathname)).toEqual(['/', '/three']);
  expect(page.url()).toBe(site.url('/three'));
});
