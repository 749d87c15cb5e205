import assert from 'node:assert/strict';
import { test } from 'node:test';
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
