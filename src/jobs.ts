import { randomUUID } from 'node:crypto';
import type { Log } from './loop.ts';
import { createBackfill } from './payments/backfill.ts';
import type { Turn } from './payments/backfill.ts';
import { createBackfillStarter } from './payments/backfill-start.ts';
import { requestComparison } from './payments/compare-facts.ts';
import { createPoller } from './payments/poll.ts';
import type { PollerOptions } from './payments/poll-place.ts';
import { createNightlyReconcile, createReconcile } from './payments/reconcile.ts';
import type { Provider } from './payments/provider.ts';
import { countOffStripe } from './payments/off-stripe.ts';
import { recredit } from './payments/rates-book.ts';
import type { createRecompute, RecomputeProgress } from './payments/recompute.ts';
import type { Job, Records, Site } from './storage/records/records.ts';

/** A worker that died stops renewing its lease; another one takes the job over where its progress says. */
const LEASE_MS = 60_000;

/** Does a part of a job, saves its progress, and says how it stands. */
export type JobTurn = (job: Job) => Promise<Turn>;

/** Runs the jobs that commands and workers queue in the records store, one turn at a time. */
export function createJobRunner(options: {
  records: Records;
  /** Kind → who does it. Only these kinds are taken. */
  turns: Readonly<Record<string, JobTurn>>;
  now: () => number;
  log: Log;
}): { runOnce(only?: { id: string }): Promise<boolean> } {
  const { records, turns, now, log } = options;
  const owner = randomUUID();
  const kinds = Object.keys(turns);

  return {
    /** @param only a command runs its own job where no server does */
    async runOnce(only) {
      const job = await records.jobs.claim(owner, now(), LEASE_MS, { kinds, ...only });
      if (!job) return false;
      try {
        const turn = await turns[job.kind]!(job);
        if (turn.state === 'done') await records.jobs.finish(job, null);
        if (turn.state === 'again') await records.jobs.postpone(job, turn.at, turn.reason);
      } catch (error) {
        if (error instanceof Error && error.name === 'RecordsUnavailable') throw error;
        log.error({ job: job.id, kind: job.kind, error: String(error) }, 'job failed');
        await records.jobs.finish(job, error instanceof Error ? error.message : String(error));
      }
      return true;
    },
  };
}

/** A check-up that a command asked for: the server has the facts store. The answer is the job's progress. */
export function doctorTurn(deps: {
  records: Pick<Records, 'sites' | 'jobs'>;
  checkUp: (site: Site) => Promise<object>;
  now: () => number;
}): JobTurn {
  const { records, checkUp, now } = deps;
  return async (job) => {
    const site = typeof job.args.site === 'string' ? await records.sites.get(job.args.site) : null;
    if (!site) throw new Error('the job names no site');
    const answer = await checkUp(site);
    const isOurs = await records.jobs.progress(job, { answer }, now() + LEASE_MS);
    return { state: isOurs ? 'done' : 'lost' };
  };
}

type HistoryDeps = Omit<PollerOptions, 'provider' | 'types'> & { provider: Provider };

/** Reading an account's history waits for the provider most of the time: it has a runner of its own. */
export function createHistoryJobs(deps: HistoryDeps) {
  const turns = { backfill: createBackfill(deps).turn, reconcile: createReconcile(deps).turn };
  return createJobRunner({ ...deps, turns });
}

/** What reads the provider's lists beside the webhooks: backfill, polling, the nightly reconciliation. */
export function historyWorkers(deps: HistoryDeps & { types: readonly string[] }) {
  return [
    { name: 'history', everyMs: 500, worker: createHistoryJobs(deps) },
    { name: 'backfill start', everyMs: 1_000, worker: createBackfillStarter(deps) },
    { name: 'poll', everyMs: 1_000, worker: createPoller(deps) },
    { name: 'reconcile', everyMs: 60_000, worker: createNightlyReconcile({ ...deps, owner: randomUUID() }) },
  ];
}

export function recomputeTurn(deps: {
  records: Records;
  recompute: ReturnType<typeof createRecompute>;
  now: () => number;
  onProgress: () => void;
  /** Rejects, with the reason, where crediting again would do harm. */
  requireVisits?: (site: string) => Promise<void>;
}): JobTurn {
  const { records, recompute, now, onProgress, requireVisits } = deps;
  return async (job) => {
    const { site } = job.args;
    if (typeof site !== 'string') throw new Error('the job names no site');
    const why = job.args.reason === 'settings_changed' ? job.args.reason : 'recompute';
    // What is credited as it was appends nothing: a row that the facts store lost is missed by a comparison only.
    const compare = async () => why === 'recompute' && (await requestComparison(records, site, now()));
    await requireVisits?.(site).catch(async (error: unknown) => {
      await compare();
      throw error;
    });
    const from = typeof job.progress.requested === 'number' ? (job.progress as unknown as RecomputeProgress) : null;
    let isOurs = true;
    const saved = async (progress: RecomputeProgress) => {
      onProgress();
      return (isOurs = await records.jobs.progress(job, { ...progress }, now() + LEASE_MS));
    };
    await recompute.run(site, from, saved, why);
    if (isOurs) await compare();
    return { state: isOurs ? 'done' : 'lost' };
  };
}

/** Counts what a site that changed its mind left out until now. */
export function offStripeTurn(deps: {
  records: Records;
  now: () => number;
  log: Log;
  onProgress: () => void;
}): JobTurn {
  const { records, now, onProgress } = deps;
  return async (job) => {
    const progress = await countOffStripe(deps, job);
    onProgress();
    if (progress === null) return { state: 'done' };
    const isOurs = await records.jobs.progress(job, { ...progress }, now() + LEASE_MS);
    return isOurs ? { state: 'again', at: now(), reason: null } : { state: 'lost' };
  };
}

/** Credits again what exchange rates that are new may convert. */
export function recreditTurn(deps: { records: Records; now: () => number; onProgress: () => void }): JobTurn {
  const { records, now, onProgress } = deps;
  return async (job) => {
    const isDone = await recredit({ records, now }, job, async (progress) => {
      onProgress();
      return records.jobs.progress(job, { ...progress }, now() + LEASE_MS);
    });
    return { state: isDone ? 'done' : 'lost' };
  };
}
