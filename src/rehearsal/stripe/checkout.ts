import type { Item, Metadata, Terms } from './billing-rows.ts';
import { NO_TERMS } from './billing-rows.ts';
import { createCustomer } from './customers.ts';
import type { Engine, Outcome } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import { payInvoice, settleInvoice } from './invoices.ts';
import { confirmIntent, createIntent, finishCharge, NO_CONNECT } from './money.ts';
import { billOf, totalOf } from './prices.ts';
import type {
  ChargeRow,
  Connect,
  CustomerRow,
  PaymentIntentRow,
  PaymentLinkRow,
  Presentment,
  SessionRow,
} from './rows.ts';
import { invoiceOneTime, startSubscription } from './subscriptions.ts';
import { type ApiVersion, isBefore } from './versions.ts';

/** Checkout sessions and payment links. A session's metadata stays on the session: it never reaches the charge. */

export interface SessionInput {
  mode: SessionRow['mode'];
  items: readonly Item[];
  version: ApiVersion;
  metadata?: Metadata;
  clientReferenceId?: string | null;
  customer?: string | null;
  customerEmail?: string | null;
  customerCreation?: SessionRow['customerCreation'] | null;
  paymentIntentMetadata?: Metadata;
  subscriptionMetadata?: Metadata;
  trialDays?: number;
  invoiceMetadata?: Metadata | null;
  paymentLink?: string | null;
  successUrl?: string | null;
  cancelUrl?: string | null;
  terms?: Terms;
  captureMethod?: PaymentIntentRow['captureMethod'];
  connect?: Connect;
  presentment?: Presentment | null;
}

const CLIENT_REFERENCE = /^[A-Za-z0-9_-]{1,200}$/;

export function openSession(engine: Engine, input: SessionInput): SessionRow {
  const { state, now } = engine;
  // Before 2022-08-01 the customer and the payment intent exist as soon as the session does.
  const old = isBefore(input.version, '2022-08-01');
  const trialDays = input.trialDays ?? 0;
  const terms = input.terms ?? NO_TERMS;
  const bill = billOf(engine, trialDays > 0 ? 0 : totalOf(engine, input.items), terms);
  const session: SessionRow = state.add({
    object: 'checkout.session' as const,
    id: state.newId('checkout.session'),
    created: now(),
    version: input.version,
    mode: input.mode,
    status: 'open' as const,
    paymentStatus: 'unpaid' as const,
    amount: bill.total,
    bill,
    terms,
    captureMethod: input.captureMethod ?? ('automatic' as const),
    connect: input.connect ?? NO_CONNECT,
    presentment: input.presentment ?? null,
    currency: state.need('price', input.items[0]!.price).currency,
    items: [...input.items],
    customer: input.customer ?? null,
    customerCreation: input.customerCreation ?? (old ? ('always' as const) : ('if_required' as const)),
    customerEmail: input.customerEmail ?? null,
    buyerEmail: null,
    clientReferenceId: input.clientReferenceId ?? null,
    metadata: { ...input.metadata },
    paymentIntentMetadata: { ...input.paymentIntentMetadata },
    subscriptionMetadata: { ...input.subscriptionMetadata },
    trialDays,
    invoiceMetadata: input.invoiceMetadata ?? null,
    paymentIntent: null,
    subscription: null,
    invoice: null,
    paymentLink: input.paymentLink ?? null,
    successUrl: input.successUrl ?? null,
    cancelUrl: input.cancelUrl ?? null,
  });
  if (old && session.mode === 'payment') session.paymentIntent = intentOf(engine, session).id;
  return session;
}

export interface LinkInput {
  items: readonly Item[];
  metadata?: Metadata;
  paymentIntentMetadata?: Metadata;
  subscriptionMetadata?: Metadata;
  redirectUrl?: string | null;
}

export function createLink({ state, now }: Engine, input: LinkInput): PaymentLinkRow {
  return state.add({
    object: 'payment_link' as const,
    id: state.newId('payment_link'),
    created: now(),
    items: [...input.items],
    currency: state.need('price', input.items[0]!.price).currency,
    metadata: { ...input.metadata },
    paymentIntentMetadata: { ...input.paymentIntentMetadata },
    subscriptionMetadata: { ...input.subscriptionMetadata },
    redirectUrl: input.redirectUrl ?? null,
    active: true,
  });
}

/** A buyer follows a payment link. An invalid client reference is silently dropped, as Stripe does. */
export function openLink(engine: Engine, link: PaymentLinkRow, clientReferenceId: string | null): SessionRow {
  const recurring = link.items.some((item) => engine.state.need('price', item.price).interval !== null);
  return openSession(engine, {
    mode: recurring ? 'subscription' : 'payment',
    items: link.items,
    version: engine.settings.defaultVersion,
    metadata: link.metadata,
    clientReferenceId: CLIENT_REFERENCE.test(clientReferenceId ?? '') ? clientReferenceId : null,
    paymentIntentMetadata: link.paymentIntentMetadata,
    subscriptionMetadata: link.subscriptionMetadata,
    paymentLink: link.id,
    successUrl: link.redirectUrl,
  });
}

