import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COVERAGE_RULE, judgeCoverage, recoveredAt } from './coverage.ts';
import type { CoverageBucket, CoverageFall } from './coverage.ts';

const BUCKET_MS = 300_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const T0 = Date.UTC(2026, 10, 1);

/** The same numbers each time: a test must not fail on some mornings. */
function createRandom(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** Payments at random times, so many a day, each attributed with the chance of its time. */
function paid(perDay: number, days: number, chanceAt: (at: number) => number, seed = 1): CoverageBucket[] {
  const random = createRandom(seed);
  const times = Array.from({ length: Math.round(perDay * days) }, () => T0 + random() * days * DAY_MS).sort(
    (a, b) => a - b,
  );
  const buckets = new Map<number, CoverageBucket>();
  for (const time of times) {
    const at = Math.floor(time / BUCKET_MS) * BUCKET_MS;
    const bucket = buckets.get(at) ?? { at, payments: 0, attributed: 0 };
    bucket.payments += 1;
    if (random() < chanceAt(at)) bucket.attributed += 1;
    buckets.set(at, bucket);
  }
  return [...buckets.values()];
}

/** So many more without an id within a quarter of an hour after two, every night. */
function nightly(buckets: readonly CoverageBucket[], payments: number): CoverageBucket[] {
  const added = new Map(buckets.map((bucket) => [bucket.at, bucket]));
  for (let two = T0 + 2 * HOUR_MS; two < buckets.at(-1)!.at; two += DAY_MS) {
    for (const at of [two, two + BUCKET_MS, two + 2 * BUCKET_MS]) {
      const { payments: others = 0, attributed = 0 } = added.get(at) ?? {};
      added.set(at, { at, payments: others + payments / 3, attributed });
    }
  }
  return [...added.values()].toSorted((a, b) => a.at - b.at);
}

/** Looks every quarter of an hour, as time goes by. */
function firstFall(buckets: readonly CoverageBucket[], from: number, until: number) {
  for (let now = from; now <= until; now += 15 * 60_000) {
    const fall = judgeCoverage(
      buckets.filter(({ at }) => at < now),
      { now },
    );
    if (fall) return { now, fall };
  }
  return null;
}

const DAYS = 20;
const NOON = T0 + 18 * DAY_MS + 12 * HOUR_MS;
const dropped =
  (usual: number, low = 0) =>
  (at: number) =>
    at < NOON ? usual : low;

describe('a deployment drops the metadata at noon', () => {
  for (const [perDay, usual, low, withinHours] of [
    [240, 0.95, 0, 1],
    [240, 0.8, 0, 1.25],
    [2_000, 0.6, 0, 1],
    [2_000, 0.95, 0.5, 1],
    [48, 0.9, 0, 6],
    [10, 0.9, 0, 36],
  ] as const) {
    test(`${perDay} payments a day, ${usual} attributed before and ${low} since: told within ${withinHours} h`, () => {
      const buckets = paid(perDay, DAYS, dropped(usual, low));
      const end = T0 + DAYS * DAY_MS;
      const found = firstFall(buckets, T0 + 15 * DAY_MS, end);
      assert.ok(found, 'it was noticed');
      assert.ok(found.now > NOON && found.now <= NOON + withinHours * HOUR_MS, new Date(found.now).toISOString());
      assert.ok(
        Math.abs(found.fall.since - NOON) <= Math.max(HOUR_MS, (4 * DAY_MS) / perDay),
        new Date(found.fall.since).toISOString(),
      );
    });
  }
});

describe('what is chance', () => {
  for (const perDay of [3, 10, 100]) {
    test(`${perDay} payments a day never cry wolf`, () => {
      for (const [index, usual] of [0.3, 0.5, 0.7, 0.9, 0.98].entries()) {
        const days = perDay > 10 ? 60 : 200;
        const buckets = paid(perDay, days, () => usual, index + 7);
        for (let now = T0 + 14 * DAY_MS; now < T0 + days * DAY_MS; now += (perDay > 10 ? 1 : 3) * HOUR_MS) {
          const read = buckets.filter(({ at }) => at < now && at >= now - 17 * DAY_MS);
          assert.equal(judgeCoverage(read, { now }), null, `${usual} at ${new Date(now).toISOString()}`);
        }
      }
    });
  }

  const hourOf = (at: number) => (at % DAY_MS) / HOUR_MS;
  const isWeekend = (at: number) => [0, 6].includes(new Date(at).getUTCDay());
  const rhythms: [string, CoverageBucket[]][] = [
    // As many by day as by night, where few carry an id.
    ['nights of strangers', paid(240, 40, (at) => (hourOf(at) < 8 ? 0.3 : 0.95))],
    ['weekends of strangers', paid(240, 40, (at) => (isWeekend(at) ? 0.3 : 0.95))],
    [
      'what a timer charges at two every night',
      nightly(
        paid(200, 40, () => 0.95),
        60,
      ),
    ],
  ];
  for (const [name, buckets] of rhythms) {
    test(`${name} are how the site is; a fall of another hour is told all the same`, () => {
      const [from, until] = [T0 + 29 * DAY_MS, T0 + 37 * DAY_MS];
      assert.equal(firstFall(buckets, from, until), null);
      const drop = T0 + 33 * DAY_MS + 12 * HOUR_MS;
      const fallen = buckets.map((bucket) => (bucket.at < drop ? bucket : { ...bucket, attributed: 0 }));
      const found = firstFall(fallen, from, until);
      assert.ok(found && found.now > drop && found.now <= drop + 2 * HOUR_MS, new Date(found?.now ?? 0).toISOString());
    });
  }

  test('a site that is new, and one that never attributed much, say nothing', () => {
    const now = T0 + 2 * DAY_MS;
    assert.equal(
      judgeCoverage(
        paid(14, 2, () => 0),
        { now },
      ),
      null,
    );
    assert.equal(
      judgeCoverage(
        paid(500, 20, () => 0.05),
        { now: T0 + 20 * DAY_MS },
      ),
      null,
    );
    assert.equal(judgeCoverage([], { now }), null);
  });

  test('payments of the last minutes wait for the objects that name their visitor', () => {
    const buckets = paid(240, 18, () => 0.95);
    const now = T0 + 18 * DAY_MS;
    const fresh = { at: now - COVERAGE_RULE.graceMs + 60_000, payments: 50, attributed: 0 };
    assert.equal(judgeCoverage([...buckets, fresh], { now }), null);
    assert.notEqual(judgeCoverage([...buckets, fresh], { now: now + COVERAGE_RULE.graceMs }), null);
  });
});

describe('after a fall', () => {
  const back = NOON + 6 * HOUR_MS;
  const buckets = paid(240, DAYS, (at) => (at >= NOON && at < back ? 0 : 0.95));
  const upTo = (now: number) => buckets.filter(({ at }) => at < now);
  const { fall } = firstFall(buckets, NOON, back) as { now: number; fall: CoverageFall };

  test('it is back when payments are attributed again, and not before', () => {
    for (let now = NOON; now <= back + 30 * 60_000; now += 15 * 60_000) {
      assert.equal(recoveredAt(upTo(now), fall, now), null, new Date(now).toISOString());
    }
    const at = recoveredAt(upTo(back + 90 * 60_000), fall, back + 90 * 60_000);
    assert.ok(at !== null && at >= back - BUCKET_MS && at <= back + HOUR_MS);
  });

  test('its time is no example of the usual, and is not told a second time', () => {
    const outages = [{ from: fall.since, until: back }];
    for (let now = back + HOUR_MS; now <= T0 + DAYS * DAY_MS; now += HOUR_MS) {
      assert.equal(judgeCoverage(upTo(now), { now, outages }), null, new Date(now).toISOString());
    }
  });

  test('what was accepted is the new usual', () => {
    const low = paid(240, DAYS, dropped(0.95, 0.4));
    const now = T0 + DAYS * DAY_MS;
    assert.notEqual(judgeCoverage(low, { now }), null);
    assert.equal(judgeCoverage(low, { now, startsAt: NOON }), null);
  });
});
