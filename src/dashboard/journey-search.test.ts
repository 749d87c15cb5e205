import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { askedFilter, journeysSearch, monthsBack } from './journey-search.ts';

describe('the address of Journeys', () => {
  const rows: [raw: Record<string, unknown>, search: object][] = [
    [{}, {}],
    [{ tab: 'flow', months: '12', cohorts: 'first_touch', range: '30d', model: 'linear' }, {}],
    [
      { tab: 'cohorts', months: '24', cohorts: 'first_payment', show: 'source', mode: 'test', renewals: 'without' },
      { tab: 'cohorts', months: '24', cohorts: 'first_payment', show: 'source', mode: 'test', renewals: 'without' },
    ],
    [{ tab: 'payments', months: '7', cohorts: 'x', show: 'day', renewals: 'yes', filter: 'no' }, {}],
  ];
  for (const [raw, search] of rows) {
    test(JSON.stringify(raw), () => assert.deepEqual(journeysSearch(raw), search));
  }
});

test('the switch stands beside the filters of the chips', () => {
  const filter = '[["source","is",["google"]]]';
  assert.equal(askedFilter({ filter }), filter);
  assert.equal(askedFilter({}), undefined);
  assert.deepEqual(JSON.parse(askedFilter({ filter, renewals: 'without' })!), [
    ['source', 'is', ['google']],
    ['payment_kind', 'is_not', ['subscription_renewal']],
  ]);
});

test('months back, the present one counted', () => {
  assert.equal(monthsBack('2026-11-22', 12), '2025-12-01');
  assert.equal(monthsBack('2026-01-31', 1), '2026-01-01');
  assert.equal(monthsBack('2026-03-15', 36), '2023-04-01');
});
