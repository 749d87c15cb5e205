import { revenueMinor } from '../core/payment.ts';
import type { Mode } from '../core/payment.ts';
import { BadCursor } from '../storage/records/records.ts';
import type { PaymentRow, Records } from '../storage/records/records.ts';
import type { PeopleFacts, TimelineSlice } from '../storage/facts/journey-facts.ts';
import { eventItem, paymentItems, sessionItem, subscriptionItems, type TimelineItem } from './timeline-items.ts';

export interface TimelineOptions {
  records: {
    payments: Pick<Records['payments'], 'ofCustomer' | 'touchedBy' | 'rowsOf'>;
    ledger: Pick<Records['ledger'], 'entriesOf'>;
    identities: Pick<Records['identities'], 'ofVisitors'>;
    subscriptions: Pick<Records['subscriptions'], 'get'>;
  };
  facts: { people: PeopleFacts };
  defaultMode: (site: string) => Promise<Mode>;
}

export interface TimelinePage {
  mode: Mode | null;
  order: 'newest' | 'oldest';
  limit: number;
  cursor: string | null;
}

/** Whatever a person has: so much of it makes a timeline, the newest. */
const PAYMENTS_MAX = 500;
const VISITORS_MAX = 100;
const SUBSCRIPTIONS_MAX = 50;

/** One person's life at a site, hits and money in one list, in the shape of http/contract-people.ts. */
export function createTimelines({ records, facts, defaultMode }: TimelineOptions) {
  /** null: no payment of this mode is the customer's. */
  async function customer(site: string, id: string, page: TimelinePage) {
    const mode = page.mode ?? (await defaultMode(site));
    const payments = await readPayments(site, await records.payments.ofCustomer(site, mode, id));
    if (payments.length === 0) return null;
    return timeline(site, { mode, customer: id, payments, visitors: visitorsOf(payments) }, page);
  }

  /** A visitor with the payments on whose path they are; null: nobody has been seen under this id. */
  async function visitor(site: string, id: string, page: TimelinePage) {
    const mode = page.mode ?? (await defaultMode(site));
    const touched = await readPayments(site, await records.payments.touchedBy(site, [id]));
    const payments = touched.filter((payment) => payment.mode === mode && visitorsOf([payment]).includes(id));
    const seen = await facts.people.seen(site, [id]);
    if (seen.length === 0 && payments.length === 0) return null;
    return timeline(site, { mode, customer: null, payments, visitors: [id] }, page);
  }

  async function readPayments(site: string, ids: readonly string[]): Promise<PaymentRow[]> {
    const rows = await records.payments.rowsOf(site, ids.slice(-PAYMENTS_MAX));
    return rows.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
  }

  async function timeline(site: string, person: Person, page: TimelinePage) {
    const { mode, payments } = person;
    const visitors = person.visitors.slice(0, VISITORS_MAX);
    const slice: TimelineSlice = { order: page.order, limit: page.limit + 1, after: decodeCursor(page.cursor) };
    const [hits, seen, claims, money] = await Promise.all([
      facts.people.hits(site, visitors, slice),
      facts.people.seen(site, visitors),
      records.identities.ofVisitors(site, visitors),
      moneyItems(site, payments),
    ]);
    const all = [...hits.sessions.map(sessionItem), ...hits.events.map(eventItem), ...money.filter(isIn(slice))];
    const items = all.toSorted(page.order === 'newest' ? (a, b) => compare(b, a) : compare).slice(0, page.limit);
    const last = items.at(-1);
    return {
      mode,
      customer: person.customer,
      customers: [...new Set(payments.map((payment) => payment.customer).filter((id) => id !== null))].sort(),
      visitors: visitors.map((id) => visitorAnswer(id, seen, claims)),
      complete: payments.length < PAYMENTS_MAX && visitors.length === person.visitors.length,
      payments: payments.length,
      revenue: revenueOf(payments),
      items: items.map(itemAnswer),
      next: all.length > page.limit && last ? encodeCursor(last) : null,
    };
  }

  async function moneyItems(site: string, payments: readonly PaymentRow[]): Promise<TimelineItem[]> {
    const named = payments.map(({ subscription }) => subscription).filter((id) => id !== null);
    const ids = [...new Set(named)].slice(-SUBSCRIPTIONS_MAX);
    const [entries, subscriptions] = await Promise.all([
      records.ledger.entriesOf(
        site,
        payments.map(({ id }) => id),
      ),
      Promise.all(ids.map((id) => records.subscriptions.get(site, id))),
    ]);
    const ofPayment = Map.groupBy(entries, (entry) => entry.paymentId);
    return [
      ...payments.flatMap((payment) => paymentItems(payment, ofPayment.get(payment.id) ?? [])),
      ...subscriptions.flatMap((row) => (row === null ? [] : subscriptionItems(row))),
    ];
  }

  return { customer, visitor };
}

export type Timelines = ReturnType<typeof createTimelines>;

interface Person {
  mode: Mode;
  customer: string | null;
  payments: readonly PaymentRow[];
  visitors: readonly string[];
}

function visitorsOf(payments: readonly PaymentRow[]): string[] {
  const all = payments.flatMap(({ attribution }) =>
    attribution.visitor === null ? attribution.visitors : [attribution.visitor, ...attribution.visitors],
  );
  return [...new Set(all)];
}

function visitorAnswer(
  id: string,
  seen: Awaited<ReturnType<PeopleFacts['seen']>>,
  claims: readonly { kind: string; value: string; visitor: string }[],
) {
  const known = seen.find((one) => one.visitor === id);
  const own = claims.filter((claim) => claim.visitor === id);
  const valuesOf = (kind: string) => own.filter((claim) => claim.kind === kind).map((claim) => claim.value);
  return {
    id,
    sessions: known?.sessions ?? 0,
    first_seen: known ? iso(known.firstAt) : null,
    last_seen: known ? iso(known.lastAt) : null,
    app_ids: valuesOf('app_id'),
    email_hashes: valuesOf('email_hash'),
  };
}

function revenueOf(payments: readonly PaymentRow[]): { currency: string; revenue: number }[] {
  return [...Map.groupBy(payments, (payment) => payment.currency)]
    .map(([currency, of]) => ({ currency, revenue: of.reduce((sum, one) => sum + revenueMinor(one), 0) }))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
}

const itemAnswer = ({ atMs, visitor, ...facts }: TimelineItem) => ({ at: iso(atMs), visitor_id: visitor, ...facts });

const compare = (a: Place, b: Place): number => a.atMs - b.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
type Place = Pick<TimelineItem, 'atMs' | 'id'>;

const isIn =
  ({ order, after }: TimelineSlice) =>
  (item: Place): boolean =>
    after === null || (order === 'newest' ? -1 : 1) * compare(item, { atMs: after.at, id: after.id }) > 0;

const encodeCursor = ({ atMs, id }: Place): string => Buffer.from(JSON.stringify([atMs, id])).toString('base64url');

/** @throws BadCursor for what no page before gave */
function decodeCursor(cursor: string | null): TimelineSlice['after'] {
  if (cursor === null) return null;
  let read: unknown = null;
  try {
    read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    // Told below.
  }
  const [at, id] = Array.isArray(read) && read.length === 2 ? (read as unknown[]) : [];
  if (!Number.isSafeInteger(at) || typeof id !== 'string' || id.length > 500) throw new BadCursor(cursor);
  return { at: at as number, id };
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
