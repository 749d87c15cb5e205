import { creditChanges, creditRows, creditsByTouchpoint, unattributedRows } from '../core/attribution/credits.ts';
import type { Conversion } from '../core/attribution/credits.ts';
import { narrowedPath, pathEnd, pathOf } from '../core/attribution/path.ts';
import { pathChanges } from '../core/attribution/path-row.ts';
import { modelSettingsOf } from '../core/attribution/settings.ts';
import type { ModelSettings, Renewals } from '../core/attribution/settings.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { resolveVisitor } from '../core/link.ts';
import type { Link, UnattributedReason } from '../core/link.ts';
import type { Payment } from '../core/payment.ts';
import type { Attribution, PaymentRow, Records } from '../storage/records/records.ts';
import { lockConnection } from './book.ts';
import { JOIN_MAX_VISITORS, readSiblings } from './evidence.ts';
import type { Evidence, Sibling } from './evidence.ts';
import { conversionOf } from './rates.ts';

export type AttributionRequest = Awaited<ReturnType<Records['attributions']['due']>>[number];

/** The ledger of a payment, and what its site says about crediting. */
type Rules = Pick<Known, 'entries' | 'conversion' | 'settings'> & { renewals: Renewals };
/** What is to be carried to the facts store. */
type Changes = Parameters<Records['outbox']['add']>[0][number];

/** An addition to the outbox is carried whole: it must fit into memory beside others. */
const ROWS_PER_ADDITION = 2_000;

interface Batch {
  site: string;
  requests: readonly AttributionRequest[];
  evidence: Evidence;
  now: number;
}

/**
 * Credits payments of one site in the transaction it is given: many, because a commit costs more than crediting one.
 *
 * @returns `again`: some must be looked at again at once. `changed`: there is something in the outbox
 */
export async function creditTogether(
  tx: Records,
  { site, requests, evidence, now }: Batch,
): Promise<{ again: boolean; changed: boolean }> {
  const ordered = requests.toSorted((a, b) => (a.paymentId < b.paymentId ? -1 : 1));
  const { rows, siblingsOf, readRules } = await lockAndRead(tx, site, ordered);
  /** Visitors as they are after this batch so far: its payments may be of one customer. */
  const credited = new Map<string, string | null>();
  const written: { payment: string; attribution: Attribution; changes: Changes[]; of: Payment }[] = [];
  const finished: AttributionRequest[] = [];
  const affected: string[] = [];
  let again = false;
  for (const request of ordered) {
    const row = rows.get(request.paymentId);
    const links = evidence.links.get(request.paymentId);
    if (row && !links) {
      again = true; // Recorded while evidence was read.
      continue;
    }
    if (!row || !links) {
      finished.push(request);
      continue;
    }
    const siblings = siblingsOf(row.id).map(({ id, visitor }) => ({
      id,
      visitor: credited.has(id) ? credited.get(id)! : visitor,
    }));
    if (siblings.some((sibling) => sibling.visitor !== null && !evidence.covers(sibling.visitor))) {
      again = true; // Attributed while evidence was read: the path would miss their visitors.
      continue;
    }
    // Credit rows hold the payment, not how it was credited before: that would nest with every re-credit.
    const { attribution: before, ...payment } = row;
    const rules = await readRules(payment);
    const endsAt = pathEnd(payment, rules.renewals);
    const resolved = resolveVisitor(links, evidence.known, endsAt);
    const attribution = attribute({ ...rules, payment, endsAt, links, resolved, siblings, evidence });
    credited.set(payment.id, attribution.visitor);
    const changes = [...creditChanges(before.rows, attribution.rows), ...pathChanges(payment, before, attribution)];
    written.push({ payment: payment.id, attribution, changes, of: payment });
    affected.push(...affectedSiblings(before.visitor, attribution.visitor, siblings));
    finished.push(request);
  }
  await holdForWriting(tx, site, [...ordered.map(({ paymentId }) => paymentId), ...affected], [...rows.values()]);
  await tx.payments.setAttributions(site, written);
  const changed = written.filter(({ changes }) => changes.length > 0);
  await addToOutbox(
    tx,
    changed.map(({ changes }) => changes),
  );
  await requestSubscriptions(
    tx,
    changed.map(({ of }) => of),
    now,
  );
  // Before the requests are finished: of one that is asked for again here, the version differs.
  if (affected.length > 0) await tx.attributions.request(site, affected, now);
  await tx.attributions.finishMany(site, finished);
  return { again, changed: changed.length > 0 };
}

/** Locks are taken in one order by everybody: payments, then customers, each sorted. */
async function lockAndRead(tx: Records, site: string, ordered: readonly AttributionRequest[]) {
  const ids = ordered.map((request) => request.paymentId);
  for (const id of ids) await tx.lock(`attribution:${site}:${id}`);
  const rows = new Map((await tx.payments.rowsOf(site, ids)).map((row) => [row.id, row]));
  // Two payments of one customer, attributed at the same time, would each miss the other's visitor.
  for (const name of customerLocks(site, [...rows.values()])) await tx.lock(name);
  const siblings = await readSiblings(tx, site, [...rows.values()]);
  // Read under the payments' locks: a worker that is late must not credit by a currency that has changed meanwhile.
  const row = await tx.sites.get(site);
  const entries = Map.groupBy(await tx.ledger.entriesOf(site, ids), (entry) => entry.paymentId);
  return {
    rows,
    siblingsOf: (id: string) => siblings.get(id) ?? [],
    /** The ledger, and what the site says about crediting. */
    async readRules({ id }: Payment): Promise<Rules> {
      const own = entries.get(id) ?? [];
      const conversion = row && (await conversionOf(tx, own, row.currency));
      const renewals = row?.settings.renewals ?? 'first_path';
      return { entries: own, conversion, settings: modelSettingsOf(row?.settings ?? { windowDays: null }), renewals };
    },
  };
}

