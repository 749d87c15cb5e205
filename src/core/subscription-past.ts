import { byJson } from './json-text.ts';
import type { InvoiceLine, InvoiceObject, SubscriptionItem, SubscriptionObject, SubscriptionTerms } from './payment.ts';
import { namedDiscounts } from './subscription-discounts.ts';

/**
 * What a subscription cost before the first snapshot of it, from its paid invoices. Recurring lines tell the items and
 * what they cost after lasting discounts; lines of proration tell when something became otherwise between two of them.
 */

interface Dated {
  at: number;
  terms: SubscriptionTerms;
  invoice: string | null;
}

/** The first snapshot: what it says, what it says was before, and whether it tells a change of that moment. */
interface First {
  at: number;
  terms: SubscriptionTerms;
  before: SubscriptionTerms | null;
  isChange: boolean;
}

const BILLED = ['subscription_create', 'subscription_cycle', 'subscription_update', 'subscription'];

export function recurringPast(
  subscription: SubscriptionObject,
  invoices: readonly InvoiceObject[],
  first: First | null,
): Dated[] {
  const paid = invoices
    .filter(
      (invoice) => invoice.paidAt !== null && invoice.currency !== null && BILLED.includes(invoice.billingReason ?? ''),
    )
    .sort((a, b) => a.paidAt! - b.paidAt! || (a.id < b.id ? -1 : 1));
  const lasting = lastingDiscounts(subscription, paid);
  const known = itemsByPrice(subscription);
  const past = paid
    .flatMap((invoice) => billedTerms(invoice, known, lasting) ?? [])
    .filter((dated) => first === null || dated.at < first.at)
    .sort((a, b) => a.at - b.at || (a.invoice! < b.invoice! ? -1 : 1));
  if (first === null) return withChangesBetween(pulledBack(past, paid), paid, { known, lasting, until: Infinity });
  if (past.length === 0) return sinceItsStart(subscription, first);
  const told = { at: first.at, terms: first.terms, invoice: null };
  const pulled = pulledBack(first.isChange ? past : [...past, told], paid);
  // The snapshot itself follows; only its having been so earlier is the past's.
  return withChangesBetween(pulled, paid, { known, lasting, until: first.at }).filter((dated) => dated.at < first.at);
}

/** Without any invoice the oldest snapshot is the best that is known: so it was since it began, or since its trial ended. */
function sinceItsStart(subscription: SubscriptionObject, first: First): Dated[] {
  const terms = first.isChange ? first.before : first.terms;
  const startsAt = Math.max(subscription.startedAt ?? 0, subscription.createdAt ?? 0);
  if (terms === null || startsAt === 0 || startsAt >= first.at || ENDED.includes(terms.status)) return [];
  return [{ at: startsAt, terms, invoice: null }];
}

/** Since when a subscription is in one of these the past does not follow from it. */
const ENDED = ['canceled', 'incomplete_expired', 'unpaid', 'paused'];

function billedTerms(
  invoice: InvoiceObject,
  known: ReadonlyMap<string, SubscriptionItem>,
  lasting: ReadonlySet<string>,
): Dated | null {
  const lines = recurringLines(invoice);
  if (lines.length === 0) return null;
  const startsAt = Math.min(...lines.map((line) => line.startsAt));
  // A first invoice can be paid days after it was made, and until then the subscription is incomplete.
  const at = invoice.billingReason === 'subscription_create' ? Math.max(startsAt, invoice.paidAt!) : startsAt;
  const items = lines.map((line) => itemOf(line, known, lasting));
  items.sort(byJson);
  const terms = { status: 'active', currency: invoice.currency, items, discounts: [], isPaused: false };
  return { at, terms, invoice: invoice.id };
}

/** Recurring amounts are billed ahead; usage is billed afterwards. */
function recurringLines(invoice: InvoiceObject): InvoiceLine[] {
  const billedAt = invoice.createdAt ?? invoice.paidAt!;
  return (invoice.lines ?? []).filter((line) => !line.isProration && line.isMetered !== true && line.endsAt > billedAt);
}

function itemOf(
  line: InvoiceLine,
  known: ReadonlyMap<string, SubscriptionItem>,
  lasting: ReadonlySet<string>,
): SubscriptionItem {
  const off = line.discounts.filter((it) => lasting.has(it.id)).reduce((sum, it) => sum + it.amountMinor, 0);
  const price = line.price === null ? undefined : known.get(line.price);
  return {
    price: line.price,
    product: line.product ?? price?.product ?? null,
    amountMinor: Math.max(0, line.amountMinor - off),
    quantity: line.quantity,
    ...periodOf(line, price),
    isMetered: price?.isMetered ?? false,
    discounts: [],
  };
}

const DAY_MS = 86_400_000;

/** How long a line's period is, by what is known of its price, else by the calendar. */
export function periodOf(
  line: Pick<InvoiceLine, 'interval' | 'intervalCount' | 'startsAt' | 'endsAt'>,
  known?: Pick<SubscriptionItem, 'interval' | 'intervalCount'>,
): Pick<SubscriptionItem, 'interval' | 'intervalCount'> {
  if (line.interval !== null) return { interval: line.interval, intervalCount: line.intervalCount ?? 1 };
  if (known) return { interval: known.interval, intervalCount: known.intervalCount };
  const days = Math.max(1, Math.round((line.endsAt - line.startsAt) / DAY_MS));
  const months = Math.round(days / 30.44);
  const isMonths = months >= 1 && Math.abs(days - months * 30.44) <= 3 && days !== 28 * months;
  if (isMonths || (days === 28 && isSameDayOfMonth(line))) {
    return months % 12 === 0
      ? { interval: 'year', intervalCount: months / 12 }
      : { interval: 'month', intervalCount: months };
  }
  return days % 7 === 0 ? { interval: 'week', intervalCount: days / 7 } : { interval: 'day', intervalCount: days };
}

