import type { DiscountRow, InvoiceRow, PriceRow, SubscriptionRow } from './billing-rows.ts';
import { listOf, planObject, priceObject } from './render-billing.ts';
import type { Row, RowKind, RowOf } from './rows.ts';
import type { State } from './state.ts';
import { type ApiVersion, isBefore } from './versions.ts';

export type Rendered = Record<string, unknown> & { id: string; object: string };

/** What a move can ask for: other objects, at the version that is being rendered. */
export interface MoveContext {
  state: State;
  render(row: Row): Rendered;
}

/** One field that moved: versions older than the day show the old one. Fields that only came are in every version. */
interface Move<Kind extends RowKind> {
  object: Kind;
  before: string;
  /** New fields that old versions do not have, because they replaced others. */
  drop?: readonly string[];
  put?: (row: RowOf<Kind>, context: MoveContext, object: Rendered) => Record<string, unknown>;
}

const move = <Kind extends RowKind>(entry: Move<Kind>): Move<RowKind> => entry as unknown as Move<RowKind>;

/** Newest first: an object is taken back in time step by step. */
const MOVES: readonly Move<RowKind>[] = [
  move({
    object: 'checkout.session',
    before: '2026-09-30',
    drop: ['allowed_payment_method_types'],
  }),
  move({ object: 'payment_intent', before: '2026-09-30', drop: ['allowed_payment_method_types'] }),
  move({ object: 'discount', before: '2025-09-30', drop: ['source'], put: couponOfDiscount }),
  move({
    object: 'promotion_code',
    before: '2025-09-30',
    drop: ['promotion'],
    put: (row, { state, render }) => ({ coupon: render(state.need('coupon', row.coupon)) }),
  }),
  move({ object: 'charge', before: '2025-03-31', put: (row) => ({ invoice: row.invoice }) }),
  move({ object: 'payment_intent', before: '2025-03-31', put: (row) => ({ invoice: row.invoice }) }),
  move({
    object: 'invoice',
    before: '2025-03-31',
    drop: ['amount_overpaid', 'amount_paid_off_stripe', 'total_taxes', 'confirmation_secret'],
    put: oldInvoice,
  }),
  move({
    object: 'subscription',
    before: '2025-03-31',
    drop: ['billing_mode', 'billing_schedules'],
    put: oldSubscription,
  }),
  move({
    object: 'credit_note',
    before: '2025-03-31',
    drop: ['refunds', 'total_taxes'],
    put: (row) => ({ refund: row.refunds[0]?.refund ?? null, tax_amounts: [] }),
  }),
  move({
    object: 'checkout.session',
    before: '2025-03-31',
    drop: ['presentment_details', 'adaptive_pricing', 'origin_context'],
    put: (row) => ({ currency_conversion: conversionOf(row) }),
  }),
  ...(['charge', 'payment_intent', 'refund'] as const).map((object) =>
    move({ object, before: '2025-03-31', drop: ['presentment_details'] }),
  ),
  // Acacia already carried `parent` beside the old fields.
  move({ object: 'invoice', before: '2024-09-30', drop: ['parent'] }),
  move({
    object: 'payment_intent',
    before: '2024-04-10',
    put: (row) => ({ capture_method: row.captureMethod === 'manual' ? 'manual' : 'automatic' }),
  }),
  move({
    object: 'charge',
    before: '2022-11-15',
    put: (row, { state, render }) => ({
      destination: row.connect.destination,
      dispute: row.disputes.at(-1) ?? null,
      order: null,
      refunds: {
        ...newestFirst(
          row.refunds.map((id) => render(state.need('refund', id))),
          `/v1/charges/${row.id}/refunds`,
        ),
        total_count: row.refunds.length,
      },
    }),
  }),
  move({
    object: 'payment_intent',
    before: '2022-11-15',
    put: (row, { state, render }) => ({
      charges: {
        ...newestFirst(
          row.charges.map((id) => render(state.need('charge', id))),
          `/v1/charges?payment_intent=${row.id}`,
        ),
        total_count: row.charges.length,
      },
    }),
  }),
  // Accounts as customers and managed payments are unknown to the oldest rendering.
  ...(
    ['payment_intent', 'invoice', 'subscription', 'checkout.session', 'customer', 'refund', 'credit_note'] as const
  ).map((object) =>
    move({ object, before: '2022-08-01', drop: ['customer_account', 'managed_payments', 'payment_record'] }),
  ),
];

