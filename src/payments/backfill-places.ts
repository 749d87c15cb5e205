import type { BackfillProgress, Place, StepProgress, Task } from './backfill-plan.ts';
import type { Listed, ListedObject, ListName, ListRange } from './provider-lists.ts';

/**
 * So many ranges of time are read side by side. The id that begins the next page of a range is known only when the last
 * one has come, so one range alone goes at the pace of single answers: twelve keep up with 24 pages a second while
 * an answer takes 0.5 s. Each holds one page in memory at most.
 */
export const PLACES_MAX = 12;
/** Lists begun at once. Fewer would idle at the end of each list; more would read charges before what links them. */
const LISTS_AT_ONCE = 4;
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
export function openPlaces(progress: BackfillProgress, tasks: readonly Task[]): BackfillProgress {
  let { task } = progress;
  const places = [...progress.places];
  while (task < tasks.length && places.length < PLACES_MAX) {
    const first = Math.min(task, ...places.map((place) => place.task));
    if (task >= first + LISTS_AT_ONCE) break;
    // A list that the key may not read is passed over.
    if (progress.steps[tasks[task]!.list].state !== 'skipped') places.push(placeOf(task, tasks[task]!));
    task += 1;
  }
  return task === progress.task ? progress : { ...progress, task, places };
}

/** Where to go on after this page of this place. */
export function afterPage(
  progress: BackfillProgress,
  tasks: readonly Task[],
  place: Place,
  page: Listed<ListedObject>,
): BackfillProgress {
  if (page.status === 'page') {
    const next = page.next === null ? [] : goOn(progress, place, page.items, page.next);
    return finishing(replaced(progress, place, next), tasks, place.list, { state: 'running' });
  }
  if (page.status === 'rejected' && place.after !== null) {
    // The object to go on from was deleted. Nothing is lost: its second is read again from the beginning.
    const before = place.oldestAt === null ? place.before : place.oldestAt + SECOND;
    return replaced(progress, place, [{ ...place, before, after: null, oldestAt: null }]);
  }
  const others = progress.places.filter((other) => other.list !== place.list);
  return withStep({ ...progress, places: others }, place.list, { state: 'skipped', reason: page.reason });
}

/** The rest of a place; while there is room for more, in several: the nearer pages, and what lies before them. */
function goOn(progress: BackfillProgress, place: Place, items: readonly ListedObject[], next: string): Place[] {
  const oldestAt = items.at(-1)?.createdAt ?? place.oldestAt;
  const newestAt = items[0]?.createdAt ?? null;
  const parts: Place[] = [{ ...place, after: next, oldestAt }];
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
function finishing(
  progress: BackfillProgress,
  tasks: readonly Task[],
  list: ListName,
  step: Partial<StepProgress>,
): BackfillProgress {
  const isLeft = [...progress.places, ...tasks.slice(progress.task)].some((it) => it.list === list);
  return withStep(progress, list, isLeft ? step : { state: 'done' });
}

export function withStep(progress: BackfillProgress, list: ListName, change: Partial<StepProgress>): BackfillProgress {
  return { ...progress, steps: { ...progress.steps, [list]: { ...progress.steps[list], ...change } } };
}
