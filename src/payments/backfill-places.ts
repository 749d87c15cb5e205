import { tasksOf } from './backfill-plan.ts';
import type { BackfillArgs, BackfillProgress, Place, StepProgress, Task } from './backfill-plan.ts';
import type { Listed, ListedObject, ListName, ListRange } from './provider-lists.ts';

/**
 * So many ranges of time are read side by side. The id that begins the next page of a range is known only when the last
 * one has come, so one range alone goes at the pace of single answers: twelve keep up with 24 pages a second while
 * an answer takes 0.5 s. Each holds one page in memory at most.
 */
export const PLACES_MAX = 12;
/** Lists begun at once. Charges wait longer than others: begun earlier, they would be read before what links them. */
const LISTS_AT_ONCE = { charges: 4, others: 7 };
/** How many pages a range is made to hold. */
const RANGE_PAGES = { min: 4, max: 40 };
/** Where a list ends is found by ranges that turn out to be empty: so many at most. */
const PARTS_MORE = 3;
const PAGE = 100;
const SECOND = 1_000;
/** Nothing is older, so nothing is looked for before. */
const BEGAN_AT = Date.UTC(2010, 0, 1);

export function rangeOf({ from, before, after }: Place): ListRange {
  return { createdFrom: from, createdBefore: before, after };
}

/** Begins the lists that come next, as many as fit. */
export function openPlaces(progress: BackfillProgress, args: BackfillArgs): BackfillProgress {
  const tasks = tasksOf(args, progress);
  let { task } = progress;
  const places = [...progress.places];
  while (task < tasks.length && places.length < PLACES_MAX) {
    const first = Math.min(task, ...places.map((place) => place.task));
    if (task >= first + (tasks[task]!.list === 'charges' ? LISTS_AT_ONCE.charges : LISTS_AT_ONCE.others)) break;
    // How many rounds there are shows by the first pages of the first one.
    if (task >= args.lists.length && places.some((place) => isUnread(place, args))) break;
    // A list that the key may not read is passed over.
    if (progress.steps[tasks[task]!.list].state !== 'skipped') places.push(placeOf(task, tasks[task]!));
    task += 1;
  }
  return task === progress.task ? progress : { ...progress, task, places };
}

/** Where to go on after this page of this place, with the lists that come next. */
export function afterPage(
  progress: BackfillProgress,
  args: BackfillArgs,
  place: Place,
  page: Listed<ListedObject>,
): BackfillProgress {
  if (page.status === 'page') {
    const isLong = progress.isLong || (page.next !== null && isUnread(place, args));
    const next = page.next === null ? null : restOf(place, page.items, page.next);
    // Other lists are begun before this one is divided, or it would take the room of all.
    const opened = openPlaces({ ...replaced(progress, place, next === null ? [] : [next]), isLong }, args);
    const divided = next === null ? opened : replaced(opened, next, partsOf(opened, next, page.items));
    return finishing(divided, args, place.list);
  }
  if (page.status === 'rejected' && place.after !== null) {
    // The object to go on from was deleted. Nothing is lost: its second is read again from the beginning.
    const before = place.oldestAt === null ? place.before : place.oldestAt + SECOND;
    return replaced(progress, place, [{ ...place, before, after: null, oldestAt: null }]);
  }
  const others = progress.places.filter((other) => other.list !== place.list);
  const skipped = withStep({ ...progress, places: others }, place.list, { state: 'skipped', reason: page.reason });
  return openPlaces(skipped, args);
}

/** Whether it is a list of the first round of which no page has come. */
function isUnread({ task, before, after }: Place, { lists }: BackfillArgs): boolean {
  return task < lists.length && before === null && after === null;
}

function restOf(place: Place, items: readonly ListedObject[], after: string): Place {
  return { ...place, after, oldestAt: items.at(-1)?.createdAt ?? place.oldestAt };
}

/** A place; while there is room for more, in several: the nearer pages, and what lies before them. */
function partsOf(progress: BackfillProgress, place: Place, items: readonly ListedObject[]): Place[] {
  const { oldestAt } = place;
  const newestAt = items[0]?.createdAt ?? null;
  const parts: Place[] = [{ ...place }];
  if (oldestAt === null || newestAt === null || !isLongest(progress, place)) return parts;
  const room = PLACES_MAX - progress.places.length;
  for (const borderAt of bordersIn(place, { oldestAt, pageMs: newestAt - oldestAt, room, progress })) {
    // Whole seconds, as the provider's times are: an object of the border's second is in the nearer part only.
    const border = Math.floor(borderAt / SECOND) * SECOND;
    const nearer = parts.at(-1)!;
    if (border === nearer.before || border <= (place.from ?? BEGAN_AT)) break;
    nearer.from = border;
    parts.push({ ...place, before: border, after: null, oldestAt: null });
  }
  return parts;
}

/** Of a list's ranges the longest is divided: short ones would each end with a page that is half empty on average. */
function isLongest({ places, startedAt }: BackfillProgress, place: Place): boolean {
  const lengthOf = ({ oldestAt, before, from }: Place) => (oldestAt ?? before ?? startedAt) - (from ?? 0);
  return places.every((other) => other.list !== place.list || lengthOf(other) <= lengthOf(place));
}

/** Where to divide what is left, newest first, as if all of it were as dense as the last page. */
function bordersIn(
  { list, from }: Place,
  of: { oldestAt: number; pageMs: number; room: number; progress: BackfillProgress },
): number[] {
  const { oldestAt, pageMs, room, progress } = of;
  if (from === null) {
    // Nobody knows how much there is: ranges grow with what the list turned out to hold.
    const pages = Math.min(Math.max(progress.steps[list].objects / PAGE / 2, RANGE_PAGES.min), RANGE_PAGES.max);
    return Array.from({ length: Math.min(room, PARTS_MORE) }, (_, part) => oldestAt - pageMs * pages * (part + 1));
  }
  const leftMs = oldestAt - from;
  const parts = Math.min(room + 1, Math.floor(leftMs / Math.max(pageMs * RANGE_PAGES.min, SECOND)));
  const partMs = Math.min(leftMs / parts, pageMs * RANGE_PAGES.max);
  return Array.from({ length: Math.max(0, parts - 1) }, (_, part) => oldestAt - partMs * (part + 1));
}

function placeOf(task: number, { list, from, before }: Task): Place {
  return { task, list, from, before, after: null, oldestAt: null };
}

function replaced(progress: BackfillProgress, place: Place, by: readonly Place[]): BackfillProgress {
  return { ...progress, places: progress.places.flatMap((it) => (it === place ? by : it)) };
}

/** A list is done when nobody reads it and no later task does. */
function finishing(progress: BackfillProgress, args: BackfillArgs, list: ListName): BackfillProgress {
  const left = [...progress.places, ...tasksOf(args, progress).slice(progress.task)];
  return withStep(progress, list, { state: left.some((it) => it.list === list) ? 'running' : 'done' });
}

export function withStep(progress: BackfillProgress, list: ListName, change: Partial<StepProgress>): BackfillProgress {
  return { ...progress, steps: { ...progress.steps, [list]: { ...progress.steps[list], ...change } } };
}
