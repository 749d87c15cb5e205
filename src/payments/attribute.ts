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
/** Batches whose evidence is read while others are credited: the facts store computes, or this process does. */
const BATCHES_AHEAD = 2;
/** Looked at in one turn. Then what was asked for meanwhile has its turn, before the rest of a long list. */
const TURN_PAYMENTS = 3 * BATCH_PAYMENTS;
const RETRY_MAX_MS = 15 * 60_000;

export interface AttributorOptions {
  records: Records;
  facts: Pick<Facts, 'touchpoints' | 'visitorsOfSessions'>;
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

  /** True when a payment must be looked at again at once. */
  async function runBatch({ site, requests }: Batch, reading: Promise<Evidence>): Promise<boolean> {
    const evidence = await reading;
    try {
      return await runTogether(site, requests, evidence);
    } catch (error) {
      if (isOutage(error) || requests.length === 1) throw error;
    }
    // Which of them it was shows when each is credited by itself.
    let again = false;
    for (const request of requests) {
      const retry = await guarded([request], () => runTogether(site, [request], evidence));
      again ||= retry;
    }
    return again;
  }

  async function runTogether(site: string, requests: readonly Request[], evidence: Evidence): Promise<boolean> {
    const outcome = await records.transaction((tx) => creditTogether(tx, { site, requests, evidence, now: now() }));
    if (outcome.changed) onOutbox();
    return outcome.again;
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

  function startReading({ site, requests }: Batch): Promise<Evidence> {
    const paymentIds = requests.map((request) => request.paymentId);
    const reading = readEvidence({ records, facts, sign }, site, paymentIds);
    // Told to whoever waits for it; nobody does when an earlier batch ended the turn.
    reading.catch(() => {});
    return reading;
  }

  return {
    /** True when there may be more to do at once. Throws when a store does not answer; requests then stay. */
    async runOnce() {
      const due = await records.attributions.due(now(), TURN_PAYMENTS);
      const batches = batchesOf(due);
      let again = due.length >= TURN_PAYMENTS;
      const readings: Promise<Evidence>[] = [];
      for (const [at, batch] of batches.entries()) {
        while (readings.length < Math.min(batches.length, at + 1 + BATCHES_AHEAD)) {
          readings.push(startReading(batches[readings.length]!));
        }
        const retry = await guarded(batch.requests, () => runBatch(batch, readings[at]!));
        again ||= retry;
      }
      return again;
    },
  };
}

interface Batch {
  site: string;
  requests: readonly Request[];
}

function batchesOf(due: readonly Request[]): Batch[] {
  const batches: Batch[] = [];
  for (const [site, requests] of Map.groupBy(due, (request) => request.site)) {
    for (let from = 0; from < requests.length; from += BATCH_PAYMENTS) {
      batches.push({ site, requests: requests.slice(from, from + BATCH_PAYMENTS) });
    }
  }
  return batches;
}

function isOutage(error: unknown): boolean {
  return error instanceof FactsUnavailable || error instanceof RecordsUnavailable;
}
