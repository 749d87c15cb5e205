import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createClientAddress } from './client-address.ts';
import { createLimiter, limitKey } from './limiter.ts';

const KEYS: [a: string, b: string, isSame: boolean][] = [
  ['192.0.2.1', '::ffff:192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['2001:db8::1', '2001:DB8:0:0:1::', true],
  ['2001:db8::1', '2001:db8:0:1::1', false],
  ['::c000:201', '192.0.2.1', false],
];
test('an address has one key however it is written, and a /64 is one sender', () => {
  for (const [a, b, isSame] of KEYS) assert.equal(limitKey(a) === limitKey(b), isSame, `${a} ${b}`);
});

const sender = fc.constantFrom('203.0.113.7', '2001:4860::7');
const forged = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    '127.0.0.1',
    '::1',
    '10.0.0.1',
    'unknown',
    '',
    '203.0.113.7:1',
    '[::1]:80',
    '"x"',
    '1.2.3.4, 5.6.7.8',
  ),
  fc.string(),
);
/** How a proxy writes the address it saw. */
const written = (address: string, port: number) => {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
};

test('no forged header gives a sender another key: neither without a proxy nor behind one', () => {
  const { of } = createClientAddress(['loopback', 'uniquelocal']);
  const property = fc.property(sender, fc.array(forged, { maxLength: 4 }), fc.nat(65_535), (from, chain, port) => {
    const direct = of({ socket: { remoteAddress: from } as never, headers: { 'x-forwarded-for': chain.join(', ') } });
    assert.equal(limitKey(direct), limitKey(from));
    const through = [...chain, written(from, port), '10.0.0.3'].join(', ');
    const behind = of({ socket: { remoteAddress: '127.0.0.1' } as never, headers: { 'x-forwarded-for': through } });
    assert.equal(limitKey(behind), limitKey(from), through);
  });
  fc.assert(property, { numRuns: 500 });
});

test('counts in windows, and a clock that is set back does not lock out', () => {
  let clock = 0;
  const limiter = createLimiter({ max: 2, windowMs: 60_000, now: () => clock });
  assert.deepEqual([limiter.take('a'), limiter.take('a'), limiter.take('a'), limiter.take('b')], [0, 0, 60, 0]);
  clock = 59_500;
  assert.equal(limiter.take('a'), 1);
  clock = 60_000;
  assert.equal(limiter.take('a'), 0);
  clock = -1_000_000;
  assert.equal(limiter.take('a'), 0);
});
