import type { CreditRow } from '../core/attribution/credit.ts';
import { creditChanges } from '../core/attribution/credit-changes.ts';
import { pathEnd } from '../core/attribution/path.ts';
import { pathChanges } from '../core/attribution/path-row.ts';
import type { PathRow } from '../core/attribution/path-row.ts';
import { modelSettingsOf } from '../core/attribution/settings.ts';
import type { Renewals } from '../core/attribution/settings.ts';
import { resolveVisitor } from '../core/link.ts';
import type { Payment } from '../core/payment.ts';
import { restatementOf } from '../core/restatement.ts';
import type { Restatement, RestatementReason } from '../core/restatement.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Attribution, Records } from '../storage/records/records.ts';
import { attribute, digestOf, inputsOf } from './attribute-payment.ts';
import type { Known } from './attribute-payment.ts';
import { lockConnection } from './book.ts';
import { readSiblings } from './evidence.ts';
import type { Evidence, Sibling } from './evidence.ts';
import { conversionOf } from './rates.ts';

export type AttributionRequest = Awaited<ReturnType<Records['attributions']['due']>>[number];

/** The ledger of a payment, and what its site says about crediting. */
type Rules = Pick<Known, 'entries' | 'conversion' | 'settings'> & { renewals: Renewals };
/** What is to be carried to the facts store. */
interface Changes {
  credits: CreditRow[];
  paths: PathRow[];
}

/** An addition to the outbox is carried whole: it must fit into memory beside others. */
const ROWS_PER_ADDITION = 2_000;

interface Batch {
  facts: Pick<Facts, 'written'>;
  site: string;
  requests: readonly AttributionRequest[];
  evidence: Evidence;
  now: number;
}

/**
 * Credits payments of one site in the transaction it is given: many, because a commit costs more than crediting one.
 *
 * @returns whether there is something in the outbox
 */
export async function creditTogether(tx: Records, { facts, site, requests, evidence, now }: Batch): Promise<boolean> {
  const ordered = requests.toSorted((a, b) => (a.paymentId < b.paymentId ? -1 : 1));
  const { rows, standing, siblingsOf, readRules } = await lockAndRead(tx, site, ordered);
  /** Visitors as they are after this batch so far: its payments may be of one customer. */
  const credited = new Map<string, string | null>();
  const fresh: Fresh[] = [];
  const finished: AttributionRequest[] = [];
  for (const request of ordered) {
    const payment = rows.get(request.paymentId);
    const links = evidence.links.get(request.paymentId);
    if (!payment) {
      finished.push(request);
      continue;
    }
    // Recorded while evidence was read: its request stays.
    if (!links) continue;
    const siblings = siblingsOf(payment.id).map(({ id, visitor }) => ({
      id,
      visitor: credited.has(id) ? credited.get(id)! : visitor,
    }));
    // Attributed while evidence was read: the path would miss their visitors, so this request stays too.
    if (siblings.some((sibling) => sibling.visitor !== null && !evidence.covers(sibling.visitor))) continue;
    const rules = await readRules(payment);
    const endsAt = pathEnd(payment, rules.renewals);
    const resolved = resolveVisitor(links, evidence.known, endsAt);
    const inputs = inputsOf({ ...rules, payment, endsAt, links, resolved, siblings, evidence });
    const digest = digestOf(inputs);
    finished.push(request);
    // It was credited from what is known now: its credits stand.
    if (standing.get(payment.id) === digest) continue;
    const attribution = attribute(inputs);
    credited.set(payment.id, attribution.visitor);
    fresh.push({ payment, attribution, inputs: digest, siblings, reasons: request.reasons });
  }
  const { written, affected } = await compareWithStanding(tx, site, fresh);
  await holdForWriting(
    tx,
    site,
    [...ordered.map(({ paymentId }) => paymentId), ...affected.keys()],
    [...rows.values()],
  );
  await tx.payments.setAttributions(site, written);
  const changed = written.filter(({ changes }) => rowsIn(changes) > 0);
  await addToOutbox(
    tx,
    facts,
    changed.map(({ changes }) => changes),
  );
  await requestSubscriptions(
    tx,
    changed.map(({ of }) => of),
    now,
  );
  await addRestatements(tx, site, written, now);
  // Before the requests are finished: of one that is asked for again here, the version differs.
  if (affected.size > 0) await tx.attributions.request(site, [...affected.keys()], now, (id) => affected.get(id)!);
  await tx.attributions.finishMany(site, finished);
  return changed.length > 0;
}

