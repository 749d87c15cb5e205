import { make } from './objects.fixture.ts';
import type {
  Discount,
  InvoiceLine,
  InvoiceObject,
  SubscriptionItem,
  SubscriptionObject,
  SubscriptionState,
  SubscriptionTerms,
} from './payment.ts';

/** Builders of subscriptions and their invoices for tests, on days from the first on. */
export const DAY = 86_400_000;
export const T0 = Date.UTC(2026, 0, 1, 12);
export const day = (number: number) => T0 + number * DAY;

export const item = (amountMinor: number, fields: Partial<SubscriptionItem> = {}): SubscriptionItem => ({
  price: `price_${amountMinor}`,
  product: 'prod_1',
  amountMinor,
  quantity: 1,
  interval: 'month',
  intervalCount: 1,
  isMetered: false,
  discounts: [],
  ...fields,
});
export const terms = (amountMinor: number, fields: Partial<SubscriptionTerms> = {}): SubscriptionTerms => ({
  status: 'active',
  currency: 'usd',
  items: [item(amountMinor)],
  discounts: [],
  isPaused: false,
  ...fields,
});
export const state = (
  at: number,
  is: SubscriptionTerms,
  before: SubscriptionTerms | null = null,
): SubscriptionState => ({
  at,
  told: 'event',
  terms: is,
  before,
});
export const sub = (states: SubscriptionState[], fields: Partial<SubscriptionObject> = {}): SubscriptionObject =>
  make('subscription', 'sub_1', { createdAt: T0, states, discounts: [], ...fields });
export const line = (
  id: string,
  amountMinor: number,
  startsAt: number,
  fields: Partial<InvoiceLine> = {},
): InvoiceLine => ({
  id,
  price: `price_${amountMinor}`,
  product: 'prod_1',
  quantity: 1,
  amountMinor,
  discounts: [],
  isProration: false,
  startsAt,
  endsAt: startsAt + 30 * DAY,
  interval: 'month',
  intervalCount: 1,
  isMetered: null,
  ...fields,
});
export const invoice = (
  id: string,
  at: number,
  lines: InvoiceLine[],
  fields: Partial<InvoiceObject> = {},
): InvoiceObject =>
  make('invoice', id, {
    createdAt: at,
    paidAt: at,
    currency: 'usd',
    subscription: 'sub_1',
    billingReason: 'subscription_cycle',
    lines,
    ...fields,
  });

export function discount(fields: Partial<Discount>): Discount {
  return {
    id: 'd',
    percentOff: null,
    amountOffMinor: null,
    duration: 'forever',
    endsAt: null,
    products: null,
    ...fields,
  };
}
