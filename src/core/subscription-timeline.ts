import { byJson } from './json-text.ts';
import { recurringPast } from './subscription-past.ts';
import type {
  InvoiceObject,
  SubscriptionItem,
  SubscriptionObject,
  SubscriptionState,
  SubscriptionTerms,
} from './payment.ts';

/**
 * What a subscription was and cost from when to when, from the set of snapshots and paid invoices known. Pure, and free of
 * order: it looks at sets. Snapshots rule from the first of them on; what was before that, paid invoices tell.
 */

export interface DatedTerms {
  /** Epoch milliseconds: from then until the next. */
  at: number;
  terms: SubscriptionTerms;
  /** Id of the invoice that told it; null: snapshots of the subscription did. */
  invoice: string | null;
}

export interface Timeline {
  /** In time order; two that follow each other differ. */
  terms: DatedTerms[];
  /** Several snapshots of one second contradict each other and nothing later says which was last. */
  isUncertain: boolean;
}

export function timelineOf(subscription: SubscriptionObject, invoices: readonly InvoiceObject[]): Timeline {
  const { chosen, isUncertain } = chooseBySecond(withToldAmounts(withAllItems(subscription.states ?? [])));
  const first = chosen[0];
  if (!first) return { terms: distinctRuns(recurringPast(subscription, invoices, null)), isUncertain };
  const told: DatedTerms[] = chosen.map(({ at, terms }) => ({ at, terms, invoice: null }));
  const past = recurringPast(subscription, invoices, {
    at: first.at,
    terms: first.terms,
    before: first.before,
    isChange: first.isChange,
  });
  return { terms: distinctRuns([...past, ...told]), isUncertain };
}

/**
 * Ten items are shown with a subscription, all of them where it was asked for by itself, which follows on an event. So
 * those that are not shown are as the next whole snapshot says, or else the last one before.
 */
function withAllItems(states: readonly SubscriptionState[]): SubscriptionState[] {
  const whole = states.filter(({ terms }) => !terms.isPartial).sort((a, b) => a.at - b.at || compareTerms(a, b));
  if (whole.length === 0) return [...states];
  const completed = (terms: SubscriptionTerms, hidden: readonly SubscriptionItem[]): SubscriptionTerms => {
    const { status, currency, discounts, isPaused } = terms;
    const items = [...terms.items, ...hidden].sort(byJson);
    // In the order of what is read whole: as JSON they are to be equal.
    return { status, currency, items, discounts, isPaused };
  };
  return states.map((state) => {
    const { at, terms, before } = state;
    if (!terms.isPartial) return state;
    const like = whole.find((one) => one.at >= at) ?? whole.at(-1)!;
    const shown = new Set([...terms.items, ...(before?.items ?? [])].map((item) => item.price));
    const hidden = like.terms.items.filter((item) => !shown.has(item.price));
    return { ...state, terms: completed(terms, hidden), before: before && completed(before, hidden) };
  });
}

/**
 * In a currency that is not its price's own an item has its amount only where the subscription was asked for by itself,
 * which follows on an event: with the same quantity it was the same then. What nobody told, invoices tell.
 */
function withToldAmounts(states: readonly SubscriptionState[]): SubscriptionState[] {
  const sortOf = ({ price, quantity }: SubscriptionItem) => `${price} ${quantity}`;
  const items = states.flatMap(({ terms, before }) => [...terms.items, ...(before?.items ?? [])]);
  if (!items.some((item) => item.isUntold)) return [...states];
  const told = items.filter((item) => item.amountMinor !== null).map((item) => [sortOf(item), item] as const);
  const known = new Map(told.sort(([, a], [, b]) => a.amountMinor! - b.amountMinor!));
  const completed = (terms: SubscriptionTerms): SubscriptionTerms => {
    const whole = terms.items.map((item) => {
      const amountMinor = item.isUntold ? known.get(sortOf(item))?.amountMinor : undefined;
      const { isUntold: _, ...rest } = item;
      return amountMinor == null ? item : { ...rest, amountMinor };
    });
    return { ...terms, items: whole.sort(byJson) };
  };
  return states.map((state) => ({
    ...state,
    terms: completed(state.terms),
    before: state.before && completed(state.before),
  }));
}

const compareTerms = (a: SubscriptionState, b: SubscriptionState) => (keyOf(a.terms) < keyOf(b.terms) ? -1 : 1);

interface Chosen {
  at: number;
  terms: SubscriptionTerms;
  /** What the second's events say was so before them. */
  before: SubscriptionTerms | null;
  /** It is known that something became otherwise in this very second. */
  isChange: boolean;
}

/**
 * Stripe dates events by the second, and some of a subscription's first steps fall into one. Of the snapshots of a second
 * the last one counts: the one that no other event of that second calls "before"; else the one that is still so at the
 * next time; else what was read (reading follows on events); else the one that is further in a subscription's life.
 */
function chooseBySecond(states: readonly SubscriptionState[]): { chosen: Chosen[]; isUncertain: boolean } {
  const seconds = [...Map.groupBy(states, (state) => state.at).entries()].sort(([a], [b]) => b - a);
  const chosen: Chosen[] = [];
  let isUncertain = false;
  let next: string | null = null;
  for (const [at, ofSecond] of seconds) {
    const byKey = new Map(ofSecond.map((state) => [keyOf(state.terms), state]));
    const events = ofSecond.filter((state) => state.before !== null && keyOf(state.before) !== keyOf(state.terms));
    const left = new Set(events.map((state) => keyOf(state.before!)));
    const last = [...byKey.keys()].filter((key) => !left.has(key));
    const candidates = last.length > 0 ? last : [...byKey.keys()];
    let key = candidates[0]!;
    if (candidates.length > 1) {
      const read = ofSecond.filter((state) => state.told === 'read').map((state) => keyOf(state.terms));
      const lasting = candidates.filter((one) => one === next);
      const wasRead = candidates.filter((one) => read.includes(one));
      key = lasting[0] ?? furthest(wasRead.length > 0 ? wasRead : candidates, byKey);
      if (next === null && wasRead.length === 0) isUncertain = true;
    }
    const arrived = new Set(byKey.keys());
    const before = events.map((state) => state.before!).find((terms) => !arrived.has(keyOf(terms))) ?? null;
    chosen.unshift({ at, terms: byKey.get(key)!.terms, before, isChange: events.length > 0 });
    next = key;
  }
  return { chosen, isUncertain };
}

const LIFE = ['incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'incomplete_expired', 'canceled'];

function furthest(keys: readonly string[], byKey: ReadonlyMap<string, SubscriptionState>): string {
  const rank = (key: string) => LIFE.indexOf(byKey.get(key)!.terms.status);
  return [...keys].sort((a, b) => rank(b) - rank(a) || (a < b ? 1 : -1))[0]!;
}

export function keyOf(terms: SubscriptionTerms): string {
  return JSON.stringify(terms);
}

function distinctRuns(terms: readonly DatedTerms[]): DatedTerms[] {
  return terms.filter((one, index) => index === 0 || keyOf(terms[index - 1]!.terms) !== keyOf(one.terms));
}
