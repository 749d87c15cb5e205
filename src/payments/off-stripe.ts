import type { Job, Records } from '../storage/records/records.ts';
import { bookCharges, lockConnection } from './book.ts';
import { chargesTouchedBy } from './walk.ts';

/** Kind of the job that counts the invoices a site left out until now. */
export const COUNT_OFF_STRIPE = 'count_off_stripe';

/** One commit: a webhook waits for so many at most. */
const INVOICES_PER_COMMIT = 200;
/** What is missing for a fold is fetched at once: no webhook is under way that would bring it. */
const FETCH_DELAY_MS = 0;

export interface OffStripeProgress {
  counted: number;
  /** Where to go on: connections are taken in the order of their ids, their invoices too. */
  connection: string | null;
  afterId: string | null;
}

/**
 * A turn of the job: books the known invoices of all connections of the site that were paid off Stripe, as if they came
 * now. Doing it twice changes nothing.
 *
 * @returns false when another worker has the job now
 */
export async function countOffStripe(
  { records, now }: { records: Pick<Records, 'sites' | 'connections' | 'transaction'>; now: () => number },
  job: Pick<Job, 'args' | 'progress'>,
  onProgress: (progress: OffStripeProgress) => Promise<boolean>,
): Promise<boolean> {
  const site = typeof job.args.site === 'string' ? await records.sites.get(job.args.site) : null;
  if (!site) throw new Error('the job names no site');
  let progress = { counted: 0, connection: null, afterId: null, ...(job.progress as Partial<OffStripeProgress>) };
  const connections = (await records.connections.ofSite(site.id)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const connection of connections) {
    if (progress.connection !== null && connection.id < progress.connection) continue;
    if (progress.connection !== connection.id) progress = { ...progress, connection: connection.id, afterId: null };
    for (let isLast = false; !isLast;) {
      const { afterId, counted } = progress;
      progress = await records.transaction(async (tx) => {
        await lockConnection(tx, connection);
        const invoices = await tx.objects.invoices(connection.id, afterId, INVOICES_PER_COMMIT);
        isLast = invoices.length < INVOICES_PER_COMMIT;
        const touched = new Set(await chargesTouchedBy(tx, connection.id, invoices));
        const offStripe = invoices.map(({ id }) => id).filter((id) => touched.has(id));
        const place = { connection, site, now: now(), fetchDelayMs: FETCH_DELAY_MS };
        const booked = await bookCharges(tx, place, offStripe);
        return { ...progress, counted: counted + booked.length, afterId: invoices.at(-1)?.id ?? afterId };
      });
      if (!(await onProgress(progress))) return false;
    }
  }
  return true;
}
