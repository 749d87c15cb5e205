import { cancelIntent } from './capture.ts';
import { addToBalance } from './customers.ts';
import type { Engine, Outcome } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import type { InvoiceItem, InvoicePaymentRow, InvoiceRow, Metadata, SubscriptionRow, Terms } from './billing-rows.ts';
import { NO_TERMS } from './billing-rows.ts';
import { confirmIntent, createIntent } from './money.ts';
import { billOf, discounted, itemDiscounts } from './prices.ts';
import type { ChargeRow, Connect, CustomerRow } from './rows.ts';
import type { ApiVersion } from './versions.ts';

/** Invoices and how they are paid: by one payment intent, by several, together with others, or outside Stripe. */

export interface InvoiceInput {
  customer: CustomerRow;
  currency: string;
  billingReason: InvoiceRow['billingReason'];
  subscription: SubscriptionRow | null;
  items: readonly Omit<InvoiceItem, 'id'>[];
  terms?: Terms;
  metadata?: Metadata;
}

export function addInvoice(engine: Engine, input: InvoiceInput): InvoiceRow {
  const { state, now } = engine;
  const { subscription, customer } = input;
  const terms = input.terms ?? NO_TERMS;
  const subtotal = input.items.reduce((sum, item) => sum + item.amount, 0);
  const discountable = discounted(state, terms, input.items).reduce((sum, item) => sum + item.amount, 0);
  const { currency } = input;
  const bill = billOf(engine, subtotal, subtotal > 0 ? terms : { ...terms, shipping: 0 }, { discountable, currency });
  const own = itemDiscounts(input.items);
  bill.discount += own;
  bill.total -= own;
  const startingBalance = customer.balance;
  // Credit pays first. What a downgrade gives back becomes credit.
  const amountDue = Math.max(0, bill.total + startingBalance);
  return state.add({
    object: 'invoice' as const,
    id: state.newId('invoice'),
    created: now(),
    customer: customer.id,
    email: customer.email,
    currency: input.currency,
    bill,
    terms,
    amountDue,
    amountPaid: 0,
    amountPaidOffStripe: 0,
    amountOverpaid: 0,
    startingBalance,
    endingBalance: Math.min(0, bill.total + startingBalance),
    prePaymentCredit: 0,
    postPaymentCredit: 0,
    paidOutOfBand: false,
    status: 'open' as const,
    billingReason: input.billingReason,
    metadata: { ...input.metadata },
    subscription: subscription?.id ?? null,
    // The snapshot: what the subscription's metadata is at finalisation, whatever it becomes later.
    subscriptionMetadata: { ...subscription?.metadata },
    items: input.items.map((item) => ({ ...item, id: `il_1${state.token(23)}` })),
    periodStart: subscription?.periodStart ?? now(),
    periodEnd: subscription?.periodEnd ?? now(),
    paymentIntent: null,
    charge: null,
    number: `${state.token(8).toUpperCase()}-0001`,
    paidAt: null,
    voidedAt: null,
    testClock: customer.testClock,
  });
}

export interface Finalising {
  version: ApiVersion;
  description: string;
  connect?: Connect;
}

/** With money due the invoice gets its intent, without it is paid on the spot. */
export function finalise(engine: Engine, invoice: InvoiceRow, { version, description, connect }: Finalising): void {
  const customer = engine.state.need('customer', invoice.customer);
  if (customer.balance !== invoice.endingBalance)
    addToBalance(engine, customer, invoice.endingBalance - customer.balance);
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
      connect,
    });
    invoice.paymentIntent = intent.id;
    addInvoicePayment(engine, invoice, { paymentIntent: intent.id, amount: invoice.amountDue });
  }
  engine.emit('invoice.created', invoice);
  engine.emit('invoice.finalized', invoice);
  if (invoice.amountDue === 0) markPaid(engine, invoice);
}

