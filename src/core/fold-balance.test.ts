import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { foldPayment } from './fold.ts';
import { corrections, sumLedger } from './ledger.ts';
import type { LedgerEntry } from './ledger.ts';
import { mergeAll } from './merge.ts';
import { balanceOf, DAY_MS, make, settledOf, T0 } from './objects.fixture.ts';
import type { ProviderObject } from './payment.ts';

/**
 * Random lives of a charge, told as the provider would: every movement has its balance transaction. Whatever the order
 * and number of the snapshots, the ledger must equal the balance.
 */
interface Life {
  amountMinor: number;
  capturedShare: number;
  currency: string;
  rate: number;
  fails: boolean;
  refunds: { share: number; end: 'pending' | 'succeeded' | 'failed' | 'canceled' }[];
  dispute: 'none' | 'inquiry' | 'opened' | 'lost' | 'won';
  disputeShare: number;
}

const life: fc.Arbitrary<Life> = fc.record({
  amountMinor: fc.integer({ min: 1, max: 1_000_000 }),
  capturedShare: fc.constantFrom(1, 1, 1, 0.5),
  currency: fc.constantFrom('usd', 'eur', 'jpy'),
  rate: fc.constantFrom(1, 1.2345, 0.0067),
  fails: fc.boolean(),
  refunds: fc.array(
    fc.record({
      share: fc.double({ min: 0.01, max: 0.4, noNaN: true }),
      end: fc.constantFrom('pending', 'succeeded', 'failed', 'canceled'),
    }),
    { maxLength: 2 },
  ),
  dispute: fc.constantFrom('none', 'inquiry', 'opened', 'lost', 'won'),
  disputeShare: fc.constantFrom(1, 0.3),
});

function tell(it: Life): ProviderObject[] {
  const settledIn = it.rate === 1 ? it.currency : it.currency === 'usd' ? 'eur' : 'usd';
  // Never nothing: what is less than a unit of the settlement currency does not move.
  const settle = (amount: number) => Math.sign(amount) * Math.max(1, Math.round(Math.abs(amount) * it.rate));
  const captured = Math.max(1, Math.floor(it.amountMinor * it.capturedShare));
  const txn = (id: string, source: string, amount: number, fee = 0, type = 'charge') =>
    make('balance_transaction', id, { source, amountMinor: settle(amount), feeMinor: fee, currency: settledIn, type });
  const charge = { amountMinor: it.amountMinor, currency: it.currency };
  const taken = { ...charge, amountCapturedMinor: captured, balanceTransaction: 'txn_ch' };
  const told: ProviderObject[] = [
    make('charge', 'ch_1', { ...charge, status: 'pending' }),
    make('charge', 'ch_1', taken),
    txn('txn_ch', 'ch_1', it.amountMinor, 30),
  ];
  if (captured < it.amountMinor) {
    const rest = it.amountMinor - captured;
    told.push(
      make('refund', 're_0', {
        charge: 'ch_1',
        amountMinor: rest,
        currency: it.currency,
        balanceTransaction: 'txn_re_0',
      }),
      txn('txn_re_0', 're_0', -rest, -1, 'partial_capture_reversal'),
    );
  }
  if (it.fails) {
    told.push(
      make('charge', 'ch_1', { ...taken, status: 'failed', failureBalanceTransaction: 'txn_chf' }),
      txn('txn_chf', 'ch_1', -it.amountMinor, 4, 'payment_failure_refund'),
    );
    return told;
  }
  it.refunds.forEach(({ share, end }, index) => {
    const id = `re_${index + 1}`;
    const amount = Math.max(1, Math.floor(captured * share));
    const refund = { charge: 'ch_1', amountMinor: amount, currency: it.currency, createdAt: T0 + (index + 1) * DAY_MS };
    told.push(make('refund', id, { ...refund, status: 'pending' }));
    if (end === 'pending') return;
    const ended = { ...refund, balanceTransaction: `txn_${id}` };
    told.push(make('refund', id, { ...ended, status: 'succeeded' }), txn(`txn_${id}`, id, -amount, 0, 'refund'));
    if (end === 'succeeded') return;
    told.push(
      make('refund', id, { ...ended, status: end, failureBalanceTransaction: `txn_${id}f` }),
      txn(`txn_${id}f`, id, amount, 0, 'refund_failure'),
    );
  });
  return [...told, ...tellDispute(it, captured, txn)];
}

function tellDispute(
  it: Life,
  captured: number,
  txn: (id: string, source: string, amount: number, fee?: number, type?: string) => ProviderObject,
): ProviderObject[] {
  if (it.dispute === 'none') return [];
  const amount = Math.max(1, Math.floor(captured * it.disputeShare));
  const dispute = { charge: 'ch_1', amountMinor: amount, currency: it.currency, createdAt: T0 + 9 * DAY_MS };
  if (it.dispute === 'inquiry') return [make('dispute', 'dp_1', { ...dispute, status: 'warning_closed' })];
  const told: ProviderObject[] = [
    make('dispute', 'dp_1', dispute),
    make('dispute', 'dp_1', { ...dispute, balanceTransactions: ['txn_dp'] }),
    txn('txn_dp', 'dp_1', -amount, 1500, 'adjustment'),
  ];
  if (it.dispute === 'lost') told.push(make('dispute', 'dp_1', { ...dispute, status: 'lost' }));
  if (it.dispute === 'won') {
    told.push(
      make('dispute', 'dp_1', { ...dispute, status: 'won', balanceTransactions: ['txn_dp', 'txn_dpr'] }),
      txn('txn_dpr', 'dp_1', amount, -1500, 'adjustment'),
    );
  }
  return told;
}

test('whatever happens to a charge, in whatever order it is told, the ledger equals the balance transactions', () => {
  const options = { site: 's1', connection: 'c1', mode: 'live' as const };
  const schedule = life.chain((it) => {
    const told = tell(it);
    return fc.record({
      it: fc.constant(it),
      told: fc.constant(told),
      order: fc.shuffledSubarray([...told, ...told], { minLength: told.length * 2 }),
    });
  });
  fc.assert(
    fc.property(schedule, ({ it, told, order }) => {
      let known: ProviderObject[] = [];
      let ledger: LedgerEntry[] = [];
      for (const snapshot of order) {
        known = mergeAll([...known, snapshot]);
        const folded = foldPayment('ch_1', known, options);
        ledger = [...ledger, ...corrections(ledger, folded.entries)];
      }
      assert.deepEqual(settledOf(ledger), balanceOf(told));
      const sums = sumLedger(ledger);
      const captured = Math.max(1, Math.floor(it.amountMinor * it.capturedShare));
      const live = it.refunds.filter(({ end }) => end === 'pending' || end === 'succeeded');
      const disputed = Math.max(1, Math.floor(captured * it.disputeShare));
      const expected = {
        gross: it.fails ? 0 : captured,
        refunded: it.fails ? 0 : live.reduce((sum, { share }) => sum + Math.max(1, Math.floor(captured * share)), 0),
        disputed: !it.fails && (it.dispute === 'opened' || it.dispute === 'lost') ? disputed : 0,
      };
      const { grossMinor, refundedMinor, disputedMinor } = sums;
      assert.deepEqual({ gross: grossMinor, refunded: refundedMinor, disputed: disputedMinor }, expected);
    }),
    { numRuns: 400 },
  );
});
