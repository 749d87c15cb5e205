import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAccount, type SimulatedAccount } from './account.ts';
import {
  addCustomer,
  bill,
  checkoutPayment,
  finishPayment,
  intentPayment,
  renew,
  subscribe,
  upgrade,
} from './actions.ts';
import { cancelIntent, capture, expireAuthorisation } from './capture.ts';
import { createCreditNote } from './credit-notes.ts';
import { closeDispute, dispute, escalate, withdraw } from './disputes.ts';
import { payOffStripe, payPart, payTogether, voidInvoice } from './invoices.ts';
import { failAfterSuccess } from './money.ts';
import { NO_TERMS } from './billing-rows.ts';
import { createCoupon, discountBy } from './prices.ts';
import { finishRefund, refund } from './refunds.ts';
import type { PaymentIntentRow } from './rows.ts';

/** Every movement: what it does to the balance, and which events tell of it. */

const USD = { currency: 'usd' } as const;

function account(options: Parameters<typeof createAccount>[0] = {}): SimulatedAccount {
  return createAccount({ seed: 9, now: Date.UTC(2026, 8, 1), ...options }, () => 'http://stripe.test');
}

/** Types in the order they happened, since the last call. */
function heard(of: SimulatedAccount, after = 0): string[] {
  return of.state
    .list('event')
    .map((event) => event.type)
    .toReversed()
    .slice(after);
}

const usd = (of: SimulatedAccount) => of.balance().usd ?? { amount: 0, fee: 0, net: 0, categories: {} };
const paid = (of: SimulatedAccount, amount = 1_000) => intentPayment(of, { ...USD, amount });
const held = (of: SimulatedAccount): PaymentIntentRow =>
  intentPayment(of, { ...USD, amount: 1_000, captureMethod: 'manual' }).intent;

describe('captures', () => {
  it('a part: +1000 and −300, told as captured 700 and refunded 300', () => {
    const of = account();
    const intent = held(of);
    assert.equal(usd(of).amount, 0);
    const before = heard(of).length;
    const charge = capture(of.engine, intent, { amount: 700 });
    assert.deepEqual([charge.amountCaptured, charge.amountRefunded], [700, 300]);
    assert.deepEqual(usd(of).categories, { charge: 1_000, partial_capture_reversal: -300 });
    assert.deepEqual(heard(of, before), ['charge.captured', 'refund.created', 'payment_intent.succeeded']);
    refund(of.engine, charge, { amount: null });
    assert.equal(usd(of).amount, 0);
    assert.equal(charge.amountRefunded, 1_000);
  });

  it('several: the amount grows, each is booked', () => {
    const of = account();
    const intent = held(of);
    capture(of.engine, intent, { amount: 200, isFinal: false });
    capture(of.engine, intent, { amount: 300, isFinal: false });
    const charge = capture(of.engine, intent, { amount: null });
    assert.deepEqual([charge.amountCaptured, charge.amountRefunded, usd(of).amount], [1_000, 0, 1_000]);
    assert.throws(() => capture(of.engine, intent, { amount: 1 }), /status of succeeded/);
  });

  it('expired and cancelled ones leave a refund and no money', () => {
    for (const [end, type] of [
      [expireAuthorisation, 'charge.expired'],
      [cancelIntent, 'charge.refunded'],
    ] as const) {
      const of = account();
      const intent = held(of);
      end(of.engine, intent);
      const [row] = of.state.list('refund');
      assert.deepEqual([row!.reason, row!.balanceTransaction], ['expired_uncaptured_charge', null]);
      assert.equal(usd(of).amount, 0);
      assert.ok(heard(of).includes(type));
      assert.throws(() => capture(of.engine, intent, { amount: null }), /status of canceled/);
    }
  });
});

