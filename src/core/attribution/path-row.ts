import type { Mode, Payment } from '../payment.ts';
import type { Touchpoint } from '../touchpoint.ts';
import { isSameTouchpoint } from './credit-changes.ts';

/**
 * The whole path of a payment, before any lookback window, as the facts store has it: what a question with another window
 * or other weights is computed from. As with credits, what becomes otherwise is appended: the old path with sign −1 beside
 * the new one.
 */
export interface PathRow {
  /** The payment's id. Its name tells a path from a credit in the outbox. */
  pathOf: string;
  site: string;
  mode: Mode;
  /** As on the payment: visitors of one customer are one person. */
  customer: string | null;
  /** Epoch milliseconds; a window is counted from here. */
  endsAt: number;
  touchpoints: Touchpoint[];
  sign: 1 | -1;
}

/** A path as it stands in the facts store, without its touchpoints, which the attribution holds anyway. */
export type StoredPath = Pick<PathRow, 'customer' | 'endsAt'>;

interface KeptPath {
  path: readonly Touchpoint[];
  storedPath?: StoredPath | undefined;
}

/** The rows to append so that the facts store holds this path and no other. */
export function pathChanges(
  payment: Pick<Payment, 'site' | 'mode' | 'id'>,
  before: KeptPath,
  after: KeptPath,
): PathRow[] {
  const [old] = rowsOf(payment, before, -1);
  const [fresh] = rowsOf(payment, after, 1);
  if (old && fresh && isSame(old, fresh)) return [];
  return [old, fresh].filter((row) => row !== undefined);
}

function rowsOf(
  { site, mode, id }: Pick<Payment, 'site' | 'mode' | 'id'>,
  { path, storedPath }: KeptPath,
  sign: 1 | -1,
): PathRow[] {
  return storedPath === undefined ? [] : [{ pathOf: id, site, mode, ...storedPath, touchpoints: [...path], sign }];
}

function isSame(old: PathRow, fresh: PathRow): boolean {
  return (
    old.customer === fresh.customer &&
    old.endsAt === fresh.endsAt &&
    old.touchpoints.length === fresh.touchpoints.length &&
    old.touchpoints.every((touch, index) => isSameTouchpoint(touch, fresh.touchpoints[index]!))
  );
}
