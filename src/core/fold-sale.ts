import type { PaymentFacts } from './gather.ts';
import type { CheckoutSessionObject, InvoiceObject, Payment } from './payment.ts';

type Sold = Pick<Payment, 'taxMinor' | 'product' | 'productName' | 'price' | 'coupon'>;

/**
 * What was sold, and the tax in it, from the documents of a payment: the invoices it paid (the one it paid most of
 * first), then the Checkout Session that took it. Tax is known only where a document was paid in full by this very
 * payment: which part of an invoice's tax a part payment covers, nobody says.
 */
export function soldOf(amountMinor: number, currency: string, facts: PaymentFacts): Sold {
  const sessions = ownSessions(facts);
  const documents = [
    ...facts.invoices.map((it) => ({ amountMinor: it.amountPaidMinor, currency: it.currency, tax: it.taxMinor })),
    ...sessions.map((it) => ({ amountMinor: it.amountTotalMinor, currency: it.currency, tax: it.taxMinor })),
  ];
  const taxed = documents.find(
    (it) => (it.tax ?? null) !== null && it.amountMinor === amountMinor && it.currency === currency,
  );
  const item = [...facts.invoices, ...sessions].find((it) => (it.item ?? null) !== null)?.item;
  return {
    taxMinor: taxed?.tax ?? null,
    product: item?.product ?? null,
    productName: item?.name ?? null,
    price: item?.price ?? null,
    coupon:
      [...facts.invoices.map((it) => couponOf(it, facts)), ...sessions.map((it) => it.coupon)].find(Boolean) ?? null,
  };
}

/** What an invoice says, else what its subscription says of the same discount. */
export function couponOf({ coupon, discount }: InvoiceObject, { subscriptions }: PaymentFacts): string | null {
  const known = subscriptions.flatMap((it) => it.discounts ?? []);
  return coupon ?? known.find(({ id }) => id === discount)?.coupon ?? null;
}

/** Sessions that took this payment. One that only started the subscription says nothing about a renewal. */
function ownSessions({ sessions, invoiceIds }: PaymentFacts): CheckoutSessionObject[] {
  const ofInvoice = [...sessions.byInvoice, ...sessions.bySubscription].filter(
    (it) => it.invoice !== null && invoiceIds.includes(it.invoice),
  );
  return [...sessions.byIntent, ...ofInvoice];
}
