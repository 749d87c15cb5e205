import { byJson } from '../core/json-text.ts';
import type {
  Discount,
  InvoiceLine,
  SubscriptionItem,
  SubscriptionObject,
  SubscriptionState,
  SubscriptionTerms,
} from '../core/payment.ts';
import { currency, decimal, id, integer, isJson, list, record, text, time } from './fields.ts';
import type { Json } from './fields.ts';

/**
 * What a subscription is and costs, and what its paid invoices billed, of any API version: read by presence, as everything
 * else (normalize.ts). Renderings of one moment in different versions give the same value.
 */

/** How a snapshot came: by an event, with what it says was so before; or read, at the provider's time. */
export interface Told {
  seenAt: number;
  /** Epoch milliseconds of the provider's clock when it answered; absent: an event brought it. */
  readAt?: number | undefined;
  /** It was asked for by itself, with all that is told only then. */
  isAlone?: boolean | undefined;
  /** `previous_attributes` of the event, and the object they are of. */
  previous?: { id: string; attributes: Json } | undefined;
}

type Recurring = Required<Pick<SubscriptionObject, 'startedAt' | 'states' | 'discounts' | 'askedAt'>>;

const ITEMS_MAX = 100;

export function recurringOf(json: Json, told: Told): Recurring {
  const terms = termsOf(json);
  const startedAt = time(json['start_date']) ?? time(json['start']);
  if (terms === null) return { startedAt, states: [], discounts: [], askedAt: null };
  const { previous } = told;
  const before = previous && previous.id === id(json) ? termsOf(asBefore(json, previous.attributes)) : null;
  const state: SubscriptionState = {
    at: stateTime(json, terms, told),
    told: told.readAt === undefined ? 'event' : 'read',
    terms,
    before,
  };
  return { startedAt, states: [state], discounts: discountsOf(json), askedAt: told.isAlone ? state.at : null };
}

/** The end is dated by Stripe itself. Under a test clock the time of reading is another world's. */
function stateTime(json: Json, { status }: SubscriptionTerms, { seenAt, readAt }: Told): number {
  const endedAt = time(json['ended_at']);
  if (endedAt !== null && (status === 'canceled' || status === 'incomplete_expired')) return endedAt;
  const at = readAt ?? seenAt;
  const ownAt = readAt !== undefined && json['test_clock'] ? latestOwnTime(json) : null;
  return Math.floor((ownAt ?? at) / 1_000) * 1_000;
}

