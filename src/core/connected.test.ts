import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { connected } from './connected.ts';
import { foldPayment } from './fold.ts';
import { make, says } from './objects.fixture.ts';
import type { ObjectKind, ProviderObject } from './payment.ts';

const ids = (prefix: string) => [1, 2, 3].map((number) => `${prefix}_${number}`);
const to = (...prefixes: string[]) => fc.constantFrom(null, ...prefixes.flatMap(ids));
const some = (prefix: string) => fc.uniqueArray(fc.constantFrom(...ids(prefix)), { maxLength: 2 });
const paid = fc.constant({ amountMinor: 500, amountCapturedMinor: 500 });

const SHAPES: [ObjectKind, string, Record<string, fc.Arbitrary<unknown>>][] = [
  ['charge', 'ch', { paymentIntent: to('pi'), customer: to('cus'), invoice: to('in'), balanceTransaction: to('txn') }],
  ['refund', 're', { charge: to('ch'), paymentIntent: to('pi'), amountMinor: fc.constant(100) }],
  ['dispute', 'du', { charge: to('ch'), paymentIntent: to('pi'), balanceTransactions: some('txn') }],
  ['payment_intent', 'pi', { customer: to('cus'), invoice: to('in'), orderReference: to('in', 'cs') }],
  ['checkout_session', 'cs', { paymentIntent: to('pi'), subscription: to('sub'), customer: to('cus') }],
  ['invoice', 'in', { customer: to('cus'), subscription: to('sub'), charge: to('ch'), paymentIntents: some('pi') }],
  ['invoice_payment', 'ip', { invoice: to('in'), paymentIntent: to('pi'), charge: to('ch') }],
  ['subscription', 'sub', { customer: to('cus'), latestInvoice: to('in') }],
  ['customer', 'cus', {}],
  ['balance_transaction', 'txn', { source: to('ch', 're', 'du'), amountMinor: fc.integer({ min: -9, max: 9 }) }],
];
const object = fc.constantFrom(...SHAPES).chain(([kind, prefix, fields]) =>
  fc
    .record({ id: fc.constantFrom(...ids(prefix)), fields: fc.record(fields), paid })
    .map(({ id, fields: own, paid: money }) => {
      const amounts = kind === 'charge' ? money : {};
      return make(kind, id, { ...amounts, evidence: says('metadata.hw_visitor_id', `v_${id}`), ...own } as never);
    }),
);
const objects: fc.Arbitrary<ProviderObject[]> = fc
  .array(object, { maxLength: 25 })
  .map((list) => [...new Map(list.map((it) => [it.id, it])).values()]);

test('a payment is folded from its group as from everything', () => {
  const options = { site: 's', connection: 'c', mode: 'live' as const, offStripe: true };
  fc.assert(
    fc.property(objects, (all) => {
      const groupOf = connected(all);
      for (const id of [...ids('ch'), ...ids('in')]) {
        assert.deepEqual(foldPayment(id, groupOf(id), options), foldPayment(id, all, options));
      }
    }),
    { numRuns: 3_000 },
  );
});

test('groups hold what is connected, and only that', () => {
  const groupOf = connected([
    make('charge', 'ch_1', { paymentIntent: 'pi_1' }),
    make('checkout_session', 'cs_1', { paymentIntent: 'pi_1' }),
    make('charge', 'ch_2', { paymentIntent: 'pi_2' }),
  ]);
  const named = (id: string) => groupOf(id).map((it) => it.id);
  assert.deepEqual(named('ch_1'), ['ch_1', 'cs_1']);
  assert.deepEqual(named('pi_1'), ['ch_1', 'cs_1'], 'pi_1 itself is not known');
  assert.deepEqual(named('ch_2'), ['ch_2']);
  assert.deepEqual(named('ch_3'), []);
});
