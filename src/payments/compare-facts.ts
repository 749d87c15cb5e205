import { setTimeout as sleep } from 'node:timers/promises';
import { pathChanges } from '../core/attribution/path-row.ts';
import { movementRows } from '../core/movement-row.ts';
import { addDays } from '../core/report-days.ts';
import type { WrittenRows } from '../core/written-rows.ts';
import type { Log } from '../loop.ts';
import { FactsUnavailable } from '../storage/facts/facts.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Job, Records } from '../storage/records/records.ts';
import type { Turn } from './backfill.ts';

export const COMPARE = 'compare';

const LEASE_MS = 60_000;
/** More would be held in memory with all their rows. */
const PAGE_PAYMENTS = 250;
const PAGE_SUBSCRIPTIONS = 200;
const PAGE_DAYS = 30;
const PLACES = 1_000;
/** Longer, and other jobs would wait behind this one: it comes back later. */
const CARRY_WAIT_MS = 3_000;
const CARRY_POLL_MS = 50;
const RETRY_MS = 60_000;

interface Deps {
  records: Records;
  facts: Pick<Facts, 'written' | 'differences'>;
  now: () => number;
  log: Log;
  /** Called when rows were put into the outbox. */
  onOutbox: () => void;
}

/** What has rows in the facts store that are copies: of what they are made stands in the records store. */
interface Part {
  /** The keys after a place, and the place after them; null: these were the last. */
  page(site: string, after: string | null): Promise<{ keys: string[]; next: string | null }>;
  /** Key → what the facts store should hold of it. A key that is left out is not compared. */
  expected(store: Records, site: string, keys: readonly string[]): Promise<Map<string, WrittenRows[]>>;
}

/** Which part, where in it, and what was found so far. */
interface Progress extends Record<string, unknown> {
  part: number;
  after: string | null;
  compared: number;
  /** Keys of which other rows stood, and how many rows that took. */
  mended: number;
  rows: number;
}

const START: Progress = { part: 0, after: null, compared: 0, mended: 0, rows: 0 };

/** Lines to append, by key. */
type Difference = Omit<WrittenRows, 'lines'> & { linesOf: Map<string, string[]> };

/** Queues a comparison of a site, unless one is under way: two at once would both write again what is missing. */
export function requestComparison(records: Pick<Records, 'transaction'>, site: string, now: number): Promise<void> {
  return records.transaction(async (tx) => {
    await tx.lock(`compare:${site}`);
    const open = await tx.jobs.open(COMPARE);
    if (!open.some((job) => job.args.site === site)) await tx.jobs.add(COMPARE, { site }, now);
  });
}

/**
 * A turn of the job that compares the facts store with the records store, and has written again what is missing, doubled or
 * altered there: a part that was damaged, or a whole store that was lost. A page at a time, with a pause as long as the
 * page took: nobody waits for it.
 */
export function compareTurn(deps: Deps): (job: Job) => Promise<Turn> {
  const { now, log } = deps;
  const parts = partsOf(deps);
  return async (job) => {
    const { site } = job.args;
    if (typeof site !== 'string') throw new Error('the job names no site');
    const startedAt = now();
    const progress = { ...START, ...job.progress };
    const part = parts[progress.part]!;
    const { keys, next } = await part.page(site, progress.after);
    progress.compared += keys.length;
    progress.after = next;
    if (next === null) progress.part += 1;
    try {
      if (!(await mend(deps, job, { part, keys, progress }))) return { state: 'lost' };
    } catch (error) {
      if (!(error instanceof FactsUnavailable)) throw error;
      return { state: 'again', at: now() + RETRY_MS, reason: error.message };
    }
    if (progress.part < parts.length) return { state: 'again', at: 2 * now() - startedAt, reason: null };
    const { compared, mended, rows } = progress;
    if (rows > 0) log.warn({ site, compared, mended, rows }, 'the facts store held other rows: written again');
    return { state: 'done' };
  };
}

