/**
 * One story as six API versions show it: a subscription start of 22.61 EUR with 3.61 tax and a coupon, settled in USD, a
 * partial refund, a dispute that was lost. Reduced to the fields that Headwater reads; what a version does not have is
 * absent, what it has twice is there twice.
 */
export const VERSIONS = [
  '2020-08-27',
  '2024-09-30.acacia',
  '2025-03-31.basil',
  '2025-09-30.clover',
  '2026-03-25.dahlia',
  '2026-10-28.endive',
] as const;
export type Version = (typeof VERSIONS)[number];

export const AT = 1_793_500_000;
const METADATA = { hw_visitor_id: 'v1' };
const since = (version: Version, first: Version) => VERSIONS.indexOf(version) >= VERSIONS.indexOf(first);

function transaction(id: string, source: string, amount: number, fee: number, created: number, type: string) {
  const fee_details = [
    { amount: fee - 20, type: 'stripe_fee', currency: 'usd' },
    { amount: 20, type: 'tax', currency: 'usd' },
  ];
  return { id, object: 'balance_transaction', amount, fee, fee_details, currency: 'usd', source, type, created };
}
const PAID = transaction('txn_1', 'ch_1', 2713, 110, AT, 'charge');
const REFUNDED = transaction('txn_2', 're_1', -600, 20, AT + 60, 'refund');
const WITHDRAWN = transaction('txn_3', 'dp_1', -2010, 1520, AT + 900, 'adjustment');

function refund() {
  return {
    id: 're_1',
    object: 'refund',
    amount: 500,
    balance_transaction: 'txn_2',
    charge: 'ch_1',
    created: AT + 60,
    currency: 'eur',
    payment_intent: 'pi_1',
    status: 'succeeded',
  };
}

function charge(version: Version) {
  const isOld = !since(version, '2024-09-30.acacia');
  return {
    id: 'ch_1',
    object: 'charge',
    amount: 2261,
    amount_captured: 2261,
    amount_refunded: 500,
    // Since automatic_async the balance transaction comes with a later charge.updated.
    balance_transaction: isOld ? PAID : 'txn_1',
    captured: true,
    created: AT,
    currency: 'eur',
    customer: 'cus_1',
    ...(since(version, '2025-03-31.basil') ? {} : { invoice: 'in_1' }),
    ...(isOld ? { refunds: { object: 'list', data: [refund()] }, dispute: 'dp_1' } : {}),
    disputed: true,
    metadata: {},
    paid: true,
    payment_intent: 'pi_1',
    status: 'succeeded',
    ...(since(version, '2025-03-31.basil')
      ? { presentment_details: { presentment_amount: 2500, presentment_currency: 'chf' } }
      : {}),
    a_field_of_tomorrow: { object: 'an_object_of_tomorrow', id: 'x_1' },
  };
}

function paymentIntent(version: Version) {
  return {
    id: 'pi_1',
    object: 'payment_intent',
    created: AT,
    customer: 'cus_1',
    metadata: {},
    status: 'succeeded',
    ...(since(version, '2024-09-30.acacia')
      ? { latest_charge: 'ch_1' }
      : { charges: { object: 'list', data: [charge(version)] } }),
    ...(since(version, '2025-03-31.basil') ? {} : { invoice: 'in_1' }),
    ...(since(version, '2025-09-30.clover') ? { payment_details: { order_reference: 'in_1' } } : {}),
  };
}

function line(version: Version) {
  const base = { id: 'il_1', object: 'line_item', amount: 1900, description: '1 × Pro (at €19.00 / month)' };
  if (since(version, '2025-03-31.basil')) {
    const pricing = { type: 'price_details', price_details: { price: 'price_1', product: 'prod_1' } };
    return { ...base, metadata: METADATA, pricing, parent: { type: 'subscription_item_details' } };
  }
  const price = { id: 'price_1', object: 'price', product: 'prod_1' };
  return {
    ...base,
    metadata: METADATA,
    type: 'subscription',
    price,
    plan: { id: 'price_1', object: 'plan', product: 'prod_1' },
  };
}

