import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SiteCollectChange } from '../http/contract-collect.ts';
import { changeCollect, collectAnswer } from './collect-settings.ts';

const STORED = { hosts: ['pay.example'], keptParameters: [], hashRouting: false, excludedPaths: ['/admin'] };

/** change → the list as stored, or null when it is refused naming the list */
const CASES: [list: keyof SiteCollectChange, typed: string[], stored: string[] | null][] = [
  ['hosts', ['https://www.Pay.example.com/x', 'pay.example.com'], ['pay.example.com']],
  ['hosts', ['co.uk'], null],
  ['kept_parameters', ['plan', 'a.b'], ['plan', 'a.b']],
  ['kept_parameters', ['a&b'], null],
  ['excluded_paths', [' /team '], ['/team']],
  ['excluded_paths', ['team'], null],
  ['excluded_paths', ['/a b'], null],
  ['excluded_addresses', ['192.0.2.0/24', '2001:DB8::/32', '::1'], ['192.0.2.0/24', '2001:db8::/32', '::1']],
  ['excluded_addresses', ['192.0.2.0/33'], null],
  ['excluded_addresses', ['localhost'], null],
  ['excluded_countries', ['de', 'AT'], ['DE', 'AT']],
  ['excluded_countries', ['DEU'], null],
  ['excluded_hosts', ['staging.example.com'], ['staging.example.com']],
  ['excluded_hosts', ['a b'], null],
  ['referrer_spam', ['Spam.Example', 'http://free.traffic.example/'], ['spam.example', 'free.traffic.example']],
  ['referrer_spam', ['<b>'], null],
  ['referrer_spam', [], []],
];

it('takes lists in one form, or names what is wrong', () => {
  for (const [list, typed, stored] of CASES) {
    const changed = changeCollect(STORED, { [list]: typed }, 7);
    if (stored === null) {
      assert.ok(!changed.ok && changed.field === `collect.${list}` && changed.message.includes(typed[0]!), typed[0]);
    } else {
      assert.ok(changed.ok, typed[0]);
      assert.deepEqual(collectAnswer(changed.value)[list], stored);
    }
  }
});

it('changes what is named and keeps the rest, and when signed ids began', () => {
  const first = changeCollect(STORED, { signed_ids: true, signals: ['gpc', 'gpc'], identity: 'daily' }, 7);
  assert.ok(first.ok);
  const second = changeCollect(first.value, { server_cookie: false, signed_ids: true }, 8);
  assert.ok(second.ok);
  assert.deepEqual(collectAnswer(second.value), {
    ...collectAnswer(STORED),
    signed_ids: true,
    signals: ['gpc'],
    identity: 'daily',
    server_cookie: false,
  });
  assert.equal(second.value.collect.signedSince, 7);
  const third = changeCollect(second.value, { signed_ids: false }, 9);
  assert.ok(third.ok && third.value.collect.signedSince === null);
});
