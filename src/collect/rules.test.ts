import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { CollectRules } from '../core/collect-rules.ts';
import { createNetworks, readNetwork } from '../core/networks.ts';
import { isSignedVisitor } from '../core/visitor-id.ts';
import type { CollectRequest } from './collect.ts';
import { siteHitsOf } from './hand-over.ts';
import { batch, CHROME, open, sign, SITE, view } from './collect-samples.ts';

const siteWith = (collect: Partial<CollectRules>) => () => ({ ...SITE, settings: { ...SITE.settings, collect } });
type Headers = CollectRequest['headers'];

/** rules, address or headers of the sender, page → what becomes of the hit */
const EXCLUDED: [rules: Partial<CollectRules>, request: Partial<CollectRequest>, url: string, isKept: boolean][] = [
  [{ excludedAddresses: ['203.0.113.0/24'] }, { address: '203.0.113.9' }, 'https://shop.example/', false],
  [{ excludedAddresses: ['203.0.113.0/24'] }, { address: '::ffff:203.0.113.9' }, 'https://shop.example/', false],
  [{ excludedAddresses: ['203.0.113.0/24'] }, { address: '203.0.114.9' }, 'https://shop.example/', true],
  [{ excludedAddresses: ['2001:db8::/32'] }, { address: '2001:db8:1::1' }, 'https://shop.example/', false],
  [{ excludedHosts: ['staging.shop.example'] }, {}, 'https://a.staging.shop.example/', false],
  [{ excludedHosts: ['staging.shop.example'] }, {}, 'https://shop.example/', true],
  [{ excludedCountries: ['FR'] }, { headers: { 'cf-ipcountry': 'fr' } }, 'https://shop.example/', false],
  [{ excludedCountries: ['FR'] }, { headers: { 'cf-ipcountry': 'de' } }, 'https://shop.example/', true],
  [{ excludedCountries: ['FR'] }, {}, 'https://shop.example/', true],
];

test('a site leaves out addresses, hosts and countries, and keeps no address of them', async () => {
  for (const [rules, request, url, isKept] of EXCLUDED) {
    const { post, kept } = await open({ findSite: siteWith(rules) });
    const result = await post(batch(view({ url })), request);
    const dropped = isKept ? {} : { excluded: 1 };
    assert.deepEqual(result, { status: 202, accepted: isKept ? 1 : 0, dropped }, JSON.stringify(rules));
    const text = JSON.stringify(kept());
    assert.ok(!text.includes('203.0.11') && !text.includes('2001:db8'), text);
  }
});

const LISTS = {
  isDatacenter: createNetworks([readNetwork('198.51.100.0/24')!]).has,
  isReferrerSpam: (host: string) => host === 'operator-spam.example',
};
const BOTS: [request: Partial<CollectRequest>, referrer: string, more: object, bot: string][] = [
  [{}, '', {}, ''],
  [{ address: '198.51.100.4' }, '', {}, 'datacenter'],
  [{ address: '198.51.100.4' }, '', { webdriver: true }, 'webdriver'],
  [{ address: '198.51.100.4', headers: { 'user-agent': 'Googlebot/2.1' } }, '', {}, 'user_agent'],
  [{}, 'https://www.free.spam.example/x', {}, 'referrer_spam'],
  [{ address: '198.51.100.4' }, 'https://operator-spam.example/', {}, 'referrer_spam'],
  [{}, 'https://notspam.example/', {}, ''],
];

test('what is nobody’s visit is kept and marked with its reason', async () => {
  for (const [request, referrer, more, bot] of BOTS) {
    const { post, kept, counters } = await open({
      findSite: siteWith({ referrerSpam: ['spam.example'] }),
      lists: LISTS,
    });
    await post({ ...batch(view({ referrer })), ...more }, request);
    assert.equal(kept()[0]?.bot, bot, JSON.stringify([request, referrer]));
    assert.deepEqual([...counters.bots], bot === '' ? [] : [[bot, 1]]);
  }
});

const IDENTIFY = { id: '00000000-0000-4000-8000-000000000001', name: 'identify', props: { app_id: 'u1' } };
test('a browser that asks not to be known is counted without identity, where the site says so', async () => {
  const cases: [signals: CollectRules['signals'], headers: Headers, isPrivate: boolean][] = [
    [[], { 'sec-gpc': '1', dnt: '1' }, false],
    [['gpc'], { 'sec-gpc': '1' }, true],
    [['gpc'], { dnt: '1' }, false],
    [['dnt'], { dnt: '1' }, true],
    [['gpc', 'dnt'], { 'sec-gpc': '0', dnt: 'null' }, false],
  ];
  for (const [signals, headers, isPrivate] of cases) {
    const { post, kept } = await open({ findSite: siteWith({ signals }) });
    const origin = { origin: 'https://shop.example' };
    const result = await post(batch(view(), IDENTIFY), { headers: { ...headers, ...origin }, host: 'shop.example' });
    assert.ok(result.status === 202);
    assert.deepEqual(result.dropped, isPrivate ? { private: 1 } : {});
    assert.equal(result.setCookie === undefined, isPrivate);
    const [first] = kept();
    assert.deepEqual([first!.visitor, first!.session], isPrivate ? ['', ''] : ['v1', 's1']);
  }
});

test('who says that there is no consent is nobody, whatever id comes along', async () => {
  const { post, kept } = await open();
  const origin = { origin: 'https://shop.example' };
  const result = await post({ ...batch(view()), consent: false }, { headers: origin, host: 'shop.example' });
  assert.ok(result.status === 202 && result.setCookie === undefined);
  assert.deepEqual([kept()[0]!.visitor, kept()[0]!.session], ['', '']);
});

