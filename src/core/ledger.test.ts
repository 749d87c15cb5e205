import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { corrections, moneyObjectOf, sumLedger } from './ledger.ts';
import type { LedgerEntry } from './ledger.ts';

const entry = (id: string, amountMinor: number, fields: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id,
  paymentId: 'ch_1',
  kind: 'charge',
  amountMinor,
  currency: 'usd',
  occurredAt: 999,
  balanceTransaction: null,
  settledMinor: null,
  settledCurrency: null,
  feeMinor: null,
  ...fields,
});
const settled = (feeMinor: number, settledMinor = 1000) => ({
  balanceTransaction: 'txn_1',
  settledMinor,
  settledCurrency: 'usd',
  feeMinor,
});
const shown = (entries: readonly LedgerEntry[]) => entries.map((it) => [it.id, it.amountMinor, it.feeMinor]);

test('moneyObjectOf takes corrections and fees back to their object', () => {
  const cases: Record<string, string> = {
    ch_1: 'ch_1',
    'ch_1#1': 'ch_1',
    'ch_1#12': 'ch_1',
    'ch_1#fee': 'ch_1',
    'ch_1#fee#2': 'ch_1',
    'ch_1#refunds': 'ch_1#refunds',
    'ch_1#refunds#3': 'ch_1#refunds',
  };
  for (const [id, object] of Object.entries(cases)) assert.equal(moneyObjectOf(id), object);
});

test('an entry is written once, then corrected by entries of its own', () => {
  let ledger: LedgerEntry[] = [];
  const want = (...desired: LedgerEntry[]) => {
    const added = corrections(ledger, desired);
    ledger = [...ledger, ...added];
    return shown(added);
  };
  assert.deepEqual(want(entry('ch_1', 0)), [], 'nothing moved');
  assert.deepEqual(want(entry('ch_1', 400)), [['ch_1', 400, null]]);
  assert.deepEqual(want(entry('ch_1', 700)), [['ch_1#1', 300, null]]);
  assert.deepEqual(want(entry('ch_1', 700, settled(30, 700))), [['ch_1#fee', 0, 30]]);
  assert.deepEqual(want(entry('ch_1', 700, settled(30, 700))), []);
  assert.deepEqual(want(entry('ch_1', 700)), [], 'a fee once known does not become unknown');
  assert.deepEqual(want(entry('ch_1', 0, settled(35, 0))), [
    ['ch_1#2', -700, null],
    ['ch_1#fee#1', 0, 5],
  ]);
  assert.equal(ledger.find((it) => it.id === 'ch_1#fee')?.balanceTransaction, 'txn_1');
  assert.deepEqual(sumLedger(ledger), {
    grossMinor: 0,
    refundedMinor: 0,
    disputedMinor: 0,
    feeMinor: 35,
    feeCurrency: 'usd',
  });
});

test('a fee known when the money is booked stands on the entry itself', () => {
  assert.deepEqual(shown(corrections([], [entry('ch_1', 1000, settled(59))])), [['ch_1', 1000, 59]]);
});

test('what moved to another time is taken back there and written here', () => {
  const ledger = [entry('ch_1#refunds', -300, { kind: 'refund', occurredAt: 1 })];
  const added = corrections(ledger, [entry('ch_1#refunds', -500, { kind: 'refund', occurredAt: 2 })]);
  assert.deepEqual(
    added.map((it) => [it.id, it.amountMinor, it.occurredAt]),
    [
      ['ch_1#refunds#1', 300, 1],
      ['ch_1#refunds#2', -500, 2],
    ],
  );
});

test('fees of several settlement currencies are not added up', () => {
  const sums = sumLedger([
    entry('re_1', -10, { kind: 'refund', ...settled(7), settledCurrency: 'eur' }),
    entry('ch_1', 100, settled(3)),
  ]);
  assert.deepEqual(sums, { grossMinor: 100, refundedMinor: 10, disputedMinor: 0, feeMinor: 3, feeCurrency: 'usd' });
});

test('a settlement that turns out to be in another currency is taken back in the one and written in the other', () => {
  const ledger = [entry('ch_1', 1000, { ...settled(7, 900), settledCurrency: 'eur' })];
  const added = corrections(ledger, [entry('ch_1', 1000, settled(59, 1234))]);
  assert.deepEqual(
    added.map((it) => [it.id, it.settledCurrency, it.settledMinor, it.feeMinor]),
    [
      ['ch_1#fee', 'eur', -900, -7],
      ['ch_1#fee#1', 'usd', 1234, 59],
    ],
  );
  assert.deepEqual(corrections([...ledger, ...added], [entry('ch_1', 1000, settled(59, 1234))]), []);
});

test('an entry in another currency than the charge is not added', () => {
  const foreign = entry('txn_w', -1190, { kind: 'dispute', currency: 'eur' });
  assert.equal(sumLedger([foreign, entry('ch_1', 1000)]).disputedMinor, 0);
});

test('after any history of wishes the ledger says the last one', () => {
  const wish = fc.record({
    amountMinor: fc.integer({ min: -9, max: 9 }),
    occurredAt: fc.integer({ min: 1, max: 3 }),
    fee: fc.option(fc.integer({ min: 0, max: 3 })),
  });
  fc.assert(
    fc.property(fc.array(wish, { minLength: 1, maxLength: 8 }), (wishes) => {
      let ledger: LedgerEntry[] = [];
      for (const { amountMinor, occurredAt, fee } of wishes) {
        const desired = entry('ch_1', amountMinor, { occurredAt, ...(fee === null ? {} : settled(fee, amountMinor)) });
        ledger = [...ledger, ...corrections(ledger, [desired])];
        assert.deepEqual(corrections(ledger, [desired]), []);
        assert.equal(sumLedger(ledger).grossMinor, amountMinor);
        const elsewhere = Map.groupBy(ledger, (it) => it.occurredAt);
        for (const [at, rows] of elsewhere) {
          const sum = rows.reduce((total, row) => total + row.amountMinor, 0);
          assert.equal(sum, at === occurredAt ? amountMinor : 0);
        }
        if (fee !== null && ledger.length > 0) assert.equal(sumLedger(ledger).feeMinor, fee);
      }
      assert.equal(new Set(ledger.map((it) => it.id)).size, ledger.length);
    }),
  );
});
