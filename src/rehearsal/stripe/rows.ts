import type { ApiVersion } from './versions.ts';

/**
 * What the simulated Stripe knows, apart from any API version: one row per object. `render*.ts` turns a row into the
 * object a version shows. Amounts are in minor units, times (`created`, `…At`) in epoch seconds, as Stripe counts them.
 */
export type Metadata = Record<string, string>;

interface RowBase {
  id: string;
  created: number;
}

export interface CustomerRow extends RowBase {
  object: 'customer';
  email: string | null;
  name: string | null;
  metadata: Metadata;
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
  unitAmount: number;
  currency: string;
  interval: Interval | null;
  metadata: Metadata;
}

export interface Item {
  price: string;
  quantity: number;
}

export interface SessionRow extends RowBase {
  object: 'checkout.session';
  /** The version of the request that made it: old ones make the customer and the payment intent at once. */
  version: ApiVersion;
  mode: 'payment' | 'subscription';
  status: 'open' | 'complete' | 'expired';
  paymentStatus: 'unpaid' | 'paid' | 'no_payment_required';
  amount: number;
  currency: string;
  items: Item[];
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

export interface PaymentIntentRow extends RowBase {
  object: 'payment_intent';
  version: ApiVersion;
  amount: number;
  currency: string;
  customer: string | null;
  metadata: Metadata;
  description: string | null;
  receiptEmail: string | null;
  status: 'requires_payment_method' | 'processing' | 'succeeded' | 'canceled';
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
  balanceTransaction: string | null;
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
  reason: 'duplicate' | 'fraudulent' | 'requested_by_customer' | null;
  metadata: Metadata;
  status: 'pending' | 'succeeded' | 'failed' | 'canceled';
  balanceTransaction: string | null;
}

export interface BalanceTransactionRow extends RowBase {
  object: 'balance_transaction';
  type: 'charge' | 'payment' | 'refund';
  source: string;
  amount: number;
  fee: number;
  currency: string;
  exchangeRate: number | null;
}

export interface InvoiceRow extends RowBase {
  object: 'invoice';
  customer: string;
  email: string | null;
  currency: string;
  amountDue: number;
  amountPaid: number;
  status: 'open' | 'paid' | 'void' | 'uncollectible';
  billingReason: 'subscription_create' | 'subscription_cycle' | 'manual';
  metadata: Metadata;
  subscription: string | null;
  /** Snapshot of the subscription's metadata, immutable from finalisation on. */
  subscriptionMetadata: Metadata;
  items: (Item & { id: string; subscriptionItem: string | null })[];
  periodStart: number;
  periodEnd: number;
  paymentIntent: string | null;
  charge: string | null;
  number: string;
  paidAt: number | null;
}

export interface InvoicePaymentRow extends RowBase {
  object: 'invoice_payment';
  invoice: string;
  paymentIntent: string;
  amountRequested: number;
  amountPaid: number | null;
  currency: string;
  status: 'open' | 'paid' | 'canceled';
  paidAt: number | null;
}

export interface SubscriptionRow extends RowBase {
  object: 'subscription';
  customer: string;
  currency: string;
  metadata: Metadata;
  status: 'incomplete' | 'trialing' | 'active' | 'past_due' | 'canceled';
  items: (Item & { id: string })[];
  interval: Interval;
  latestInvoice: string | null;
  periodStart: number;
  periodEnd: number;
  trialEnd: number | null;
  canceledAt: number | null;
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
}

export interface EventRow extends RowBase {
  object: 'event';
  type: string;
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
  | RefundRow
  | BalanceTransactionRow
  | InvoiceRow
  | InvoicePaymentRow
  | SubscriptionRow
  | WebhookEndpointRow
  | EventRow;
export type RowKind = Row['object'];
export type RowOf<Kind extends RowKind> = Extract<Row, { object: Kind }>;
