// What must hold for every model, path, setting, currency and sign.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { currencyExponent } from '../currency.ts';
import type { LedgerEntry } from '../ledger.ts';
import { integersOf } from '../money.ts';
import type { NearWeights } from '../money.ts';
import type { Payment } from '../payment.ts';
import { creditRows, creditsByTouchpoint } from './credits.ts';
import { touch } from './examples.fixture.ts';
import { RULE_MODELS } from './models.ts';
import { MAX_PATH_TOUCHPOINTS, pathOf } from './path.ts';
import { DEFAULT_MODEL_SETTINGS, problemOf } from './settings.ts';
import type { ModelSettings } from './settings.ts';
import { weightsOf } from './weights.ts';

const DAY_MS = 86_400_000;

const paths = fc
  .array(fc.record({ source: fc.constantFrom('', 'google', 'news'), occurredAt: fc.integer({ min: 0, max: 9e11 }) }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((touches) => pathOf(touches.map(touch), { endsAt: 9e11, windowDays: null }));

const weight = fc.integer({ min: 0, max: 1_000 });
const percents = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .map(([a, b]) => ({ first: Math.min(a, b), middle: Math.abs(a - b), last: 100 - Math.max(a, b) }));
const custom = fc
  .record({
    name: fc.constant('Mine'),
    fromStart: fc.array(weight, { maxLength: 20 }),
    fromEnd: fc.array(weight, { maxLength: 20 }),
    others: weight,
  })
  .filter(({ fromStart, fromEnd, others }) => [...fromStart, ...fromEnd, others].some((one) => one > 0));
/** Any that a site may choose. */
const anySettings: fc.Arbitrary<ModelSettings> = fc.record({
  windowDays: fc.option(fc.integer({ min: 1, max: 365 })),
  ignoreDirect: fc.boolean(),
  collapseRepeats: fc.boolean(),
  positionPercents: percents,
  halfLifeHours: fc.integer({ min: 1, max: 8_760 }),
  custom: fc.option(custom),
});

test('every model weighs every touchpoint, none negative, at least one positive, whatever the settings', () => {
  fc.assert(
    fc.property(paths, anySettings, (path, settings) => {
      assert.equal(problemOf(settings), null);
      for (const model of RULE_MODELS) {
        const weights = integersOf(weightsOf(model, path, settings));
        assert.equal(weights.length, path.length);
        assert.ok(weights.every((weight) => weight >= 0n) && weights.some((weight) => weight > 0n), model);
      }
    }),
  );
});

test('time decay: later never weighs less, and only differences of time count', () => {
  fc.assert(
    fc.property(paths, anySettings, fc.integer({ min: 0, max: 1e12 }), (path, settings, shiftMs) => {
      const weights = integersOf(weightsOf('time_decay', path, settings));
      for (let index = 1; index < weights.length; index += 1) assert.ok(weights[index]! >= weights[index - 1]!);
      const shifted = path.map((one) => ({ ...one, occurredAt: one.occurredAt + shiftMs }));
      assert.deepEqual(integersOf(weightsOf('time_decay', shifted, settings)), weights);
    }),
  );
});

test('time decay: the numbers near its weights are as near as a split needs them', () => {
  fc.assert(
    fc.property(paths, anySettings, (path, settings) => {
      const weights = weightsOf('time_decay', path, settings) as NearWeights;
      const exact = integersOf(weights);
      const total = Number(exact.reduce((sum, weight) => sum + weight, 0n));
      for (const [index, near] of weights.near.entries()) {
        assert.ok(Math.abs(near - Number(exact[index]!)) <= total * 2 ** -50);
      }
    }),
    { numRuns: 300 },
  );
});

test('a path holds nothing after its end or outside the window, is never emptied by an option, and stands as it is', () => {
  fc.assert(
    fc.property(paths, anySettings, fc.integer({ min: 0, max: 9e11 }), (touchpoints, settings, endsAt) => {
      const path = pathOf(touchpoints, { ...settings, endsAt });
      const startsAt = endsAt - (settings.windowDays ?? Number.POSITIVE_INFINITY) * DAY_MS;
      assert.ok(path.every((one) => one.occurredAt <= endsAt && one.occurredAt >= startsAt));
      const plain = pathOf(touchpoints, { endsAt, windowDays: settings.windowDays });
      assert.equal(path.length === 0, plain.length === 0);
      assert.ok(path.every((one) => plain.includes(one)));
      assert.deepEqual(pathOf(path, { ...settings, endsAt }), path);
    }),
  );
});

const payment: Payment = {
  site: 'site1',
  id: 'ch_1',
  mode: 'live',
  connection: 'c1',
  kind: 'one_time',
  currency: 'usd',
  occurredAt: 9e11,
  customer: null,
  subscription: null,
  pathEndsAt: null,
  grossMinor: 0,
  refundedMinor: 0,
  disputedMinor: 0,
  feeMinor: 0,
  feeCurrency: null,
  taxMinor: null,
  product: null,
  productName: null,
  price: null,
  coupon: null,
};

function entry(kind: LedgerEntry['kind'], id: string, amountMinor: number, currency: string, day = 0): LedgerEntry {
  const settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };
  return { id, paymentId: 'ch_1', kind, amountMinor, currency, occurredAt: 9e11 + day * DAY_MS, ...settlement };
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
const currency = fc.constantFrom('usd', 'jpy', 'kwd');
/** Paid in major units, so that the same sale is 0, 2 or 3 digits longer; the cents make it uneven. */
const sale = fc
  .record({ currency, major: fc.integer({ min: 1, max: 100_000 }), odd: fc.integer({ min: 0, max: 999 }) })
  .map(({ currency, major, odd }) => {
    const unit = 10 ** currencyExponent(currency);
    return { currency, paidMinor: major * unit + (odd % unit) };
  });
const parts = fc.array(fc.integer({ min: 1, max: 1_000 }), { maxLength: 12 });

describe('credits, whatever the settings', () => {
  test('add up for every entry; a full refund leaves 0 at every touchpoint, however many partial ones led there', () => {
    fc.assert(
      fc.property(paths, anySettings, sale, parts, (path, settings, { currency, paidMinor }, taken) => {
        const entries = [entry('charge', 'ch_1', paidMinor, currency)];
        let left = paidMinor;
        for (const [index, part] of taken.entries()) {
          const amountMinor = Math.min(left, Math.ceil((paidMinor * part) / 3_000));
          left -= amountMinor;
          if (amountMinor > 0) {
            entries.push(entry(index % 3 === 2 ? 'dispute' : 'refund', `re_${index}`, -amountMinor, currency, index));
          }
        }
        const paid = { ...payment, currency };
        const rows = creditRows(paid, entries, path, null, settings);
        for (const ofEntry of Map.groupBy(rows, (row) => row.entry).values()) {
          for (const model of RULE_MODELS) {
            const { amountMinor } = ofEntry[0]!.entry;
            assert.equal(sum(ofEntry.map((row) => row.amounts[model])), amountMinor);
          }
        }
        if (left > 0) entries.push(entry('refund', 're_rest', -left, currency, 99));
        const credits = creditsByTouchpoint(creditRows(paid, entries, path, null, settings));
        for (const model of RULE_MODELS) assert.ok(credits[model]!.every((amount) => amount === 0));
      }),
      { numRuns: 300 },
    );
  });

  test('of a single touchpoint are all of it; a path of ten thousand is credited at both ends', () => {
    const entries = [entry('charge', 'ch_1', 100_01, 'usd')];
    const many = Array.from({ length: 10_000 }, (_, index) => touch({ occurredAt: index, session: `s${index}` }));
    for (const touchpoints of [many.slice(0, 1), many]) {
      const path = pathOf(touchpoints, { ...DEFAULT_MODEL_SETTINGS, endsAt: 9e11 });
      assert.equal(path.length, Math.min(touchpoints.length, MAX_PATH_TOUCHPOINTS));
      const credits = creditsByTouchpoint(creditRows(payment, entries, path));
      for (const model of RULE_MODELS) assert.equal(sum(credits[model]!), 100_01);
      assert.equal(credits.first_touch![0], 100_01);
      assert.equal(credits.last_touch!.at(-1), 100_01);
    }
    assert.deepEqual(pathOf([], { ...DEFAULT_MODEL_SETTINGS, endsAt: 9e11 }), []);
  });
});
