import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { afterPage, openPlaces, PLACES_MAX, rangeOf, withStep } from './backfill-places.ts';
import { readArgs, readProgress, tasksOf } from './backfill-plan.ts';
import type { BackfillProgress, Place } from './backfill-plan.ts';
import { LIST_NAMES } from './provider-lists.ts';
import type { Listed, ListedObject, ListName, ListRange } from './provider-lists.ts';

const NOW = Date.UTC(2026, 5, 1);
/** Not a whole second, as times of objects are. */
const STARTED_AT = NOW + 123;
const PAGE = 3;
type Lists = Partial<Record<ListName, ListedObject[]>>;

/** Objects created at these seconds before now, newest first, as a provider lists them. */
function listOf(list: ListName, secondsAgo: readonly number[]): ListedObject[] {
  const sorted = [...secondsAgo].sort((a, b) => a - b);
  return sorted.map((ago, index) => ({ id: `${list}${index}`, createdAt: NOW - ago * 1_000, objects: [] }));
}

/** One page, as Stripe would answer. */
function answer(objects: readonly ListedObject[], range: ListRange): Listed<ListedObject> {
  const { createdFrom, createdBefore, after } = range;
  assert.ok([createdFrom, createdBefore].every((at) => at === null || (at > 0 && at % 1_000 === 0)));
  const within = objects.filter(
    ({ createdAt }) =>
      (createdFrom === null || createdAt! >= createdFrom) && (createdBefore === null || createdAt! < createdBefore),
  );
  const start = after === null ? 0 : within.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) return { status: 'rejected', reason: `No such object: ${after}` };
  const items = within.slice(start, start + PAGE);
  return { status: 'page', items, next: start + PAGE < within.length ? items.at(-1)!.id : null };
}

interface Reading {
  /** Which of the open places answers next: an endless repetition of these. */
  order: readonly number[];
  /** Before which answers the process is killed: the place goes on from what was saved. */
  isKilled?: (turn: number) => boolean;
  /** Objects that are deleted before an answer. */
  deleting?: (turn: number, objects: ListedObject[], place: Place) => void;
  since?: number | null;
}

/** Reads the lists to their end by the plan alone. */
function readAll(lists: Lists, { order, isKilled, deleting, since = null }: Reading) {
  const args = readArgs({ connection: 'c', since, lists: Object.keys(lists) });
  let progress: BackfillProgress = openPlaces(readProgress({}, args, STARTED_AT), args);
  const read: string[] = [];
  let places = 0;
  let turn = 0;
  for (; progress.places.length > 0; turn += 1) {
    assert.ok(turn < 20_000, 'it comes to an end');
    if (isKilled?.(turn))
      progress = openPlaces(readProgress(JSON.parse(JSON.stringify(progress)), args, STARTED_AT), args);
    const place: Place = progress.places[order[turn % order.length]! % progress.places.length]!;
    const objects = lists[place.list]!;
    deleting?.(turn, objects, place);
    const page = answer(objects, rangeOf(place));
    progress = afterPage(progress, args, place, page);
    places = Math.max(places, progress.places.length);
    if (page.status !== 'page') continue;
    read.push(...page.items.map(({ id }) => id));
    const { objects: count } = progress.steps[place.list];
    progress = withStep(progress, place.list, { objects: count + page.items.length });
  }
  for (const list of Object.keys(lists) as ListName[]) assert.equal(progress.steps[list].state, 'done');
  return { read: read.sort(), places, turns: turn, isLong: progress.isLong };
}

const idsOf = (lists: Lists) => Object.values(lists).flatMap((objects) => objects.map(({ id }) => id));
const day = 86_400;
// Dense, sparse, many in one second, on both sides of the border between the two rounds.
const seconds = fc.array(
  fc.oneof(
    fc.nat(20),
    fc.nat(2 * day),
    fc.constant(3_600),
    fc.integer({ min: 35 * day - 2, max: 35 * day + 2 }),
    fc.nat(2_000 * day),
  ),
  { maxLength: 120 },
);
const order = fc.array(fc.nat(PLACES_MAX), { minLength: 1, maxLength: 30 });

test('ranges read side by side, in any order of answers and killed anywhere, read each object once', () => {
  fc.assert(
    fc.property(seconds, seconds, seconds, order, fc.nat(9), (sessions, refunds, charges, turns, kill) => {
      const lists = {
        sessions: listOf('sessions', sessions),
        refunds: listOf('refunds', refunds),
        charges: listOf('charges', charges),
      };
      const { read, places } = readAll(lists, { order: turns, isKilled: (turn) => turn % 10 < kill });
      assert.deepEqual(read, idsOf(lists).sort());
      assert.ok(places <= PLACES_MAX);
    }),
  );
});

test('a history in rounds: each object of each list once, whatever its list, order and end', () => {
  let long = 0;
  const older = fc.array(fc.integer({ min: 36 * day, max: 1_200 * day }), { maxLength: 20 });
  const ofList = fc.oneof({ arbitrary: older, weight: 8 }, { arbitrary: seconds, weight: 1 });
  fc.assert(
    fc.property(fc.array(ofList, { minLength: 8, maxLength: 8 }), order, fc.nat(9), (ages, turns, kill) => {
      const lists = Object.fromEntries(LIST_NAMES.map((name, index) => [name, listOf(name, ages[index]!)])) as Lists;
      const { read, places, isLong } = readAll(lists, { order: turns, isKilled: (turn) => turn % 10 < kill });
      assert.deepEqual(read, idsOf(lists).sort());
      assert.ok(places <= PLACES_MAX);
      const fills = Object.values(lists).some(
        (list) => list.filter(({ createdAt }) => createdAt! >= NOW - 35 * day * 1_000).length > PAGE,
      );
      assert.equal(isLong, fills);
      if (isLong) long += 1;
    }),
  );
  assert.ok(long > 5 && long < 98, `${long} of 100 were long`);
});

