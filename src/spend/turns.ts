import { RATE_AGE_MAX_DAYS } from '../core/rates.ts';
import { addDays } from '../core/report-days.ts';
import type { Job, Records } from '../storage/records/records.ts';
import type { SpendPlace } from '../storage/records/records-spend.ts';
import { settleImport, settleStanding } from './settle.ts';
import type { SpendDays } from '../storage/records/records-spend.ts';

type Turn = { state: 'done' } | { state: 'lost' };

interface Deps {
  records: Records;
  now: () => number;
  /** Called when there is something for the facts store. */
  onOutbox: () => void;
}

const LEASE_MS = 60_000;

/** A turn of the job that settles an import, or what stands of some days, from where it got to. */
export function spendTurn({ records, now, onOutbox }: Deps): (job: Job) => Promise<Turn> {
  return async (job) => {
    const { site, import: seq } = job.args;
    if (typeof site !== 'string') throw new Error('the job names no site');
    const after = (job.progress.after as SpendPlace | undefined) ?? null;
    const onPlace = (place: SpendPlace) => {
      onOutbox();
      return records.jobs.progress(job, { after: place }, now() + LEASE_MS);
    };
    const isDone =
      typeof seq === 'number'
        ? await settleImport(records, { site, seq }, onPlace, after)
        : await settleStanding(records, site, daysOf(job.args), onPlace, after);
    return { state: isDone ? 'done' : 'lost' };
  };
}

function daysOf({ from, to, platform }: Job['args']): SpendDays {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { from: text(from), to: text(to), platform: text(platform) as SpendDays['platform'] };
}

/**
 * After a job that changes what money is worth, spend follows: new exchange rates (all sites, their days and the week after),
 * or a site that reports in another currency.
 */
export function andSpend<T extends { state: string }>(
  { records, onOutbox }: Deps,
  turn: (job: Job) => Promise<T>,
): (job: Job) => Promise<T> {
  return async (job) => {
    const answer = await turn(job);
    if (answer.state !== 'done') return answer;
    const { site, from, to } = job.args;
    const sites = typeof site === 'string' ? [site] : (await records.sites.list()).map(({ id }) => id);
    const days: SpendDays =
      typeof from === 'string' && typeof to === 'string' ? { from, to: addDays(to, RATE_AGE_MAX_DAYS) } : {};
    for (const id of sites) await settleStanding(records, id, days);
    onOutbox();
    return answer;
  };
}
