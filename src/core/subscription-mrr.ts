import type { Discount, InvoiceLine, InvoiceObject, SubscriptionItem, SubscriptionTerms } from './payment.ts';
import { namedDiscounts } from './subscription-discounts.ts';

/**
 * Monthly recurring revenue of a subscription's terms: its licensed items after lasting discounts, without usage,
 * brought to a month. Exact until the end: fractions of integers, rounded once per subscription.
 */

interface Fraction {
  above: bigint;
  below: bigint;
}

/** Statuses in which a subscription brings recurring money. */
const COUNTED = ['active', 'past_due'];

export function isCounted(terms: SubscriptionTerms): boolean {
  return COUNTED.includes(terms.status) && !terms.isPaused;
}

/** @param at decides which discounts still run */
export function mrrMinor(terms: SubscriptionTerms, discounts: readonly Discount[], at: number): number {
  if (!isCounted(terms)) return 0;
  const byId = new Map(discounts.map((discount) => [discount.id, discount]));
  const running = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const discount = byId.get(id);
      return discount && discount.duration !== 'once' && (discount.endsAt ?? Infinity) > at ? [discount] : [];
    });
  const parts = terms.items
    .filter((item) => !item.isMetered)
    .map((item) => ({ item, amount: fraction(item.amountMinor ?? 0) }));
  for (const part of parts) for (const it of running(part.item.discounts)) takeOff([part], it);
  for (const it of running(terms.discounts)) {
    takeOff(
      parts.filter(({ item }) => it.products === null || it.products.includes(item.product ?? '')),
      it,
    );
  }
  return rounded(parts.map(({ item, amount }) => perMonth(amount, item)).reduce(sum, fraction(0)));
}

/** When discounts of these terms end, so that the revenue becomes otherwise by itself. */
export function discountEnds(terms: SubscriptionTerms, discounts: readonly Discount[]): number[] {
  const ids = new Set(namedDiscounts(terms));
  return discounts.flatMap((it) => (ids.has(it.id) && it.duration !== 'once' && it.endsAt !== null ? [it.endsAt] : []));
}

/** Tiered prices have no amount of their own: the invoice that billed them latest before says what they come to. */
export function withBilledAmounts(
  terms: SubscriptionTerms,
  at: number,
  invoices: readonly InvoiceObject[],
): SubscriptionTerms {
  if (terms.items.every((item) => item.amountMinor !== null || item.isMetered)) return terms;
  const billed = invoices.filter((invoice) => invoice.paidAt !== null).flatMap(billedItems);
  const amountOf = (item: SubscriptionItem) => {
    const own = billed
      .filter((one) => one.price === item.price && one.quantity === item.quantity)
      .sort((a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1));
    return (own.findLast((one) => one.startsAt <= at) ?? own[0])?.amountMinor ?? null;
  };
  const items = terms.items.map((item) => ({ ...item, amountMinor: item.amountMinor ?? amountOf(item) }));
  return { ...terms, items };
}

/** What an invoice bills for each item and period: graduated tiers are a line each, a tier's flat fee is one of quantity 0. */
function billedItems({
  lines = [],
}: InvoiceObject): Pick<InvoiceLine, 'id' | 'price' | 'quantity' | 'amountMinor' | 'startsAt'>[] {
  const recurring = lines.filter((line) => !line.isProration);
  const keyOf = (line: InvoiceLine) => [line.price, line.subscriptionItem ?? '', line.startsAt, line.endsAt].join(' ');
  return [...Map.groupBy(recurring, keyOf).values()].map((own) => {
    const [first] = own as [InvoiceLine];
    const total = (read: (line: InvoiceLine) => number) => own.reduce((sum, line) => sum + read(line), 0);
    return {
      id: first.id,
      price: first.price,
      quantity: total((line) => line.quantity),
      amountMinor: total((line) => line.amountMinor),
      startsAt: first.startsAt,
    };
  });
}

type Part = { item: SubscriptionItem; amount: Fraction };

const WHOLE = 1_000_000n; // 100 % in ten-thousandths of a percent.

/** A percentage comes off each item, an amount off the first items until it is used up: nothing falls below 0. */
function takeOff(parts: readonly Part[], discount: Discount): void {
  if (discount.percentOff !== null) {
    const kept = WHOLE - BigInt(Math.min(1_000_000, Math.max(0, discount.percentOff)));
    for (const part of parts) {
      part.amount = { above: part.amount.above * kept, below: part.amount.below * WHOLE };
    }
    return;
  }
  // It comes off each invoice, and the items that are billed most often decide how often there is one.
  const often = Math.max(...parts.map(({ item }) => timesAYear(item)));
  let left = fraction(discount.amountOffMinor ?? 0);
  for (const part of parts.filter(({ item }) => timesAYear(item) === often)) {
    const taken = isLess(part.amount, left) ? part.amount : left;
    part.amount = difference(part.amount, taken);
    left = difference(left, taken);
  }
}

const A_YEAR: Record<SubscriptionItem['interval'], number> = { day: 365, week: 52, month: 12, year: 1 };

function timesAYear(item: SubscriptionItem): number {
  return A_YEAR[item.interval] / item.intervalCount;
}

function perMonth({ above, below }: Fraction, item: SubscriptionItem): Fraction {
  return { above: above * BigInt(A_YEAR[item.interval]), below: below * 12n * BigInt(item.intervalCount) };
}

const fraction = (whole: number): Fraction => ({ above: BigInt(whole), below: 1n });
const sum = (a: Fraction, b: Fraction): Fraction => ({
  above: a.above * b.below + b.above * a.below,
  below: a.below * b.below,
});
const difference = (a: Fraction, b: Fraction): Fraction => sum(a, { above: -b.above, below: b.below });
const isLess = (a: Fraction, b: Fraction) => a.above * b.below < b.above * a.below;

/** To the nearest minor unit, halves up: nothing here is negative. */
function rounded({ above, below }: Fraction): number {
  return Number((above * 2n + below) / (below * 2n));
}
