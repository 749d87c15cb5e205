// Customers by their first payment: what they bring over all time, and how long they took to buy.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { creditChanges } from '../../src/core/attribution/credit-changes.ts';
import { creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import type { Metric, ReportQuery } from '../../src/core/report.ts';
import { ask, entry, event, openReports, payment, touch } from './report-facts.ts';

const { events, credits, report, store } = openReports();
const site = 'cohort';

describe('customers by their first payment', () => {
  before(async () => {
    await events([event(site, 'ann', '2026-11-03T12:00:00Z', { source: 'google' })]);
    const google = touch('ann', '2026-11-03T12:00:00Z', 'google');
    const news = touch('ann', '2026-12-19T12:00:00Z', 'news', { session: 'ann-2' });
    const annFirst = payment(site, 'ann1', '2026-11-05T12:00:00Z', { customer: 'ann', product: 'Tea' });
    const annLater = payment(site, 'ann2', '2026-12-20T12:00:00Z', { customer: 'ann' });
    const ben = payment(site, 'ben1', '2026-11-10T12:00:00Z', { customer: 'ben' });
    const benPath = [
      touch('ben', '2026-11-01T12:00:00Z', 'news'),
      touch('ben', '2026-11-09T12:00:00Z', '', { session: 'ben-2' }),
    ];
    const earlier = touch('ben', '2026-09-01T12:00:00Z', 'forgotten', { session: 'ben-0' });
    // Paid in October for the first time: of another cohort.
    const cat = ['2026-10-31T12:00:00Z', '2026-11-02T12:00:00Z'].map((when, index) =>
      payment(site, `cat${index}`, when, { customer: 'cat' }),
    );
    const dan = payment(site, 'dan1', '2026-11-12T12:00:00Z');
    const euro = payment(site, 'eve1', '2026-11-15T12:00:00Z', { customer: 'eve', currency: 'eur' });
    const eve = payment(site, 'eve2', '2026-11-16T12:00:00Z', { customer: 'eve' });
    const bing = touch('eve', '2026-11-15T06:00:00Z', 'bing');
    // Two charges in one second are both the first: a quarter of a day, and three quarters of the money, are of each path.
    const fay = ['fay1', 'fay2'].map((id) => payment(site, id, '2027-01-05T12:00:00Z', { customer: 'fay' }));
    const stale = creditRows(ben, [entry(ben, 'charge', 60_00)], [earlier, ...benPath]);
    await credits(stale);
    await credits([
      ...creditChanges(stale, creditRows(ben, [entry(ben, 'charge', 60_00)], benPath)),
      ...creditRows(annFirst, [entry(annFirst, 'charge', 100_00)], [google]),
      ...creditRows(
        annLater,
        [entry(annLater, 'charge', 50_00), entry(annLater, 'refund', -20_00, '2027-02-01T00:00:00Z')],
        [google, news],
      ),
      ...cat.flatMap((one) => creditRows(one, [entry(one, 'charge', 9_00)], [google])),
      ...unattributedRows(dan, [entry(dan, 'charge', 30_00)], 'no_visitor_id'),
      ...creditRows(euro, [entry(euro, 'charge', 70_00)], [bing]),
      ...creditRows(eve, [entry(eve, 'charge', 10_00)], [google]),
      ...creditRows(fay[0]!, [entry(fay[0]!, 'charge', 30_00)], [touch('fay', '2027-01-05T06:00:00Z', 'google')]),
      ...creditRows(fay[1]!, [entry(fay[1]!, 'charge', 10_00)], [touch('fay', '2027-01-05T00:00:00Z', 'bing')]),
    ]);
  });

  type Asked = Partial<Omit<ReportQuery, 'metrics'>>;
  const METRICS: Metric[] = ['lifetime_value', 'days_to_purchase'];
  const asked = async (question: Asked) => {
    const { rows, totals } = await report(site, { metrics: METRICS, ...question });
    const values = (row: (typeof rows)[number]) => [row.lifetime_value, row.days_to_purchase];
    const [dimension] = question.dimensions ?? [];
    return {
      total: values(totals),
      rows: dimension ? Object.fromEntries(rows.map((row) => [row[dimension], values(row)])) : {},
    };
  };

  test('all a customer ever paid counts, whoever was given the later payments; the median customer’s days', async () => {
    const { rows, total } = await asked({ dimensions: ['source'] });
    assert.deepEqual(rows, {
      google: [130_00, 2],
      news: [60_00, 9],
      bing: [10_00, 0.25],
      '(unattributed)': [30_00, null],
    });
    assert.deepEqual(total, [57_50, 2]);
  });

  test('a customer is shared as the model shares the first payment', async () => {
    const { rows, total } = await asked({ dimensions: ['source'], model: 'linear' });
    assert.deepEqual(
      [rows.news, rows['(direct)'], total],
      [
        [60_00, 9],
        [60_00, 9],
        [57_50, 2],
      ],
    );
    const fay = { from: '2027-01-01', to: '2027-01-31' };
    assert.deepEqual(await asked({ ...fay, dimensions: ['source'] }), {
      total: [40_00, 0.5],
      rows: { google: [40_00, 0.5], bing: [40_00, 0.5] },
    });
  });

  test('rows share out the whole: with the customers they won they come to its revenue', async () => {
    for (const limit of [1, 2, 100]) {
      const { rows } = await report(site, {
        metrics: ['lifetime_value', 'new_customers'],
        dimensions: ['source'],
        limit,
        order: { key: 'new_customers', descending: true },
      });
      const brought = rows.reduce((sum, row) => sum + Number(row.lifetime_value) * Number(row.new_customers), 0);
      assert.equal(Math.round(brought), 230_00, JSON.stringify(rows));
    }
  });

  const questions: [what: string, question: Asked, total: (number | null)[]][] = [
    ['by the label of the first payment', { filters: [['source', 'is', ['google']]] }, [130_00, 2]],
    ['by what was bought first', { filters: [['product', 'is', ['Tea']]] }, [130_00, 2]],
    ['by the day of the first payment', { filters: [['day', 'is', ['2026-11-10', '2026-11-12']]] }, [45_00, 9]],
    [
      'either of two',
      {
        filters: [
          ['or', ['source', 'is', ['bing']], ['and', ['source', 'is', ['news']], ['day', 'is', ['2026-11-10']]]],
        ],
      },
      [35_00, 4.625],
    ],
    ['nobody', { from: '2026-06-01', to: '2026-06-30' }, [null, null]],
    ['October', { from: '2026-10-01', to: '2026-10-31' }, [18_00, 0]],
    ['test money', { mode: 'test' }, [null, null]],
  ];
  for (const [what, question, total] of questions) {
    test(`customers are chosen ${what}`, async () => assert.deepEqual((await asked(question)).total, total));
  }

  test('what could not be converted stands apart, of the customers who paid it', async () => {
    const { unconverted } = await report(site, { metrics: ['lifetime_value', 'days_to_purchase'] });
    assert.deepEqual(unconverted, { eur: { lifetime_value: 70_00 } });
  });

  test('ordered by it, beside visitors, and model by model', async () => {
    const metrics = ['visitors', 'lifetime_value', 'days_to_purchase'] as const;
    const order = { key: 'days_to_purchase', descending: true } as const;
    const { rows } = await report(site, { metrics, dimensions: ['source'], order });
    assert.deepEqual(
      rows.map((row) => [row.source, row.visitors]),
      [
        ['news', 0],
        ['google', 1],
        ['bing', 0],
        ['(unattributed)', 0],
      ],
    );
    const question = ask(site, { metrics, dimensions: ['source'] });
    const compared = await store().compareModels(question, ['first_touch', 'last_touch']);
    const direct = compared.rows.find((row) => row.source === '(direct)')!;
    assert.deepEqual(
      [
        direct['lifetime_value:first_touch'],
        direct['lifetime_value:last_touch'],
        direct['days_to_purchase:last_touch'],
      ],
      [null, 60_00, 9],
    );
  });
});
