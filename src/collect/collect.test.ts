import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Site } from '../storage/records/records.ts';
import { batch, CHROME, keep, NOW, open, SITE, view } from './collect-samples.ts';

const HOUR = 3_600_000;

test('a pageview becomes an event with where it came from, on what and from where', async () => {
  const { post, kept } = await open();
  const event = view({
    url: 'https://shop.example/pricing?utm_source=google&utm_medium=cpc&utm_campaign=spring&token=secret&plan=pro#top',
    referrer: 'https://www.google.com/',
    title: 'Pricing\n',
    props: { plan: 'pro', n: 3, yes: true, none: null, list: [1, 2] },
  });
  assert.deepEqual(
    await post({ ...batch(event), tz: 'Europe/Berlin' }, { headers: { 'accept-language': 'de-AT,en' } }),
    {
      status: 202,
      accepted: 1,
      dropped: {},
    },
  );
  const [got] = kept();
  assert.deepEqual(got, {
    site: 'site1',
    id: event.id,
    visitor: 'v1',
    session: 's1',
    name: 'pageview',
    occurredAt: NOW,
    receivedAt: NOW,
    hostname: 'shop.example',
    path: '/pricing',
    url: 'https://shop.example/pricing?utm_source=google&utm_medium=cpc&utm_campaign=spring&plan=pro',
    title: 'Pricing',
    props: { plan: 'pro', n: '3', yes: 'true', list: '[1,2]' },
    bot: '',
    source: 'google',
    medium: 'cpc',
    campaign: 'spring',
    term: '',
    content: '',
    clickId: '',
    clickIdKind: '',
    referrerHost: 'google.com',
    referrer: 'https://www.google.com/',
    channel: 'Paid Search',
    browser: 'Chrome',
    os: 'Windows',
    device: 'desktop',
    language: 'de',
    country: 'DE',
    region: '',
    city: '',
    locationApproximate: true,
  });
  assert.ok(!JSON.stringify(got).includes('203.0.113.7') && !JSON.stringify(got).includes('Mozilla'));
});

/** body → code and field of the 400 */
const REFUSALS: [body: unknown, code: string, field?: string][] = [
  ['', 'invalid_json'],
  ['{', 'invalid_json'],
  ['[]', 'invalid_json'],
  ['null', 'invalid_json'],
  ['"x"', 'invalid_json'],
  [{ events: [view()] }, 'invalid_site', 'site'],
  [{ site: 7, events: [view()] }, 'invalid_site', 'site'],
  [{ site: '../x', events: [view()] }, 'invalid_site', 'site'],
  [{ site: 'nobody', events: [view()] }, 'unknown_site', 'site'],
  [{ site: 'site1' }, 'invalid_events', 'events'],
  [{ site: 'site1', events: [] }, 'invalid_events', 'events'],
  [{ site: 'site1', events: {} }, 'invalid_events', 'events'],
  [{ ...batch(view()), visitor: 'a b' }, 'invalid_visitor', 'visitor'],
  [{ ...batch(view()), visitor: 'x'.repeat(65) }, 'invalid_visitor', 'visitor'],
  [{ ...batch(view()), visitor: 7 }, 'invalid_visitor', 'visitor'],
  [{ ...batch(view()), session: '<script>' }, 'invalid_session', 'session'],
  [{ ...batch(view()), sent: 'now' }, 'invalid_sent', 'sent'],
  [batch(...Array.from({ length: 101 }, () => view())), 'too_many_events', 'events'],
  [{ site: 'site1', events: [null] }, 'invalid_event', 'events'],
  [{ site: 'site1', events: ['x', 7] }, 'invalid_event', 'events'],
  [batch(view({ id: undefined })), 'invalid_event', 'id'],
  [batch(view({ id: 'not-a-uuid' })), 'invalid_event', 'id'],
  [batch(view({ name: '' })), 'invalid_event', 'name'],
  [batch(view({ name: 7 })), 'invalid_event', 'name'],
  [batch(view({ name: 'x'.repeat(101) })), 'invalid_event', 'name'],
  [batch(view({ url: undefined })), 'invalid_event', 'url'],
  [batch(view({ url: 'javascript:alert(1)' })), 'invalid_event', 'url'],
  [batch(view({ url: '/pricing' })), 'invalid_event', 'url'],
  [batch(view({ url: 7 })), 'invalid_event', 'url'],
  [batch(view({ referrer: {} })), 'invalid_event', 'referrer'],
  [batch(view({ title: [] })), 'invalid_event', 'title'],
  [batch(view({ at: 'yesterday' })), 'invalid_event', 'at'],
  [batch(view({ at: -1 })), 'invalid_event', 'at'],
  [batch(view({ at: 1e300 })), 'invalid_event', 'at'],
  [batch(view({ props: [] })), 'invalid_event', 'props'],
  [batch(view({ props: { '': 1 } })), 'invalid_event', 'props'],
  [batch(view({ props: { ['x'.repeat(101)]: 1 } })), 'invalid_event', 'props'],
  [
    batch(view({ props: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`p${i}`, i])) })),
    'invalid_event',
    'props',
  ],
  [batch(view({ props: JSON.parse('{"a":'.repeat(9) + '1' + '}'.repeat(9)) })), 'invalid_event', 'props'],
  [batch(view({ name: 'checkout' })), 'invalid_event', 'props'],
  [batch(view({ name: 'checkout', props: { session_id: 'ch_1' } })), 'invalid_event', 'props.session_id'],
  [batch(view({ name: 'checkout', props: { payment_intent: 'x' } })), 'invalid_event', 'props.payment_intent'],
  [batch(view({ name: 'identify', props: { app_id: {} } })), 'invalid_event', 'props.app_id'],
  [batch(view({ name: 'identify', props: { app_id: 'x'.repeat(201) } })), 'invalid_event', 'props.app_id'],
  [batch(view({ name: 'identify', props: { email: 'no' } })), 'invalid_event', 'props.email'],
];

