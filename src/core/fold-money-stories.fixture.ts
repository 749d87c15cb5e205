import type { Story } from './fold-stories.fixture.ts';
import { DAY_MS, later, make, paidCharge, says, T0, txn } from './objects.fixture.ts';
import type { BalanceTransactionObject } from './payment.ts';

/** Stories of money that moves after it was paid: refunds, disputes, and what their balance transactions say. */
const REFUNDS: Story[] = [
  {
    name: 'trap 10: a refund that fails is restored, with both its balance transactions',
    snapshots: [
      paidCharge('ch_1', 2000, { amountRefundedMinor: 800 }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 800, balanceTransaction: 'txn_1' }),
      make('refund', 're_1', {
        charge: 'ch_1',
        amountMinor: 800,
        status: 'failed',
        balanceTransaction: 'txn_1',
        failureBalanceTransaction: 'txn_2',
      }),
      txn('txn_1', -800, { source: 're_1', type: 'refund' }),
      txn('txn_2', 800, { source: 're_1', type: 'refund_failure' }),
    ],
    expect: { gross: 2000, refunded: 0 },
  },
  {
    name: 'trap 10: a canceled refund is restored, and the one made instead counts',
    snapshots: [
      paidCharge('ch_1', 2000, { amountRefundedMinor: 800 }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 800, status: 'pending' }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 800, status: 'canceled' }),
      make('refund', 're_2', { charge: 'ch_1', amountMinor: 800, createdAt: later(2) }),
    ],
    expect: { gross: 2000, refunded: 800 },
  },
];

const withdrawn = (fields: Partial<BalanceTransactionObject> = {}) =>
  txn('txn_w', -1000, { source: 'dp_1', type: 'adjustment', feeMinor: 1500, createdAt: later(5), ...fields });
const reinstated = (fields: Partial<BalanceTransactionObject> = {}) =>
  txn('txn_r', 1000, { source: 'dp_1', type: 'adjustment', feeMinor: -1500, createdAt: later(30), ...fields });
const dispute = (status: string, balanceTransactions: string[], fields: Parameters<typeof make<'dispute'>>[2] = {}) =>
  make('dispute', 'dp_1', {
    charge: 'ch_1',
    amountMinor: 1000,
    createdAt: later(5),
    status,
    balanceTransactions,
    ...fields,
  });

