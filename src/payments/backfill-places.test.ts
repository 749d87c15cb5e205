import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { afterPage, openPlaces, PLACES_MAX, rangeOf, withStep } from './backfill-places.ts';
import { readArgs, readProgress, tasksOf } from './backfill-plan.ts';
import type { BackfillProgress, Place } from './backfill-plan.ts';
import type { Listed, ListedObject, ListName, ListRange } from './provider-lists.ts';

const NOW = Date.UTC(2026, 5, 1);
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
  const tasks = tasksOf(args, NOW);
  let progress: BackfillProgress = openPlaces(readProgress({}, args, NOW), tasks);
  const read: string[] = [];
  let places = 0;
  let turn = 0;
  for (; progress.places.length > 0; turn += 1) {
    assert.ok(turn < 20_000, 'it comes to an end');
    if (isKilled?.(turn)) progress = openPlaces(readProgress(JSON.parse(JSON.stringify(progress)), args, NOW), tasks);
    const place: Place = progress.places[order[turn % order.length]! % progress.places.length]!;
    const objects = lists[place.list]!;
    deleting?.(turn, objects, place);
    const page = answer(objects, rangeOf(place));
    progress = openPlaces(afterPage(progress, tasks, place, page), tasks);
    places = Math.max(places, progress.places.length);
    if (page.status !== 'page') continue;
    read.push(...page.items.map(({ id }) => id));
    const { objects: count } = progress.steps[place.list];
    progress = withStep(progress, place.list, { objects: count + page.items.length });
  }
  for (const list of Object.keys(lists) as ListName[]) assert.equal(progress.steps[list].state, 'done');
  return { read: read.sort(), places, turns: turn };
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

test('objects of one second are read in one range: no time lies between them', () => {
  const objects = listOf(
    'charges',
    Array.from({ length: 60 }, () => 100),
  );
  const { read, turns } = readAll({ charges: objects }, { order: [0, 1] });
  assert.equal(read.length, 60);
  assert.ok(turns <= 60 / PAGE + 3, `${turns} pages`);
});
