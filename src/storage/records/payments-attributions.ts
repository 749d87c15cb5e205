import type { Kysely } from 'kysely';
import { atomically } from './atomically.ts';
import { decodeAttribution, encodeAttribution, pendingAttribution } from './attribution-body.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import { toPayment } from './payments-rows.ts';
import type { Attribution, PaymentRow } from './records.ts';
import type { PaymentsTogether } from './records-together.ts';

type Together = Pick<
  PaymentsTogether,
  'rowsOf' | 'ofCustomers' | 'visitorsOf' | 'inputsOf' | 'attributionsOf' | 'setAttributions'
>;
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
    visitorsOf: (site, ids) => visitorsOf(db, site, ids),
    inputsOf: (site, ids) => inputsOf(db, site, ids),
    async attributionsOf(site, ids) {
      const bodies = await bodiesOf(db, site, ids);
      return new Map(ids.map((id) => [id, attributionOf(bodies.get(id) ?? null)]));
    },
    setAttributions: (site, rows) => atomically(db, (transaction) => setAttributions(transaction, site, rows)),
  };
}

async function visitorsOf(
  db: Kysely<Database>,
  site: string,
  ids: readonly string[],
): Promise<Map<string, string | null>> {
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
}

async function inputsOf(db: Kysely<Database>, site: string, ids: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const part of chunks(ids)) {
    const rows = await db
      .selectFrom('payment_attributions')
      .select(['payment', 'inputs'])
      .where('site', '=', site)
      .where('payment', 'in', part)
      .where('inputs', '!=', '')
      .execute();
    for (const { payment, inputs } of rows) found.set(payment, inputs);
  }
  return found;
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
  const ordered = rows.toSorted((a, b) => (a.payment < b.payment ? -1 : 1));
  for (const part of chunks(ordered, ROWS)) {
    const values = part.map(({ payment, attribution, inputs = '' }) => {
      return { site, payment, body: encodeAttribution(attribution), inputs };
    });
    await transaction
      .insertInto('payment_attributions')
      .values(values)
      .onConflict((conflict) =>
        conflict
          .columns(['site', 'payment'])
          .doUpdateSet((eb) => ({ body: eb.ref('excluded.body'), inputs: eb.ref('excluded.inputs') })),
      )
      .execute();
    await setVisitors(transaction, site, part);
  }
}

/** An index over the attributions. Most that become otherwise keep their visitors. */
async function setVisitors(transaction: Kysely<Database>, site: string, rows: AttributionRows): Promise<void> {
  const changed = rows.filter(({ attribution, standing }) => !standing || !isSame(attribution, standing));
  if (changed.length === 0) return;
  const payments = changed.map(({ payment }) => payment);
  await transaction.deleteFrom('payment_visitors').where('site', '=', site).where('payment', 'in', payments).execute();
  const visits = changed.flatMap(({ payment, attribution }) =>
    [...visitorsIn(attribution)].map((visitor) => ({ site, visitor, payment })),
  );
  for (const some of chunks(visits)) {
    await transaction
      .insertInto('payment_visitors')
      .values(some)
      .onConflict((conflict) => conflict.columns(['site', 'visitor', 'payment']).doNothing())
      .execute();
  }
}

function visitorsIn({ visitor, visitors }: Attribution): Set<string> {
  return new Set(visitor === null ? visitors : [...visitors, visitor]);
}

function isSame(one: Attribution, other: Attribution): boolean {
  return visitorsIn(one).symmetricDifference(visitorsIn(other)).size === 0;
}