/** Booking asks for attribution while it holds its connection: both change the same requests, one after the other. */
async function holdForWriting(
  tx: Records,
  site: string,
  paymentIds: readonly string[],
  payments: readonly Payment[],
): Promise<void> {
  const connections = [...new Set(payments.map(({ connection }) => connection))].sort();
  for (const id of connections) await lockConnection(tx, { id });
  await tx.attributions.hold(site, paymentIds);
}

function customerLocks(site: string, payments: readonly PaymentRow[]): string[] {
  const names = payments.flatMap(({ mode, customer }) =>
    customer === null ? [] : `customer:${site}:${mode}:${customer}`,
  );
  return [...new Set(names)].sort();
}

/** Each payment's changes stay together. */
async function addToOutbox(tx: Records, changes: readonly Changes[][]): Promise<void> {
  let rows: Changes[] = [];
  for (const ofPayment of changes) {
    for (const row of ofPayment) rows.push(row);
    if (rows.length < ROWS_PER_ADDITION) continue;
    await tx.outbox.add(rows);
    rows = [];
  }
  if (rows.length > 0) await tx.outbox.add(rows);
}

/** What is credited moves what its subscription brings. */
async function requestSubscriptions(tx: Records, payments: readonly Payment[], now: number): Promise<void> {
  const ofSubscriptions = payments.filter(({ subscription }) => subscription !== null);
  for (const [connection, its] of Map.groupBy(ofSubscriptions, (payment) => payment.connection)) {
    const ids = [...new Set(its.map(({ subscription }) => subscription!))];
    await tx.subscriptions.request(its[0]!.site, connection, ids, now);
  }
}

/**
 * A visitor that is new to the customer lengthens the paths of the customer's other payments; one that left shortens
 * them. Payments without a visitor of their own stay as they are: a customer is not evidence of a visit, a link is.
 * A payment's own visitor comes from its own links only, so this ends after one round.
 *
 * @returns the payments to attribute again
 */
function affectedSiblings(before: string | null, visitor: string | null, siblings: readonly Sibling[]): string[] {
  if (before === visitor) return [];
  const others = siblings.filter((sibling) => sibling.visitor !== null);
  const theirs = (one: string | null) => one === null || others.some((sibling) => sibling.visitor === one);
  return theirs(before) && theirs(visitor) ? [] : others.map((sibling) => sibling.id);
}

interface Known {
  payment: Payment;
  entries: readonly LedgerEntry[];
  conversion: Conversion | null;
  links: readonly Link[];
  resolved: ReturnType<typeof resolveVisitor>;
  siblings: readonly Sibling[];
  evidence: Evidence;
  endsAt: number;
  settings: ModelSettings;
}

/** What is known → how the payment is credited. */
function attribute(known: Known): Attribution {
  const { payment, entries, conversion, links, resolved, siblings, evidence, endsAt, settings } = known;
  // The visitors stay on record even then, so that an earlier hit of theirs that arrives late finds this payment.
  if ('reason' in resolved) {
    const isOffStripe = payment.kind === 'off_stripe' && resolved.reason === 'no_visitor_id';
    const reason = isOffStripe ? 'off_stripe' : resolved.reason;
    return { ...unattributed(known, reason), visitors: evidence.claimed(links) };
  }
  const { visitor } = resolved;
  const usedLink = { object: resolved.usedLink.object, field: resolved.usedLink.field, value: resolved.usedLink.value };
  const customers = new Set([visitor, ...siblings.flatMap((sibling) => sibling.visitor ?? [])]);
  const { visitors, touchpoints } = evidence.joined(customers.size > JOIN_MAX_VISITORS ? [visitor] : [...customers]);
  const lifetime = pathOf(touchpoints, { endsAt, windowDays: null });
  // From the path that is kept, as a question with other settings is: both give the same answer.
  const path = narrowedPath(lifetime, { ...settings, endsAt });
  const storedPath = lifetime.length === 0 ? undefined : { customer: payment.customer, endsAt };
  if (path.length === 0) {
    const reason = lifetime.length > 0 ? 'outside_window' : 'visitor_seen_after_payment';
    return { ...unattributed(known, reason), visitors, path: lifetime, storedPath };
  }
  const rows = creditRows(payment, entries, path, conversion, settings);
  const credits = creditsByTouchpoint(rows);
  return { visitor, visitors, reason: null, usedLink, path: lifetime, storedPath, credits, rows };
}

function unattributed({ payment, entries, conversion }: Known, reason: UnattributedReason): Attribution {
  const rows = unattributedRows(payment, entries, reason, conversion);
  return { visitor: null, visitors: [], reason, usedLink: null, path: [], credits: {}, rows };
}
