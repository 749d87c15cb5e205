import type { SimulatedAccount } from './account.ts';
import type { Interval, InvoiceRow, Metadata, SubscriptionRow, Terms } from './billing-rows.ts';
import { completeSession, createLink, finishSession, openLink, openSession } from './checkout.ts';
import { createCustomer, type CustomerInput } from './customers.ts';
import type { Outcome } from './engine.ts';
import { payInvoice, settleInvoice } from './invoices.ts';
import { confirmIntent, createIntent, finishCharge } from './money.ts';
import { createPrice } from './prices.ts';
import { refund } from './refunds.ts';
import type { ChargeRow, Connect, CustomerRow, PaymentIntentRow, Presentment, RefundRow, SessionRow } from './rows.ts';
import {
  cancelSubscription,
  changePrice,
  renewSubscription,
  sendInvoice,
  startSubscription,
  updateSubscription,
} from './subscriptions.ts';

/**
 * What merchants and buyers do, in one call each. Every action sends the whole set of events that Stripe sends for it;
 * endpoints pick theirs. Amounts are in minor units; times are the account's `now`.
 */
export interface Buying {
  amount: number;
  currency: string;
  /** cus_…; absent: a guest (Checkout itself makes a customer where Stripe would). */
  customer?: string | null;
  email?: string | null;
  productName?: string;
  outcome?: Outcome;
  /** Manual: the money is only authorised, `capture` takes it. */
  captureMethod?: PaymentIntentRow['captureMethod'];
  /** Discount, tax and shipping. With tax the buyer pays more than `amount`. */
  terms?: Terms;
  connect?: Connect;
  presentment?: Presentment | null;
}

/** What every way of paying passes on. */
function passedOn({ captureMethod, terms, connect, presentment }: Buying) {
  return { captureMethod, terms, connect, presentment };
}

export interface CheckoutBuying extends Buying {
  metadata?: Metadata;
  clientReferenceId?: string | null;
  paymentIntentMetadata?: Metadata;
  invoiceMetadata?: Metadata | null;
  customerCreation?: SessionRow['customerCreation'];
}

export interface CheckoutResult {
  session: SessionRow;
  intent: PaymentIntentRow | null;
  charge: ChargeRow | null;
}

/** A one-time payment on the hosted checkout page. */
export function checkoutPayment(account: SimulatedAccount, input: CheckoutBuying): CheckoutResult {
  const { engine } = account;
  const price = createPrice(engine, { ...input, interval: null });
  const session = openSession(engine, {
    mode: 'payment',
    items: [{ price: price.id, quantity: 1 }],
    version: engine.settings.defaultVersion,
    metadata: input.metadata,
    clientReferenceId: input.clientReferenceId,
    customer: input.customer,
    customerCreation: input.customerCreation,
    paymentIntentMetadata: input.paymentIntentMetadata,
    invoiceMetadata: input.invoiceMetadata,
    ...passedOn(input),
  });
  const charge = completeSession(engine, session, { email: input.email ?? null, outcome: input.outcome ?? 'succeeds' });
  return { session, intent: engine.state.get('payment_intent', session.paymentIntent) ?? null, charge };
}

/** A buyer follows a payment link (made for this price) and pays. */
export function linkPayment(
  account: SimulatedAccount,
  input: Buying & { clientReferenceId?: string | null; linkMetadata?: Metadata; redirectUrl?: string },
): CheckoutResult {
  const { engine } = account;
  const price = createPrice(engine, { ...input, interval: null });
  const link = createLink(engine, {
    items: [{ price: price.id, quantity: 1 }],
    metadata: input.linkMetadata,
    redirectUrl: input.redirectUrl,
  });
  const session = openLink(engine, link, input.clientReferenceId ?? null);
  const charge = completeSession(engine, session, { email: input.email ?? null, outcome: input.outcome ?? 'succeeds' });
  return { session, intent: engine.state.get('payment_intent', session.paymentIntent) ?? null, charge };
}

/** A payment intent made by the merchant's server and confirmed in the browser. */
export function intentPayment(
  account: SimulatedAccount,
  input: Buying & { metadata?: Metadata; description?: string },
): { intent: PaymentIntentRow; charge: ChargeRow } {
  const { engine } = account;
  const intent = createIntent(engine, {
    amount: input.amount,
    currency: input.currency,
    version: engine.settings.defaultVersion,
    customer: input.customer ?? null,
    email: input.email,
    metadata: input.metadata ?? {},
    description: input.description,
    ...passedOn(input),
  });
  return { intent, charge: confirmIntent(engine, intent, input.outcome ?? 'succeeds') };
}

