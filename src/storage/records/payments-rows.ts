import type { Selectable } from 'kysely';
import type { Link } from '../../core/link.ts';
import type { Payment } from '../../core/payment.ts';
import type { PaymentLinksTable, PaymentsTable } from './database.ts';

export type Row = Selectable<PaymentsTable>;

export function toRow(payment: Payment): Row {
  return {
    site: payment.site,
    id: payment.id,
    mode: payment.mode,
    connection: payment.connection,
    kind: payment.kind,
    currency: payment.currency,
    occurred_at: payment.occurredAt,
    customer: payment.customer,
    subscription: payment.subscription,
    path_ends_at: payment.pathEndsAt,
    gross_minor: payment.grossMinor,
    refunded_minor: payment.refundedMinor,
    disputed_minor: payment.disputedMinor,
    fee_minor: payment.feeMinor,
    fee_currency: payment.feeCurrency,
    tax_minor: payment.taxMinor,
    product: payment.product,
    product_name: payment.productName,
    price: payment.price,
    coupon: payment.coupon,
  };
}

export function toPayment(row: Row): Payment {
  return {
    site: row.site,
    id: row.id,
    mode: row.mode as Payment['mode'],
    connection: row.connection,
    kind: row.kind as Payment['kind'],
    currency: row.currency,
    occurredAt: row.occurred_at,
    customer: row.customer,
    subscription: row.subscription,
    pathEndsAt: row.path_ends_at,
    grossMinor: row.gross_minor,
    refundedMinor: row.refunded_minor,
    disputedMinor: row.disputed_minor,
    feeMinor: row.fee_minor,
    feeCurrency: row.fee_currency,
    taxMinor: row.tax_minor,
    product: row.product,
    productName: row.product_name,
    price: row.price,
    coupon: row.coupon,
  };
}

export function toLinkRow(site: string, payment: string, position: number, link: Link): Selectable<PaymentLinksTable> {
  const { object, field, value, claim, rung, seenAt } = link;
  return { site, payment, position, object, field, value, claim, rung, seen_at: seenAt };
}

export function toLink(row: Selectable<PaymentLinksTable>): Link {
  const { object, field, value, rung } = row;
  return { object, field, value, claim: row.claim as Link['claim'], rung, seenAt: row.seen_at };
}
