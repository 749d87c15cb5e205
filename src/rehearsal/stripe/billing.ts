import type { Engine, Outcome } from './engine.ts';
import { confirmIntent, createIntent } from './money.ts';
import type {
  ChargeRow,
  CustomerRow,
  Interval,
  InvoiceRow,
  Item,
  Metadata,
  PriceRow,
  SubscriptionRow,
} from './rows.ts';
import type { ApiVersion } from './versions.ts';

/** Customers, prices, subscriptions and their invoices. */

const DAY_SECONDS = 86_400;
const PERIOD_SECONDS: Record<Interval, number> = {
  day: DAY_SECONDS,
  week: 7 * DAY_SECONDS,
  month: 30 * DAY_SECONDS,
  year: 365 * DAY_SECONDS,
};

export function createCustomer(
  { state, now, emit }: Engine,
  input: { email: string | null; name?: string | null; metadata?: Metadata },
): CustomerRow {
  const customer = state.add({
    object: 'customer' as const,
    id: state.newId('customer'),
    created: now(),
    email: input.email,
    name: input.name ?? null,
    metadata: { ...input.metadata },
  });
  emit('customer.created', customer);
  return customer;
}

export function createProduct({ state, now }: Engine, name: string, metadata: Metadata = {}): string {
  return state.add({ object: 'product' as const, id: state.newId('product'), created: now(), name, metadata }).id;
}

export interface PriceInput {
  amount: number;
  currency: string;
  interval: Interval | null;
  product?: string | null;
  productName?: string;
}

export function createPrice(engine: Engine, input: PriceInput): PriceRow {
  return engine.state.add({
    object: 'price' as const,
    id: engine.state.newId('price'),
    created: engine.now(),
    product: input.product ?? createProduct(engine, input.productName ?? 'Product'),
    unitAmount: input.amount,
    currency: input.currency,
    interval: input.interval,
    metadata: {},
  });
}

export function totalOf({ state }: Engine, items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + state.need('price', item.price).unitAmount * item.quantity, 0);
}

export interface SubscriptionInput {
  customer: CustomerRow;
  items: readonly Item[];
  metadata: Metadata;
  trialDays?: number;
  version: ApiVersion;
}

/** A subscription with its first invoice, open and unpaid; or in trial, with a first invoice of zero. */
export function startSubscription(
  engine: Engine,
  input: SubscriptionInput,
): { subscription: SubscriptionRow; invoice: InvoiceRow } {
  const { state, now, emit } = engine;
  const first = state.need('price', input.items[0]!.price);
  const interval = first.interval ?? 'month';
  const trialSeconds = (input.trialDays ?? 0) * DAY_SECONDS;
  const subscription: SubscriptionRow = state.add({
    object: 'subscription' as const,
    id: state.newId('subscription'),
    created: now(),
    customer: input.customer.id,
    currency: first.currency,
    metadata: { ...input.metadata },
    status: trialSeconds > 0 ? ('trialing' as const) : ('incomplete' as const),
    items: input.items.map((item) => ({ ...item, id: `si_${state.token(14)}` })),
    interval,
    latestInvoice: null,
    periodStart: now(),
    periodEnd: now() + (trialSeconds || PERIOD_SECONDS[interval]),
    trialEnd: trialSeconds > 0 ? now() + trialSeconds : null,
    canceledAt: null,
  });
  const amount = trialSeconds > 0 ? 0 : totalOf(engine, input.items);
  const invoice = addInvoice(engine, {
    customer: input.customer,
    currency: first.currency,
    amount,
    billingReason: 'subscription_create',
    subscription,
    items: subscription.items,
  });
  subscription.latestInvoice = invoice.id;
  emit('customer.subscription.created', subscription);
  finalise(engine, invoice, input.version, 'Subscription creation');
  return { subscription, invoice };
}

/** Pays an open invoice through its intent; the subscription becomes active. Null: nothing was due. */
export function payInvoice(engine: Engine, invoice: InvoiceRow, outcome: Outcome): ChargeRow | null {
  if (invoice.paymentIntent === null) return null;
  const intent = engine.state.need('payment_intent', invoice.paymentIntent);
  return confirmIntent(engine, intent, outcome, (charge) => settleInvoice(engine, charge));
}

/** After a charge of an invoice's intent got its outcome, wherever it was confirmed: marks the invoice. */
export function settleInvoice(engine: Engine, charge: ChargeRow): void {
  const { state, emit } = engine;
  const invoice = state.get('invoice', charge.invoice);
  if (!invoice || invoice.status === 'paid') return;
  if (charge.status === 'failed') emit('invoice.payment_failed', invoice);
  if (charge.status !== 'succeeded') return;
  markPaid(engine, invoice, charge);
  const subscription = state.get('subscription', invoice.subscription);
  if (!subscription || subscription.status === 'active') return;
  const before = subscription.status;
  subscription.status = 'active';
  emit('customer.subscription.updated', subscription, { status: before });
}

