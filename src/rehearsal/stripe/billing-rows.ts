import type { ApiVersion } from './versions.ts';

/** Rows of billing: prices, discounts, subscriptions and their invoices. All rows: rows.ts. */

export type Metadata = Record<string, string>;

export interface RowBase {
  id: string;
  created: number;
}

export interface ProductRow extends RowBase {
  object: 'product';
  name: string;
  metadata: Metadata;
}

export type Interval = 'day' | 'week' | 'month' | 'year';

export interface PriceRow extends RowBase {
  object: 'price';
  product: string;
  /** Can have fractions of a minor unit: they are rounded with the quantity. */
  unitAmount: number;
  currency: string;
  /** What it is in other currencies: shown only when it is asked for. */
  currencyOptions: Record<string, number>;
  interval: Interval | null;
  intervalCount: number;
  /** Billed by usage. */
  isMetered: boolean;
  metadata: Metadata;
}

export interface Item {
  price: string;
  quantity: number;
}

/** What changes the sum of the items. Taxes come on top, after the discount. */
export interface Terms {
  /** di_… */
  discount: string | null;
  taxPercent: number;
  shipping: number;
}

export const NO_TERMS: Terms = { discount: null, taxPercent: 0, shipping: 0 };

export interface Bill {
  subtotal: number;
  discount: number;
  tax: number;
  shipping: number;
  total: number;
}

export interface CouponRow extends RowBase {
  object: 'coupon';
  name: string;
  percentOff: number | null;
  amountOff: number | null;
  currency: string | null;
  duration: 'once' | 'repeating' | 'forever';
  /** Of a repeating one. */
  durationInMonths: number | null;
  /** What it is limited to; null: nothing. */
  products: string[] | null;
  /** What it takes off in other currencies, in their minor units. */
  currencyOptions: Record<string, number>;
}

export interface PromotionCodeRow extends RowBase {
  object: 'promotion_code';
  code: string;
  coupon: string;
}

/** A coupon as it was given to one session, subscription or invoice. */
export interface DiscountRow extends RowBase {
  object: 'discount';
  coupon: string;
  promotionCode: string | null;
  customer: string | null;
  checkoutSession: string | null;
  subscription: string | null;
  invoice: string | null;
  /** When it stops: of repeating coupons. */
  end: number | null;
}

export interface InvoiceRow extends RowBase {
  object: 'invoice';
  customer: string;
  email: string | null;
  currency: string;
  bill: Bill;
  terms: Terms;
  /** The total, less what the customer's credit pays and less credit notes before payment. */
  amountDue: number;
  amountPaid: number;
  amountPaidOffStripe: number;
  amountOverpaid: number;
  startingBalance: number;
  endingBalance: number;
  prePaymentCredit: number;
  postPaymentCredit: number;
  paidOutOfBand: boolean;
  status: 'open' | 'paid' | 'void' | 'uncollectible';
  billingReason: 'subscription_create' | 'subscription_cycle' | 'subscription_update' | 'manual';
  metadata: Metadata;
  subscription: string | null;
  /** Snapshot of the subscription's metadata, immutable from finalisation on. */
  subscriptionMetadata: Metadata;
  items: InvoiceItem[];
  periodStart: number;
  periodEnd: number;
  paymentIntent: string | null;
  charge: string | null;
  number: string;
  paidAt: number | null;
  voidedAt: number | null;
  testClock: string | null;
}

export interface InvoiceItem extends Item {
  id: string;
  subscriptionItem: string | null;
  /** Before discounts and taxes. */
  amount: number;
  /** Of this item alone, and what it takes off. */
  discount?: { id: string; amount: number } | null;
  proration: boolean;
  /** Where it is for a part of the period only. */
  startsAt?: number;
}

export interface InvoicePaymentRow extends RowBase {
  object: 'invoice_payment';
  invoice: string;
  /** pi_… or, for money that Stripe did not move, prec_…. */
  paymentIntent: string | null;
  paymentRecord: string | null;
  amountRequested: number;
  amountPaid: number | null;
  currency: string;
  isDefault: boolean;
  status: 'open' | 'paid' | 'canceled';
  paidAt: number | null;
}

export interface CreditNoteRow extends RowBase {
  object: 'credit_note';
  invoice: string;
  customer: string;
  currency: string;
  amount: number;
  type: 'pre_payment' | 'post_payment';
  refunds: { refund: string; amount: number }[];
  /** cbtxn_…: credited to the customer's balance. */
  customerBalanceTransaction: string | null;
  outOfBandAmount: number;
  number: string;
  voidedAt: number | null;
}

/** An item can have a discount of its own: di_…, of a coupon with a percentage. */
export type SubscribedItem = Item & { id: string; discount?: string | null };

export interface SubscriptionRow extends RowBase {
  object: 'subscription';
  customer: string;
  currency: string;
  metadata: Metadata;
  status: 'incomplete' | 'trialing' | 'active' | 'past_due' | 'unpaid' | 'paused' | 'canceled';
  items: SubscribedItem[];
  terms: Terms;
  interval: Interval;
  latestInvoice: string | null;
  periodStart: number;
  periodEnd: number;
  trialEnd: number | null;
  cancelAtPeriodEnd: boolean;
  canceledAt: number | null;
  endedAt: number | null;
  /** Collection is paused while the subscription stays active. */
  collectionPaused: boolean;
  version: ApiVersion;
  testClock: string | null;
}

export interface TestClockRow extends RowBase {
  object: 'test_helpers.test_clock';
  name: string | null;
  frozenTime: number;
}
