import type {
  CouponRow,
  Interval,
  InvoiceItem,
  InvoiceRow,
  Item,
  Metadata,
  SubscribedItem,
  SubscriptionRow,
  Terms,
} from './billing-rows.ts';
import { NO_TERMS } from './billing-rows.ts';
import type { Engine, Outcome } from './engine.ts';
import { addInvoice, addInvoicePayment, finalise, markPaid, payInvoice } from './invoices.ts';
import { itemAmount } from './prices.ts';
import { itemsShown, subscriptionItems } from './render-billing.ts';
import type { ChargeRow, Connect, CustomerRow } from './rows.ts';
import type { ApiVersion } from './versions.ts';

/** Subscriptions: begun, renewed, changed with proration, paused, ended. */

const DAY_SECONDS = 86_400;

/** Months of 30 days: what a story's prorations come to must not depend on the day it is told. */
const PERIOD_SECONDS: Record<Interval, number> = {
  day: DAY_SECONDS,
  week: 7 * DAY_SECONDS,
  month: 30 * DAY_SECONDS,
  year: 365 * DAY_SECONDS,
};

function periodEnd({ state }: Engine, from: number, price: string): number {
  const { interval, intervalCount } = state.need('price', price);
  return from + intervalCount * PERIOD_SECONDS[interval ?? 'month'];
}

export interface SubscriptionInput {
  customer: CustomerRow;
  items: readonly Omit<SubscribedItem, 'id'>[];
  /** Of those the prices have; by default their own. */
  currency?: string;
  metadata: Metadata;
  trialDays?: number;
  terms?: Terms;
  connect?: Connect;
  version: ApiVersion;
}

/** A subscription with its first invoice, open and unpaid; or in trial, with a first invoice of zero. */
export function startSubscription(
  engine: Engine,
  input: SubscriptionInput,
): { subscription: SubscriptionRow; invoice: InvoiceRow } {
  const { state, now, emit } = engine;
  const { customer, version } = input;
  const first = state.need('price', input.items[0]!.price);
  const interval = first.interval ?? 'month';
  const trialSeconds = (input.trialDays ?? 0) * DAY_SECONDS;
  const terms = input.terms ?? NO_TERMS;
  const currency = input.currency ?? first.currency;
  const subscription: SubscriptionRow = state.add({
    object: 'subscription' as const,
    id: state.newId('subscription'),
    created: now(),
    customer: customer.id,
    currency,
    metadata: { ...input.metadata },
    status: trialSeconds > 0 ? ('trialing' as const) : ('incomplete' as const),
    items: input.items.map((item) => ({ ...item, id: `si_${state.token(14)}` })),
    terms: { ...terms, shipping: 0 },
    interval,
    latestInvoice: null,
    periodStart: now(),
    periodEnd: trialSeconds > 0 ? now() + trialSeconds : periodEnd(engine, now(), first.id),
    trialEnd: trialSeconds > 0 ? now() + trialSeconds : null,
    cancelAtPeriodEnd: false,
    canceledAt: null,
    endedAt: null,
    collectionPaused: false,
    version,
    testClock: customer.testClock,
  });
  const invoice = addInvoice(engine, {
    customer,
    currency,
    billingReason: 'subscription_create',
    subscription,
    items: periodItems(engine, subscription, trialSeconds > 0),
    terms,
  });
  subscription.latestInvoice = invoice.id;
  emit('customer.subscription.created', subscription);
  finalise(engine, invoice, { version, description: 'Subscription creation', connect: input.connect });
  return { subscription, invoice };
}

function periodItems(engine: Engine, row: SubscriptionRow, isFree = false): Omit<InvoiceItem, 'id'>[] {
  const licensed = row.items.filter((item) => !engine.state.need('price', item.price).isMetered);
  return licensed.map((item) => {
    const amount = isFree ? 0 : itemAmount(engine, item, row.currency);
    const percentOff = couponOf(engine, item)?.percentOff ?? 0;
    return {
      price: item.price,
      quantity: item.quantity,
      subscriptionItem: item.id,
      amount,
      proration: false,
      discount: item.discount ? { id: item.discount, amount: Math.round((amount * percentOff) / 100) } : null,
    };
  });
}

function couponOf({ state }: Engine, item: Pick<SubscribedItem, 'discount'>): CouponRow | undefined {
  return state.get('coupon', state.get('discount', item.discount ?? null)?.coupon ?? null);
}

