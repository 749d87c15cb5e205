// Journeys are other views of what reports count: their conversions are the report's conversions, their money its money.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { creditChanges } from '../../src/core/attribution/credit-changes.ts';
import { creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import type { Payment } from '../../src/core/payment.ts';
import type { Dimension, FilterNode, Metric, ReportQuery, ReportRow } from '../../src/core/report.ts';
import type { Touchpoint } from '../../src/core/touchpoint.ts';
import { createJourneys } from '../../src/journeys/journeys.ts';
import { at, entry, openReports, payment, sum, touch } from './report-facts.ts';
import { anySettings, anyShop, bookedShop } from './what-if-shop.ts';

const { credits, paths, report, store } = openReports();
const NOW = '2026-12-20T12:00:00Z';

const siteOf = (id: string) => ({ id, timezone: 'UTC', currency: 'usd', settings: { windowDays: null } });
const journeysNow = () => createJourneys({ facts: store(), defaultMode: async () => 'live', now: () => at(NOW) });

/** The answer, or the refusal's words. */
async function answerOf<T>(outcome: Promise<{ ok: true; value: T } | { ok: false; message: string }>): Promise<T> {
  const settled = await outcome;
  if (!settled.ok) throw new Error(settled.message);
  return settled.value;
}

async function book(bought: Payment, touches: Touchpoint[], entries = [entry(bought, 'charge', 10_00)]) {
  const settings = undefined;
  await credits(
    touches.length > 0
      ? creditRows(bought, entries, touches, null, settings)
      : unattributedRows(bought, entries, 'no_visitor_id', null),
  );
  if (touches.length === 0) return;
  const { site, mode, id: pathOf, customer, occurredAt } = bought;
  const endsAt = bought.pathEndsAt ?? occurredAt;
  await paths([{ pathOf, site, mode, customer, endsAt, touchpoints: touches, sign: 1 }]);
}

describe('a small shop, by hand', () => {
  const site = siteOf('journeys');
  const ads = (when: string) => touch('ann', when, 'google', { channel: 'Paid Search', session: when });
  const mail = (when: string) => touch('ann', when, 'news', { channel: 'Email', session: when });
  const direct = (when: string) => touch('ann', when, '', { channel: 'Direct', session: when });

  before(async () => {
    const buy = (id: string, when: string, fields: Partial<Payment> = {}) => payment(site.id, id, when, fields);
    // Ads, ads, mail: collapsed to two labels. 30.00, of which 5.00 came back in December.
    const first = buy('ch_1', '2026-11-10T12:00:00Z', { customer: 'cus_1' });
    await book(
      first,
      [ads('2026-11-01T12:00:00Z'), ads('2026-11-02T12:00:00Z'), mail('2026-11-08T12:00:00Z')],
      [entry(first, 'charge', 30_00), entry(first, 'refund', -5_00, '2026-12-01T00:00:00Z')],
    );
    await book(buy('ch_2', '2026-11-11T12:00:00Z', { customer: 'cus_2' }), [
      ads('2026-11-11T10:00:00Z'),
      mail('2026-11-11T11:00:00Z'),
    ]);
    await book(buy('ch_3', '2026-11-12T12:00:00Z', { customer: 'cus_3' }), [mail('2026-10-20T12:00:00Z')]);
    await book(buy('ch_4', '2026-11-13T12:00:00Z', { customer: 'cus_4' }), []);
    // A renewal in December follows the path of the beginning.
    const renewal = {
      customer: 'cus_3',
      kind: 'subscription_renewal' as const,
      pathEndsAt: at('2026-11-12T12:00:00Z'),
    };
    await book(buy('ch_5', '2026-12-12T12:00:00Z', renewal), [mail('2026-10-20T12:00:00Z')]);
    // Credited again: at first the ads were not known.
    const late = buy('ch_6', '2026-11-14T12:00:00Z', { customer: 'cus_6' });
    const charge = [entry(late, 'charge', 7_00)];
    const before = creditRows(late, charge, [direct('2026-11-14T11:00:00Z')]);
    const after = creditRows(late, charge, [ads('2026-11-14T10:00:00Z'), direct('2026-11-14T11:00:00Z')]);
    await credits([...before, ...creditChanges(before, after)]);
    // In euros, which nothing converts.
    await book(buy('ch_7', '2026-11-15T12:00:00Z', { customer: 'cus_7', currency: 'eur' }), [
      mail('2026-11-15T10:00:00Z'),
    ]);
  });
  const november = { from: '2026-11-01', to: '2026-11-30' };

  test('the most valuable paths', async () => {
    const answer = await answerOf(journeysNow().paths(site, november));
    const shown = answer.paths.map((row) => [
      row.path.join(' > '),
      row.conversions,
      row.revenue,
      row.average_days,
      row.average_touches,
    ]);
    assert.deepEqual(shown, [
      ['Paid Search > Email', 2, 35_00, 4.54, 2.5],
      ['Email', 2, 10_00, 11.54, 1],
      ['(unattributed)', 1, 10_00, null, null],
      ['Paid Search > Direct', 1, 7_00, 0.08, 2],
    ]);
    assert.deepEqual(
      [answer.totals.conversions, answer.totals.revenue, answer.totals.average_value],
      [6, 62_00, 10_33],
    );
    assert.deepEqual(answer.unconverted, { eur: 10_00 });
    const kept = await answerOf(journeysNow().paths(site, { ...november, repeats: 'keep', limit: '2' }));
    assert.deepEqual(
      kept.paths.map(({ path, conversions, revenue }) => [path.join(' > '), conversions, revenue]),
      [
        ['Paid Search > Paid Search > Email', 1, 25_00],
        ['Email', 2, 10_00],
        ['(other)', 3, 27_00],
      ],
    );
  });

  test('days and touches to the purchase', async () => {
    const answer = await answerOf(journeysNow().times(site, november));
    const filled = (buckets: typeof answer.days) =>
      buckets.filter((one) => one.conversions > 0).map((one) => [one.min, one.max, one.conversions, one.revenue]);
    assert.deepEqual(filled(answer.days), [
      [0, 0, 3, 17_00],
      [8, 14, 1, 25_00],
      [15, 30, 1, 10_00],
    ]);
    assert.deepEqual(filled(answer.touches), [
      [1, 1, 2, 10_00],
      [2, 2, 2, 17_00],
      [3, 3, 1, 25_00],
    ]);
    assert.deepEqual(answer.unattributed, { conversions: 1, revenue: 10_00 });
    assert.deepEqual([answer.median_touches, answer.days.at(-1)!.max], [2, null]);
  });

  test('a renewal took as long as the purchase it follows', async () => {
    const answer = await answerOf(journeysNow().times(site, { from: '2026-12-01', to: '2026-12-31' }));
    assert.deepEqual(
      answer.days.filter((one) => one.conversions > 0),
      [{ min: 15, max: 30, conversions: 1, revenue: 10_00 }],
    );
  });

  test('assists: on the path, and another at its end', async () => {
    const { rows } = await answerOf(journeysNow().assists(site, november));
    assert.deepEqual(
      rows.map((row) => [
        row.label,
        row.last_conversions,
        row.last_revenue,
        row.assisted_conversions,
        row.assisted_revenue,
        row.ratio,
      ]),
      [
        ['Email', 4, 45_00, 0, 0, 0],
        ['Paid Search', 0, 0, 3, 42_00, null],
        ['Direct', 1, 7_00, 0, 0, 0],
        ['(unattributed)', 1, 10_00, 0, 0, 0],
      ],
    );
    const two = await answerOf(journeysNow().assists(site, { ...november, limit: '1' }));
    assert.deepEqual(
      two.rows.map((row) => [row.label, row.last_conversions, row.assisted_conversions]),
      [
        ['Email', 4, 0],
        ['(other)', 2, 2],
      ],
    );
  });

  test('the flow, and a filter by where paths begin', async () => {
    const filter = JSON.stringify([['channel', 'is', ['Paid Search']]]);
    const { nodes, links } = await answerOf(journeysNow().flow(site, { ...november, filter, steps: '3' }));
    assert.deepEqual(
      nodes.map((node) => [node.id, node.conversions, node.revenue]),
      [
        ['0:Paid Search', 3, 42_00],
        ['1:Email', 2, 35_00],
        ['1:Direct', 1, 7_00],
        ['3:(purchase)', 3, 42_00],
      ],
    );
    assert.equal(links.length, 4);
  });

  test('cohorts by first touch and by first payment', async () => {
    const shown = async (by: string) => {
      const answer = await answerOf(journeysNow().cohorts(site, { from: '2026-10-05', to: '2026-12-09', by }));
      assert.deepEqual([answer.from, answer.to, answer.unconverted], ['2026-10-01', '2026-12-31', { eur: 10_00 }]);
      return answer.cohorts.map((row) => [row.month, row.customers, row.revenue, row.per_customer]);
    };
    assert.deepEqual(await shown('first_touch'), [
      ['2026-10', 1, [0, 10_00, 20_00], [0, 10_00, 20_00]],
      ['2026-11', 4, [47_00, 42_00], [11_75, 10_50]],
      ['(unattributed)', 1, [10_00], [10_00]],
    ]);
    assert.deepEqual(await shown('first_payment'), [['2026-11', 6, [67_00, 72_00], [11_17, 12_00]]]);
  });

  test('lifetime value by the source of the first touch, of customers who have been long enough', async () => {
    const answer = await answerOf(journeysNow().lifetime(site, november));
    assert.deepEqual(
      answer.rows.map((row) => [
        row.label,
        row.customers,
        row.revenue,
        row.lifetime_value,
        row.after[0]!.lifetime_value,
      ]),
      [
        ['google', 3, 42_00, 14_00, 14_00],
        ['news', 2, 20_00, 10_00, 5_00],
        ['(unattributed)', 1, 10_00, 10_00, 10_00],
      ],
    );
    assert.deepEqual(
      [answer.totals.customers, answer.totals.revenue, answer.totals.after[1]],
      [6, 72_00, { days: 90, customers: 0, revenue: 0, lifetime_value: null }],
    );
  });

  for (const [raw, words] of [
    [{ dimension: 'day' }, /^dimension: "day" is not known; use channel, source/],
    [{ limit: '501' }, /^limit: "501" is not a whole number from 1 to 500/],
    [
      { metrics: 'revenue' },
      /^metrics: is not a parameter of this question; they are from, to, mode, filter, dimension/,
    ],
    [{ from: 'yesterday' }, /^from: "?yesterday/],
    [{ filter: '[["page","is",["/"]]]' }, /^filter: .*page/],
    [{ filter: '[["month","is",["2026-11"]]]' }, /^filter: chooses times; choose days with from and to/],
    [{ order: 'price' }, /^order: "price" is not known/],
    [{ repeats: 'twice' }, /^repeats: /],
  ] as [Record<string, string>, RegExp][]) {
    test(`refuses ${JSON.stringify(raw)}`, async () => {
      const outcome = await journeysNow().paths(site, raw);
      assert.ok(!outcome.ok);
      assert.match(outcome.message, words);
    });
  }

  test('refuses months that are none, and sizes out of bounds', async () => {
    for (const outcome of [
      await journeysNow().cohorts(site, { from: '2026-13-01' }),
      await journeysNow().cohorts(site, { to: 'x' }),
      await journeysNow().flow(site, { steps: '1' }),
      await journeysNow().flow(site, { nodes: '21' }),
    ]) {
      assert.ok(!outcome.ok);
      assert.match(outcome.message, /^(from|to|steps|nodes): /);
    }
  });
});

test('any shop: what journeys add up to is what reports say', async () => {
  const RANGE = { from: '2026-10-25', to: '2026-11-20' };
  const filters: FilterNode[][] = [[], [['source', 'is_not', ['google']]], [['product', 'is', ['Tea']]]];
  const question = fc.record({
    dimension: fc.constantFrom('channel', 'source', 'campaign'),
    filters: fc.constantFrom(...filters),
    limit: fc.constantFrom('1', '3', '50'),
    collapse: fc.constantFrom('collapse', 'keep'),
  });
  // Of two payments in one second both are the first, and the report counts their customer under both.
  const anyDays = anyShop.map((shop) => [...new Map(shop.map((sale) => [sale.day, sale])).values()]);
  let number = 0;
  await fc.assert(
    fc.asyncProperty(
      anyDays,
      anySettings,
      question,
      async (shop, settings, { dimension, limit, collapse, filters }) => {
        const site = siteOf(`journey${(number += 1)}`);
        const booked = bookedShop(site.id, shop, settings);
        await credits(booked.credits);
        if (booked.paths.length > 0) await paths(booked.paths);
        const raw = { ...RANGE, dimension, ...(filters.length > 0 ? { filter: JSON.stringify(filters) } : {}) };
        const ask = async (asked: Partial<ReportQuery> = {}) =>
          report(site.id, {
            ...RANGE,
            by: 'payment_date',
            metrics: ['revenue', 'conversions', 'customers'],
            filters,
            ...asked,
          });
        const { totals, unconverted = {} } = await ask();
        const whole = [Math.round(Number(totals.conversions)), totals.revenue];
        const journeys = journeysNow();

        const found = await answerOf(journeys.paths(site, { ...raw, limit, repeats: collapse }));
        assert.deepEqual(
          [sum(found.paths.map((row) => row.conversions)), sum(found.paths.map((row) => row.revenue))],
          whole,
        );
        assert.deepEqual([found.totals.conversions, found.totals.revenue], whole);
        assert.deepEqual(
          Object.keys(found.unconverted),
          Object.keys(unconverted).filter((code) => unconverted[code]!.revenue !== 0),
        );

        const times = await answerOf(journeys.times(site, raw));
        for (const buckets of [times.days, times.touches]) {
          const all = [...buckets, times.unattributed];
          assert.deepEqual([sum(all.map((one) => one.conversions)), sum(all.map((one) => one.revenue))], whole);
        }

        const flow = await answerOf(journeys.flow(site, { ...raw, steps: '3', nodes: '2', repeats: collapse }));
        for (const step of [0, 3]) {
          const nodes = flow.nodes.filter((node) => node.step === step);
          assert.deepEqual([sum(nodes.map((one) => one.conversions)), sum(nodes.map((one) => one.revenue))], whole);
        }

        const { rows } = await answerOf(journeys.assists(site, raw));
        assert.deepEqual(
          [sum(rows.map((row) => row.last_conversions)), sum(rows.map((row) => row.last_revenue))],
          whole,
        );
        // Under another model filters choose other parts of a payment: compared without.
        if (filters.length === 0) {
          const last = await ask({ model: 'last_touch', dimensions: [dimension as Dimension] });
          assert.deepEqual(
            rows
              .filter((row) => row.last_conversions > 0)
              .map((row) => [row.label, row.last_conversions, row.last_revenue])
              .toSorted(),
            last.rows
              .filter((row) => row.conversions !== 0)
              .map((row) => [row[dimension], row.conversions, row.revenue])
              .toSorted(),
          );
        }
        await customersAddUp(site, ask);
      },
    ),
    { numRuns: 12, endOnFailure: true },
  );
});

/** Every customer is in one cohort and under one source, with all they paid. */
async function customersAddUp(
  site: ReturnType<typeof siteOf>,
  ask: (asked: Partial<ReportQuery>) => Promise<{ totals: ReportRow; rows: ReportRow[] }>,
) {
  const ever = { from: '2026-01-01', to: '2026-12-31' };
  const { totals } = await ask({ ...ever, filters: [], metrics: ['revenue', 'customers', 'new_customers'] });
  for (const by of ['first_touch', 'first_payment']) {
    const { cohorts } = await answerOf(journeysNow().cohorts(site, { ...ever, by }));
    assert.equal(sum(cohorts.map((row) => row.customers)), totals.customers, by);
    assert.equal(sum(cohorts.map((row) => row.revenue_to_date)), totals.revenue, by);
    for (const row of cohorts) assert.equal(row.revenue.at(-1), row.revenue_to_date, by);
  }
  const values = await answerOf(journeysNow().lifetime(site, { ...ever, limit: '1' }));
  assert.equal(sum(values.rows.map((row) => row.customers)), totals.customers);
  assert.equal(sum(values.rows.map((row) => row.revenue)), totals.revenue);
  const whole = await answerOf(journeysNow().lifetime(site, ever));
  const metrics: Metric[] = ['new_customers', 'lifetime_value'];
  const bySource = await ask({ ...ever, filters: [], dimensions: ['source'], metrics });
  const newest = (rows: [unknown, unknown, unknown][]) => rows.filter(([, count]) => count !== 0).toSorted();
  assert.deepEqual(
    newest(whole.rows.map((row) => [row.label, row.customers, row.lifetime_value])),
    newest(bySource.rows.map((row) => [row.source, row.new_customers, Math.round(Number(row.lifetime_value))])),
  );
}
