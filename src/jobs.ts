import { randomUUID } from 'node:crypto';
import type { Log } from './loop.ts';
import type { createRecompute, RecomputeProgress } from './payments/recompute.ts';
import type { Job, Records } from './storage/records/records.ts';

/** A worker that died stops renewing its lease; another one takes the job over where its progress says. */
const LEASE_MS = 60_000;

/** Runs the jobs that commands queue in the records store, one at a time. */
export function createJobRunner(options: {
  records: Records;
  recompute: ReturnType<typeof createRecompute>;
  now: () => number;
  log: Log;
  onProgress: () => void;
}): { runOnce(): Promise<boolean> } {
  const { records, recompute, now, log, onProgress } = options;
  const owner = randomUUID();

  async function perform(job: Job): Promise<boolean> {
    if (job.kind !== 'recompute' || typeof job.args.site !== 'string') throw new Error(`there is no job "${job.kind}"`);
    const from = typeof job.progress.requested === 'number' ? (job.progress as unknown as RecomputeProgress) : null;
    let isOurs = true;
    await recompute.run(job.args.site, from, async (progress) => {
      onProgress();
      return (isOurs = await records.jobs.progress(job, { ...progress }, now() + LEASE_MS));
    });
    return isOurs;
  }

  return {
    async runOnce() {
      const job = await records.jobs.claim(owner, now(), LEASE_MS);
      if (!job) return false;
      try {
        if (await perform(job)) await records.jobs.finish(job, null);
      } catch (error) {
        log.error({ job: job.id, kind: job.kind, error: String(error) }, 'job failed');
        await records.jobs.finish(job, error instanceof Error ? error.message : String(error));
      }
      return true;
    },
  };
}
