import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readTrafficLists } from './traffic-lists.ts';

const dir = mkdtempSync(join(tmpdir(), 'lists-'));
after(() => rmSync(dir, { recursive: true }));
const file = (text: string) => {
  const path = join(dir, `${Math.random()}`);
  writeFileSync(path, text);
  return path;
};

test('lists of ranges and hosts, with comments', async () => {
  const datacenters = file('# a cloud, 2026-11-01\n198.51.100.0/24 # Frankfurt\r\n\n2001:db8::/32\n');
  const lists = await readTrafficLists({ datacenters, referrerSpam: file('Spam.Example\nwww.other.example') });
  assert.deepEqual(['198.51.100.9', '198.51.101.9', '2001:db8::7', '', 'x'].map(lists.isDatacenter), [
    true,
    false,
    true,
    false,
    false,
  ]);
  assert.deepEqual(
    ['spam.example', 'a.spam.example', 'notspam.example', 'other.example', ''].map(lists.isReferrerSpam),
    [true, true, false, true, false],
  );
});

test('a line that cannot be used stops the start, with its number', async () => {
  const wrong = file('192.0.2.1\n300.0.0.0/8\n');
  await assert.rejects(
    readTrafficLists({ datacenters: wrong, referrerSpam: null }),
    /, line 2: "300\.0\.0\.0\/8" is not/,
  );
  await assert.rejects(
    readTrafficLists({ datacenters: null, referrerSpam: file('a b') }),
    /line 1: "a b" is not a host/,
  );
  const none = await readTrafficLists({ datacenters: null, referrerSpam: null });
  assert.deepEqual([none.isDatacenter('192.0.2.1'), none.isReferrerSpam('spam.example')], [false, false]);
});
