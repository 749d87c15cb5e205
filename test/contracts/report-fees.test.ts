import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { creditChanges } from '../../src/core/attribution/credit-changes.ts';
import { creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import { RULE_MODELS } from '../../src/core/attribution/models.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { entry, openReports, payment, sum, touch } from './report-facts.ts';

const { credits, report } = openReports();
const settled = (one: LedgerEntry, feeMinor: number, settledCurrency = 'usd'): LedgerEntry => ({
  ...one,
  settledMinor: one.amountMinor,
  settledCurrency,
  feeMinor,
});

describe('fees, net, tax and what was sold', () => {
  const site = 'fees';
  const google = touch('ann', '2026-11-03T10:00:00Z', 'google');
  const news = touch('ann', '2026-11-04T10:00:00Z', 'newsletter');
  const taxed = { taxMinor: 17_00, product: 'prod_1', productName: 'Pro', price: 'price_1', coupon: 'SPRING' };

  before(async () => {
    const pro = payment(site, 'ch_pro', '2026-11-05T12:00:00.999Z', taxed);
    const first = [settled(entry(pro, 'charge', 117_00), 3_69)];
    const lost = [...first, settled(entry(pro, 'dispute', -117_00, '2026-11-20T00:00:00Z'), 15_00)];
    const half = payment(site, 'ch_half', '2026-11-06T12:00:00.999Z', { ...taxed, taxMinor: 10_01 });
    const euro = payment(site, 'ch_eur', '2026-11-07T12:00:00.999Z', { currency: 'eur', product: 'prod_2' });
    const who = payment(site, 'ch_who', '2026-11-08T12:00:00.999Z');
    const late = { ...settled(entry(who, 'charge', 0), 59), id: 'ch_who#fee' };
    await credits(creditRows(pro, first, [google, news]));
    await credits([
      ...creditChanges(creditRows(pro, first, [google, news]), creditRows(pro, lost, [google, news])),
      ...creditRows(
        half,
        [entry(half, 'charge', 70_00), entry(half, 'refund', -35_00, '2026-11-10T00:00:00Z')],
        [google, news],
      ),
      ...creditRows(euro, [settled(entry(euro, 'charge', 50_00), 1_75)], [news]),
      ...unattributedRows(who, [entry(who, 'charge', 20_00), late], 'no_visitor_id'),
    ]);
  });

  test('fees stand in the currency they were taken in, and net is revenue less fees', async () => {
    const metrics = ['revenue', 'fees', 'net'] as const;
    const { totals, unconverted } = await report(site, { metrics });
    assert.deepEqual(totals, { revenue: 55_00, fees: 3_69 + 15_00 + 1_75 + 59, net: 55_00 - 21_03 });
    assert.deepEqual(unconverted, { eur: { revenue: 50_00, fees: 0, net: 50_00 } });
    const euros = await report(site, { metrics, currency: 'eur' });
    assert.deepEqual(euros.totals, { revenue: 50_00, fees: 0, net: 50_00 });
    assert.deepEqual(euros.unconverted, { usd: { revenue: 55_00, fees: 21_03, net: 33_97 } });
  });

  test('by source, under every model, rows add up to the totals', async () => {
    const metrics = ['revenue', 'fees', 'net', 'tax', 'revenue_without_tax'] as const;
    for (const model of RULE_MODELS) {
      const { rows, totals } = await report(site, { metrics, dimensions: ['source'], model });
      for (const metric of metrics)
        assert.equal(sum(rows.map((row) => row[metric])), totals[metric], `${model} ${metric}`);
    }
    const { rows } = await report(site, { metrics: ['fees', 'net'], dimensions: ['source'], model: 'linear' });
    assert.deepEqual(rows, [
      { source: 'newsletter', fees: 11_09, net: 17_50 - 11_09 },
      { source: 'google', fees: 9_35, net: 17_50 - 9_35 },
      { source: '(unattributed)', fees: 59, net: 20_00 - 59 },
    ]);
  });

  test('a fee counts on the day of its entry', async () => {
    const { rows } = await report(site, { metrics: ['fees'], dimensions: ['day'] });
    assert.deepEqual(rows, [
      { day: '2026-11-05', fees: 3_69 },
      { day: '2026-11-07', fees: 1_75 },
      { day: '2026-11-08', fees: 59 },
      { day: '2026-11-20', fees: 15_00 },
    ]);
  });

  test('tax is taken back with the revenue it is in', async () => {
    const { totals } = await report(site, { metrics: ['revenue', 'tax', 'revenue_without_tax'] });
    assert.deepEqual(totals, { revenue: 55_00, tax: 5_01, revenue_without_tax: 49_99 });
  });

  test('a unit of tax that is taken back where no revenue is counts all the same', async () => {
    const uneven = 'uneven';
    const [first, last] = [
      touch('eve', '2026-11-03T10:00:00Z', 'google'),
      touch('eve', '2026-11-04T10:00:00Z', 'newsletter'),
    ];
    const paid = payment(uneven, 'ch_1', '2026-11-05T12:00:00.999Z', { taxMinor: 3_33 });
    const back = (id: string, amount: number, when: string) => ({ ...entry(paid, 'refund', amount, when), id });
    const entries = [
      entry(paid, 'charge', 20_00),
      back('re_1', -3, '2026-11-10T00:00:00Z'),
      back('re_2', -1, '2026-11-11T00:00:00Z'),
    ];
    await credits(creditRows(paid, entries, [first, last]));
    const metrics = ['revenue', 'tax', 'revenue_without_tax'] as const;
    const { rows, totals } = await report(uneven, { metrics, dimensions: ['day', 'source'], model: 'linear' });
    for (const metric of metrics) assert.equal(sum(rows.map((row) => row[metric])), totals[metric], metric);
    assert.ok(rows.some((row) => row.revenue === 0 && row.tax !== 0));
  });

  test('by product and coupon, and filtered by them', async () => {
    const products = await report(site, { metrics: ['gross', 'conversions', 'fees'], dimensions: ['product'] });
    assert.deepEqual(products.rows, [
      { product: 'Pro', gross: 187_00, conversions: 2, fees: 18_69 },
      { product: '(none)', gross: 20_00, conversions: 1, fees: 59 },
      { product: 'prod_2', gross: 0, conversions: 1, fees: 1_75 },
    ]);
    const spring = await report(site, { metrics: ['gross', 'fees'], filters: [['coupon', 'is', ['SPRING']]] });
    assert.deepEqual(spring.totals, { gross: 187_00, fees: 18_69 });
    const none = await report(site, { metrics: ['gross'], filters: [['product', 'is_not', ['Pro']]] });
    assert.deepEqual(none.totals, { gross: 20_00 });
  });
});