/** @returns false when another worker has the job: nothing was changed then */
async function mend(
  { records, facts, now, onOutbox }: Deps,
  job: Job,
  { part, keys, progress }: { part: Part; keys: readonly string[]; progress: Progress },
): Promise<boolean> {
  const site = String(job.args.site);
  const before = await part.expected(records, site, keys);
  // What is known now has to be there before it is missed.
  await untilCarried(records);
  const differences: Difference[] = [];
  for (const { table, columns, lines } of together([...before.values()].flat())) {
    const linesOf = await facts.differences({ table, columns, lines }, site, [...before.keys()]);
    differences.push({ table, columns, linesOf });
  }
  const suspects = [...new Set(differences.flatMap(({ linesOf }) => [...linesOf.keys()]))];
  const isOurs = await records.transaction(async (tx) => {
    const standing = await part.expected(tx, site, suspects);
    // What became otherwise meanwhile may have been carried or not: the next comparison sees it.
    const mended = suspects.filter((key) => JSON.stringify(standing.get(key)) === JSON.stringify(before.get(key)));
    const rows = differences.map(({ linesOf, ...where }) => ({
      ...where,
      lines: mended.flatMap((key) => linesOf.get(key) ?? []),
    }));
    progress.mended += mended.length;
    progress.rows += rows.reduce((sum, { lines }) => sum + lines.length, 0);
    if (!(await tx.jobs.progress(job, progress, now() + LEASE_MS))) return false;
    await tx.outbox.add(rows);
    return true;
  });
  onOutbox();
  return isOurs;
}

/** One list of rows for each table. */
function together(all: readonly WrittenRows[]): WrittenRows[] {
  return [...Map.groupBy(all, ({ table }) => table).values()].map((some) => ({
    ...some[0]!,
    lines: some.flatMap(({ lines }) => lines),
  }));
}

/** Waits until what is in the outbox now has reached the facts store. */
async function untilCarried({ outbox }: Pick<Records, 'outbox'>): Promise<void> {
  const last = (await outbox.span())?.last;
  if (last === undefined) return;
  for (let waited = 0; waited < CARRY_WAIT_MS; waited += CARRY_POLL_MS) {
    const left = await outbox.span();
    if (left === null || left.first > last) return;
    await sleep(CARRY_POLL_MS);
  }
  throw new FactsUnavailable('what waits for the facts store has not reached it');
}

function partsOf({ records, facts }: Deps): Part[] {
  return [
    {
      async page(site, after) {
        const keys = await records.payments.all(site, after, PAGE_PAYMENTS);
        return { keys, next: keys.length < PAGE_PAYMENTS ? null : keys.at(-1)! };
      },
      async expected(store, site, ids) {
        const payments = await store.payments.getMany(site, ids);
        const attributions = await store.payments.attributionsOf(site, ids);
        return new Map(
          payments.flatMap((payment) => {
            const attribution = attributions.get(payment.id)!;
            if (attribution.reason === 'pending') return [];
            const paths = pathChanges(payment, { path: [] }, attribution);
            return [[payment.id, facts.written({ credits: attribution.rows, paths })]];
          }),
        );
      },
    },
    ...(['live', 'test'] as const).map((mode): Part => ({
      async page(site, after) {
        const { subscriptions, next } = await records.subscriptions.list(site, mode, PAGE_SUBSCRIPTIONS, after);
        return { keys: subscriptions.map(({ subscription }) => subscription), next };
      },
      async expected(store, site, ids) {
        const found = new Map<string, WrittenRows[]>();
        for (const id of ids) {
          const row = await store.subscriptions.get(site, id);
          if (row) found.set(id, facts.written({ movements: movementRows(row) }));
        }
        return found;
      },
    })),
    {
      async page(site, after) {
        const keys: string[] = [];
        let from = after === null ? undefined : addDays(after, 1);
        while (keys.length < PAGE_DAYS) {
          const [place] = await records.spend.standingPlaces(site, { from }, null, 1);
          if (!place) return { keys, next: null };
          keys.push(place.day);
          from = addDays(place.day, 1);
        }
        return { keys, next: keys.at(-1)! };
      },
      async expected({ spend }, site, days) {
        const found = new Map<string, WrittenRows[]>();
        for (const day of days) {
          const rows = [];
          let places = await spend.standingPlaces(site, { from: day, to: day }, null, PLACES);
          while (places.length > 0) {
            rows.push(...(await spend.standing(site, places)).map(({ row }) => row));
            places = await spend.standingPlaces(site, { from: day, to: day }, places.at(-1)!, PLACES);
          }
          found.set(day, facts.written({ spend: rows }));
        }
        return found;
      },
    },
  ];
}
