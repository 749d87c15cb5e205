import type { Records } from '../storage/records/records.ts';

export interface RecomputeStatusOptions {
  records: {
    jobs: Pick<Records['jobs'], 'open'>;
    attributions: Pick<Records['attributions'], 'count'>;
    payments: Pick<Records['payments'], 'count'>;
  };
}

/** How far crediting a site's payments again has come. */
export function createRecomputeStatus({ records }: RecomputeStatusOptions) {
  return async ({ id }: { id: string }) => {
    const [jobs, waiting, payments] = await Promise.all([
      records.jobs.open('recompute'),
      records.attributions.count(id),
      records.payments.count(id),
    ]);
    const own = jobs.filter((job) => job.args.site === id);
    const running = own.find((job) => job.state === 'running');
    const requested = Number(running?.progress.requested ?? 0);
    const state = running ? ('running' as const) : own.length > 0 ? ('queued' as const) : ('idle' as const);
    return { state, requested, waiting, payments };
  };
}
