import { splitByLargestRemainder } from '../money.ts';

/**
 * Turns the shares of a data-driven model into the money of a selection. A channel gets its share of the whole; within a
 * channel the money follows the credits of `linear`, because these models know channels only.
 * Invariant: the parts add up to the amount, to the last minor unit, whatever its sign.
 */
export interface LinearCredit {
  channel: string;
  /** The caller's row: a source, a campaign, a day. One row per (channel, key). */
  key: string;
  /** What `linear` gives this row, in minor units. Below 0 where more was refunded than bought. */
  amountMinor: number;
}

export interface SharedAmount {
  channel: string;
  /** Null: `linear` has nothing of this channel to follow, as when it is in paths without a payment only. */
  key: string | null;
  amountMinor: number;
}

/**
 * @param amountMinor the attributed money of the selection, in one currency
 * @returns channels in the order of the shares, rows in the order given
 */
export function applyShares(
  amountMinor: number,
  shares: readonly { channel: string; weight: bigint }[],
  linear: readonly LinearCredit[],
): SharedAmount[] {
  const parts = splitByLargestRemainder(
    amountMinor,
    shares.map((share) => share.weight),
  );
  const byChannel = Map.groupBy(linear, (row) => row.channel);
  return shares.flatMap(({ channel }, index) => withinChannel(channel, parts[index]!, byChannel.get(channel) ?? []));
}

function withinChannel(channel: string, amountMinor: number, rows: readonly LinearCredit[]): SharedAmount[] {
  const amounts = inProportion(
    amountMinor,
    rows.map((row) => row.amountMinor),
  );
  if (amounts === null) return amountMinor === 0 ? [] : [{ channel, key: null, amountMinor }];
  return rows.map((row, index) => ({ channel, key: row.key, amountMinor: amounts[index]! }));
}

/**
 * Splits an amount in proportion to numbers of either sign, exactly: a day with refunds only takes back. What takes back
 * counts for at most half of what gives: beside a refund of 100, a sale of 101 would make 30,300 of an amount of 300.
 * Null when the numbers add up to nothing, and so say nothing about proportions.
 */
function inProportion(amountMinor: number, numbers: readonly number[]): number[] | null {
  const total = numbers.reduce((sum, one) => sum + BigInt(one), 0n);
  if (total === 0n) return null;
  // Signs out of the way first, so that what is taken back mirrors what was given.
  const sign = total < 0n ? -1n : 1n;
  const own = numbers.map((one) => BigInt(one) * sign);
  const given = own.reduce((sum, one) => (one > 0n ? sum + one : sum), 0n);
  const taken = given - total * sign;
  const isBounded = 2n * taken <= given;
  const proportions = isBounded ? own : own.map((one) => one * (one > 0n ? 2n * taken : given));
  const size = proportions.reduce((sum, one) => sum + one, 0n);
  const amount = BigInt(Math.abs(amountMinor));
  const exact = proportions.map((one) => amount * one);
  const remainders = exact.map((part, index) => ({ index, remainder: ((part % size) + size) % size }));
  const floors = exact.map((part, index) => (part - remainders[index]!.remainder) / size);
  let left = Number(amount - floors.reduce((sum, part) => sum + part, 0n));
  remainders.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  const parts = floors.map(Number);
  for (const { index } of remainders) {
    if (left === 0) break;
    parts[index]! += 1;
    left -= 1;
  }
  return parts.map((part) => (part === 0 ? 0 : amountMinor < 0 ? -part : part));
}
