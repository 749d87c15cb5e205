import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_MODEL_SETTINGS } from '../core/attribution/settings.ts';
import * as fc from 'fast-check';
import { conditionsIn } from '../core/report-filters.ts';
import { canSplit } from '../core/report-scope.ts';
import { DIMENSIONS, METRICS } from '../core/report.ts';
import { parseReportQuery } from './parse.ts';

const site = { id: 's1', timezone: 'Europe/Berlin', currency: 'eur', settings: { windowDays: null } };
const defaults = { mode: 'live' as const, now: Date.parse('2026-11-20T23:30:00Z') };
const parse = (raw: Record<string, string>, changed: Partial<typeof site> | object = {}) =>
  parseReportQuery(raw, { ...site, ...changed }, defaults);

function queryOf(raw: Record<string, string>) {
  const parsed = parse(raw);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.query;
}

describe('a question', () => {
  test('without parameters asks for the last thirty days, in the site’s zone', () => {
    assert.deepEqual(queryOf({}), {
      site: 's1',
      timezone: 'Europe/Berlin',
      currency: 'eur',
      mode: 'live',
      metrics: ['visitors', 'revenue'],
      dimensions: [],
      // It is the 21st already in Berlin.
      from: '2026-10-23',
      to: '2026-11-21',
      model: 'first_touch',
      by: 'entry_date',
      filters: [],
      order: null,
      limit: 100,
      bots: 'exclude',
    });
  });

  test('takes every parameter of the contract', () => {
    const parsed = parse({
      metrics: 'visitors, revenue',
      dimensions: 'source,campaign',
      from: '2026-11-01',
      to: '2027-01-31',
      mode: 'test',
      model: 'time_decay',
      window: 'lifetime',
      by: 'payment_date',
      filter: '[["source","is",["google"]],["campaign","contains","spring"]]',
      compare: 'previous_year',
      limit: '5',
      order: '-revenue',
      bots: 'include',
    });
    assert.ok(parsed.ok);
    const { query, compare } = parsed;
    assert.deepEqual(
      [compare, query.from, query.to, query.mode, query.limit],
      ['previous_year', '2026-11-01', '2027-01-31', 'test', 5],
    );
    assert.deepEqual([query.model, query.by, query.bots], ['time_decay', 'payment_date', 'include']);
    assert.deepEqual(query.order, { key: 'revenue', descending: true });
    assert.deepEqual(query.filters, [
      ['source', 'is', ['google']],
      ['campaign', 'contains', ['spring']],
    ]);
  });

  test('filters are a list of which all hold, or one group; groups may hold groups', () => {
    const filters = (written: unknown) => queryOf({ filter: JSON.stringify(written) }).filters;
    const group = ['or', A, ['and', ['medium', 'is_not', ['cpc']], ['campaign', 'does_not_contain', ['x', 'y']]]];
    assert.deepEqual(filters(group), [group]);
    assert.deepEqual(filters([A, group]), [A, group]);
    assert.deepEqual(filters([['source', 'one_of', ['a', 'b']]]), [['source', 'is', ['a', 'b']]]);
    assert.deepEqual(filters([['source', 'is', 'a']]), [A]);
    assert.deepEqual(filters([]), []);
    assert.deepEqual(filters(JSON.parse(nested(4))), [JSON.parse(nested(4))]);
  });

  test('fills in what is missing of the days', () => {
    const days = (raw: Record<string, string>) => [queryOf(raw).from, queryOf(raw).to];
    assert.deepEqual(days({ from: '2026-11-10' }), ['2026-11-10', '2026-11-21']);
    assert.deepEqual(days({ to: '2026-03-01' }), ['2026-01-31', '2026-03-01']);
    assert.deepEqual(days({ from: '2030-01-01' }), ['2030-01-01', '2030-01-01']);
    assert.deepEqual(days({ from: '1970-01-01', to: '9999-12-31' }), ['1970-01-01', '9999-12-31']);
  });

  test('by time keeps all its points unless it says how many', () => {
    assert.equal(queryOf({ dimensions: 'day' }).limit, 10_000);
    assert.equal(queryOf({ dimensions: 'day', limit: '7' }).limit, 7);
  });
});

