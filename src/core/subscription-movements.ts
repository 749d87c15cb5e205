import type { InvoiceObject, SubscriptionObject, SubscriptionTerms } from './payment.ts';
import { discountsOf, isTold, namedDiscounts } from './subscription-discounts.ts';
import { discountEnds, isCounted, mrrMinor, withBilledAmounts } from './subscription-mrr.ts';
import { timelineOf } from './subscription-timeline.ts';

/** How recurring revenue became otherwise. */
export const MOVEMENT_KINDS = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] as const;
export type MovementKind = (typeof MOVEMENT_KINDS)[number];

export interface Movement {
  at: number;
  kind: MovementKind;
  /** What the subscription's monthly revenue became more (or, negative, less). */
  deltaMinor: number;
  /** What it then was. */
  mrrMinor: number;
}

export interface Level {
  at: number;
  mrrMinor: number;
  terms: SubscriptionTerms;
  /** Id of the invoice that told it; null: snapshots of the subscription did. */
  invoice: string | null;
}

export interface FoldedSubscription {
  currency: string | null;
  /** What it was and cost from when to when, also where that did not change its monthly revenue. */
  levels: Level[];
  /** Telescoping: the deltas up to any moment add up to the revenue of that moment, exactly. */
  movements: Movement[];
  /** Another look at the subscription would settle what the snapshots leave open. */
  isUncertain: boolean;
}

/**
 * Everything Headwater says about the recurring revenue of one subscription, from the set of facts known. Pure, and free
 * of order: any permutation and any repetition of the snapshots gives the same.
 *
 * @param invoices of this subscription; those that are not paid do not matter
 */
export function foldSubscription(
  subscription: SubscriptionObject,
  invoices: readonly InvoiceObject[],
): FoldedSubscription {
  const discounts = discountsOf(subscription, invoices);
  const timeline = timelineOf(subscription, invoices);
  const levels = timeline.terms.flatMap(({ at, terms, invoice }, index): Level[] => {
    const until = timeline.terms[index + 1]?.at ?? Infinity;
    const billed = withBilledAmounts(terms, at, invoices);
    const turns = [at, ...discountEnds(billed, discounts).filter((end) => end > at && end < until)];
    return [...new Set(turns)]
      .sort((a, b) => a - b)
      .map((turn) => ({ at: turn, mrrMinor: mrrMinor(billed, discounts, turn), terms: billed, invoice }));
  });
  return {
    currency: levels.map((level) => level.terms.currency).find((it) => it !== null) ?? null,
    levels,
    movements: movementsOf(levels),
    isUncertain: timeline.isUncertain || lacksItems(subscription) || lacksDiscounts(subscription),
  };
}

export function movementsOf(levels: readonly Pick<Level, 'at' | 'mrrMinor'>[]): Movement[] {
  const movements: Movement[] = [];
  let standing = 0;
  for (const { at, mrrMinor } of levels) {
    const deltaMinor = mrrMinor - standing;
    if (deltaMinor === 0) continue;
    movements.push({ at, kind: kindOf(standing, mrrMinor, movements.length === 0), deltaMinor, mrrMinor });
    standing = mrrMinor;
  }
  return movements;
}

function kindOf(before: number, after: number, isFirst: boolean): MovementKind {
  if (before === 0) return isFirst ? 'new' : 'reactivation';
  if (after === 0) return 'churn';
  return after > before ? 'expansion' : 'contraction';
}

/** Asked after each snapshot that does not show all items, or what they cost: what changed with it, it does not tell. */
function lacksItems({ states = [], askedAt }: SubscriptionObject): boolean {
  const lacks = (terms: SubscriptionTerms) => terms.isPartial === true || terms.items.some((item) => item.isUntold);
  return states.some(({ at, terms }) => lacks(terms) && isCounted(terms) && at > (askedAt ?? 0));
}

/**
 * Stored before snapshots were kept, or: what a discount takes off and which products it is limited to is told in full
 * only when the subscription is asked for by itself (lists cannot expand that deep). Asked once for each discount: what
 * was not told then will not be, since the key may not read coupons or there is nothing to tell.
 */
function lacksDiscounts({ states = [], discounts = [], askedAt }: SubscriptionObject): boolean {
  if (states.length === 0) return true;
  const known = new Map(discounts.map((discount) => [discount.id, discount]));
  const namedAt = new Map<string, number>();
  for (const { at, terms } of states.filter((state) => isCounted(state.terms))) {
    // One of an item is for that item, whatever its coupon says of products.
    const unlimited = terms.discounts.filter((id) => (known.get(id)?.products ?? null) === null);
    const untold = namedDiscounts(terms).filter((id) => !isTold(known.get(id)));
    for (const id of [...unlimited, ...untold]) namedAt.set(id, Math.min(at, namedAt.get(id) ?? Infinity));
  }
  return [...namedAt.values()].some((at) => at > (askedAt ?? 0));
}
