import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { movementChanges, movementRows, rateOf } from '../../src/core/movement-row.ts';
import type { MovementRow, RecurringRevenue } from '../../src/core/movement-row.ts';
import { movementsOf } from '../../src/core/subscription-movements.ts';
import { canSplit } from '../../src/core/report-scope.ts';
import { at, openReports, sum, touch } from './report-facts.ts';

const { movements, report } = openReports();
const site = 'recurring';
const google = touch('ann', '2026-09-01T10:00:00Z', 'google', { channel: 'Paid Search', campaign: 'spring' });
const news = touch('bob', '2026-09-02T10:00:00Z', 'newsletter', { channel: 'Email' });

/** Levels as [time, monthly revenue]. */
function revenue(
  subscription: string,
  levels: [when: string, mrrMinor: number][],
  fields: Partial<RecurringRevenue> = {},
): RecurringRevenue {
  return {
    site,
    mode: 'live',
    subscription,
    customer: `cus_${subscription}`,
    currency: 'usd',
    movements: movementsOf(levels.map(([when, mrrMinor]) => ({ at: at(when), mrrMinor }))),
    rate: rateOf('usd', { above: 1n, below: 1n }, ''),
    touchpoint: google,
    reason: '',
    ...fields,
  };
}

const A = revenue('a', [
  ['2026-09-05T12:00:00Z', 10_00],
  ['2026-10-20T12:00:00Z', 25_00],
  ['2026-11-10T12:00:00Z', 15_00],
]);
const B = revenue(
  'b',
  [
    ['2026-10-02T12:00:00Z', 40_00],
    ['2026-11-20T12:00:00Z', 0],
  ],
  { touchpoint: news },
);
/** The second subscription of a's customer, in another channel. */
const C = revenue('c', [['2026-11-03T12:00:00Z', 5_00]], { customer: 'cus_a', touchpoint: news });
const D = revenue(
  'd',
  [
    ['2026-11-04T12:00:00Z', 7_00],
    ['2026-11-06T12:00:00Z', 0],
    ['2026-11-08T12:00:00Z', 7_00],
  ],
  {
    touchpoint: null,
    reason: 'no_visitor_id',
    customer: null,
  },
);
const EURO = revenue(
  'e',
  [
    ['2026-11-05T12:00:00Z', 3_33],
    ['2026-11-15T12:00:00Z', 7_77],
  ],
  {
    currency: 'eur',
    rate: rateOf('usd', { above: 110n, below: 100n }, 'txn_1'),
  },
);
const YEN = revenue('y', [['2026-11-05T12:00:00Z', 500]], { currency: 'jpy', rate: null });
const ALL = [
  'mrr',
  'arr',
  'active_subscribers',
  'new_mrr',
  'expansion_mrr',
  'contraction_mrr',
  'churned_mrr',
  'reactivation_mrr',
  'net_new_mrr',
  'churned_subscribers',
] as const;

