import type { EventRow, InvoiceRow, PaymentIntentRow, Row, SubscriptionRow } from './rows.ts';
import {
  customerObject,
  invoiceObject,
  invoicePaymentObject,
  listOf,
  planObject,
  priceObject,
  productObject,
  subscriptionObject,
} from './render-billing.ts';
import { eventObject, paymentLinkObject, sessionObject, webhookEndpointObject } from './render-checkout.ts';
import { balanceTransactionObject, chargeObject, paymentIntentObject, refundObject } from './render-money.ts';
import type { State } from './state.ts';
import { type ApiVersion, LEGACY } from './versions.ts';

export type Rendered = Record<string, unknown> & { id: string; object: string };

export interface Renderer {
  (row: Row, version: ApiVersion): Rendered;
}

/** Shows a row as a version of the API does: the newest rendering, or that with the old fields put back. */
export function createRenderer(state: State, pagesUrl: () => string): Renderer {
  const newest = (row: Row): object => {
    switch (row.object) {
      case 'customer':
        return customerObject(row, state);
      case 'product':
        return productObject(row, state);
      case 'price':
        return priceObject(row, state);
      case 'checkout.session':
        return sessionObject(row, state, pagesUrl());
      case 'payment_link':
        return paymentLinkObject(row, state, pagesUrl());
      case 'payment_intent':
        return paymentIntentObject(row, state);
      case 'charge':
        return chargeObject(row, state);
      case 'refund':
        return refundObject(row, state);
      case 'balance_transaction':
        return balanceTransactionObject(row);
      case 'invoice':
        return invoiceObject(row, state);
      case 'invoice_payment':
        return invoicePaymentObject(row, state);
      case 'subscription':
        return subscriptionObject(row, state);
      case 'webhook_endpoint':
        return webhookEndpointObject(row, state);
      case 'event':
        return eventObject(row, row.version, state);
    }
  };

  const render: Renderer = (row, version) => {
    const object = newest(row) as Rendered;
    return version === LEGACY ? legacy(row, object, state, render) : object;
  };
  return render;
}

/** 2020-08-27: invoice links on charges and intents, embedded charges and refunds, periods on the subscription. */
function legacy(row: Row, object: Rendered, state: State, render: Renderer): Rendered {
  const list = (ids: readonly string[], kind: 'charge' | 'refund', url: string) =>
    // Newest first, as all lists.
    listOf(ids.map((id) => render(state.need(kind, id), LEGACY)).reverse(), url);
  switch (row.object) {
    case 'charge':
      return {
        ...object,
        invoice: row.invoice,
        dispute: null,
        order: null,
        destination: null,
        refunds: { ...list(row.refunds, 'refund', `/v1/charges/${row.id}/refunds`), total_count: row.refunds.length },
      };
    case 'payment_intent':
      return legacyPaymentIntent(row, object, {
        ...list(row.charges, 'charge', `/v1/charges?payment_intent=${row.id}`),
        total_count: row.charges.length,
      });
    case 'invoice':
      return legacyInvoice(row, object, state);
    case 'subscription':
      return legacySubscription(row, object, state);
    case 'checkout.session':
      return without(object, [
        'allowed_payment_method_types',
        'adaptive_pricing',
        'managed_payments',
        'origin_context',
      ]);
    default:
      return object;
  }
}

function legacyPaymentIntent(row: PaymentIntentRow, object: Rendered, charges: object): Rendered {
  return {
    ...without(object, ['allowed_payment_method_types', 'managed_payments', 'payment_record', 'customer_account']),
    capture_method: 'automatic',
    charges,
    invoice: row.invoice,
  };
}

const NEW_INVOICE_FIELDS = ['parent', 'amount_overpaid', 'total_taxes', 'confirmation_secret', 'customer_account'];
const NEW_LINE_FIELDS = ['parent', 'pricing', 'taxes', 'quantity_decimal', 'subtotal'];

function legacyInvoice(row: InvoiceRow, object: Rendered, state: State): Rendered {
  const lines = object.lines as { data: Rendered[] };
  return {
    ...without(object, NEW_INVOICE_FIELDS),
    application_fee_amount: null,
    charge: row.charge,
    paid: row.status === 'paid',
    paid_out_of_band: false,
    payment_intent: row.paymentIntent,
    quote: null,
    subscription: row.subscription,
    subscription_details: { metadata: row.subscription === null ? null : { ...row.subscriptionMetadata } },
    tax: null,
    total_tax_amounts: [],
    transfer_data: null,
    lines: {
      ...lines,
      data: lines.data.map((line, index) => {
        const item = row.items[index]!;
        const price = state.need('price', item.price);
        return {
          ...without(line, NEW_LINE_FIELDS),
          plan: price.interval === null ? null : planObject(price, state),
          price: priceObject(price, state),
          proration: false,
          subscription: row.subscription,
          subscription_item: item.subscriptionItem,
          tax_amounts: [],
          tax_rates: [],
          type: item.subscriptionItem === null ? 'invoiceitem' : 'subscription',
        };
      }),
    },
  };
}

function legacySubscription(row: SubscriptionRow, object: Rendered, state: State): Rendered {
  const items = object.items as { data: Rendered[] };
  const first = row.items[0]!;
  return {
    ...without(object, ['billing_mode', 'billing_schedules', 'managed_payments', 'customer_account', 'discounts']),
    current_period_end: row.periodEnd,
    current_period_start: row.periodStart,
    discount: null,
    plan: planObject(state.need('price', first.price), state),
    quantity: first.quantity,
    items: {
      ...items,
      data: items.data.map((item) => without(item, ['current_period_end', 'current_period_start', 'current_trial'])),
    },
  };
}

function without<T extends object>(object: T, names: readonly string[]): T {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))) as T;
}

/** An event as delivered to an endpoint pinned to `version`. */
export function renderEvent(row: EventRow, version: ApiVersion, state: State): Record<string, unknown> {
  return eventObject(row, version, state);
}
