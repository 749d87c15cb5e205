import type { Log } from '../loop.ts';
import type { Connection, Job, Records, Site } from '../storage/records/records.ts';
import { bookCharges, lockConnection } from './book.ts';
import { isStoreOutage } from './retry.ts';
import { chargesTouchedBy } from './walk.ts';

/** Kind of the job that counts the invoices a site left out until now. */
export const COUNT_OFF_STRIPE = 'count_off_stripe';

/** One commit, and one turn: so much a webhook, or another job, waits for at most. */
const INVOICES_PER_COMMIT = 200;

export interface OffStripeProgress {
  counted: number;
  /** Where to go on: connections are taken in the order of their ids, their invoices too. */
  connection: string | null;
  afterId: string | null;
}

/**
 * A turn of the job: books some of the known invoices of the site that were paid off Stripe, as if they came now. Doing it
 * twice changes nothing; a site that leaves them out again in the midst ends it.
 *
 * @returns where the next turn goes on; null: there is no more
 */
export async function countOffStripe(
  deps: { records: Pick<Records, 'sites' | 'connections' | 'transaction'>; now: () => number; log: Log },
  job: Pick<Job, 'args' | 'progress'>,
): Promise<OffStripeProgress | null> {
  const { records } = deps;
  const site = typeof job.args.site === 'string' ? await records.sites.get(job.args.site) : null;
  if (!site) throw new Error('the job names no site');
  if (!site.settings.offStripe) return null;
  const from = { counted: 0, connection: null, afterId: null, ...(job.progress as Partial<OffStripeProgress>) };
  const connections = (await records.connections.ofSite(site.id)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const at = connections.find(({ id }) => from.connection === null || id >= from.connection);
  if (!at) return null;
  const afterId = at.id === from.connection ? from.afterId : null;
  const found = await find(records, at, afterId);
  const counted = from.counted + (await count(deps, { site, connection: at }, found.offStripe));
  if (found.last !== null) return { counted, connection: at.id, afterId: found.last };
  const next = connections[connections.indexOf(at) + 1];
  return next ? { counted, connection: next.id, afterId: null } : null;
}

/** @returns `last`: where the next page begins; null: this one is the last */
function find(
  records: Pick<Records, 'transaction'>,
  connection: Connection,
  afterId: string | null,
): Promise<{ offStripe: string[]; last: string | null }> {
  return records.transaction(async (tx) => {
    // Whoever is storing an invoice by the setting of before has committed then.
    await lockConnection(tx, connection);
    const invoices = await tx.objects.invoices(connection.id, afterId, INVOICES_PER_COMMIT);
    const touched = new Set(await chargesTouchedBy(tx, connection.id, invoices));
    const offStripe = invoices.map(({ id }) => id).filter((id) => touched.has(id));
    return { offStripe, last: invoices.length < INVOICES_PER_COMMIT ? null : invoices.at(-1)!.id };
  });
}

/** Together, or if one of them cannot be booked each by itself. */
async function count(
  { records, now, log }: { records: Pick<Records, 'transaction'>; now: () => number; log: Log },
  at: { site: Site; connection: Connection },
  ids: readonly string[],
): Promise<number> {
  const book = (some: readonly string[]) =>
    records.transaction(async (tx) => {
      await lockConnection(tx, at.connection);
      return (await bookCharges(tx, { ...at, now: now(), fetchDelayMs: 0 }, some)).length;
    });
  try {
    return await book(ids);
  } catch (error) {
    if (isStoreOutage(error)) throw error;
    if (ids.length > 1) {
      let booked = 0;
      for (const id of ids) booked += await count({ records, now, log }, at, [id]);
      return booked;
    }
    log.error({ connection: at.connection.id, invoice: ids[0], error: String(error) }, 'invoice could not be booked');
    return 0;
  }
}
