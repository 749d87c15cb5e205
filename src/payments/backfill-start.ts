import { createHash } from 'node:crypto';
import type { Connection, Records } from '../storage/records/records.ts';
import type { BackfillProgress } from './backfill-plan.ts';
import { POLL, pollPlace } from './poll-place.ts';
import { LIST_NAMES } from './provider-lists.ts';

const HOUR_MS = 3_600_000;
/** The name of the cursor that says which backfill a connection got. */
const BACKFILL = 'backfill';
export const RECONCILE = 'reconcile';
const NEVER = Number.MAX_SAFE_INTEGER;

interface Started {
  job: string;
  /** Tells keys apart without holding one. */
  keyMark: string;
}

/**
 * Begins the reading of an account's history as soon as a connection is verified: polling from an hour before, the
 * backfill of everything, the nightly reconciliation. A further key gets the lists that the one before might not read.
 */
export function createBackfillStarter({ records, now }: { records: Records; now: () => number }): {
  runOnce(): Promise<boolean>;
} {
  /** Connection → the mark of the key that was dealt with: most turns find nothing new. */
  const settled = new Map<string, string>();

  async function start(connection: Connection, keyMark: string): Promise<void> {
    await records.transaction(async (tx) => {
      await tx.lock(`backfill:${connection.id}`);
      const row = await tx.cursors.get(connection.id, BACKFILL);
      const before = row?.body as Started | undefined;
      if (before?.keyMark === keyMark) return;
      const polled = await tx.cursors.get(connection.id, POLL);
      // What happened while there was no key is read at once, and another key may read events that the one before might not.
      const place = polled
        ? { ...polled.body, listsUntil: null, failures: 0, error: null }
        : pollPlace(now() - HOUR_MS);
      await tx.cursors.put(connection.id, POLL, place, now());
      await tx.cursors.ensure(connection.id, RECONCILE, {}, firstNight(now()));
      const lists = before ? await unreadLists(tx, before.job) : [...LIST_NAMES];
      const args = { connection: connection.id, since: null, lists, gap: null };
      const job = lists.length > 0 ? (await tx.jobs.add('backfill', args, now())).id : before!.job;
      await tx.cursors.put(connection.id, BACKFILL, { job, keyMark }, NEVER);
    });
  }

  return {
    async runOnce() {
      for (const connection of await records.connections.all()) {
        if (connection.status !== 'verified' || connection.sealedKey === null) continue;
        const keyMark = createHash('sha256').update(connection.sealedKey).digest('hex').slice(0, 16);
        // Each answer of what the key may do is looked at: `readForbiddenAgain` may have come with it.
        const mark = `${keyMark} ${connection.permissions?.checkedAt ?? ''}`;
        if (settled.get(connection.id) === mark) continue;
        await start(connection, keyMark);
        settled.set(connection.id, mark);
      }
      return false;
    },
  };
}

/** The key may read more than before: what it was refused is wanted again, as if it were another key. */
export async function readForbiddenAgain(tx: Records, connection: string, now: number): Promise<void> {
  await tx.wanted.retryForbidden(connection, now);
  const row = await tx.cursors.get(connection, BACKFILL);
  if (row) await tx.cursors.put(connection, BACKFILL, { ...row.body, keyMark: '' }, NEVER);
}

/** Lists that an earlier key might not read, or that its backfill never reached. */
async function unreadLists(tx: Records, jobId: string): Promise<string[]> {
  const job = await tx.jobs.get(jobId);
  if (!job) return [...LIST_NAMES];
  if (job.state === 'queued' || job.state === 'running') return [];
  const { steps } = job.progress as Partial<BackfillProgress>;
  return LIST_NAMES.filter((name) => steps?.[name]?.state !== 'done');
}

/** The next 03:20 UTC. */
export function firstNight(now: number): number {
  const day = 24 * HOUR_MS;
  return Math.floor(now / day) * day + day + 3 * HOUR_MS + 20 * 60_000;
}

/** The backfill that a connection got when it was verified; null: none yet. */
export async function backfillJobOf(records: Pick<Records, 'cursors'>, connection: string): Promise<string | null> {
  const row = await records.cursors.get(connection, BACKFILL);
  return row ? (row.body as unknown as Started).job : null;
}

/** Reads history again on request; the answer is the job to follow. */
export async function requestBackfill(
  records: Records,
  connection: string,
  since: number | null,
  now: number,
): Promise<string> {
  return records.transaction(async (tx) => {
    await tx.lock(`backfill:${connection}`);
    const row = await tx.cursors.get(connection, BACKFILL);
    const before = row ? ((row.body as unknown as Started) ?? null) : null;
    const running = before ? await tx.jobs.get(before.job) : null;
    const isSame = running?.args.since === since && (running.state === 'queued' || running.state === 'running');
    // Reading all of it twice at the same time would only take longer.
    if (running && isSame) return running.id;
    await tx.cursors.ensure(connection, POLL, pollPlace(now - HOUR_MS), now);
    const job = await tx.jobs.add('backfill', { connection, since, lists: [...LIST_NAMES], gap: null }, now);
    const keyMark = before?.keyMark ?? '';
    await tx.cursors.put(connection, BACKFILL, { job: job.id, keyMark }, NEVER);
    return job.id;
  });
}
