import type { Discount, InvoiceObject, SubscriptionObject, SubscriptionTerms } from './payment.ts';

/** Ids of the discounts of the whole subscription and of its items. */
export function namedDiscounts(terms: SubscriptionTerms): string[] {
  return [...new Set([...terms.discounts, ...terms.items.flatMap((item) => item.discounts)])];
}

/** It is told what it takes off: of a coupon in other currencies only that there is one. */
export function isTold(discount: Discount | undefined): discount is Discount {
  return discount !== undefined && (discount.percentOff !== null || discount.amountOffMinor !== null);
}

/**
 * What a subscription's discounts take off: as told, and for those of which only the id is known (new renderings, and a
 * key that may not read coupons) as its paid invoices show it. One that came off a single invoice may be for once: it
 * counts, for its whole life, from the second on.
 */
export function discountsOf(subscription: SubscriptionObject, invoices: readonly InvoiceObject[]): Discount[] {
  const known = new Map((subscription.discounts ?? []).map((discount) => [discount.id, discount]));
  const named = new Set((subscription.states ?? []).flatMap((state) => namedDiscounts(state.terms)));
  const untold = [...named].filter((id) => !isTold(known.get(id))).sort();
  return [
    ...[...known.values()].filter(isTold),
    ...untold.flatMap((id) => seenDiscount(id, invoices, known.get(id)) ?? []),
  ];
}

interface Taken {
  offMinor: number;
  amountMinor: number;
}

function seenDiscount(id: string, invoices: readonly InvoiceObject[], known: Discount | undefined): Discount | null {
  const taken = invoices
    .filter((invoice) => invoice.paidAt !== null)
    .map((invoice): Taken => {
      const lines = (invoice.lines ?? []).filter((line) => !line.isProration && line.amountMinor > 0);
      const offs = lines.flatMap((line) => line.discounts.filter((it) => it.id === id).map((it) => ({ line, it })));
      return {
        offMinor: offs.reduce((sum, { it }) => sum + it.amountMinor, 0),
        amountMinor: offs.reduce((sum, { line }) => sum + line.amountMinor, 0),
      };
    })
    .filter(({ offMinor }) => offMinor > 0)
    .sort((a, b) => a.amountMinor - b.amountMinor || a.offMinor - b.offMinor);
  // How long it lasts is known then, and that it is an amount; it takes off less where there is less.
  if (known)
    return taken.length === 0 ? null : { ...known, amountOffMinor: Math.max(...taken.map((it) => it.offMinor)) };
  if (taken.length < 2) return null;
  const common = { id, duration: 'forever' as const, endsAt: null, products: null };
  const [first] = taken as [Taken];
  // The same amount off different sums is an amount; everything else is a percentage, of which whole ones are likeliest.
  const isAmount =
    taken.every((it) => it.offMinor === first.offMinor) && taken.at(-1)!.amountMinor !== first.amountMinor;
  if (isAmount) return { ...common, percentOff: null, amountOffMinor: first.offMinor };
  const whole = Math.round((first.offMinor * 100) / first.amountMinor);
  const isWhole = taken.every((it) => Math.abs(it.offMinor - (it.amountMinor * whole) / 100) <= 1);
  const percentOff = isWhole ? whole * 10_000 : Math.round((first.offMinor * 1_000_000) / first.amountMinor);
  return { ...common, percentOff, amountOffMinor: null };
}
