import type Stripe from 'stripe';
import type { Item } from './billing-rows.ts';
import { payer } from './payer.ts';
import { presented } from './render-money.ts';
import type { EventRow, PaymentLinkRow, SessionRow, WebhookEndpointRow } from './rows.ts';
import { listOf, priceObject } from './render-billing.ts';
import type { State } from './state.ts';

/** Checkout sessions, payment links, webhook endpoints and events as the newest version shows them. */

const NO_TEXT = { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null };

const NO_DETAILS = {
  address: null,
  business_name: null,
  individual_name: null,
  name: null,
  phone: null,
  tax_exempt: 'none',
  tax_ids: null,
} as const;

export function sessionObject(row: SessionRow, state: State, pagesUrl: string): Stripe.Checkout.Session {
  const done = row.status === 'complete';
  const email = row.buyerEmail ?? row.customerEmail;
  return {
    id: row.id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: row.bill.subtotal,
    amount_total: row.amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: row.cancelUrl,
    client_reference_id: row.clientReferenceId,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: row.created,
    currency: row.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: NO_TEXT,
    ...payer(state, row.customer),
    customer_creation: row.mode === 'subscription' ? null : row.customerCreation,
    customer_details: email === null ? null : { ...NO_DETAILS, email },
    customer_email: row.customerEmail,
    discounts: discounts(row, state),
    expires_at: row.created + 86_400,
    integration_identifier: null,
    invoice: row.invoice,
    invoice_creation: null,
    livemode: state.livemode,
    locale: null,
    managed_payments: null,
    metadata: { ...row.metadata },
    mode: row.mode,
    origin_context: null,
    payment_intent: row.mode === 'payment' ? row.paymentIntent : null,
    payment_link: row.paymentLink,
    payment_method_collection: row.mode === 'subscription' ? 'always' : 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_status: row.paymentStatus,
    permissions: null,
    phone_number_collection: { enabled: false },
    ...presented(row.presentment, row.amount, row.amount),
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: row.status,
    submit_type: null,
    subscription: row.subscription,
    success_url: row.successUrl,
    total_details: totals(row),
    ui_mode: 'hosted_page',
    url: done || row.status === 'expired' ? null : `${pagesUrl}/c/pay/${row.id}`,
    wallet_options: null,
  };
}

function totals({ bill }: SessionRow): Stripe.Checkout.Session.TotalDetails {
  return { amount_discount: bill.discount, amount_shipping: bill.shipping, amount_tax: bill.tax };
}

function discounts(row: SessionRow, state: State): Stripe.Checkout.Session.Discount[] {
  const discount = state.get('discount', row.terms.discount);
  if (!discount) return [];
  const { coupon, promotionCode } = discount;
  return [{ coupon: promotionCode === null ? coupon : null, promotion_code: promotionCode }];
}

export function lineItems(items: readonly Item[], state: State, url: string): Stripe.ApiList<Stripe.LineItem> {
  const data = items.map((item, index): Stripe.LineItem => {
    const price = state.need('price', item.price);
    const amount = Math.round(price.unitAmount * item.quantity);
    return {
      id: `li_${price.id.slice(6)}${index}`,
      object: 'item',
      adjustable_quantity: null,
      amount_discount: 0,
      amount_subtotal: amount,
      amount_tax: 0,
      amount_total: amount,
      currency: price.currency,
      description: state.get('product', price.product)?.name ?? null,
      metadata: {},
      price: priceObject(price, state),
      quantity: item.quantity,
    };
  });
  return listOf(data, url);
}

export function paymentLinkObject(row: PaymentLinkRow, state: State, pagesUrl: string): Stripe.PaymentLink {
  const recurring = row.items.some((item) => state.need('price', item.price).interval !== null);
  return {
    id: row.id,
    object: 'payment_link',
    active: row.active,
    after_completion:
      row.redirectUrl === null
        ? { hosted_confirmation: { custom_message: null }, type: 'hosted_confirmation' }
        : { redirect: { url: row.redirectUrl }, type: 'redirect' },
    allow_promotion_codes: false,
    application: null,
    application_fee_amount: null,
    application_fee_percent: null,
    automatic_tax: { enabled: false, liability: null },
    billing_address_collection: 'auto',
    consent_collection: null,
    currency: row.currency,
    custom_fields: [],
    custom_text: NO_TEXT,
    customer_creation: recurring ? 'always' : 'if_required',
    inactive_message: null,
    invoice_creation: null,
    livemode: state.livemode,
    managed_payments: null,
    metadata: { ...row.metadata },
    on_behalf_of: null,
    payment_intent_data: recurring
      ? null
      : {
          capture_method: null,
          description: null,
          metadata: { ...row.paymentIntentMetadata },
          setup_future_usage: null,
          statement_descriptor: null,
          statement_descriptor_suffix: null,
          transfer_group: null,
        },
    payment_method_collection: 'always',
    payment_method_options: null,
    payment_method_types: null,
    phone_number_collection: { enabled: false },
    restrictions: { completed_sessions: { count: 0, limit: 1_000 } },
    shipping_address_collection: null,
    shipping_options: [],
    submit_type: 'auto',
    subscription_data: recurring
      ? {
          description: null,
          invoice_settings: { issuer: { type: 'self' } } as Stripe.PaymentLink.SubscriptionData['invoice_settings'],
          metadata: { ...row.subscriptionMetadata },
          trial_period_days: null,
          trial_settings: null,
        }
      : null,
    tax_id_collection: { enabled: false, required: 'never' },
    transfer_data: null,
    url: `${pagesUrl}/b/${row.id}`,
  };
}

/** The secret is shown by the answer that creates the endpoint and never again. */
export function webhookEndpointObject(row: WebhookEndpointRow, state: State): Stripe.WebhookEndpoint {
  return {
    id: row.id,
    object: 'webhook_endpoint',
    api_version: row.version,
    application: null,
    created: row.created,
    description: row.description,
    enabled_events: [...row.enabledEvents],
    livemode: state.livemode,
    metadata: { ...row.metadata },
    status: row.status,
    url: row.url,
  };
}

export interface EventShown {
  /** A connected account, for the endpoint of its platform. */
  account?: string | null;
  pendingWebhooks?: number;
}

export function eventObject(
  row: EventRow,
  version: EventRow['version'],
  state: State,
  { account = null, pendingWebhooks = 1 }: EventShown = {},
): Record<string, unknown> {
  return {
    id: row.id,
    object: 'event',
    ...(account === null ? {} : { account }),
    api_version: version,
    created: row.created,
    data: {
      object: row.snapshots[version],
      ...(row.previousAttributes === null ? {} : { previous_attributes: row.previousAttributes }),
    },
    livemode: state.livemode,
    pending_webhooks: pendingWebhooks,
    request: { id: null, idempotency_key: null },
    type: row.type,
  };
}
