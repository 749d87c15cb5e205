import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, Job, Records, Site } from '../storage/records/records.ts';
import { bookPage, LeaseLost } from './backfill-page.ts';
import type { PageResult } from './backfill-page.ts';
import { isAnsweredByLists, rangeOf, readArgs, readProgress, tasksOf, withBad } from './backfill-plan.ts';
import type { BackfillArgs, BackfillProgress, StepProgress } from './backfill-plan.ts';
import { lockConnection } from './book.ts';
import { keyPlace } from './connect.ts';
import { closeListGap } from './heal.ts';
import { ProviderUnavailable } from './provider.ts';
import type { Provider } from './provider.ts';
import type { Listed, ListedObject, ListName } from './provider-lists.ts';
import { backoffMs, patiently } from './retry.ts';

/** The lease is renewed with every commit; it only has to outlast one page and the pauses of its request. */
export const LEASE_MS = 90_000;
/** After this long the job is given back, so that others in line get their turn. */
const TURN_MS = 5_000;

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
 * and booking twice changes nothing. The place is saved in the same commit as what was read, so a killed process costs
 * one page.
 */
export function createBackfill(options: BackfillOptions): { turn(job: Job): Promise<Turn> } {
  const { records, secrets, provider, now, turnMs = TURN_MS } = options;

  async function turn(job: Job): Promise<Turn> {
    const args = readArgs(job.args);
    const connection = await records.connections.get(args.connection);
    const site = connection && (await records.sites.get(connection.site));
    if (!connection || !site) throw new Error('the connection or its site does not exist any more');
    if (connection.sealedKey === null) throw new Error('no key is stored for this connection; connect one');
    const key = secrets.open(connection.sealedKey, keyPlace(connection.id));
    const progress = readProgress(job.progress, args, now());
    const reading = { visitorMetadataKeys: site.settings.visitorMetadataKeys };
    const ask = (at: BackfillProgress) => {
      const task = tasksOf(args, at.startedAt)[at.task]!;
      return patiently(() => provider.list(key, task.list, rangeOf(task, at), reading));
    };
    try {
      const state = await readOn({ job, args, connection, site, ask }, progress);
      return state === 'done' ? { state } : { state: 'again', at: now(), reason: null };
    } catch (error) {
      if (error instanceof LeaseLost) return { state: 'lost' };
      if (!(error instanceof ProviderUnavailable)) throw error;
      const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(3, { firstMs: 2_000, maxMs: 60_000 }));
      return { state: 'again', at: now() + waitMs, reason: error.message };
    }
  }

  async function readOn(work: Work, start: BackfillProgress): Promise<'done' | 'more'> {
    const { args } = work;
    const endsAt = performance.now() + turnMs;
    const tasks = tasksOf(args, start.startedAt);
    let progress = skipRefused(start, tasks);
    let asked: Promise<Listed<ListedObject>> | null = null;
    while (progress.task < tasks.length) {
      const page: Listed<ListedObject> = await (asked ?? work.ask(progress));
      asked = null;
      const next = skipRefused(afterPage(progress, tasks, page), tasks);
      // The next page is on its way while this one is booked: the pace is the provider's, not the store's.
      if (performance.now() < endsAt && next.task < tasks.length) {
        asked = work.ask(next);
        asked.catch(() => {});
      }
      progress = await bookAndSave(options, work, progress, next, page);
      if (asked === null && progress.task < tasks.length) return 'more';
    }
    await finish(records, work, progress, now());
    return 'done';
  }

  return { turn };
}

interface Work {
  job: Job;
  args: BackfillArgs;
  connection: Connection;
  site: Site;
  ask(at: BackfillProgress): Promise<Listed<ListedObject>>;
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

/** Books a page and saves the place behind it, in one commit where the page has no bad object. */
async function bookAndSave(
  options: BackfillOptions,
  work: Work,
  progress: BackfillProgress,
  next: BackfillProgress,
  page: Listed<ListedObject>,
): Promise<BackfillProgress> {
  const { records, now, onRecorded } = options;
  const save = async (tx: Records, value: BackfillProgress) => {
    if (!(await tx.jobs.progress(work.job, { ...value }, now() + LEASE_MS))) throw new LeaseLost();
  };
  if (page.status !== 'page') {
    await save(records, next);
    return next;
  }
  const { list } = tasksOf(work.args, progress.startedAt)[progress.task]!;
  const place = {
    connection: work.connection,
    site: work.site,
    fetchDelayMs: Math.max(0, progress.heldUntil - now()),
    isAnswered: isAnsweredByLists(work.args),
  };
  const fixed = { ...options, now: () => progress.heldUntil - place.fetchDelayMs };
  let isSaved = false;
  const result = await bookPage(fixed, place, page.items, async (tx, done) => {
    isSaved = done !== null;
    await save(tx, done === null ? progress : count(next, list, page.items.length, done));
  });
  const counted = count(next, list, page.items.length, result);
  if (!isSaved) await save(records, counted);
  if (result.booked.length > 0) onRecorded?.();
  return counted;
}

const START = { after: null, oldestAt: null, until: null };

/** Where to go on after this page. */
function afterPage(
  progress: BackfillProgress,
  tasks: ReturnType<typeof tasksOf>,
  page: Listed<ListedObject>,
): BackfillProgress {
  const task = tasks[progress.task]!;
  if (page.status === 'page' && page.next !== null) {
    const oldestAt = page.items.at(-1)?.createdAt ?? progress.oldestAt;
    return withStep({ ...progress, after: page.next, oldestAt }, task.list, { state: 'running' });
  }
  if (page.status === 'rejected' && progress.after !== null) {
    // The object to go on from was deleted. Nothing is lost: its second is read again from the beginning.
    return { ...progress, ...START, until: progress.oldestAt === null ? task.before : progress.oldestAt + 1_000 };
  }
  const isLast = !tasks.slice(progress.task + 1).some(({ list }) => list === task.list);
  const step: Partial<StepProgress> =
    page.status === 'page' ? { state: isLast ? 'done' : 'running' } : { state: 'skipped', reason: page.reason };
  return withStep({ ...progress, task: progress.task + 1, ...START }, task.list, step);
}

/** Passes over the tasks of lists that the key may not read. */
function skipRefused(progress: BackfillProgress, tasks: ReturnType<typeof tasksOf>): BackfillProgress {
  let { task } = progress;
  while (task < tasks.length && progress.steps[tasks[task]!.list].state === 'skipped') task += 1;
  return task === progress.task ? progress : { ...progress, task, ...START };
}

function withStep(progress: BackfillProgress, list: ListName, change: Partial<StepProgress>): BackfillProgress {
  return { ...progress, steps: { ...progress.steps, [list]: { ...progress.steps[list], ...change } } };
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
