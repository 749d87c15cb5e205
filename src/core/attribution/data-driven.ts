import { pointsOf } from './resample.ts';
import type { Random, Resampling } from './resample.ts';

/**
 * What the data-driven models have in common. They weigh channels, not touchpoints, from all paths of a selection, paying
 * or not; apply-shares.ts turns their shares into money.
 */
export const DATA_DRIVEN_MODELS = ['markov', 'shapley'] as const;
export type DataDrivenModel = (typeof DATA_DRIVEN_MODELS)[number];

/** All visitors (customers) who took the same path. */
export interface ChannelPath {
  /** In time order. A path without channels says nothing and is left out. */
  channels: readonly string[];
  /** Payments at the end of it. */
  conversions: number;
  /** Visitors who took it and did not pay. */
  nulls: number;
  /** What the payments brought, in minor units of one currency; never negative. */
  valueMinor: number;
}

export interface ChannelShare {
  channel: string;
  /** markov: the removal effect, 0 to 1. shapley: the channel's part of the value, in minor units. */
  effect: number;
  /** Effects, divided by their sum. */
  share: number;
  /** The share as an exact fraction: its weight ÷ the sum of weights. What money is split by. */
  weight: bigint;
  /** Where the share lies in 90 of 100 cases; null when it was not asked for or would take too long. */
  interval: Interval | null;
}

export interface Interval {
  low: number;
  high: number;
}

export interface DataDrivenShares {
  model: DataDrivenModel;
  /** Largest share first; equal ones by name. */
  channels: ChannelShare[];
  conversions: number;
  nulls: number;
}

/** Why there is no answer: a closed list, and a sentence that says what to do. */
export type RefusalReason = 'too_few_conversions' | 'too_many_channels' | 'too_many_states' | 'nothing_to_share';
export interface Refusal {
  refused: RefusalReason;
  message: string;
}

/**
 * With 100 conversions a share of one half is known to ±8 points (1.645 × √(0.25 ÷ 100)). With fewer, the order of two
 * channels is mostly chance, and a table of shares would say more than anybody knows.
 */
export const MIN_CONVERSIONS = 100;
/** Twice as many as channel.ts knows. Who asks for more asks about campaigns, which have too few conversions each. */
export const MAX_CHANNELS = 40;
export const RESAMPLES = 200;

export interface DataDrivenOptions {
  /** Uniform numbers in [0, 1), from a seed: the same paths and seed give the same intervals. Absent: no intervals. */
  random?: Random;
  resamples?: number;
  minConversions?: number;
}

/** What is common to all refusals; null: go on. */
export function refusalOf(paths: readonly ChannelPath[], minConversions: number): Refusal | null {
  const { conversions } = countsOf(paths);
  if (conversions < minConversions) {
    const message = `${conversions} conversions are too few: this model needs ${minConversions}. Choose a longer period, or linear.`;
    return { refused: 'too_few_conversions', message };
  }
  const channels = channelsIn(paths).length;
  if (channels <= MAX_CHANNELS) return null;
  const message = `${channels} channels are too many: this model takes at most ${MAX_CHANNELS}. Group them first.`;
  return { refused: 'too_many_channels', message };
}

export function countsOf(paths: readonly ChannelPath[]): { conversions: number; nulls: number } {
  return {
    conversions: paths.reduce((sum, path) => sum + path.conversions, 0),
    nulls: paths.reduce((sum, path) => sum + path.nulls, 0),
  };
}

/** Sorted, so that the order in which a store returns paths changes nothing. */
export function channelsIn(paths: readonly ChannelPath[]): string[] {
  return [...new Set(paths.flatMap((path) => path.channels))].sort();
}

/** Equal paths added up, in one order: the same facts give the same draws, and the same bytes. */
export function mergedPaths(paths: readonly ChannelPath[]): ChannelPath[] {
  const byChannels = new Map<string, ChannelPath>();
  for (const path of paths) {
    if (path.channels.length === 0 || (path.conversions === 0 && path.nulls === 0)) continue;
    const key = path.channels.join('\0');
    const known = byChannels.get(key) ?? { channels: path.channels, conversions: 0, nulls: 0, valueMinor: 0 };
    byChannels.set(key, {
      channels: path.channels,
      conversions: known.conversions + path.conversions,
      nulls: known.nulls + path.nulls,
      valueMinor: known.valueMinor + path.valueMinor,
    });
  }
  return [...byChannels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** Effects and exact weights → shares, with an interval for each from the resampled effects. */
export function sharesOf(
  channels: readonly string[],
  { effects, weights }: { effects: readonly number[]; weights: readonly bigint[] },
  resampling: Resampling | null,
): ChannelShare[] {
  const total = effects.reduce((sum, effect) => sum + effect, 0);
  const intervals = resampling && pointsOf(resampling, channels.length);
  const shares = channels.map((channel, index) => {
    const effect = effects[index]!;
    const share = effect / total;
    const found = intervals?.[index];
    // A resample is as skewed to the sample as the sample is to the truth: the share itself always lies in its interval.
    const interval = found ? { low: Math.min(found.low, share), high: Math.max(found.high, share) } : null;
    return { channel, effect, share, weight: weights[index]!, interval };
  });
  return shares.sort((a, b) => b.share - a.share || (a.channel < b.channel ? -1 : 1));
}
