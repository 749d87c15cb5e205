import { randomUUID } from 'node:crypto';
import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, Records, Site, WantedRow } from '../storage/records/records.ts';
import { bookObjects, foldStored, lockConnection } from './book.ts';
import { keyPlace } from './connect.ts';
import { rememberRefusal } from './connect-refused.ts';
import { ProviderUnavailable } from './provider.ts';
import type { Provider } from './provider.ts';
import { backoffMs, isStoreOutage } from './retry.ts';
import { chargesTouchedBy } from './walk.ts';

const BATCH = 20;
const PARALLEL = 4;
const LEASE_MS = 120_000;
/** A balance transaction that has not come after these tries (about two days) is given up. */
const SETTLEMENT_ATTEMPTS_MAX = 14;
/** A permission that lacks is not asked for with every object, and may be given any time. */
const FORBIDDEN_MS = 10 * 60_000;
const FORBIDDEN_MAX = 1_000;
const NO_KEY = 'no key is stored';
/** Folding more payments than this costs more than asking once too often. */
const FOLDS_MAX = 20;

class LeaseLost extends Error {
  override name = 'LeaseLost';
}

export interface FetcherOptions {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'fetch'>;
  now: () => number;
  log: Log;
  onRecorded?: () => void;
  fetchDelayMs?: number;
  owner?: string;
}

/**
 * Asks the provider for what payments lack, and books what it says by the same way as webhooks. Booking never waits for
 * it. What a key may not see is asked again when the key changes; what cannot be reached is asked again with backoff.
 */
export function createFetcher(options: FetcherOptions): { runOnce(): Promise<boolean> } {
  const { records, secrets, provider, now, log, fetchDelayMs = 1_500, owner = randomUUID() } = options;
  /** Connection → until when nothing is asked: a limit or an outage holds for all its questions. */
  const pausedUntil = new Map<string, number>();
  const forbidden = createForbiddenKinds(now, log);

  async function answer(row: WantedRow): Promise<boolean> {
    const connection = await records.connections.get(row.connection);
    const site = connection && (await records.sites.get(connection.site));
    if (!connection || !site) return settle(row, 'absent', 'its connection or site does not exist any more');
    if (!(await isStillWanted(records, { connection, site }, row))) return settle(row, 'found', null);
    if (connection.sealedKey === null) return settle(row, 'forbidden', NO_KEY);
    // Wanted again as soon as the key is accepted again.
    if (connection.status === 'refused') return settle(row, 'forbidden', connection.statusReason);
    const pause = pausedUntil.get(row.connection) ?? 0;
    if (pause > now()) throw new ProviderUnavailable('waiting, as Stripe asked', { retryAfterMs: pause - now() });

    // A key that may not see a session's lines may well see the session.
    // A refusal holds until the key's permissions were looked at again: it may have been given more since.
    const kind = `${connection.permissions?.checkedAt} ${row.kind}${row.by === row.kind ? ' with its lines' : ''}`;
    const forbiddenBefore = forbidden.reasonFor(connection.sealedKey, kind);
    if (forbiddenBefore !== null) return settle(row, 'forbidden', forbiddenBefore);
    const key = secrets.open(connection.sealedKey, keyPlace(connection.id));
    const fetched = await provider.fetch(key, row, { visitorMetadataKeys: site.settings.visitorMetadataKeys });
    if (fetched.status === 'absent' && mayStillSettle(row)) {
      await records.wanted.fail(row, 'not settled yet', now() + settlementPauseMs(row));
      return false;
    }
    if (fetched.status === 'forbidden') forbidden.note(connection.sealedKey, kind, row, fetched.reason);
    if (fetched.status === 'refused') {
      await rememberRefusal(records, connection, { reason: fetched.reason, now: now() });
      return settle(row, 'forbidden', fetched.reason);
    }
    if (fetched.status !== 'found') return settle(row, fetched.status, fetched.reason);
    return records.transaction(async (tx) => {
      await lockConnection(tx, connection);
      const booked = await bookObjects(tx, { connection, site, now: now(), fetchDelayMs }, fetched.objects);
      if (!(await tx.wanted.settle(row, 'found', null))) throw new LeaseLost();
      return booked.length > 0;
    });
  }

  const settle = (row: WantedRow, state: 'found' | 'absent' | 'forbidden', reason: string | null) =>
    records.wanted.settle(row, state, reason).then(() => false);

  async function failed(row: WantedRow, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const retryAfterMs = error instanceof ProviderUnavailable ? (error.retryAfterMs ?? 0) : 0;
    const until = Math.max(pausedUntil.get(row.connection) ?? 0, now() + retryAfterMs);
    if (retryAfterMs > 0) pausedUntil.set(row.connection, until);
    const pauseMs = backoffMs(row.attempts, { firstMs: 2_000, maxMs: 15 * 60_000 }) + retryAfterMs;
    await records.wanted.fail(row, message, now() + pauseMs);
    log.warn({ ...nameOf(row), attempts: row.attempts, error: message }, 'could not be fetched, will be retried');
  }

  return {
    /** True when there may be more at once. */
    async runOnce() {
      const rows = await records.wanted.claim(owner, now(), LEASE_MS, BATCH);
      const queue = rows.values();
      let hasBooked = false;
      const work = async () => {
        for (const row of queue) {
          try {
            const booked = await answer(row);
            hasBooked ||= booked;
          } catch (error) {
            if (isStoreOutage(error)) throw error;
            if (!(error instanceof LeaseLost)) await failed(row, error);
          }
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, work));
      if (hasBooked) options.onRecorded?.();
      return rows.length === BATCH;
    },
  };
}

