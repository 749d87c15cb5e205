import { chunksOf } from '../core/chunks.ts';
import type { Rate } from '../core/rates.ts';
import { RATE_AGE_MAX_DAYS } from '../core/rates.ts';
import type { RateSource } from '../storage/records/records-rates.ts';
import type { Job, Records } from '../storage/records/records.ts';

/** Kind of the job that requests the payments a change of rates may touch. */
export const RECREDIT = 'recredit';

const CHUNK_RATES = 5_000;
const PAGE_PAYMENTS = 1_000;
const DAY_MS = 86_400_000;

export interface Booked {
  rates: number;
  /** New ones, and ones with another value. */
  changed: number;
  from: string;
  to: string;
}

/**
 * Stores rates and has the payments they may touch credited again: each part of the rates commits together with the job
 * for its days, so whatever is stored is also put to use. Storing the same rates twice changes nothing.
 */
export async function bookRates(
  records: Pick<Records, 'transaction'>,
  rates: readonly Rate[],
  source: RateSource,
  now: number,
): Promise<Booked> {
  const ordered = rates.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  let changed = 0;
  for (const part of chunksOf(ordered, CHUNK_RATES)) {
    changed += await records.transaction(async (tx) => {
      const fresh = await tx.rates.put(part, source);
      if (fresh.length > 0) await tx.jobs.add(RECREDIT, { from: fresh[0]!.day, to: fresh.at(-1)!.day }, now);
      return fresh.length;
    });
  }
  return { rates: ordered.length, changed, from: ordered[0]!.day, to: ordered.at(-1)!.day };
}

export interface RecreditProgress {
  requested: number;
  /** Where to go on: sites are taken in the order of their ids, their payments too. */
  site: string | null;
  afterId: string | null;
}

/** A turn of the job: requests the payments of all sites that rates of these days can say. */
export async function recredit(
  { records, now }: { records: Pick<Records, 'sites' | 'rates' | 'attributions'>; now: () => number },
  job: Pick<Job, 'args' | 'progress'>,
  onProgress: (progress: RecreditProgress) => Promise<boolean>,
): Promise<boolean> {
  const { from, to } = job.args;
  if (typeof from !== 'string' || typeof to !== 'string') throw new Error('the job names no days');
  // A rate counts for its own day and the seven after it.
  const until = Date.parse(`${to}T00:00:00Z`) + (RATE_AGE_MAX_DAYS + 1) * DAY_MS;
  const time = { from: Date.parse(`${from}T00:00:00Z`), until };
  let progress = { requested: 0, site: null, afterId: null, ...(job.progress as Partial<RecreditProgress>) };
  const sites = (await records.sites.list()).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const { id, currency } of sites) {
    if (progress.site !== null && id < progress.site) continue;
    if (progress.site !== id) progress = { ...progress, site: id, afterId: null };
    for (;;) {
      const page = { afterId: progress.afterId, limit: PAGE_PAYMENTS };
      const ids = await records.rates.payments(id, currency, time, page);
      if (ids.length === 0) break;
      await records.attributions.request(id, ids, now(), ['rate_arrived']);
      progress = { site: id, requested: progress.requested + ids.length, afterId: ids.at(-1)! };
      if (!(await onProgress(progress))) return false;
      if (ids.length < PAGE_PAYMENTS) break;
    }
  }
  return true;
}
