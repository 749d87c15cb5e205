import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { splitByLargestRemainder } from '../money.ts';
import type { Touchpoint } from '../touchpoint.ts';
import { RULE_MODELS } from './models.ts';
import type { RuleModel } from './models.ts';
import { MAX_PATH_TOUCHPOINTS, pathEnd, pathOf } from './path.ts';
import { weightsOf } from './weights.ts';

const DAY_MS = 86_400_000;

/** 'google@0' lands from google on day 0; 'direct@3' types the address on day 3. */
function journey(text: string): Touchpoint[] {
  return text.split(/ +/).map((landing, index) => {
    const [source, day] = landing.split('@');
    const occurredAt = Number(day) * DAY_MS;
    return touch({ source: source === 'direct' ? '' : source!, occurredAt, receivedAt: index, session: `s${index}` });
  });
}

function touch(fields: Partial<Touchpoint>): Touchpoint {
  const acquisition = { source: '', medium: '', campaign: '', term: '', content: '', clickId: '', clickIdKind: '' };
  const arrival = { referrerHost: '', referrer: '', channel: '', landingPage: '/', hostname: '', receivedAt: 0 };
  const device = { country: '', device: '', browser: '', os: '' };
  return { ...acquisition, ...arrival, ...device, visitor: 'v1', session: 's1', occurredAt: 0, ...fields };
}

const stories: [journey: string, model: RuleModel, paid: number, credits: number[]][] = [
  // Newsletter brought her, Google closed, she came back by typing the address.
  ['newsletter@0 google@3 direct@4', 'first_touch', 100_00, [100_00, 0, 0]],
  ['newsletter@0 google@3 direct@4', 'last_touch', 100_00, [0, 0, 100_00]],
  ['newsletter@0 google@3 direct@4', 'last_non_direct', 100_00, [0, 100_00, 0]],
  ['newsletter@0 google@3 direct@4', 'linear', 100_00, [33_34, 33_33, 33_33]],
  ['newsletter@0 google@3 direct@4', 'position_based', 100_00, [40_00, 20_00, 40_00]],
  // Somebody who only ever typed the address: direct earned it, and it is not unattributed.
  ['direct@0 direct@2', 'last_non_direct', 50_00, [0, 50_00]],
  ['direct@0', 'first_touch', 50_00, [50_00]],
  // 40/20/40 with fewer and with more touchpoints.
  ['google@0', 'position_based', 99_99, [99_99]],
  ['google@0 newsletter@1', 'position_based', 99_99, [50_00, 49_99]],
  ['google@0 x@1 y@2 newsletter@3', 'position_based', 100_00, [40_00, 10_00, 10_00, 40_00]],
  // Half-life of 7 days: a week older weighs half.
  ['google@0 newsletter@7', 'time_decay', 90_00, [30_00, 60_00]],
  ['google@0 newsletter@7 x@14', 'time_decay', 70_00, [10_00, 20_00, 40_00]],
  ['google@0 newsletter@3.5', 'time_decay', 100_00, [41_42, 58_58]],
  ['google@5 newsletter@5', 'time_decay', 1_01, [51, 50]],
  // Two years before: no share that a minor unit could hold.
  ['google@0 newsletter@730', 'time_decay', 100_000_00, [0, 100_000_00]],
];

describe('what each model gives', () => {
  for (const [path, model, paid, credits] of stories) {
    test(`${path} → ${model}`, () => {
      assert.deepEqual(splitByLargestRemainder(paid, weightsOf(model, journey(path))), credits);
    });
  }
});

const paths = fc
  .array(fc.record({ source: fc.constantFrom('', 'google', 'news'), occurredAt: fc.integer({ min: 0, max: 9e11 }) }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((touches) => pathOf(touches.map(touch), { endsAt: 9e11, windowDays: null }));

test('every model weighs every touchpoint, none negative, at least one positive', () => {
  fc.assert(
    fc.property(paths, (path) => {
      for (const model of RULE_MODELS) {
        const weights = weightsOf(model, path);
        assert.equal(weights.length, path.length);
        assert.ok(weights.every((weight) => weight >= 0n) && weights.some((weight) => weight > 0n), model);
      }
    }),
  );
});

test('time decay: later never weighs less, and only differences of time count', () => {
  fc.assert(
    fc.property(paths, fc.integer({ min: 0, max: 1e12 }), (path, shiftMs) => {
      const weights = weightsOf('time_decay', path);
      for (let index = 1; index < weights.length; index += 1) assert.ok(weights[index]! >= weights[index - 1]!);
      const shifted = path.map((one) => ({ ...one, occurredAt: one.occurredAt + shiftMs }));
      assert.deepEqual(weightsOf('time_decay', shifted), weights);
    }),
  );
});

test('time decay equals 2^(−age ÷ 7 days) to nine digits', () => {
  for (const ageMs of [1, 1_000, 3_600_000, 12_345_678, 604_799_999, 604_800_001, 7_000_000_000]) {
    const [old, fresh] = weightsOf('time_decay', [touch({ occurredAt: 0 }), touch({ occurredAt: ageMs })]);
    assert.ok(Math.abs(Number(old) / Number(fresh) - 2 ** (-ageMs / 604_800_000)) < 1e-9, String(ageMs));
  }
});

describe('the path of a payment', () => {
  const names = (path: Touchpoint[]) => path.map((one) => one.source);

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
