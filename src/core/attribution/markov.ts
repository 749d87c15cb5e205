import { passingShares } from './absorbing-chain.ts';
import type { Work } from './absorbing-chain.ts';
import { channelsIn, countsOf, mergedPaths, MIN_CONVERSIONS, refusalOf, RESAMPLES, sharesOf } from './data-driven.ts';
import type { ChannelPath, DataDrivenOptions, DataDrivenShares, Refusal } from './data-driven.ts';
import { drawCount, MIN_RESAMPLES } from './resample.ts';
import type { Random } from './resample.ts';

/**
 * Channels weighed by their removal effect: which part of the conversions would be lost without the channel.
 *
 * A visitor is a walk from the start through states to conversion or to nothing. With order 1 a state is a channel, with
 * order 2 or 3 it is the last two or three channels (fewer near the start). From each state the walk goes on as the paths
 * did, every conversion and every visitor without one counted once. Removing a channel means that whoever would arrive
 * from it next does not arrive: every way into a state whose newest channel it is leads to nothing instead. States that
 * hold it further back can then not be reached either. The removal effect is 1 − P(conversion without) ÷ P(conversion).
 * Solved as linear equations, not simulated (absorbing-chain.ts).
 */
export interface MarkovOptions extends DataDrivenOptions {
  /** How many channels back a visitor's next step depends on. */
  order?: MarkovOrder;
}
export const MARKOV_ORDERS = [1, 2, 3] as const;
export type MarkovOrder = (typeof MARKOV_ORDERS)[number];

/** A full solution of so many takes about a second; a table of them fits into 8 MB. */
export const MAX_STATES = 1_000;
/** What the resamples may take together: about a second. Longer chains have fewer of them, and then no intervals. */
const MAX_CELLS = 4e8;
/** Drawing the two counts of a path takes about as long as this many cells. */
const DRAW_CELLS = 20;

export function markov(paths: readonly ChannelPath[], options: MarkovOptions = {}): DataDrivenShares | Refusal {
  const { random, resamples = RESAMPLES, minConversions = MIN_CONVERSIONS, order = 1 } = options;
  const merged = mergedPaths(paths);
  const refusal = refusalOf(merged, minConversions);
  if (refusal) return refusal;
  const channels = channelsIn(merged);
  const chain = chainOf(merged, channels, order);
  if (chain === null) {
    const message = `Order ${order} makes more than ${MAX_STATES} states of these paths. Choose a lower order, or collapse repeats.`;
    return { refused: 'too_many_states', message };
  }
  const work = { cells: 0 };
  const effects = effectsOf(chain, merged, work);
  if (effects.every((effect) => effect === 0)) {
    return { refused: 'nothing_to_share', message: 'No path ended in a payment: there is nothing to share.' };
  }
  const affordable = Math.min(resamples, Math.floor(MAX_CELLS / Math.max(1, work.cells)));
  const resampling =
    random && affordable >= MIN_RESAMPLES ? resample(chain, merged, { random, resamples: affordable }) : null;
  const weights = effects.map((effect) => BigInt(Math.round(effect * 2 ** 53)));
  return { model: 'markov', channels: sharesOf(channels, { effects, weights }, resampling), ...countsOf(merged) };
}

interface Chain {
  /** The start (0) and all states. */
  size: number;
  /** Per channel the states whose newest it is. */
  groups: number[][];
  /** Per path its states in order; it begins at the start. */
  walks: Int32Array[];
}

/** Null: too many states. */
function chainOf(paths: readonly ChannelPath[], channels: readonly string[], order: MarkovOrder): Chain | null {
  const index = new Map(channels.map((channel, position) => [channel, position]));
  const groups = channels.map((): number[] => []);
  const states = new Map<string, number>();
  const walks: Int32Array[] = [];
  for (const path of paths) {
    const numbers = path.channels.map((channel) => index.get(channel)!);
    const walk = new Int32Array(numbers.length);
    for (const [position, newest] of numbers.entries()) {
      const key = numbers.slice(Math.max(0, position + 1 - order), position + 1).join(' ');
      let state = states.get(key);
      if (state === undefined) {
        if (states.size === MAX_STATES) return null;
        state = states.size + 1;
        states.set(key, state);
        groups[newest]!.push(state);
      }
      walk[position] = state;
    }
    walks.push(walk);
  }
  return { size: states.size + 1, groups, walks };
}

type Counts = Pick<ChannelPath, 'conversions' | 'nulls'>;

/** The removal effect of each channel, 0 to 1, with these counts in the order of the chain's walks. */
function effectsOf({ size, groups, walks }: Chain, counts: readonly Counts[], work: Work): number[] {
  const width = size + 2;
  const weights = new Float64Array(size * width);
  for (const [index, walk] of walks.entries()) {
    const { conversions, nulls } = counts[index]!;
    work.cells += walk.length + DRAW_CELLS;
    let from = 0;
    for (const to of walk) {
      weights[from * width + to]! += conversions + nulls;
      from = to;
    }
    weights[from * width + size]! += conversions;
    weights[from * width + size + 1]! += nulls;
  }
  return passingShares({ weights, size }, groups, work);
}

function resample(
  chain: Chain,
  paths: readonly ChannelPath[],
  { random, resamples }: { random: Random; resamples: number },
): number[][] {
  const drawn = Array.from({ length: resamples }, () => {
    const counts = paths.map(({ conversions, nulls }) => ({
      conversions: drawCount(conversions, random),
      nulls: drawCount(nulls, random),
    }));
    return effectsOf(chain, counts, { cells: 0 });
  });
  return drawn.filter((effects) => effects.some((effect) => effect > 0));
}
