import { sql, type Kysely, type Selectable } from 'kysely';
import type { Link } from '../../core/link.ts';
import type { Mode } from '../../core/payment.ts';
import { atomically } from './atomically.ts';
import { decodeAttribution, encodeAttribution, pendingAttribution } from './attribution-body.ts';
import { chunks } from './chunks.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Database, PaymentsTable } from './database.ts';
import { toLink, toLinkRow, toPayment, toRow } from './payments-rows.ts';
import { createPaymentsTogether } from './payments-together.ts';
import type { Attribution, PaymentRow, Payments } from './records.ts';

type Row = Selectable<PaymentsTable>;

export function createPayments(db: Kysely<Database>): Payments {
  return {
    ...createPaymentsTogether(db),
    async upsert(payment) {
      const { site, id, ...rest } = toRow(payment);
      await db
        .insertInto('payments')
        .values({ site, id, ...rest })
        .onConflict((conflict) => conflict.columns(['site', 'id']).doUpdateSet(rest))
        .execute();
    },
    async get(site, id) {
      const row = await withAttribution(db)
        .where('payments.site', '=', site)
        .where('payments.id', '=', id)
        .executeTakeFirst();
      return row ? toPaymentRow(row) : null;
    },
    links: (site, id) => linksOf(db, site, id),
    setLinks: (site, id, links) => atomically(db, (transaction) => setLinks(transaction, site, id, links)),
    setAttribution: (site, id, attribution) =>
      atomically(db, (transaction) => setAttribution(transaction, site, id, attribution)),
    list: (site, mode, limit, cursor) => list(db, site, mode, limit, cursor),
    touchedBy: (site, values) => touchedBy(db, site, values),
    async ofCustomer(site, mode, customer) {
      const rows = await db
        .selectFrom('payments')
        .select(['id', 'occurred_at'])
        .where('site', '=', site)
        .where('mode', '=', mode)
        .where('customer', '=', customer)
        .execute();
      // Sorted here: asked for an order, SQLite reads all payments of the site along an index that has it.
      rows.sort((a, b) => a.occurred_at - b.occurred_at || (a.id < b.id ? -1 : 1));
      return rows.map((row) => row.id);
    },
    async count(site) {
      const row = await db
        .selectFrom('payments')
        .select((eb) => eb.fn.countAll<number>().as('payments'))
        .where('site', '=', site)
        .executeTakeFirstOrThrow();
      return row.payments;
    },
    async all(site, afterId, limit) {
      const rows = await db
        .selectFrom('payments')
        .select('id')
        .where('site', '=', site)
        .$if(afterId !== null, (query) => query.where('id', '>', afterId!))
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map((row) => row.id);
    },
  };
}

function withAttribution(db: Kysely<Database>) {
  return db
    .selectFrom('payments')
    .leftJoin('payment_attributions', (join) =>
      join
        .onRef('payment_attributions.site', '=', 'payments.site')
        .onRef('payment_attributions.payment', '=', 'payments.id'),
    )
    .selectAll('payments')
    .select('payment_attributions.body');
}

async function list(db: Kysely<Database>, site: string, mode: Mode, limit: number, cursor: string | null) {
  const after = cursor === null ? null : decodeCursor(cursor);
  const rows = await withAttribution(db)
    .where('payments.site', '=', site)
    .where('payments.mode', '=', mode)
    .$if(after !== null, (query) =>
      query.where(sql<boolean>`(payments.occurred_at, payments.id) < (${after!.occurredAt}, ${after!.id})`),
    )
    .orderBy('payments.occurred_at', 'desc')
    .orderBy('payments.id', 'desc')
    // One more than asked for tells whether there is a next page.
    .limit(limit + 1)
    .execute();
  const payments = rows.slice(0, limit).map(toPaymentRow);
  const last = payments.at(-1);
  return { payments, next: rows.length > limit && last ? encodeCursor(last) : null };
}

async function touchedBy(db: Kysely<Database>, site: string, values: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const part of chunks([...new Set(values)])) {
    const rows = await db
      .selectFrom('payment_links')
      .select('payment')
      .where('site', '=', site)
      .where('value', 'in', part)
      .union((eb) =>
        eb.selectFrom('payment_visitors').select('payment').where('site', '=', site).where('visitor', 'in', part),
      )
      .execute();
    for (const row of rows) found.add(row.payment);
  }
  return [...found].sort();
}

async function linksOf(db: Kysely<Database>, site: string, payment: string): Promise<Link[]> {
  const rows = await db
    .selectFrom('payment_links')
    .selectAll()
    .where('site', '=', site)
    .where('payment', '=', payment)
    .orderBy('position')
    .execute();
  return rows.map(toLink);
}

async function setLinks(
  transaction: Kysely<Database>,
  site: string,
  payment: string,
  links: readonly Link[],
): Promise<void> {
  const rows = links.map((link, position) => toLinkRow(site, payment, position, link));
  const before = await linksOf(transaction, site, payment);
  // Most webhooks bring no new link.
  if (JSON.stringify(before) === JSON.stringify(rows.map(toLink))) return;
  await transaction.deleteFrom('payment_links').where('site', '=', site).where('payment', '=', payment).execute();
  for (const part of chunks(rows)) await transaction.insertInto('payment_links').values(part).execute();
}

async function setAttribution(
  transaction: Kysely<Database>,
  site: string,
  payment: string,
  attribution: Attribution,
): Promise<void> {
  const body = encodeAttribution(attribution);
  await transaction
    .insertInto('payment_attributions')
    .values({ site, payment, body, inputs: '' })
    .onConflict((conflict) => conflict.columns(['site', 'payment']).doUpdateSet({ body, inputs: '' }))
    .execute();
  const visitors = new Set(attribution.visitors);
  if (attribution.visitor !== null) visitors.add(attribution.visitor);
  await transaction.deleteFrom('payment_visitors').where('site', '=', site).where('payment', '=', payment).execute();
  for (const part of chunks([...visitors])) {
    await transaction
      .insertInto('payment_visitors')
      .values(part.map((visitor) => ({ site, visitor, payment })))
      .onConflict((conflict) => conflict.columns(['site', 'visitor', 'payment']).doNothing())
      .execute();
  }
}

function toPaymentRow(row: Row & { body: string | null }): PaymentRow {
  const attribution = row.body === null ? pendingAttribution() : decodeAttribution(row.body);
  return { ...toPayment(row), attribution };
}
