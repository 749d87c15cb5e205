import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { carriesCampaign, isCampaignParameter, readPageUrl, readReferrer, URL_LIMITS } from './acquisition-url.ts';

const rules = (kept: string[] = [], hashRouting = false) => ({ keptParameters: new Set(kept), hashRouting });
const cut = (url: string, kept: string[] = [], hashRouting = false) =>
  readPageUrl(url, rules(kept, hashRouting))?.url ?? null;

const CUTS: [url: string, expected: string | null, kept?: string[], hashRouting?: boolean][] = [
  ['https://a.example/p?utm_source=x&token=1#t', 'https://a.example/p?utm_source=x'],
  ['https://a.example/p?token=1', 'https://a.example/p'],
  ['https://a.example/p?gclid=1&ref=a&source=b&via=c', 'https://a.example/p?gclid=1&ref=a&source=b&via=c'],
  ['https://a.example/p?plan=pro&x=1', 'https://a.example/p?plan=pro', ['plan']],
  ['https://a.example/?payment_intent_client_secret=s', 'https://a.example/', ['payment_intent_client_secret']],
  ['https://a.example/?X_CLIENT_SECRET=s', 'https://a.example/', ['x_client_secret']],
  ['https://user:pass@a.example/p', 'https://a.example/p'],
  ['https://A.EXAMPLE:8443/P', 'https://a.example:8443/P'],
  ['https://www.a.example.:8443/p', 'https://www.a.example:8443/p'],
  ['https://./p', 'https://./p'],
  ['https://a.example/#/route?token=1&utm_source=x', 'https://a.example/#/route?utm_source=x', [], true],
  ['https://a.example/#/route', 'https://a.example/'],
  ['https://a.example/#access_token=1', 'https://a.example/', [], true],
  ['https://a.example/?session_id=cs_test_1', 'https://a.example/'],
  ['ftp://a.example/', null],
  ['javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['/relative', null],
  ['', null],
];

test('the cut', () => {
  for (const [url, expected, kept, hash] of CUTS) assert.equal(cut(url, kept, hash), expected, url);
});

test('a host with the root’s dot is the host without it', () => {
  assert.equal(readPageUrl('https://www.a.example./p')?.hostname, 'www.a.example');
});

test('hash routing makes the route part of the path and its tags count', () => {
  const page = readPageUrl('https://a.example/app#/pricing?utm_source=x', rules([], true));
  assert.equal(page?.path, '/app#/pricing');
  assert.equal(page?.parameters.get('utm_source'), 'x');
});

test('a client secret is not readable as a parameter either', () => {
  const page = readPageUrl('https://a.example/?a_client_secret=s', rules(['a_client_secret']));
  assert.equal(page?.parameters.size, 0);
});

test('referrers lose query, fragment and user', () => {
  assert.equal(readReferrer('https://u:p@www.b.example/x?q=1#y')?.referrer, 'https://www.b.example/x');
  assert.equal(readReferrer('https://www.B.example/x')?.host, 'b.example');
  assert.equal(readReferrer('android-app://com.slack/')?.host, 'com.slack');
  assert.equal(readReferrer('mailto:a@b.example'), null);
});

test('campaign evidence is told from the cut address', () => {
  assert.equal(carriesCampaign('https://a.example/?utm_source=x'), true);
  assert.equal(carriesCampaign('https://a.example/?fbclid=x'), true);
  assert.equal(carriesCampaign('https://a.example/?utm_source='), false);
  assert.equal(carriesCampaign('https://a.example/?plan=pro'), false);
});

test('property: nothing but known parameters, no fragment, no user leaves the cut, whatever the address', () => {
  const name = fc.oneof(fc.constantFrom('utm_source', 'ref', 'token', 'x_client_secret', 'gclid', 'plan'), fc.string());
  const pair = fc.tuple(name, fc.string());
  const fragment = fc.string();
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 70 }), fragment, fc.webPath(), (pairs, hash, path) => {
      const query = pairs.map(
        ([n, v]) => `${encodeURIComponent(n.toWellFormed())}=${encodeURIComponent(v.toWellFormed())}`,
      );
      const page = readPageUrl(`https://u:secret@a.example${path}?${query.join('&')}#${hash}`, rules(['plan']));
      if (page === null) return;
      const out = new URL(page.url);
      assert.equal(out.hash, '');
      assert.equal(out.username + out.password, '');
      for (const key of out.searchParams.keys()) {
        const lower = key.toLowerCase();
        assert.ok(isCampaignParameter(lower) || lower === 'plan', key);
        assert.ok(!lower.endsWith('_client_secret'));
      }
      assert.ok(page.url.length <= URL_LIMITS.urlChars && page.path.length <= URL_LIMITS.pathChars);
      assert.ok(page.url.isWellFormed());
    }),
  );
});
