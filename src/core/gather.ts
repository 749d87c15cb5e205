import { referencesOf } from './references.ts';
import type {
  BalanceTransactionObject,
  ChargeObject,
  CheckoutSessionObject,
  CustomerObject,
  DisputeObject,
  InvoiceObject,
  InvoicePaymentObject,
  ObjectKind,
  PaymentIntentObject,
  PaymentKind,
  ProviderObject,
  RefundObject,
  SubscriptionObject,
} from './payment.ts';

/** Stripe's `created` has 1 s resolution: money moves at the end of its second, after the hits of the same second. */
export function endOfSecond(createdAt: number): number {
  return createdAt + 999;
}

const DESCRIBED_KINDS: Record<string, PaymentKind | undefined> = {
  __proto__: null as never,
  'Subscription creation': 'subscription_start',
  'Subscription update': 'subscription_renewal',
};
/** What Stripe's own description of the charges it makes for subscriptions says; null: nothing. */
export function describedKind(charge: ChargeObject | null): PaymentKind | null {
  return DESCRIBED_KINDS[charge?.description ?? ''] ?? null;
}

/**
 * Everything known that bears on one payment, each object in the role it plays. Lists are in the order of ids; invoices,
 * of which one payment can pay several, in the order of what it paid of each.
 */
export interface PaymentFacts {
  charge: ChargeObject | null;
  intent: PaymentIntentObject | null;
  refunds: RefundObject[];
  disputes: DisputeObject[];
  balanceTransactions: Map<string, BalanceTransactionObject>;
  invoicePayments: InvoicePaymentObject[];
  invoiceIds: string[];
  invoices: InvoiceObject[];
  subscriptionIds: string[];
  subscriptions: SubscriptionObject[];
  customerIds: string[];
  customers: CustomerObject[];
  sessions: {
    byIntent: CheckoutSessionObject[];
    bySubscription: CheckoutSessionObject[];
    byInvoice: CheckoutSessionObject[];
    /** Sessions of the same customer, created no later than the payment. */
    byCustomer: CheckoutSessionObject[];
  };
}

type Of<K extends ObjectKind> = Extract<ProviderObject, { kind: K }>;
const distinct = (ids: readonly (string | null | undefined)[]): string[] => [
  ...new Set(ids.filter((id): id is string => typeof id === 'string' && id !== '')),
];
/** Two references do not contradict each other while one is unknown. */
const agree = (a: string | null | undefined, b: string | null | undefined) => !a || !b || a === b;

/**
 * Picks from any set of merged objects those that bear on a charge. `objects` may hold more than needed, in any order;
 * the answer depends on the set alone.
 */
export function gather(chargeId: string, objects: readonly ProviderObject[]): PaymentFacts {
  const sorted = [...objects].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const of: Known = (kind) => sorted.filter((object) => object.kind === kind) as never;
  const charge = of('charge').find((object) => object.id === chargeId) ?? null;
  const intentId = charge?.paymentIntent ?? null;
  const intent = of('payment_intent').find((object) => object.id === intentId) ?? null;
  const payer = charge?.customer ?? intent?.customer ?? null;
  const byIntent = of('checkout_session').filter((session) => {
    if (session.paymentIntent !== null) return session.paymentIntent === intentId;
    // Merchants can write the order reference, so it only counts while nothing speaks against it.
    return session.id === intent?.orderReference && agree(session.customer, payer);
  });

  const billing = gatherBilling(of, { chargeId, charge, intent, payer, byIntent });
  const { invoices, subscriptions } = billing;
  const sessions = gatherSessions(of, byIntent, billing);
  const linked = [...byIntent, ...sessions.bySubscription, ...sessions.byInvoice];
  const customerIds = distinct([
    charge?.customer,
    intent?.customer,
    ...[...linked, ...invoices, ...subscriptions].map((object) => object.customer),
  ]);
  const byCustomer = earlierSessions(of, customerIds, linked, charge?.createdAt ?? null);
  const refunds = of('refund').filter((refund) => ownsReversal(charge, refund, of('charge')));
  const disputes = of('dispute').filter((dispute) => ownsReversal(charge, dispute, of('charge')));
  return {
    charge,
    intent,
    refunds,
    disputes,
    balanceTransactions: balanceTransactions(of('balance_transaction'), [charge, ...refunds, ...disputes]),
    ...billing,
    customerIds,
    customers: of('customer').filter((customer) => customerIds.includes(customer.id)),
    sessions: { byIntent, ...sessions, byCustomer },
  };
}

/** Known objects of a kind, in the order of their ids. */
type Known = <K extends ObjectKind>(kind: K) => Of<K>[];
type Billing = Pick<PaymentFacts, 'invoicePayments' | 'invoiceIds' | 'invoices' | 'subscriptionIds' | 'subscriptions'>;

