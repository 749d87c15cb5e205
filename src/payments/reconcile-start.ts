import type { Job, Records } from '../storage/records/records.ts';
import { RECONCILE, firstNight } from './backfill-start.ts';

/** Compares days with Stripe's balance transactions again, on request or at night; the answer is the job to follow. */
export async function requestReconcile(
  records: Records,
  connection: string,
  days: { from: string; to: string },
  now: number,
): Promise<string> {
  return records.transaction(async (tx) => {
    await tx.lock(`reconcile:${connection}`);
    const before = await reconcileJobOf(tx, connection);
    const isUnderWay = before?.state === 'queued' || before?.state === 'running';
    if (before && isUnderWay && before.args.from === days.from && before.args.to === days.to) return before.id;
    const job = await tx.jobs.add('reconcile', { connection, ...days }, now);
    const row = await tx.cursors.get(connection, RECONCILE);
    await tx.cursors.put(connection, RECONCILE, { job: job.id }, row?.dueAt ?? firstNight(now));
    return job.id;
  });
}

/** The latest comparison of a connection; null: none yet. */
export async function reconcileJobOf(
  records: Pick<Records, 'cursors' | 'jobs'>,
  connection: string,
): Promise<Job | null> {
  const row = await records.cursors.get(connection, RECONCILE);
  return typeof row?.body.job === 'string' ? records.jobs.get(row.body.job) : null;
}