describe('refunds and returned debits', () => {
  it('failed and cancelled refunds give the money back', () => {
    const of = account();
    const { charge } = paid(of);
    const failed = refund(of.engine, charge, { amount: 300 });
    finishRefund(of.engine, failed, 'failed');
    const canceled = refund(of.engine, charge, { amount: 200, status: 'pending' });
    assert.equal(usd(of).amount, 800);
    finishRefund(of.engine, canceled, 'canceled');
    assert.deepEqual([usd(of).amount, charge.amountRefunded], [1_000, 0]);
    assert.ok(heard(of).includes('refund.failed'));
    assert.throws(() => finishRefund(of.engine, failed, 'succeeded'), /is failed/);
  });

  it('a debit that bounces has a failure balance transaction', () => {
    const of = account();
    const { charge } = checkoutPayment(of, { ...USD, amount: 1_000, outcome: 'pending' });
    assert.match(charge!.id, /^py_/);
    finishPayment(of, charge!, 'succeeds');
    failAfterSuccess(of.engine, charge!);
    const reversal = of.state.need('balance_transaction', charge!.failureBalanceTransaction!);
    assert.deepEqual([reversal.type, reversal.amount, usd(of).amount], ['payment_failure_refund', -1_000, 0]);
  });
});

describe('disputes', () => {
  it('withdrawn with a fee, won with both', () => {
    const of = account();
    const { charge } = paid(of);
    const fee = usd(of).fee;
    const row = dispute(of.engine, charge, { kind: 'announced' });
    assert.equal(usd(of).amount, 1_000);
    withdraw(of.engine, row);
    assert.deepEqual([usd(of).amount, usd(of).fee - fee], [0, 1_500]);
    assert.throws(() => refund(of.engine, charge, { amount: 1 }), /charged back/);
    closeDispute(of.engine, row, 'won');
    assert.deepEqual([usd(of).amount, usd(of).fee - fee], [1_000, 0]);
    assert.deepEqual(
      heard(of).filter((type) => type.startsWith('charge.dispute.')),
      ['created', 'funds_withdrawn', 'closed', 'funds_reinstated'].map((end) => `charge.dispute.${end}`),
    );
  });

  it('inquiries and prevented ones cost nothing until they escalate', () => {
    const of = account();
    const inquiry = dispute(of.engine, paid(of).charge, { kind: 'inquiry' });
    dispute(of.engine, paid(of).charge, { kind: 'prevented' });
    assert.equal(usd(of).amount, 2_000);
    escalate(of.engine, inquiry);
    closeDispute(of.engine, inquiry, 'lost');
    assert.equal(usd(of).amount, 1_000);
  });

  it('of a part, and in the currency of the balance', () => {
    const of = account({ settlementCurrency: 'usd' });
    const { charge } = intentPayment(of, { amount: 1_000, currency: 'eur' });
    assert.equal(usd(of).amount, 1_100);
    dispute(of.engine, charge, { amount: 500 });
    dispute(of.engine, charge, { amount: 100, currency: 'usd' });
    assert.equal(usd(of).amount, 1_100 - 550 - 100);
    assert.deepEqual(Object.keys(of.balance()), ['usd']);
  });
});

describe('fees of platforms', () => {
  it('come off a direct charge, and are the income of a destination charge', () => {
    const of = account();
    intentPayment(of, { ...USD, amount: 10_000, connect: { applicationFeeAmount: 1_000, destination: null } });
    const [direct] = of.state.list('balance_transaction');
    assert.deepEqual([direct!.fee, direct!.applicationFee], [320 + 1_000, 1_000]);
    const platform = account();
    intentPayment(platform, {
      ...USD,
      amount: 10_000,
      connect: { applicationFeeAmount: 1_000, destination: 'acct_b' },
    });
    assert.deepEqual(usd(platform).categories, { charge: 10_000, transfer: -10_000, platform_earning: 1_000 });
    assert.ok(heard(platform).includes('application_fee.created'));
  });
});

