import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { CHROME, keep, view } from '../collect-samples.ts';

test('bots are kept and marked', async () => {
  assert.equal((await keep(view(), {}, { webdriver: true })).bot, 'webdriver');
  assert.equal(
    (await keep(view(), { headers: { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' } })).bot,
    'user_agent',
  );
  assert.equal(
    (await keep(view(), { headers: { 'user-agent': CHROME.replace('Chrome', 'HeadlessChrome') } })).bot,
    'user_agent',
  );
  assert.equal((await keep(view(), { headers: { 'user-agent': '' } })).bot, '');
});

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
const AGENTS: [headers: Record<string, string>, expected: string][] = [
  [{ 'user-agent': CHROME }, 'Chrome Windows desktop '],
  [{ 'user-agent': `${CHROME} Edg/126.0.0.0` }, 'Edge Windows desktop '],
  [{ 'user-agent': CHROME, 'sec-ch-ua': '"Chromium";v="126", "Brave";v="126"' }, 'Brave Windows desktop '],
  [{ 'user-agent': `${PHONE} Instagram 300.0.0.0` }, 'Instagram iOS mobile instagram'],
  [{ 'user-agent': `${PHONE} [FBAN/FBIOS;FBAV/440.0.0.0]` }, 'Facebook iOS mobile facebook'],
  [{ 'user-agent': `${PHONE} [LinkedInApp]/9.29` }, 'LinkedIn iOS mobile linkedin'],
  [{ 'user-agent': `${PHONE} musical_ly_2023 BytedanceWebview/d8a21c6` }, 'TikTok iOS mobile tiktok'],
  [
    {
      'user-agent':
        'Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Mobile/15E148 Safari/604.1',
    },
    'Safari iOS tablet ',
  ],
  [
    {
      'user-agent':
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
    },
    'Safari macOS desktop ',
  ],
  [
    {
      'user-agent':
        'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    },
    'Chrome ChromeOS desktop ',
  ],
  [
    {
      'user-agent':
        'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/6.0 TV Safari/537.36',
    },
    'Safari Tizen tv ',
  ],
  [{ 'user-agent': '', 'sec-ch-ua-platform': '"Android"', 'sec-ch-ua-mobile': '?1' }, ' Android mobile '],
];

test('devices, and what an in-app browser repairs', async () => {
  for (const [headers, expected] of AGENTS) {
    const got = await keep(view(), { headers });
    assert.equal(`${got.browser} ${got.os} ${got.device} ${got.source}`, expected);
  }
});

test('location: a trusted header before the time zone, and the time zone only as an approximation', async () => {
  const place = async (headers: Record<string, string>, tz?: unknown) => {
    const { country, locationApproximate } = await keep(view(), { headers }, { tz });
    return [country, locationApproximate];
  };
  assert.deepEqual(await place({ 'cf-ipcountry': 'fr' }, 'Asia/Tokyo'), ['FR', false]);
  assert.deepEqual(await place({ 'cf-ipcountry': 'XX' }, 'Asia/Calcutta'), ['IN', true]);
  assert.deepEqual(await place({ 'cf-ipcountry': '<b>' }, 'Mars/Olympus'), ['', false]);
  assert.deepEqual(await place({}, 7), ['', false]);
});

test('an identify hit keeps no e-mail address and no phone number', async () => {
  const props = {
    app_id: 'u-1',
    email: ' Ann@Shop.Example ',
    phone: '+49 1',
    Mobile_Number: '+49 2',
    name: 'Ann',
    contact: { mail: 'ann@shop.example' },
    note: 'write to ann@shop.example',
    email_hash: 'forged',
    hotel: 'Ritz',
  };
  const got = await keep({ id: randomUUID(), name: 'identify', props });
  assert.deepEqual(got.props, { app_id: 'u-1', name: 'Ann', hotel: 'Ritz', email_hash: 'hash(ann@shop.example)' });
  const asId = await keep({ id: randomUUID(), name: 'identify', props: { app_id: 'Ann@shop.example' } });
  assert.deepEqual(asId.props, { email_hash: 'hash(ann@shop.example)' });
});

test('a checkout hit keeps ids only, and no client secret', async () => {
  const props = { session_id: 'cs_test_a1B2', payment_intent: 'pi_3N_secret_x9', note: 'x' };
  const got = await keep({
    id: randomUUID(),
    name: 'checkout',
    props,
    url: 'https://shop.example/thanks?session_id=cs_test_a1B2',
  });
  assert.deepEqual(got.props, { session_id: 'cs_test_a1B2', payment_intent: 'pi_3N' });
  assert.equal(got.url, 'https://shop.example/thanks');
});

const LONG = 'x'.repeat(17_000);
const TOO_LONG: [url: string, path: string, source: string][] = [
  [`https://shop.example/a?utm_source=news#access_token=${LONG}`, '/a', 'news'],
  [`https://shop.example/a?utm_source=news&state=${LONG}#b`, '/a', 'news'],
  // Half a value would be a wrong one.
  [`https://shop.example/a?utm_source=${LONG}`, '/a', ''],
  [`https://shop.example/a?state=${LONG}&utm_source=news`, '/a', ''],
  [`https://shop.example/${LONG}?utm_source=news`, `/${'x'.repeat(999)}`, ''],
];

test('an address that is too long is cut from its end, and the page view counts', async () => {
  for (const [url, path, source] of TOO_LONG) {
    const got = await keep(view({ url, title: 'A page' }));
    assert.deepEqual([got.path, got.source, got.title], [path, source, 'A page'], url.slice(0, 60));
  }
});

test('names that attack are only text', async () => {
  const got = await keep(
    JSON.parse(`{"id":"${randomUUID()}","name":"a\\u0000b","props":{"__proto__":"x","constructor":"y","\\ud800":"z"}}`),
  );
  assert.equal(got.name, 'a b');
  assert.deepEqual(got.props, { constructor: 'y', '\ufffd': 'z' });
  assert.equal(({} as Record<string, unknown>).x, undefined);
});
