import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeMonths } from './read-question.ts';

const site = { id: 's', timezone: 'UTC', currency: 'usd', settings: { windowDays: null } };
const NOW = Date.UTC(2026, 10, 22);

test('cohorts are of whole months, within what the facts store holds', () => {
  for (const [asked, from, to] of [
    [{}, '2025-12-01', '2026-11-30'],
    [{ from: '2026-02-03', to: '2026-02-04' }, '2026-02-01', '2026-02-28'],
    [{ from: '1970-01-01', to: '9999-12-31' }, '1970-01-01', '2099-12-31'],
    [{ to: '1970-05-05' }, '1970-01-01', '1970-05-31'],
  ] as const)
    assert.deepEqual(wholeMonths(asked, site, NOW), { from, to });
});