describe('invoices', () => {
  const sent = (of: SimulatedAccount, customer: string, amount = 1_000) => bill(of, { ...USD, amount, customer });

  it('two by one intent, one by three, and what is too much is credit', () => {
    const of = account();
    const { id } = addCustomer(of, { email: null });
    const [first, second] = [sent(of, id), sent(of, id, 500)];
    const charge = payTogether(of.engine, [first, second], 'succeeds');
    assert.deepEqual([charge.amount, first.status, second.status], [1_500, 'paid', 'paid']);
    const third = sent(of, id);
    for (const amount of [400, 400, 400]) payPart(of.engine, third, amount);
    assert.deepEqual([third.status, third.amountPaid, third.amountOverpaid], ['paid', 1_000, 200]);
    assert.equal(of.state.need('customer', id).balance, -200);
    assert.ok(heard(of).includes('invoice.overpaid'));
    assert.equal(usd(of).amount, 1_500 + 1_200);
    assert.equal(sent(of, id).amountDue, 800);
  });

  it('paid outside Stripe: invoice.paid, no invoice.payment_succeeded, no money', () => {
    for (const how of ['out_of_band', 'payment_record'] as const) {
      const of = account();
      const invoice = sent(of, addCustomer(of, { email: null }).id);
      payOffStripe(of.engine, invoice, how);
      assert.deepEqual([invoice.status, invoice.amountPaidOffStripe, usd(of).amount], ['paid', 1_000, 0]);
      assert.ok(heard(of).includes('invoice.paid') && !heard(of).includes('invoice.payment_succeeded'));
      assert.equal(heard(of).includes('invoice_payment.paid'), how === 'payment_record');
      assert.throws(() => voidInvoice(of.engine, invoice), /is paid/);
    }
  });

  it('credit notes: less is due before, refunds and credit after', () => {
    const of = account();
    const invoice = sent(of, addCustomer(of, { email: null }).id);
    assert.equal(createCreditNote(of.engine, invoice, { amount: 300 }).type, 'pre_payment');
    payPart(of.engine, invoice, 700);
    const refunded = createCreditNote(of.engine, invoice, { amount: 100 });
    const credited = createCreditNote(of.engine, invoice, { amount: 50, by: 'balance' });
    assert.equal(refunded.refunds.length, 1);
    assert.match(credited.customerBalanceTransaction!, /^cbtxn_/);
    assert.equal(usd(of).amount, 600);
    assert.throws(() => createCreditNote(of.engine, invoice, { amount: 551 }), /between 1 and/);
  });

  it('discounts, taxes, and a first invoice of zero', () => {
    const of = account();
    const coupon = createCoupon(of.engine, { percentOff: 100 }).id;
    const discount = discountBy(of.engine, { coupon }).id;
    const terms = { ...NO_TERMS, taxPercent: 19, discount };
    const { subscription, invoice, charge } = subscribe(of, { ...USD, amount: 1_000, terms });
    assert.deepEqual([invoice.bill.discount, invoice.bill.total, charge], [1_000, 0, null]);
    assert.equal(subscription.status, 'active');
    // A coupon for once is used up.
    const next = renew(of, subscription);
    assert.deepEqual(next.invoice.bill, { subtotal: 1_000, discount: 0, tax: 190, shipping: 0, total: 1_190 });
  });

  it('upgrades are prorated, downgrades become credit', () => {
    const of = account();
    const { subscription } = subscribe(of, { ...USD, amount: 3_000 });
    of.setNow((subscription.periodStart + 15 * 86_400) * 1_000);
    const up = upgrade(of, subscription, { amount: 6_000 });
    assert.deepEqual(
      up.invoice.items.map((item) => [item.amount, item.proration]),
      [
        [-1_500, true],
        [3_000, true],
      ],
    );
    assert.equal(up.charge!.amount, 1_500);
    const down = upgrade(of, subscription, { amount: 1_000 });
    assert.deepEqual([down.invoice.bill.total, down.charge], [-2_500, null]);
    assert.equal(of.state.need('customer', subscription.customer).balance, -2_500);
    assert.equal(renew(of, subscription).charge, null);
    assert.equal(renew(of, subscription).charge, null);
    assert.equal(renew(of, subscription).charge!.amount, 500);
  });
});
