/**
 * The provider's objects as Headwater knows them: normalised, version-free, merged. An object is a join-semilattice
 * value: merging any set of snapshots, in any order, any number of times, gives the same object. That is what makes the
 * ledger independent of the order and number of webhooks. Merge rules stand beside each field.
 */

export const OBJECT_KINDS = [
  'charge',
  'refund',
  'payment_intent',
  'checkout_session',
  'invoice',
  'invoice_payment',
  'subscription',
  'customer',
  'balance_transaction',
  'dispute',
] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** A possible visitor id (or app id) found in an object. Merge: union; the earliest `seenAt` per (field, value). */
export interface Evidence {
  /** Path in the provider's object, for example 'metadata.hw_visitor_id', 'client_reference_id'. */
  field: string;
  /** At most 500 characters, as found. */
  value: string;
  /** Epoch milliseconds: creation time of the event (or fetch) that showed it first. */
  seenAt: number;
}

interface ObjectBase {
  id: string;
  /** Epoch milliseconds of the provider's `created`, or null when no snapshot said. Merge: smallest non-null. */
  createdAt: number | null;
  evidence: Evidence[];
}

/** Single-valued references merge as: the non-null one; two different ones: the smaller string (never seen in practice). */
export interface ChargeObject extends ObjectBase {
  kind: 'charge';
  paymentIntent: string | null;
  customer: string | null;
  /** Only before basil (2025-03-31). */
  invoice: string | null;
  balanceTransaction: string | null;
  currency: string | null;
  /** Authorised. Merge: max. */
  amountMinor: number;
  /** Merge: max (multicapture raises it). */
  amountCapturedMinor: number;
  /** Merge: max; what a failed refund gives back is told by the refund object. */
  amountRefundedMinor: number;
  /**
   * When a snapshot with this `amountRefundedMinor` was first seen (epoch ms): dates the part of it that no known refund
   * object explains. Merge: that of the larger amount, the smaller time when the amounts are equal.
   */
  refundedSeenAt?: number | null;
  /** Merge: the later in this order; 'failed' after 'succeeded' comes with `failureBalanceTransaction`. */
  status: 'unknown' | 'pending' | 'succeeded' | 'failed';
  failureBalanceTransaction: string | null;
  description: string | null;
  /** A snapshot said that it is disputed. Merge: or. */
  isDisputed?: boolean;
  /** A snapshot showed it authorised and not captured: it can be captured several times. Merge: or. */
  isHeld?: boolean;
  /** Money of another provider, told by the merchant's server: its kind. Absent: a charge of Stripe. */
  outside?: PaymentKind;
}

export interface RefundObject extends ObjectBase {
  kind: 'refund';
  charge: string | null;
  paymentIntent: string | null;
  amountMinor: number;
  currency: string | null;
  /** Merge: the later in this order. */
  status: 'unknown' | 'pending' | 'succeeded' | 'canceled' | 'failed';
  reason: string | null;
  balanceTransaction: string | null;
  failureBalanceTransaction: string | null;
}

export interface PaymentIntentObject extends ObjectBase {
  kind: 'payment_intent';
  customer: string | null;
  latestCharge: string | null;
  invoice: string | null;
  /** `payment_details.order_reference` when it matches ^(in|cs)_ ; a hint that must be confirmed. */
  orderReference: string | null;
}

/** The largest line of an invoice or a session (`line_items` come on request only). Merge: the larger, as a whole. */
export interface SoldItem {
  product: string | null;
  price: string | null;
  /** As the line says it: names need no further question to the provider. */
  name: string | null;
  amountMinor: number;
}

export interface CheckoutSessionObject extends ObjectBase {
  kind: 'checkout_session';
  mode: string | null;
  paymentIntent: string | null;
  subscription: string | null;
  invoice: string | null;
  customer: string | null;
  paymentStatus: string | null;
  currency: string | null;
  /** What was paid, and the tax in it: of a paid session only. */
  amountTotalMinor: number;
  taxMinor: number | null;
  item: SoldItem | null;
  /** Of its lines, where it was asked for them. Merge: the later in this order. Absent before it was read. */
  linesShown?: LinesShown | null;
  coupon: string | null;
}