/** The next period: a new invoice with its own intent and charge. The end of a trial is one too. */
export function renewSubscription(
  engine: Engine,
  subscription: SubscriptionRow,
  outcome: Outcome,
): { invoice: InvoiceRow; charge: ChargeRow | null } {
  const { state, now, emit } = engine;
  if (subscription.cancelAtPeriodEnd || subscription.status === 'canceled' || subscription.status === 'paused') {
    throw new Error(`subscription ${subscription.id} is not renewed: it is ${subscription.status}`);
  }
  const previous = subscription.latestInvoice;
  subscription.periodStart = now();
  subscription.periodEnd = periodEnd(engine, now(), subscription.items[0]!.price);
  const discount = state.get('discount', subscription.terms.discount);
  const coupon = state.get('coupon', discount?.coupon ?? null);
  if (coupon?.duration === 'once' || (discount?.end ?? Infinity) <= now())
    subscription.terms = { ...subscription.terms, discount: null };
  const invoice = addInvoice(engine, {
    customer: state.need('customer', subscription.customer),
    currency: subscription.currency,
    billingReason: 'subscription_cycle',
    subscription,
    items: periodItems(engine, subscription),
    terms: subscription.terms,
  });
  subscription.latestInvoice = invoice.id;
  emit('customer.subscription.updated', subscription, { latest_invoice: previous });
  finalise(engine, invoice, { version: subscription.version, description: 'Subscription update' });
  return { invoice, charge: payInvoice(engine, invoice, outcome) };
}

/** Another price from now on: see `changeItems`. */
export function changePrice(
  engine: Engine,
  subscription: SubscriptionRow,
  price: string,
  outcome: Outcome = 'succeeds',
): { invoice: InvoiceRow; charge: ChargeRow | null } {
  const [first, ...others] = subscription.items;
  return changeItems(engine, subscription, [{ ...first!, price }, ...others], outcome);
}

/**
 * Other items from now on, invoiced at once: what is unused of the old ones is given back, what is left of the period is
 * charged for the new ones. A negative sum becomes the customer's credit. Items without an id are new.
 */
export function changeItems(
  engine: Engine,
  subscription: SubscriptionRow,
  items: readonly (Item & { id?: string })[],
  outcome: Outcome = 'succeeds',
): { invoice: InvoiceRow; charge: ChargeRow | null } {
  const { state, now, emit } = engine;
  const { periodStart, periodEnd } = subscription;
  // A trial goes on with the new items, and there is nothing to give back or to charge.
  const isTrial = subscription.status === 'trialing';
  const left = isTrial ? 0 : Math.max(0, Math.min(1, (periodEnd - now()) / (periodEnd - periodStart)));
  const before = subscription.items;
  const itemsBefore = subscriptionItems(subscription, state);
  const after = items.map((item) => ({ ...item, id: item.id ?? `si_${state.token(14)}` }));
  const isSame = (a: SubscriptionRow['items'][number], b: SubscriptionRow['items'][number]) =>
    a.id === b.id && a.price === b.price && a.quantity === b.quantity;
  const isLicensed = (item: Item) => !state.need('price', item.price).isMetered;
  const line = (of: SubscriptionRow['items'][number], sign: 1 | -1) => ({
    price: of.price,
    quantity: of.quantity,
    subscriptionItem: of.id,
    amount: sign * Math.round(itemAmount(engine, of, subscription.currency) * left),
    proration: true,
    startsAt: now(),
  });
  const gone = before.filter((item) => isLicensed(item) && !after.some((other) => isSame(item, other)));
  const come = after.filter((item) => isLicensed(item) && !before.some((other) => isSame(item, other)));
  subscription.items = after;
  const previous = subscription.latestInvoice;
  const invoice = addInvoice(engine, {
    customer: state.need('customer', subscription.customer),
    currency: subscription.currency,
    billingReason: 'subscription_update',
    subscription,
    items: [...gone.map((item) => line(item, -1)), ...come.map((item) => line(item, 1))],
    terms: subscription.terms,
  });
  subscription.latestInvoice = invoice.id;
  emit('customer.subscription.updated', subscription, {
    items: itemsShown(itemsBefore, subscription.id),
    latest_invoice: previous,
  });
  finalise(engine, invoice, { version: subscription.version, description: 'Subscription update' });
  return { invoice, charge: payInvoice(engine, invoice, outcome) };
}

