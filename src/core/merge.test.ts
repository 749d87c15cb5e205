import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { mergeAll, mergeObjects } from './merge.ts';
import { make, paidCharge, says, T0 } from './objects.fixture.ts';
import { OBJECT_KINDS } from './payment.ts';
import type { ObjectKind, ProviderObject } from './payment.ts';
import { referencesOf } from './references.ts';

const ref = fc.constantFrom(null, 'x_1', 'x_2', 'x_3');
const amount = fc.integer({ min: 0, max: 5 });
const time = fc.constantFrom(null, 1000, 2000, 3000);
const evidence = fc.array(
  fc.record({
    field: fc.constantFrom('metadata.hw_visitor_id', 'client_reference_id'),
    value: fc.constantFrom('v1', 'v2', ''),
    seenAt: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 3 },
);
const item = fc.option(
  fc.record(
    { product: ref, price: ref, name: ref, amountMinor: fc.integer({ min: -2, max: 3 }) },
    { noNullPrototype: true },
  ),
);
const base = { id: fc.constant('o_1'), createdAt: time, evidence };
const text = fc.constantFrom(null, 'unpaid', 'paid', 'open', 'odd', 'canceled');

const FIELDS: Record<ObjectKind, Record<string, fc.Arbitrary<unknown>>> = {
  charge: {
    paymentIntent: ref,
    customer: ref,
    invoice: ref,
    balanceTransaction: ref,
    currency: fc.constantFrom(null, 'usd'),
    amountMinor: amount,
    amountCapturedMinor: amount,
    amountRefundedMinor: amount,
    refundedSeenAt: time,
    status: fc.constantFrom('unknown', 'pending', 'succeeded', 'failed'),
    failureBalanceTransaction: ref,
    description: ref,
    isDisputed: fc.boolean(),
    isHeld: fc.boolean(),
  },
  refund: {
    charge: ref,
    paymentIntent: ref,
    amountMinor: amount,
    currency: ref,
    status: fc.constantFrom('unknown', 'pending', 'succeeded', 'canceled', 'failed'),
    reason: ref,
    balanceTransaction: ref,
    failureBalanceTransaction: ref,
  },
  payment_intent: { customer: ref, latestCharge: ref, invoice: ref, orderReference: ref },
  checkout_session: {
    mode: ref,
    paymentIntent: ref,
    subscription: ref,
    invoice: ref,
    customer: ref,
    paymentStatus: text,
    currency: ref,
    amountTotalMinor: amount,
    taxMinor: fc.option(amount),
    item,
    coupon: ref,
  },
  invoice: {
    customer: ref,
    subscription: ref,
    billingReason: ref,
    amountPaidMinor: amount,
    currency: ref,
    charge: ref,
    paymentIntents: fc.array(fc.constantFrom('pi_1', 'pi_2', 'pi_3'), { maxLength: 3 }),
    paidAt: time,
    taxMinor: fc.option(amount),
    offStripeMinor: amount,
    item,
    coupon: ref,
  },
  invoice_payment: {
    invoice: ref,
    paymentIntent: ref,
    charge: ref,
    paymentRecord: ref,
    amountPaidMinor: amount,
    status: text,
  },
  subscription: { customer: ref, latestInvoice: ref },
  customer: { emailHash: ref },
  balance_transaction: {
    source: ref,
    type: ref,
    amountMinor: fc.integer({ min: -5, max: 5 }),
    feeMinor: amount,
    currency: ref,
    applicationFeeMinor: amount,
    feeTaxMinor: amount,
  },
  dispute: {
    charge: ref,
    paymentIntent: ref,
    amountMinor: amount,
    currency: ref,
    status: fc.constantFrom(null, 'needs_response', 'lost', 'won', 'odd'),
    reason: ref,
    balanceTransactions: fc.array(fc.constantFrom('txn_1', 'txn_2', 'txn_3'), { maxLength: 3 }),
    withdrawal: ref,
  },
};

for (const kind of OBJECT_KINDS) {
  test(`merging ${kind} snapshots is commutative, associative and idempotent`, () => {
    const snapshot = fc.record({
      kind: fc.constant(kind),
      ...base,
      ...FIELDS[kind],
    }) as unknown as fc.Arbitrary<ProviderObject>;
    fc.assert(
      fc.property(snapshot, snapshot, snapshot, (a, b, c) => {
        assert.deepEqual(mergeObjects(a, b), mergeObjects(b, a));
        assert.deepEqual(mergeObjects(mergeObjects(a, b), c), mergeObjects(a, mergeObjects(b, c)));
        const merged = mergeObjects(a, b);
        assert.deepEqual(mergeObjects(merged, merged), merged);
        assert.deepEqual(mergeObjects(merged, a), merged, 'an older snapshot changes nothing');
        assert.equal(
          JSON.stringify(mergeObjects(a, b)),
          JSON.stringify(mergeObjects(b, a)),
          'and fields have one order',
        );
      }),
      { numRuns: 300 },
    );
  });
}

test('only snapshots of one object merge', () => {
  assert.throws(() => mergeObjects<ProviderObject>(make('charge', 'a'), make('charge', 'b')), TypeError);
  assert.throws(() => mergeObjects<ProviderObject>(make('charge', 'a'), make('refund', 'a')), TypeError);
});

test('mergeAll gives one object per id, sorted, the earliest sight of each value', () => {
  const merged = mergeAll([
    paidCharge('ch_2', 5),
    paidCharge('ch_1', 5, { evidence: says('metadata.hw_visitor_id', 'v1', T0 + 5) }),
    paidCharge('ch_1', 5, { evidence: says('metadata.hw_visitor_id', 'v1', T0), customer: 'cus_1' }),
  ]);
  assert.deepEqual(
    merged.map((object) => object.id),
    ['ch_1', 'ch_2'],
  );
  assert.deepEqual(merged[0]!.evidence, says('metadata.hw_visitor_id', 'v1', T0));
});

test('referencesOf lists every reference once', () => {
  assert.deepEqual(referencesOf(paidCharge('ch_1', 1, { customer: 'x', paymentIntent: 'x', invoice: 'in_1' })), [
    'x',
    'in_1',
  ]);
  assert.deepEqual(referencesOf(make('invoice', 'in_1', { paymentIntents: ['pi_1', 'pi_2'], subscription: 'sub_1' })), [
    'sub_1',
    'pi_1',
    'pi_2',
  ]);
  assert.deepEqual(referencesOf(make('customer', 'cus_1')), []);
});