function discount(version: Version) {
  const coupon = { id: 'SPRING', object: 'coupon', name: 'Spring sale' };
  const source = { type: 'coupon', coupon: 'SPRING' };
  return { id: 'di_1', object: 'discount', ...(since(version, '2025-09-30.clover') ? { source } : { coupon }) };
}

function invoice(version: Version) {
  const details = { subscription: 'sub_1', metadata: METADATA };
  const old = {
    charge: 'ch_1',
    discount: discount(version),
    paid: true,
    paid_out_of_band: false,
    payment_intent: 'pi_1',
    subscription: 'sub_1',
    subscription_details: { metadata: METADATA },
    tax: 361,
    total_tax_amounts: [{ amount: 361, inclusive: false }],
  };
  const parent = { type: 'subscription_details', subscription_details: details };
  return {
    id: 'in_1',
    object: 'invoice',
    amount_paid: 2261,
    billing_reason: 'subscription_create',
    created: AT,
    currency: 'eur',
    customer: 'cus_1',
    discounts: ['di_1'],
    lines: { object: 'list', data: [line(version)] },
    metadata: {},
    status: 'paid',
    status_transitions: { paid_at: AT },
    total: 2261,
    ...(since(version, '2025-03-31.basil') ? { total_taxes: [{ amount: 361 }] } : old),
    // Acacia shows both: the new place beside the old ones.
    ...(since(version, '2024-09-30.acacia') ? { parent } : {}),
  };
}

function session() {
  return {
    id: 'cs_1',
    object: 'checkout.session',
    amount_total: 2261,
    created: AT - 30,
    currency: 'eur',
    customer: 'cus_1',
    customer_details: { email: 'ada@example.com' },
    invoice: 'in_1',
    metadata: {},
    mode: 'subscription',
    payment_intent: null,
    payment_status: 'paid',
    subscription: 'sub_1',
    total_details: { amount_discount: 0, amount_tax: 361 },
    discounts: [{ coupon: 'SPRING', promotion_code: null }],
  };
}

function dispute(version: Version, status: string) {
  return {
    id: 'dp_1',
    object: 'dispute',
    amount: 1761,
    balance_transactions: [WITHDRAWN],
    ...(since(version, '2024-09-30.acacia') ? {} : { balance_transaction: 'txn_3' }),
    charge: 'ch_1',
    created: AT + 900,
    currency: 'eur',
    payment_intent: 'pi_1',
    reason: 'fraudulent',
    status,
  };
}

/** The objects of the story's webhooks and of what is fetched besides. */
export function render(version: Version): { type: string; object: object }[] {
  const it = charge(version);
  return [
    {
      type: 'charge.succeeded',
      object: { ...it, balance_transaction: null, amount_refunded: 0, disputed: false },
    },
    { type: 'charge.updated', object: it },
    { type: 'payment_intent.succeeded', object: paymentIntent(version) },
    { type: 'invoice.paid', object: invoice(version) },
    {
      type: 'invoice_payment.paid',
      object: {
        id: 'inpay_1',
        object: 'invoice_payment',
        amount_paid: 2261,
        invoice: 'in_1',
        payment: { type: 'payment_intent', payment_intent: 'pi_1' },
        status: 'paid',
      },
    },
    { type: 'checkout.session.completed', object: session() },
    {
      type: 'customer.subscription.created',
      object: { id: 'sub_1', object: 'subscription', created: AT - 10, customer: 'cus_1', metadata: METADATA },
    },
    { type: 'refund.created', object: refund() },
    { type: 'charge.dispute.funds_withdrawn', object: dispute(version, 'needs_response') },
    { type: 'charge.dispute.closed', object: dispute(version, 'lost') },
    { type: 'fetched', object: PAID },
    { type: 'fetched', object: REFUNDED },
  ];
}
