import type { Touchpoint } from '../touchpoint.ts';

const DAY_MS = 86_400_000;

/**
 * Longest path that is credited. A visitor id is public, so anyone may send sessions under it; past this bound the
 * oldest and the newest halves are kept, which leaves the first, last and decaying models what they were.
 */
export const MAX_PATH_TOUCHPOINTS = 1_000;

export interface PathOptions {
  /** Epoch milliseconds, inclusive: the end of the payment's second, or of its subscription's creation. */
  endsAt: number;
  /** Lookback window before `endsAt`; null: lifetime. */
  windowDays: number | null;
}

/** Where a payment's path ends: for the payments of a subscription at its creation, so that renewals follow its start. */
export function pathEnd(payment: { occurredAt: number; pathEndsAt: number | null }): number {
  return payment.pathEndsAt ?? payment.occurredAt;
}

/**
 * The touchpoints that can earn credit, in time order; equal times keep their order of arrival, and the session id
 * settles what is left, so that the same touchpoints give the same path in whatever order a store returns them.
 */
export function pathOf(touchpoints: readonly Touchpoint[], { endsAt, windowDays }: PathOptions): Touchpoint[] {
  const startsAt = windowDays === null ? Number.NEGATIVE_INFINITY : endsAt - windowDays * DAY_MS;
  const inside = touchpoints.filter((touch) => touch.occurredAt <= endsAt && touch.occurredAt >= startsAt);
  const path = inside.sort(byTime);
  if (path.length <= MAX_PATH_TOUCHPOINTS) return path;
  const half = MAX_PATH_TOUCHPOINTS / 2;
  return [...path.slice(0, half), ...path.slice(-half)];
}

function byTime(a: Touchpoint, b: Touchpoint): number {
  return (
    a.occurredAt - b.occurredAt ||
    a.receivedAt - b.receivedAt ||
    compareText(a.visitor, b.visitor) ||
    compareText(a.session, b.session)
  );
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
