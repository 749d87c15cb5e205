// Reports in the site's currency over money that was paid in others: what was converted counts, what was not stands apart.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { creditChanges } from '../../src/core/attribution/credit-changes.ts';
import { creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import type { Conversion } from '../../src/core/attribution/credits.ts';
import { RULE_MODELS } from '../../src/core/attribution/models.ts';
import { convertEntries } from '../../src/core/exchange.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { rateTable } from '../../src/core/rates.ts';
import { entry, openReports, payment, sum, touch } from './report-facts.ts';

const { credits, report } = openReports();
const rates = rateTable([
  { day: '2026-11-05', base: 'eur', quote: 'usd', rate: '1.10' },
  { day: '2026-11-05', base: 'eur', quote: 'gbp', rate: '0.88' },
]);
const inCurrency = (to: string, entries: readonly LedgerEntry[], table = rates): Conversion => ({
  to,
  entries: convertEntries(entries, to, table),
});
const settled = (one: LedgerEntry, settledMinor: number, settledCurrency: string, feeMinor: number): LedgerEntry => ({
  ...one,
  settledMinor,
  settledCurrency,
  feeMinor,
  balanceTransaction: 'txn_1',
});

describe('money in several currencies, reported in dollars', () => {
  const site = 'currencies';
  const google = touch('ann', '2026-11-03T10:00:00Z', 'google');
  const news = touch('ann', '2026-11-04T10:00:00Z', 'newsletter');

  before(async () => {
    const dollars = payment(site, 'ch_usd', '2026-11-05T12:00:00.999Z');
    // Settled in dollars, taxed, half refunded at a worse rate.
    const euros = payment(site, 'ch_eur', '2026-11-05T13:00:00.999Z', { currency: 'eur', taxMinor: 10_00 });
    const euroEntries = [
      settled(entry(euros, 'charge', 60_00), 66_00, 'usd', 2_21),
      settled(entry(euros, 'refund', -30_00, '2026-11-09T12:00:00Z'), -34_50, 'usd', 0),
    ];
    // Settled in pounds: by the rate of the day, its fee too.
    const pounds = payment(site, 'ch_gbp', '2026-11-06T12:00:00.999Z', { currency: 'gbp' });
    const poundEntries = [settled(entry(pounds, 'charge', 8_80), 8_80, 'gbp', 88)];
    // In dollars, settled in euros: its fee comes back by the provider's own rate.
    const abroad = payment(site, 'ch_abroad', '2026-11-07T12:00:00.999Z');
    const abroadEntries = [settled(entry(abroad, 'charge', 11_00), 10_00, 'eur', 50)];
    const yen = payment(site, 'ch_jpy', '2026-11-08T12:00:00.999Z', { currency: 'jpy' });
    const yenEntries = [settled(entry(yen, 'charge', 5000), 5000, 'jpy', 180)];
    const unknown = payment(site, 'ch_who', '2026-11-08T13:00:00.999Z', { currency: 'eur' });
    const unknownEntries = [settled(entry(unknown, 'charge', 10_00), 11_00, 'usd', 60)];
    const path = [google, news];
    const first = creditRows(euros, euroEntries.slice(0, 1), path, inCurrency('usd', euroEntries.slice(0, 1)));
    await credits(first);
    await credits([
      ...creditRows(dollars, [entry(dollars, 'charge', 20_00)], [google]),
      ...creditChanges(first, creditRows(euros, euroEntries, path, inCurrency('usd', euroEntries))),
      ...creditRows(pounds, poundEntries, [news], inCurrency('usd', poundEntries)),
      ...creditRows(abroad, abroadEntries, [google], inCurrency('usd', abroadEntries)),
      ...creditRows(yen, yenEntries, [google], inCurrency('usd', yenEntries)),
      ...unattributedRows(unknown, unknownEntries, 'no_visitor_id', inCurrency('usd', unknownEntries)),
    ]);
  });

  const metrics = ['gross', 'refunded', 'revenue', 'tax', 'fees', 'net'] as const;

  test('everything that was converted is in the totals, the rest apart', async () => {
    const { totals, unconverted } = await report(site, { metrics });
    const gross = 20_00 + 66_00 + 11_00 + 11_00 + 11_00;
    const fees = 2_21 + 1_10 + 55 + 60;
    const revenue = gross - 34_50;
    assert.deepEqual(totals, { gross, refunded: 34_50, revenue, tax: 5_25, fees, net: revenue - fees });
    assert.deepEqual(unconverted, {
      jpy: { gross: 5000, refunded: 0, revenue: 5000, tax: 0, fees: 180, net: 4820 },
    });
  });

  test('rows add up to the totals under every model', async () => {
    for (const model of RULE_MODELS) {
      const { rows, totals } = await report(site, { metrics, dimensions: ['source'], model });
      for (const metric of metrics) {
        assert.equal(sum(rows.map((row) => row[metric])), totals[metric], `${model} ${metric}`);
      }
    }
    const { rows } = await report(site, { metrics: ['revenue'], dimensions: ['source'], model: 'linear' });
    assert.deepEqual(rows, [
      { source: 'google', revenue: 20_00 + 15_75 + 11_00 },
      { source: 'newsletter', revenue: 15_75 + 11_00 },
      { source: '(unattributed)', revenue: 11_00 },
    ]);
  });

  test('rows by currency show what was paid, each in its own', async () => {
    const { rows, totals } = await report(site, { metrics: ['gross', 'fees'], dimensions: ['currency'] });
    assert.deepEqual(
      rows.toSorted((a, b) => (a.currency! < b.currency! ? -1 : 1)),
      [
        { currency: 'eur', gross: 70_00, fees: 50 },
        { currency: 'gbp', gross: 8_80, fees: 88 },
        { currency: 'jpy', gross: 5000, fees: 180 },
        { currency: 'usd', gross: 31_00, fees: 2_81 },
      ],
    );
    assert.equal(totals.gross, 119_00);
    const { totals: euros } = await report(site, { metrics: ['gross'], filters: [['currency', 'is', ['eur']]] });
    assert.deepEqual(euros, { gross: 77_00 });
  });

  test('a filter by currency chooses what was paid: net is that less its fees, in whatever they were taken', async () => {
    const filters = [['currency', 'is', ['eur']]] as const;
    const { totals } = await report(site, { metrics: ['revenue', 'fees', 'net'], filters });
    assert.deepEqual(totals, { revenue: 42_50, fees: 2_81, net: 39_69 });
    const others = [['currency', 'is_not', ['eur']]] as const;
    const { totals: rest } = await report(site, { metrics: ['revenue', 'fees', 'net'], filters: others });
    assert.deepEqual(rest, { revenue: 42_00, fees: 1_65, net: 40_35 });
  });

  test('payments count once; an average order is of those that were converted', async () => {
    const question = { metrics: ['conversions', 'average_order_value', 'coverage'] as const };
    const { totals, unconverted } = await report(site, question);
    assert.deepEqual(totals, { conversions: 6, average_order_value: 23_80, coverage: 0.869822 });
    assert.deepEqual(unconverted, { jpy: { average_order_value: 5000, coverage: 1 } });
    const { rows } = await report(site, { ...question, dimensions: ['source'], model: 'linear' });
    assert.deepEqual(
      rows.map((row) => [row.source, row.conversions]),
      [
        ['google', 3.5],
        ['newsletter', 1.5],
        ['(unattributed)', 1],
      ],
    );
  });

  test('in a currency that nothing was converted into, everything else is apart', async () => {
    const { totals, unconverted } = await report(site, { metrics: ['gross', 'fees'], currency: 'gbp' });
    assert.deepEqual(totals, { gross: 8_80, fees: 88 });
    assert.deepEqual(unconverted, {
      eur: { gross: 70_00, fees: 50 },
      jpy: { gross: 5000, fees: 180 },
      usd: { gross: 31_00, fees: 2_81 },
    });
  });
});

describe('crediting again', () => {
  test('in another reporting currency, and back, leaves no trace of the one before', async () => {
    const site = 'moves';
    const euros = payment(site, 'ch_1', '2026-11-05T12:00:00.999Z', { currency: 'eur' });
    const entries = [settled(entry(euros, 'charge', 10_01), 11_01, 'usd', 62), entry(euros, 'refund', -3_33)];
    const path = [touch('ann', '2026-11-03T10:00:00Z', 'google'), touch('ann', '2026-11-04T10:00:00Z', 'news')];
    const states = [
      creditRows(euros, entries, path),
      creditRows(euros, entries, path, inCurrency('usd', entries)),
      creditRows(euros, entries, path, inCurrency('gbp', entries)),
      creditRows(euros, entries, path, inCurrency('gbp', entries, rateTable([]))),
      creditRows(euros, entries, path, inCurrency('usd', entries)),
    ];
    const told = async (currency: string) => {
      const { totals, unconverted } = await report(site, { metrics: ['revenue', 'fees', 'conversions'], currency });
      return [totals.revenue, totals.fees, totals.conversions, unconverted];
    };
    const apart = { eur: { revenue: 6_68, fees: 0 } };
    const expected: [unknown[], unknown[]][] = [
      [
        [0, 62, 1, apart],
        [0, 0, 1, { ...apart, usd: { revenue: 0, fees: 62 } }],
      ],
      [
        [7_35, 62, 1, {}],
        [0, 0, 1, { ...apart, usd: { revenue: 0, fees: 62 } }],
      ],
      [
        [0, 62, 1, apart],
        [5_88, 50, 1, {}],
      ],
      [
        [0, 62, 1, apart],
        [0, 0, 1, { ...apart, usd: { revenue: 0, fees: 62 } }],
      ],
      [
        [7_35, 62, 1, {}],
        [0, 0, 1, { ...apart, usd: { revenue: 0, fees: 62 } }],
      ],
    ];
    for (const [index, rows] of states.entries()) {
      await credits(creditChanges(states[index - 1] ?? [], rows));
      assert.deepEqual([await told('usd'), await told('gbp')], expected[index], `state ${index}`);
    }
    assert.deepEqual(creditChanges(states[1]!, states[4]!), []);
  });
});