/** A permission lacks for all objects of a kind: one refusal, logged once, answers for the others for a while. */
function createForbiddenKinds(now: () => number, log: Log) {
  const refusals = new Map<string, { until: number; reason: string }>();
  return {
    reasonFor(sealedKey: string, kind: string): string | null {
      const refusal = refusals.get(`${sealedKey} ${kind}`);
      return refusal && refusal.until > now() ? refusal.reason : null;
    },
    note(sealedKey: string, kind: string, row: WantedRow, reason: string): void {
      log.warn({ ...nameOf(row), reason }, 'the Stripe key may not read this');
      if (refusals.size > FORBIDDEN_MAX) refusals.clear();
      refusals.set(`${sealedKey} ${kind}`, { until: now() + FORBIDDEN_MS, reason });
    },
  };
}

function mayStillSettle(row: WantedRow): boolean {
  return row.kind === 'balance_transaction' && row.by === 'charge' && row.attempts < SETTLEMENT_ATTEMPTS_MAX;
}

const settlementPauseMs = (row: WantedRow) => backoffMs(row.attempts, { firstMs: 30_000, maxMs: 6 * 3_600_000 });

function nameOf(row: WantedRow) {
  return { connection: row.connection, kind: row.kind, by: row.by, id: row.id };
}

/** Webhooks may have brought it, or a visitor id on a better rung, since it was asked for. */
async function isStillWanted(
  records: Records,
  place: { connection: Connection; site: Site },
  row: WantedRow,
): Promise<boolean> {
  const { id } = place.connection;
  // Asked for because what is known of it contradicts itself.
  if (row.kind === 'subscription' && row.by === 'subscription') return true;
  if (row.by === null && (await records.objects.get(id, row.id))) return false;
  const charges = await chargesTouchedBy(records, id, [{ id: row.id, kind: row.by ?? row.kind }]);
  if (charges.length === 0 || charges.length > FOLDS_MAX) return true;
  for (const charge of charges) {
    const { wanted } = await foldStored(records, place, charge);
    if (wanted.some((want) => want.kind === row.kind && want.by === row.by && want.id === row.id)) return true;
  }
  return false;
}
