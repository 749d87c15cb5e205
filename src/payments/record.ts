import { randomUUID } from 'node:crypto';
import type { ProviderObject } from '../core/payment.ts';
import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, InboxRow, Records, Site } from '../storage/records/records.ts';
import { bookObjects, lockConnection } from './book.ts';
import { keyPlace } from './connect.ts';
import { bodyPlace } from './inbox.ts';
import { ProviderUnavailable, UnreadableEvent } from './provider.ts';
import type { Provider } from './provider.ts';
import { backoffMs, isStoreOutage } from './retry.ts';

const BATCH = 50;
/** What a killed process had claimed waits this long; a late write of a slow one is refused, so short is safe. */
const LEASE_MS = 15_000;
const ATTEMPTS_MAX = 12;

/** Retrying cannot help: the row goes to the dead letters at once, where people see it and may replay it. */
class Hopeless extends Error {
  override name = 'Hopeless';
}
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
 * Turns webhooks of the inbox into ledger entries and links. Per webhook one transaction: facts merged, payments folded
 * and booked, the row done. A crash at any point leaves the row to be claimed again, and booking twice adds nothing.
 */
export function createRecorder(options: RecorderOptions): { runOnce(): Promise<boolean> } {
  const { records, secrets, provider, now, log, fetchDelayMs = 1_500, owner = randomUUID() } = options;

  async function record(row: InboxRow): Promise<string[]> {
    const connection = await records.connections.get(row.connection);
    const site = connection && (await records.sites.get(connection.site));
    if (!connection || !site) throw new Hopeless('its connection or site does not exist any more');
    const read = { visitorMetadataKeys: site.settings.visitorMetadataKeys };
    const body = secrets.open(row.body, bodyPlace(row.connection, row.eventId));
    const event = provider.read(body, read);
    const named = await fetchNamed(connection, site, event.named);
    return records.transaction(async (tx) => {
      await lockConnection(tx, connection);
      const booked = await bookObjects(tx, { connection, site, now: now(), fetchDelayMs }, [
        ...event.objects,
        ...named,
      ]);
      if (!(await tx.inbox.done(row, now()))) throw new LeaseLost();
      return booked;
    });
  }

  /** Thin events carry no data: what they name is asked for before there is anything to book. */
  async function fetchNamed(connection: Connection, site: Site, named: readonly Parameters<Provider['fetch']>[1][]) {
    const objects: ProviderObject[] = [];
    for (const want of named) {
      if (connection.sealedKey === null)
        throw new Hopeless('a thin event, and there is no key to fetch its object with');
      const key = secrets.open(connection.sealedKey, keyPlace(connection.id));
      const fetched = await provider.fetch(key, want, { visitorMetadataKeys: site.settings.visitorMetadataKeys });
      if (fetched.status === 'forbidden')
        throw new Hopeless(`a thin event whose object may not be read: ${fetched.reason}`);
      if (fetched.status === 'found') objects.push(...fetched.objects);
    }
    return objects;
  }

  async function failed(row: InboxRow, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const isDead = error instanceof UnreadableEvent || error instanceof Hopeless || row.attempts >= ATTEMPTS_MAX;
    const pauseMs = backoffMs(row.attempts, { firstMs: 1_000, maxMs: 3_600_000 });
    const waitMs = Math.max(pauseMs, error instanceof ProviderUnavailable ? (error.retryAfterMs ?? 0) : 0);
    await records.inbox.fail(row, message, isDead ? null : now() + waitMs);
    const fields = { connection: row.connection, event: row.eventId, type: row.type, attempts: row.attempts };
    if (isDead) log.error({ ...fields, error: message }, 'webhook cannot be processed: moved to the dead letters');
    else log.warn({ ...fields, error: message, waitMs }, 'webhook not processed, will be retried');
  }

  return {
    /** True when there may be more at once. Throws when the store does not answer; rows then come back by their lease. */
    async runOnce() {
      const rows = await records.inbox.claim(owner, now(), LEASE_MS, BATCH);
      let hasBooked = false;
      for (const row of rows) {
        try {
          const booked = await record(row);
          hasBooked ||= booked.length > 0;
        } catch (error) {
          if (isStoreOutage(error)) throw error;
          if (!(error instanceof LeaseLost)) await failed(row, error);
        }
      }
      if (hasBooked) options.onRecorded?.();
      if (rows.length > 0) options.onWanted?.();
      return rows.length === BATCH;
    },
  };
}