test('bad input is refused with its code and field, and nothing is kept', async () => {
  const { post, kept, counters } = await open();
  for (const [body, code, field] of REFUSALS) {
    const result = await post(body);
    assert.equal(result.status, 400, JSON.stringify(body).slice(0, 200));
    assert.ok(result.status === 400 && result.message.length > 10);
    assert.deepEqual([result.code, result.field], [code, field], JSON.stringify(body).slice(0, 200));
  }
  assert.deepEqual(kept(), []);
  assert.equal(
    [...counters.refused.values()].reduce((a, b) => a + b),
    REFUSALS.length,
  );
});

test('one malformed hit never sinks its neighbours', async () => {
  const { post, kept, counters } = await open();
  const result = await post(batch(view(), view({ id: 'x' }), view({ at: 'x' }), view()));
  assert.deepEqual(result, { status: 202, accepted: 2, dropped: { malformed: 2 } });
  assert.equal(kept().length, 2);
  assert.equal(counters.dropped.get('malformed'), 2);
  assert.equal(counters.accepted, 2);
});

test('sizes: 1 MB for a body, 64 KB for an event', async () => {
  const { post } = await open();
  assert.equal((await post(' '.repeat(1024 * 1024 + 1))).status, 413);
  assert.equal((await post(Buffer.alloc(1024 * 1024 + 1).toString())).status, 413);
  const large = view({ title: 'x'.repeat(65 * 1024) });
  assert.equal((await post(batch(large))).status, 413);
  assert.deepEqual(await post(batch(large, view())), { status: 202, accepted: 1, dropped: { too_large: 1 } });
  assert.equal((await post(batch(view({ title: 'x'.repeat(60 * 1024) })))).status, 202);
});

test('a body made of brackets costs nothing', async () => {
  const { post } = await open();
  const deep = '['.repeat(250_000) + ']'.repeat(250_000);
  const body = `{"site":"site1","events":[{"id":"${randomUUID()}","name":"x","junk":${deep}}]}`;
  assert.equal((await post(body)).status, 413);
  const props = `{"site":"site1","events":[{"id":"${randomUUID()}","name":"x","props":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}]}`;
  assert.equal((await post(props)).status, 400);
});

const ORIGINS: [origin: string | undefined, accepted: boolean][] = [
  [undefined, true],
  ['https://shop.example', true],
  ['https://www.shop.example', true],
  ['https://app.shop.example:8443', true],
  ['https://checkout.example', true],
  ['http://localhost:3000', true],
  ['http://127.0.0.1:8080', true],
  ['http://[::1]:3000', true],
  ['http://demo.localhost', true],
  ['https://evil.example', false],
  ['https://notshop.example', false],
  ['https://shop.example.evil.example', false],
  ['null', false],
];

test('hits of foreign pages are counted and not kept', async () => {
  for (const [origin, accepted] of ORIGINS) {
    const { post } = await open();
    const result = await post(batch(view()), { headers: origin === undefined ? {} : { origin } });
    const expected = accepted ? { accepted: 1, dropped: {} } : { accepted: 0, dropped: { origin: 1 } };
    assert.deepEqual(result, { status: 202, ...expected }, String(origin));
  }
});

