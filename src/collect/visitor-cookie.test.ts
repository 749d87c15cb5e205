import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visitorCookie } from './visitor-cookie.ts';

const HOSTS = ['shop.example.co.uk', 'checkout.example', 'somebody.github.io', 'localhost', '192.0.2.1'];
const SAME = 'same-origin';

/** host asked, Origin, Sec-Fetch-Site → the cookie's domain, null for no cookie */
const CASES: [asked: string, origin: string | undefined, site: string | undefined, domain: string | null][] = [
  ['shop.example.co.uk', 'https://shop.example.co.uk', undefined, 'example.co.uk'],
  ['shop.example.co.uk:8443', 'https://www.shop.example.co.uk:8443', 'same-site', 'example.co.uk'],
  ['Stats.Shop.Example.co.uk', 'https://shop.example.co.uk', 'same-site', 'example.co.uk'],
  ['checkout.example', 'https://checkout.example', SAME, 'checkout.example'],
  ['somebody.github.io', 'https://somebody.github.io', SAME, 'somebody.github.io'],
  // A proxy at the edge asks by Headwater's own name.
  ['headwater.example', 'https://shop.example.co.uk', SAME, 'example.co.uk'],
  ['', 'https://shop.example.co.uk', SAME, 'example.co.uk'],
  ['headwater.example', 'https://shop.example.co.uk', 'cross-site', null],
  ['headwater.example', 'https://shop.example.co.uk', undefined, null],
  // Another site of the same registry, another page of the web, none.
  ['other.co.uk', 'https://shop.example.co.uk', undefined, null],
  ['checkout.example', 'https://shop.example.co.uk', undefined, null],
  ['shop.example.co.uk', 'https://evil.example', undefined, null],
  ['shop.example.co.uk', 'https://evil.example', SAME, null],
  ['shop.example.co.uk', undefined, undefined, null],
  ['shop.example.co.uk', 'null', undefined, null],
  ['shop.example.co.uk; Domain=evil.example', 'https://shop.example.co.uk', undefined, null],
  ['localhost:1323', 'http://localhost:1323', SAME, null],
  ['192.0.2.1', 'http://192.0.2.1', SAME, null],
];

test('the visitor cookie is set on the widest domain, for the site’s own pages on its own hosts', () => {
  for (const [asked, origin, site, domain] of CASES) {
    const cookie = visitorCookie('v-1', asked, { headers: { origin, 'sec-fetch-site': site }, siteHosts: HOSTS });
    const expected = domain && `hw_visitor_id=v-1; Domain=${domain}; Path=/; Max-Age=31536000; SameSite=Lax; Secure`;
    assert.equal(cookie, expected, `${asked} ${origin} ${site}`);
  }
  const plain = { headers: { origin: 'http://checkout.example' }, siteHosts: HOSTS };
  assert.doesNotMatch(visitorCookie('v', 'checkout.example', plain)!, /Secure/);
});
