import type { WantedObject } from '../core/payment.ts';
import type { Log } from '../loop.ts';
import type { Connection, Records, Site } from '../storage/records/records.ts';
import { bookObjects, lockConnection } from './book.ts';
import { rememberingObjects } from './walk-memory.ts';
import type { ListedObject } from './provider-lists.ts';
import { isStoreOutage } from './retry.ts';

/** One commit holds this many objects: few commits are fast, and a webhook waits for one of them at most. */
const OBJECTS_PER_COMMIT = 500;

/** Another worker has the work now: everything this one did since its last commit is rolled back. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

export interface PagePlace {
  connection: Connection;
  site: Site;
  /** How long what is missing may wait before it is fetched on its own. */
  fetchDelayMs: number;
  isAnswered?: (want: WantedObject) => boolean;
}

export interface PageResult {
  /** How many of the listed objects were not known before. */
  fresh: number;
  /** Ids of payments whose money or links changed. */
  booked: string[];
  /** Objects that could not be booked, with the reason. They do not hold up the others. */
  bad: { id: string; reason: string }[];
}

/**
 * Books a page of listed objects by the way of webhooks. Booking twice changes nothing, so a page that was half booked
 * when the process died is simply booked again.
 *
 * @param committing runs inside each commit: saves the place with its fence; `result` is set in the commit that
 *   completes the page. @throws LeaseLost from there
 */
export async function bookPage(
  deps: { records: Records; now: () => number; log: Log },
  place: PagePlace,
  items: readonly ListedObject[],
  committing: Committing,
): Promise<PageResult> {
  const result: PageResult = { fresh: 0, booked: [], bad: [] };
  for (let from = 0; from < items.length; from += OBJECTS_PER_COMMIT) {
    const part = items.slice(from, from + OBJECTS_PER_COMMIT);
    const isLast = from + OBJECTS_PER_COMMIT >= items.length;
    try {
      const completing: Committing = (tx, own) => committing(tx, isLast ? sum(result, own!) : null);
      add(result, await bookTogether(deps, place, part, completing));
    } catch (error) {
      if (isStoreOutage(error) || error instanceof LeaseLost) throw error;
      for (const item of part) add(result, await bookAlone(deps, place, item, (tx) => committing(tx, null)));
    }
  }
  return result;
}

type Deps = Parameters<typeof bookPage>[0];
type Committing = (tx: Records, result: PageResult | null) => Promise<void>;

function bookTogether(
  { records, now }: Deps,
  place: PagePlace,
  items: readonly ListedObject[],
  committing: Committing,
): Promise<PageResult> {
  // The place in the list is saved in the same commit, so one that a power cut took back is simply read again.
  const options = { syncs: false };
  return records.transaction(async (outer) => {
    await lockConnection(outer, place.connection);
    const tx = { ...outer, objects: rememberingObjects(outer.objects) };
    const known = await tx.objects.getMany(
      place.connection.id,
      items.map((item) => item.id),
    );
    const booked = await bookObjects(
      tx,
      { ...place, now: now() },
      items.flatMap((item) => item.objects),
    );
    const result = { fresh: items.length - known.length, booked, bad: [] };
    await committing(tx, result);
    return result;
  }, options);
}

async function bookAlone(
  deps: Deps,
  place: PagePlace,
  item: ListedObject,
  committing: Committing,
): Promise<PageResult> {
  try {
    return await bookTogether(deps, place, [item], committing);
  } catch (error) {
    if (isStoreOutage(error) || error instanceof LeaseLost) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.error({ connection: place.connection.id, object: item.id, error: reason }, 'object could not be booked');
    return { fresh: 0, booked: [], bad: [{ id: item.id, reason: reason.slice(0, 300) }] };
  }
}

function add(total: PageResult, part: PageResult): void {
  Object.assign(total, sum(total, part));
}

function sum(a: PageResult, b: PageResult): PageResult {
  return { fresh: a.fresh + b.fresh, booked: [...a.booked, ...b.booked], bad: [...a.bad, ...b.bad] };
}
