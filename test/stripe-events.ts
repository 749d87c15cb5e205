// Stripe's webhook deliveries, small: the objects as endive sends them, reduced to the fields that links and money hang on.
// The full simulation is src/rehearsal/stripe; here a test chooses every id and every order itself.
import { randomUUID } from 'node:crypto';
import { signatureHeader } from '../src/rehearsal/stripe/webhooks.ts';

export interface StripeEvent {
  id: string;
  object: 'event';
  type: string;
  created: number;
  livemode: boolean;
  api_version: string;
  data: { object: object };
}

export interface Paid {
  /** One word; ids are made from it: ch_<name>, pi_<name>, cs_test_<name>, … */
  name: string;
  amount: number;
  currency?: string;
  /** Epoch seconds. */
  created: number;
  customer?: string;
  subscription?: string;
  livemode?: boolean;
  metadata?: Record<string, string>;
}

export function eventOf(type: string, object: object, rest: { created: number; livemode?: boolean; id?: string }) {
  const { created, livemode = false, id = `evt_${randomUUID().replaceAll('-', '')}` } = rest;
  return { id, object: 'event', type, created, livemode, api_version: '2026-10-28.endive', data: { object } } as const;
}

/** What is sent: the exact bytes and their signature. */
export function signed(event: object, secret: string, sentAtMs = Date.now()) {
  const body = JSON.stringify(event);
  return {
    body,
    headers: { 'content-type': 'application/json', 'stripe-signature': signatureHeader(body, secret, sentAtMs) },
  };
}

export function charge({ name, amount, currency = 'usd', created, customer, livemode = false, metadata = {} }: Paid) {
  return {
    id: `ch_${name}`,
    object: 'charge',
    amount,
    amount_captured: amount,
    amount_refunded: 0,
    balance_transaction: null,
    captured: true,
    created,
    currency,
    customer: customer ?? null,
    livemode,
    metadata,
    paid: true,
    payment_intent: `pi_${name}`,
    status: 'succeeded',
  };
}

export function paymentIntent({ name, amount, currency = 'usd', created, customer, livemode = false }: Paid) {
  return {
    id: `pi_${name}`,
    object: 'payment_intent',
    amount,
    amount_received: amount,
    created,
    currency,
    customer: customer ?? null,
    latest_charge: `ch_${name}`,
    livemode,
    metadata: {},
    status: 'succeeded',
  };
}

/** `metadata` is the session's: Stripe does not copy it anywhere else. */
export function checkoutSession(paid: Paid & { invoice?: string }, metadata: Record<string, string>) {
  const { name, amount, currency = 'usd', created, customer, subscription, livemode = false, invoice } = paid;
  return {
    id: `cs_${livemode ? 'live' : 'test'}_${name}`,
    object: 'checkout.session',
    amount_total: amount,
    client_reference_id: null,
    created,
    currency,
    customer: customer ?? null,
    invoice: invoice ?? null,
    livemode,
    metadata,
    mode: subscription === undefined ? 'payment' : 'subscription',
    payment_intent: subscription === undefined ? `pi_${name}` : null,
    payment_status: 'paid',
    status: 'complete',
    subscription: subscription ?? null,
  };
}

export function invoice(paid: Paid & { reason: string; subscriptionMetadata?: Record<string, string> }) {
  const { name, amount, currency = 'usd', created, customer, subscription, livemode = false } = paid;
  return {
    id: `in_${name}`,
    object: 'invoice',
    amount_paid: amount,
    billing_reason: paid.reason,
    created,
    currency,
    customer: customer ?? null,
    livemode,
    metadata: {},
    parent: {
      type: 'subscription_details',
      subscription_details: { subscription: subscription ?? null, metadata: paid.subscriptionMetadata ?? {} },
    },
    status: 'paid',
    total: amount,
  };
}

export function invoicePayment({ name, amount, currency = 'usd', created, livemode = false }: Paid) {
  return {
    id: `inpay_${name}`,
    object: 'invoice_payment',
    amount_paid: amount,
    amount_requested: amount,
    created,
    currency,
    invoice: `in_${name}`,
    is_default: true,
    livemode,
    payment: { type: 'payment_intent', payment_intent: `pi_${name}` },
    status: 'paid',
  };
}

export function refund(of: Paid, { id, amount, created }: { id: string; amount: number; created: number }) {
  return {
    id,
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: `ch_${of.name}`,
    created,
    currency: of.currency ?? 'usd',
    metadata: {},
    payment_intent: `pi_${of.name}`,
    reason: 'requested_by_customer',
    status: 'succeeded',
  };
}

/** The six events Stripe sends for one invoice paid through Checkout, in the order it usually does. */
export function sixEvents(paid: Paid, sessionMetadata: Record<string, string>): StripeEvent[] {
  const { created, livemode, name } = paid;
  const at = { created, ...(livemode === undefined ? {} : { livemode }) };
  const bill = invoice({ ...paid, reason: 'subscription_create' });
  return [
    eventOf('charge.succeeded', charge(paid), at),
    eventOf('payment_intent.succeeded', paymentIntent(paid), at),
    eventOf('invoice.paid', bill, at),
    eventOf('invoice.payment_succeeded', bill, at),
    eventOf('invoice_payment.paid', invoicePayment(paid), at),
    eventOf('checkout.session.completed', checkoutSession({ ...paid, invoice: `in_${name}` }, sessionMetadata), at),
  ];
}