const A = ['source', 'is', ['a']];
const nested = (depth: number): string =>
  JSON.stringify(Array.from({ length: depth }).reduce<unknown>((inner) => ['or', inner], A));

const refused: [raw: Record<string, string>, field: string, reason: RegExp][] = [
  [{ metrics: 'visitors,profit' }, 'metrics', /"profit" is not known; use visitors, sessions,/],
  [{ metrics: ',' }, 'metrics', /not known/],
  [{ dimensions: 'colour' }, 'dimensions', /"colour" is not known; use channel,/],
  [{ dimensions: 'source,medium,campaign,term,content' }, 'dimensions', /at most 4/],
  [
    { metrics: 'revenue', dimensions: 'page' },
    'dimensions',
    /"revenue" cannot be split by "page"; it can be split by channel/,
  ],
  [{ metrics: 'visitors', dimensions: 'payment_kind' }, 'dimensions', /"visitors" cannot be split by "payment_kind"/],
  [{ metrics: 'bounce_rate', dimensions: 'event' }, 'dimensions', /"bounce_rate" cannot be split by "event"/],
  [
    { metrics: 'conversion_rate', dimensions: 'language' },
    'dimensions',
    /"conversion_rate" cannot be split by "language"/,
  ],
  [{ metrics: 'revenue', filter: '[["exit_page","is",["/"]]]' }, 'filter', /"revenue" cannot be split by "exit_page"/],
  [{ from: '2026-02-30' }, 'from', /not a day; write it as YYYY-MM-DD/],
  [{ to: 'yesterday' }, 'to', /not a day/],
  [{ from: '2026-11-02', to: '2026-11-01' }, 'from', /is after 2026-11-01/],
  [{ mode: 'sandbox' }, 'mode', /use live, test/],
  [{ model: 'best' }, 'model', /"best" is not known; use first_touch/],
  [{ model: 'linear', models: 'linear' }, 'model', /is not needed beside models/],
  [{ models: 'linear,best' }, 'models', /"best" is not known/],
  [{ window: '366d' }, 'window', /from 1 to 365, or lifetime; not 366/],
  [{ half_life: '7' }, 'half_life', /write days as 7d, or hours as 36h/],
  [{ half_life: '9999h' }, 'half_life', /from 1 to 8760/],
  [{ weights: '50/50' }, 'weights', /write them as 40\/20\/40/],
  [{ weights: '50/50/50' }, 'weights', /add up to 100/],
  [{ custom: '1,2' }, 'custom', /write from start; others; from end/],
  [{ custom: 'a;1;2' }, 'custom', /"a" is not a weight; weights are whole numbers from 0 to 1000/],
  [{ custom: '1,,;1;' }, 'custom', /whole numbers from 0 to 1000/],
  [{ custom: '1e2;0x10;5' }, 'custom', /whole numbers from 0 to 1000/],
  [{ direct: 'drop' }, 'direct', /use ignore, keep/],
  [{ markov_order: '4' }, 'markov_order', /use 1, 2, 3/],
  [{ metrics: 'payback_days', window: '3d' }, 'metrics', /with the site’s own settings only/],
  [{ window: 'forever' }, 'window', /write days as 30d, or lifetime/],
  [{ by: 'day' }, 'by', /use entry_date, payment_date/],
  [{ filter: 'source=google' }, 'filter', /is not JSON; write \[\["source","is",\["google"\]\]\]/],
  [{ filter: '{"source":"google"}' }, 'filter', /is not a list/],
  [{ filter: '[["source","is"]]' }, 'filter', /holds something else/],
  [{ filter: '[["source","matches",["g.*"]]]' }, 'filter', /"matches" is not known/],
  [{ filter: '[["source","is",[]]]' }, 'filter', /needs 1 to 100 values/],
  [{ filter: '[["source","is",[1]]]' }, 'filter', /texts of at most 500/],
  [{ filter: `[["source","is",["${'x'.repeat(501)}"]]]` }, 'filter', /texts of at most 500/],
  [{ filter: '["or"]' }, 'filter', /holds an "or" of nothing/],
  [{ filter: '[["and"]]' }, 'filter', /holds an "and" of nothing/],
  [{ filter: '["not",["source","is",["a"]]]' }, 'filter', /holds something else/],
  [{ filter: '["source","is",["google"]]' }, 'filter', /holds something else; write \[\[/],
  [{ filter: nested(5) }, 'filter', /is nested deeper than 4 groups/],
  [
    { filter: JSON.stringify(['or', ...Array.from({ length: 11 }, () => ['and', A, A])]) },
    'filter',
    /holds 22 filters; at/,
  ],
  [{ filter: '["or",["source","is",["a"]],["page","is",["/"]]]' }, 'filter', /"revenue" cannot be split by "page"/],
  [{ metrics: 'mrr', filter: '["or",["source","is",["a"]],["day","is",["2026-11-01"]]]' }, 'filter', /at an instant/],
  [{ filter: JSON.stringify(Array.from({ length: 21 }, () => ['source', 'is', ['a']])) }, 'filter', /at most 20/],
  [{ compare: 'last_week' }, 'compare', /use previous_period, previous_year/],
  [{ limit: '0' }, 'limit', /from 1 to 10000/],
  [{ limit: '1e3' }, 'limit', /whole number/],
  [{ order: '-sessions' }, 'order', /"sessions" is not known; use visitors, revenue/],
  [{ order: '-' }, 'order', /names nothing/],
  [{ bots: 'yes' }, 'bots', /use exclude, include/],
  [{ metric: 'visitors' }, 'metric', /is not a parameter of reports; they are metrics,/],
];

describe('a question that cannot be answered names its field and the remedy', () => {
  for (const [raw, field, reason] of refused) {
    test(JSON.stringify(raw).slice(0, 100), () => {
      const parsed = parse(raw);
      assert.ok(!parsed.ok);
      assert.equal(parsed.field, field);
      assert.match(parsed.reason, reason);
    });
  }
});

test('the site’s own settings are read from the stored credits, all others computed', () => {
  const settings = { windowDays: 30 };
  const whatIf = (raw: Record<string, string>) => {
    const parsed = parse(raw, { settings });
    assert.ok(parsed.ok);
    return parsed.query.whatIf;
  };
  assert.equal(whatIf({}), undefined);
  assert.equal(whatIf({ window: '30d', direct: 'keep', repeats: 'keep', half_life: '168h' }), undefined);
  assert.equal(whatIf({ window: 'lifetime' })?.windowDays, null);
  assert.deepEqual(whatIf({ custom: '50,20;20;10', repeats: 'collapse' }), {
    ...DEFAULT_MODEL_SETTINGS,
    windowDays: 30,
    collapseRepeats: true,
    custom: { name: 'asked', fromStart: [50, 20], others: 20, fromEnd: [10] },
  });
});

test('every metric and dimension is either split or refused with both names', () => {
  for (const metric of METRICS) {
    for (const dimension of DIMENSIONS) {
      const parsed = parse({ metrics: metric, dimensions: dimension });
      assert.equal(parsed.ok, canSplit(dimension, metric));
      if (!parsed.ok) assert.ok(parsed.reason.includes(`"${metric}"`) && parsed.reason.includes(`"${dimension}"`));
    }
  }
});

test('no text makes the parser throw, and none reaches a name', () => {
  const names = fc.constantFrom(
    'metrics',
    'dimensions',
    'from',
    'to',
    'model',
    'window',
    'filter',
    'limit',
    'order',
    'bots',
  );
  fc.assert(
    fc.property(names, fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (name, value) => {
      const parsed = parse({ [name]: value });
      if (!parsed.ok) return;
      assert.ok(parsed.query.metrics.every((metric) => METRICS.includes(metric)));
      assert.ok(parsed.query.dimensions.every((dimension) => DIMENSIONS.includes(dimension)));
      assert.ok(conditionsIn(parsed.query.filters).every(([dimension]) => DIMENSIONS.includes(dimension)));
    }),
  );
});
