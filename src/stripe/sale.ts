import { largerItem } from '../core/merge.ts';
import type { LinesShown, SoldItem } from '../core/payment.ts';
import { amount, id, integer, list, record, words as wordsOf } from './fields.ts';
import type { Json } from './fields.ts';

/**
 * What an invoice or a Checkout Session says about the sale: its largest line, its tax, its coupon; read by presence, as
 * everything else (normalize.ts).
 */

/** A line's price moved to `pricing.price_details` in 2025; before there were prices, there were plans. */
export function largestLine(lines: unknown): SoldItem | null {
  return list(lines).reduce<SoldItem | null>((largest, value) => {
    const line = record(value);
    const details = record(record(line['pricing'])['price_details']);
    const price = record(line['price'] ?? line['plan']);
    const item = {
      product: id(details['product']) ?? id(price['product']),
      price: id(details['price']) ?? id(line['price']) ?? id(line['plan']),
      name: nameOf(line['description']),
      amountMinor: integer(line['amount_total']) ?? integer(line['amount']) ?? 0,
    };
    const isEmpty = item.product === null && item.price === null && item.name === null;
    return isEmpty ? largest : largerItem(largest, item);
  }, null);
}

/** null: none are shown. */
export function linesShown(lines: unknown): LinesShown | null {
  if (list(lines).length === 0) return null;
  return record(lines)['has_more'] === true ? 'some' : 'all';
}

/** Stripe's own descriptions of subscription lines name the product among other things; others are the name. */
const DESCRIBED = [
  /^(?:\d+ × )?(.+) \(at .+ \/ .+\)$/s,
  /^(?:Remaining|Unused) time on (?:\d+ × )?(.+) after .+$/s,
  /^Trial period for (?:\d+ × )?(.+)$/s,
];
function nameOf(description: unknown): string | null {
  const words = wordsOf(description)?.trim() ?? '';
  for (const form of DESCRIBED) {
    const name = form.exec(words)?.[1];
    if (name !== undefined) return name;
  }
  return words === '' ? null : words;
}

/** Tax of an invoice that was paid for its whole total; null where it was not, or where nothing is said about tax. */
export function paidTaxOf(invoice: Json): number | null {
  const paidMinor = amount(invoice['amount_paid']);
  if (paidMinor === 0 || integer(invoice['total']) !== paidMinor) return null;
  for (const taxes of [invoice['total_taxes'], invoice['total_tax_amounts']]) {
    if (Array.isArray(taxes)) return taxes.reduce<number>((sum, tax) => sum + amount(record(tax)['amount']), 0);
  }
  return 'tax' in invoice ? amount(invoice['tax']) : null;
}

/** Id of the first coupon: merchants choose it, and it is the one name that every rendering knows. */
export function couponOf(json: Json): string | null {
  for (const value of discountsOf(json)) {
    const discount = record(value);
    const coupon = id(discount['coupon']) ?? id(record(discount['source'])['coupon']);
    if (coupon !== null) return coupon;
  }
  return null;
}

/** Id of the first discount, which is all that new renderings show of an invoice's unless asked. */
export function discountOf(json: Json): string | null {
  return (
    discountsOf(json)
      .map(id)
      .find((it) => it !== null) ?? null
  );
}

/** Those of single lines are summed up with the others. */
function discountsOf(json: Json): unknown[] {
  const ofLines = list(json['total_discount_amounts']).map((it) => record(it)['discount']);
  return [...list(json['discounts']), json['discount'], ...ofLines];
}