/** Ends a bank debit (`outcome: 'pending'`), of a checkout session or of a bare payment intent. */
export function finishPayment(account: SimulatedAccount, charge: ChargeRow, outcome: 'succeeds' | 'fails'): void {
  const { state } = account.engine;
  const session = state
    .list('checkout.session')
    .find(
      (row) => row.paymentIntent === charge.paymentIntent || (row.invoice !== null && row.invoice === charge.invoice),
    );
  if (session) {
    finishSession(account.engine, session, outcome);
    return;
  }
  finishCharge(account.engine, charge, outcome, () => settleInvoice(account.engine, charge));
}

export interface Subscribing extends Buying {
  interval?: Interval;
  intervalCount?: number;
  quantity?: number;
  /** `checkout`: on the hosted page; `api`: `subscriptions.create` with `default_incomplete`, then Stripe.js. */
  via?: 'checkout' | 'api';
  sessionMetadata?: Metadata;
  clientReferenceId?: string | null;
  subscriptionMetadata?: Metadata;
  trialDays?: number;
}

export interface SubscribeResult {
  subscription: SubscriptionRow;
  invoice: InvoiceRow;
  charge: ChargeRow | null;
  session: SessionRow | null;
}

export function subscribe(account: SimulatedAccount, input: Subscribing): SubscribeResult {
  const { engine } = account;
  const { state } = engine;
  const price = createPrice(engine, { ...input, interval: input.interval ?? 'month' });
  const items = [{ price: price.id, quantity: input.quantity ?? 1 }];
  const version = engine.settings.defaultVersion;
  const outcome = input.outcome ?? 'succeeds';
  if (input.via === 'api') {
    const customer = input.customer
      ? state.need('customer', input.customer)
      : createCustomer(engine, { email: input.email ?? null });
    const metadata = input.subscriptionMetadata ?? {};
    const { trialDays, terms, connect } = input;
    const started = startSubscription(engine, { customer, items, metadata, trialDays, terms, connect, version });
    return { ...started, charge: payInvoice(engine, started.invoice, outcome), session: null };
  }
  const session = openSession(engine, {
    mode: 'subscription',
    items,
    version,
    metadata: input.sessionMetadata,
    clientReferenceId: input.clientReferenceId,
    customer: input.customer,
    subscriptionMetadata: input.subscriptionMetadata,
    trialDays: input.trialDays,
    ...passedOn(input),
  });
  const charge = completeSession(engine, session, { email: input.email ?? null, outcome });
  if (session.status !== 'complete')
    throw new Error(`the first payment of checkout session ${session.id} was declined`);
  return {
    subscription: state.need('subscription', session.subscription!),
    invoice: state.need('invoice', session.invoice!),
    charge,
    session,
  };
}

export function renew(
  account: SimulatedAccount,
  subscription: SubscriptionRow,
  outcome: Outcome = 'succeeds',
): { invoice: InvoiceRow; charge: ChargeRow | null } {
  return renewSubscription(account.engine, subscription, outcome);
}

export function editSubscription(account: SimulatedAccount, subscription: SubscriptionRow, metadata: Metadata): void {
  updateSubscription(account.engine, subscription, metadata);
}

export function cancel(account: SimulatedAccount, subscription: SubscriptionRow, atPeriodEnd = false): void {
  cancelSubscription(account.engine, subscription, atPeriodEnd);
}

/** To another monthly (yearly, …) amount, with proration, at once. */
export function upgrade(
  account: SimulatedAccount,
  subscription: SubscriptionRow,
  input: { amount: number; interval?: Interval; intervalCount?: number; productName?: string; outcome?: Outcome },
): { invoice: InvoiceRow; charge: ChargeRow | null } {
  const { currency } = subscription;
  const { interval, intervalCount } = account.state.need('price', subscription.items[0]!.price);
  const price = createPrice(account.engine, { interval, intervalCount, ...input, currency });
  return changePrice(account.engine, subscription, price.id, input.outcome);
}

/** An invoice for a sum, sent to the customer; open until it is paid. */
export function bill(
  account: SimulatedAccount,
  input: Pick<Buying, 'amount' | 'currency' | 'productName' | 'terms'> & { customer: string; metadata?: Metadata },
): InvoiceRow {
  const { engine } = account;
  const price = createPrice(engine, { ...input, interval: null });
  return sendInvoice(engine, {
    customer: engine.state.need('customer', input.customer),
    items: [{ price: price.id, quantity: 1 }],
    metadata: input.metadata,
    terms: input.terms,
    version: engine.settings.defaultVersion,
  });
}

/** `amount` null: everything that is left. */
export function refundCharge(account: SimulatedAccount, charge: ChargeRow, amount: number | null): RefundRow {
  return refund(account.engine, charge, { amount, reason: 'requested_by_customer' });
}

export function addCustomer(account: SimulatedAccount, input: CustomerInput): CustomerRow {
  return createCustomer(account.engine, input);
}
