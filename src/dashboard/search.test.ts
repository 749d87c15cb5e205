import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  daysOfSearch,
  strictly,
  overviewSearch,
  parseFilters,
  parseSearch,
  signInSearch,
  stringifySearch,
  toggleFilter,
} from './search.ts';

test('an address survives the way through the router as it is, numbers and quotes too', () => {
  for (const token of ['123', '1e400', '"quoted"', 'a+b/c=', 'true', 'ä & ö']) {
    assert.deepEqual(parseSearch(stringifySearch({ token })), { token });
  }
});

test('defaults stay out of the address; nonsense is dropped', () => {
  assert.deepEqual(overviewSearch({ range: '30d', model: 'first_touch', mode: undefined }), {});
  assert.deepEqual(overviewSearch({ range: 'x', model: '__proto__', mode: 'LIVE', filter: '{' }), {});
  assert.deepEqual(overviewSearch({ range: '7d', model: 'linear', mode: 'test' }), {
    range: '7d',
    model: 'linear',
    mode: 'test',
  });
});

test('custom days are days, in order', () => {
  const days = { range: 'custom', from: '2026-02-01', to: '2026-01-01' };
  assert.deepEqual(overviewSearch(days), { range: 'custom', from: '2026-01-01', to: '2026-02-01' });
  assert.deepEqual(overviewSearch({ ...days, to: '2026-02-31' }), {});
});

test('ranges, seen from 2026-03-01', () => {
  for (const [range, from, to] of [
    ['today', '2026-03-01', '2026-03-01'],
    ['7d', '2026-02-23', '2026-03-01'],
    ['30d', '2026-01-31', '2026-03-01'],
    ['90d', '2025-12-02', '2026-03-01'],
    ['month', '2026-03-01', '2026-03-01'],
    ['last_month', '2026-02-01', '2026-02-28'],
    ['year', '2026-01-01', '2026-03-01'],
  ] as const) {
    assert.deepEqual(daysOfSearch({ range }, '2026-03-01'), { from, to }, range);
  }
});

test('filters: one value per dimension, set, replaced, taken off', () => {
  const google = toggleFilter(undefined, 'source', 'google');
  assert.deepEqual(parseFilters(google), [['source', 'is', ['google']]]);
  const bing = toggleFilter(google, 'source', 'bing');
  assert.deepEqual(parseFilters(bing), [['source', 'is', ['bing']]]);
  const both = toggleFilter(bing, 'channel', 'Email');
  assert.equal(parseFilters(both).length, 2);
  assert.equal(toggleFilter(google, 'source', 'google'), undefined);
});

test('groups are kept while a value is set beside them', () => {
  const group = ['or', ['source', 'is', ['google']], ['campaign', 'contains', ['spring']]];
  const both = toggleFilter(JSON.stringify(group), 'source', 'bing');
  assert.deepEqual(parseFilters(both), [group, ['source', 'is', ['bing']]]);
  assert.deepEqual(parseFilters(toggleFilter(both, 'source', 'bing')), [group]);
});

test('hand-written filters are read, broken ones dropped', () => {
  for (const text of ['{', '7', '[7]', '[["nothing","is",["x"]]]', '[["source","is",[]]]', '[["source","is",[1]]]']) {
    assert.deepEqual(parseFilters(text), [], text);
  }
});

test('signing in leads to pages of the dashboard only', () => {
  assert.deepEqual(signInSearch({ next: '/sites/abc?range=7d' }), { next: '/sites/abc?range=7d' });
  for (const next of ['//evil.example', 'https://evil.example', '/sites//evil', 'javascript:alert(1)', '/\\evil', 7]) {
    assert.deepEqual(signInSearch({ next }), {}, String(next));
  }
});

test('what an address says and no page understands is taken off', () => {
  const search = {
    ...{ model: 'magic', utm_x: '1' },
    ...strictly(overviewSearch)({ model: 'magic', utm_x: '1', mode: 'test' }),
  };
  assert.deepEqual(search, { model: undefined, utm_x: undefined, mode: 'test' });
  assert.equal(stringifySearch(search), '?mode=test');
});