test('who is nobody is not identified: consent may be gone before the hit is sent', async () => {
  const { post, kept } = await open();
  const result = await post({ ...batch(view(), IDENTIFY), visitor: '' });
  assert.ok(result.status === 202);
  assert.deepEqual([result.dropped, kept().map(({ name }) => name)], [{ private: 1 }, ['pageview']]);
});

test('counting by the day: one hash per site, address, browser and salt; ids of pages and servers’ words apart', async () => {
  const findSite = (id: string) => ({ ...siteWith({ identity: 'daily' })(), id });
  const visitorOf = async (salt: string, request: Partial<CollectRequest>, site = 'site1') => {
    const { post, kept } = await open({ findSite: findSite as never, salt });
    const result = await post({ ...batch(view()), site }, request);
    assert.ok(result.status === 202 && result.setCookie === undefined && result.visitor === undefined);
    const [event] = kept();
    assert.equal(event!.session, request.keySite ? 's1' : '', 'the drainer gives the session');
    return event!.visitor;
  };
  const here = { address: '203.0.113.7', headers: { 'user-agent': CHROME } };
  const one = await visitorOf('monday', here);
  assert.match(one, /^d_[\w-]{22}$/);
  assert.equal(await visitorOf('monday', here), one);
  const others = [
    await visitorOf('tuesday', here),
    await visitorOf('monday', { ...here, address: '203.0.113.8' }),
    await visitorOf('monday', { ...here, headers: { 'user-agent': 'Firefox' } }),
    await visitorOf('monday', here, 'site2'),
    await visitorOf('monday', { ...here, keySite: 'site1' }),
  ];
  assert.equal(new Set([one, ...others]).size, 6);
  assert.equal(others.at(-1), 'v1');
});

test('counting by the day, who has not consented has no hash either', async () => {
  for (const [consent, isKnown] of [
    [false, false],
    [true, true],
    ['required', true],
    [undefined, true],
  ] as const) {
    const { post, kept } = await open({ findSite: siteWith({ identity: 'daily' }) });
    const checkout = { id: randomUUID(), name: 'checkout', props: { session_id: 'cs_test_a1' } };
    const result = await post({ ...batch(view(), IDENTIFY, checkout), consent });
    assert.ok(result.status === 202);
    assert.deepEqual(result.dropped, isKnown ? {} : { private: 2 });
    assert.match(kept()[0]!.visitor, isKnown ? /^d_/ : /^$/);
  }
});

test('counting by the day, the return page of a checkout still names the payment', async () => {
  const { post, kept } = await open({ findSite: siteWith({ identity: 'daily' }) });
  const checkout = { id: randomUUID(), name: 'checkout', props: { session_id: 'cs_test_a1' } };
  await post(batch(view(), checkout));
  const [hits] = siteHitsOf(kept());
  assert.equal(hits!.visitors.length, 1);
  assert.deepEqual(
    hits!.checkouts.map(({ object, visitor }) => [object, visitor]),
    [['cs_test_a1', hits!.visitors[0]]],
  );
});

test('signed ids: on request or for the whole site, told in the answer, the same each time', async () => {
  for (const [rules, more] of [
    [{}, { sign: true }],
    [{ signedSince: 0 }, {}],
  ] as const) {
    const { post, kept } = await open({ findSite: siteWith(rules) });
    const first = await post({ ...batch(view()), ...more });
    assert.ok(first.status === 202 && isSignedVisitor('site1', first.visitor ?? '', sign));
    assert.deepEqual(await post({ ...batch(view()), ...more, visitor: first.visitor }), {
      status: 202,
      accepted: 1,
      dropped: {},
    });
    assert.deepEqual(
      kept().map((event) => event.visitor),
      [first.visitor, first.visitor],
    );
    const none = await post({ ...batch(view()), ...more, visitor: undefined });
    assert.ok(none.status === 202 && none.visitor === undefined);
  }
});

test('whatever is posted is kept or refused, and never an error', async () => {
  const { post } = await open({ findSite: siteWith({ signedSince: 0, signals: ['gpc'] }), lists: LISTS });
  const value = fc.jsonValue({ maxDepth: 4 });
  const event = fc.record(
    {
      id: fc.oneof(fc.uuid(), value),
      name: fc.oneof(fc.constantFrom('pageview', 'identify', 'checkout'), value),
      url: fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.constant('https://shop.example/?hw_h=a.b.c.d'), value),
      referrer: fc.oneof(fc.webUrl(), value),
      props: value,
      at: value,
      title: value,
    },
    { requiredKeys: [] },
  );
  const body = fc.record(
    {
      site: fc.oneof(fc.constant('site1'), value),
      visitor: fc.oneof(fc.constant('v1'), value),
      session: value,
      events: fc.oneof(fc.array(event, { maxLength: 3 }), value),
      sent: value,
      tz: value,
      sign: value,
      webdriver: value,
    },
    { requiredKeys: [] },
  );
  const headers = fc.dictionary(
    fc.constantFrom('origin', 'sec-gpc', 'sec-fetch-site', 'user-agent', 'cf-ipcountry', 'accept-language'),
    fc.oneof(fc.string(), fc.constantFrom('1', 'same-origin', 'https://shop.example')),
  );
  const request = fc.record({ headers, host: fc.string(), address: fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()) });
  await fc.assert(
    fc.asyncProperty(fc.oneof(body, value), request, async (posted, sender) => {
      const result = await post(JSON.stringify(posted), sender);
      assert.ok([202, 400, 413].includes(result.status), JSON.stringify(result));
      if (result.status === 202) assert.doesNotMatch(result.setCookie ?? '', /[\r\n]/);
    }),
    { numRuns: 150 },
  );
});
