import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketDimension, bucketsOf } from './buckets.ts';

test('the longer the range, the wider the bucket', () => {
  for (const [to, dimension] of [
    ['2024-01-01', 'hour'],
    ['2024-01-02', 'day'],
    ['2024-04-29', 'day'],
    ['2024-12-31', 'week'],
    ['2027-01-01', 'month'],
  ] as const) {
    assert.equal(bucketDimension({ from: '2024-01-01', to }), dimension, to);
  }
});

test('quiet days are there, as zero', () => {
  const rows = [{ day: '2024-02-29', visitors: 3, revenue: 1500 }];
  const buckets = bucketsOf(rows, { from: '2024-02-28', to: '2024-03-01' }, 'day', 'UTC');
  assert.deepEqual(
    buckets.map(({ key, visitors, revenueMinor, isAhead }) => [key, visitors, revenueMinor, isAhead]),
    [
      ['2024-02-28', 0, 0, false],
      ['2024-02-29', 3, 1500, false],
      ['2024-03-01', 0, 0, false],
    ],
  );
});

test('hours, weeks from Monday, months', () => {
  const keys = (
    rows: Record<string, string | number>[],
    from: string,
    to: string,
    dimension: 'hour' | 'week' | 'month',
  ) =>
    bucketsOf(rows, { from, to }, dimension, 'UTC')
      .filter(({ visitors }) => visitors > 0)
      .map(({ key }) => key);
  assert.deepEqual(keys([{ hour: '2024-01-01 13:00', visitors: 1 }], '2024-01-01', '2024-01-01', 'hour'), ['13']);
  assert.deepEqual(keys([{ week: '2023-12-25', visitors: 1 }], '2023-12-31', '2024-06-30', 'week'), ['2023-12-25']);
  assert.deepEqual(keys([{ month: '2024-01', visitors: 1 }], '2021-01-15', '2024-01-15', 'month'), ['2024-01']);
});

test('an hour that clocks skip is no quiet hour', () => {
  const buckets = bucketsOf([], { from: '2024-03-31', to: '2024-03-31' }, 'hour', 'Europe/Berlin');
  assert.deepEqual(
    buckets.slice(0, 3).map(({ key }) => key),
    ['00', '01', '03'],
  );
});

test('what has not begun is ahead, not zero', () => {
  const [past, future] = bucketsOf([], { from: '2024-01-01', to: '2124-01-01' }, 'month', 'UTC').filter(
    (_, index, all) => index === 0 || index === all.length - 1,
  );
  assert.equal(past?.isAhead, false);
  assert.equal(future?.isAhead, true);
});
