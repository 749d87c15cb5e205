import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { integersOf, splitByLargestRemainder } from '../money.ts';
import type { Touchpoint } from '../touchpoint.ts';
import { journey, MODEL_EXAMPLES, PATH_EXAMPLES, touch } from './examples.fixture.ts';
import { RULE_MODELS } from './models.ts';
import { MAX_PATH_TOUCHPOINTS, pathEnd, pathOf } from './path.ts';
import { DEFAULT_MODEL_SETTINGS, problemOf } from './settings.ts';
import { weightsOf } from './weights.ts';

const DAY_MS = 86_400_000;

describe('what each model gives', () => {
  for (const model of RULE_MODELS) {
    for (const { path, paidMinor, credits, settings } of MODEL_EXAMPLES[model]) {
      test(`${path} → ${model} ${JSON.stringify(settings ?? {})}`, () => {
        const chosen = { ...DEFAULT_MODEL_SETTINGS, ...settings };
        assert.equal(problemOf(chosen), null);
        assert.deepEqual(splitByLargestRemainder(paidMinor, weightsOf(model, journey(path), chosen)), credits);
      });
    }
  }
});

test('time decay equals 2^(−age ÷ 7 days) to fifteen digits', () => {
  for (const ageMs of [1, 1_000, 3_600_000, 12_345_678, 604_799_999, 604_800_001, 7_000_000_000]) {
    const path = [touch({ occurredAt: 0 }), touch({ occurredAt: ageMs })];
    const [old, fresh] = integersOf(weightsOf('time_decay', path));
    assert.ok(Math.abs(Number(old) / Number(fresh) - 2 ** (-ageMs / 604_800_000)) < 1e-15, String(ageMs));
  }
});

test('time decay is exact to the unit in the largest amount, too', () => {
  const weights = weightsOf('time_decay', [touch({ occurredAt: 0 }), touch({ occurredAt: 277_777_777 })]);
  // 2^(−277,777,777 ÷ 604,800,000) ÷ (1 + that), of 2^53 − 1: …383.18 and …607.82.
  assert.deepEqual(
    splitByLargestRemainder(Number.MAX_SAFE_INTEGER, weights),
    [3_792_722_533_608_383, 5_214_476_721_132_608],
  );
});

test('time decay follows its half-life', () => {
  for (const halfLifeHours of [1, 24, 168, 8_760]) {
    const settings = { ...DEFAULT_MODEL_SETTINGS, halfLifeHours };
    const path = [touch({}), touch({ occurredAt: 90_000_000 })];
    const [old, fresh] = integersOf(weightsOf('time_decay', path, settings));
    assert.ok(Math.abs(Number(old) / Number(fresh) - 2 ** (-25 / halfLifeHours)) < 1e-15, String(halfLifeHours));
  }
});

describe('the path of a payment', () => {
  const names = (path: Touchpoint[]) => path.map((one) => one.source);

  for (const { touchpoints, paidOn, settings, path } of PATH_EXAMPLES) {
    test(`${touchpoints}, paid on ${paidOn} ${JSON.stringify(settings)} → ${path}`, () => {
      const options = { ...DEFAULT_MODEL_SETTINGS, ...settings, endsAt: paidOn * DAY_MS + 999 };
      const show = (one: Touchpoint) => `${one.source || 'direct'}@${one.occurredAt / DAY_MS}`;
      assert.equal(pathOf(journey(touchpoints), options).map(show).join(' '), path);
    });
  }

  test('is in time order; equal times keep their order of arrival', () => {
    const [a, b, c] = [
      touch({ source: 'a', occurredAt: 5, receivedAt: 2 }),
      touch({ source: 'b', occurredAt: 5, receivedAt: 1 }),
      touch({ source: 'c', occurredAt: 1, receivedAt: 9 }),
    ];
    assert.deepEqual(names(pathOf([a, b, c], { endsAt: 10, windowDays: null })), ['c', 'b', 'a']);
  });

  test('holds touchpoints of the same second as the payment, which happens at the end of its second', () => {
    const occurredAt = 1_000_000 + 999;
    const end = pathEnd({ occurredAt, pathEndsAt: null });
    const touches = [
      touch({ source: 'same', occurredAt: 1_000_999 }),
      touch({ source: 'next', occurredAt: 1_001_000 }),
    ];
    assert.deepEqual(names(pathOf(touches, { endsAt: end, windowDays: null })), ['same']);
  });

  test('of a renewal ends where the subscription began', () => {
    const end = pathEnd({ occurredAt: 60 * DAY_MS, pathEndsAt: 30 * DAY_MS });
    assert.deepEqual(names(pathOf(journey('google@29 news@45'), { endsAt: end, windowDays: null })), ['google']);
  });

  test('leaves out what lies before the window, to the millisecond', () => {
    const touches = [
      touch({ source: 'out', occurredAt: 10 * DAY_MS - 1 }),
      touch({ source: 'in', occurredAt: 10 * DAY_MS }),
    ];
    assert.deepEqual(names(pathOf(touches, { endsAt: 40 * DAY_MS, windowDays: 30 })), ['in']);
    assert.deepEqual(names(pathOf(touches, { endsAt: 40 * DAY_MS, windowDays: null })), ['out', 'in']);
  });

  test('does not depend on the order in which a store returns it', () => {
    const touches = fc.array(
      fc.record({
        occurredAt: fc.integer({ min: 0, max: 3 }),
        receivedAt: fc.integer({ min: 0, max: 3 }),
        visitor: fc.constantFrom('v1', 'v2'),
        session: fc.uuid(),
      }),
    );
    fc.assert(
      fc.property(touches, (fields) => {
        const list = fields.map(touch);
        const options = { endsAt: 10, windowDays: null };
        assert.deepEqual(pathOf(list.toReversed(), options), pathOf(list, options));
      }),
    );
  });

  test('is bounded, keeping its beginning and its end', () => {
    const touches = Array.from({ length: 5_000 }, (_, index) => touch({ occurredAt: index }));
    const path = pathOf(touches, { endsAt: 9_999, windowDays: null });
    assert.equal(path.length, MAX_PATH_TOUCHPOINTS);
    assert.deepEqual([path[0]!.occurredAt, path.at(-1)!.occurredAt], [0, 4_999]);
  });
});
