import type {
  Bill,
  CouponRow,
  CreditNoteRow,
  DiscountRow,
  InvoicePaymentRow,
  InvoiceRow,
  Item,
  Metadata,
  PriceRow,
  ProductRow,
  PromotionCodeRow,
  RowBase,
  SubscriptionRow,
  Terms,
  TestClockRow,
} from './billing-rows.ts';
import type { ApiVersion } from './versions.ts';

/**
 * What the simulated Stripe knows, apart from any API version: one row per object. `render*.ts` turns a row into the
 * object a version shows. Amounts are in minor units, times (`created`, `…At`) in epoch seconds, as Stripe counts them.
 */

export interface CustomerRow extends RowBase {
  object: 'customer';
  email: string | null;
  name: string | null;
  metadata: Metadata;
  /** acct_…: an Account that is a customer (Accounts v2). Objects name it as `customer_account`, and no customer. */
  account: string | null;
  /** Negative: credit, which the next invoices use up. */
  balance: number;
  testClock: string | null;
}

export interface SessionRow extends RowBase {
  object: 'checkout.session';
  /** The version of the request that made it: old ones make the customer and the payment intent at once. */
  version: ApiVersion;
  mode: 'payment' | 'subscription';
  status: 'open' | 'complete' | 'expired';
  paymentStatus: 'unpaid' | 'paid' | 'no_payment_required';
  /** What is due: `bill.total`, or 0 in a trial. */
  amount: number;
  bill: Bill;
  currency: string;
  items: Item[];
  terms: Terms;
  captureMethod: PaymentIntentRow['captureMethod'];
  connect: Connect;
  presentment: Presentment | null;
  customer: string | null;
  customerCreation: 'always' | 'if_required';
  customerEmail: string | null;
  /** What the buyer typed on the page. */
  buyerEmail: string | null;
  clientReferenceId: string | null;
  metadata: Metadata;
  paymentIntentMetadata: Metadata;
  subscriptionMetadata: Metadata;
  trialDays: number;
  /** Null: no invoice for a one-time payment. */
  invoiceMetadata: Metadata | null;
  paymentIntent: string | null;
  subscription: string | null;
  invoice: string | null;
  paymentLink: string | null;
  successUrl: string | null;
  cancelUrl: string | null;
}

export interface PaymentLinkRow extends RowBase {
  object: 'payment_link';
  items: Item[];
  currency: string;
  metadata: Metadata;
  paymentIntentMetadata: Metadata;
  subscriptionMetadata: Metadata;
  /** Where the buyer goes after paying; null: Stripe's own confirmation page. */
  redirectUrl: string | null;
  active: boolean;
}

/** Money for others: a fee for the platform, and for destination charges the account that gets the rest. */
export interface Connect {
  applicationFeeAmount: number | null;
  destination: string | null;
}

/** Adaptive pricing: what the buyer saw and paid. Booked is `amount` in `currency`. */
export interface Presentment {
  amount: number;
  currency: string;
}

export interface PaymentIntentRow extends RowBase {
  object: 'payment_intent';
  version: ApiVersion;
  amount: number;
  currency: string;
  customer: string | null;
  metadata: Metadata;
  description: string | null;
  receiptEmail: string | null;
  captureMethod: 'automatic' | 'manual';
  status: 'requires_payment_method' | 'processing' | 'requires_capture' | 'succeeded' | 'canceled';
  cancellationReason: 'automatic' | 'requested_by_customer' | 'void_invoice' | null;
  canceledAt: number | null;
  amountReceived: number;
  connect: Connect;
  presentment: Presentment | null;
  charges: string[];
  clientSecret: string;
  invoice: string | null;
  /** `payment_details.order_reference` (in_… or cs_…), an undocumented hint of recent payloads. */
  orderReference: string | null;
  lastError: string | null;
}

export interface ChargeRow extends RowBase {
  object: 'charge';
  amount: number;
  amountCaptured: number;
  amountRefunded: number;
  currency: string;
  customer: string | null;
  email: string | null;
  metadata: Metadata;
  description: string | null;
  paymentIntent: string;
  invoice: string | null;
  /** Cards make ch_…, everything else py_…. */
  method: 'card' | 'us_bank_account';
  captured: boolean;
  balanceTransaction: string | null;
  /** Reversal of the balance when a payment fails after it had succeeded. */
  failureBalanceTransaction: string | null;
  applicationFee: string | null;
  connect: Connect;
  presentment: Presentment | null;
  disputes: string[];
  status: 'pending' | 'succeeded' | 'failed';
  failureCode: string | null;
  failureMessage: string | null;
  refunds: string[];
}

export interface RefundRow extends RowBase {
  object: 'refund';
  amount: number;
  currency: string;
  charge: string;
  paymentIntent: string;
  reason: 'duplicate' | 'fraudulent' | 'requested_by_customer' | 'expired_uncaptured_charge' | null;
  metadata: Metadata;
  status: 'pending' | 'succeeded' | 'failed' | 'canceled';
  balanceTransaction: string | null;
  failureBalanceTransaction: string | null;
}

export interface DisputeRow extends RowBase {
  object: 'dispute';
  amount: number;
  currency: string;
  charge: string;
  paymentIntent: string;
  reason: string;
  status:
    'warning_needs_response' | 'warning_closed' | 'needs_response' | 'under_review' | 'won' | 'lost' | 'prevented';
  balanceTransactions: string[];
  metadata: Metadata;
}

export interface ApplicationFeeRow extends RowBase {
  object: 'application_fee';
  amount: number;
  currency: string;
  charge: string;
  account: string;
  balanceTransaction: string | null;
}

export interface BalanceTransactionRow extends RowBase {
  object: 'balance_transaction';
  type:
    | 'charge'
    | 'payment'
    | 'refund'
    | 'payment_refund'
    | 'refund_failure'
    | 'payment_failure_refund'
    | 'adjustment'
    | 'transfer'
    | 'application_fee'
    | 'payout';
  reportingCategory: string;
  source: string;
  amount: number;
  fee: number;
  /** The platform's part of `fee`. */
  applicationFee: number;
  currency: string;
  exchangeRate: number | null;
}

export interface WebhookEndpointRow extends RowBase {
  object: 'webhook_endpoint';
  url: string;
  secret: string;
  enabledEvents: string[];
  version: ApiVersion;
  metadata: Metadata;
  description: string | null;
  status: 'enabled' | 'disabled';
  /** Hears of connected accounts instead of its own. */
  connect: boolean;
  /** An event destination with thin payloads: no object in them, no version. */
  thin: boolean;
}

export interface EventRow extends RowBase {
  object: 'event';
  type: string;
  /** The object it is about, for thin events. */
  about: { id: string; object: RowKind };
  /** The account's default when it happened: `GET /v1/events` renders at this one, whatever the request says. */
  version: ApiVersion;
  /** The object as it was then, in every rendering. */
  snapshots: Record<ApiVersion, object>;
  previousAttributes: Record<string, unknown> | null;
}

export type Row =
  | CustomerRow
  | ProductRow
  | PriceRow
  | SessionRow
  | PaymentLinkRow
  | PaymentIntentRow
  | ChargeRow
  | DisputeRow
  | ApplicationFeeRow
  | RefundRow
  | BalanceTransactionRow
  | InvoiceRow
  | InvoicePaymentRow
  | CreditNoteRow
  | CouponRow
  | PromotionCodeRow
  | DiscountRow
  | TestClockRow
  | SubscriptionRow
  | WebhookEndpointRow
  | EventRow;
export type RowKind = Row['object'];
export type RowOf<Kind extends RowKind> = Extract<Row, { object: Kind }>;
