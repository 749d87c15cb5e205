import type { RestatementReason } from '../core/restatement.ts';
import type { Records } from '../storage/records/records.ts';

const PAGE_PAYMENTS = 1_000;

export interface RecomputeProgress {
  /** Payments requested so far. */
  requested: number;
  /** The last of them: give it as `afterId` to go on after an interruption. */
  afterId: string | null;
}

/**
 * Requests a new attribution of every payment of a site, page by page. The attributor does the work and appends only
 * what changed, so doing this twice, or half, harms nothing.
 */
export function createRecompute({ records, now }: { records: Records; now: () => number }): {
  run(
    site: string,
    from: RecomputeProgress | null,
    onProgress: (progress: RecomputeProgress) => Promise<boolean>,
    why?: RestatementReason,
  ): Promise<RecomputeProgress>;
} {
  return {
    /** Ends early when `onProgress` answers false (interrupted, or the job's lease was lost). */
    async run(site, from, onProgress, why = 'recompute') {
      let progress = from ?? { requested: 0, afterId: null };
      if (from === null) await records.subscriptions.requestAll(site, now());
      for (;;) {
        const ids = await records.payments.all(site, progress.afterId, PAGE_PAYMENTS);
        if (ids.length === 0) return progress;
        await records.attributions.request(site, ids, now(), [why]);
        progress = { requested: progress.requested + ids.length, afterId: ids.at(-1)! };
        if (!(await onProgress(progress)) || ids.length < PAGE_PAYMENTS) return progress;
      }
    },
  };
}