test('an object that is deleted while it marks a place costs none of the others', () => {
  fc.assert(
    fc.property(seconds, order, fc.nat(4), (charges, turns, every) => {
      const lists = { charges: listOf('charges', charges) };
      const all = idsOf(lists);
      const gone = new Set<string>();
      const { read } = readAll(lists, {
        order: turns,
        deleting(turn, objects, { after }) {
          const index = objects.findIndex(({ id }) => id === after);
          if (turn % (every + 1) !== 0 || index < 0) return;
          gone.add(objects.splice(index, 1)[0]!.id);
        },
      });
      const found = new Set(read);
      assert.deepEqual(
        all.filter((id) => !found.has(id) && !gone.has(id)),
        [],
      );
    }),
  );
});

test('a long list is read in as many ranges as there may be, a short one in one', () => {
  const long = Array.from({ length: 3_000 }, (_, index) => index * 300);
  assert.equal(readAll({ charges: listOf('charges', long) }, { order: [7, 6, 5, 4, 3, 2, 1, 0] }).places, PLACES_MAX);
  const several = {
    sessions: listOf('sessions', long),
    refunds: listOf('refunds', long),
    charges: listOf('charges', long),
  };
  assert.equal(readAll(several, { order: [0, 11, 3, 7, 5] }).places, PLACES_MAX);
  const short = listOf('charges', [1, 2, 3]);
  assert.equal(readAll({ charges: short }, { order: [0] }).turns, 2, 'one page in each of the two rounds');
  assert.equal(readAll({ charges: [] }, { order: [0] }).turns, 2);
});

test('a long history is read in rounds, a short one in two', () => {
  const args = readArgs({ connection: 'c', lists: ['charges', 'sessions'] });
  const daysAgo = (at: number | null) => (at === null ? null : (NOW - at) / day / 1_000);
  const roundsOf = (since: number | null, isLong: boolean) =>
    tasksOf({ ...args, since }, { startedAt: STARTED_AT, isLong })
      .filter(({ list }) => list === 'charges')
      .map(({ from, before }) => [daysAgo(from), daysAgo(before)]);
  const since = (days: number) => NOW - days * day * 1_000;
  const parts = [120, 240, 360, 480, 600, 720, 840, 960, 1_080];
  const cases: [rounds: (number | null)[][], number | null, boolean][] = [
    [
      [
        [35, null],
        [null, 35],
      ],
      null,
      false,
    ],
    [
      [
        [35, null],
        [100, 35],
      ],
      since(100),
      false,
    ],
    [[[35, null], ...[...parts, null].map((from, index) => [from, [35, ...parts][index]!])], null, true],
    [
      [
        [35, null],
        [120, 35],
        [130, 120],
      ],
      since(130),
      true,
    ],
    [
      [
        [35, null],
        [120, 35],
      ],
      since(120),
      true,
    ],
    [[[35, null]], since(35), true],
    [[[2, null]], since(2), true],
  ];
  for (const [rounds, from, isLong] of cases) assert.deepEqual(roundsOf(from, isLong), rounds);
});

test('how long a history is shows before the second round begins, and is kept from then on', () => {
  const args = readArgs({ connection: 'c' });
  const full = { status: 'page' as const, items: listOf('sessions', [1, 2, 3]), next: 'sessions2' };
  const start = openPlaces(readProgress({}, args, STARTED_AT), args);
  const recent = start.places.find(({ list }) => list === 'sessions')!;
  assert.equal(afterPage(start, args, recent, { ...full, next: null }).isLong, false);
  assert.equal(afterPage(start, args, recent, full).isLong, true);
  // While one list of the first round is not known, nothing of the second is begun.
  const end = { status: 'page' as const, items: [], next: null };
  let progress = start;
  for (let [, other] = progress.places; other; [, other] = progress.places) {
    progress = afterPage(progress, args, other, end);
  }
  assert.deepEqual(
    [progress.places.length, progress.places[0]!.task, progress.task, progress.isLong],
    [1, 0, 7, false],
  );
});

test('charges are begun after what links those of their round, and booked beside what links those of the next', () => {
  const args = readArgs({ connection: 'c' });
  const isCharges = ({ list }: { list: ListName }) => list === 'charges';
  const end = { status: 'page' as const, items: [], next: null };
  const full = { status: 'page' as const, items: listOf('charges', [1, 2, 3]), next: 'charges2' };
  let progress: BackfillProgress = openPlaces({ ...readProgress({}, args, STARTED_AT), isLong: true }, args);
  assert.deepEqual([progress.places.length, progress.places.some(isCharges)], [7, false]);
  while (!progress.places.some(isCharges)) {
    progress = afterPage(progress, args, progress.places[0]!, end);
  }
  assert.equal(progress.places[0]!.list, 'sessions');
  while (!isCharges(progress.places[0]!)) {
    progress = afterPage(progress, args, progress.places[0]!, end);
  }
  progress = afterPage(progress, args, progress.places[0]!, full);
  const others = progress.places.filter((place) => !isCharges(place));
  assert.ok(others.length > 0 && others.every(({ before }) => before !== null), JSON.stringify(progress.places));
});

test('objects of one second are read in one range: no time lies between them', () => {
  const objects = listOf(
    'charges',
    Array.from({ length: 60 }, () => 100),
  );
  const { read, turns } = readAll({ charges: objects }, { order: [0, 1] });
  assert.equal(read.length, 60);
  // One page of each other round is empty.
  assert.ok(turns <= 60 / PAGE + 11, `${turns} pages`);
});