const DISPUTES: Story[] = [
  {
    name: 'trap 11: inquiries and prevented disputes move no money',
    snapshots: [
      paidCharge('ch_1', 1000, { isDisputed: true }),
      dispute('warning_needs_response', []),
      dispute('warning_closed', []),
      make('dispute', 'dp_2', { charge: 'ch_1', amountMinor: 1000, status: 'prevented' }),
    ],
    expect: { gross: 1000, disputed: 0, wanted: ['balance_transaction by charge ch_1'] },
  },
  {
    name: 'trap 11: created without a debit, then withdrawn, then lost',
    snapshots: [
      paidCharge('ch_1', 1000),
      dispute('needs_response', []),
      dispute('needs_response', ['txn_w']),
      withdrawn(),
      dispute('lost', ['txn_w']),
    ],
    expect: { gross: 1000, disputed: 1000, fee: 1500 },
  },
  {
    name: 'trap 11: won and reinstated leaves what was there before, fees too',
    snapshots: [
      paidCharge('ch_1', 1000),
      dispute('needs_response', ['txn_w']),
      dispute('won', ['txn_r', 'txn_w']),
      withdrawn(),
      reinstated(),
    ],
    expect: { gross: 1000, disputed: 0, fee: 0 },
  },
  {
    name: 'trap 11: lost, appealed, won',
    snapshots: [
      paidCharge('ch_1', 1000),
      dispute('lost', ['txn_w']),
      dispute('appeal_under_review', ['txn_w']),
      dispute('won', ['txn_w', 'txn_r']),
      withdrawn(),
      reinstated({ feeMinor: 0 }),
    ],
    expect: { disputed: 0, fee: 1500 },
  },
  {
    name: 'trap 11: a part is disputed',
    snapshots: [
      paidCharge('ch_1', 5000),
      dispute('needs_response', ['txn_w'], { amountMinor: 1200 }),
      withdrawn({ amountMinor: -1200 }),
    ],
    expect: { gross: 5000, disputed: 1200 },
  },
  {
    name: "trap 11: settled in another currency, the disputed amount is the dispute's own",
    snapshots: [
      paidCharge('ch_1', 1000, { currency: 'eur', balanceTransaction: 'txn_1' }),
      txn('txn_1', 1234, { source: 'ch_1', feeMinor: 60 }),
      dispute('won', ['txn_w', 'txn_r'], { currency: 'eur' }),
      withdrawn({ amountMinor: -1190 }),
      reinstated({ amountMinor: 1190, feeMinor: 0 }),
    ],
    expect: { gross: 1000, disputed: 0, fee: 1560, feeCurrency: 'usd' },
  },
  {
    name: 'trap 11: a dispute in another currency than its charge stands for itself, and is not added',
    snapshots: [
      paidCharge('ch_1', 1000, { currency: 'eur', balanceTransaction: 'txn_1' }),
      txn('txn_1', 1234, { source: 'ch_1', feeMinor: 60 }),
      dispute('lost', ['txn_w'], { currency: 'usd', amountMinor: 1190 }),
      withdrawn({ amountMinor: -1190 }),
    ],
    expect: { gross: 1000, disputed: 0, apart: { 'dispute usd': -1190 } },
  },
  {
    name: 'trap 11: a full refund and a dispute without a debit take the money back once',
    snapshots: [
      paidCharge('ch_1', 1000, { amountRefundedMinor: 1000, isDisputed: true, balanceTransaction: 'txn_1' }),
      txn('txn_1', 1000, { source: 'ch_1', feeMinor: 59 }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 1000, createdAt: later(1) }),
      dispute('needs_response', []),
      dispute('lost', []),
    ],
    expect: { gross: 1000, refunded: 1000, disputed: 0 },
  },
  {
    name: 'trap 11: a refund that the dispute overtook is canceled, and the dispute alone takes the money back',
    snapshots: [
      paidCharge('ch_1', 1000, { amountRefundedMinor: 1000, refundedSeenAt: later(4) }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 1000, createdAt: later(4), status: 'pending' }),
      make('refund', 're_1', { charge: 'ch_1', amountMinor: 1000, createdAt: later(4), status: 'canceled' }),
      dispute('lost', ['txn_w']),
      withdrawn(),
    ],
    expect: { gross: 1000, refunded: 0, disputed: 1000 },
  },
  {
    name: 'trap 11: a dispute that only names its withdrawal is booked, and settles once that is known',
    snapshots: [
      paidCharge('ch_1', 1000),
      dispute('needs_response', [], { withdrawal: 'txn_w' }),
      withdrawn({ source: 'ch_1' }),
    ],
    expect: { disputed: 1000, fee: 1500 },
  },
  {
    name: 'trap 11: until then its balance transaction is asked for',
    snapshots: [
      paidCharge('ch_1', 1000, { balanceTransaction: 'txn_1' }),
      txn('txn_1', 1000),
      dispute('needs_response', [], { withdrawal: 'txn_w' }),
    ],
    expect: { disputed: 1000, wanted: ['balance_transaction txn_w'] },
  },
  {
    name: "an adjustment that names the charge, as in old accounts, is its dispute's",
    snapshots: [
      paidCharge('ch_1', 1000, { balanceTransaction: 'txn_1' }),
      txn('txn_1', 1000, { source: 'ch_1', feeMinor: 59 }),
      withdrawn({ source: 'ch_1' }),
      dispute('lost', ['txn_w']),
    ],
    expect: { gross: 1000, disputed: 1000, fee: 1559 },
  },
  {
    name: 'trap 11: a dispute that was won and gave nothing back yet is asked about',
    snapshots: [
      paidCharge('ch_1', 1000, { balanceTransaction: 'txn_1' }),
      txn('txn_1', 1000),
      dispute('won', ['txn_w']),
      withdrawn(),
    ],
    expect: { disputed: 1000, wanted: ['dispute by charge ch_1'] },
  },
  {
    name: 'a disputed charge whose dispute is not known asks for it',
    snapshots: [paidCharge('ch_1', 1000, { balanceTransaction: 'txn_1', isDisputed: true }), txn('txn_1', 1000)],
    expect: { wanted: ['dispute by charge ch_1'] },
  },
  {
    name: 'trap 14: a dispute before its charge books nothing and wants the charge',
    snapshots: [dispute('needs_response', ['txn_w'])],
    expect: { payment: null, wanted: ['charge ch_1'] },
  },
];