/** Ten lines are shown with an object; the others are asked for. */
export type LinesShown = 'some' | 'all';

export interface InvoiceObject extends ObjectBase {
  kind: 'invoice';
  customer: string | null;
  subscription: string | null;
  billingReason: string | null;
  amountPaidMinor: number;
  currency: string | null;
  charge: string | null;
  paymentIntents: string[];
  /** Epoch milliseconds. Merge: smallest. */
  paidAt: number | null;
  /** Tax in `amountPaidMinor`: only of an invoice paid for its whole total, null otherwise. */
  taxMinor: number | null;
  /** Paid by other means than Stripe (`amount_paid_off_stripe`, before that `paid_out_of_band`). Merge: max. */
  offStripeMinor: number;
  item: SoldItem | null;
  /** Of a paid invoice: before, there can be fewer. Merge: the later in this order. Absent before it was read. */
  linesShown?: LinesShown | null;
  coupon: string | null;
  /** The first discount: new renderings name its coupon only when asked. Absent before it was read. */
  discount?: string | null;
  /** Of a paid invoice of a subscription: what was billed for which time. Merge: by id. */
  lines?: InvoiceLine[];
}

/** A line of a paid invoice that is about a subscription's item. */
export interface InvoiceLine {
  id: string;
  /** Tiers are billed by a line each, of one item. Absent before it was read. */
  subscriptionItem?: string | null;
  price: string | null;
  product: string | null;
  quantity: number;
  /** Before discounts. */
  amountMinor: number;
  discounts: { id: string; amountMinor: number }[];
  isProration: boolean;
  /** Epoch milliseconds: the time it is for. */
  startsAt: number;
  endsAt: number;
  /** Told by old renderings only. */
  interval: SubscriptionItem['interval'] | null;
  intervalCount: number | null;
  isMetered: boolean | null;
}

export interface InvoicePaymentObject extends ObjectBase {
  kind: 'invoice_payment';
  invoice: string | null;
  paymentIntent: string | null;
  charge: string | null;
  /** Money the merchant told Stripe about and Stripe did not move. */
  paymentRecord: string | null;
  amountPaidMinor: number;
  status: string | null;
}

/** One item of a subscription, as a snapshot shows it. */
export interface SubscriptionItem {
  price: string | null;
  product: string | null;
  /** For one period, before discounts; null: the price has tiers, and only invoices tell, or as follows. */
  amountMinor: number | null;
  /** The price has amounts in several currencies, and this one's was not shown. */
  isUntold?: true;
  quantity: number;
  interval: 'day' | 'week' | 'month' | 'year';
  intervalCount: number;
  /** Billed by usage: no recurring amount. */
  isMetered: boolean;
  /** Discounts of this item alone, by id. */
  discounts: string[];
}

/** What a subscription is and costs at one moment. Two snapshots that say the same are equal as JSON. */
export interface SubscriptionTerms {
  status: string;
  currency: string | null;
  items: SubscriptionItem[];
  /** Discounts of the whole subscription, by id, in the order they apply. */
  discounts: string[];
  /** Collection is paused: no money is asked for. */
  isPaused: boolean;
  /** There are more items than are shown. */
  isPartial?: true;
}

export interface SubscriptionState {
  /** Epoch milliseconds, whole seconds: of the event, or of the provider's clock when it was read. */
  at: number;
  told: 'event' | 'read';
  terms: SubscriptionTerms;
  /** What the event says was so before; null: nothing said. */
  before: SubscriptionTerms | null;
}

/** What a discount takes off, and until when. */
export interface Discount {
  id: string;
  /** Absent before it was read. */
  coupon?: string | null;
  /** Ten-thousandths of a percent: 33.33 % is 333300. */
  percentOff: number | null;
  /** In the subscription's currency; null as the percentage is: a coupon of other currencies. */
  amountOffMinor: number | null;
  duration: 'once' | 'repeating' | 'forever';
  /** null: while the subscription has it. */
  endsAt: number | null;
  /** Products it is limited to; null: all, or it was not told. */
  products: string[] | null;
}

