import type Stripe from 'stripe';
import type { PriceRow, ProductRow, SubscriptionRow } from './billing-rows.ts';
import { payer } from './payer.ts';
import type { CustomerRow } from './rows.ts';
import type { State } from './state.ts';

/** Customers, prices, subscriptions and invoices as the newest version shows them. */

const NO_TAX = { disabled_reason: null, enabled: false, liability: null } as const;

/** On the wire a decimal is a string; the types name the class the client makes of it. */
export const decimal = (amount: number) => String(amount) as unknown as Stripe.Decimal;

export function listOf<T>(data: T[], url: string): Stripe.ApiList<T> {
  return { object: 'list', data, has_more: false, url };
}

export function customerObject(row: CustomerRow, state: State): Stripe.Customer {
  return {
    id: row.id,
    object: 'customer',
    address: null,
    balance: row.balance,
    created: row.created,
    currency: null,
    customer_account: row.account,
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
    test_clock: row.testClock,
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

/** A price with fractions of a minor unit says them in its decimal only. */
const wholeOf = ({ unitAmount }: PriceRow) => (Number.isInteger(unitAmount) ? unitAmount : null);

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
            interval_count: row.intervalCount,
            meter: null,
            trial_period_days: null,
            usage_type: row.isMetered ? 'metered' : 'licensed',
          },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: row.interval === null ? 'one_time' : 'recurring',
    unit_amount: wholeOf(row),
    unit_amount_decimal: decimal(row.unitAmount),
  };
}

export function planObject(row: PriceRow, state: State): Stripe.Plan {
  return {
    id: row.id,
    object: 'plan',
    active: true,
    amount: wholeOf(row),
    amount_decimal: decimal(row.unitAmount),
    billing_scheme: 'per_unit',
    created: row.created,
    currency: row.currency,
    interval: row.interval ?? 'month',
    interval_count: row.intervalCount,
    livemode: state.livemode,
    metadata: { ...row.metadata },
    meter: null,
    nickname: null,
    product: row.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: row.isMetered ? 'metered' : 'licensed',
  };
}

export function subscriptionItems(row: SubscriptionRow, state: State): Stripe.SubscriptionItem[] {
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
      discounts: item.discount ? [item.discount] : [],
      metadata: {},
      plan: planObject(price, state),
      price: priceObject(price, state),
      ...(price.isMetered ? {} : { quantity: item.quantity }),
      subscription: row.id,
      tax_rates: [],
    };
  });
}

const SHOWN = 10;

/** Of a list inside an object the first: the others are found at the list's own address. */
export function firstOf<T>(list: Stripe.ApiList<T>): Stripe.ApiList<T> {
  return { ...list, data: list.data.slice(0, SHOWN), has_more: list.data.length > SHOWN };
}

export function itemsShown<T>(items: readonly T[], subscription: string): Stripe.ApiList<T> {
  const list = listOf([...items], `/v1/subscription_items?subscription=${subscription}`);
  return firstOf({ ...list, total_count: items.length } as Stripe.ApiList<T>);
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
    cancel_at: row.cancelAtPeriodEnd ? row.periodEnd : null,
    cancel_at_period_end: row.cancelAtPeriodEnd,
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
    ...(payer(state, row.customer) as { customer: string; customer_account: string | null }),
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: row.terms.discount === null ? [] : [row.terms.discount],
    ended_at: row.endedAt,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: itemsShown(items, row.id) as never,
    latest_invoice: row.latestInvoice,
    livemode: state.livemode,
    managed_payments: null,
    metadata: { ...row.metadata },
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: row.collectionPaused ? { behavior: 'void', resumes_at: null } : null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: row.created,
    status: row.status,
    test_clock: row.testClock,
    transfer_data: null,
    trial_end: row.trialEnd,
    trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
    trial_start: row.trialEnd === null ? null : row.created,
  };
}
