import type { WantedObject } from '../core/payment.ts';
import { LIST_NAMES } from './provider-lists.ts';
import type { ListName } from './provider-lists.ts';

/** What a backfill is to read, and where it stands: plain data, saved with every commit. */
export interface BackfillProgress {
  startedAt: number;
  /** Missing objects are fetched one by one only after the lists were read, which bring nearly all of them. */
  heldUntil: number;
  /** One list of the last five weeks fills more than a page. */
  isLong: boolean;
  /** Index into `tasksOf` of the first task that nobody has begun to read; its length when there is none. */
  task: number;
  /** What is being read, side by side; empty with no task left: all is read. */
  places: Place[];
  steps: Record<ListName, StepProgress>;
  bad: { id: string; reason: string }[];
  badCount: number;
}

/** A range of time of one list, read newest first, and how far that went. */
export interface Place {
  /** Index into `tasksOf`. */
  task: number;
  list: ListName;
  /** Epoch milliseconds, inclusive; null: from the beginning. */
  from: number | null;
  /** Epoch milliseconds, exclusive; null: until now. */
  before: number | null;
  /** The last object read; null: none yet. */
  after: string | null;
  /** Creation time of that object: where to go on if it has been deleted meanwhile. */
  oldestAt: number | null;
}

export interface Task {
  list: ListName;
  from: number | null;
  before: number | null;
}

export interface StepProgress {
  state: 'waiting' | 'running' | 'done' | 'skipped';
  /** Objects read, and those of them that were new. */
  objects: number;
  fresh: number;
  /** Why it was skipped, in the provider's words. */
  reason: string | null;
}

export interface BackfillArgs {
  connection: string;
  /** Epoch milliseconds; null: everything. */
  since: number | null;
  lists: ListName[];
  /** The gap that this heals; null: none. */
  gap: string | null;
}

const DAY_MS = 86_400_000;
const RECENT_MS = 35 * DAY_MS;
/** A long history is read in parts: so long each, and what is older than the last of them in one. */
const PART_MS = 120 * DAY_MS;
const PARTS_MAX = 9;
const HELD_MS = 24 * 3_600_000;
const BAD_KEPT = 20;

/**
 * The lists in rounds: the last five weeks first, so that people soon see money, then everything before, a long history
 * in several. In each round what links is begun before what is money: most charges then find their customer, session and
 * invoice known, and are folded once. Charges cost most to book: with several rounds they are booked while what links
 * those of the next is read. Each list is read newest first.
 */
export function tasksOf(
  args: BackfillArgs,
  { startedAt, isLong }: Pick<BackfillProgress, 'startedAt' | 'isLong'>,
): Task[] {
  const parts = Array.from({ length: isLong ? PARTS_MAX : 0 }, (_, index) => PART_MS * (index + 1));
  // Whole seconds, as the provider's times are: an object of the border's second is in one round only.
  const second = Math.floor(startedAt / 1_000) * 1_000;
  const borders = [RECENT_MS, ...parts].map((ms) => second - ms).filter((at) => at > (args.since ?? -Infinity));
  const rounds = [...borders, args.since].map((from, index) => ({ from, before: borders[index - 1] ?? null }));
  return rounds.flatMap((round) =>
    LIST_NAMES.filter((name) => args.lists.includes(name)).map((list) => ({ list, ...round })),
  );
}

export function readArgs(args: Record<string, unknown>): BackfillArgs {
  const lists = Array.isArray(args.lists)
    ? LIST_NAMES.filter((name) => (args.lists as unknown[]).includes(name))
    : [...LIST_NAMES];
  return {
    connection: String(args.connection),
    since: typeof args.since === 'number' ? args.since : null,
    lists,
    gap: typeof args.gap === 'string' ? args.gap : null,
  };
}

/** Where an earlier turn stopped, or the beginning. */
export function readProgress(saved: Record<string, unknown>, args: BackfillArgs, now: number): BackfillProgress {
  if (Array.isArray(saved.places)) return saved as unknown as BackfillProgress;
  const steps = LIST_NAMES.map((name): [ListName, StepProgress] => [
    name,
    { state: args.lists.includes(name) ? 'waiting' : 'done', objects: 0, fresh: 0, reason: null },
  ]);
  return {
    startedAt: now,
    heldUntil: now + HELD_MS,
    isLong: false,
    task: 0,
    places: [],
    steps: Object.fromEntries(steps) as Record<ListName, StepProgress>,
    bad: [],
    badCount: 0,
  };
}

export function withBad(progress: BackfillProgress, bad: readonly { id: string; reason: string }[]) {
  return { bad: [...progress.bad, ...bad].slice(0, BAD_KEPT), badCount: progress.badCount + bad.length };
}

/**
 * "Which sessions has this payment intent?" is answered by reading all sessions. Only the settlement of a charge that
 * was not settled when its list was read is a question that stays.
 */
export function isAnsweredByLists(args: BackfillArgs): (want: WantedObject) => boolean {
  const readsAll = args.since === null && args.lists.length === LIST_NAMES.length;
  // An object `by` itself is asked again for more of it than lists show.
  return ({ kind, by }) => readsAll && by !== null && by !== kind && kind !== 'balance_transaction';
}
