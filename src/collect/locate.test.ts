import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createLocate } from './locate.ts';

const dir = mkdtempSync(join(tmpdir(), 'locate-'));
after(() => rmSync(dir, { recursive: true }));

const text = (value: string) => Buffer.concat([Buffer.from([0x40 | value.length]), Buffer.from(value)]);
const map = (entries: Record<string, Buffer>) =>
  Buffer.concat([
    Buffer.from([0xe0 | Object.keys(entries).length]),
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
  ]);
const list = (...items: Buffer[]) => Buffer.concat([Buffer.from([items.length, 4]), ...items]);
const uint16 = (value: number) => Buffer.from([0xa2, value >> 8, value & 0xff]);
const uint32 = (value: number) => Buffer.from([0xc4, 0, 0, value >> 8, value & 0xff]);

/** The smallest MaxMind DB (format 2.0): one IPv4 network and what is known of it. */
function database(network: string, bits: number, record: Buffer): string {
  const address = network.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const nodes = Buffer.alloc(bits * 6);
  for (let bit = 0; bit < bits; bit++) {
    const taken = Math.floor(address / 2 ** (31 - bit)) % 2;
    const next = bit === bits - 1 ? bits + 16 : bit + 1;
    nodes.writeUIntBE(next, bit * 6 + taken * 3, 3);
    nodes.writeUIntBE(bits, bit * 6 + (1 - taken) * 3, 3);
  }
  const metadata = map({
    node_count: uint32(bits),
    record_size: uint16(24),
    ip_version: uint16(4),
    database_type: text('test'),
    languages: list(text('en')),
    binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0),
    build_epoch: Buffer.from([0x02, 0x02, 0x00, 0x01]),
    description: map({}),
  });
  const path = join(dir, `${Math.random()}.mmdb`);
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
  writeFileSync(path, Buffer.concat([nodes, Buffer.alloc(16), record, marker, metadata]));
  return path;
}

const CITY = map({
  country: map({ iso_code: text('AT') }),
  subdivisions: list(map({ names: map({ en: text('Vienna') }) })),
  city: map({ names: map({ en: text('Wien') }) }),
});
const FLAT = map({ country_code: text('SE'), region: text('Skane'), city: text('Lund') });

test('the database comes first, then the proxy, then the time zone', async () => {
  const locate = await createLocate({ mmdbPath: database('203.0.113.0', 24, CITY) });
  const ask = (address: string, proxyCountry = '', timezone = '') => locate({ address, proxyCountry, timezone });
  assert.deepEqual(ask('203.0.113.9', 'FR', 'Asia/Tokyo'), {
    country: 'AT',
    region: 'Vienna',
    city: 'Wien',
    locationApproximate: false,
  });
  assert.equal(ask('203.0.114.9', 'FR', 'Asia/Tokyo').country, 'FR');
  assert.deepEqual(ask('203.0.114.9', '', 'Asia/Tokyo'), {
    country: 'JP',
    region: '',
    city: '',
    locationApproximate: true,
  });
  for (const odd of ['', 'x', '::1', '2001:db8::1', '203.0.113', 'unix:']) assert.equal(ask(odd).country, '', odd);
});

test('databases with flat fields are read too', async () => {
  const locate = await createLocate({ mmdbPath: database('198.51.100.0', 24, FLAT) });
  const found = locate({ address: '198.51.100.1', proxyCountry: '', timezone: '' });
  assert.deepEqual([found.country, found.region, found.city], ['SE', 'Skane', 'Lund']);
});

test('a database that cannot be read stops the start with its name', async () => {
  await assert.rejects(createLocate({ mmdbPath: join(dir, 'missing.mmdb') }), /missing\.mmdb cannot be read/);
  const junk = join(dir, 'junk.mmdb');
  writeFileSync(junk, 'junk');
  await assert.rejects(createLocate({ mmdbPath: junk }), /junk\.mmdb cannot be read/);
});

/** Names browsers still send, and links that cross a border. */
test('time zones: old names and names of links', async () => {
  const locate = await createLocate();
  const zones = [
    ['Europe/Amsterdam', 'NL'],
    ['Asia/Calcutta', 'IN'],
    ['Europe/Kiev', 'UA'],
    ['Europe/Kyiv', 'UA'],
    ['America/Buenos_Aires', 'AR'],
    ['Atlantic/Reykjavik', 'IS'],
    ['US/Pacific', 'US'],
    ['UTC', ''],
    ['__proto__', ''],
  ];
  for (const [timezone, country] of zones) {
    assert.equal(locate({ address: '', proxyCountry: '', timezone: timezone! }).country, country, timezone);
  }
});
