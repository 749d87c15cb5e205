import type { Story } from './fold-stories.fixture.ts';
import { later, make, T0, txn } from './objects.fixture.ts';

/** Stories of how a charge becomes money: captured in whole, in part, several times, or not, and how that is settled. */
export const CAPTURE_STORIES: Story[] = [
  {
    name: 'trap 6: a charge known only as failed, after it had succeeded, leaves its fees and no money',
    snapshots: [
      make('charge', 'py_1', {
        amountMinor: 900,
        amountCapturedMinor: 900,
        status: 'failed',
        balanceTransaction: 'txn_1',
        failureBalanceTransaction: 'txn_2',
      }),
      txn('txn_1', 900, { source: 'py_1', feeMinor: 50 }),
      txn('txn_2', -900, { source: 'py_1', feeMinor: 400, type: 'payment_failure_refund' }),
    ],
    charge: 'py_1',
    expect: { gross: 0, refunded: 0, fee: 450 },
  },
  {
    name: 'trap 6: pending, then failed, is never money',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 900, status: 'pending' }),
      make('charge', 'ch_1', { amountMinor: 900, status: 'failed' }),
    ],
    expect: { payment: null },
  },
  {
    name: "trap 7: a partial capture with Stripe's own reversal and a real refund settles to the cent",
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 1000 }),
      make('charge', 'ch_1', {
        amountMinor: 1000,
        amountCapturedMinor: 700,
        amountRefundedMinor: 500,
        balanceTransaction: 'txn_1',
      }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 300, createdAt: T0 + 4000, balanceTransaction: 'txn_2' }),
      make('refund', 're_2', { charge: 'ch_1', amountMinor: 200, createdAt: later(1) }),
      txn('txn_1', 1000, { source: 'ch_1', feeMinor: 50 }),
      txn('txn_2', -300, { source: 're_1', type: 'partial_capture_reversal', feeMinor: -9 }),
    ],
    expect: { gross: 700, refunded: 200, fee: 41 },
  },
  {
    name: 'trap 7: what the merchant refunds between two captures is a refund, though less than the rest',
    snapshots: [
      make('charge', 'ch_1', {
        amountMinor: 1000,
        amountCapturedMinor: 700,
        amountRefundedMinor: 200,
        balanceTransaction: 'txn_1',
      }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 200, createdAt: T0 + 4000, balanceTransaction: 'txn_2' }),
      txn('txn_1', 700, { source: 'ch_1', feeMinor: 30 }),
    ],
    expect: { gross: 700, refunded: 200, fee: 30 },
  },
  {
    name: 'trap 7: and stays one when the rest is released, or more is refunded than it',
    snapshots: [
      make('charge', 'ch_1', {
        amountMinor: 1000,
        amountCapturedMinor: 700,
        amountRefundedMinor: 400,
        balanceTransaction: 'txn_1',
      }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 400, createdAt: T0 + 4000, balanceTransaction: 'txn_2' }),
      txn('txn_1', 700, { source: 'ch_1', feeMinor: 30 }),
      txn('txn_2', -400, { source: 're_1', type: 'refund' }),
      make('charge', 'ch_1', {
        amountMinor: 1000,
        amountCapturedMinor: 700,
        amountRefundedMinor: 700,
        balanceTransaction: 'txn_1',
      }),
      make('refund', 're_2', { charge: 'ch_1', amountMinor: 300, createdAt: later(1) }),
    ],
    expect: { gross: 700, refunded: 400, fee: 30 },
  },
  {
    name: 'trap 7: each capture of several has its balance transaction',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 1000, amountCapturedMinor: 400, balanceTransaction: 'txn_1' }),
      make('charge', 'ch_1', { amountMinor: 1000, amountCapturedMinor: 1000, balanceTransaction: 'txn_1' }),
      txn('txn_1', 400, { source: 'ch_1', feeMinor: 12 }),
      txn('txn_2', 600, { source: 'ch_1', feeMinor: 18 }),
    ],
    expect: { gross: 1000, fee: 30, wanted: [] },
  },
  {
    name: 'trap 7: a capture whose further balance transactions are not known is asked about',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 1000, amountCapturedMinor: 900, balanceTransaction: 'txn_1' }),
      txn('txn_1', 400, { source: 'ch_1', feeMinor: 12 }),
    ],
    expect: { gross: 900, wanted: ['balance_transaction by charge ch_1'] },
  },
  {
    name: 'two settlement currencies of one charge, whichever turns out to be the main one',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 900, amountCapturedMinor: 900 }),
      txn('txn_1', 800, { source: 'ch_1', feeMinor: 7, currency: 'eur' }),
      txn('txn_2', 100, { source: 'ch_1', feeMinor: 1, currency: 'gbp' }),
      make('charge', 'ch_1', { amountMinor: 900, amountCapturedMinor: 900, balanceTransaction: 'txn_2' }),
    ],
    expect: { gross: 900, fee: 1, feeCurrency: 'gbp' },
  },
  {
    name: 'two settlement currencies of one charge are kept apart',
    snapshots: [
      make('charge', 'ch_1', {
        amountMinor: 900,
        amountCapturedMinor: 900,
        status: 'failed',
        balanceTransaction: 'txn_2',
        failureBalanceTransaction: 'txn_1',
      }),
      txn('txn_2', 900, { source: 'ch_1', feeMinor: 50 }),
      txn('txn_1', -800, { source: 'ch_1', feeMinor: 7, currency: 'eur', type: 'payment_failure_refund' }),
    ],
    expect: { gross: 0, fee: 50, feeCurrency: 'usd' },
  },
];
