import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { foldPayment } from '../../src/core/fold.ts';
import { mergeAll } from '../../src/core/merge.ts';
import { make, paidCharge, says, T0 } from '../../src/core/objects.fixture.ts';
import { sumLedger } from '../../src/core/ledger.ts';
import type { ProviderObject } from '../../src/core/payment.ts';
import { bookObjects, lockConnection } from '../../src/payments/book.ts';
import { connectStripe } from '../../src/payments/connect.ts';
import { KEY, startMoney } from './money.ts';
import type { Money } from './money.ts';

/**
 * The store must find, from any object that arrives, every payment whose fold looks at it, or late facts would be lost.
 * Each object in turn arrives last; the book must be what the pure fold says.
 */
let money: Money;
before(async () => {
  money = await startMoney();
});
after(() => money.close());

const visitor = (value: string) => says('metadata.hw_visitor_id', value);
const WORLDS: Record<string, ProviderObject[]> = {
  'every rung at once': [
    paidCharge('ch_1', 1000, {
      paymentIntent: 'pi_1',
      customer: 'cus_1',
      amountRefundedMinor: 400,
      balanceTransaction: 'txn_1',
    }),
    make('payment_intent', 'pi_1', { customer: 'cus_1', orderReference: 'in_1', evidence: visitor('b') }),
    make('refund', 're_1', { charge: 'ch_1', amountMinor: 300, balanceTransaction: 'txn_2' }),
    make('balance_transaction', 'txn_1', { source: 'ch_1', amountMinor: 1000, feeMinor: 59 }),
    make('balance_transaction', 'txn_2', { source: 're_1', amountMinor: -300, feeMinor: -1, type: 'refund' }),
    make('invoice_payment', 'inpay_1', { invoice: 'in_1', paymentIntent: 'pi_1' }),
    make('invoice', 'in_1', {
      subscription: 'sub_1',
      customer: 'cus_1',
      billingReason: 'subscription_create',
      evidence: visitor('c'),
    }),
    make('subscription', 'sub_1', { customer: 'cus_1', createdAt: T0 - 5000, evidence: visitor('d') }),
    make('checkout_session', 'cs_1', { paymentIntent: 'pi_1', evidence: visitor('e') }),
    make('checkout_session', 'cs_2', { subscription: 'sub_1', paymentIntent: null, evidence: visitor('f') }),
    make('checkout_session', 'cs_3', { invoice: 'in_1', evidence: visitor('g') }),
    make('checkout_session', 'cs_4', { customer: 'cus_1', createdAt: T0 - 9000, evidence: visitor('h') }),
    make('customer', 'cus_1', { evidence: [...visitor('i'), ...says('email', 'hash')] }),
  ],
  'only hints: a session named by the order reference leads to subscription, invoice and customer': [
    paidCharge('ch_1', 1000, { paymentIntent: 'pi_1' }),
    make('payment_intent', 'pi_1', { orderReference: 'cs_1' }),
    make('checkout_session', 'cs_1', {
      mode: 'subscription',
      subscription: 'sub_1',
      invoice: 'in_1',
      customer: 'cus_1',
    }),
    make('invoice', 'in_1', { evidence: visitor('a') }),
    make('subscription', 'sub_1', { createdAt: T0 - 5000, evidence: visitor('b') }),
    make('customer', 'cus_1', { evidence: visitor('c') }),
    make('checkout_session', 'cs_2', { customer: 'cus_1', createdAt: T0 - 9000, evidence: visitor('d') }),
    make('refund', 're_1', { paymentIntent: 'pi_1', amountMinor: 300 }),
    make('charge', 'ch_0', { paymentIntent: 'pi_1', status: 'failed', amountMinor: 1000 }),
  ],
  'the references of 2020-08-27': [
    paidCharge('ch_1', 1000, { paymentIntent: 'pi_1', invoice: 'in_1' }),
    make('payment_intent', 'pi_1', { latestCharge: 'ch_1', invoice: 'in_1' }),
    make('invoice', 'in_1', {
      charge: 'ch_1',
      paymentIntents: ['pi_1'],
      subscription: 'sub_1',
      customer: 'cus_1',
      billingReason: 'subscription_cycle',
    }),
    make('subscription', 'sub_1', { evidence: visitor('a') }),
    make('checkout_session', 'cs_1', { subscription: 'sub_1', evidence: visitor('b') }),
    make('customer', 'cus_1', { evidence: visitor('c') }),
    make('balance_transaction', 'txn_1', { source: 'ch_1', amountMinor: 1000, feeMinor: 59 }),
  ],
};

async function book(order: readonly ProviderObject[]) {
  const site = await money.addSite();
  const { id } = await connectStripe(money, { site: site.id, key: KEY });
  const connection = (await money.records.connections.get(id))!;
  for (const object of order) {
    await money.records.transaction(async (tx) => {
      await lockConnection(tx, connection);
      await bookObjects(tx, { connection, site, now: T0, fetchDelayMs: 0 }, [object]);
    });
  }
  const row = await money.records.payments.get(site.id, 'ch_1');
  const folded = foldPayment('ch_1', mergeAll(order), { site: site.id, connection: id, mode: 'test' });
  const links = await money.records.payments.links(site.id, 'ch_1');
  assert.deepEqual(links, folded.links);
  const { attribution: _, ...payment } = row!;
  assert.deepEqual(payment, folded.payment);
  assert.deepEqual(sumLedger(await money.records.ledger.entries(site.id, 'ch_1')), sumLedger(folded.entries));
}

for (const [name, objects] of Object.entries(WORLDS)) {
  test(`whatever arrives last reaches its payment: ${name}`, async () => {
    for (let index = 0; index < objects.length; index += 1) {
      const rest = [...objects.slice(0, index), ...objects.slice(index + 1)];
      await book(index % 2 ? [...rest, objects[index]!] : [...rest.toReversed(), objects[index]!]);
    }
  });
}
