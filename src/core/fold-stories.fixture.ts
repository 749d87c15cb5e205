import type { CheckoutHit } from './ladder.ts';
import { DAY_MS, make, paidCharge, says, T0 } from './objects.fixture.ts';
import type { ProviderObject } from './payment.ts';

/** Stories of single payments, by the numbers of docs/stripe-traps.md, and what must be left when they were told. */
export interface Story {
  name: string;
  charge?: string;
  snapshots: ProviderObject[];
  checkouts?: CheckoutHit[];
  offStripe?: boolean;
  expect: Partial<{
    gross: number;
    refunded: number;
    disputed: number;
    /** 'kind currency' → sum, of entries that are not in the charge's currency. */
    apart: Record<string, number>;
    tax: number | null;
    product: string | null;
    price: string | null;
    coupon: string | null;
    fee: number;
    feeCurrency: string | null;
    currency: string;
    kind: string;
    pathEndsAt: number | null;
    customer: string | null;
    subscription: string | null;
    /** 'rung object value' of the first link. */
    link: string | null;
    payment: null;
    wanted: string[];
  }>;
}

const v1 = (seenAt = T0) => says('metadata.hw_visitor_id', 'v1', seenAt);
const SUB_AT = T0 - DAY_MS;

export const STORIES: Story[] = [
  {
    name: 'trap 1: the session of the payment intent links a charge without metadata',
    snapshots: [
      paidCharge('ch_1', 2000, { paymentIntent: 'pi_1' }),
      make('checkout_session', 'cs_1', { paymentIntent: 'pi_1', evidence: v1() }),
    ],
    expect: { gross: 2000, link: 'session_of_intent cs_1 v1', kind: 'one_time', pathEndsAt: null },
  },
  {
    name: "a renewal linked by its customer's session still wants its invoice: its path ends with the subscription",
    snapshots: [
      paidCharge('ch_1', 900, {
        paymentIntent: 'pi_1',
        customer: 'cus_1',
        description: 'Subscription update',
        balanceTransaction: 'txn_1',
      }),
      make('balance_transaction', 'txn_1', { source: 'ch_1', amountMinor: 900 }),
      make('checkout_session', 'cs_1', {
        mode: 'subscription',
        subscription: 'sub_1',
        customer: 'cus_1',
        evidence: v1(),
      }),
    ],
    expect: {
      kind: 'subscription_renewal',
      link: 'session_of_customer cs_1 v1',
      wanted: ['invoice_payment by payment_intent pi_1'],
    },
  },
  {
    name: 'trap 2: a subscription session links by invoice payment, invoice and subscription',
    snapshots: [
      paidCharge('ch_1', 1500, { paymentIntent: 'pi_1', customer: 'cus_1' }),
      make('invoice_payment', 'inpay_1', { invoice: 'in_1', paymentIntent: 'pi_1' }),
      make('invoice', 'in_1', { subscription: 'sub_1', billingReason: 'subscription_create', customer: 'cus_1' }),
      make('subscription', 'sub_1', { createdAt: SUB_AT, customer: 'cus_1' }),
      make('checkout_session', 'cs_1', {
        mode: 'subscription',
        subscription: 'sub_1',
        invoice: 'in_1',
        evidence: v1(),
      }),
    ],
    expect: {
      gross: 1500,
      kind: 'subscription_start',
      subscription: 'sub_1',
      pathEndsAt: SUB_AT + 999,
      link: 'session_of_subscription cs_1 v1',
    },
  },
  {
    name: "trap 2: with the session's invoice alone, when the invoice cannot be read",
    snapshots: [
      paidCharge('ch_1', 1500, { paymentIntent: 'pi_1' }),
      make('invoice_payment', 'inpay_1', { invoice: 'in_1', paymentIntent: 'pi_1' }),
      make('checkout_session', 'cs_1', {
        mode: 'subscription',
        subscription: 'sub_1',
        invoice: 'in_1',
        evidence: v1(),
      }),
    ],
    expect: { gross: 1500, link: 'session_of_invoice cs_1 v1' },
  },
  {
    name: 'trap 2: with the free hint of the payment intent',
    snapshots: [
      paidCharge('ch_1', 1500, { paymentIntent: 'pi_1', customer: 'cus_1' }),
      make('payment_intent', 'pi_1', { orderReference: 'in_1', customer: 'cus_1' }),
      make('invoice', 'in_1', { subscription: 'sub_1', billingReason: 'subscription_create', customer: 'cus_1' }),
      make('checkout_session', 'cs_1', { mode: 'subscription', subscription: 'sub_1', evidence: v1() }),
    ],
    expect: { gross: 1500, kind: 'subscription_start', link: 'session_of_subscription cs_1 v1' },
  },
  {
    name: "a hint that names another customer's invoice is not believed",
    snapshots: [
      paidCharge('ch_1', 1500, { paymentIntent: 'pi_1', customer: 'cus_1' }),
      make('payment_intent', 'pi_1', { orderReference: 'in_9', customer: 'cus_1' }),
      make('invoice', 'in_9', {
        subscription: 'sub_9',
        billingReason: 'subscription_create',
        customer: 'cus_9',
        evidence: v1(),
      }),
    ],
    expect: { gross: 1500, kind: 'one_time', link: null },
  },
  {
    name: 'trap 3: a renewal is credited by the invoice snapshot; metadata edited later does not change it',
    charge: 'ch_2',
    snapshots: [
      paidCharge('ch_2', 1500, { paymentIntent: 'pi_2', createdAt: T0 + 30 * DAY_MS }),
      make('invoice_payment', 'inpay_2', { invoice: 'in_2', paymentIntent: 'pi_2' }),
      make('invoice', 'in_2', {
        subscription: 'sub_1',
        billingReason: 'subscription_cycle',
        evidence: says('parent.subscription_details.metadata.hw_visitor_id', 'v1', T0 + 30 * DAY_MS),
      }),
      make('subscription', 'sub_1', {
        createdAt: T0,
        evidence: says('metadata.hw_visitor_id', 'v2', T0 + 40 * DAY_MS),
      }),
    ],
    expect: {
      gross: 1500,
      kind: 'subscription_renewal',
      pathEndsAt: T0 + 999,
      link: 'invoice_snapshot in_2 v1',
    },
  },
  {
    name: 'trap 3: without a snapshot the first value of the subscription counts, whatever arrives first',
    charge: 'ch_2',
    snapshots: [
      paidCharge('ch_2', 1500, { paymentIntent: 'pi_2', createdAt: T0 + 30 * DAY_MS }),
      make('invoice', 'in_2', { subscription: 'sub_1', billingReason: 'subscription_cycle', paymentIntents: ['pi_2'] }),
      make('subscription', 'sub_1', { evidence: says('metadata.hw_visitor_id', 'v2', T0 + 40 * DAY_MS) }),
      make('subscription', 'sub_1', { evidence: v1(T0) }),
    ],
    expect: { link: 'subscription sub_1 v1' },
  },
  {
    name: 'trap 4: six events for one payment of 20.00 are 20.00',
    snapshots: [
      paidCharge('ch_1', 2000, { paymentIntent: 'pi_1', customer: 'cus_1', balanceTransaction: 'txn_1' }),
      make('payment_intent', 'pi_1', { latestCharge: 'ch_1', customer: 'cus_1' }),
      make('invoice', 'in_1', {
        amountPaidMinor: 2000,
        paymentIntents: ['pi_1'],
        customer: 'cus_1',
        billingReason: 'manual',
      }),
      make('invoice', 'in_1', { amountPaidMinor: 2000, paymentIntents: ['pi_1'] }),
      make('invoice_payment', 'inpay_1', { invoice: 'in_1', paymentIntent: 'pi_1', amountPaidMinor: 2000 }),
      make('checkout_session', 'cs_1', { paymentIntent: 'pi_1', invoice: 'in_1', evidence: v1() }),
      make('balance_transaction', 'txn_1', { source: 'ch_1', amountMinor: 2000, feeMinor: 88 }),
    ],
    expect: { gross: 2000, refunded: 0, fee: 88, kind: 'one_time', link: 'session_of_intent cs_1 v1' },
  },
  {
    name: 'trap 5: an invoice over nothing is no payment',
    snapshots: [make('invoice', 'in_1', { billingReason: 'subscription_create' })],
    expect: { payment: null },
  },
  {
    name: 'trap 6: an unpaid session and a pending charge are no revenue',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 900, status: 'pending', paymentIntent: 'pi_1' }),
      make('checkout_session', 'cs_1', { paymentIntent: 'pi_1', paymentStatus: 'unpaid' }),
    ],
    expect: { payment: null, wanted: [] },
  },
  {
    name: 'trap 6: pending, then succeeded, then failed: booked and taken back, with its fees',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 900, status: 'pending' }),
      paidCharge('ch_1', 900, { balanceTransaction: 'txn_1' }),
      make('charge', 'ch_1', { amountMinor: 900, status: 'failed', failureBalanceTransaction: 'txn_2' }),
      make('balance_transaction', 'txn_1', { source: 'ch_1', amountMinor: 900, feeMinor: 50 }),
      make('balance_transaction', 'txn_2', {
        source: 'ch_1',
        amountMinor: -900,
        feeMinor: 400,
        type: 'payment_failure_refund',
      }),
    ],
    expect: { gross: 0, refunded: 0, fee: 450 },
  },
  {
    name: 'trap 7: a partial capture is 7.00 and no refund, with the refund Stripe made itself',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 1000 }),
      make('charge', 'ch_1', {
        amountMinor: 1000,
        amountCapturedMinor: 700,
        amountRefundedMinor: 300,
        refundedSeenAt: T0 + 5000,
      }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 300, createdAt: T0 + 4000 }),
    ],
    expect: { gross: 700, refunded: 0 },
  },
  {
    name: 'trap 7: what is refunded beyond the uncaptured rest is a refund',
    snapshots: [
      make('charge', 'ch_1', {
        amountMinor: 1000,
        amountCapturedMinor: 700,
        amountRefundedMinor: 300,
        refundedSeenAt: T0 + 5000,
      }),
      make('charge', 'ch_1', {
        amountMinor: 1000,
        amountCapturedMinor: 700,
        amountRefundedMinor: 500,
        refundedSeenAt: T0 + 9000,
      }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 300, createdAt: T0 + 4000 }),
      make('refund', 're_2', { charge: 'ch_1', amountMinor: 200, createdAt: T0 + 8000 }),
    ],
    expect: { gross: 700, refunded: 200 },
  },
  {
    name: 'trap 7: multicapture raises the captured amount',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 1000, amountCapturedMinor: 400 }),
      make('charge', 'ch_1', { amountMinor: 1000, amountCapturedMinor: 700 }),
      make('charge', 'ch_1', { amountMinor: 1000, amountCapturedMinor: 1000 }),
    ],
    expect: { gross: 1000 },
  },
  {
    name: 'trap 8: an expired authorisation never makes negative revenue',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 1000 }),
      make('charge', 'ch_1', { amountMinor: 1000, amountRefundedMinor: 1000, refundedSeenAt: T0 + 5000 }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 1000, reason: 'expired_uncaptured_charge' }),
    ],
    expect: { payment: null },
  },
  {
    name: 'trap 9: two partial refunds known from the charge alone are 5.00, not 8.00',
    snapshots: [
      paidCharge('ch_1', 2000),
      paidCharge('ch_1', 2000, { amountRefundedMinor: 300, refundedSeenAt: T0 + 1 * DAY_MS }),
      paidCharge('ch_1', 2000, { amountRefundedMinor: 500, refundedSeenAt: T0 + 2 * DAY_MS }),
    ],
    expect: { gross: 2000, refunded: 500, wanted: ['balance_transaction by charge ch_1', 'refund by charge ch_1'] },
  },
  {
    name: 'trap 9: and stay 5.00 while refund objects arrive',
    snapshots: [
      paidCharge('ch_1', 2000),
      paidCharge('ch_1', 2000, { amountRefundedMinor: 300, refundedSeenAt: T0 + 1 * DAY_MS }),
      paidCharge('ch_1', 2000, { amountRefundedMinor: 500, refundedSeenAt: T0 + 2 * DAY_MS }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 300, createdAt: T0 + 1 * DAY_MS, status: 'pending' }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 300, createdAt: T0 + 1 * DAY_MS }),
      make('refund', 're_2', { charge: 'ch_1', amountMinor: 200, createdAt: T0 + 2 * DAY_MS }),
    ],
    expect: { gross: 2000, refunded: 500 },
  },
  {
    name: 'trap 10: a failed refund is restored; the charge said it was refunded',
    snapshots: [
      paidCharge('ch_1', 2000),
      paidCharge('ch_1', 2000, { amountRefundedMinor: 2000, refundedSeenAt: T0 + DAY_MS }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 2000, createdAt: T0 + DAY_MS }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 2000, createdAt: T0 + DAY_MS, status: 'failed' }),
    ],
    expect: { gross: 2000, refunded: 0 },
  },
  {
    name: 'trap 12: fee and settlement arrive after the charge',
    snapshots: [
      paidCharge('ch_1', 1000, { currency: 'eur' }),
      paidCharge('ch_1', 1000, { currency: 'eur', balanceTransaction: 'txn_1' }),
      make('balance_transaction', 'txn_1', { source: 'ch_1', amountMinor: 1234, feeMinor: 65, currency: 'usd' }),
    ],
    expect: { gross: 1000, currency: 'eur', fee: 65, feeCurrency: 'usd', wanted: [] },
  },
  {
    name: 'trap 12: a balance transaction that only names its charge is found as well',
    snapshots: [
      paidCharge('ch_1', 1000),
      make('balance_transaction', 'txn_1', { source: 'ch_1', amountMinor: 1000, feeMinor: 59 }),
    ],
    expect: { fee: 59, wanted: [] },
  },
  {
    name: 'trap 14: a refund before its charge books nothing and wants the charge',
    snapshots: [make('refund', 're_1', { charge: 'ch_1', amountMinor: 300 })],
    expect: { payment: null, wanted: ['charge ch_1'] },
  },
  {
    name: 'trap 14: a refund that names only its payment intent goes to the charge that was paid',
    charge: 'ch_2',
    snapshots: [
      make('charge', 'ch_1', { amountMinor: 800, status: 'failed', paymentIntent: 'pi_1' }),
      paidCharge('ch_2', 800, { paymentIntent: 'pi_1' }),
      make('refund', 're_1', { paymentIntent: 'pi_1', amountMinor: 300 }),
    ],
    expect: { gross: 800, refunded: 300 },
  },
  {
    name: 'trap 15: guests and account customers; ids are not judged by their prefix',
    charge: 'py_1',
    snapshots: [
      paidCharge('py_1', 500, { paymentIntent: 'pi_1' }),
      make('payment_intent', 'pi_1', { customer: 'acct_1' }),
      make('refund', 'pyr_1', { charge: 'py_1', amountMinor: 100 }),
      make('checkout_session', 'cs_1', { customer: 'acct_1', createdAt: T0 - 5000, evidence: v1() }),
    ],
    expect: { gross: 500, refunded: 100, customer: 'acct_1', link: 'session_of_customer cs_1 v1' },
  },
  {
    name: 'trap 16: three payment intents of one invoice are three payments, each linked',
    charge: 'ch_2',
    snapshots: [
      paidCharge('ch_1', 300, { paymentIntent: 'pi_1' }),
      paidCharge('ch_2', 700, { paymentIntent: 'pi_2' }),
      make('invoice_payment', 'inpay_1', { invoice: 'in_1', paymentIntent: 'pi_1', amountPaidMinor: 300 }),
      make('invoice_payment', 'inpay_2', { invoice: 'in_1', paymentIntent: 'pi_2', amountPaidMinor: 700 }),
      make('invoice', 'in_1', { amountPaidMinor: 1000, evidence: v1() }),
    ],
    expect: { gross: 700, link: 'invoice in_1 v1' },
  },
  {
    name: 'rung 3b: the session the pixel reported links a payment link without metadata',
    snapshots: [
      paidCharge('ch_1', 500, { paymentIntent: 'pi_1' }),
      make('checkout_session', 'cs_1', { paymentIntent: 'pi_1' }),
    ],
    checkouts: [
      { object: 'cs_1', visitor: 'v7', seenAt: T0 + 9000 },
      { object: 'cs_other', visitor: 'v8', seenAt: T0 },
    ],
    expect: { link: 'checkout_hit cs_1 v7' },
  },
  {
    name: 'rung 3b: or the payment intent it reported',
    snapshots: [paidCharge('ch_1', 500, { paymentIntent: 'pi_1' })],
    checkouts: [{ object: 'pi_1', visitor: 'v7', seenAt: T0 }],
    expect: { link: 'checkout_hit pi_1 v7' },
  },
  {
    name: 'a later session of the same customer does not link, an earlier one does',
    snapshots: [
      paidCharge('ch_1', 500, { customer: 'cus_1' }),
      make('checkout_session', 'cs_2', {
        customer: 'cus_1',
        createdAt: T0 + DAY_MS,
        evidence: says('metadata.hw_visitor_id', 'v2'),
      }),
      make('checkout_session', 'cs_1', { customer: 'cus_1', createdAt: T0 - DAY_MS, evidence: v1() }),
    ],
    expect: { link: 'session_of_customer cs_1 v1' },
  },
  {
    name: 'a session that the customer opened after paying is no evidence for the payment',
    snapshots: [
      paidCharge('ch_1', 500, { customer: 'cus_1' }),
      make('checkout_session', 'cs_2', { customer: 'cus_1', createdAt: T0 + DAY_MS, evidence: v1() }),
    ],
    expect: { link: null },
  },
  {
    name: 'money of another provider has its own kind and evidence, and Stripe is asked nothing about it',
    charge: 'pp_1',
    snapshots: [paidCharge('pp_1', 900, { outside: 'subscription_start', evidence: says('visitor_id', 'v1') })],
    expect: { gross: 900, kind: 'subscription_start', link: 'charge pp_1 v1', wanted: [] },
  },
];