/** Pays an open invoice through its intent. Null: nothing was due. */
export function payInvoice(engine: Engine, invoice: InvoiceRow, outcome: Outcome): ChargeRow | null {
  if (invoice.paymentIntent === null || invoice.status !== 'open') return null;
  const intent = engine.state.need('payment_intent', invoice.paymentIntent);
  return confirmIntent(engine, intent, outcome, (charge) => settleInvoice(engine, charge));
}

/** After a charge got its outcome, wherever its intent was confirmed: what it means for the invoices it pays. */
export function settleInvoice(engine: Engine, charge: ChargeRow): void {
  const { state, emit } = engine;
  for (const id of engine.invoicePayments.get(charge.paymentIntent) ?? []) {
    const payment = state.need('invoice_payment', id);
    const invoice = state.need('invoice', payment.invoice);
    if (payment.status !== 'open') continue;
    if (charge.status === 'failed') {
      emit('invoice.payment_failed', invoice);
      const subscription = state.get('subscription', invoice.subscription);
      if (invoice.billingReason === 'subscription_cycle') changeStatus(engine, subscription, 'past_due');
    }
    if (charge.status !== 'succeeded') continue;
    invoice.charge ??= charge.id;
    receive(engine, invoice, payment, payment.amountRequested);
  }
}

/** One payment intent for several invoices: each gets its own invoice payment. */
export function payTogether(engine: Engine, invoices: readonly InvoiceRow[], outcome: Outcome): ChargeRow {
  const [first] = invoices as [InvoiceRow, ...InvoiceRow[]];
  for (const invoice of invoices) releaseIntent(engine, invoice);
  const intent = createIntent(engine, {
    amount: invoices.reduce((sum, invoice) => sum + remainingOf(invoice), 0),
    currency: first.currency,
    version: engine.settings.defaultVersion,
    customer: first.customer,
    metadata: {},
    description: `${invoices.length} invoices`,
  });
  for (const invoice of invoices) {
    addInvoicePayment(engine, invoice, { paymentIntent: intent.id, amount: remainingOf(invoice) });
  }
  return confirmIntent(engine, intent, outcome, (charge) => settleInvoice(engine, charge));
}

/** One of several payment intents of an invoice. What is paid beyond the amount due becomes the customer's credit. */
export function payPart(engine: Engine, invoice: InvoiceRow, amount: number, outcome: Outcome = 'succeeds'): ChargeRow {
  if (invoice.status !== 'open') throw notOpen(invoice);
  releaseIntent(engine, invoice);
  const intent = createIntent(engine, {
    amount,
    currency: invoice.currency,
    version: engine.settings.defaultVersion,
    customer: invoice.customer,
    metadata: {},
    description: `Part of invoice ${invoice.number}`,
    orderReference: invoice.id,
  });
  addInvoicePayment(engine, invoice, { paymentIntent: intent.id, amount });
  return confirmIntent(engine, intent, outcome, (charge) => settleInvoice(engine, charge));
}

/** Paid in cash or by another processor: no charge, no balance transaction. */
export function payOffStripe(engine: Engine, invoice: InvoiceRow, how: 'out_of_band' | 'payment_record'): void {
  if (invoice.status !== 'open') throw notOpen(invoice);
  const amount = remainingOf(invoice);
  releaseIntent(engine, invoice);
  invoice.amountPaidOffStripe = amount;
  if (how === 'out_of_band') {
    invoice.paidOutOfBand = true;
    invoice.amountPaid += amount;
    markPaid(engine, invoice, { offStripe: true });
    return;
  }
  const record = `prec_1${engine.state.token(23)}`;
  receive(engine, invoice, addInvoicePayment(engine, invoice, { paymentRecord: record, amount }), amount);
}

export function voidInvoice(engine: Engine, invoice: InvoiceRow): void {
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') throw notOpen(invoice);
  releaseIntent(engine, invoice);
  invoice.status = 'void';
  invoice.voidedAt = engine.now();
  // Credit that paid a part of it comes back.
  const used = invoice.endingBalance - invoice.startingBalance;
  if (used !== 0) addToBalance(engine, engine.state.need('customer', invoice.customer), -used);
  engine.emit('invoice.voided', invoice);
}

