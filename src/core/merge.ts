import { mergeDiscounts, mergeLines, mergeStates } from './merge-subscription.ts';
import type { Evidence, LinesShown, ProviderObject, SoldItem } from './payment.ts';

/**
 * Merges two snapshots of one provider object. Commutative, associative and idempotent: whatever the order and number of
 * the snapshots, the merged object is the same. Every rule is a maximum, a minimum, a union or a rank, never "the newer
 * one", because Stripe's `created` has 1 s resolution and cannot order snapshots.
 *
 * @throws TypeError when the two are not the same object
 */
export function mergeObjects<T extends ProviderObject>(a: T, b: T): T {
  if (a.kind !== b.kind || a.id !== b.id) {
    throw new TypeError(`mergeObjects: ${a.kind} ${a.id} and ${b.kind} ${b.id} are not the same object`);
  }
  if (a === b && canonical.has(a)) return a;
  const merged = mergeKind(a, b) as T;
  canonical.add(merged);
  return merged;
}

/** What came out of a merge: nobody changes objects, so to merge one with itself again would change nothing. */
const canonical = new WeakSet<ProviderObject>();

/** Merges snapshots of any objects into one per (kind, id), sorted by id: the canonical form of a set of snapshots. */
export function mergeAll(snapshots: Iterable<ProviderObject>): ProviderObject[] {
  const merged = new Map<string, ProviderObject>();
  for (const snapshot of snapshots) {
    const key = `${snapshot.kind} ${snapshot.id}`;
    const known = merged.get(key);
    // Merging with itself puts a first snapshot into canonical form (sorted, deduplicated evidence).
    merged.set(key, mergeObjects(known ?? snapshot, snapshot));
  }
  return [...merged.entries()].sort(([a], [b]) => compare(a, b)).map(([, object]) => object);
}

/** Equal by value. Both must come out of `mergeObjects`, which lists fields in one order. */
export function sameObject(a: ProviderObject, b: ProviderObject): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

type Kind = ProviderObject['kind'];
type Of<K extends Kind> = Extract<ProviderObject, { kind: K }>;

function mergeKind(a: ProviderObject, b: ProviderObject): ProviderObject {
  const rule = RULES[a.kind] as (a: ProviderObject, b: ProviderObject) => object;
  return {
    kind: a.kind,
    id: a.id,
    createdAt: smallest(a.createdAt, b.createdAt),
    evidence: mergeEvidence(a.evidence, b.evidence),
    ...rule(a, b),
  } as ProviderObject;
}

const CHARGE_STATUS = ['unknown', 'pending', 'succeeded', 'failed'] as const;
const REFUND_STATUS = ['unknown', 'pending', 'succeeded', 'canceled', 'failed'] as const;
const SESSION_PAYMENT_STATUS = ['unpaid', 'no_payment_required', 'paid'];
const INVOICE_PAYMENT_STATUS = ['open', 'canceled', 'paid'];
/** An appeal can follow a loss, and ends in one of the two; Stripe's order, as far as it has one. */
const DISPUTE_STATUS = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'prevented',
  'needs_response',
  'under_review',
  'lost',
  'appeal_needs_response',
  'appeal_under_review',
  'won',
];

