import { couponOf } from './fold-sale.ts';
import { describedKind } from './gather.ts';
import type { PaymentFacts } from './gather.ts';
import { isWellFormedId } from './link.ts';
import type { Link } from './link.ts';
import type { DisputeObject, InvoiceObject, ProviderObject, WantedObject } from './payment.ts';

/**
 * What to ask the provider about a payment: money facts always (fee, refunds not yet itemised), links only until a
 * well-formed visitor id was found. Nothing of this delays booking.
 */
export function wantsOf(chargeId: string, facts: PaymentFacts, links: readonly Link[]): WantedObject[] {
  const { charge } = facts;
  if (!charge || charge.createdAt === null || charge.currency === null) {
    return [{ kind: 'charge', by: null, id: chargeId }];
  }
  // Money that never moved needs no explanation, and of other providers' money Stripe knows nothing.
  if (charge.amountCapturedMinor === 0 || charge.outside !== undefined) return [];
  const linking = isLinked(links) ? [] : linkWants(facts);
  return distinct([...moneyWants(facts), ...kindWants(facts), ...linking, ...itemWants(facts)]);
}

/** What to ask about an invoice that was paid off Stripe: whose it is and what was sold, nothing about money. */
export function wantsOfInvoice(facts: PaymentFacts, links: readonly Link[]): WantedObject[] {
  return distinct([
    ...subscriptionWants(facts),
    ...invoiceWants(facts),
    ...(isLinked(links) ? [] : [...sessionWants(facts), ...customerWants(facts)]),
  ]);
}

function isLinked(links: readonly Link[]): boolean {
  return links.some((link) => (link.claim === 'visitor' || link.claim === 'session') && isWellFormedId(link.value));
}

function distinct(wants: readonly WantedObject[]): WantedObject[] {
  const seen = new Set<string>();
  return wants.filter((want) => {
    const key = `${want.kind} ${want.by} ${want.id}`;
    return !seen.has(key) && seen.add(key);
  });
}

function moneyWants(facts: PaymentFacts): WantedObject[] {
  const charge = facts.charge!;
  const known = facts.balanceTransactions;
  const ids = [
    ...[charge, ...facts.refunds].flatMap((object) => [object.balanceTransaction, object.failureBalanceTransaction]),
    ...facts.disputes.flatMap((dispute) => [...dispute.balanceTransactions, dispute.withdrawal]),
  ];
  const wants: WantedObject[] = ids
    .filter((id): id is string => id !== null && !known.has(id))
    .map((id) => ({ kind: 'balance_transaction', by: null, id }));
  const isSettled = charge.balanceTransaction !== null || [...known.values()].some((it) => it.source === charge.id);
  // With asynchronous capture the balance transaction comes by a later charge.updated, or never to this endpoint.
  if (!isSettled || isPartlySettled(facts)) wants.push({ kind: 'balance_transaction', by: 'charge', id: charge.id });
  const isUnheard = charge.isDisputed === true && facts.disputes.length === 0;
  if (isUnheard || facts.disputes.some((dispute) => lacksReinstatement(dispute, facts))) {
    wants.push({ kind: 'dispute', by: 'charge', id: charge.id });
  }
  const itemised = facts.refunds.reduce((sum, refund) => sum + refund.amountMinor, 0);
  if (charge.amountRefundedMinor > itemised) wants.push({ kind: 'refund', by: 'charge', id: charge.id });
  return wants;
}

/** A dispute that was won gives back what it took, by an event of its own. */
function lacksReinstatement(dispute: DisputeObject, { balanceTransactions }: PaymentFacts): boolean {
  const own = dispute.balanceTransactions.flatMap((id) => balanceTransactions.get(id)?.amountMinor ?? []);
  return dispute.status === 'won' && own.reduce((sum, amount) => sum + amount, 0) < 0;
}

/**
 * Several captures have several balance transactions, and the charge names one. In one currency the amounts tell (a
 * partial capture is settled as a whole, and its rest taken back); in two, only that it could have been so.
 */
function isPartlySettled({ charge, balanceTransactions }: PaymentFacts): boolean {
  const { id, currency, amountMinor, amountCapturedMinor, status, isHeld } = charge!;
  const own = [...balanceTransactions.values()].filter((it) => it.source === id && it.type !== 'adjustment');
  if (own.length === 0 || status !== 'succeeded') return false;
  if (own.some((it) => it.currency !== currency)) return isHeld === true || amountCapturedMinor < amountMinor;
  const settledMinor = own.reduce((sum, it) => sum + it.amountMinor, 0);
  return settledMinor !== amountCapturedMinor && settledMinor !== amountMinor;
}

/**
 * Invoice and subscription tell the payment's kind and where its path ends. A charge that Stripe describes as a
 * subscription's has an invoice even when none is known: its visitor may come from a return page or an earlier session.
 */
