import { randomUUID } from 'node:crypto';
import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { InboxRow, Records } from '../storage/records/records.ts';
import { bookObjects, lockConnection } from './book.ts';
import { ProviderUnavailable, UnreadableEvent } from './provider.ts';
import type { Provider } from './provider.ts';
import { createReading, Hopeless } from './read-row.ts';
import type { ReadRow } from './read-row.ts';
import { backoffMs, isStoreOutage } from './retry.ts';

const BATCH = 50;
/** What a killed process had claimed waits this long; a late write of a slow one is refused, so short is safe. */
const LEASE_MS = 15_000;
const ATTEMPTS_MAX = 12;

/** Another worker has the row now: everything this one did is rolled back. */
class LeaseLost extends Error {
  override name = 'LeaseLost';
}

export interface RecorderOptions {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'read' | 'fetch'>;
  now: () => number;
  log: Log;
  /** Called after payments changed: they wait for attribution. */
  onRecorded?: () => void;
  /** Called after a turn that may have left something to fetch. */
  onWanted?: () => void;
  fetchDelayMs?: number;
  owner?: string;
}

/**
 * Turns webhooks of the inbox into ledger entries and links. One transaction for the webhooks of a turn at a connection:
 * facts merged, payments folded and booked, the rows done; when it fails, one for each. A crash at any point leaves the
 * rows to be claimed again, and booking twice adds nothing.
 */
export function createRecorder(options: RecorderOptions): { runOnce(): Promise<boolean> } {
  const { records, now, fetchDelayMs = 1_500, owner = randomUUID() } = options;
  const { read, fetchNamed } = createReading(options);
  const failed = createFailed(options);

  /** Books webhooks of one connection, all or none. @returns whether payments changed */
  function book(reads: readonly ReadRow[]): Promise<boolean> {
    const { connection, site } = reads[0]!;
    return records.transaction(async (tx) => {
      await lockConnection(tx, connection);
      const place = { connection, site, now: now(), fetchDelayMs };
      const booked = await bookObjects(
        tx,
        place,
        reads.flatMap((it) => it.objects),
      );
      // By id, as webhooks are stored: two that hold the same rows in two orders would wait for each other (PostgreSQL).
      const inOrder = reads.map(({ row }) => row).sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
      for (const row of inOrder) if (!(await tx.inbox.done(row, now()))) throw new LeaseLost();
      return booked.length > 0;
    });
  }

  /** One webhook by itself. @returns whether payments changed */
  async function recordAlone(it: ReadRow): Promise<boolean> {
    try {
      const isTold = it.twin !== null && (await records.inbox.known(it.connection.id, [it.twin])).length > 0;
      const named = isTold ? [] : await fetchNamed(it.connection, it.site, it.named);
      return await book([{ ...it, objects: [...it.objects, ...named] }]);
    } catch (error) {
      if (isStoreOutage(error)) throw error;
      if (!(error instanceof LeaseLost)) await failed(it.row, error);
      return false;
    }
  }

  async function recordTogether(rows: readonly InboxRow[]): Promise<boolean> {
    const { together, apart } = await readAll(rows, read, failed);
    let hasBooked = false;
    try {
      hasBooked = together.length > 0 && (await book(together));
    } catch (error) {
      if (isStoreOutage(error)) throw error;
      // Which of them it was shows when each is tried by itself.
      apart.push(...together);
    }
    for (const it of apart) {
      const booked = await recordAlone(it);
      hasBooked ||= booked;
    }
    return hasBooked;
  }

  return {
    /** True when there may be more at once. Throws when the store does not answer; rows then come back by their lease. */
    async runOnce() {
      const rows = await records.inbox.claim(owner, now(), LEASE_MS, BATCH);
      let hasBooked = false;
      for (const ofConnection of Map.groupBy(rows, (row) => row.connection).values()) {
        const booked = await recordTogether(ofConnection);
        hasBooked ||= booked;
      }
      if (hasBooked) options.onRecorded?.();
      if (rows.length > 0) options.onWanted?.();
      return rows.length === BATCH;
    },
  };
}

/** Puts a webhook that could not be processed back, or among the dead letters. */
function createFailed({ records, now, log }: Pick<RecorderOptions, 'records' | 'now' | 'log'>) {
  return async function failed(row: InboxRow, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const isDead = error instanceof UnreadableEvent || error instanceof Hopeless || row.attempts >= ATTEMPTS_MAX;
    const pauseMs = backoffMs(row.attempts, { firstMs: 1_000, maxMs: 3_600_000 });
    const waitMs = Math.max(pauseMs, error instanceof ProviderUnavailable ? (error.retryAfterMs ?? 0) : 0);
    await records.inbox.fail(row, message, isDead ? null : now() + waitMs);
    const fields = { connection: row.connection, event: row.eventId, type: row.type, attempts: row.attempts };
    if (isDead) log.error({ ...fields, error: message }, 'webhook cannot be processed: moved to the dead letters');
    else log.warn({ ...fields, error: message, waitMs }, 'webhook not processed, will be retried');
  };
}

async function readAll(
  rows: readonly InboxRow[],
  read: (row: InboxRow) => Promise<ReadRow>,
  failed: (row: InboxRow, error: unknown) => Promise<void>,
): Promise<{ together: ReadRow[]; apart: ReadRow[] }> {
  const together: ReadRow[] = [];
  const apart: ReadRow[] = [];
  for (const row of rows) {
    try {
      const it = await read(row);
      // What has to ask Stripe first must not keep the others waiting.
      (it.named.length > 0 ? apart : together).push(it);
    } catch (error) {
      if (isStoreOutage(error)) throw error;
      await failed(row, error);
    }
  }
  return { together, apart };
}
