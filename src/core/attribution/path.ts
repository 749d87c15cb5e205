import type { PaymentKind } from '../payment.ts';
import type { Touchpoint } from '../touchpoint.ts';
import type { ModelSettings, Renewals } from './settings.ts';
import { isDirect } from './weights.ts';

const DAY_MS = 86_400_000;

/**
 * Longest path that is credited. A visitor id is public, so anyone may send sessions under it; past this bound the
 * oldest and the newest halves are kept, which leaves the first, last and decaying models what they were.
 */
export const MAX_PATH_TOUCHPOINTS = 1_000;

export interface PathOptions extends Partial<Pick<ModelSettings, 'ignoreDirect' | 'collapseRepeats'>> {
  /** Epoch milliseconds, inclusive: the end of the payment's second, or of its subscription's creation. */
  endsAt: number;
  /** Lookback window before `endsAt`; null: lifetime. */
  windowDays: number | null;
}

/**
 * Where a payment's path ends: for the payments of a subscription at its creation, so that renewals follow its start;
 * unless the site lets renewals follow what came since.
 */
export function pathEnd(
  payment: { occurredAt: number; pathEndsAt: number | null; kind?: PaymentKind },
  renewals: Renewals = 'first_path',
): number {
  const isRenewal = payment.kind === 'subscription_renewal';
  if (isRenewal && renewals === 'latest_touch') return payment.occurredAt;
  return payment.pathEndsAt ?? payment.occurredAt;
}

/** What of a touchpoint decides whether it stays in a path. */
export type PathTouch = Pick<Touchpoint, 'occurredAt' | 'source' | 'channel' | 'medium' | 'campaign'>;

/**
 * The touchpoints that can earn credit, in time order; equal times keep their order of arrival, and the session id
 * settles what is left, so that the same touchpoints give the same path in whatever order a store returns them.
 */
export function pathOf(touchpoints: readonly Touchpoint[], options: PathOptions): Touchpoint[] {
  return boundedPath(narrowedPath(touchpoints.toSorted(byTime), options));
}

/** The oldest and the newest half of what is too long. */
export function boundedPath<T>(path: T[]): T[] {
  if (path.length <= MAX_PATH_TOUCHPOINTS) return path;
  const half = MAX_PATH_TOUCHPOINTS / 2;
  return [...path.slice(0, half), ...path.slice(-half)];
}

/** What the options leave of a path that is in time order already: how a stored, window-free path is read. */
export function narrowedPath<T extends PathTouch>(path: readonly T[], options: PathOptions): T[] {
  const { endsAt, windowDays, ignoreDirect = false, collapseRepeats = false } = options;
  const startsAt = windowDays === null ? Number.NEGATIVE_INFINITY : endsAt - windowDays * DAY_MS;
  const inside = path.filter((touch) => touch.occurredAt <= endsAt && touch.occurredAt >= startsAt);
  const known = ignoreDirect ? withoutDirect(inside, isDirect) : inside;
  return collapseRepeats ? withoutRepeats(known, isSameOrigin) : known;
}

/** Leaves direct out, unless there is nothing else. */
export function withoutDirect<T>(path: readonly T[], isDirect: (touch: T) => boolean): T[] {
  const others = path.filter((touch) => !isDirect(touch));
  return others.length > 0 ? others : [...path];
}

/** Of equal ones in a row the first stays: that is where the visitor came from, and when. */
export function withoutRepeats<T>(path: readonly T[], isSame: (a: T, b: T) => boolean): T[] {
  return path.filter((touch, index) => index === 0 || !isSame(path[index - 1]!, touch));
}

function isSameOrigin(a: PathTouch, b: PathTouch): boolean {
  return a.channel === b.channel && a.source === b.source && a.medium === b.medium && a.campaign === b.campaign;
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
