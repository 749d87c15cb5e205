// Filters against a known shop: by a table, and by arithmetic on the same rows for any filter there may be.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { conditionsIn } from '../../src/core/report-filters.ts';
import { FILTER_OPERATORS } from '../../src/core/report.ts';
import type { Dimension, Filter, FilterNode, FilterOperator, Metric, ReportQuery } from '../../src/core/report.ts';
import { passing, SITE, stored, summed, type Family } from './filter-shop.ts';
import { openReports, sum } from './report-facts.ts';

const { store, report } = openReports();

/** For each family of tables: what it counts, and the dimensions that split it. */
const FAMILIES: Record<Family, { metrics: Metric[]; dimensions: Dimension[] }> = {
  visits: {
    metrics: ['visitors', 'sessions', 'pageviews', 'events'],
    dimensions: ['source', 'campaign', 'country', 'landing_page', 'exit_page', 'day'],
  },
  events: {
    metrics: ['visitors', 'sessions', 'pageviews', 'events'],
    dimensions: ['page', 'event', 'source', 'country', 'landing_page', 'exit_page', 'day'],
  },
  money: {
    metrics: ['gross', 'refunded', 'revenue', 'fees'],
    dimensions: ['source', 'campaign', 'country', 'product', 'payment_kind', 'day'],
  },
  payments: {
    metrics: ['conversions', 'customers'],
    dimensions: ['source', 'campaign', 'country', 'product', 'payment_kind', 'day'],
  },
  spend: { metrics: ['spend', 'clicks', 'impressions'], dimensions: ['source', 'campaign', 'day'] },
  recurring: { metrics: ['mrr', 'new_mrr', 'churned_mrr'], dimensions: ['source', 'campaign', 'country'] },
};
const DISTINCT: Metric[] = ['visitors', 'customers'];

const VALUES: Partial<Record<Dimension, string[]>> = {
  source: ['google', '(direct)', 'bing', 'News', 'new', 'g', '(unattributed)', 'nobody'],
  campaign: ['spring', 'FALL', 'Fall Sale', '(none)', '(unattributed)', ' '],
  country: ['DE', 'fr', 'FR', '(unknown)', '('],
  landing_page: ['/', '/pricing', 'docs', 'blog'],
  exit_page: ['/', '/docs/Start', 'start'],
  page: ['/', '/pricing', '/blog', 'DOCS'],
  event: ['signup', 'pageview', 'view'],
  product: ['Tea', 'tea', 'Cups', '(none)'],
  payment_kind: ['one_time', 'subscription_start', 'sub'],
  day: ['2026-11-04', '2026-11-1', '2026-11-12'],
};

const conditionOf = (dimensions: readonly Dimension[]): fc.Arbitrary<Filter> =>
  fc
    .constantFrom(...dimensions)
    .chain((dimension) =>
      fc.tuple(
        fc.constant(dimension),
        fc.constantFrom(...FILTER_OPERATORS),
        fc.uniqueArray(fc.constantFrom(...VALUES[dimension]!), { minLength: 1, maxLength: 3 }),
      ),
    );
const treeOf = (dimensions: readonly Dimension[], depth = 3): fc.Arbitrary<FilterNode> => {
  const condition = conditionOf(dimensions);
  if (depth === 0) return condition;
  const group = fc
    .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(treeOf(dimensions, depth - 1), GROUP))
    .map(([joined, parts]): FilterNode => [joined, ...parts]);
  return fc.oneof({ weight: 2, arbitrary: condition }, { weight: 3, arbitrary: group });
};
const GROUP = { minLength: 1, maxLength: 3 };

const NEGATION: Record<FilterOperator, FilterOperator> = {
  is: 'is_not',
  is_not: 'is',
  contains: 'does_not_contain',
  does_not_contain: 'contains',
};
function negated([first, ...rest]: FilterNode): FilterNode {
  if (first === 'and' || first === 'or') {
    return [first === 'and' ? 'or' : 'and', ...(rest as FilterNode[]).map(negated)];
  }
  const [operator, values] = rest as [FilterOperator, string[]];
  return [first as Dimension, NEGATION[operator], values];
}

/** A question about visits that names no page and no event is answered by the visit, and else by the event. */
const isOf = (family: Family, filters: readonly FilterNode[]) =>
  family !== 'events' || conditionsIn(filters).some(([dimension]) => dimension === 'page' || dimension === 'event');

