import type { LedgerEntry } from './ledger.ts';
import { mergeAll } from './merge.ts';
import type { BalanceTransactionObject, Evidence, ObjectKind, ProviderObject } from './payment.ts';

/** Builders of provider objects for tests: a kind, an id and the fields a story is about. */
export const DAY_MS = 86_400_000;
export const T0 = Date.UTC(2026, 10, 1);

type Of<K extends ObjectKind> = Extract<ProviderObject, { kind: K }>;
const base = { createdAt: T0 as number | null, evidence: [] as Evidence[] };

const DEFAULTS: { [K in ObjectKind]: Omit<Of<K>, 'id' | 'kind'> } = {
  charge: {
    ...base,
    paymentIntent: null,
    customer: null,
    invoice: null,
    balanceTransaction: null,
    currency: 'usd',
    amountMinor: 0,
    amountCapturedMinor: 0,
    amountRefundedMinor: 0,
    refundedSeenAt: null,
    status: 'succeeded',
    failureBalanceTransaction: null,
    description: null,
    isDisputed: false,
    isHeld: false,
  },
  refund: {
    ...base,
    charge: null,
    paymentIntent: null,
    amountMinor: 0,
    currency: 'usd',
    status: 'succeeded',
    reason: null,
    balanceTransaction: null,
    failureBalanceTransaction: null,
  },
  payment_intent: { ...base, customer: null, latestCharge: null, invoice: null, orderReference: null },
  checkout_session: {
    ...base,
    mode: 'payment',
    paymentIntent: null,
    subscription: null,
    invoice: null,
    customer: null,
    paymentStatus: 'paid',
    currency: 'usd',
    amountTotalMinor: 0,
    taxMinor: null,
    item: null,
    coupon: null,
  },
  invoice: {
    ...base,
    customer: null,
    subscription: null,
    billingReason: null,
    amountPaidMinor: 0,
    currency: 'usd',
    charge: null,
    paymentIntents: [],
    paidAt: null,
    taxMinor: null,
    offStripeMinor: 0,
    item: null,
    coupon: null,
  },
  invoice_payment: {
    ...base,
    invoice: null,
    paymentIntent: null,
    charge: null,
    paymentRecord: null,
    amountPaidMinor: 0,
    status: 'paid',
  },
  subscription: { ...base, customer: null, latestInvoice: null },
  customer: { ...base, emailHash: null },
  balance_transaction: {
    ...base,
    source: null,
    type: 'charge',
    amountMinor: 0,
    feeMinor: 0,
    currency: 'usd',
    applicationFeeMinor: 0,
    feeTaxMinor: 0,
  },
  dispute: {
    ...base,
    charge: null,
    paymentIntent: null,
    amountMinor: 0,
    currency: 'usd',
    status: 'needs_response',
    reason: null,
    balanceTransactions: [],
    withdrawal: null,
  },
};

export function make<K extends ObjectKind>(kind: K, id: string, fields: Partial<Of<K>> = {}): Of<K> {
  return { kind, id, ...DEFAULTS[kind], ...fields } as unknown as Of<K>;
}

/** A charge that took its whole amount. */
export function paidCharge(id: string, amountMinor: number, fields: Partial<Of<'charge'>> = {}): Of<'charge'> {
  return make('charge', id, { amountMinor, amountCapturedMinor: amountMinor, ...fields });
}

export const txn = (id: string, amountMinor: number, fields: Partial<BalanceTransactionObject> = {}): ProviderObject =>
  make('balance_transaction', id, { amountMinor, ...fields });
export const later = (days: number) => T0 + days * DAY_MS;

export function says(field: string, value: string, seenAt = T0): Evidence[] {
  return [{ field, value, seenAt }];
}

/** All orders of a list: n! of them. */
export function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length <= 1) return yield [...items];
  for (let index = 0; index < items.length; index += 1) {
    const rest = [...items.slice(0, index), ...items.slice(index + 1)];
    for (const tail of permutations(rest)) yield [items[index]!, ...tail];
  }
}

/** Amounts and fees of all balance transactions, by currency: what the provider's balance says. */
export function balanceOf(snapshots: readonly ProviderObject[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const object of mergeAll(snapshots)) {
    if (object.kind !== 'balance_transaction') continue;
    add(sums, `${object.currency} amount`, object.amountMinor);
    add(sums, `${object.currency} fee`, object.feeMinor);
  }
  return standing(sums);
}

/** The same of ledger entries: what we say. */
export function settledOf(entries: readonly LedgerEntry[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const entry of entries) {
    add(sums, `${entry.settledCurrency} amount`, entry.settledMinor ?? 0);
    add(sums, `${entry.settledCurrency} fee`, entry.feeMinor ?? 0);
  }
  return standing(sums);
}

const add = (sums: Record<string, number>, key: string, value: number) => {
  sums[key] = (sums[key] ?? 0) + value;
};
const standing = (sums: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(sums)
      .filter(([, sum]) => sum !== 0)
      .sort(),
  );
