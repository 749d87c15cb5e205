import type { Discount, InvoiceLine, SubscriptionState } from './payment.ts';

/**
 * Merge rules of what subscriptions and their invoices tell about recurring money: unions by identity, so that any
 * snapshots in any order make the same set (merge.ts).
 */

/** What lies between the first and the last snapshots of a subscription that has thousands of them is not kept. */
const FIRST_STATES = 60;
const LAST_STATES = 240;
const LINES_MAX = 100;
const DISCOUNTS_MAX = 50;

type Maybe<T> = readonly T[] | undefined;

/** Keeping the smallest and the largest of a union gives the same set whatever was united first. */
export function mergeStates(a: Maybe<SubscriptionState>, b: Maybe<SubscriptionState>): SubscriptionState[] {
  const states = distinct([...(a ?? []), ...(b ?? [])], (state) => `${timeKey(state.at)} ${JSON.stringify(state)}`);
  if (states.length <= FIRST_STATES + LAST_STATES) return states;
  return [...states.slice(0, FIRST_STATES), ...states.slice(-LAST_STATES)];
}

export function mergeLines(a: Maybe<InvoiceLine>, b: Maybe<InvoiceLine>): InvoiceLine[] {
  return mergedById(a, b, mergeLine).slice(0, LINES_MAX);
}

export function mergeDiscounts(a: Maybe<Discount>, b: Maybe<Discount>): Discount[] {
  return mergedById(a, b, mergeDiscount).slice(0, DISCOUNTS_MAX);
}

/** Lines of a paid invoice never change; renderings differ in what they tell of them. */
function mergeLine(a: InvoiceLine, b: InvoiceLine): InvoiceLine {
  return {
    id: a.id,
    subscriptionItem: known(a.subscriptionItem ?? null, b.subscriptionItem ?? null),
    price: known(a.price, b.price),
    product: known(a.product, b.product),
    quantity: Math.max(a.quantity, b.quantity),
    amountMinor: Math.max(a.amountMinor, b.amountMinor),
    discounts: mergedById(a.discounts, b.discounts, (x, y) => (x.amountMinor >= y.amountMinor ? x : y)),
    isProration: a.isProration || b.isProration,
    startsAt: Math.min(a.startsAt, b.startsAt),
    endsAt: Math.max(a.endsAt, b.endsAt),
    interval: known(a.interval, b.interval),
    intervalCount: known(a.intervalCount, b.intervalCount),
    isMetered: known(a.isMetered, b.isMetered),
  };
}

/** A discount's terms never change, but it can be ended early. */
function mergeDiscount(a: Discount, b: Discount): Discount {
  return {
    id: a.id,
    coupon: known(a.coupon ?? null, b.coupon ?? null),
    percentOff: known(a.percentOff, b.percentOff),
    amountOffMinor: known(a.amountOffMinor, b.amountOffMinor),
    duration: a.duration <= b.duration ? a.duration : b.duration,
    endsAt: known(a.endsAt, b.endsAt),
    products: knownList(a.products, b.products),
  };
}

function knownList(a: string[] | null, b: string[] | null): string[] | null {
  if (a === null || b === null) return a ?? b;
  return JSON.stringify(a) <= JSON.stringify(b) ? a : b;
}

/** The one that is known; the smaller of two. */
function known<T extends string | number | boolean>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a <= b ? a : b;
}

function mergedById<T extends { id: string }>(a: Maybe<T>, b: Maybe<T>, merge: (a: T, b: T) => T): T[] {
  const merged = new Map<string, T>();
  for (const one of [...(a ?? []), ...(b ?? [])]) {
    const other = merged.get(one.id);
    merged.set(one.id, other ? merge(other, one) : one);
  }
  return [...merged.values()].sort((x, y) => compare(x.id, y.id));
}

function distinct<T>(values: readonly T[], key: (value: T) => string): T[] {
  const byKey = new Map(values.map((value) => [key(value), value]));
  return [...byKey.entries()].sort(([x], [y]) => compare(x, y)).map(([, value]) => value);
}

/** Times in the order of text. */
function timeKey(at: number): string {
  return String(at).padStart(16, '0');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