/** Invoices by (i) the old direct references, (ii) invoice payments, (iii) the order reference, and their subscriptions. */
function gatherBilling(
  of: Known,
  from: Pick<PaymentFacts, 'charge' | 'intent'> & {
    chargeId: string;
    payer: string | null;
    byIntent: readonly CheckoutSessionObject[];
  },
): Billing {
  const { chargeId, charge, intent, payer, byIntent } = from;
  const intentId = charge?.paymentIntent ?? null;
  const invoicePayments = of('invoice_payment').filter(
    (object) => (intentId !== null && object.paymentIntent === intentId) || object.charge === chargeId,
  );
  const namesCharge = (invoice: InvoiceObject) =>
    invoice.charge === chargeId || (intentId !== null && invoice.paymentIntents.includes(intentId));
  const hinted = intent?.orderReference?.startsWith('in_') ? intent.orderReference : null;
  const hint = of('invoice').find((invoice) => invoice.id === hinted);
  const isRefuted = hint && !(agree(hint.customer, payer) && (hint.paymentIntents.length === 0 || namesCharge(hint)));
  const invoiceIds = distinct([
    charge?.invoice,
    intent?.invoice,
    ...invoicePayments.map((object) => object.invoice),
    ...of('invoice')
      .filter(namesCharge)
      .map((invoice) => invoice.id),
    ...byIntent.map((session) => session.invoice),
    isRefuted ? null : hinted,
  ]);
  const paidOf = (invoice: InvoiceObject) =>
    invoicePayments.filter((it) => it.invoice === invoice.id).reduce((sum, it) => sum + it.amountPaidMinor, 0);
  const invoices = of('invoice')
    .filter((invoice) => invoiceIds.includes(invoice.id))
    .sort((a, b) => paidOf(b) - paidOf(a) || (a.id < b.id ? -1 : 1));
  const subscriptionIds = distinct([
    ...invoices.map((invoice) => invoice.subscription),
    ...byIntent.map((session) => session.subscription),
  ]);
  const subscriptions = of('subscription').filter((object) => subscriptionIds.includes(object.id));
  return { invoicePayments, invoiceIds, invoices, subscriptionIds, subscriptions };
}

/** Each session on its best rung only. */
function gatherSessions(of: Known, byIntent: readonly CheckoutSessionObject[], billing: Billing) {
  const names = (ids: readonly string[], id: string | null) => id !== null && ids.includes(id);
  const others = of('checkout_session').filter((session) => !byIntent.includes(session));
  const bySubscription = others.filter((session) => names(billing.subscriptionIds, session.subscription));
  const byInvoice = others.filter(
    (session) => names(billing.invoiceIds, session.invoice) && !bySubscription.includes(session),
  );
  return { bySubscription, byInvoice };
}

/** A refund or dispute that names only its payment intent belongs to the intent's first charge that succeeded. */
function ownsReversal(
  charge: ChargeObject | null,
  reversal: RefundObject | DisputeObject,
  charges: readonly ChargeObject[],
): boolean {
  if (!charge) return false;
  if (reversal.charge !== null) return reversal.charge === charge.id;
  if (reversal.paymentIntent === null || reversal.paymentIntent !== charge.paymentIntent) return false;
  const paid = charges.filter(
    (other) => other.paymentIntent === reversal.paymentIntent && other.amountCapturedMinor > 0,
  );
  return paid[0]?.id === charge.id;
}

function balanceTransactions(
  known: readonly BalanceTransactionObject[],
  movers: readonly (ChargeObject | RefundObject | DisputeObject | null)[],
): Map<string, BalanceTransactionObject> {
  const owners = new Set(movers.map((object) => object?.id));
  const named = new Set(movers.flatMap((object) => (object ? referencesOf(object) : [])));
  return new Map(
    known
      .filter((object) => named.has(object.id) || (object.source !== null && owners.has(object.source)))
      .map((object) => [object.id, object]),
  );
}

/** What bears on an invoice that was paid by other means than the provider: it stands where a charge would. */
export function gatherOffStripe(invoice: InvoiceObject, objects: readonly ProviderObject[]): PaymentFacts {
  const sorted = [...objects].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const of: Known = (kind) => sorted.filter((object) => object.kind === kind) as never;
  const billing: Billing = {
    invoicePayments: of('invoice_payment').filter((it) => it.invoice === invoice.id),
    invoiceIds: [invoice.id],
    invoices: [invoice],
    subscriptionIds: distinct([invoice.subscription]),
    subscriptions: of('subscription').filter((it) => it.id === invoice.subscription),
  };
  const sessions = gatherSessions(of, [], billing);
  const linked = [...sessions.bySubscription, ...sessions.byInvoice];
  const customerIds = distinct([invoice, ...linked, ...billing.subscriptions].map((object) => object.customer));
  const paidAt = invoice.paidAt ?? invoice.createdAt;
  return {
    charge: null,
    intent: null,
    refunds: [],
    disputes: [],
    balanceTransactions: new Map(),
    ...billing,
    customerIds,
    customers: of('customer').filter((customer) => customerIds.includes(customer.id)),
    sessions: { byIntent: [], ...sessions, byCustomer: earlierSessions(of, customerIds, linked, paidAt) },
  };
}

/** Sessions of these customers that are on no better rung, opened no later than the payment. */
function earlierSessions(
  of: Known,
  customerIds: readonly string[],
  linked: readonly CheckoutSessionObject[],
  paidAt: number | null,
): CheckoutSessionObject[] {
  return of('checkout_session').filter(
    (session) =>
      session.customer !== null &&
      customerIds.includes(session.customer) &&
      !linked.includes(session) &&
      (session.createdAt === null || paidAt === null || session.createdAt <= paidAt),
  );
}
