import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { facts, link, NOW, on, openShop, records } from '../../test/contracts/shop.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import type { Rate } from '../core/rates.ts';
import { createJobRunner, recomputeTurn, recreditTurn } from '../jobs.ts';
import { createDefaultMode } from '../reports/mode.ts';
import { createPaymentReports } from '../reports/payments.ts';
import { sitesThatFollow } from '../sites/site-changes.ts';
import { createRatesStatus } from '../sites/rates-status.ts';
import { conversionOf } from './rates.ts';
import { bookRates, RECREDIT } from './rates-book.ts';
import { createRecompute } from './recompute.ts';

const log = { info() {}, warn() {}, error() {} };
const now = () => NOW;
const onProgress = () => {};
// The stores open before the first test, after this file was read.
const runner = () =>
  createJobRunner({
    records,
    now,
    log,
    turns: {
      recompute: recomputeTurn({ records, now, onProgress, recompute: createRecompute({ records, now }) }),
      [RECREDIT]: recreditTurn({ records, now, onProgress }),
    },
  });
async function runJobs() {
  while (await runner().runOnce());
}

const rate = (day: string, base: string, quote: string, value: string): Rate => ({ day, base, quote, rate: value });
const euro = { currency: 'eur' } as const;

async function told(site: string) {
  const { currency } = (await records.sites.get(site))!;
  const { totals, rows, unconverted } = await facts.report({
    site,
    timezone: 'UTC',
    currency,
    mode: 'live',
    metrics: ['revenue'],
    dimensions: ['source'],
    from: '2026-11-01',
    to: '2026-12-31',
    model: 'linear',
    by: 'entry_date',
    filters: [],
    order: null,
    limit: 100,
    bots: 'exclude',
  });
  const bySource = Object.fromEntries(rows.filter((row) => row.revenue !== 0).map((row) => [row.source, row.revenue]));
  return { revenue: totals.revenue, ...bySource, ...(unconverted && { apart: unconverted }) };
}

async function answers(site: string) {
  const reports = createPaymentReports({
    records,
    defaultMode: createDefaultMode({ records }),
    convert: (entries, to) => conversionOf(records, entries, to),
  });
  return { reports, place: (await records.sites.get(site))! };
}

async function append(site: string, entry: Partial<LedgerEntry> & { id: string }) {
  const settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };
  const base = {
    paymentId: 'ch_1',
    kind: 'charge',
    amountMinor: 0,
    currency: 'eur',
    occurredAt: on(10) + 999,
  } as const;
  await records.ledger.append(site, 'live', [{ ...base, ...settlement, ...entry }]);
  await records.attributions.request(site, ['ch_1'], NOW, ['recompute']);
}

