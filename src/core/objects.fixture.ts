import type { Evidence, ObjectKind, ProviderObject } from './payment.ts';

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
  },
  invoice_payment: { ...base, invoice: null, paymentIntent: null, charge: null, amountPaidMinor: 0, status: 'paid' },
  subscription: { ...base, customer: null, latestInvoice: null },
  customer: { ...base, emailHash: null },
  balance_transaction: { ...base, source: null, type: 'charge', amountMinor: 0, feeMinor: 0, currency: 'usd' },
};

export function make<K extends ObjectKind>(kind: K, id: string, fields: Partial<Of<K>> = {}): Of<K> {
  return { kind, id, ...DEFAULTS[kind], ...fields } as unknown as Of<K>;
}

/** A charge that took its whole amount. */
export function paidCharge(id: string, amountMinor: number, fields: Partial<Of<'charge'>> = {}): Of<'charge'> {
  return make('charge', id, { amountMinor, amountCapturedMinor: amountMinor, ...fields });
}

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