/** A payment that is credited anew: what it was credited from is not what is known now, or nobody wrote it down. */
interface Fresh {
  payment: Payment;
  attribution: Attribution;
  /** Digest of what it is credited from. */
  inputs: string;
  siblings: readonly Sibling[];
  reasons: readonly RestatementReason[];
}

interface Written {
  payment: string;
  attribution: Attribution;
  inputs: string;
  /** How it was credited so far. */
  standing: Attribution;
  changes: Changes;
  of: Payment;
  restatement: Restatement | null;
}

/** @returns `affected`: the payments to attribute again, and why */
async function compareWithStanding(tx: Records, site: string, fresh: readonly Fresh[]) {
  const ids = fresh.map(({ payment }) => payment.id);
  const standing = await tx.payments.attributionsOf(site, ids);
  // Asked again: what somebody asked for after the batch was chosen may have been read with its evidence.
  const asked = await tx.attributions.reasonsOf(site, ids);
  const affected = new Map<string, Set<RestatementReason>>();
  const written = fresh.map(({ payment, attribution, inputs, siblings, ...request }): Written => {
    // A payment of its customer, credited before it in this batch, is a reason too: it is asked for below, and credited.
    const reasons = [...(asked.get(payment.id) ?? request.reasons), ...(affected.get(payment.id) ?? [])];
    const before = standing.get(payment.id)!;
    const credits = creditChanges(before.rows, attribution.rows);
    const paths = pathChanges(payment, before, attribution);
    for (const id of affectedSiblings(before.visitor, attribution.visitor, siblings)) {
      affected.set(id, new Set([...(affected.get(id) ?? []), ...siblingReasons(reasons)]));
    }
    const restatement = restatementOf(reasons, before, attribution);
    return {
      payment: payment.id,
      attribution,
      inputs,
      standing: before,
      changes: { credits, paths },
      of: payment,
      restatement,
    };
  });
  return { written, affected };
}

async function addRestatements(tx: Records, site: string, written: readonly Written[], at: number): Promise<void> {
  const rows = written.flatMap(({ payment, of: { mode }, restatement }) =>
    restatement === null ? [] : { ...restatement, payment, mode, at },
  );
  const ages = new Map(written.map(({ payment, of: { occurredAt } }) => [payment, Math.max(0, at - occurredAt)]));
  if (rows.length > 0) await tx.restatements.add(site, rows, ages);
}

/** Why the customer's other payments are credited again: a person's word on a link bears on them too. */
function siblingReasons(reasons: readonly RestatementReason[]): RestatementReason[] {
  const said = reasons.filter((reason) => reason === 'link_rejected' || reason === 'link_reinstated');
  return said.length > 0 ? said : ['customer_joined'];
}

/** Locks are taken in one order by everybody: payments, then customers, each sorted. */
async function lockAndRead(tx: Records, site: string, ordered: readonly AttributionRequest[]) {
  const ids = ordered.map((request) => request.paymentId);
  for (const id of ids) await tx.lock(`attribution:${site}:${id}`);
  const rows = new Map((await tx.payments.getMany(site, ids)).map((row) => [row.id, row]));
  // Two payments of one customer, attributed at the same time, would each miss the other's visitor.
  for (const name of customerLocks(site, [...rows.values()])) await tx.lock(name);
  const siblings = await readSiblings(tx, site, [...rows.values()]);
  // Read under the payments' locks: a worker that is late must not credit by a currency that has changed meanwhile.
  const row = await tx.sites.get(site);
  const entries = Map.groupBy(await tx.ledger.entriesOf(site, ids), (entry) => entry.paymentId);
  return {
    rows,
    /** Payment → digest of what it was credited from. */
    standing: await tx.payments.inputsOf(site, ids),
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

function customerLocks(site: string, payments: readonly Payment[]): string[] {
  const names = payments.flatMap(({ mode, customer }) =>
    customer === null ? [] : `customer:${site}:${mode}:${customer}`,
  );
  return [...new Set(names)].sort();
}

/** Each payment's changes stay together. */
async function addToOutbox(tx: Records, facts: Pick<Facts, 'written'>, changes: readonly Changes[]): Promise<void> {
  let all: Changes = { credits: [], paths: [] };
  const add = () => tx.outbox.add(facts.written(all));
  for (const ofPayment of changes) {
    for (const row of ofPayment.credits) all.credits.push(row);
    for (const row of ofPayment.paths) all.paths.push(row);
    if (rowsIn(all) < ROWS_PER_ADDITION) continue;
    await add();
    all = { credits: [], paths: [] };
  }
  await add();
}

const rowsIn = ({ credits, paths }: Changes) => credits.length + paths.length;

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