function kindWants(facts: PaymentFacts): WantedObject[] {
  const knownInvoices = new Set(facts.invoices.map((invoice) => invoice.id));
  const intentId = facts.charge!.paymentIntent;
  const hasUnknownInvoice = intentId !== null && facts.invoiceIds.length === 0 && describedKind(facts.charge) !== null;
  return [
    ...(hasUnknownInvoice ? [{ kind: 'invoice_payment', by: 'payment_intent', id: intentId } as const] : []),
    ...facts.invoiceIds
      .filter((id) => !knownInvoices.has(id))
      .map((id): WantedObject => ({ kind: 'invoice', by: null, id })),
    ...subscriptionWants(facts),
  ];
}

function subscriptionWants(facts: PaymentFacts): WantedObject[] {
  const known = new Set(facts.subscriptions.map((subscription) => subscription.id));
  return facts.subscriptionIds
    .filter((id) => !known.has(id))
    .map((id): WantedObject => ({ kind: 'subscription', by: null, id }));
}

/** Lines say what was sold. Invoices carry their first ones; a session shows its first ones only when asked. */
function itemWants(facts: PaymentFacts): WantedObject[] {
  if (facts.invoiceIds.length > 0) return invoiceWants(facts);
  return facts.sessions.byIntent
    .filter((session) => session.mode === 'payment')
    .filter((session) => (session.item ?? null) === null || session.linesShown === 'some')
    .map((session): WantedObject => ({ kind: 'checkout_session', by: 'checkout_session', id: session.id }));
}

/** An invoice by itself shows all its lines, and the coupons of its discounts. */
function invoiceWants(facts: PaymentFacts): WantedObject[] {
  const lacksCoupon = (invoice: InvoiceObject) =>
    (invoice.discount ?? null) !== null && couponOf(invoice, facts) === null;
  return facts.invoices
    .filter((invoice) => invoice.linesShown === 'some' || lacksCoupon(invoice))
    .map((invoice): WantedObject => ({ kind: 'invoice', by: 'invoice', id: invoice.id }));
}

function linkWants(facts: PaymentFacts): WantedObject[] {
  const { intent, sessions } = facts;
  const intentId = facts.charge!.paymentIntent;
  const wants: WantedObject[] = [];
  if (intentId !== null) {
    if (!intent) wants.push({ kind: 'payment_intent', by: null, id: intentId });
    const hinted = intent?.orderReference;
    if (sessions.byIntent.length === 0) {
      wants.push({ kind: 'checkout_session', by: 'payment_intent', id: intentId });
      if (hinted?.startsWith('cs_')) wants.push({ kind: 'checkout_session', by: null, id: hinted });
    }
    if (facts.invoiceIds.length === 0) wants.push({ kind: 'invoice_payment', by: 'payment_intent', id: intentId });
  }
  return [...wants, ...sessionWants(facts), ...customerWants(facts)];
}

function sessionWants({ sessions, subscriptionIds }: PaymentFacts): WantedObject[] {
  if (sessions.byIntent.length + sessions.bySubscription.length > 0) return [];
  return subscriptionIds.map((id) => ({ kind: 'checkout_session', by: 'subscription', id }));
}

function customerWants(facts: PaymentFacts): WantedObject[] {
  const wants: WantedObject[] = [];
  const knownCustomers = new Set(facts.customers.map((customer) => customer.id));
  for (const id of facts.customerIds) {
    if (!knownCustomers.has(id)) wants.push({ kind: 'customer', by: null, id });
    wants.push({ kind: 'checkout_session', by: 'customer', id });
  }
  return wants;
}

/**
 * What would lead from an object to its charge when no charge points at it: an endpoint that is not sent charge events
 * (only checkout.session.completed, only invoice.paid) must not miss the payment.
 */
export function wantsTowardsCharge(object: ProviderObject): WantedObject[] {
  switch (object.kind) {
    case 'checkout_session':
      if (object.paymentStatus !== 'paid') return [];
      if (object.paymentIntent !== null) return [{ kind: 'charge', by: 'payment_intent', id: object.paymentIntent }];
      if (object.invoice !== null) return [{ kind: 'invoice_payment', by: 'invoice', id: object.invoice }];
      return [];
    case 'invoice':
      if (object.amountPaidMinor === 0 || object.charge !== null) return [];
      return [
        ...object.paymentIntents.map((id): WantedObject => ({ kind: 'charge', by: 'payment_intent', id })),
        // Its intent may have been canceled because it was paid otherwise.
        { kind: 'invoice_payment', by: 'invoice', id: object.id },
      ];
    case 'invoice_payment':
      if (object.status !== 'paid' || object.charge !== null || object.paymentIntent === null) return [];
      return [{ kind: 'charge', by: 'payment_intent', id: object.paymentIntent }];
    case 'refund':
    case 'dispute':
      if (object.charge !== null || object.paymentIntent === null) return [];
      return [{ kind: 'charge', by: 'payment_intent', id: object.paymentIntent }];
    default:
      return [];
  }
}
