import type {
  Bill,
  CouponRow,
  DiscountRow,
  Interval,
  InvoiceItem,
  Item,
  Metadata,
  PriceRow,
  Terms,
} from './billing-rows.ts';
import type { Engine } from './engine.ts';
import type { State } from './state.ts';

/** Products, prices and what is added to or taken off them: discounts, taxes, shipping. */

export function createProduct({ state, now }: Engine, name: string, metadata: Metadata = {}): string {
  return state.add({ object: 'product' as const, id: state.newId('product'), created: now(), name, metadata }).id;
}

export interface PriceInput {
  amount: number;
  currency: string;
  currencyOptions?: Record<string, number>;
  interval: Interval | null;
  intervalCount?: number;
  isMetered?: boolean;
  product?: string | null;
  productName?: string;
}

export function createPrice(engine: Engine, input: PriceInput): PriceRow {
  return engine.state.add({
    object: 'price' as const,
    id: engine.state.newId('price'),
    created: engine.now(),
    product: input.product ?? createProduct(engine, input.productName ?? 'Product'),
    unitAmount: input.amount,
    currency: input.currency,
    currencyOptions: { ...input.currencyOptions },
    interval: input.interval,
    intervalCount: input.intervalCount ?? 1,
    isMetered: input.isMetered ?? false,
    metadata: {},
  });
}

export interface CouponInput {
  id?: string | null;
  name?: string;
  percentOff?: number | null;
  amountOff?: number | null;
  currency?: string | null;
  duration?: CouponRow['duration'];
  durationInMonths?: number | null;
  products?: string[] | null;
  currencyOptions?: Record<string, number>;
}

export function createCoupon({ state, now, emit }: Engine, input: CouponInput): CouponRow {
  const coupon: CouponRow = state.add({
    object: 'coupon' as const,
    id: input.id ?? state.newId('coupon'),
    created: now(),
    name: input.name ?? 'Coupon',
    percentOff: input.percentOff ?? null,
    amountOff: input.amountOff ?? null,
    currency: input.currency ?? null,
    duration: input.duration ?? 'once',
    durationInMonths: input.durationInMonths ?? null,
    products: input.products ?? null,
    currencyOptions: { ...input.currencyOptions },
  });
  emit('coupon.created', coupon);
  return coupon;
}

export function createPromotionCode({ state, now, emit }: Engine, code: string, coupon: string): string {
  const id = state.newId('promotion_code');
  const row = state.add({ object: 'promotion_code' as const, id, created: now(), code, coupon });
  emit('promotion_code.created', row);
  return row.id;
}

/** Gives a coupon, or the coupon of a promotion code, to something. */
export function discountBy(
  { state, now }: Engine,
  by: { coupon?: string | null; promotionCode?: string | null },
  to: Partial<Pick<DiscountRow, 'customer' | 'checkoutSession' | 'subscription' | 'invoice'>> = {},
): DiscountRow {
  const code = state.get('promotion_code', by.promotionCode ?? null);
  const months = state.get('coupon', code?.coupon ?? by.coupon ?? null)?.durationInMonths ?? null;
  return state.add({
    object: 'discount' as const,
    id: state.newId('discount'),
    created: now(),
    coupon: code?.coupon ?? by.coupon!,
    promotionCode: code?.id ?? null,
    customer: null,
    checkoutSession: null,
    subscription: null,
    invoice: null,
    end: months === null ? null : addMonths(now(), months),
    ...to,
  });
}

/** The same day of a later month, or its last one. Epoch seconds. */
export function addMonths(second: number, months: number): number {
  const from = new Date(second * 1_000);
  const to = new Date(from);
  to.setUTCDate(1);
  to.setUTCMonth(to.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth() + 1, 0)).getUTCDate();
  to.setUTCDate(Math.min(from.getUTCDate(), lastDay));
  return to.getTime() / 1_000;
}

export function unitIn(price: PriceRow, currency: string): number {
  return price.currencyOptions[currency] ?? price.unitAmount;
}

export function itemAmount({ state }: Engine, item: Item, currency = ''): number {
  return Math.round(unitIn(state.need('price', item.price), currency) * item.quantity);
}

export function totalOf(engine: Engine, items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + itemAmount(engine, item), 0);
}

/** What comes off single items, before what comes off all of them. */
export function itemDiscounts(items: readonly Pick<InvoiceItem, 'discount'>[]): number {
  return items.reduce((sum, item) => sum + (item.discount?.amount ?? 0), 0);
}

export function amountOffIn(coupon: CouponRow, currency: string): number | null {
  return coupon.currencyOptions[currency] ?? coupon.amountOff;
}

/** The items that the discount is for: its coupon can be limited to products. */
export function discounted<T extends Item>(state: State, terms: Terms, items: readonly T[]): T[] {
  const products = state.get('coupon', state.get('discount', terms.discount)?.coupon ?? null)?.products ?? null;
  return items.filter((item) => products === null || products.includes(state.need('price', item.price).product));
}

/**
 * Discount first, then tax on what is left of the goods. A negative subtotal (a downgrade) is taken as it is.
 * @param discountable the part of the subtotal that the discount is for
 */
export function billOf(
  { state }: Engine,
  subtotal: number,
  terms: Terms,
  { discountable = subtotal, currency = '' } = {},
): Bill {
  const coupon = state.get('coupon', state.get('discount', terms.discount)?.coupon ?? null);
  const most = Math.max(0, Math.min(subtotal, discountable));
  const off = coupon ? (amountOffIn(coupon, currency) ?? Math.round((most * (coupon.percentOff ?? 0)) / 100)) : 0;
  const discount = Math.min(most, off);
  const tax = Math.round(((subtotal - discount) * terms.taxPercent) / 100);
  const { shipping } = terms;
  return { subtotal, discount, tax, shipping, total: subtotal - discount + tax + shipping };
}