function latestOwnTime(json: Json): number | null {
  const items = list(record(json['items'])).map(record);
  const times = [json, ...items].flatMap((it) => [time(it['created']), time(it['current_period_start'])]);
  const known = [...times, time(json['canceled_at'])].filter((it) => it !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

/** null: a snapshot that does not say what it costs. */
export function termsOf(json: Json): SubscriptionTerms | null {
  const status = text(json['status'], 50);
  const items = list(json['items'])
    .slice(0, ITEMS_MAX)
    .map((item) => itemOf(item, currencyOf(json)));
  if (status === null || items.length === 0 || items.includes(null)) return null;
  const known = items.filter((item) => item !== null);
  known.sort(byJson);
  return {
    status,
    currency: currencyOf(json),
    items: known,
    discounts: discountIds(json),
    isPaused: isJson(json['pause_collection']),
    ...(record(json['items'])['has_more'] === true ? { isPartial: true } : {}),
  };
}

function currencyOf(json: Json): string | null {
  return currency(json['currency']) ?? currency(priceOf(record(list(json['items'])[0]))['currency']);
}

/** Plans were what prices are, before there were prices. */
function priceOf(item: Json): Json {
  return isJson(item['price']) ? item['price'] : record(item['plan']);
}

/** A price shows its amount in its own currency, whatever the subscription is in; the others it shows when asked. */
function priceIn(price: Json, code: string | null): Json {
  const own = currency(price['currency']);
  if (own === null || code === null || own === code) return price;
  const option = record(price['currency_options'])[code];
  if (isJson(option)) return { ...price, ...option };
  const none = { unit_amount: null, unit_amount_decimal: null, amount: null, amount_decimal: null };
  return { ...price, ...none, isUntold: price['billing_scheme'] !== 'tiered' };
}

function itemOf(value: unknown, code: string | null): SubscriptionItem | null {
  const item = record(value);
  const price = priceIn(priceOf(item), code);
  const recurring = isJson(price['recurring']) ? price['recurring'] : price;
  const interval = intervalOf(recurring['interval']);
  if (interval === null) return null;
  const isMetered = recurring['usage_type'] === 'metered';
  const quantity = isMetered ? 0 : (integer(item['quantity']) ?? 1);
  return {
    price: id(price),
    product: id(price['product']),
    amountMinor: isMetered ? 0 : amountOf(price, quantity),
    ...(price['isUntold'] === true && !isMetered ? { isUntold: true } : {}),
    quantity,
    interval,
    intervalCount: Math.max(1, integer(recurring['interval_count']) ?? 1),
    isMetered,
    discounts: list(item['discounts']).flatMap((discount) => id(discount) ?? []),
  };
}

function intervalOf(value: unknown): SubscriptionItem['interval'] | null {
  return value === 'day' || value === 'week' || value === 'month' || value === 'year' ? value : null;
}

/** Unit amounts can have decimals of a minor unit: Stripe multiplies first and rounds then. null: tiers. */
function amountOf(price: Json, quantity: number): number | null {
  if (price['billing_scheme'] === 'tiered') return null;
  const exact = decimal(price['unit_amount_decimal'] ?? price['amount_decimal']);
  const unit = exact ?? integer(price['unit_amount']) ?? integer(price['amount']);
  if (unit === null) return null;
  const [units = '0', decimals = ''] = String(unit).split('.');
  const scale = 10n ** BigInt(decimals.length);
  const total = BigInt(units + decimals) * BigInt(packagesOf(price, quantity));
  const amount = Number((total * 2n + scale) / (scale * 2n));
  return Number.isSafeInteger(amount) ? amount : null;
}

/** `transform_quantity`: sold by the package. */
function packagesOf(price: Json, quantity: number): number {
  const transform = record(price['transform_quantity'] ?? price['transform_usage']);
  const divideBy = integer(transform['divide_by']);
  if (divideBy === null || divideBy <= 0) return Math.max(0, quantity);
  const packages = Math.max(0, quantity) / divideBy;
  return transform['round'] === 'down' ? Math.floor(packages) : Math.ceil(packages);
}

function discountIds(json: Json): string[] {
  const discounts = Array.isArray(json['discounts']) ? json['discounts'] : [json['discount']];
  return [...new Set(discounts.flatMap((discount) => id(discount) ?? []))];
}

/** Discounts whose coupon is shown with them: old renderings do, new ones when asked. */
export function discountsOf(json: Json): Discount[] {
  const items = list(json['items']).flatMap((item) => list(record(item)['discounts']));
  const code = currencyOf(json);
  return [json['discount'], ...list(json['discounts']), ...items].flatMap(
    (value) => discountOf(record(value), code) ?? [],
  );
}

function discountOf(json: Json, code: string | null): Discount | null {
  const coupon = isJson(json['coupon']) ? json['coupon'] : record(record(json['source'])['coupon']);
  const { duration, percent_off: percent } = coupon as { duration?: unknown; percent_off?: unknown };
  const discountId = id(json);
  if (discountId === null || (duration !== 'once' && duration !== 'repeating' && duration !== 'forever')) return null;
  const products = record(coupon['applies_to'])['products'];
  return {
    id: discountId,
    coupon: id(coupon),
    percentOff: typeof percent === 'number' && Number.isFinite(percent) ? Math.round(percent * 10_000) : null,
    amountOffMinor: amountOff(coupon, code),
    duration,
    endsAt: time(json['end']),
    products: Array.isArray(products) ? products.flatMap((product) => id(product) ?? []).sort() : null,
  };
}

/** An amount is in the coupon's currency; others have one of their own, or none that is shown. */
function amountOff(coupon: Json, code: string | null): number | null {
  const own = currency(coupon['currency']);
  if (own === null || code === null || own === code) return integer(coupon['amount_off']);
  return integer(record(record(coupon['currency_options'])[code])['amount_off']);
}

/** The object as the event says it was before: attributes as a whole, items one by one where only parts of them are told. */
function asBefore(json: Json, previous: Json): Json {
  const before: Json = { ...json, ...previous };
  if ('discount' in previous && !('discounts' in previous)) delete before['discounts'];
  if (!isJson(previous['items'])) return { ...before, items: json['items'] };
  const present = new Map(list(json['items']).map((item) => [id(item), record(item)]));
  const items = list(previous['items']).map((value) => {
    const item = record(value);
    const now = present.get(id(item)) ?? {};
    const price = record(item['price']);
    const isSame = id(price) === null || id(price) === id(now['price']);
    return {
      ...now,
      ...item,
      ...(isJson(item['price']) && isSame ? { price: { ...record(now['price']), ...price } } : {}),
    };
  });
  return { ...before, items: { ...record(json['items']), data: items } };
}

/** Lines of a paid invoice that are about a subscription. */
export function recurringLines(invoice: Json): InvoiceLine[] {
  if (!isPaid(invoice)) return [];
  const lines = list(invoice['lines']).flatMap((line) => lineOf(record(line)) ?? []);
  return lines.slice(0, ITEMS_MAX);
}

export function isPaid(invoice: Json): boolean {
  return invoice['status'] === 'paid' || invoice['paid'] === true;
}

function lineOf(line: Json): InvoiceLine | null {
  const parent = record(line['parent']);
  const details = record(parent['subscription_item_details']);
  const itemDetails = record(parent['invoice_item_details']);
  const isProration = line['proration'] === true || details['proration'] === true || itemDetails['proration'] === true;
  const subscriptionItem = id(details['subscription_item']) ?? id(line['subscription_item']);
  const isOfSubscription = subscriptionItem !== null || line['type'] === 'subscription';
  const lineId = id(line);
  const amountMinor = integer(line['amount']);
  const [startsAt, endsAt] = [time(record(line['period'])['start']), time(record(line['period'])['end'])];
  if (lineId === null || amountMinor === null || startsAt === null || endsAt === null) return null;
  if (!isOfSubscription && !isProration) return null;
  const priceDetails = record(record(line['pricing'])['price_details']);
  const price = isJson(line['price']) ? line['price'] : record(line['plan'] ?? priceDetails['price']);
  const recurring = isJson(price['recurring']) ? price['recurring'] : price;
  const usage = text(recurring['usage_type'], 20);
  return {
    id: lineId,
    subscriptionItem,
    price: id(priceDetails['price']) ?? id(line['price']) ?? id(line['plan']),
    product: id(priceDetails['product']) ?? id(price['product']),
    quantity: integer(line['quantity']) ?? 1,
    amountMinor,
    discounts: list(line['discount_amounts']).flatMap((value) => {
      const discount = id(record(value)['discount']);
      return discount === null ? [] : [{ id: discount, amountMinor: integer(record(value)['amount']) ?? 0 }];
    }),
    isProration,
    startsAt,
    endsAt,
    interval: intervalOf(recurring['interval']),
    intervalCount: integer(recurring['interval_count']),
    isMetered: usage === null ? null : usage === 'metered',
  };
}
