import type { Kysely, Selectable } from 'kysely';
import type { Link } from '../../core/link.ts';
import type { Payment } from '../../core/payment.ts';
import { chunks } from './chunks.ts';
import type { Database, PaymentLinksTable, PaymentsTable } from './database.ts';
import type { PaymentsTogether } from './records-together.ts';

type Row = Selectable<PaymentsTable>;

/** A statement of this many rows has some thousand parameters, which both databases take. */
const ROWS = 100;

export function createPaymentsTogether(db: Kysely<Database>): PaymentsTogether {
  return {
    async upsertMany(payments) {
      for (const part of chunks(payments, ROWS)) {
        const rows = part.map(toRow);
        const columns = Object.keys(rows[0]!).filter((column) => column !== 'site' && column !== 'id') as (keyof Row)[];
        await db
          .insertInto('payments')
          .values(rows)
          .onConflict((conflict) =>
            conflict
              .columns(['site', 'id'])
              .doUpdateSet((eb) => Object.fromEntries(columns.map((column) => [column, eb.ref(`excluded.${column}`)]))),
          )
          .execute();
      }
    },
    async getMany(site, ids) {
      const payments: Payment[] = [];
      for (const part of chunks(ids)) {
        const rows = await db
          .selectFrom('payments')
          .selectAll()
          .where('site', '=', site)
          .where('id', 'in', part)
          .execute();
        payments.push(...rows.map(toPayment));
      }
      return payments;
    },
    async linksOf(site, ids) {
      const links = new Map<string, Link[]>();
      for (const part of chunks(ids)) {
        const rows = await db
          .selectFrom('payment_links')
          .selectAll()
          .where('site', '=', site)
          .where('payment', 'in', part)
          .orderBy('payment')
          .orderBy('position')
          .execute();
        for (const row of rows) links.set(row.payment, [...(links.get(row.payment) ?? []), toLink(row)]);
      }
      return links;
    },
    async addLinks(site, payments) {
      const rows = payments.flatMap(({ payment, links }) =>
        links.map((link, position) => toLinkRow(site, payment, position, link)),
      );
      for (const part of chunks(rows, ROWS)) await db.insertInto('payment_links').values(part).execute();
    },
  };
}

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
