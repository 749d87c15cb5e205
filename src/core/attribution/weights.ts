import type { Touchpoint } from '../touchpoint.ts';
import type { RuleModel } from './models.ts';

/**
 * The rule-based models, as integer weights over a path. Integers, because weights become money: a share that depends
 * on the rounding of a float would differ between two machines.
 * Invariant: as many weights as touchpoints, none negative, at least one positive. The path is in time order, not empty.
 */
export function weightsOf(model: RuleModel, path: readonly Touchpoint[]): bigint[] {
  return MODELS[model](path);
}

const MODELS: Record<RuleModel, (path: readonly Touchpoint[]) => bigint[]> = {
  first_touch: (path) => only(path, 0),
  last_touch: (path) => only(path, path.length - 1),
  last_non_direct: (path) => only(path, lastNonDirect(path)),
  linear: (path) => path.map(() => 1n),
  position_based: positionBased,
  time_decay: timeDecay,
};

/** Arrived with no evidence of a source. */
export function isDirect(touchpoint: Pick<Touchpoint, 'source'>): boolean {
  return touchpoint.source === '';
}

function only(path: readonly Touchpoint[], position: number): bigint[] {
  return path.map((_, index) => (index === position ? 1n : 0n));
}

/** When every touchpoint is direct there is nothing better to credit than the last one. */
function lastNonDirect(path: readonly Touchpoint[]): number {
  const found = path.findLastIndex((touch) => !isDirect(touch));
  return found === -1 ? path.length - 1 : found;
}

/** 40 % first, 40 % last, 20 % shared by those between; one touchpoint takes all, two take half each. */
function positionBased(path: readonly Touchpoint[]): bigint[] {
  if (path.length <= 2) return path.map(() => 1n);
  const between = BigInt(path.length - 2);
  return path.map((_, index) => (index === 0 || index === path.length - 1 ? 2n * between : 1n));
}

const HALF_LIFE_MS = 7 * 86_400_000;
const SCALE_BITS = 64n;
const SCALE = 1n << SCALE_BITS;
/** Binary digits of a fraction of the half-life: 2^-32 of 7 days is a seventh of a millisecond. */
const FRACTION_BITS = 32;

/**
 * 2^(−age ÷ 7 days), age counted from the newest touchpoint of the path: shares depend on differences of age only, and
 * so the newest always has the full weight 2^64 and the others cannot all underflow. A touchpoint more than 64
 * half-lives (448 days) older than the newest weighs 0: its share of any amount would be under a thousandth of a minor unit.
 */
function timeDecay(path: readonly Touchpoint[]): bigint[] {
  const newest = path.reduce((latest, touch) => Math.max(latest, touch.occurredAt), Number.NEGATIVE_INFINITY);
  return path.map((touch) => decay(newest - touch.occurredAt));
}

function decay(ageMs: number): bigint {
  const halfLives = Math.floor(ageMs / HALF_LIFE_MS);
  if (halfLives > Number(SCALE_BITS)) return 0n;
  const fraction = (BigInt(ageMs % HALF_LIFE_MS) << BigInt(FRACTION_BITS)) / BigInt(HALF_LIFE_MS);
  let weight = SCALE;
  for (const [index, root] of ROOTS.entries()) {
    const bit = (fraction >> BigInt(FRACTION_BITS - 1 - index)) & 1n;
    if (bit === 1n) weight = (weight * root) >> SCALE_BITS;
  }
  return weight >> BigInt(halfLives);
}

/** 2^(−1/2), 2^(−1/4), 2^(−1/8), …, scaled by 2^64: each is the square root of the one before. */
const ROOTS: readonly bigint[] = (() => {
  const roots: bigint[] = [];
  let previous = SCALE >> 1n;
  for (let index = 0; index < FRACTION_BITS; index += 1) {
    previous = squareRoot(previous << SCALE_BITS);
    roots.push(previous);
  }
  return roots;
})();

/** Largest integer whose square is at most `value` (Newton). */
function squareRoot(value: bigint): bigint {
  let guess = 1n << (BigInt(value.toString(2).length + 1) / 2n);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}
