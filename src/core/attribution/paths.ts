import { DIRECT_CHANNEL } from '../acquisition.ts';
import { mergedPaths } from './data-driven.ts';
import type { ChannelPath } from './data-driven.ts';
import { boundedPath, narrowedPath, withoutDirect, withoutRepeats } from './path.ts';
import type { PathTouch } from './path.ts';
import type { ModelSettings } from './settings.ts';
import { isDirect } from './weights.ts';

/** From what is stored to what the data-driven models read. */
type PathSettings = Pick<ModelSettings, 'windowDays' | 'ignoreDirect' | 'collapseRepeats'>;

/** An attributed payment of the selection: a conversion. Renewals are payments too, along their subscription's path. */
export interface PaidPath {
  /** Every touchpoint up to the path's end, in time order, as stored: window-free. */
  path: readonly PathTouch[];
  /** Epoch milliseconds: pathEnd(payment). */
  endsAt: number;
  /** What is left of it in the selection's currency; one that went back whole converted all the same, and is worth 0. */
  revenueMinor: number;
}

/**
 * Visitors with touchpoints and without a payment in the selection; several visitors of one customer are one. Whoever
 * paid is no null, however many touchpoints came after: a customer who may pay again is not one who was lost. The window
 * of a null ends with the newest touchpoint of the selection.
 */
export interface UnpaidPath {
  /** Channels of the touchpoints, in time order. */
  channels: readonly string[];
  visitors: number;
}

/** Equal paths added up, in an order that does not depend on the stores'. */
export function channelPaths(
  { paid, unpaid }: { paid: readonly PaidPath[]; unpaid: readonly UnpaidPath[] },
  settings: PathSettings,
): ChannelPath[] {
  const converting = paid.map((one) => convertingPath(one, settings));
  const others = unpaid.map(({ channels, visitors }) => ({
    channels: channelsOf(channels, settings),
    conversions: 0,
    nulls: visitors,
    valueMinor: 0,
  }));
  return mergedPaths([...converting, ...others]);
}

export function convertingPath({ path, endsAt, revenueMinor }: PaidPath, settings: PathSettings): ChannelPath {
  return {
    channels: channelsOf(inWindow(path, endsAt, settings), settings),
    conversions: 1,
    nulls: 0,
    valueMinor: Math.max(0, revenueMinor),
  };
}

function inWindow(path: readonly PathTouch[], endsAt: number, { windowDays }: PathSettings): string[] {
  // As reports label it: a medium without a source is no channel of its own.
  return boundedPath(narrowedPath(path, { endsAt, windowDays })).map((touch) =>
    isDirect(touch) ? DIRECT_CHANNEL : touch.channel,
  );
}

/** Here direct is the channel, and a repeat is the same channel again: states know no more than channels. */
export function channelsOf(
  channels: readonly string[],
  { ignoreDirect, collapseRepeats }: Pick<PathSettings, 'ignoreDirect' | 'collapseRepeats'>,
): string[] {
  const known = ignoreDirect ? withoutDirect(channels, (channel) => channel === DIRECT_CHANNEL) : [...channels];
  return collapseRepeats ? withoutRepeats(known, (a, b) => a === b) : known;
}
