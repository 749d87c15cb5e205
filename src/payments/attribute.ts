import { creditChanges, creditRows, creditsByTouchpoint, unattributedRows } from '../core/attribution/credits.ts';
import { pathEnd, pathOf } from '../core/attribution/path.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { resolveVisitor } from '../core/link.ts';
import type { Link, UnattributedReason } from '../core/link.ts';
import type { Payment } from '../core/payment.ts';
import type { Log } from '../loop.ts';
import { FactsUnavailable } from '../storage/facts/facts.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { RecordsUnavailable } from '../storage/records/records.ts';
import type { Attribution, Records } from '../storage/records/records.ts';
import { JOIN_MAX_VISITORS, readEvidence, readSiblings } from './evidence.ts';
import type { Evidence, Sibling } from './evidence.ts';

const BATCH_PAYMENTS = 100;
const RETRY_MAX_MS = 15 * 60_000;

export interface AttributorOptions {
  records: Records;
  facts: Pick<Facts, 'touchpoints' | 'visitorsOfSessions'>;
  now: () => number;
  log: Log;
  /** Called when rows were put into the outbox: the mirror may run at once. */
  onOutbox: () => void;
}

type Request = Awaited<ReturnType<Records['attributions']['due']>>[number];

/**
 * Credits the payments that wait for it, and credits them again whenever somebody asks.
 *
 * Nothing is lost to a race: links are committed before their payment is requested, so before facts are read here; and
 * the drainer inserts hits before it asks which payments they touch. Whichever comes second requests again, a request
 * made meanwhile survives `finish` (its version differs), and attributing twice appends nothing.
 */
export function createAttributor(options: AttributorOptions): { runOnce(): Promise<boolean> } {
  const { records, facts, now, log, onOutbox } = options;

  /** True when a payment must be looked at again at once. */
  async function runSite(site: string, requests: readonly Request[]): Promise<boolean> {
    const windowDays = (await records.sites.get(site))?.settings.windowDays ?? null;
    const paymentIds = requests.map((request) => request.paymentId);
    const evidence = await readEvidence({ records, facts }, site, paymentIds);
    let again = false;
    for (const request of requests) {
      const retry = await guarded([request], () => runPayment(request, evidence, windowDays));
      again ||= retry;
    }
    return again;
  }

  async function runPayment(request: Request, evidence: Evidence, windowDays: number | null): Promise<boolean> {
    const { site, paymentId, version } = request;
    const outcome = await records.transaction(async (tx) => {
      await tx.lock(`attribution:${site}:${paymentId}`);
      const row = await tx.payments.get(site, paymentId);
      const links = evidence.links.get(paymentId);
      if (row && !links) return 'again'; // Recorded while evidence was read.
      if (!row || !links) {
        await tx.attributions.finish(site, paymentId, version);
        return 'same';
      }
      // Credit rows hold the payment, not how it was credited before: that would nest with every re-credit.
      const { attribution: before, ...payment } = row;
      const siblings = await lockSiblings(tx, payment);
      const changed = siblings.some((sibling) => sibling.visitor !== null && !evidence.covers(sibling.visitor));
      if (changed) return 'again'; // Attributed while evidence was read: the path would miss their visitors.
      const resolved = resolveVisitor(links, evidence.known, pathEnd(payment));
      const entries = await tx.ledger.entries(site, paymentId);
      const attribution = attribute({ payment, entries, links, resolved, siblings, evidence, windowDays });
      const changes = creditChanges(before.rows, attribution.rows);
      await tx.payments.setAttribution(site, paymentId, attribution);
      if (changes.length > 0) await tx.outbox.add(changes);
      const affected = affectedSiblings(before.visitor, attribution.visitor, siblings);
      if (affected.length > 0) await tx.attributions.request(site, affected, now());
      await tx.attributions.finish(site, paymentId, version);
      return changes.length > 0 ? 'changed' : 'same';
    });
    if (outcome === 'changed') onOutbox();
    return outcome === 'again';
  }

  /** An outage is the loop's to wait for; anything else must not keep the other payments waiting. */
  async function guarded(requests: readonly Request[], work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      if (isOutage(error)) throw error;
      for (const request of requests) await postpone(request, error);
      return false;
    }
  }

  async function postpone({ site, paymentId, attempts }: Request, error: unknown): Promise<void> {
    const retryAt = now() + Math.min(RETRY_MAX_MS, 1_000 * 2 ** Math.min(attempts, 10));
    log.error({ site, payment: paymentId, attempts, error: String(error) }, 'attribution failed, will be repeated');
    await records.attributions.postpone(site, paymentId, String(error).slice(0, 500), retryAt);
  }

  return {
    /** True when there may be more to do at once. Throws when a store does not answer; requests then stay. */
    async runOnce() {
      const due = await records.attributions.due(now(), BATCH_PAYMENTS);
      let again = due.length === BATCH_PAYMENTS;
      for (const [site, requests] of Map.groupBy(due, (request) => request.site)) {
        const retry = await guarded(requests, () => runSite(site, requests));
        again ||= retry;
      }
      return again;
    },
  };
}

/** Two payments of one customer, attributed at the same time, would each miss the other's visitor. */
async function lockSiblings(tx: Records, payment: Payment): Promise<Sibling[]> {
  if (payment.customer === null) return [];
  await tx.lock(`customer:${payment.site}:${payment.mode}:${payment.customer}`);
  return readSiblings(tx, payment);
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
  links: readonly Link[];
  resolved: ReturnType<typeof resolveVisitor>;
  siblings: readonly Sibling[];
  evidence: Evidence;
  windowDays: number | null;
}

/** What is known → how the payment is credited. */
function attribute({ payment, entries, links, resolved, siblings, evidence, windowDays }: Known): Attribution {
  // The visitors stay on record even then, so that an earlier hit of theirs that arrives late finds this payment.
  if ('reason' in resolved) {
    const isOffStripe = payment.kind === 'off_stripe' && resolved.reason === 'no_visitor_id';
    const reason = isOffStripe ? 'off_stripe' : resolved.reason;
    return { ...unattributed(payment, entries, reason), visitors: evidence.claimed(links) };
  }
  const { visitor } = resolved;
  const usedLink = { object: resolved.usedLink.object, field: resolved.usedLink.field, value: resolved.usedLink.value };
  const customers = new Set([visitor, ...siblings.flatMap((sibling) => sibling.visitor ?? [])]);
  const { visitors, touchpoints } = evidence.joined(customers.size > JOIN_MAX_VISITORS ? [visitor] : [...customers]);
  const endsAt = pathEnd(payment);
  const lifetime = pathOf(touchpoints, { endsAt, windowDays: null });
  const path = pathOf(touchpoints, { endsAt, windowDays });
  if (path.length === 0) {
    const reason = lifetime.length > 0 ? 'outside_window' : 'visitor_seen_after_payment';
    return { ...unattributed(payment, entries, reason), visitors, path: lifetime };
  }
  const rows = creditRows(payment, entries, path);
  return { visitor, visitors, reason: null, usedLink, path: lifetime, credits: creditsByTouchpoint(rows), rows };
}

function unattributed(payment: Payment, entries: readonly LedgerEntry[], reason: UnattributedReason): Attribution {
  const rows = unattributedRows(payment, entries, reason);
  return { visitor: null, visitors: [], reason, usedLink: null, path: [], credits: {}, rows };
}

function isOutage(error: unknown): boolean {
  return error instanceof FactsUnavailable || error instanceof RecordsUnavailable;
}
