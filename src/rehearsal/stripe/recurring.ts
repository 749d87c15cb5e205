import type { Interval, SubscriptionRow } from './billing-rows.ts';
import { amountOffIn, unitIn } from './prices.ts';
import type { State } from './state.ts';

/**
 * The truth about recurring revenue: what each subscription was worth a month at any time, from the rows as they were.
 * Computed by other means than the product's: from what is sold, not from what is shown.
 */
export interface RecurringHistory {
  note(row: SubscriptionRow): void;
  /** Minor units by currency, at an instant in epoch seconds. */
  at(second: number): Record<string, number>;
}

const TIMES_A_YEAR: Record<Interval, number> = { day: 365, week: 52, month: 12, year: 1 };

export function createRecurringHistory(state: State, now: () => number): RecurringHistory {
  const seen: { at: number; row: SubscriptionRow }[] = [];
  return {
    note: (row) => void seen.push({ at: now(), row: structuredClone(row) }),
    at(second) {
      const last = new Map<string, SubscriptionRow>();
      for (const { at, row } of seen) if (at <= second) last.set(row.id, row);
      const sums: Record<string, number> = {};
      for (const row of last.values()) {
        const worth = worthOf(row, state, second);
        if (worth !== 0) sums[row.currency] = (sums[row.currency] ?? 0) + worth;
      }
      return sums;
    },
  };
}

function worthOf(row: SubscriptionRow, state: State, second: number): number {
  if ((row.status !== 'active' && row.status !== 'past_due') || row.collectionPaused) return 0;
  const discount = state.get('discount', row.terms.discount);
  const coupon = discount && state.get('coupon', discount.coupon);
  const isRunning = coupon && coupon.duration !== 'once' && (discount.end === null || discount.end > second);
  let yearly = 0;
  let mostOften = 0;
  /** Of the items that are billed most often: an amount comes off no more than their invoices. */
  let often = 0;
  for (const { price: id, quantity, discount: own } of row.items) {
    const price = state.need('price', id);
    if (price.isMetered) continue;
    const times = TIMES_A_YEAR[price.interval!] / price.intervalCount;
    const off = state.get('coupon', state.get('discount', own ?? null)?.coupon ?? null)?.percentOff ?? 0;
    const worth = Math.round(unitIn(price, row.currency) * quantity) * (1 - off / 100) * times;
    yearly += worth;
    often = (times < mostOften ? 0 : worth) + (times > mostOften ? 0 : often);
    mostOften = Math.max(mostOften, times);
  }
  if (isRunning && coupon.percentOff !== null) yearly *= 1 - coupon.percentOff / 100;
  const amountOff = isRunning ? amountOffIn(coupon, row.currency) : null;
  if (amountOff !== null) yearly -= Math.min(often, amountOff * mostOften);
  // Half a minor unit is a fraction that computers cannot write; one in a million more is not seen otherwise.
  return Math.floor(yearly / 12 + 0.5 + 1e-6);
}
