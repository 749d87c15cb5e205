import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedHost } from './asked-host.ts';

const CASES: [host: string | undefined, forwarded: string | undefined, isTrusted: boolean, asked: string][] = [
  ['headwater.example', undefined, true, 'headwater.example'],
  ['headwater.example', 'shop.example', true, 'shop.example'],
  ['headwater.example', 'shop.example', false, 'headwater.example'],
  ['headwater.example', 'invented.example, shop.example:8443', true, 'shop.example:8443'],
  ['headwater.example', 'shop.example,', true, 'headwater.example'],
  ['headwater.example', '', true, 'headwater.example'],
  [undefined, undefined, true, ''],
];
test('the host a browser asked is the nearest believed proxy’s word, else the request’s own', () => {
  for (const [host, forwarded, isTrusted, asked] of CASES) {
    const headers = { host, 'x-forwarded-host': forwarded };
    assert.equal(askedHost({ headers }, isTrusted), asked, `${forwarded}`);
  }
});