/** The next period: a new invoice with its own intent and charge. */
export function renewSubscription(
  engine: Engine,
  subscription: SubscriptionRow,
  outcome: Outcome,
): { invoice: InvoiceRow; charge: ChargeRow | null } {
  const { state, now, emit } = engine;
  const previous = state.need('invoice', subscription.latestInvoice!);
  subscription.periodStart = now();
  subscription.periodEnd = now() + PERIOD_SECONDS[subscription.interval];
  const invoice = addInvoice(engine, {
    customer: state.need('customer', subscription.customer),
    currency: subscription.currency,
    amount: totalOf(engine, subscription.items),
    billingReason: 'subscription_cycle',
    subscription,
    items: subscription.items,
  });
  subscription.latestInvoice = invoice.id;
  emit('customer.subscription.updated', subscription, { latest_invoice: previous.id });
  const earlier = state.get('payment_intent', previous.paymentIntent);
  finalise(engine, invoice, earlier?.version ?? engine.settings.defaultVersion, 'Subscription update');
  return { invoice, charge: payInvoice(engine, invoice, outcome) };
}

/** An invoice made after a one-time checkout payment (`invoice_creation`). */
export function invoiceOneTime(
  engine: Engine,
  input: { customer: CustomerRow; items: readonly Item[]; metadata: Metadata; charge: ChargeRow },
): InvoiceRow {
  const { customer, charge } = input;
  const invoice = addInvoice(engine, {
    customer,
    currency: charge.currency,
    amount: charge.amount,
    billingReason: 'manual',
    subscription: null,
    items: input.items,
  });
  invoice.metadata = { ...input.metadata };
  addInvoicePayment(engine, invoice, charge.paymentIntent);
  engine.emit('invoice.created', invoice);
  engine.emit('invoice.finalized', invoice);
  markPaid(engine, invoice, charge);
  return invoice;
}

export function updateSubscription({ emit }: Engine, subscription: SubscriptionRow, metadata: Metadata): void {
  const before = subscription.metadata;
  subscription.metadata = { ...metadata };
  emit('customer.subscription.updated', subscription, { metadata: before });
}

export function cancelSubscription({ now, emit }: Engine, subscription: SubscriptionRow): void {
  subscription.status = 'canceled';
  subscription.canceledAt = now();
  emit('customer.subscription.deleted', subscription);
}

interface InvoiceInput {
  customer: CustomerRow;
  currency: string;
  amount: number;
  billingReason: InvoiceRow['billingReason'];
  subscription: SubscriptionRow | null;
  items: readonly (Item & { id?: string })[];
}

function addInvoice({ state, now }: Engine, input: InvoiceInput): InvoiceRow {
  const { subscription } = input;
  return state.add({
    object: 'invoice' as const,
    id: state.newId('invoice'),
    created: now(),
    customer: input.customer.id,
    email: input.customer.email,
    currency: input.currency,
    amountDue: input.amount,
    amountPaid: 0,
    status: 'open' as const,
    billingReason: input.billingReason,
    metadata: {},
    subscription: subscription?.id ?? null,
    // The snapshot: what the subscription's metadata is at finalisation, whatever it becomes later.
    subscriptionMetadata: { ...subscription?.metadata },
    items: input.items.map(({ price, quantity, id }) => ({
      price,
      quantity,
      id: `il_1${state.token(23)}`,
      subscriptionItem: subscription === null ? null : (id ?? null),
    })),
    periodStart: subscription?.periodStart ?? now(),
    periodEnd: subscription?.periodEnd ?? now(),
    paymentIntent: null,
    charge: null,
    number: `${state.token(8).toUpperCase()}-0001`,
    paidAt: null,
  });
}

/** With money due the invoice gets its intent, without it is paid on the spot. */
function finalise(engine: Engine, invoice: InvoiceRow, version: ApiVersion, description: string): void {
  if (invoice.amountDue > 0) {
    const intent = createIntent(engine, {
      amount: invoice.amountDue,
      currency: invoice.currency,
      version,
      customer: invoice.customer,
      // Neither the invoice's nor the subscription's metadata reaches the intent.
      metadata: {},
      description,
      invoice: invoice.id,
      orderReference: invoice.id,
    });
    addInvoicePayment(engine, invoice, intent.id);
  }
  engine.emit('invoice.created', invoice);
  engine.emit('invoice.finalized', invoice);
  if (invoice.amountDue === 0) markPaid(engine, invoice, null);
}

function addInvoicePayment(engine: Engine, invoice: InvoiceRow, intent: string): void {
  const { state, now } = engine;
  invoice.paymentIntent = intent;
  const payment = state.add({
    object: 'invoice_payment' as const,
    id: state.newId('invoice_payment'),
    created: now(),
    invoice: invoice.id,
    paymentIntent: intent,
    amountRequested: invoice.amountDue,
    amountPaid: null,
    currency: invoice.currency,
    status: 'open' as const,
    paidAt: null,
  });
  engine.invoicePayments.set(intent, payment.id);
}

function markPaid(engine: Engine, invoice: InvoiceRow, charge: ChargeRow | null): void {
  const { state, now, emit } = engine;
  invoice.status = 'paid';
  invoice.amountPaid = invoice.amountDue;
  invoice.charge = charge?.id ?? null;
  invoice.paidAt = now();
  emit('invoice.paid', invoice);
  emit('invoice.payment_succeeded', invoice);
  const payment = state.get('invoice_payment', engine.invoicePayments.get(charge?.paymentIntent ?? '') ?? null);
  if (!payment) return;
  payment.status = 'paid';
  payment.amountPaid = payment.amountRequested;
  payment.paidAt = now();
  emit('invoice_payment.paid', payment);
}