describe('recurring revenue', () => {
  const november = { from: '2026-11-01', to: '2026-11-30' };
  before(async () => {
    const rows: MovementRow[] = [A, B, C, D, EURO, YEN].flatMap(movementRows);
    // Once with another history, which is then corrected.
    const wrong = movementRows({ ...A, touchpoint: news, movements: A.movements.slice(0, 2) });
    await movements(wrong);
    await movements([...movementChanges(wrong, movementRows(A)), ...rows.filter((row) => row.subscription !== 'a')]);
    await movements(movementRows({ ...A, site: 'elsewhere' }));
    await movements(movementRows({ ...A, mode: 'test' }));
  });

  test('stocks are those of the end of the range, movements those in it', async () => {
    const { totals, unconverted } = await report(site, { ...november, metrics: ALL });
    assert.deepEqual(totals, {
      mrr: 15_00 + 5_00 + 7_00 + 8_55,
      arr: 12 * 35_55,
      // a and c are one customer's; d has none, e and the yen one count too.
      active_subscribers: 4,
      new_mrr: 5_00 + 7_00 + 3_66,
      expansion_mrr: 4_89,
      contraction_mrr: 10_00,
      churned_mrr: 40_00 + 7_00,
      reactivation_mrr: 7_00,
      net_new_mrr: 35_55 - 65_00,
      churned_subscribers: 1,
    });
    assert.equal(unconverted?.jpy?.mrr, 500);
    assert.equal(unconverted?.jpy?.arr, 6_000);
    assert.deepEqual(Object.keys(unconverted ?? {}), ['jpy']);
  });

  test('churn is a share of what was there at the beginning', async () => {
    const metrics = ['subscriber_churn_rate', 'mrr_churn_rate'] as const;
    const { totals } = await report(site, { ...november, metrics });
    assert.deepEqual(totals, { subscriber_churn_rate: 0.5, mrr_churn_rate: Math.round((47 / 65) * 1e6) / 1e6 });
    const never = await report('nothing', { ...november, metrics });
    assert.deepEqual(never.totals, { subscriber_churn_rate: null, mrr_churn_rate: null });
  });

  test('by channel rows add up to the totals; unattributed is a row of its own', async () => {
    const { rows, totals } = await report(site, { ...november, metrics: ALL, dimensions: ['channel'] });
    const byChannel = Object.fromEntries(rows.map((row) => [row.channel, row.mrr]));
    assert.deepEqual(byChannel, { 'Paid Search': 23_55, '(unattributed)': 7_00, Email: 5_00 });
    for (const metric of ALL.filter((name) => name.endsWith('mrr'))) {
      assert.equal(sum(rows.map((row) => row[metric])), totals[metric], metric);
    }
    const campaigns = await report(site, { ...november, metrics: ['mrr'], dimensions: ['campaign'] });
    assert.equal(campaigns.rows.find((row) => row.campaign === 'spring')?.mrr, 23_55);
  });

  test('a curve carries what stands through days without movement', async () => {
    const { rows, totals } = await report(site, { ...november, metrics: ALL, dimensions: ['day'] });
    assert.equal(rows.length, 30);
    const on = (day: string) => rows.find((row) => row.day === day)!;
    assert.deepEqual([on('2026-11-01').mrr, on('2026-11-02').mrr, on('2026-11-03').mrr], [65_00, 65_00, 70_00]);
    assert.deepEqual([on('2026-11-30').mrr, on('2026-11-30').active_subscribers], [35_55, 4]);
    assert.deepEqual([on('2026-11-06').churned_subscribers, on('2026-11-06').churned_mrr], [1, 7_00]);
    assert.equal(sum(rows.map((row) => row.net_new_mrr)), totals.net_new_mrr);
    const months = await report(site, {
      from: '2026-09-01',
      to: '2026-11-30',
      metrics: ['mrr'],
      dimensions: ['month'],
    });
    assert.deepEqual(months.rows, [
      { month: '2026-09', mrr: 10_00 },
      { month: '2026-10', mrr: 65_00 },
      { month: '2026-11', mrr: 35_55 },
    ]);
    const split = await report(site, {
      from: '2026-10-01',
      to: '2026-11-30',
      metrics: ['mrr'],
      dimensions: ['month', 'channel'],
    });
    assert.equal(split.rows.find((row) => row.month === '2026-10' && row.channel === 'Email')?.mrr, 40_00);
  });

  test('over all time rows add up to the totals, and what is too much is refused', async () => {
    const flows = ['net_new_mrr', 'new_mrr'] as const;
    const asked = { metrics: flows, from: '1970-01-01', to: '9999-12-31', limit: 10_000 };
    const { rows, totals } = await report(site, { ...asked, dimensions: ['month', 'source'] });
    for (const metric of flows) assert.equal(sum(rows.map((row) => row[metric])), totals[metric], metric);
    assert.ok(Number(totals.new_mrr) > 0);
  });

  test('days are the site’s own', async () => {
    const night = revenue('n', [['2026-11-05T23:30:00Z', 1_00]], { site: 'berlin' });
    await movements(movementRows(night));
    const question = { timezone: 'Europe/Berlin', metrics: ['mrr'] as const, dimensions: ['day'] as const };
    const { rows } = await report('berlin', { ...question, from: '2026-11-05', to: '2026-11-07' });
    assert.deepEqual(rows, [
      { day: '2026-11-06', mrr: 1_00 },
      { day: '2026-11-07', mrr: 1_00 },
    ]);
  });

  test('by currency every one in its own; another reporting currency takes what is in it', async () => {
    const { rows } = await report(site, { ...november, metrics: ['mrr'], dimensions: ['currency'] });
    assert.deepEqual(Object.fromEntries(rows.map((row) => [row.currency, row.mrr])), {
      usd: 27_00,
      eur: 7_77,
      jpy: 500,
    });
    const euros = await report(site, { ...november, metrics: ['mrr'], currency: 'eur' });
    assert.deepEqual([euros.totals.mrr, euros.unconverted], [7_77, { jpy: { mrr: 500 }, usd: { mrr: 27_00 } }]);
  });

  test('filters, and what is beyond the limit', async () => {
    const filtered = await report(site, {
      ...november,
      metrics: ['mrr', 'active_subscribers'],
      filters: [['channel', 'is', ['Email']]],
    });
    assert.deepEqual(filtered.totals, { mrr: 5_00, active_subscribers: 1 });
    const question = {
      ...november,
      metrics: ['mrr', 'active_subscribers', 'visitors'] as const,
      dimensions: ['channel'] as const,
      limit: 1,
    };
    const { rows } = await report(site, question);
    assert.deepEqual(rows, [
      { channel: 'Paid Search', mrr: 23_55, active_subscribers: 3, visitors: 0 },
      // c belongs to a's customer, who counts here as well.
      { channel: '(other)', mrr: 12_00, active_subscribers: 2, visitors: 0 },
    ]);
    const curve = await report(site, { ...november, metrics: ['mrr', 'new_mrr'], dimensions: ['day'], limit: 2 });
    assert.deepEqual(curve.rows.at(-1), { day: '(other)', mrr: null, new_mrr: 15_66 });
  });

  test('which dimensions split it', () => {
    for (const dimension of ['channel', 'source', 'campaign', 'day', 'currency', 'country'] as const) {
      assert.ok(canSplit(dimension, 'mrr'), dimension);
    }
    for (const dimension of ['hour', 'product', 'page', 'exit_page'] as const) assert.ok(!canSplit(dimension, 'mrr'));
  });
});
