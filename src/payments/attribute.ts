import { setTimeout as sleep } from 'node:timers/promises';
import { chunksOf } from '../core/chunks.ts';
import type { Sign } from '../core/keyed-text.ts';
import type { Log } from '../loop.ts';
import { FactsUnavailable } from '../storage/facts/facts.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { RecordsUnavailable } from '../storage/records/records.ts';
import type { Records } from '../storage/records/records.ts';
import { creditTogether } from './attribute-together.ts';
import type { AttributionRequest } from './attribute-together.ts';
import { readEvidence } from './evidence.ts';
import type { Evidence } from './evidence.ts';

/** A commit costs more than crediting a payment; more of them would keep other writers waiting for longer. */
const BATCH_PAYMENTS = 300;
/** Read by one question: to each the facts store reads all touchpoints of a site that has few. */
const GROUP_PAYMENTS = 5 * BATCH_PAYMENTS;
/**
 * What is credited stands behind what waits to be carried: while there is more of it than this, crediting waits, so that
 * a payment of this moment is in the reports soon although a hundred thousand are credited again.
 */
const UNCARRIED_MAX_ROWS = 12_000;
/** Nobody may be carrying. */
const UNCARRIED_WAIT_MS = 1_000;
const RETRY_MAX_MS = 15 * 60_000;

export interface AttributorOptions {
  records: Records;
  facts: Pick<Facts, 'touchpoints' | 'visitorsOfSessions' | 'written'>;
  /** Checks the ids of sites that count signed ones only. */
  sign?: Sign;
  now: () => number;
  log: Log;
  /** Called when rows were put into the outbox: the mirror may run at once. */
  onOutbox: () => void;
}

type Request = AttributionRequest;

/**
 * Credits the payments that wait for it, and credits them again whenever somebody asks.
 *
 * Nothing is lost to a race: links are committed before their payment is requested, so before facts are read here; and
 * the drainer inserts hits before it asks which payments they touch. Whichever comes second requests again, a request
 * made meanwhile survives `finish` (its version differs), and attributing twice appends nothing.
 */
export function createAttributor(options: AttributorOptions): { runOnce(): Promise<boolean> } {
  const { records, facts, sign, now, log, onOutbox } = options;

  /** What was asked for first, and whose evidence is being read. */
  let ahead: Group[] = [];

  /** Credits a group, and while it does has the evidence of the next one read. */
  async function creditNext(): Promise<boolean> {
    if (ahead.length === 0) await readNext([]);
    const group = ahead.shift();
    if (group === undefined) return false;
    const left = ahead.reduce((sum, { requests }) => sum + requests.length, 0);
    if (left < GROUP_PAYMENTS) await readNext(group.requests);
    await creditGroup(group);
    await waitForCarrying();
    return true;
  }

  async function waitForCarrying(): Promise<void> {
    for (let waited = 0; waited < UNCARRIED_WAIT_MS; waited += 20) {
      if ((await records.outbox.count()) < UNCARRIED_MAX_ROWS) return;
      await sleep(20);
    }
  }

  /** `besides`: requests that are being worked on. */
  async function readNext(besides: readonly Request[]): Promise<void> {
    const underWay = new Set([...besides, ...ahead.flatMap(({ requests }) => requests)].map(keyOf));
    const due = await records.attributions.due(now(), underWay.size + GROUP_PAYMENTS);
    const next = due.filter((request) => !underWay.has(keyOf(request)));
    for (const [site, requests] of Map.groupBy(next, (request) => request.site)) {
      for (const part of chunksOf(requests, GROUP_PAYMENTS)) ahead.push(startReading(site, part));
    }
  }

  function startReading(site: string, requests: readonly Request[]): Group {
    const paymentIds = requests.map((request) => request.paymentId);
    const evidence = readEvidence({ records, facts, sign }, site, paymentIds);
    // Told to whoever waits for it; nobody does when an earlier group ended the turn.
    evidence.catch(() => {});
    return { site, requests, evidence };
  }

  async function creditGroup({ site, requests, evidence }: Group): Promise<void> {
    try {
      for (const batch of chunksOf(requests, BATCH_PAYMENTS)) await creditBatch(site, batch, await evidence);
    } catch (error) {
      // An outage is the loop's to wait for.
      if (isOutage(error)) throw error;
      await divide(site, requests, error);
    }
  }

  async function creditBatch(site: string, requests: readonly Request[], evidence: Evidence): Promise<void> {
    const changed = await records.transaction((tx) =>
      creditTogether(tx, { facts, site, requests, evidence, now: now() }),
    );
    if (changed) onOutbox();
  }

  /** One payment must not keep the others waiting: which of them it is shows when each half is credited by itself. */
  async function divide(site: string, requests: readonly Request[], error: unknown): Promise<void> {
    if (requests.length === 1) return postpone(requests[0]!, error);
    for (const half of chunksOf(requests, Math.ceil(requests.length / 2))) await creditGroup(startReading(site, half));
  }

  async function postpone({ site, paymentId, attempts }: Request, error: unknown): Promise<void> {
    const retryAt = now() + Math.min(RETRY_MAX_MS, 1_000 * 2 ** Math.min(attempts, 10));
    log.error({ site, payment: paymentId, attempts, error: String(error) }, 'attribution failed, will be repeated');
    await records.attributions.postpone(site, paymentId, String(error).slice(0, 500), retryAt);
  }

  return {
    /** True when there may be more to do at once. Throws when a store does not answer; requests then stay. */
    async runOnce() {
      try {
        return await creditNext();
      } catch (error) {
        ahead = [];
        throw error;
      }
    },
  };
}

/** Requests of one site, and what is known of their payments: read after the requests, as their versions are. */
interface Group {
  site: string;
  requests: readonly Request[];
  evidence: Promise<Evidence>;
}

const keyOf = ({ site, paymentId }: Request) => `${site} ${paymentId}`;

function isOutage(error: unknown): boolean {
  return error instanceof FactsUnavailable || error instanceof RecordsUnavailable;
}
