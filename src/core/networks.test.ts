import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { addressNumber, createNetworks, readNetwork } from './networks.ts';

const networksOf = (...texts: string[]) => createNetworks(texts.map((text) => readNetwork(text)!));

const CASES: [ranges: string[], address: string, isInside: boolean][] = [
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['192.0.2.7'], '::ffff:192.0.2.7', true],
  [['192.0.2.7'], '::ffff:c000:207', true],
  [['192.0.2.77/24'], '192.0.2.255', true],
  [['192.0.2.0/24'], '192.0.3.0', false],
  [['0.0.0.0/0'], '255.255.255.255', true],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['2001:db8::/32'], '2001:DB8:ffff::1', true],
  [['2001:db8::/32'], '2001:db9::', false],
  [['::1'], '0:0:0:0:0:0:0:1', true],
  [['10.0.0.0/8', '10.1.0.0/16', '9.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '', false],
  [['10.0.0.0/8'], '10.0.0.1]/x', false],
  [[], '10.0.0.1', false],
];

it('finds addresses in ranges, however they are written', () => {
  for (const [ranges, address, isInside] of CASES) {
    assert.equal(networksOf(...ranges).has(address), isInside, `${address} in ${ranges.join()}`);
  }
});

it('refuses what is no range', () => {
  for (const text of [
    '',
    'x',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4/33',
    '::/129',
    '::1/',
    '1.2.3.4/8/8',
    '::1]/x[',
    '1:2',
  ])
    assert.equal(readNetwork(text), null, text);
});

it('knows an address when Node does, and agrees with its block list', () => {
  const range = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
  );
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), fc.oneof(fc.ipV4(), fc.ipV6()), (ranges, address) => {
      assert.equal(addressNumber(address) !== null, isIP(address) !== 0, address);
      const theirs = new BlockList();
      // Node lets an IPv4 address match ranges of IPv6 that cover all of ::ffff:0:0/96; here nobody writes such.
      const used = ranges.filter(([start, bits]) => !start.includes(':') || bits >= 16);
      for (const [start, bits] of used) theirs.addSubnet(start, bits, start.includes(':') ? 'ipv6' : 'ipv4');
      const ours = networksOf(...used.map(([start, bits]) => `${start}/${bits}`));
      const expected = theirs.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
      assert.equal(ours.has(address), expected, `${address} in ${JSON.stringify(used)}`);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => assert.ok(addressNumber(text) === null || isIP(text) !== 0, text)));
});