const item = { product: 'prod_1', price: 'price_1', name: 'Pro', amountMinor: 1900 };
const SALES: Story[] = [
  {
    name: 'trap 16: a payment of two invoices is of the kind of the one it paid most of',
    snapshots: [
      paidCharge('ch_1', 3000, { paymentIntent: 'pi_1' }),
      make('invoice_payment', 'inpay_1', { invoice: 'in_1', paymentIntent: 'pi_1', amountPaidMinor: 1000 }),
      make('invoice_payment', 'inpay_2', { invoice: 'in_2', paymentIntent: 'pi_1', amountPaidMinor: 2000 }),
      make('invoice', 'in_1', { billingReason: 'manual', amountPaidMinor: 1000 }),
      make('invoice', 'in_2', { billingReason: 'subscription_cycle', subscription: 'sub_1', amountPaidMinor: 2000 }),
    ],
    expect: { gross: 3000, kind: 'subscription_renewal', subscription: 'sub_1' },
  },
  {
    name: 'trap 17: an invoice paid off Stripe is no payment unless the site counts such',
    charge: 'in_1',
    snapshots: [make('invoice', 'in_1', { amountPaidMinor: 900, offStripeMinor: 900 })],
    expect: { payment: null, wanted: [] },
  },
  {
    name: 'trap 5: an invoice over nothing is no payment, not even where money off Stripe counts',
    charge: 'in_1',
    offStripe: true,
    snapshots: [make('invoice', 'in_1', { amountPaidMinor: 0, paidAt: later(3), currency: 'usd' })],
    expect: { payment: null, wanted: [] },
  },
  {
    name: 'trap 17: where it does, it is one of its own kind, linked like any other',
    charge: 'in_1',
    offStripe: true,
    snapshots: [
      make('invoice', 'in_1', { amountPaidMinor: 900, subscription: 'sub_1', billingReason: 'subscription_cycle' }),
      make('invoice', 'in_1', { amountPaidMinor: 900, offStripeMinor: 900, paidAt: later(3), taxMinor: 90 }),
      make('subscription', 'sub_1', { createdAt: T0 - DAY_MS, evidence: says('metadata.hw_visitor_id', 'v1') }),
    ],
    expect: {
      gross: 900,
      kind: 'off_stripe',
      pathEndsAt: T0 - DAY_MS + 999,
      link: 'subscription sub_1 v1',
      tax: 90,
      wanted: [],
    },
  },
  {
    name: 'trap 17: payment records say how much of an invoice was paid off Stripe, beside its charge',
    charge: 'in_1',
    offStripe: true,
    snapshots: [
      paidCharge('ch_1', 600, { paymentIntent: 'pi_1' }),
      make('invoice', 'in_1', { amountPaidMinor: 900 }),
      make('invoice_payment', 'inpay_1', { invoice: 'in_1', paymentIntent: 'pi_1', amountPaidMinor: 600 }),
      make('invoice_payment', 'inpay_2', { invoice: 'in_1', paymentRecord: 'pr_1', amountPaidMinor: 300 }),
    ],
    expect: { gross: 300, kind: 'off_stripe' },
  },
  {
    name: 'trap 26: tax, product and coupon come from the paid invoice',
    snapshots: [
      paidCharge('ch_1', 2261, { paymentIntent: 'pi_1' }),
      make('invoice_payment', 'inpay_1', { invoice: 'in_1', paymentIntent: 'pi_1', amountPaidMinor: 2261 }),
      make('invoice', 'in_1', { amountPaidMinor: 2261, taxMinor: 361, item }),
      make('invoice', 'in_1', { item: { ...item, price: 'price_2', amountMinor: 100 } }),
      make('checkout_session', 'cs_1', { mode: 'subscription', invoice: 'in_1', coupon: 'SPRING' }),
    ],
    expect: { tax: 361, product: 'prod_1', price: 'price_1', coupon: 'SPRING' },
  },
  {
    name: 'trap 26: or from the session, and its lines are asked for',
    snapshots: [
      paidCharge('ch_1', 2261, { paymentIntent: 'pi_1', balanceTransaction: 'txn_1' }),
      txn('txn_1', 2261),
      make('checkout_session', 'cs_1', {
        paymentIntent: 'pi_1',
        amountTotalMinor: 2261,
        taxMinor: 361,
        evidence: says('metadata.hw_visitor_id', 'v1'),
      }),
    ],
    expect: { tax: 361, product: null, wanted: ['checkout_session by checkout_session cs_1'] },
  },
  {
    name: 'trap 26: of an invoice that this payment paid a part of, the tax is not known',
    snapshots: [
      paidCharge('ch_1', 1000, { paymentIntent: 'pi_1' }),
      make('invoice', 'in_1', { amountPaidMinor: 2261, taxMinor: 361, paymentIntents: ['pi_1', 'pi_2'] }),
    ],
    expect: { gross: 1000, tax: null },
  },
  {
    name: 'a renewal has no coupon of the session that started its subscription, and no tax of it',
    snapshots: [
      paidCharge('ch_1', 900, { paymentIntent: 'pi_1' }),
      make('invoice', 'in_2', { subscription: 'sub_1', billingReason: 'subscription_cycle', paymentIntents: ['pi_1'] }),
      make('checkout_session', 'cs_1', {
        mode: 'subscription',
        subscription: 'sub_1',
        invoice: 'in_1',
        coupon: 'SPRING',
        amountTotalMinor: 900,
        taxMinor: 90,
      }),
    ],
    expect: { kind: 'subscription_renewal', coupon: null, tax: null },
  },
];

export const MONEY_STORIES: Story[] = [...REFUNDS, ...DISPUTES, ...SALES];
