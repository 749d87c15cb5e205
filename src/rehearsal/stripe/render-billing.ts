import type Stripe from 'stripe';
import type { CustomerRow, InvoicePaymentRow, InvoiceRow, PriceRow, ProductRow, SubscriptionRow } from './rows.ts';
import type { State } from './state.ts';

/** Customers, prices, subscriptions and invoices as the newest version shows them. */

const NO_TAX = { disabled_reason: null, enabled: false, liability: null } as const;

/** On the wire a decimal is a string; the types name the class the client makes of it. */
const decimal = (amount: number) => String(amount) as unknown as Stripe.Decimal;

export function listOf<T>(data: T[], url: string): Stripe.ApiList<T> {
  return { object: 'list', data, has_more: false, url };
}

export function customerObject(row: CustomerRow, state: State): Stripe.Customer {
  return {
    id: row.id,
    object: 'customer',
    address: null,
    balance: 0,
    created: row.created,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: row.email,
    invoice_prefix: row.id.slice(-8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: state.livemode,
    metadata: { ...row.metadata },
    name: row.name,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}

export function productObject(row: ProductRow, state: State): Stripe.Product {
  return {
    id: row.id,
    object: 'product',
    active: true,
    created: row.created,
    default_price: null,
    description: null,
    images: [],
    livemode: state.livemode,
    marketing_features: [],
    metadata: { ...row.metadata },
    name: row.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: row.created,
    url: null,
  };
}

export function priceObject(row: PriceRow, state: State): Stripe.Price {
  return {
    id: row.id,
    object: 'price',
    active: true,
    billing_scheme: 'per_unit',
    created: row.created,
    currency: row.currency,
    custom_unit_amount: null,
    livemode: state.livemode,
    lookup_key: null,
    metadata: { ...row.metadata },
    nickname: null,
    product: row.product,
    recurring:
      row.interval === null
        ? null
        : {
            interval: row.interval,
            interval_count: 1,
            meter: null,
            trial_period_days: null,
            usage_type: 'licensed',
          },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: row.interval === null ? 'one_time' : 'recurring',
    unit_amount: row.unitAmount,
    unit_amount_decimal: decimal(row.unitAmount),
  };
}

export function planObject(row: PriceRow, state: State): Stripe.Plan {
  return {
    id: row.id,
    object: 'plan',
    active: true,
    amount: row.unitAmount,
    amount_decimal: decimal(row.unitAmount),
    billing_scheme: 'per_unit',
    created: row.created,
    currency: row.currency,
    interval: row.interval ?? 'month',
    interval_count: 1,
    livemode: state.livemode,
    metadata: { ...row.metadata },
    meter: null,
    nickname: null,
    product: row.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}

function subscriptionItems(row: SubscriptionRow, state: State): Stripe.SubscriptionItem[] {
  return row.items.map((item) => {
    const price = state.need('price', item.price);
    return {
      id: item.id,
      object: 'subscription_item',
      billing_thresholds: null,
      created: row.created,
      current_period_end: row.periodEnd,
      current_period_start: row.periodStart,
      current_trial: null,
      discounts: [],
      metadata: {},
      plan: planObject(price, state),
      price: priceObject(price, state),
      quantity: item.quantity,
      subscription: row.id,
      tax_rates: [],
    };
  });
}

export function subscriptionObject(row: SubscriptionRow, state: State): Stripe.Subscription {
  const items = subscriptionItems(row, state);
  return {
    id: row.id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: NO_TAX,
    billing_cycle_anchor: row.created,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: 'classic' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: row.canceledAt,
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: row.canceledAt ? 'cancellation_requested' : null,
    },
    collection_method: 'charge_automatically',
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: row.canceledAt,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: { ...listOf(items, `/v1/subscription_items?subscription=${row.id}`), total_count: items.length } as never,
    latest_invoice: row.latestInvoice,
    livemode: state.livemode,
    managed_payments: null,
    metadata: { ...row.metadata },
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: row.created,
    status: row.status,
    test_clock: null,
    transfer_data: null,
    trial_end: row.trialEnd,
    trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
    trial_start: row.trialEnd === null ? null : row.created,
  };
}

function lineObject(row: InvoiceRow, item: InvoiceRow['items'][number], state: State): Stripe.InvoiceLineItem {
  const price = state.need('price', item.price);
  const subscription = state.get('subscription', row.subscription);
  const amount = row.amountDue === 0 ? 0 : price.unitAmount * item.quantity;
  return {
    id: item.id,
    object: 'line_item',
    amount,
    currency: row.currency,
    description: state.get('product', price.product)?.name ?? null,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: row.id,
    livemode: state.livemode,
    // Lines of type subscription show the subscription's present metadata, not the snapshot.
    metadata: { ...subscription?.metadata },
    parent:
      item.subscriptionItem === null
        ? {
            invoice_item_details: {
              invoice_item: `ii_${item.id.slice(3)}`,
              proration: false,
              proration_details: null,
              subscription: null,
            },
            subscription_item_details: null,
            type: 'invoice_item_details',
          }
        : {
            invoice_item_details: null,
            subscription_item_details: {
              invoice_item: null,
              proration: false,
              proration_details: { credited_items: null },
              subscription: row.subscription,
              subscription_item: item.subscriptionItem,
            },
            type: 'subscription_item_details',
          },
    period: { end: row.periodEnd, start: row.periodStart },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: decimal(price.unitAmount),
    },
    quantity: item.quantity,
    quantity_decimal: decimal(item.quantity),
    subscription: row.subscription,
    subtotal: amount,
    taxes: [],
  };
}

/** Fields that say nothing here, because rehearsals have no taxes, discounts, addresses or drafts. */
const PLAIN_INVOICE = {
  account_tax_ids: null,
  amount_overpaid: 0,
  amount_shipping: 0,
  application: null,
  auto_advance: false,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  automatically_finalizes_at: null,
  collection_method: 'charge_automatically',
  custom_fields: null,
  customer_account: null,
  customer_address: null,
  customer_name: null,
  customer_phone: null,
  customer_shipping: null,
  customer_tax_exempt: 'none',
  customer_tax_ids: [],
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  due_date: null,
  ending_balance: 0,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  issuer: { type: 'self' },
  last_finalization_error: null,
  latest_revision: null,
  next_payment_attempt: null,
  on_behalf_of: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  starting_balance: 0,
  statement_descriptor: null,
  test_clock: null,
  total_discount_amounts: [],
  total_pretax_credit_amounts: [],
  total_taxes: [],
} satisfies Partial<Stripe.Invoice>;

export function invoiceObject(row: InvoiceRow, state: State): Stripe.Invoice {
  const lines = row.items.map((item) => lineObject(row, item, state));
  return {
    ...PLAIN_INVOICE,
    id: row.id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Rehearsal',
    amount_due: row.amountDue,
    amount_paid: row.amountPaid,
    amount_remaining: row.amountDue - row.amountPaid,
    attempt_count: row.status === 'paid' && row.amountDue > 0 ? 1 : 0,
    attempted: row.status === 'paid',
    billing_reason: row.billingReason,
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    customer_email: row.email,
    effective_at: row.created,
    lines: { ...listOf(lines, `/v1/invoices/${row.id}/lines`), total_count: lines.length } as never,
    livemode: state.livemode,
    metadata: { ...row.metadata },
    number: row.number,
    parent:
      row.subscription === null
        ? null
        : {
            quote_details: null,
            subscription_details: { metadata: { ...row.subscriptionMetadata }, subscription: row.subscription },
            type: 'subscription_details',
          },
    period_end: row.periodEnd,
    period_start: row.periodStart,
    status: row.status,
    status_transitions: {
      finalized_at: row.created,
      marked_uncollectible_at: null,
      paid_at: row.paidAt,
      voided_at: null,
    },
    subtotal: row.amountDue,
    subtotal_excluding_tax: row.amountDue,
    total: row.amountDue,
    total_excluding_tax: row.amountDue,
    webhooks_delivered_at: row.created,
  };
}

export function invoicePaymentObject(row: InvoicePaymentRow, state: State): Stripe.InvoicePayment {
  return {
    id: row.id,
    object: 'invoice_payment',
    amount_paid: row.amountPaid,
    amount_requested: row.amountRequested,
    created: row.created,
    currency: row.currency,
    invoice: row.invoice,
    is_default: true,
    livemode: state.livemode,
    payment: { payment_intent: row.paymentIntent, type: 'payment_intent' },
    status: row.status,
    status_transitions: { canceled_at: null, paid_at: row.paidAt },
  };
}