/** Shows an object, rendered at the newest version, as `version` shows it. */
export function renderedAt(object: Rendered, row: Row, version: ApiVersion, context: MoveContext): Rendered {
  let result = object;
  for (const { object: kind, before, drop, put } of MOVES) {
    if (kind !== row.object || !isBefore(version, before)) continue;
    const kept = drop ? without(result, drop) : result;
    result = put ? { ...kept, ...put(row as never, context, kept) } : kept;
  }
  return result;
}

/** The oldest version that shows this kind of object just as `version` does: what is alike is rendered once. */
export function likeness(kind: RowKind, version: ApiVersion): string {
  // Intents and charges embed charges and refunds; everything else shows only itself and what is not versioned.
  const embedded: readonly RowKind[] = kind === 'payment_intent' ? ['payment_intent', 'charge', 'refund'] : [kind];
  const kinds = kind === 'charge' ? ['charge', 'refund'] : embedded;
  return MOVES.filter(
    ({ object, before }) => (kinds as readonly string[]).includes(object) && isBefore(version, before),
  )
    .map(({ object, before }) => object + before)
    .join();
}

function couponOfDiscount(row: DiscountRow, { state, render }: MoveContext): Record<string, unknown> {
  return { coupon: render(state.need('coupon', row.coupon)) };
}

function oldInvoice(row: InvoiceRow, context: MoveContext, object: Rendered): Record<string, unknown> {
  const lines = object.lines as { data: Rendered[] };
  const { tax } = row.bill;
  const rate = `txr_1${row.terms.taxPercent}`;
  const amounts = (amount: number) => (tax === 0 ? [] : [{ amount, inclusive: false, tax_rate: rate }]);
  return {
    application_fee_amount: null,
    charge: row.charge,
    discount: discountOf(row.terms.discount, context),
    paid: row.status === 'paid',
    paid_out_of_band: row.paidOutOfBand,
    payment_intent: row.paymentIntent,
    quote: null,
    subscription: row.subscription,
    subscription_details: { metadata: row.subscription === null ? null : { ...row.subscriptionMetadata } },
    tax: tax === 0 ? null : tax,
    total_tax_amounts: amounts(tax),
    transfer_data: null,
    lines: {
      ...lines,
      data: lines.data.map((line, index) => {
        const item = row.items[index]!;
        const price = context.state.need('price', item.price);
        return {
          ...without(line, ['parent', 'pricing', 'taxes', 'quantity_decimal', 'subtotal']),
          plan: planOf(price, context),
          price: priceObject(price, context.state),
          proration: item.proration,
          subscription: row.subscription,
          subscription_item: item.subscriptionItem,
          tax_amounts: [],
          tax_rates: [],
          type: item.subscriptionItem === null ? 'invoiceitem' : 'subscription',
        };
      }),
    },
  };
}

function oldSubscription(row: SubscriptionRow, context: MoveContext, object: Rendered): Record<string, unknown> {
  const items = object.items as { data: Rendered[] };
  const first = row.items[0]!;
  const newFields = ['current_period_end', 'current_period_start', 'current_trial'];
  return {
    current_period_end: row.periodEnd,
    current_period_start: row.periodStart,
    discount: discountOf(row.terms.discount, context),
    items: { ...items, data: items.data.map((item) => without(item, newFields)) },
    plan: planOf(context.state.need('price', first.price), context),
    quantity: first.quantity,
  };
}

function conversionOf(row: RowOf<'checkout.session'>): Record<string, unknown> | null {
  const { presentment, amount, currency } = row;
  if (presentment === null) return null;
  return {
    amount_subtotal: row.bill.subtotal,
    amount_total: amount,
    fx_rate: String(presentment.amount / amount),
    source_currency: currency,
  };
}

function discountOf(id: string | null, { state, render }: MoveContext): Rendered | null {
  const row = state.get('discount', id);
  return row ? render(row) : null;
}

function planOf(price: PriceRow, { state }: MoveContext): object | null {
  return price.interval === null ? null : planObject(price, state);
}

function newestFirst(objects: Rendered[], url: string): object {
  return listOf(objects.reverse(), url);
}

function without(object: Rendered, names: readonly string[]): Rendered {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))) as Rendered;
}
