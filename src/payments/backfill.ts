import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, Job, Records, Site } from '../storage/records/records.ts';
import { createReadAhead } from './backfill-ahead.ts';
import type { Arrived } from './backfill-ahead.ts';
import { bookPage, LeaseLost } from './backfill-page.ts';
import type { PageResult } from './backfill-page.ts';
import { afterPage, openPlaces, rangeOf, withStep } from './backfill-places.ts';
import { isAnsweredByLists, readArgs, readProgress, withBad } from './backfill-plan.ts';
import type { BackfillArgs, BackfillProgress } from './backfill-plan.ts';
import { lockConnection } from './book.ts';
import { rememberRefusal } from './connect-refused.ts';
import { keyPlace } from './connect-secrets.ts';
import { closeListGap } from './heal.ts';
import { KeyRefused, ProviderUnavailable } from './provider.ts';
import type { Provider } from './provider.ts';
import type { ListName } from './provider-lists.ts';
import { backoffMs, patiently } from './retry.ts';

/** The lease is renewed with every commit; it only has to outlast one page and the pauses of its request. */
export const LEASE_MS = 90_000;
/** After this long the job is given back, so that others in line get their turn. */
const TURN_MS = 5_000;
/** Of so many jobs what was read ahead is kept between their turns. */
const KEPT_MAX = 8;

/** What a turn of a job came to. `again`: give it back and claim it again at that time. */
export type Turn = { state: 'done' } | { state: 'lost' } | { state: 'again'; at: number; reason: string | null };

export interface BackfillOptions {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'list'>;
  now: () => number;
  log: Log;
  /** Called after payments changed: they wait for attribution. */
  onRecorded?: () => void;
  turnMs?: number;
}

/**
 * Reads an account's history from the provider's lists, beside the webhooks that arrive meanwhile: both book by one way,
 * and booking twice changes nothing. Several ranges of time are read side by side, and each one's place is saved in the
 * same commit as what was read there, so a killed process costs the pages that were not booked yet.
 */
export function createBackfill(options: BackfillOptions): { turn(job: Job): Promise<Turn> } {
  const { records, secrets, provider, now, turnMs = TURN_MS } = options;
  /** By job: where its last turn here ended, with the pages on their way. Reading ahead anew costs 6 % of the pace. */
  const kept = new Map<string, Reading>();

  async function turn(job: Job): Promise<Turn> {
    const args = readArgs(job.args);
    const connection = await records.connections.get(args.connection);
    const site = connection && (await records.sites.get(connection.site));
    if (!connection || !site) throw new Error('the connection or its site does not exist any more');
    if (connection.sealedKey === null) throw new Error('no key is stored for this connection; connect one');
    const reading = takeKept(job, connection, site) ?? begin(job, args, connection, site);
    try {
      const state = await readOn({ job, args, connection, site }, reading);
      if (state === 'done') return { state };
      if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
      kept.set(job.id, reading);
      return { state: 'again', at: now(), reason: null };
    } catch (error) {
      if (error instanceof LeaseLost) return { state: 'lost' };
      // Remembered, so that whoever finds the key accepted again has the rest read (connect.ts).
      if (error instanceof KeyRefused)
        await rememberRefusal(records, connection, { reason: error.message, now: now() });
      if (!(error instanceof ProviderUnavailable)) throw error;
      const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(3, { firstMs: 2_000, maxMs: 60_000 }));
      return { state: 'again', at: now() + waitMs, reason: error.message };
    }
  }

  /** What was read ahead is of use only if nobody else had the job since, and it was read as it would be read now. */
  function takeKept(job: Job, connection: Connection, site: Site): Reading | null {
    const own = kept.get(job.id);
    kept.delete(job.id);
    return own?.fence === job.fence - 1 && own.asked === askedBy(connection, site)
      ? { ...own, fence: job.fence }
      : null;
  }

  function begin(job: Job, args: BackfillArgs, connection: Connection, site: Site): Reading {
    const key = secrets.open(connection.sealedKey!, keyPlace(connection.id));
    const { visitorMetadataKeys } = site.settings;
    const ahead = createReadAhead((place) =>
      patiently(() => provider.list(key, place.list, rangeOf(place), { visitorMetadataKeys })),
    );
    const progress = readProgress(job.progress, args, now());
    return { fence: job.fence, asked: askedBy(connection, site), progress, ahead };
  }

  async function readOn(work: Work, reading: Reading): Promise<'done' | 'more'> {
    const endsAt = performance.now() + turnMs;
    const { ahead } = reading;
    const { args } = work;
    reading.progress = openPlaces(reading.progress, args);
    while (reading.progress.places.length > 0) {
      const { places } = reading.progress;
      ahead.ask(places);
      const arrived = await ahead.next();
      const read = arrived.filter(({ place }) => places.includes(place));
      // Their list was given up while they were on their way.
      if (read.length === 0) continue;
      const next = read.reduce((at, { place, page }) => afterPage(at, args, place, page), reading.progress);
      // The next pages are on their way while these are booked: the pace is the provider's, not the store's.
      ahead.ask(next.places);
      await yieldToEvents();
      reading.progress = await bookAndSave(options, work, reading.progress, next, read);
      if (reading.progress.places.length > 0 && performance.now() >= endsAt) return 'more';
    }
    await finish(records, work, reading.progress, now());
    return 'done';
  }

  return { turn };
}

