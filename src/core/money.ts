/** An amount in the integer minor units of its currency, as the provider counts them (see currency.ts for exponents). */
export interface Money {
  amountMinor: number;
  /** Lower-case ISO 4217 code, as Stripe writes it. */
  currency: string;
}

/**
 * Splits an integer amount in proportion to the weights, exactly.
 * Invariant: the parts add up to the amount, to the last minor unit. Largest remainder, because three rounded thirds of
 * 10.00 make 9.99, and a report that disagrees with Stripe by a cent is not believed again.
 * Ties go to the earlier part. A negative amount is split as its absolute value and negated, so that a refund mirrors
 * its payment. Fractions are compared as exact integers: weights are scaled to integers by the caller.
 *
 * @param amountMinor any safe integer
 * @param weights non-negative integers, at least one of them positive
 */
export function splitByLargestRemainder(amountMinor: number, weights: readonly bigint[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total <= 0n) throw new RangeError('splitByLargestRemainder: at least one weight must be positive');
  const sign = amountMinor < 0 ? -1 : 1;
  const amount = Math.abs(amountMinor);
  // Most weights are small: ordinary numbers are exact then, and many times faster.
  const isSmall = total <= MAX_SAFE && amount <= Number.MAX_SAFE_INTEGER / Number(total);
  const parts = isSmall ? splitSmall(amount, weights.map(Number), Number(total)) : splitLarge(amount, weights, total);
  return parts.map((part) => (part === 0 ? 0 : part * sign));
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function splitSmall(amount: number, weights: readonly number[], total: number): number[] {
  let left = amount;
  const remainders = weights.map((weight, index) => {
    const remainder = (amount * weight) % total;
    left -= (amount * weight - remainder) / total;
    return { index, remainder };
  });
  const parts = weights.map((weight, index) => (amount * weight - remainders[index]!.remainder) / total);
  if (left === 0) return parts;
  remainders.sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (let next = 0; next < left; next += 1) parts[remainders[next]!.index]! += 1;
  return parts;
}

function splitLarge(amountMinor: number, weights: readonly bigint[], total: bigint): number[] {
  const amount = BigInt(amountMinor);
  const floors = weights.map((weight) => (amount * weight) / total);
  const remainders = weights.map((weight, index) => ({ index, remainder: (amount * weight) % total }));
  const left = Number(amount - floors.reduce((sum, part) => sum + part, 0n));
  remainders.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  const parts = floors.map(Number);
  for (let next = 0; next < left; next += 1) parts[remainders[next]!.index]! += 1;
  return parts;
}
