import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { applyShares } from './apply-shares.ts';
import { DATA_DRIVEN_EXAMPLES, DATA_DRIVEN_PATHS } from './examples.fixture.ts';
import { markov } from './markov.ts';
import { shapley } from './shapley.ts';

const sum = (amounts: readonly { amountMinor: number }[]) => amounts.reduce((total, one) => total + one.amountMinor, 0);

describe('the shares of the examples as money', () => {
  for (const [name, model] of Object.entries({ markov, shapley })) {
    test(name, () => {
      const answer = model(DATA_DRIVEN_PATHS, { minConversions: 0 });
      assert.ok('channels' in answer);
      const credits = new Map(applyShares(300_00, answer.channels, []).map((one) => [one.channel, one.amountMinor]));
      const inMinor = name === 'shapley';
      const shown = answer.channels.map(({ channel, effect, share }) => ({
        channel,
        effect: inMinor ? (effect / 100).toFixed(2) : effect.toFixed(6),
        conversions: (share * answer.conversions).toFixed(6),
        creditMinor: credits.get(channel),
      }));
      assert.deepEqual(shown, DATA_DRIVEN_EXAMPLES[name as keyof typeof DATA_DRIVEN_EXAMPLES]);
    });
  }
});

const shares = [
  { channel: 'Email', weight: 1n },
  { channel: 'Paid Search', weight: 2n },
];

describe('within a channel', () => {
  test('money follows linear', () => {
    const linear = [
      { channel: 'Email', key: 'news', amountMinor: 70 },
      { channel: 'Paid Search', key: 'google', amountMinor: 10 },
      { channel: 'Paid Search', key: 'bing', amountMinor: 30 },
    ];
    assert.deepEqual(applyShares(9_00, shares, linear), [
      { channel: 'Email', key: 'news', amountMinor: 3_00 },
      { channel: 'Paid Search', key: 'google', amountMinor: 1_50 },
      { channel: 'Paid Search', key: 'bing', amountMinor: 4_50 },
    ]);
  });

  test('a day of refunds takes back what the others have too much of', () => {
    const linear = [
      { channel: 'Paid Search', key: 'monday', amountMinor: 150 },
      { channel: 'Paid Search', key: 'tuesday', amountMinor: -50 },
    ];
    assert.deepEqual(applyShares(1_00, shares.slice(1), linear), [
      { channel: 'Paid Search', key: 'monday', amountMinor: 150 },
      { channel: 'Paid Search', key: 'tuesday', amountMinor: -50 },
    ]);
  });

  test('a refund nearly as large as a sale does not make a hundred times the money there is', () => {
    const linear = [
      { channel: 'Paid Search', key: 'google', amountMinor: 101_00 },
      { channel: 'Paid Search', key: 'bing', amountMinor: -100_00 },
    ];
    assert.deepEqual(applyShares(300_00, shares.slice(1), linear), [
      { channel: 'Paid Search', key: 'google', amountMinor: 600_00 },
      { channel: 'Paid Search', key: 'bing', amountMinor: -300_00 },
    ]);
  });

  test('a channel that linear says nothing about keeps its money, on a row of its own', () => {
    const linear = [{ channel: 'Paid Search', key: 'google', amountMinor: 10 }];
    assert.deepEqual(applyShares(9_00, shares, linear), [
      { channel: 'Email', key: null, amountMinor: 3_00 },
      { channel: 'Paid Search', key: 'google', amountMinor: 6_00 },
    ]);
    const even = [
      { channel: 'Email', key: 'a', amountMinor: 5 },
      { channel: 'Email', key: 'b', amountMinor: -5 },
    ];
    assert.deepEqual(applyShares(9_00, shares.slice(0, 1), even), [{ channel: 'Email', key: null, amountMinor: 9_00 }]);
  });
});

const channel = fc.constantFrom('Direct', 'Email', 'Paid Search', 'Referral');
const weights = fc
  .uniqueArray(fc.record({ channel, weight: fc.bigInt({ min: 0n, max: 1n << 80n }) }), {
    minLength: 1,
    selector: (one) => one.channel,
  })
  .filter((list) => list.some((one) => one.weight > 0n));
const rows = fc.uniqueArray(
  fc.record({ channel, key: fc.string({ maxLength: 2 }), amountMinor: fc.integer({ min: -1e6, max: 1e9 }) }),
  { selector: (one) => JSON.stringify([one.channel, one.key]), maxLength: 20 },
);
// Yen have no minor unit, dinars a thousandth: the same sales from 10 to the power of 0 to 3, bought or taken back.
const amount = fc
  .tuple(fc.integer({ min: 0, max: 1e9 }), fc.constantFrom(0, 2, 3), fc.constantFrom(1, -1))
  .map(([whole, exponent, sign]) => whole * 10 ** exponent * sign);

test('the parts add up to the amount, to the last minor unit, in every currency and of either sign', () => {
  fc.assert(
    fc.property(amount, weights, rows, (amountMinor, list, linear) => {
      const parts = applyShares(amountMinor, list, linear);
      assert.equal(sum(parts) + 0, amountMinor + 0);
      const whole = new Map(applyShares(amountMinor, list, []).map((one) => [one.channel, one.amountMinor]));
      for (const [name, ofChannel] of Map.groupBy(parts, (one) => one.channel)) {
        assert.equal(sum(ofChannel), whole.get(name) ?? 0);
      }
    }),
  );
});

test('what is taken back mirrors what was given', () => {
  fc.assert(
    fc.property(amount, weights, rows, (amountMinor, list, linear) => {
      const back = applyShares(-amountMinor, list, linear).map((one) => ({ ...one, amountMinor: 0 - one.amountMinor }));
      assert.deepEqual(back, applyShares(amountMinor, list, linear));
    }),
  );
});

test('no row gets more than twice what there is', () => {
  fc.assert(
    fc.property(amount, weights, rows, (amountMinor, list, linear) => {
      for (const part of applyShares(amountMinor, list, linear)) {
        assert.ok(Math.abs(part.amountMinor) <= 2 * Math.abs(amountMinor) + 1);
      }
    }),
  );
});

test('rows of one sign get no more than a unit more or less than their proportion', () => {
  fc.assert(
    fc.property(
      amount,
      fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 9 }),
      (amountMinor, list) => {
        const linear = list.map((one, index) => ({ channel: 'Email', key: `k${index}`, amountMinor: one }));
        const total = list.reduce((a, b) => a + b, 0);
        for (const [index, part] of applyShares(amountMinor, shares.slice(0, 1), linear).entries()) {
          assert.ok(Math.abs(part.amountMinor - (amountMinor * list[index]!) / total) < 1.001);
        }
      },
    ),
  );
});