export interface SubscriptionObject extends ObjectBase {
  kind: 'subscription';
  customer: string | null;
  latestInvoice: string | null;
  /** Epoch milliseconds: its start, which can lie before its creation. Merge: smallest. */
  startedAt?: number | null;
  /** Snapshots, by time. Merge: union; of very many the first and the last ones are kept. Absent before they were read. */
  states?: SubscriptionState[];
  /** Terms of the discounts it has had, as far as told. Merge: by id. */
  discounts?: Discount[];
  /** The time, as in `states`, when it was last asked for by itself, with all that is told only then. Merge: largest. */
  askedAt?: number | null;
}

export interface CustomerObject extends ObjectBase {
  kind: 'customer';
  /** Keyed hash of the lower-cased address; the address itself is never stored. */
  emailHash: string | null;
}

/**
 * The `type` here of what Stripe calls a refund and tells apart by its reporting category: the rest of a partial capture
 * (https://docs.stripe.com/reports/reporting-categories).
 */
export const PARTIAL_CAPTURE_REVERSAL = 'partial_capture_reversal';

export interface BalanceTransactionObject extends ObjectBase {
  kind: 'balance_transaction';
  source: string | null;
  type: string | null;
  amountMinor: number;
  feeMinor: number;
  currency: string | null;
  /** Parts of the fee, as itemised: a platform's application fee, tax on fees. Merge: max. */
  applicationFeeMinor: number;
  feeTaxMinor: number;
}

/** Money moves only with its balance transactions: an inquiry and a prevented dispute have none. */
export interface DisputeObject extends ObjectBase {
  kind: 'dispute';
  charge: string | null;
  paymentIntent: string | null;
  /** Merge: max. Its currency can be another than the charge's. */
  amountMinor: number;
  currency: string | null;
  /** Merge: by rank, unknown ones lowest. Shown, never computed with. */
  status: string | null;
  reason: string | null;
  /** Withdrawals and reinstatements. Merge: union. */
  balanceTransactions: string[];
  /** The one that withdrew, from before lists existed; stands for the whole amount until it is known. */
  withdrawal: string | null;
}

export type ProviderObject =
  | ChargeObject
  | RefundObject
  | PaymentIntentObject
  | CheckoutSessionObject
  | InvoiceObject
  | InvoicePaymentObject
  | SubscriptionObject
  | CustomerObject
  | BalanceTransactionObject
  | DisputeObject;

/** Something the provider may know and we do not. `list` wants ask for the objects of a kind that point at `id`. */
export interface WantedObject {
  kind: ObjectKind;
  /** null: the object itself; otherwise "the objects of `kind` whose `by` is `id`"; a session or an invoice by itself: with its lines. */
  by: 'payment_intent' | 'subscription' | 'customer' | 'charge' | 'invoice' | 'checkout_session' | null;
  id: string;
}

export const PAYMENT_KINDS = [
  'one_time',
  'subscription_start',
  'subscription_renewal',
  'subscription_other',
  'off_stripe',
] as const;
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

export type Mode = 'live' | 'test';

/** One payment: provider-neutral. Its id is its charge's id, or its invoice's when it was paid off Stripe. Amounts are sums of its ledger entries. */
export interface Payment {
  site: string;
  id: string;
  mode: Mode;
  connection: string;
  kind: PaymentKind;
  currency: string;
  /** Epoch milliseconds: the provider's `created` plus 999, because its resolution is 1 s. */
  occurredAt: number;
  customer: string | null;
  subscription: string | null;
  /** Where the path ends for the payments of a subscription: its creation; null for one-time payments. */
  pathEndsAt: number | null;
  grossMinor: number;
  refundedMinor: number;
  disputedMinor: number;
  /** Known fees in `feeCurrency`, from balance transactions. */
  feeMinor: number;
  feeCurrency: string | null;
  /** Tax in `grossMinor`, null when no paid document of this very amount told it. */
  taxMinor: number | null;
  /** What was sold: the largest line. */
  product: string | null;
  productName: string | null;
  price: string | null;
  /** Coupon that was applied. */
  coupon: string | null;
}

/** revenue = gross − refunded − disputed. */
export function revenueMinor(payment: Pick<Payment, 'grossMinor' | 'refundedMinor' | 'disputedMinor'>): number {
  return payment.grossMinor - payment.refundedMinor - payment.disputedMinor;
}