type Rest<K extends Kind> = Omit<Of<K>, 'kind' | 'id' | 'createdAt' | 'evidence'>;
const RULES: { [K in Kind]: (a: Of<K>, b: Of<K>) => Rest<K> } = {
  charge: (a, b) => ({
    paymentIntent: reference(a.paymentIntent, b.paymentIntent),
    customer: reference(a.customer, b.customer),
    invoice: reference(a.invoice, b.invoice),
    balanceTransaction: reference(a.balanceTransaction, b.balanceTransaction),
    currency: reference(a.currency, b.currency),
    amountMinor: Math.max(a.amountMinor, b.amountMinor),
    amountCapturedMinor: Math.max(a.amountCapturedMinor, b.amountCapturedMinor),
    amountRefundedMinor: Math.max(a.amountRefundedMinor, b.amountRefundedMinor),
    refundedSeenAt: refundedSeenAt(a, b),
    status: ranked(CHARGE_STATUS, a.status, b.status),
    failureBalanceTransaction: reference(a.failureBalanceTransaction, b.failureBalanceTransaction),
    description: reference(a.description, b.description),
    isDisputed: a.isDisputed === true || b.isDisputed === true,
    isHeld: a.isHeld === true || b.isHeld === true,
    ...(a.outside === undefined && b.outside === undefined ? {} : { outside: a.outside ?? b.outside }),
  }),
  refund: (a, b) => ({
    charge: reference(a.charge, b.charge),
    paymentIntent: reference(a.paymentIntent, b.paymentIntent),
    amountMinor: Math.max(a.amountMinor, b.amountMinor),
    currency: reference(a.currency, b.currency),
    status: ranked(REFUND_STATUS, a.status, b.status),
    reason: reference(a.reason, b.reason),
    balanceTransaction: reference(a.balanceTransaction, b.balanceTransaction),
    failureBalanceTransaction: reference(a.failureBalanceTransaction, b.failureBalanceTransaction),
  }),
  payment_intent: (a, b) => ({
    customer: reference(a.customer, b.customer),
    latestCharge: reference(a.latestCharge, b.latestCharge),
    invoice: reference(a.invoice, b.invoice),
    orderReference: reference(a.orderReference, b.orderReference),
  }),
  checkout_session: (a, b) => ({
    mode: reference(a.mode, b.mode),
    paymentIntent: reference(a.paymentIntent, b.paymentIntent),
    subscription: reference(a.subscription, b.subscription),
    invoice: reference(a.invoice, b.invoice),
    customer: reference(a.customer, b.customer),
    paymentStatus: rankedOrNull(SESSION_PAYMENT_STATUS, a.paymentStatus, b.paymentStatus),
    currency: reference(a.currency, b.currency),
    amountTotalMinor: largest(a.amountTotalMinor, b.amountTotalMinor) ?? 0,
    taxMinor: largest(a.taxMinor, b.taxMinor),
    item: largerItem(a.item, b.item),
    linesShown: linesShown(a.linesShown, b.linesShown),
    coupon: reference(a.coupon, b.coupon),
  }),
  invoice: (a, b) => ({
    customer: reference(a.customer, b.customer),
    subscription: reference(a.subscription, b.subscription),
    billingReason: reference(a.billingReason, b.billingReason),
    amountPaidMinor: Math.max(a.amountPaidMinor, b.amountPaidMinor),
    currency: reference(a.currency, b.currency),
    charge: reference(a.charge, b.charge),
    paymentIntents: union(a.paymentIntents, b.paymentIntents),
    paidAt: smallest(a.paidAt, b.paidAt),
    taxMinor: largest(a.taxMinor, b.taxMinor),
    offStripeMinor: largest(a.offStripeMinor, b.offStripeMinor) ?? 0,
    item: largerItem(a.item, b.item),
    linesShown: linesShown(a.linesShown, b.linesShown),
    coupon: reference(a.coupon, b.coupon),
    discount: reference(a.discount, b.discount),
    lines: mergeLines(a.lines, b.lines),
  }),
  invoice_payment: (a, b) => ({
    invoice: reference(a.invoice, b.invoice),
    paymentIntent: reference(a.paymentIntent, b.paymentIntent),
    charge: reference(a.charge, b.charge),
    paymentRecord: reference(a.paymentRecord, b.paymentRecord),
    amountPaidMinor: Math.max(a.amountPaidMinor, b.amountPaidMinor),
    status: rankedOrNull(INVOICE_PAYMENT_STATUS, a.status, b.status),
  }),
  subscription: (a, b) => ({
    customer: reference(a.customer, b.customer),
    latestInvoice: reference(a.latestInvoice, b.latestInvoice),
    startedAt: smallest(a.startedAt, b.startedAt),
    states: mergeStates(a.states, b.states),
    discounts: mergeDiscounts(a.discounts, b.discounts),
    askedAt: largest(a.askedAt, b.askedAt),
  }),
  customer: (a, b) => ({ emailHash: reference(a.emailHash, b.emailHash) }),
  balance_transaction: (a, b) => ({
    source: reference(a.source, b.source),
    type: reference(a.type, b.type),
    // A balance transaction never changes; the larger of two is only a rule that has no order.
    amountMinor: Math.max(a.amountMinor, b.amountMinor),
    feeMinor: Math.max(a.feeMinor, b.feeMinor),
    currency: reference(a.currency, b.currency),
    applicationFeeMinor: largest(a.applicationFeeMinor, b.applicationFeeMinor) ?? 0,
    feeTaxMinor: largest(a.feeTaxMinor, b.feeTaxMinor) ?? 0,
  }),
  dispute: (a, b) => ({
    charge: reference(a.charge, b.charge),
    paymentIntent: reference(a.paymentIntent, b.paymentIntent),
    amountMinor: Math.max(a.amountMinor, b.amountMinor),
    currency: reference(a.currency, b.currency),
    status: rankedOrNull(DISPUTE_STATUS, a.status, b.status),
    reason: reference(a.reason, b.reason),
    balanceTransactions: union(a.balanceTransactions, b.balanceTransactions),
    withdrawal: reference(a.withdrawal, b.withdrawal),
  }),
};

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What an object stored by an earlier version lacks is undefined: as good as not known. */
type Unknown<T> = T | null | undefined;

