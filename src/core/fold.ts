import { desiredEntries, NOT_SETTLED } from './fold-entries.ts';
import { soldOf } from './fold-sale.ts';
import { describedKind, endOfSecond, gather, gatherOffStripe } from './gather.ts';
import type { PaymentFacts } from './gather.ts';
import { linksOf } from './ladder.ts';
import type { CheckoutHit } from './ladder.ts';
import { sumLedger } from './ledger.ts';
import type { LedgerEntry } from './ledger.ts';
import { linkKey } from './link.ts';
import type { Link } from './link.ts';
import type { InvoiceObject, Mode, Payment, PaymentKind, ProviderObject, WantedObject } from './payment.ts';
import { wantsOf, wantsOfInvoice } from './wants.ts';

export interface FoldOptions {
  site: string;
  connection: string;
  mode: Mode;
  /** Metadata keys the site reads after the built-in ones. */
  visitorMetadataKeys?: readonly string[];
  /** Count invoices that were paid by other means than the provider. Default: no. */
  offStripe?: boolean;
  /** Checkout hits for this payment's sessions and payment intent; others are ignored. */
  checkouts?: readonly CheckoutHit[];
  /** Keys of links that a person rejected (linkKey). */
  rejected?: ReadonlySet<string>;
}

export interface FoldedPayment {
  /** null: no money is known to have moved (yet). */
  payment: Payment | null;
  /** One desired entry per money object, of amount 0 where nothing should stand; `corrections` turns them into rows. */
  entries: LedgerEntry[];
  links: Link[];
  wanted: WantedObject[];
}

/**
 * Everything Headwater says about one payment, from the set of merged objects known. Pure, and free of order by
 * construction: it looks at a set. Money comes from the charge, its refunds, its disputes and their balance transactions
 * only; sessions, invoices and payment intents link, and nothing is summed from events.
 *
 * @param chargeId of a charge, or of an invoice that was paid off Stripe
 * @param objects any superset of what `gather` needs, one object per id (see mergeAll)
 */
export function foldPayment(chargeId: string, objects: readonly ProviderObject[], options: FoldOptions): FoldedPayment {
  const invoice = objects.find((object) => object.id === chargeId && object.kind === 'invoice');
  if (invoice?.kind === 'invoice') return foldOffStripe(invoice, objects, options);
  const facts = gather(chargeId, objects);
  const links = linksOf(facts, options);
  const wanted = wantsOf(chargeId, facts, counting(links, options));
  const { charge } = facts;
  if (!charge || charge.createdAt === null || charge.currency === null || charge.amountCapturedMinor === 0) {
    return { payment: null, entries: [], links, wanted };
  }
  const occurredAt = charge.outside === undefined ? endOfSecond(charge.createdAt) : charge.createdAt;
  const entries = desiredEntries(charge, occurredAt, charge.currency, facts);
  const { kind, subscription } = kindOf(facts);
  const payment: Payment = {
    site: options.site,
    id: chargeId,
    mode: options.mode,
    connection: options.connection,
    kind,
    currency: charge.currency,
    occurredAt,
    customer: facts.customerIds[0] ?? null,
    subscription,
    pathEndsAt: kind === 'one_time' ? null : pathEnd(occurredAt, subscription, facts),
    ...soldOf(charge.amountCapturedMinor, charge.currency, facts),
    ...sumLedger(entries),
  };
  return { payment, entries, links, wanted };
}

/**
 * An invoice that was paid by other means than the provider, where the site counts such money: a payment of one entry,
 * whose id is the invoice's. What was refunded of it the provider does not know.
 */
function foldOffStripe(
  invoice: InvoiceObject,
  objects: readonly ProviderObject[],
  options: FoldOptions,
): FoldedPayment {
  const facts = gatherOffStripe(invoice, objects);
  const links = linksOf(facts, options);
  const amountMinor = offStripeAmount(invoice, facts);
  const paidAt = invoice.paidAt ?? invoice.createdAt;
  if (!options.offStripe || amountMinor === 0 || paidAt === null || invoice.currency === null) {
    return { payment: null, entries: [], links, wanted: [] };
  }
  const { currency } = invoice;
  const occurredAt = endOfSecond(paidAt);
  const entry = { id: invoice.id, paymentId: invoice.id, kind: 'charge' as const, amountMinor, currency, occurredAt };
  const entries: LedgerEntry[] = [{ ...entry, ...NOT_SETTLED }];
  const subscription = facts.subscriptionIds[0] ?? null;
  const payment: Payment = {
    site: options.site,
    id: invoice.id,
    mode: options.mode,
    connection: options.connection,
    kind: 'off_stripe',
    currency,
    occurredAt,
    customer: facts.customerIds[0] ?? null,
    subscription,
    pathEndsAt: subscription === null ? null : pathEnd(occurredAt, subscription, facts),
    ...soldOf(amountMinor, currency, facts),
    ...sumLedger(entries),
  };
  return { payment, entries, links, wanted: wantsOfInvoice(facts, counting(links, options)) };
}

/** Before amounts were told apart, an invoice paid out of band was paid so as a whole; payment records name their part. */
function offStripeAmount(invoice: InvoiceObject, facts: PaymentFacts): number {
  const records = facts.invoicePayments.filter((it) => it.status === 'paid' && (it.paymentRecord ?? null) !== null);
  return Math.max(
    invoice.offStripeMinor ?? 0,
    records.reduce((sum, it) => sum + it.amountPaidMinor, 0),
  );
}

/**
 * The invoice says the kind. Until it is known, a session in subscription mode or Stripe's own description of the
 * charges it makes for subscriptions says it for the time being.
 */
function kindOf(facts: PaymentFacts): { kind: PaymentKind; subscription: string | null } {
  const subscription = facts.subscriptionIds[0] ?? null;
  if (facts.charge?.outside !== undefined) return { kind: facts.charge.outside, subscription };
  const reason = facts.invoices.map((invoice) => invoice.billingReason).find((it) => it !== null) ?? null;
  if (reason === 'subscription_create') return { kind: 'subscription_start', subscription };
  if (reason === 'subscription_cycle') return { kind: 'subscription_renewal', subscription };
  if (reason?.startsWith('subscription')) return { kind: 'subscription_other', subscription };
  if (facts.invoices.length > 0) return { kind: subscription ? 'subscription_other' : 'one_time', subscription };
  if (facts.sessions.byIntent.some((session) => session.mode === 'subscription')) {
    return { kind: 'subscription_start', subscription };
  }
  return { kind: describedKind(facts.charge) ?? 'one_time', subscription };
}

/** A subscription's path ends when it was created (or with the payment, where Checkout creates it afterwards). */
function pathEnd(occurredAt: number, subscription: string | null, facts: PaymentFacts): number {
  const createdAt = facts.subscriptions.find((it) => it.id === subscription)?.createdAt ?? null;
  return createdAt === null ? occurredAt : Math.min(occurredAt, endOfSecond(createdAt));
}

/** Of a payment whose links are all rejected, the provider is asked for more, as of one without any. */
function counting(links: readonly Link[], { rejected }: FoldOptions): readonly Link[] {
  return rejected === undefined || rejected.size === 0 ? links : links.filter((link) => !rejected.has(linkKey(link)));
}
