import assert from 'node:assert/strict';
import { test } from 'node:test';
import table from './channel-table.json' with { type: 'json' };
import { CHANNELS, channelOf } from './channel.ts';

test('every row of the truth table', () => {
  const wrong = table
    .map((row) => ({ ...row, got: channelOf(row) }))
    .filter((row) => row.got !== row.channel)
    .map((row) => `${row.source} / ${row.medium} / ${row.campaign}: expected ${row.channel}, got ${row.got}`);
  assert.deepEqual(wrong, []);
});

test('the truth table shows every channel', () => {
  const shown = new Set(table.map((row) => row.channel));
  assert.deepEqual(
    CHANNELS.filter((channel) => !shown.has(channel)),
    [],
  );
});

test('the table names only known channels and no row twice', () => {
  const keys = table.map((row) => `${row.source}\0${row.medium}\0${row.campaign}`);
  assert.equal(new Set(keys).size, keys.length);
  for (const row of table) assert.ok((CHANNELS as readonly string[]).includes(row.channel), row.channel);
});
