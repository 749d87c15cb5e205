import type { NearWeights, Weights } from '../money.ts';
import type { Touchpoint } from '../touchpoint.ts';
import type { RuleModel } from './models.ts';
import { DEFAULT_MODEL_SETTINGS } from './settings.ts';
import type { CustomWeights, ModelSettings } from './settings.ts';

/**
 * The rule-based models, as integer weights over a path. Integers, because weights become money: a share that depends
 * on the rounding of a float would differ between two machines.
 * Invariant: as many weights as touchpoints, none negative, at least one positive. The path is in time order, not empty.
 */
export function weightsOf(
  model: RuleModel,
  path: readonly WeighedTouch[],
  settings: ModelSettings = DEFAULT_MODEL_SETTINGS,
): Weights {
  return MODELS[model](path, settings);
}

/** What of a touchpoint decides its weight. */
type WeighedTouch = Pick<Touchpoint, 'occurredAt' | 'source'>;

const MODELS: Record<RuleModel, (path: readonly WeighedTouch[], settings: ModelSettings) => Weights> = {
  first_touch: (path) => only(path, 0),
  last_touch: (path) => only(path, path.length - 1),
  last_non_direct: (path) => only(path, lastNonDirect(path)),
  linear: (path) => path.map(() => 1),
  position_based: positionBased,
  time_decay: timeDecay,
  custom: (path, { custom }) => (custom ? byPosition(path, custom) : path.map(() => 1)),
};

/** Arrived with no evidence of a source. */
export function isDirect(touchpoint: Pick<Touchpoint, 'source'>): boolean {
  return touchpoint.source === '';
}

function only(path: readonly WeighedTouch[], position: number): number[] {
  return path.map((_, index) => (index === position ? 1 : 0));
}

/** When every touchpoint is direct there is nothing better to credit than the last one. */
function lastNonDirect(path: readonly WeighedTouch[]): number {
  const found = path.findLastIndex((touch) => !isDirect(touch));
  return found === -1 ? path.length - 1 : found;
}

/**
 * First, last, and what those between share. One touchpoint takes all; of two each takes its own part of what first and
 * last have together, half each when they have nothing.
 */
function positionBased(path: readonly WeighedTouch[], { positionPercents }: ModelSettings): number[] {
  const { first, middle, last } = positionPercents;
  return byPosition(path, { fromStart: [first], fromEnd: [last], others: middle });
}

/** A touchpoint that both lists reach, in a short path, has both weights. */
function byPosition(
  path: readonly WeighedTouch[],
  { fromStart, fromEnd, others }: Pick<CustomWeights, 'fromStart' | 'fromEnd' | 'others'>,
): number[] {
  const { length } = path;
  const isNamed = (index: number) => index < fromStart.length || length - 1 - index < fromEnd.length;
  const unnamed = Math.max(0, length - fromStart.length - fromEnd.length);
  // Named positions are multiplied by the number of the others, instead of dividing what these share.
  const scale = unnamed === 0 ? 1 : unnamed;
  const weights = path.map((_, index) => {
    if (!isNamed(index)) return others;
    return scale * ((fromStart[index] ?? 0) + (fromEnd[length - 1 - index] ?? 0));
  });
  return weights.some((weight) => weight > 0) ? weights : weights.map(() => 1);
}

const HOUR_MS = 3_600_000;
const SCALE_BITS = 64;
const SCALE = 1n << BigInt(SCALE_BITS);
/** Binary digits of a fraction of the half-life that roots are taken for. */
const FRACTION_BITS = 32;
/** ln 2, scaled as weights are: what these digits leave is so little that 2^−x is 1 − x·ln 2, to 2^-65. */
const LN_2 = 12_786_308_645_202_655_660n;

/**
 * 2^(−age ÷ half-life), age counted from the newest touchpoint of the path: shares depend on differences of age only, and
 * so the newest always has the full weight 2^64 and the others cannot all underflow. A touchpoint more than 64
 * half-lives older than the newest weighs 0: its share of any amount would be under a thousandth of a minor unit.
 */
function timeDecay(path: readonly WeighedTouch[], { halfLifeHours }: ModelSettings): NearWeights {
  const newest = path.reduce((latest, touch) => Math.max(latest, touch.occurredAt), Number.NEGATIVE_INFINITY);
  const halfLifeMs = halfLifeHours * HOUR_MS;
  const ages = path.map((touch) => newest - touch.occurredAt);
  return {
    near: ages.map((ageMs) => nearDecay(ageMs, halfLifeMs)),
    exact: () => ages.map((ageMs) => decay(ageMs, halfLifeMs)),
  };
}

function nearDecay(ageMs: number, halfLifeMs: number): number {
  const halfLives = Math.floor(ageMs / halfLifeMs);
  return halfLives > SCALE_BITS ? 0 : 2 ** (SCALE_BITS - halfLives) * 2 ** -((ageMs % halfLifeMs) / halfLifeMs);
}

function decay(ageMs: number, halfLifeMs: number): bigint {
  const halfLives = Math.floor(ageMs / halfLifeMs);
  if (halfLives > SCALE_BITS) return 0n;
  const [age, half] = [BigInt(ageMs % halfLifeMs) << BigInt(FRACTION_BITS), BigInt(halfLifeMs)];
  const fraction = Number(age / half);
  const coarse = Math.floor(fraction / 2 ** (FRACTION_BITS - COARSE_BITS));
  // The coarse digits are applied first: what they leave is the same for all ages that share them.
  COARSE[coarse] ??= decayed(SCALE, coarse, { from: 0, to: COARSE_BITS });
  const fine = fraction % 2 ** (FRACTION_BITS - COARSE_BITS);
  const weight = decayed(COARSE[coarse], fine, { from: COARSE_BITS, to: FRACTION_BITS });
  const left = (weight * LN_2 * (age % half)) / (half << BigInt(FRACTION_BITS + SCALE_BITS));
  return (weight - left) >> BigInt(halfLives);
}

/** Applies the roots from `from` on whose binary digit is 1; the last digit of `digits` is that of root `to` − 1. */
function decayed(start: bigint, digits: number, { from, to }: { from: number; to: number }): bigint {
  let weight = start;
  for (let index = from; index < to; index += 1) {
    if ((digits >>> (to - 1 - index)) & 1) weight = (weight * ROOTS[index]!) >> BigInt(SCALE_BITS);
  }
  return weight;
}

const COARSE_BITS = 12;
const COARSE: bigint[] = [];

/** 2^(−1/2), 2^(−1/4), 2^(−1/8), …, scaled by 2^64: each is the square root of the one before. */
const ROOTS: readonly bigint[] = (() => {
  const roots: bigint[] = [];
  let previous = SCALE >> 1n;
  for (let index = 0; index < FRACTION_BITS; index += 1) {
    previous = squareRoot(previous << BigInt(SCALE_BITS));
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
