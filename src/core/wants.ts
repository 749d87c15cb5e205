import { describedKind } from './gather.ts';
import type { PaymentFacts } from './gather.ts';
import { isWellFormedId } from './link.ts';
import type { Link } from './link.ts';
import type { ProviderObject, WantedObject } from './payment.ts';

/**
 * What to ask the provider about a payment: money facts always (fee, refunds not yet itemised), links only until a
 * well-formed visitor id was found. Nothing of this delays booking.
 */
export function wantsOf(chargeId: string, facts: PaymentFacts, links: readonly Link[]): WantedObject[] {
  const { charge } = facts;
  if (!charge || charge.createdAt === null || charge.currency === null) {
    return [{ kind: 'charge', by: null, id: chargeId }];
  }
  // Money that never moved needs no explanation.
  if (charge.amountCapturedMinor === 0) return [];
  const isLinked = links.some(
    (link) => (link.claim === 'visitor' || link.claim === 'session') && isWellFormedId(link.value),
  );
  const wants = [...moneyWants(facts), ...kindWants(facts), ...(isLinked ? [] : linkWants(facts))];
  const seen = new Set<string>();
  return wants.filter((want) => {
    const key = `${want.kind} ${want.by} ${want.id}`;
    return !seen.has(key) && seen.add(key);
  });
}

function moneyWants(facts: PaymentFacts): WantedObject[] {
  const charge = facts.charge!;
  const known = facts.balanceTransactions;
  const ids = [charge, ...facts.refunds].flatMap((object) => [
    object.balanceTransaction,
    object.failureBalanceTransaction,
  ]);
  const wants: WantedObject[] = ids
    .filter((id): id is string => id !== null && !known.has(id))
    .map((id) => ({ kind: 'balance_transaction', by: null, id }));
  const isSettled = charge.balanceTransaction !== null || [...known.values()].some((it) => it.source === charge.id);
  // With asynchronous capture the balance transaction comes by a later charge.updated, or never to this endpoint.
  if (!isSettled) wants.push({ kind: 'balance_transaction', by: 'charge', id: charge.id });
  const itemised = facts.refunds.reduce((sum, refund) => sum + refund.amountMinor, 0);
  if (charge.amountRefundedMinor > itemised) wants.push({ kind: 'refund', by: 'charge', id: charge.id });
  return wants;
}

/**
 * Invoice and subscription tell the payment's kind and where its path ends. A charge that Stripe describes as a
 * subscription's has an invoice even when none is known: its visitor may come from a return page or an earlier session.
 */
function kindWants(facts: PaymentFacts): WantedObject[] {
  const knownInvoices = new Set(facts.invoices.map((invoice) => invoice.id));
  const knownSubscriptions = new Set(facts.subscriptions.map((subscription) => subscription.id));
  const intentId = facts.charge!.paymentIntent;
  const hasUnknownInvoice = intentId !== null && facts.invoiceIds.length === 0 && describedKind(facts.charge) !== null;
  return [
    ...(hasUnknownInvoice ? [{ kind: 'invoice_payment', by: 'payment_intent', id: intentId } as const] : []),
    ...facts.invoiceIds
      .filter((id) => !knownInvoices.has(id))
      .map((id): WantedObject => ({ kind: 'invoice', by: null, id })),
    ...facts.subscriptionIds
      .filter((id) => !knownSubscriptions.has(id))
      .map((id): WantedObject => ({ kind: 'subscription', by: null, id })),
  ];
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
  if (sessions.byIntent.length + sessions.bySubscription.length === 0) {
    for (const id of facts.subscriptionIds) wants.push({ kind: 'checkout_session', by: 'subscription', id });
  }
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
      if (object.paymentIntents.length === 0) return [{ kind: 'invoice_payment', by: 'invoice', id: object.id }];
      return object.paymentIntents.map((id) => ({ kind: 'charge', by: 'payment_intent', id }));
    case 'invoice_payment':
      if (object.status !== 'paid' || object.charge !== null || object.paymentIntent === null) return [];
      return [{ kind: 'charge', by: 'payment_intent', id: object.paymentIntent }];
    case 'refund':
      if (object.charge !== null || object.paymentIntent === null) return [];
      return [{ kind: 'charge', by: 'payment_intent', id: object.paymentIntent }];
    default:
      return [];
  }
}