test('excluded paths are counted by whole segments', async () => {
  const { post } = await open();
  const at = (path: string) => view({ url: `https://shop.example${path}` });
  const result = await post(batch(at('/admin'), at('/admin/x?y=1'), at('/administration'), at('/')));
  assert.deepEqual(result, { status: 202, accepted: 2, dropped: { excluded: 2 } });
});

/** [at, sent, key?, expected time], relative to now */
const TIMES: [at: number | undefined, sent: number | undefined, key: boolean, expected: number][] = [
  [undefined, undefined, false, 0],
  [-HOUR, undefined, false, -HOUR],
  [-72 * HOUR, undefined, false, -72 * HOUR],
  [-73 * HOUR, undefined, false, 0],
  [HOUR, undefined, false, 0],
  [-73 * HOUR, undefined, true, -73 * HOUR],
  [-9000 * HOUR, undefined, true, -9000 * HOUR],
  [HOUR, undefined, true, 0],
  // The sender's clock is an hour slow, or two days fast: `sent` says so.
  [-2 * HOUR, -HOUR, false, -HOUR],
  [47 * HOUR, 48 * HOUR, false, -HOUR],
  [-100 * HOUR, -99 * HOUR, false, -HOUR],
  // Four seconds may be the request's way: a slow one must not come after what happened after it.
  [-5_000, -4_000, false, -5_000],
  [-5_000 - HOUR, -4_000 - HOUR, false, -5_000],
];

test('times', async () => {
  for (const [at, sent, key, expected] of TIMES) {
    const event = view(at === undefined ? {} : { at: NOW + at });
    const got = await keep(event, { keySite: key ? 'site1' : null }, sent === undefined ? {} : { sent: NOW + sent });
    assert.equal(got.occurredAt - NOW, expected, JSON.stringify({ at, sent, key }));
  }
});

test('identity: absent or a placeholder counts without, and only a key may say whose an event is', async () => {
  assert.equal((await keep(view(), {}, { visitor: undefined })).visitor, '');
  for (const none of ['undefined', 'null', 'Guest', '']) {
    assert.equal((await keep(view(), {}, { visitor: none })).visitor, '', none);
  }
  assert.equal((await keep(view({ visitor: 'v9' }))).visitor, 'v1');
  const own = await keep(view({ visitor: 'v9', session: 's9' }), { keySite: 'site1' });
  assert.deepEqual([own.visitor, own.session], ['v9', 's9']);
});

test('with a key: the site is the key, up to 1,000 events, the server itself is not the visitor', async () => {
  const key = { keySite: 'site1', headers: { 'user-agent': 'node', 'accept-language': 'fr' } };
  const plain = await keep(view(), key, { site: undefined });
  assert.deepEqual([plain.browser, plain.bot, plain.language, plain.site], ['', '', '', 'site1']);
  assert.equal((await keep(view({ user_agent: CHROME }), key)).browser, 'Chrome');
  assert.equal((await keep(view({ user_agent: 'Googlebot/2.1' }), key)).bot, 'user_agent');
  const { post } = await open();
  const many = Array.from({ length: 1000 }, () => view());
  assert.deepEqual(await post(batch(...many), key), { status: 202, accepted: 1000, dropped: {} });
  assert.equal((await post(batch(...many, view()), key)).status, 400);
  assert.equal((await post({ site: 'other', events: [view()] }, key)).status, 400);
  const bad = await post(batch(view({ ip: '999' })), key);
  assert.ok(bad.status === 400 && bad.field === 'ip');
});

test('a full spool and a records store that is down answer 503 and keep nothing', async () => {
  const full = await open({ bytesMax: 100 });
  const refused = await full.post(batch(view()));
  assert.ok(refused.status === 503 && refused.code === 'spool_full' && refused.retryAfterS! > 0);
  assert.deepEqual(full.kept(), []);
  const down = await open({ findSite: () => Promise.reject(new Error('down')) });
  const answer = await down.post(batch(view()));
  assert.ok(answer.status === 503 && answer.code === 'records_unavailable');
});

test('a known site outlives the records store, a new one is found at once', async () => {
  let answer: () => Promise<Site | null> = async () => null;
  const { post } = await open({ findSite: () => answer() });
  assert.equal((await post(batch(view()))).status, 400);
  answer = async () => SITE;
  assert.equal((await post(batch(view()))).status, 202);
  answer = () => Promise.reject(new Error('down'));
  assert.equal((await post(batch(view()))).status, 202);
});
