import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { splitByLargestRemainder } from './money.ts';

const cases: [name: string, amountMinor: number, weights: number[], parts: number[]][] = [
  ['three thirds of 10.00: the cent goes to the earliest', 1000, [1, 1, 1], [334, 333, 333]],
  ['40/20/40 of 1.01', 101, [2, 1, 2], [41, 20, 40]],
  ['equal remainders go to the earlier part', 5, [1, 1], [3, 2]],
  ['a refund mirrors its payment', -1000, [1, 1, 1], [-334, -333, -333]],
  ['less than one unit each', 2, [1, 1, 1], [1, 1, 0]],
  ['weight 0 gets nothing', 7, [0, 1, 0], [0, 7, 0]],
  ['nothing to split', 0, [1, 2], [0, 0]],
];

for (const [name, amountMinor, weights, parts] of cases) {
  test(name, () => assert.deepEqual(splitByLargestRemainder(amountMinor, weights.map(BigInt)), parts));
}

test('without a positive weight there is no answer', () => {
  assert.throws(() => splitByLargestRemainder(100, [0n, 0n]), RangeError);
  assert.throws(() => splitByLargestRemainder(100, []), RangeError);
});

const weights = fc
  .array(fc.bigInt({ min: 0n, max: 2n ** 70n }), { minLength: 1, maxLength: 12 })
  .filter((list) => list.some((weight) => weight > 0n));

test('parts add up, keep the sign, and differ from the exact share by less than one unit', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), weights, (amountMinor, list) => {
      const parts = splitByLargestRemainder(amountMinor, list);
      assert.equal(
        parts.reduce((sum, part) => sum + BigInt(part), 0n),
        BigInt(amountMinor),
      );
      const total = list.reduce((sum, weight) => sum + weight, 0n);
      for (const [index, part] of parts.entries()) {
        assert.ok(part === 0 || Math.sign(part) === Math.sign(amountMinor));
        const error = BigInt(part) * total - BigInt(amountMinor) * list[index]!;
        assert.ok(error < total && error > -total);
      }
    }),
  );
});

test('large weights split as small ones of the same proportions do', () => {
  const amounts = fc.integer({ min: -1e9, max: 1e9 });
  const weights = fc
    .array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 12 })
    .filter((all) => all.some(Boolean));
  fc.assert(
    fc.property(amounts, weights, (amount, all) => {
      const small = splitByLargestRemainder(amount, all.map(BigInt));
      const large = splitByLargestRemainder(
        amount,
        all.map((weight) => BigInt(weight) << 64n),
      );
      assert.deepEqual(small, large);
    }),
  );
});

describe('large weights, next to a tie or a whole unit', () => {
  const nearTies = fc.record({
    amount: fc.oneof(fc.integer({ min: -1e4, max: 1e4 }), fc.integer({ min: -1e12, max: 1e12 }), fc.maxSafeInteger()),
    weights: fc
      .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: -2, max: 2 })), { minLength: 1, maxLength: 9 })
      .map((all) => all.map(([large, small]) => (BigInt(large) << 64n) + BigInt(small))),
  });

  /** By the definition, in integers only. */
  function split(amountMinor: number, weights: readonly bigint[]): number[] {
    const [amount, total] = [BigInt(Math.abs(amountMinor)), weights.reduce((sum, weight) => sum + weight, 0n)];
    const parts = weights.map((weight) => (amount * weight) / total);
    const remainder = (index: number) => (amount * weights[index]!) % total;
    const order = parts.map((_, index) => index);
    order.sort((a, b) => (remainder(a) === remainder(b) ? a - b : remainder(a) > remainder(b) ? -1 : 1));
    const left = Number(amount - parts.reduce((sum, part) => sum + part, 0n));
    for (const index of order.slice(0, left)) parts[index]! += 1n;
    return parts.map((part) => Number(part) * (amountMinor < 0 && part > 0n ? -1 : 1));
  }

  test('are split as integers are', () => {
    fc.assert(
      fc.property(nearTies, ({ amount, weights }) => {
        assert.deepEqual(splitByLargestRemainder(amount, weights), split(amount, weights));
      }),
      { numRuns: 2_000 },
    );
  });

  test('and so they are when only numbers near them are known at first', () => {
    const off = fc.array(fc.integer({ min: -7, max: 7 }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(nearTies, off, ({ amount, weights }, off) => {
        const total = Number(weights.reduce((sum, weight) => sum + weight, 0n));
        const near = weights.map((weight, index) => Number(weight) + (off[index]! / 8) * 2 ** -50 * total);
        const parts = splitByLargestRemainder(amount, { near, exact: () => weights });
        assert.deepEqual(parts, split(amount, weights));
      }),
      { numRuns: 2_000 },
    );
  });
});