function smallest(a: Unknown<number>, b: Unknown<number>): number | null {
  return a == null || b == null ? (a ?? b ?? null) : Math.min(a, b);
}

function largest(a: Unknown<number>, b: Unknown<number>): number | null {
  return a == null || b == null ? (a ?? b ?? null) : Math.max(a, b);
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort(compare);
}

/** The one that is known; of two different ones the smaller string, which is arbitrary but has no order. */
function reference(a: Unknown<string>, b: Unknown<string>): string | null {
  if (a == null || b == null) return a ?? b ?? null;
  return a <= b ? a : b;
}

/** One line of one snapshot, never a mixture of two. */
export function largerItem(a: Unknown<SoldItem>, b: Unknown<SoldItem>): SoldItem | null {
  if (a == null || b == null) return a ?? b ?? null;
  const [textA, textB] = [a, b].map(({ product, price, name }) => JSON.stringify([price, product, name]));
  if (a.amountMinor !== b.amountMinor) return a.amountMinor > b.amountMinor ? a : b;
  return textA! <= textB! ? a : b;
}

function linesShown(a: Unknown<LinesShown>, b: Unknown<LinesShown>): LinesShown | null {
  return a === 'all' || b === 'all' ? 'all' : (a ?? b ?? null);
}

function ranked<T extends string>(order: readonly T[], a: T, b: T): T {
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}

/** Unknown values rank below all known ones, among themselves by their text. */
function rankedOrNull(order: readonly string[], a: string | null, b: string | null): string | null {
  if (a === null) return b;
  if (b === null) return a;
  const difference = order.indexOf(a) - order.indexOf(b);
  if (difference !== 0) return difference > 0 ? a : b;
  return a <= b ? a : b;
}

function refundedSeenAt(a: Of<'charge'>, b: Of<'charge'>): number | null {
  const [atA, atB] = [a.refundedSeenAt ?? null, b.refundedSeenAt ?? null];
  if (a.amountRefundedMinor > b.amountRefundedMinor) return atA;
  if (a.amountRefundedMinor < b.amountRefundedMinor) return atB;
  return smallest(atA, atB);
}

function mergeEvidence(a: readonly Evidence[], b: readonly Evidence[]): readonly Evidence[] {
  // Most objects have none, or one piece of it that is merged with itself.
  if (a === b && a.length < 2) return a;
  const merged = new Map<string, Evidence>();
  for (const { field, value, seenAt } of [...a, ...b]) {
    const key = JSON.stringify([field, value]);
    const known = merged.get(key);
    if (!known || seenAt < known.seenAt) merged.set(key, { field, value, seenAt });
  }
  return [...merged.entries()].sort(([x], [y]) => compare(x, y)).map(([, evidence]) => evidence);
}