/** What becomes of a subscription whose renewal is not paid, and when it is paid at last. */
export function setStatus({ emit }: Engine, subscription: SubscriptionRow, to: SubscriptionRow['status']): void {
  const before = subscription.status;
  if (before === to) return;
  subscription.status = to;
  emit('customer.subscription.updated', subscription, { status: before });
}

export function updateSubscription({ emit }: Engine, subscription: SubscriptionRow, metadata: Metadata): void {
  const before = subscription.metadata;
  subscription.metadata = { ...metadata };
  emit('customer.subscription.updated', subscription, { metadata: before });
}

/** At once, or at the end of the period: then `endSubscription` ends it. */
export function cancelSubscription(engine: Engine, subscription: SubscriptionRow, atPeriodEnd = false): void {
  subscription.canceledAt = engine.now();
  if (!atPeriodEnd) {
    endSubscription(engine, subscription);
    return;
  }
  subscription.cancelAtPeriodEnd = true;
  engine.emit('customer.subscription.updated', subscription, { cancel_at_period_end: false, canceled_at: null });
}

export function endSubscription({ now, emit }: Engine, subscription: SubscriptionRow): void {
  subscription.status = 'canceled';
  subscription.canceledAt ??= now();
  subscription.endedAt = now();
  emit('customer.subscription.deleted', subscription);
}

export function pauseSubscription({ emit }: Engine, subscription: SubscriptionRow): void {
  const before = subscription.status;
  subscription.status = 'paused';
  emit('customer.subscription.paused', subscription, { status: before });
}

export function resumeSubscription({ emit }: Engine, subscription: SubscriptionRow): void {
  subscription.status = 'active';
  emit('customer.subscription.resumed', subscription, { status: 'paused' });
}

/** Invoices are no longer collected; the subscription itself stays active. */
export function pauseCollection({ emit }: Engine, subscription: SubscriptionRow, isPaused: boolean): void {
  subscription.collectionPaused = isPaused;
  emit('customer.subscription.updated', subscription, { pause_collection: isPaused ? null : { behavior: 'void' } });
}

/** An invoice made after a one-time checkout payment (`invoice_creation`). */
export function invoiceOneTime(
  engine: Engine,
  input: { customer: CustomerRow; items: readonly Item[]; metadata: Metadata; terms: Terms; charge: ChargeRow },
): InvoiceRow {
  const { customer, charge } = input;
  const invoice = addInvoice(engine, {
    customer,
    currency: charge.currency,
    billingReason: 'manual',
    subscription: null,
    items: manualItems(engine, input.items),
    terms: input.terms,
    metadata: input.metadata,
  });
  invoice.paymentIntent = charge.paymentIntent;
  const payment = addInvoicePayment(engine, invoice, { paymentIntent: charge.paymentIntent, amount: charge.amount });
  engine.emit('invoice.created', invoice);
  engine.emit('invoice.finalized', invoice);
  invoice.charge = charge.id;
  invoice.amountPaid = invoice.amountDue;
  payment.status = 'paid';
  payment.amountPaid = charge.amount;
  payment.paidAt = engine.now();
  markPaid(engine, invoice);
  engine.emit('invoice_payment.paid', payment);
  return invoice;
}

/** An invoice that is sent and waits for money. */
export function sendInvoice(
  engine: Engine,
  input: { customer: CustomerRow; items: readonly Item[]; metadata?: Metadata; terms?: Terms; version: ApiVersion },
): InvoiceRow {
  const { customer, items, metadata, terms, version } = input;
  const { currency } = engine.state.need('price', items[0]!.price);
  const invoice = addInvoice(engine, {
    customer,
    currency,
    billingReason: 'manual',
    subscription: null,
    items: manualItems(engine, items),
    terms,
    metadata,
  });
  finalise(engine, invoice, { version, description: `Invoice ${invoice.number}` });
  if (invoice.status === 'open') engine.emit('invoice.sent', invoice);
  return invoice;
}

function manualItems(engine: Engine, items: readonly Item[]): Omit<InvoiceItem, 'id'>[] {
  return items.map((item) => ({
    price: item.price,
    quantity: item.quantity,
    subscriptionItem: null,
    amount: itemAmount(engine, item),
    proration: false,
  }));
}