const anyQuestion = fc.constantFrom(...(Object.keys(FAMILIES) as Family[])).chain((family) => {
  const { dimensions } = FAMILIES[family];
  const tree = fc.array(treeOf(dimensions), { minLength: 1, maxLength: 2 }).filter((trees) => isOf(family, trees));
  const split = fc.subarray(dimensions, { minLength: 1, maxLength: 2 });
  return fc.record({ family: fc.constant(family), filters: tree, split, limit: fc.integer({ min: 1, max: 6 }) });
});
const rounded = (value: unknown) => Math.round(Number(value) * 1e4) / 1e4;
const totalsOf = async (
  metrics: readonly Metric[],
  filters: readonly FilterNode[],
  more: Partial<ReportQuery> = {},
) => {
  const answer = await report(SITE, { metrics, filters, ...more });
  return { ...answer, totals: metrics.map((metric) => rounded(answer.totals[metric])) };
};

describe('filters', () => {
  before(async () => {
    await store().insertEvents(stored.events, 'filter-events');
    await store().insertCredits(stored.credits, 'filter-credits');
    await store().insertSpend(stored.spend, 'filter-spend');
    await store().insertMovements(stored.movements, 'filter-movements');
  });

  test('any filter holds for what the same rows hold it for: and is both, or is either', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuestion, async ({ family, filters }) => {
        const { metrics } = FAMILIES[family];
        const rows = passing(family, filters);
        const { totals } = await totalsOf(metrics, filters);
        assert.deepEqual(
          totals,
          metrics.map((metric) => rounded(summed(metric, rows))),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('a filter and its negation part every sum', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuestion, async ({ family, filters: [filter] }) => {
        const metrics = FAMILIES[family].metrics.filter(
          (metric) => !DISTINCT.includes(metric) && !(family === 'events' && metric === 'sessions'),
        );
        if (!isOf(family, [filter!])) return;
        const [within, without] = await Promise.all([
          totalsOf(metrics, [filter!]),
          totalsOf(metrics, [negated(filter!)]),
        ]);
        const whole = passing(family, []);
        assert.deepEqual(
          within.totals.map((value, index) => rounded(value + without.totals[index]!)),
          metrics.map((metric) => rounded(summed(metric, whole))),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('rows add up to the totals, what is beyond the limit with them', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuestion, async ({ family, filters, split, limit }) => {
        const metrics = FAMILIES[family].metrics.filter(
          (metric) => !DISTINCT.includes(metric) && !(family === 'events' && metric === 'sessions'),
        );
        const { rows, totals } = await totalsOf(metrics, filters, { dimensions: split, limit });
        assert.ok(rows.length <= limit + 1);
        assert.deepEqual(
          metrics.map((metric) => rounded(sum(rows.map((row) => row[metric])))),
          totals,
        );
      }),
      { numRuns: 40 },
    );
  });

  const google: Filter = ['source', 'is', ['google']];
  const table: [what: string, filters: readonly FilterNode[], metrics: Metric[], totals: number[]][] = [
    ['nothing: all', [], ['visitors', 'sessions', 'gross', 'spend'], [30, 36, 45_460, 12_276]],
    ['one value', [google], ['visitors', 'gross', 'spend', 'mrr'], [9, 9_064, 3_060, 0]],
    ['one of two', [['source', 'is', ['google', 'bing']]], ['sessions', 'conversions'], [18, 16]],
    ['either group', [['or', google, ['source', 'is', ['bing']]]], ['sessions', 'conversions'], [18, 16]],
    ['both at once', [google, ['campaign', 'is', ['spring']]], ['sessions', 'conversions'], [3, 3]],
    ['what no row is', [google, ['source', 'is', ['bing']]], ['sessions', 'conversions', 'spend', 'mrr'], [0, 0, 0, 0]],
    ['upper and lower case alike', [['campaign', 'contains', ['SALE']]], ['sessions', 'spend'], [12, 4_100]],
    ['neither part', [['campaign', 'does_not_contain', ['sale', 'spr']]], ['sessions', 'spend'], [12, 4_092]],
    ['unattributed is not direct', [['source', 'is_not', ['(direct)', '(unattributed)']]], ['conversions'], [24]],
    ['by event', [['event', 'is', ['signup']]], ['events', 'visitors', 'pageviews'], [18, 10, 0]],
    ['an event or a page', [['or', ['event', 'is', ['signup']], ['page', 'is', ['/blog']]]], ['events'], [30]],
    [
      'no event is two pages',
      [
        ['page', 'is', ['/']],
        ['page', 'is', ['/blog']],
      ],
      ['events'],
      [0],
    ],
  ];
  for (const [what, filters, metrics, totals] of table) {
    test(`table: ${what}`, async () => assert.deepEqual((await totalsOf(metrics, filters)).totals, totals));
  }
});
