import type Stripe from 'stripe';
import { likeness, type MoveContext, renderedAt, type Rendered } from './moves.ts';
import { customerObject, firstOf, priceObject, productObject, subscriptionObject } from './render-billing.ts';
import { eventObject, paymentLinkObject, sessionObject, webhookEndpointObject } from './render-checkout.ts';
import {
  couponObject,
  creditNoteObject,
  discountObject,
  promotionCodeObject,
  testClockObject,
} from './render-credits.ts';
import { applicationFeeObject, disputeObject } from './render-disputes.ts';
import { invoiceObject, invoicePaymentObject } from './render-invoices.ts';
import { balanceTransactionObject, chargeObject, paymentIntentObject, refundObject } from './render-money.ts';
import type { Row } from './rows.ts';
import type { State } from './state.ts';
import { API_VERSIONS, type ApiVersion } from './versions.ts';

export type { Rendered };

export interface Renderer {
  (row: Row, version: ApiVersion): Rendered;
  /** With all lines of an invoice, of which the invoice itself shows the first. */
  whole(row: Row, version: ApiVersion): Rendered;
  /** In every version, sharing what is the same. */
  all(row: Row): Record<ApiVersion, object>;
}

/** Shows a row as a version of the API does: the newest rendering, taken back in time by the table of moves. */
export function createRenderer(state: State, pagesUrl: () => string): Renderer {
  const render = (row: Row, version: ApiVersion): Rendered => {
    const shown = whole(row, version);
    return row.object === 'invoice' ? { ...shown, lines: firstOf(shown.lines as Stripe.ApiList<unknown>) } : shown;
  };
  const whole = (row: Row, version: ApiVersion): Rendered => {
    const context: MoveContext = { state, render: (other) => render(other, version) };
    return renderedAt(newest(row, state, pagesUrl()) as Rendered, row, version, context);
  };
  const all = (row: Row) => {
    const known = new Map<string, Rendered>();
    const entries = API_VERSIONS.map((version) => {
      const like = likeness(row.object, version);
      const object = known.get(like) ?? render(row, version);
      known.set(like, object);
      return [version, object] as const;
    });
    return Object.fromEntries(entries) as unknown as Record<ApiVersion, object>;
  };
  return Object.assign(render, { all, whole });
}

function newest(row: Row, state: State, pagesUrl: string): object {
  switch (row.object) {
    case 'customer':
      return customerObject(row, state);
    case 'product':
      return productObject(row, state);
    case 'price':
      return priceObject(row, state);
    case 'coupon':
      return couponObject(row, state);
    case 'promotion_code':
      return promotionCodeObject(row, state);
    case 'discount':
      return discountObject(row, state);
    case 'checkout.session':
      return sessionObject(row, state, pagesUrl);
    case 'payment_link':
      return paymentLinkObject(row, state, pagesUrl);
    case 'payment_intent':
      return paymentIntentObject(row, state);
    case 'charge':
      return chargeObject(row, state);
    case 'refund':
      return refundObject(row, state);
    case 'dispute':
      return disputeObject(row, state);
    case 'application_fee':
      return applicationFeeObject(row, state);
    case 'balance_transaction':
      return balanceTransactionObject(row);
    case 'invoice':
      return invoiceObject(row, state);
    case 'invoice_payment':
      return invoicePaymentObject(row, state);
    case 'credit_note':
      return creditNoteObject(row, state);
    case 'subscription':
      return subscriptionObject(row, state);
    case 'test_helpers.test_clock':
      return testClockObject(row, state);
    case 'webhook_endpoint':
      return webhookEndpointObject(row, state);
    case 'event':
      return eventObject(row, row.version, state);
  }
}