export function markUncollectible({ emit }: Engine, invoice: InvoiceRow): void {
  if (invoice.status !== 'open') throw notOpen(invoice);
  invoice.status = 'uncollectible';
  emit('invoice.marked_uncollectible', invoice);
}

export function remainingOf(invoice: InvoiceRow): number {
  return Math.max(0, invoice.amountDue - invoice.amountPaid);
}

interface PaymentInput {
  paymentIntent?: string;
  paymentRecord?: string;
  amount: number;
}

export function addInvoicePayment(engine: Engine, invoice: InvoiceRow, input: PaymentInput): InvoicePaymentRow {
  const { state, now, invoicePayments } = engine;
  const { paymentIntent = null, paymentRecord = null } = input;
  const payment: InvoicePaymentRow = state.add({
    object: 'invoice_payment' as const,
    id: state.newId('invoice_payment'),
    created: now(),
    invoice: invoice.id,
    paymentIntent,
    paymentRecord,
    amountRequested: input.amount,
    amountPaid: null,
    currency: invoice.currency,
    isDefault: paymentIntent !== null && invoice.paymentIntent === paymentIntent,
    status: 'open' as const,
    paidAt: null,
  });
  if (paymentIntent !== null) {
    invoicePayments.set(paymentIntent, [...(invoicePayments.get(paymentIntent) ?? []), payment.id]);
  }
  return payment;
}

/** Another way of paying was found: the invoice's own intent is cancelled, its invoice payment too. */
export function releaseIntent(engine: Engine, invoice: InvoiceRow): void {
  const { state, invoicePayments } = engine;
  const intent = state.get('payment_intent', invoice.paymentIntent);
  if (!intent || intent.status === 'succeeded' || intent.status === 'canceled') return;
  invoice.paymentIntent = null;
  for (const id of invoicePayments.get(intent.id) ?? []) state.need('invoice_payment', id).status = 'canceled';
  cancelIntent(engine, intent, 'void_invoice');
}

function receive(engine: Engine, invoice: InvoiceRow, payment: InvoicePaymentRow, amount: number): void {
  const { now, emit, state } = engine;
  // An invoice never takes more than is due; the rest is the customer's.
  const taken = Math.min(amount, remainingOf(invoice));
  payment.status = 'paid';
  payment.amountPaid = taken;
  payment.paidAt = now();
  invoice.amountPaid += taken;
  const over = amount - taken;
  if (over > 0) {
    invoice.amountOverpaid += over;
    addToBalance(engine, state.need('customer', invoice.customer), -over);
  }
  if (invoice.status === 'open' && remainingOf(invoice) === 0) {
    markPaid(engine, invoice, { offStripe: payment.paymentRecord !== null });
  }
  emit('invoice_payment.paid', payment);
  if (over > 0) emit('invoice.overpaid', invoice);
}

export function markPaid(engine: Engine, invoice: InvoiceRow, { offStripe = false } = {}): void {
  const { state, now, emit } = engine;
  invoice.status = 'paid';
  invoice.paidAt = now();
  emit('invoice.paid', invoice);
  // Told of payments through Stripe only.
  if (!offStripe) emit('invoice.payment_succeeded', invoice);
  const subscription = state.get('subscription', invoice.subscription);
  if (subscription?.status === 'trialing' && invoice.billingReason !== 'subscription_cycle') return;
  changeStatus(engine, subscription, 'active');
}

function changeStatus({ emit }: Engine, subscription: SubscriptionRow | undefined, to: 'active' | 'past_due'): void {
  if (!subscription || subscription.status === to || subscription.status === 'canceled') return;
  const before = subscription.status;
  subscription.status = to;
  emit('customer.subscription.updated', subscription, { status: before });
}

function notOpen(invoice: InvoiceRow): StripeRefusal {
  const message = `Invoice ${invoice.id} is ${invoice.status}; only an open invoice can be paid, voided or credited.`;
  return new StripeRefusal(400, { code: 'invoice_not_editable', message });
}