describe('a payment in another currency', () => {
  test('stands apart until a rate is known, and is credited again when it is', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 1, 'google'], ['v1', 4, 'newsletter']);
    await shop.pay(
      'ch_1',
      euro,
      [link('v1')],
      [
        ['charge', 100_01],
        ['refund', -50_00, 20],
      ],
    );
    await shop.settle();
    assert.deepEqual(await told(shop.site), { revenue: 0, apart: { eur: { revenue: 50_01 } } });

    // A rate of another week, and one that only says the charge.
    await bookRates(records, [rate('2026-10-01', 'eur', 'usd', '9')], 'file', NOW);
    await runJobs();
    assert.equal(await records.attributions.count(shop.site), 0);
    await bookRates(records, [rate('2026-11-09', 'usd', 'eur', '0.8')], 'file', NOW);
    await runJobs();
    await shop.settle();
    const half = { apart: { eur: { revenue: -50_00 } } };
    assert.deepEqual(await told(shop.site), { revenue: 125_01, google: 62_51, newsletter: 62_50, ...half });

    await bookRates(records, [rate('2026-11-20', 'eur', 'usd', '1.5')], 'feed', NOW);
    await runJobs();
    await shop.settle();
    assert.deepEqual(await told(shop.site), { revenue: 50_01, google: 25_01, newsletter: 25_00, apart: {} });

    const { reports, place } = await answers(shop.site);
    const detail = (await reports.get(place, 'ch_1'))!;
    assert.deepEqual([detail.currency, detail.revenue_converted], ['eur', 50_01]);
    const { converted } = detail;
    assert.deepEqual(
      [converted?.currency, converted?.gross, converted?.refunded, converted?.revenue, converted?.complete],
      ['usd', 125_01, 75_00, 50_01, true],
    );
    assert.deepEqual(
      converted?.entries.map((it) => [it.amount, it.by, it.evidence]),
      [
        [125_01, 'rate', '2026-11-09 usd/eur 0.8'],
        [-75_00, 'rate', '2026-11-20 eur/usd 1.5'],
      ],
    );
    // Credits in the payment's own currency are what they were.
    assert.deepEqual(detail.credits.linear, [25_01, 25_00]);
  });

  test('follows its settlement, which comes later and replaces the rate', async () => {
    const shop = await openShop();
    await bookRates(records, [rate('2026-11-10', 'eur', 'usd', '1.2')], 'file', NOW);
    await shop.pay('ch_1', euro, [], [['charge', 10_00]]);
    await shop.settle();
    assert.deepEqual(await told(shop.site), { revenue: 12_00, '(unattributed)': 12_00, apart: {} });
    await append(shop.site, {
      id: 'ch_1#fee',
      balanceTransaction: 'txn_1',
      settledMinor: 11_07,
      settledCurrency: 'usd',
      feeMinor: 62,
    });
    await shop.settle();
    assert.deepEqual(await told(shop.site), { revenue: 11_07, '(unattributed)': 11_07, apart: {} });
    await append(shop.site, { id: 're_1', kind: 'refund', amountMinor: -10_00, occurredAt: on(12) });
    await shop.settle();
    assert.deepEqual(await told(shop.site), { revenue: 0, apart: {} });
    const { reports, place } = await answers(shop.site);
    const { converted } = (await reports.get(place, 'ch_1'))!;
    assert.deepEqual(
      converted?.entries.map((it) => [it.id, it.amount, it.by, it.evidence]),
      [
        ['ch_1', 11_07, 'settlement', 'txn_1'],
        ['ch_1#fee', 0, 'settlement', 'txn_1'],
        ['re_1', -11_07, 'charge', 'txn_1'],
      ],
    );
  });

  test('is credited again when the site reports in another currency, and when it does again as before', async () => {
    const shop = await openShop();
    await bookRates(
      records,
      [rate('2026-11-10', 'gbp', 'usd', '1.3'), rate('2026-11-10', 'gbp', 'eur', '1.1')],
      'file',
      NOW,
    );
    await shop.pay('ch_1', euro, [], [['charge', 11_00]]);
    await shop.settle();
    const inDollars = { revenue: 13_20, '(unattributed)': 13_20, apart: {} };
    assert.deepEqual(await told(shop.site), inDollars);
    let wakes = 0;
    const sites = sitesThatFollow({ records, now, wake: () => (wakes += 1) });
    await sites.update(shop.site, { name: 'Shop', currency: 'usd' });
    assert.equal(wakes, 0);
    await sites.update(shop.site, { currency: 'gbp' });
    assert.equal(wakes, 1);
    // Until the job has run, nothing is converted and nothing is lost.
    assert.deepEqual(await told(shop.site), { revenue: 0, apart: { eur: { revenue: 11_00 } } });
    await runJobs();
    await shop.settle();
    assert.deepEqual(await told(shop.site), { revenue: 10_00, '(unattributed)': 10_00, apart: {} });
    await sites.update(shop.site, { currency: 'eur' });
    await runJobs();
    await shop.settle();
    assert.deepEqual(await told(shop.site), { revenue: 11_00, '(unattributed)': 11_00, apart: {} });
    await sites.update(shop.site, { currency: 'usd' });
    await runJobs();
    await shop.settle();
    assert.deepEqual(await told(shop.site), inDollars);
  });
});

test('rates stored again ask for nothing; a corrected one asks for the payments of its days only', async () => {
  const shop = await openShop();
  await shop.pay('ch_1', { ...euro, occurredAt: on(3) }, [], [['charge', 1_00]]);
  await shop.pay('ch_2', { ...euro, occurredAt: on(14) }, [], [['charge', 1_00]]);
  await shop.pay('ch_3', {}, [], [['charge', 1_00]]);
  await shop.settle();
  await runJobs();
  const rates = [rate('2026-11-03', 'eur', 'xpf', '119.3'), rate('2026-11-06', 'eur', 'xpf', '119.3')];
  const first = await bookRates(records, rates, 'file', NOW);
  assert.deepEqual(first, { rates: 2, changed: 2, from: '2026-11-03', to: '2026-11-06' });
  await runJobs();
  assert.equal(await records.attributions.count(shop.site), 1);
  await shop.settle();
  const again = await bookRates(records, rates, 'file', NOW);
  assert.equal(again.changed, 0);
  assert.equal(await runner().runOnce(), false);
  await bookRates(records, [rate('2026-11-07', 'eur', 'xpf', '119.4')], 'file', NOW);
  await runJobs();
  const due = await records.attributions.due(NOW, 10);
  assert.deepEqual(
    due.filter((it) => it.site === shop.site).map((it) => it.paymentId),
    ['ch_2'],
  );
  await shop.settle();
});

test('the settings page says since when rates are known, and what none could convert', async () => {
  const shop = await openShop();
  await shop.pay('ch_1', { currency: 'nok', occurredAt: on(3) }, [], [['charge', 70_00]]);
  await shop.settle();
  const status = createRatesStatus({ records, facts, feed: null, defaultMode: async () => 'live', now });
  const { known, ...rest } = await status((await records.sites.get(shop.site))!);
  assert.equal(known?.from, '2026-10-01');
  const unconverted = [{ currency: 'nok', gross: 70_00, revenue: 70_00 }];
  assert.deepEqual(rest, { currency: 'usd', feed: null, mode: 'live', unconverted });
});
