import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import { decodeAttribution, encodeAttribution, pendingAttribution } from './attribution-body.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import { toPayment } from './payments-rows.ts';
import type { Attribution, PaymentRow } from './records.ts';
import type { PaymentsTogether } from './records-together.ts';

type Together = Pick<PaymentsTogether, 'rowsOf' | 'ofCustomers' | 'visitorsOf' | 'setAttributions'>;
type AttributionRows = Parameters<Together['setAttributions']>[1];

/** Some hundred parameters a statement. */
const ROWS = 100;
/** Attributions are written with the visitor first: to read it, the rest, which is long, need not be read. */
const HEAD_CHARS = 100;
const HEAD = /^\{"visitor":(?:null|"([A-Za-z0-9_-]{1,64})")[,}]/;

/** Payments and how they are credited, many at once. */
export function createAttributionsTogether(db: Kysely<Database>): Together {
  return {
    async rowsOf(site, ids) {
      const found: PaymentRow[] = [];
      for (const part of chunks(ids)) {
        const rows = await db
          .selectFrom('payments')
          .leftJoin('payment_attributions as credited', (join) =>
            join.onRef('credited.site', '=', 'payments.site').onRef('credited.payment', '=', 'payments.id'),
          )
          .selectAll('payments')
          .select('credited.body')
          .where('payments.site', '=', site)
          .where('payments.id', 'in', part)
          .execute();
        for (const row of rows) found.push({ ...toPayment(row), attribution: attributionOf(row.body) });
      }
      return found;
    },
    async ofCustomers(site, mode, customers) {
      const found = new Map<string, string[]>();
      for (const part of chunks(customers)) {
        const rows = await db
          .selectFrom('payments')
          .select(['customer', 'id'])
          .where('site', '=', site)
          .where('mode', '=', mode)
          .where('customer', 'in', part)
          .execute();
        // Sorted here: asked for an order, SQLite reads all payments of the site along an index that has it.
        rows.sort((a, b) => (a.id < b.id ? -1 : 1));
        for (const { customer, id } of rows) {
          const ids = found.get(customer!);
          if (ids) ids.push(id);
          else found.set(customer!, [id]);
        }
      }
      return found;
    },
    async visitorsOf(site, ids) {
      const found = new Map<string, string | null>(ids.map((id) => [id, null]));
      const unread: string[] = [];
      for (const part of chunks(ids)) {
        const rows = await db
          .selectFrom('payment_attributions')
          .select('payment')
          .select((eb) => eb.fn<string>('substr', ['body', eb.lit(1), eb.lit(HEAD_CHARS)]).as('head'))
          .where('site', '=', site)
          .where('payment', 'in', part)
          .execute();
        for (const { payment, head } of rows) {
          const match = HEAD.exec(head);
          if (match) found.set(payment, match[1] ?? null);
          else unread.push(payment);
        }
      }
      for (const [payment, body] of await bodiesOf(db, site, unread)) {
        found.set(payment, decodeAttribution(body).visitor);
      }
      return found;
    },
    setAttributions: (site, rows) => atomically(db, (transaction) => setAttributions(transaction, site, rows)),
  };
}

export function attributionOf(body: string | null): Attribution {
  return body === null ? pendingAttribution() : decodeAttribution(body);
}

async function bodiesOf(db: Kysely<Database>, site: string, ids: readonly string[]): Promise<Map<string, string>> {
  const bodies = new Map<string, string>();
  for (const part of chunks(ids)) {
    const rows = await db
      .selectFrom('payment_attributions')
      .select(['payment', 'body'])
      .where('site', '=', site)
      .where('payment', 'in', part)
      .execute();
    for (const { payment, body } of rows) bodies.set(payment, body);
  }
  return bodies;
}

async function setAttributions(transaction: Kysely<Database>, site: string, rows: AttributionRows): Promise<void> {
  const stored = await bodiesOf(
    transaction,
    site,
    rows.map(({ payment }) => payment),
  );
  const changed = rows
    .map(({ payment, attribution }) => ({ payment, attribution, body: encodeAttribution(attribution) }))
    .filter(({ payment, body }) => stored.get(payment) !== body)
    .sort((a, b) => (a.payment < b.payment ? -1 : 1));
  for (const part of chunks(changed, ROWS)) {
    await transaction
      .insertInto('payment_attributions')
      .values(part.map(({ payment, body }) => ({ site, payment, body })))
      .onConflict((conflict) =>
        conflict.columns(['site', 'payment']).doUpdateSet((eb) => ({ body: eb.ref('excluded.body') })),
      )
      .execute();
    const payments = part.map(({ payment }) => payment);
    await transaction
      .deleteFrom('payment_visitors')
      .where('site', '=', site)
      .where('payment', 'in', payments)
      .execute();
    const visits = part.flatMap(({ payment, attribution: { visitor, visitors } }) =>
      [...new Set(visitor === null ? visitors : [...visitors, visitor])].map((one) => ({
        site,
        visitor: one,
        payment,
      })),
    );
    for (const some of chunks(visits)) {
      await transaction
        .insertInto('payment_visitors')
        .values(some)
        .onConflict((conflict) => conflict.columns(['site', 'visitor', 'payment']).doNothing())
        .execute();
    }
  }
}
