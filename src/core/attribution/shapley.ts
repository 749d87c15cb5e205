import {
  channelsIn,
  countsOf,
  MAX_CHANNELS,
  mergedPaths,
  MIN_CONVERSIONS,
  refusalOf,
  RESAMPLES,
  sharesOf,
} from './data-driven.ts';
import type { ChannelPath, DataDrivenOptions, DataDrivenShares, Refusal } from './data-driven.ts';
import { drawCount } from './resample.ts';
import type { Random } from './resample.ts';

/**
 * The Shapley value of the channels, where a set S of channels is worth the value of the paths whose channels all lie in
 * S: what would have been sold had there been no others.
 *
 * Solved exactly and without coalitions: v(S) is the sum, over paths p, of value(p) × [channels(p) ⊆ S]. The Shapley value
 * is linear in v, so it is the sum over paths of the Shapley values of these games. In such a game a channel outside of
 * channels(p) adds nothing to any set: it gets 0 (dummy). Those inside are interchangeable, so they get the same
 * (symmetry), and together v(all) = value(p) (efficiency). So each path's value is split equally over its distinct
 * channels. Order, repeats and paths that did not pay change nothing; a channel's place in a path is markov's to weigh.
 */
export function shapley(paths: readonly ChannelPath[], options: DataDrivenOptions = {}): DataDrivenShares | Refusal {
  const { random, resamples = RESAMPLES, minConversions = MIN_CONVERSIONS } = options;
  const merged = mergedPaths(paths);
  const refusal = refusalOf(merged, minConversions);
  if (refusal) return refusal;
  const channels = channelsIn(merged);
  const weights = equalParts(merged, channels);
  if (weights.every((weight) => weight === 0n)) {
    return { refused: 'nothing_to_share', message: 'No path brought money: there is nothing to share.' };
  }
  const effects = weights.map((weight) => Number(weight) / Number(DENOMINATOR));
  const resampling = random && resample(merged, channels, { random, resamples });
  return {
    model: 'shapley',
    channels: sharesOf(channels, { effects, weights }, resampling ?? null),
    ...countsOf(merged),
  };
}

/** Divisible by every number of channels a path can have: parts of whole minor units are whole numbers of it. */
const DENOMINATOR = (() => {
  const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
  let multiple = 1n;
  for (let count = 2n; count <= BigInt(MAX_CHANNELS); count += 1n) multiple = (multiple * count) / gcd(multiple, count);
  return multiple;
})();

/** Each channel's part, in minor units ÷ DENOMINATOR. */
function equalParts(paths: readonly ChannelPath[], channels: readonly string[]): bigint[] {
  const parts = new Map(channels.map((channel) => [channel, 0n]));
  for (const { channels: touched, valueMinor } of paths) {
    const distinct = new Set(touched);
    const part = (BigInt(valueMinor) * DENOMINATOR) / BigInt(distinct.size);
    for (const channel of distinct) parts.set(channel, parts.get(channel)! + part);
  }
  return [...parts.values()];
}

/** The number of payments is drawn anew; each brings what the payments of its path brought on average. */
function resample(
  paths: readonly ChannelPath[],
  channels: readonly string[],
  { random, resamples }: { random: Random; resamples: number },
): number[][] {
  const index = new Map(channels.map((channel, position) => [channel, position]));
  const paying = paths.filter((path) => path.conversions > 0 && path.valueMinor > 0);
  const games = paying.map(({ channels: touched, conversions, valueMinor }) => {
    const members = [...new Set(touched)].map((channel) => index.get(channel)!);
    return { members, conversions, part: valueMinor / conversions / members.length };
  });
  const drawn = Array.from({ length: resamples }, () => {
    const effects = channels.map(() => 0);
    for (const { members, conversions, part } of games) {
      const added = part * drawCount(conversions, random);
      for (const member of members) effects[member]! += added;
    }
    return effects;
  });
  return drawn.filter((effects) => effects.some((effect) => effect > 0));
}