/** The buyer presses Pay. Null: nothing was due. @throws StripeRefusal when the session is not open */
export function completeSession(
  engine: Engine,
  session: SessionRow,
  input: { email: string | null; outcome: Outcome },
): ChargeRow | null {
  if (session.status !== 'open') {
    throw new StripeRefusal(400, { message: `This Checkout Session is ${session.status}.` });
  }
  session.buyerEmail = input.email ?? session.customerEmail;
  return session.mode === 'payment'
    ? completePayment(engine, session, input.outcome)
    : completeSubscription(engine, session, input.outcome);
}

/** Ends the bank debit of a completed session. */
export function finishSession(engine: Engine, session: SessionRow, outcome: 'succeeds' | 'fails'): ChargeRow {
  const { state, emit } = engine;
  const intent = session.paymentIntent ?? state.get('invoice', session.invoice)?.paymentIntent ?? null;
  const charge = state.get('charge', state.get('payment_intent', intent)?.charges.at(-1) ?? null);
  if (!charge) throw new Error(`checkout session ${session.id} has no payment that could end`);
  finishCharge(engine, charge, outcome, () => {
    if (outcome === 'succeeds') session.paymentStatus = 'paid';
    settleInvoice(engine, charge);
    emit(`checkout.session.async_payment_${outcome === 'succeeds' ? 'succeeded' : 'failed'}`, session);
  });
  return charge;
}

export function expireSession({ emit }: Engine, session: SessionRow): void {
  session.status = 'expired';
  emit('checkout.session.expired', session);
}

function intentOf(engine: Engine, session: SessionRow): PaymentIntentRow {
  return createIntent(engine, {
    amount: session.amount,
    currency: session.currency,
    version: session.version,
    customer: session.customer,
    email: session.buyerEmail ?? session.customerEmail,
    metadata: session.paymentIntentMetadata,
    orderReference: session.id,
    captureMethod: session.captureMethod,
    connect: session.connect,
    presentment: session.presentment,
  });
}

function customerOf(engine: Engine, session: SessionRow, always: boolean): CustomerRow | null {
  if (session.customer !== null) return engine.state.need('customer', session.customer);
  if (!always) return null;
  const customer = createCustomer(engine, { email: session.buyerEmail ?? session.customerEmail });
  session.customer = customer.id;
  return customer;
}

function completePayment(engine: Engine, session: SessionRow, outcome: Outcome): ChargeRow | null {
  const { state, emit } = engine;
  if (session.amount === 0) {
    session.status = 'complete';
    session.paymentStatus = 'no_payment_required';
    emit('checkout.session.completed', session);
    return null;
  }
  const { invoiceMetadata, items } = session;
  const customer = customerOf(engine, session, session.customerCreation === 'always' || invoiceMetadata !== null);
  const intent = state.get('payment_intent', session.paymentIntent) ?? intentOf(engine, session);
  intent.customer = session.customer;
  intent.receiptEmail = session.buyerEmail;
  session.paymentIntent = intent.id;
  return confirmIntent(engine, intent, outcome, (charge) => {
    // A declined card leaves the session open: the buyer may try another one.
    if (charge.status === 'failed') return;
    session.status = 'complete';
    session.paymentStatus = charge.status === 'succeeded' ? 'paid' : 'unpaid';
    if (invoiceMetadata !== null && customer !== null && charge.status === 'succeeded') {
      session.invoice = invoiceOneTime(engine, {
        customer,
        items,
        metadata: invoiceMetadata,
        terms: session.terms,
        charge,
      }).id;
    }
    emit('checkout.session.completed', session);
  });
}

function completeSubscription(engine: Engine, session: SessionRow, outcome: Outcome): ChargeRow | null {
  const { subscription, invoice } = startSubscription(engine, {
    customer: customerOf(engine, session, true)!,
    items: session.items,
    metadata: session.subscriptionMetadata,
    trialDays: session.trialDays,
    terms: session.terms,
    connect: session.connect,
    version: session.version,
  });
  const charge = payInvoice(engine, invoice, outcome);
  if (charge?.status === 'failed') return charge;
  session.subscription = subscription.id;
  session.invoice = invoice.id;
  session.status = 'complete';
  session.paymentStatus = charge === null ? 'no_payment_required' : charge.status === 'succeeded' ? 'paid' : 'unpaid';
  engine.emit('checkout.session.completed', session);
  return charge;
}
