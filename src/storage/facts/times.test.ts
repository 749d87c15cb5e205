import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeText } from './times.ts';

test('times are written as ClickHouse reads them, inside its range', () => {
  for (const [epochMs, text] of [
    [0, '1970-01-01 00:00:00.000'],
    [-1, '1970-01-01 00:00:00.000'],
    [1_795_292_536_007, '2026-11-21 20:22:16.007'],
    [1_795_292_536_070.9, '2026-11-21 20:22:16.070'],
    [1_795_292_536_700, '2026-11-21 20:22:16.700'],
    [9e15, '2099-12-31 23:59:59.999'],
  ] as const)
    assert.equal(timeText(epochMs), text);
});
