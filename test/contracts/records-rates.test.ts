import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Rate } from '../../src/core/rates.ts';
import { addSite, describeStores, makeEntry, makePayment, type OpenedRecords } from './record-stores.ts';

const rate = (day: string, quote: string, value: string, base = 'eur'): Rate => ({ day, base, quote, rate: value });
const sorted = (rates: Rate[]) => rates.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describeStores('exchange rates', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  test('are kept digit by digit, and found by day and currency', async () => {
    assert.equal(await records.rates.known(), null);
    const rates = [
      rate('2026-11-02', 'usd', '1.09310'),
      rate('2026-11-02', 'jpy', '165'),
      rate('2026-10-30', 'usd', '1.0900000000000000001'),
      rate('2026-11-03', 'eur', '0.9', 'usd'),
    ];
    assert.deepEqual(await records.rates.put(rates, 'file'), rates);
    assert.deepEqual(await records.rates.known(), { from: '2026-10-30', to: '2026-11-03' });
    const found = await records.rates.between('2026-10-30', '2026-11-02', ['usd', 'gbp']);
    assert.deepEqual(sorted(found), sorted([rates[0]!, rates[2]!]));
    assert.deepEqual(await records.rates.between('2026-11-03', '2026-11-03', ['eur']), [rates[3]]);
    assert.deepEqual(await records.rates.between('2026-11-04', '2026-12-31', ['usd', 'eur', 'jpy']), []);
  });

  test('stored again change nothing; another value does, and the last of one call counts', async () => {
    const day = '2025-01-02';
    assert.equal((await records.rates.put([rate(day, 'usd', '1.03'), rate(day, 'sek', '11.4')], 'file')).length, 2);
    assert.deepEqual(await records.rates.put([rate(day, 'usd', '1.03'), rate(day, 'sek', '11.4')], 'file'), []);
    const again = [rate(day, 'usd', '1.04'), rate(day, 'sek', '11.4'), rate(day, 'usd', '1.05')];
    assert.deepEqual(await records.rates.put(again, 'file'), [again[2]]);
    const found = await records.rates.between(day, day, ['usd', 'sek']);
    assert.deepEqual(sorted(found), sorted([again[2]!, again[1]!]));
  });

  test('a feed brings what is missing and corrects itself, and leaves alone what a person imported', async () => {
    const day = '2025-02-03';
    const value = async () => (await records.rates.between(day, day, ['usd'])).map((it) => it.rate);
    await records.rates.put([rate(day, 'usd', '1.01')], 'feed');
    assert.equal((await records.rates.put([rate(day, 'usd', '1.02')], 'feed')).length, 1);
    assert.deepEqual(await value(), ['1.02']);
    await records.rates.put([rate(day, 'usd', '1.02')], 'file');
    assert.deepEqual(await records.rates.put([rate(day, 'usd', '1.03')], 'feed'), []);
    assert.deepEqual(await value(), ['1.02']);
  });

  test('more than a statement holds', async () => {
    const many = Array.from({ length: 2_500 }, (_, index) =>
      rate(
        `2024-${String(1 + (index % 12)).padStart(2, '0')}-11`,
        `x${String.fromCharCode(97 + (index % 26))}a`,
        `1.${index}`,
        `b${index % 97}`,
      ),
    );
    const pairs = new Set(many.map((it) => `${it.day} ${it.base} ${it.quote}`));
    assert.equal((await records.rates.put(many, 'file')).length, pairs.size);
  });

  test('payments that a rate may say are those with money or fees in another currency', async () => {
    const site = (await addSite(records)).id;
    const other = (await addSite(records)).id;
    const at = 1_700_000_000_000;
    const settled = { settledMinor: 900, settledCurrency: 'eur', feeMinor: 30, balanceTransaction: 'txn' };
    const entries = [
      makeEntry('ch_own', { paymentId: 'ch_own', occurredAt: at }),
      makeEntry('ch_eur', { paymentId: 'ch_eur', occurredAt: at, currency: 'eur' }),
      makeEntry('ch_fee', { paymentId: 'ch_fee', occurredAt: at, ...settled }),
      makeEntry('ch_late', { paymentId: 'ch_late', occurredAt: at + 1000, currency: 'eur' }),
      makeEntry('re_eur', { paymentId: 'ch_eur', kind: 'refund', occurredAt: at, currency: 'eur', amountMinor: -1 }),
    ];
    for (const it of entries.slice(0, 4)) await records.payments.upsert(makePayment(site, it.id));
    await records.ledger.append(site, 'live', entries);
    const time = { from: at, until: at + 1000 };
    const ask = (limit: number, afterId: string | null = null) =>
      records.rates.payments(site, 'usd', time, { afterId, limit });
    assert.deepEqual(await ask(10), ['ch_eur', 'ch_fee']);
    assert.deepEqual(await ask(1), ['ch_eur']);
    assert.deepEqual(await ask(1, 'ch_eur'), ['ch_fee']);
    assert.deepEqual(await ask(1, 'ch_fee'), []);
    assert.deepEqual(await records.rates.payments(other, 'usd', time, { afterId: null, limit: 10 }), []);
  });
});
