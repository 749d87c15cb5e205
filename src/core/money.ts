/** An amount in the integer minor units of its currency, as the provider counts them (see currency.ts for exponents). */
export interface Money {
  amountMinor: number;
  /** Lower-case ISO 4217 code, as Stripe writes it. */
  currency: string;
}

/** What an amount is split in proportion to: integers, none negative, at least one positive. */
export type Weights = readonly number[] | readonly bigint[] | NearWeights;

/** Integers that take long to compute, and numbers that nearly always tell enough of them. */
export interface NearWeights {
  /** Each off by less than 2^-50 of the sum of all. */
  near: readonly number[];
  exact(): readonly bigint[];
}

/**
 * Splits an integer amount in proportion to the weights, exactly.
 * Invariant: the parts add up to the amount, to the last minor unit. Largest remainder, because three rounded thirds of
 * 10.00 make 9.99, and a report that disagrees with Stripe by a cent is not believed again.
 * Ties go to the earlier part. A negative amount is split as its absolute value and negated, so that a refund mirrors
 * its payment. Fractions are compared as exact integers: weights are scaled to integers by the caller.
 *
 * @param amountMinor any safe integer
 */
export function splitByLargestRemainder(amountMinor: number, weights: Weights): number[] {
  const amount = Math.abs(amountMinor);
  const near = 'near' in weights ? weights.near : weights.map(Number);
  const parts = splitNumbers(amount, near) ?? splitIntegers(amount, integersOf(weights));
  return amountMinor < 0 ? parts.map((part) => 0 - part) : parts;
}

export function integersOf(weights: Weights): readonly bigint[] {
  return 'near' in weights ? weights.exact() : weights.map(BigInt);
}

/**
 * The parts as ordinary numbers tell them, many times faster; null where they are not sure of a unit. They are exact while
 * they are small. Else each remainder is known but for half of `doubt`: none may be nearer than that to another
 * part, nor two of them to each other where one gets the last unit left.
 */
function splitNumbers(amount: number, weights: readonly number[]): number[] | null {
  let [total, positive] = [0, 0];
  for (const weight of weights) {
    total += weight;
    if (weight > 0) positive += 1;
  }
  if (positive === 0) throw new RangeError('splitByLargestRemainder: at least one weight must be positive');
  if (positive === 1) return weights.map((weight) => (weight > 0 ? amount : 0));
  const whole = amount * total;
  const doubt = whole <= Number.MAX_SAFE_INTEGER ? 0 : whole * weights.length * 2 ** -47;
  const parts: number[] = [];
  const remainders: number[] = [];
  let left = amount;
  for (const weight of weights) {
    const part = Math.floor((amount * weight) / total);
    const remainder = amount * weight - part * total;
    if ((part > 0 && remainder < doubt) || total - remainder < doubt) return null;
    parts.push(part);
    remainders.push(remainder);
    left -= part;
  }
  let least = Number.POSITIVE_INFINITY;
  for (; left > 0; left -= 1) {
    const next = indexOfLargest(remainders);
    least = remainders[next]!;
    parts[next]! += 1;
    remainders[next] = -1;
  }
  return least - remainders[indexOfLargest(remainders)]! < doubt ? null : parts;
}

/** The first of equal ones. */
function indexOfLargest(numbers: readonly number[]): number {
  let found = 0;
  for (let index = 1; index < numbers.length; index += 1) if (numbers[index]! > numbers[found]!) found = index;
  return found;
}

function splitIntegers(amountMinor: number, weights: readonly bigint[]): number[] {
  const amount = BigInt(amountMinor);
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  const floors = weights.map((weight) => (amount * weight) / total);
  const remainders = weights.map((weight, index) => ({ index, remainder: (amount * weight) % total }));
  const left = Number(amount - floors.reduce((sum, part) => sum + part, 0n));
  remainders.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  const parts = floors.map(Number);
  for (let next = 0; next < left; next += 1) parts[remainders[next]!.index]! += 1;
  return parts;
}
