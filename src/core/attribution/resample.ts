/**
 * Intervals by the bootstrap: had other visitors come, each path would have been taken a few times more or less. Every
 * count is drawn anew (Poisson around what was counted), the model is solved again, and the middle 90 % of the answers
 * make the interval. Poisson instead of drawing visitors one by one, so that the work grows with the number of different
 * paths and not with the number of visitors.
 */
export type Random = () => number;

/** One list of effects per resample; a resample in which nothing is shared is left out. */
export type Resampling = number[][];

/** Below this many answers the ends of an interval are single draws. */
export const MIN_RESAMPLES = 50;
const TAIL = 0.05;

/**
 * Uniform numbers in [0, 1) from a seed (SplitMix32): the same on every machine. Any 32-bit integer will do as a seed.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Up to here draws are exact. Above, the normal distribution differs by less than a resample does from the next. */
const EXACT_MEAN_MAX = 200;
/** e^−16 is far from the smallest number that is still precise; larger means are drawn as a sum. */
const STEP_MEAN = 16;

/** A Poisson draw around a count. */
export function drawCount(mean: number, random: Random): number {
  if (mean > EXACT_MEAN_MAX) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(random)));
  let drawn = 0;
  for (let left = mean; left > 0; left -= STEP_MEAN) drawn += drawSmall(Math.min(left, STEP_MEAN), random);
  return drawn;
}

/** As many uniform factors as it takes to fall under e^−mean (Knuth). */
function drawSmall(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let drawn = 0;
  for (let product = random(); product > limit; product *= random()) drawn += 1;
  return drawn;
}

/** Two uniform numbers make a normal one (Box and Muller). 1 − u: the logarithm of 0 is not a number. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The 5 % and 95 % points of each channel's share; null with too few resamples. */
export function pointsOf(resampling: Resampling, channels: number): { low: number; high: number }[] | null {
  if (resampling.length < MIN_RESAMPLES) return null;
  const shares = resampling.map((effects) => {
    const total = effects.reduce((sum, effect) => sum + effect, 0);
    return effects.map((effect) => effect / total);
  });
  const skipped = Math.floor(TAIL * shares.length);
  return Array.from({ length: channels }, (_, channel) => {
    const sorted = shares.map((one) => one[channel]!).sort((a, b) => a - b);
    return { low: sorted[skipped]!, high: sorted[sorted.length - 1 - skipped]! };
  });
}
