// A payment whose digest stands is not credited anew: equal digests must mean equal credits, whatever else changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DAY_MS, entry, path, payment } from '../core/attribution/credits.fixture.ts';
import { DEFAULT_MODEL_SETTINGS } from '../core/attribution/settings.ts';
import type { ModelSettings } from '../core/attribution/settings.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { attribute, digestOf, inputsOf } from './attribute-payment.ts';
import type { Known } from './attribute-payment.ts';

const SALE = [entry('charge', 'ch_1', 10_01)];

function inputs(sources: string[], settings: Partial<ModelSettings>, entries: readonly LedgerEntry[] = SALE) {
  const touchpoints = path(sources);
  const known: Known = {
    payment,
    entries,
    conversion: null,
    links: [],
    resolved: { visitor: 'v1', usedLink: { object: 'ch_1', field: 'metadata.hw_visitor_id', value: 'v1' } } as never,
    siblings: [],
    evidence: {
      links: new Map(),
      known: { rejected: new Set() } as never,
      claimed: () => [],
      covers: () => true,
      joined: (visitors) => ({ visitors: [...visitors], touchpoints }),
    },
    endsAt: 10 * DAY_MS,
    settings: { ...DEFAULT_MODEL_SETTINGS, ...settings },
  };
  return inputsOf(known);
}

const weights = fc.array(fc.nat(3), { maxLength: 2 });
const settings: fc.Arbitrary<ModelSettings> = fc.record({
  windowDays: fc.constantFrom(null, 3, 5, 7, 9, 11),
  ignoreDirect: fc.boolean(),
  collapseRepeats: fc.boolean(),
  positionPercents: fc.constantFrom({ first: 40, middle: 20, last: 40 }, { first: 70, middle: 10, last: 20 }),
  halfLifeHours: fc.constantFrom(1, 168),
  custom: fc.option(fc.record({ name: fc.string(), fromStart: weights, others: fc.nat(3), fromEnd: weights })),
});
const sources = fc.array(fc.constantFrom('', 'google', 'news'), { minLength: 1, maxLength: 10 });

test('settings that do the same to a payment have one digest; one digest has one set of credits', () => {
  let same = 0;
  fc.assert(
    fc.property(sources, settings, settings, (chosen, one, other) => {
      const [a, b] = [inputs(chosen, one), inputs(chosen, other)];
      if (digestOf(a) !== digestOf(b)) return;
      if (JSON.stringify(one) !== JSON.stringify(other)) same += 1;
      assert.deepEqual(attribute(a), attribute(b));
    }),
    { numRuns: 5_000 },
  );
  assert.ok(same > 50, `${same} pairs of other settings with one digest`);
});

test('what is news to a payment, and what is not', () => {
  const touches = ['google', '', 'news', 'news'];
  const custom = { name: 'Mine', fromStart: [5], others: 2, fromEnd: [] };
  const refunded = [...SALE, entry('refund', 're_1', -1_00, 11)];
  const cases: [name: string, isNews: boolean, a: ReturnType<typeof inputs>, b: ReturnType<typeof inputs>][] = [
    ['a window that holds all', false, inputs(touches, {}), inputs(touches, { windowDays: 11 })],
    ['a window that does not', true, inputs(touches, {}), inputs(touches, { windowDays: 9 })],
    ['a window that holds none', true, inputs(touches, {}), inputs(touches, { windowDays: 2 })],
    ['two that hold none', false, inputs(touches, { windowDays: 3 }), inputs(touches, { windowDays: 2 })],
    ['direct left out', true, inputs(touches, {}), inputs(touches, { ignoreDirect: true })],
    ['… of nothing else', false, inputs(['', ''], {}), inputs(['', ''], { ignoreDirect: true })],
    ['repeats left out', true, inputs(touches, {}), inputs(touches, { collapseRepeats: true })],
    ['… where none are', false, inputs(['a', 'b'], {}), inputs(['a', 'b'], { collapseRepeats: true })],
    ['another half-life', true, inputs(touches, {}), inputs(touches, { halfLifeHours: 5 })],
    ['… of one touchpoint', false, inputs(['a'], {}), inputs(['a'], { halfLifeHours: 5 })],
    ['other weights', true, inputs(touches, { custom }), inputs(touches, { custom: { ...custom, others: 3 } })],
    ['their name', false, inputs(touches, { custom }), inputs(touches, { custom: { ...custom, name: 'Ours' } })],
    ['an earlier touchpoint', true, inputs(['a', 'b'], {}), inputs(['b', 'a'], {})],
    ['… outside the window', true, inputs(['a', 'b'], { windowDays: 9 }), inputs(['c', 'b'], { windowDays: 9 })],
    ['a refund', true, inputs(touches, {}), inputs(touches, {}, refunded)],
  ];
  for (const [name, isNews, a, b] of cases) assert.equal(digestOf(a) !== digestOf(b), isNews, name);
});