interface Work {
  job: Job;
  args: BackfillArgs;
  connection: Connection;
  site: Site;
}

/** Where reading stands in memory: as it was saved, and the pages on their way from there. */
interface Reading {
  /** The job's when it was claimed for this. */
  fence: number;
  asked: string;
  progress: BackfillProgress;
  ahead: ReturnType<typeof createReadAhead>;
}

/** With which key, and reading what of metadata: all that decides what comes for a place. */
function askedBy({ sealedKey }: Connection, { settings }: Site): string {
  return JSON.stringify([sealedKey, settings.visitorMetadataKeys]);
}

async function finish(
  records: Records,
  { args, connection }: Work,
  progress: BackfillProgress,
  now: number,
): Promise<void> {
  await records.transaction(async (tx) => {
    // Whoever books holds the connection while it changes what is wanted.
    await lockConnection(tx, connection);
    await tx.wanted.release(connection.id, progress.heldUntil, now);
  });
  if (args.gap !== null) await closeListGap(records, args.gap, freshByList(progress), now);
}

/** Books pages of one list and saves the places behind them, in one commit where no object is bad. */
async function bookAndSave(
  options: BackfillOptions,
  work: Work,
  progress: BackfillProgress,
  next: BackfillProgress,
  read: readonly Arrived[],
): Promise<BackfillProgress> {
  const { records, now, onRecorded } = options;
  const save = async (tx: Records, value: BackfillProgress) => {
    if (!(await tx.jobs.progress(work.job, { ...value }, now() + LEASE_MS))) throw new LeaseLost();
  };
  const pages = read.flatMap(({ page }) => (page.status === 'page' ? [page] : []));
  if (pages.length === 0) {
    await save(records, next);
    return next;
  }
  const { list } = read[0]!.place;
  const items = pages.flatMap((page) => page.items);
  const place = {
    connection: work.connection,
    site: work.site,
    fetchDelayMs: Math.max(0, progress.heldUntil - now()),
    isAnswered: isAnsweredByLists(work.args),
  };
  const fixed = { ...options, now: () => progress.heldUntil - place.fetchDelayMs };
  let isSaved = false;
  const result = await bookPage(fixed, place, items, async (tx, done) => {
    isSaved = done !== null;
    await save(tx, done === null ? progress : count(next, list, items.length, done));
  });
  const counted = count(next, list, items.length, result);
  if (!isSaved) await save(records, counted);
  if (result.booked.length > 0) onRecorded?.();
  return counted;
}

function count(progress: BackfillProgress, list: ListName, objects: number, { fresh, bad }: PageResult) {
  const step = progress.steps[list];
  const counted = withStep(progress, list, { objects: step.objects + objects, fresh: step.fresh + fresh });
  return { ...counted, ...withBad(progress, bad) };
}

function freshByList(progress: BackfillProgress): Record<string, number> {
  const rows = Object.entries(progress.steps).filter(([, { fresh }]) => fresh > 0);
  return Object.fromEntries(rows.map(([list, { fresh }]) => [list, fresh]));
}
