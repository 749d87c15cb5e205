import type { Kysely } from 'kysely';
import type { Link } from '../../core/link.ts';
import type { Payment } from '../../core/payment.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import { createAttributionsTogether } from './payments-attributions.ts';
import { toLink, toLinkRow, toPayment, toRow, type Row } from './payments-rows.ts';
import type { PaymentsTogether } from './records-together.ts';

/** A statement of this many rows has some thousand parameters, which both databases take. */
const ROWS = 100;

export function createPaymentsTogether(db: Kysely<Database>): PaymentsTogether {
  return {
    ...createAttributionsTogether(db),
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