/** February's month has the 28 days of four weeks; one that began on the 31st ends on the last day there is. */
function isSameDayOfMonth({ startsAt, endsAt }: Pick<InvoiceLine, 'startsAt' | 'endsAt'>): boolean {
  const [from, to] = [new Date(startsAt).getUTCDate(), new Date(endsAt).getUTCDate()];
  const isLastDay = new Date(endsAt + DAY_MS).getUTCDate() === 1;
  return from === to || (isLastDay && from > to);
}

/**
 * Discounts that last: those whose terms say so, and of those without known terms the ones that came off more than one
 * invoice or that the subscription still had when it was first seen.
 */
function lastingDiscounts(subscription: SubscriptionObject, paid: readonly InvoiceObject[]): Set<string> {
  const told = new Map((subscription.discounts ?? []).map((discount) => [discount.id, discount.duration !== 'once']));
  const had = new Set((subscription.states ?? []).flatMap(({ terms }) => namedDiscounts(terms)));
  const seen = new Map<string, number>();
  for (const invoice of paid) {
    for (const id of new Set(recurringLines(invoice).flatMap((line) => line.discounts.map((it) => it.id)))) {
      seen.set(id, (seen.get(id) ?? 0) + 1);
    }
  }
  return new Set([...seen].filter(([id, count]) => told.get(id) ?? (count > 1 || had.has(id))).map(([id]) => id));
}

function itemsByPrice(subscription: SubscriptionObject): Map<string, SubscriptionItem> {
  const items = (subscription.states ?? []).flatMap(({ terms, before }) => [...(before?.items ?? []), ...terms.items]);
  return new Map(items.flatMap((item) => (item.price === null ? [] : [[item.price, item] as const])));
}

/**
 * What follows a change is billed at the next invoice, or at once, with a line from the moment of the change on. So the
 * terms that name the price of such a line already held from then.
 */
function pulledBack(dated: readonly Dated[], paid: readonly InvoiceObject[]): Dated[] {
  const charged = paid
    .flatMap((invoice) => invoice.lines ?? [])
    .filter((line) => line.isProration && line.amountMinor > 0);
  return dated.map((one, index) => {
    const previous = dated[index - 1];
    if (!previous) return one;
    const sorts = (terms: SubscriptionTerms) => new Set(terms.items.map((item) => `${item.price} ${item.quantity}`));
    const [before, after] = [sorts(previous.terms), sorts(one.terms)];
    const begun = charged
      .filter((line) => line.startsAt > previous.at && line.startsAt < one.at)
      .filter((line) => after.has(`${line.price} ${line.quantity}`) && !before.has(`${line.price} ${line.quantity}`));
    return begun.length === 0 ? one : { ...one, at: Math.min(...begun.map((line) => line.startsAt)) };
  });
}

interface Told {
  known: ReadonlyMap<string, SubscriptionItem>;
  lasting: ReadonlySet<string>;
  /** What follows is told otherwise. */
  until: number;
}

/** What became otherwise more than once in one period: only lines of proration tell what it was in between. */
function withChangesBetween(dated: readonly Dated[], paid: readonly InvoiceObject[], told: Told): Dated[] {
  const prorations = paid
    .flatMap(({ id, lines = [] }) => lines.map((line) => ({ invoice: id, line })))
    .filter(({ line }) => line.isProration && line.amountMinor !== 0);
  const moments = [...Map.groupBy(prorations, ({ line }) => line.startsAt)].sort(([a], [b]) => a - b);
  return dated.flatMap((one, index) => {
    const until = dated[index + 1]?.at ?? told.until;
    const between = [one];
    for (const [at, its] of moments.filter(([at]) => at > one.at && at < until)) {
      const { items } = between.at(-1)!.terms;
      const changed = changedItems(
        items,
        its.map(({ line }) => line),
        told,
      );
      if (changed) between.push({ at, terms: { ...one.terms, items: changed }, invoice: its[0]!.invoice });
    }
    return between;
  });
}

/** What is given back goes, what is charged comes; null: the lines are not about these items, or do not say enough. */
function changedItems(
  items: readonly SubscriptionItem[],
  lines: readonly InvoiceLine[],
  told: Told,
): SubscriptionItem[] | null {
  const isOf = (line: InvoiceLine) => (item: SubscriptionItem) =>
    item.price === line.price && item.quantity === line.quantity;
  const gone = lines.filter((line) => line.amountMinor < 0);
  if (!gone.every((line) => items.some(isOf(line)))) return null;
  const come = lines.filter((line) => line.amountMinor > 0).map((line) => itemCharged(line, items, told));
  const known = come.filter((item) => item !== null);
  if (known.length < come.length) return null;
  return [...items.filter((item) => !gone.some((line) => isOf(line)(item))), ...known].sort(byJson);
}

/** The line is for the rest of a period. What a whole one costs is known of the item it was, else of the price. */
function itemCharged(
  line: InvoiceLine,
  items: readonly SubscriptionItem[],
  { known, lasting }: Told,
): SubscriptionItem | null {
  const was = items.find((item) => item.price === line.price);
  const like = was ?? known.get(line.price ?? '');
  if (!like || like.isMetered || like.amountMinor === null || like.quantity === 0) return null;
  const off = line.discounts.filter((it) => lasting.has(it.id)).reduce((sum, it) => sum + it.amountMinor, 0);
  const kept = was ? 1 : Math.max(0, line.amountMinor - off) / line.amountMinor;
  const amountMinor = Math.round(((like.amountMinor * line.quantity) / like.quantity) * kept);
  return { ...like, amountMinor, quantity: line.quantity, discounts: [] };
}
