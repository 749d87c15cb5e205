import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MODEL_SETTINGS, problemOf } from './settings.ts';
import type { CustomWeights, ModelSettings } from './settings.ts';

const custom = (fields: Partial<CustomWeights>): Partial<ModelSettings> => ({
  custom: { name: 'Mine', fromStart: [1], fromEnd: [], others: 0, ...fields },
});
const split = (first: number, middle: number, last: number): Partial<ModelSettings> => ({
  positionPercents: { first, middle, last },
});

const cases: [settings: Partial<ModelSettings>, problem: RegExp | null][] = [
  [{}, null],
  [{ windowDays: 1 }, null],
  [{ windowDays: 365 }, null],
  [{ windowDays: 0 }, /window is a whole number of days from 1 to 365, or lifetime; not 0/],
  [{ windowDays: 366 }, /window/],
  [{ windowDays: 30.5 }, /window/],
  [{ windowDays: Number.NaN }, /window/],
  [{ halfLifeHours: 1 }, null],
  [{ halfLifeHours: 0 }, /half-life is a whole number of hours from 1 to 8760; not 0/],
  [{ halfLifeHours: 8_761 }, /half-life/],
  [split(100, 0, 0), null],
  [split(40, 20, 41), /add up to 100 per cent; 40\/20\/41 does not/],
  [split(-20, 100, 20), /whole per cents/],
  [split(33.3, 33.4, 33.3), /whole per cents/],
  [custom({}), null],
  [custom({ name: ' ' }), /name of 1 to 60/],
  [custom({ name: 'x'.repeat(61) }), /name/],
  [custom({ fromStart: [0] }), /at least one custom weight is above 0/],
  [custom({ others: 1_001 }), /from 0 to 1000; not 1001/],
  [custom({ fromEnd: [0.5] }), /not 0.5/],
  [custom({ fromEnd: Array.from({ length: 21 }, () => 1) }), /at most 20 positions/],
];

for (const [settings, problem] of cases) {
  test(`${JSON.stringify(settings)} is ${problem ? 'refused' : 'accepted'}`, () => {
    const found = problemOf({ ...DEFAULT_MODEL_SETTINGS, ...settings });
    if (problem) assert.match(found ?? '', problem);
    else assert.equal(found, null);
  });
}
