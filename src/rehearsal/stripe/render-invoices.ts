import type Stripe from 'stripe';
import type { InvoiceItem, InvoicePaymentRow, InvoiceRow } from './billing-rows.ts';
import { payer } from './payer.ts';
import { discounted, itemDiscounts, unitIn } from './prices.ts';
import { decimal, listOf } from './render-billing.ts';
import type { State } from './state.ts';

/** Invoices, their lines and their payments as the newest version shows them. */

function lineObject(row: InvoiceRow, item: InvoiceItem, state: State): Stripe.InvoiceLineItem {
  const price = state.need('price', item.price);
  const subscription = state.get('subscription', row.subscription);
  const { amount, proration } = item;
  return {
    id: item.id,
    object: 'line_item',
    amount,
    currency: row.currency,
    description: state.get('product', price.product)?.name ?? null,
    discount_amounts: discountAmounts(
      row,
      [item],
      share(row.bill.discount - itemDiscounts(row.items), discounted(state, row.terms, row.items), item),
    ),
    discountable: !proration,
    discounts: row.terms.discount === null ? [] : [row.terms.discount],
    invoice: row.id,
    livemode: state.livemode,
    // Lines of type subscription show the subscription's present metadata, not the snapshot.
    metadata: { ...subscription?.metadata },
    parent:
      item.subscriptionItem === null
        ? {
            invoice_item_details: {
              invoice_item: `ii_${item.id.slice(3)}`,
              proration: false,
              proration_details: null,
              subscription: null,
            },
            subscription_item_details: null,
            type: 'invoice_item_details',
          }
        : {
            invoice_item_details: null,
            subscription_item_details: {
              invoice_item: null,
              proration,
              proration_details: { credited_items: null },
              subscription: row.subscription,
              subscription_item: item.subscriptionItem,
            },
            type: 'subscription_item_details',
          },
    period: { end: row.periodEnd, start: item.startsAt ?? row.periodStart },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: decimal(unitIn(price, row.currency)),
    },
    quantity: item.quantity,
    quantity_decimal: decimal(item.quantity),
    subscription: row.subscription,
    subtotal: amount,
    taxes: taxes(row, share(row.bill.tax, row.items, item), amount),
  };
}

/** A line's part of what the invoice adds to these lines or takes off them; the first takes what rounding leaves. */
function share(amount: number, items: readonly InvoiceItem[], item: InvoiceItem): number {
  const sum = items.reduce((total, other) => total + other.amount, 0);
  const of = (other: InvoiceItem) => (sum === 0 ? 0 : Math.round((amount * other.amount) / sum));
  const [first, ...others] = items;
  if (item.id !== first?.id) return items.includes(item) ? of(item) : 0;
  return amount - others.reduce((total, other) => total + of(other), 0);
}

type Discounted = { amount: number; discount: string }[];

/** What the discount of the whole takes off these items, and what their own do. */
function discountAmounts({ terms }: InvoiceRow, items: readonly InvoiceItem[], amount: number): Discounted {
  const own = items.flatMap(({ discount }) => (discount ? [{ amount: discount.amount, discount: discount.id }] : []));
  return terms.discount === null ? own : [...own, { amount, discount: terms.discount }];
}

function taxes(row: InvoiceRow, amount: number, taxable: number): Stripe.Invoice.TotalTax[] {
  if (row.terms.taxPercent === 0) return [];
  return [
    {
      amount,
      tax_behavior: 'exclusive',
      tax_rate_details: { tax_rate: `txr_1${row.terms.taxPercent}` },
      taxability_reason: 'standard_rated',
      taxable_amount: taxable,
      type: 'tax_rate_details',
    },
  ];
}

/** Fields that say nothing here, because rehearsals have no addresses and no drafts. */
const PLAIN_INVOICE = {
  account_tax_ids: null,
  application: null,
  auto_advance: false,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  automatically_finalizes_at: null,
  collection_method: 'charge_automatically',
  custom_fields: null,
  customer_address: null,
  customer_name: null,
  customer_phone: null,
  customer_shipping: null,
  customer_tax_exempt: 'none',
  customer_tax_ids: [],
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  due_date: null,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  issuer: { type: 'self' },
  last_finalization_error: null,
  latest_revision: null,
  next_payment_attempt: null,
  on_behalf_of: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
  total_pretax_credit_amounts: [],
} satisfies Partial<Stripe.Invoice>;

export function invoiceObject(row: InvoiceRow, state: State): Stripe.Invoice {
  const lines = row.items.map((item) => lineObject(row, item, state));
  return {
    ...PLAIN_INVOICE,
    id: row.id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Rehearsal',
    amount_due: row.amountDue,
    amount_overpaid: row.amountOverpaid,
    amount_paid: row.amountPaid,
    ...(row.amountPaidOffStripe === 0 ? {} : { amount_paid_off_stripe: row.amountPaidOffStripe }),
    amount_remaining: row.amountDue - row.amountPaid,
    amount_shipping: row.bill.shipping,
    attempt_count: row.status === 'paid' && row.amountDue > 0 ? 1 : 0,
    attempted: row.status === 'paid',
    billing_reason: row.billingReason,
    created: row.created,
    currency: row.currency,
    ...(payer(state, row.customer) as { customer: string; customer_account: string | null }),
    customer_email: row.email,
    discounts: row.terms.discount === null ? [] : [row.terms.discount],
    effective_at: row.created,
    ending_balance: row.endingBalance,
    lines: { ...listOf(lines, `/v1/invoices/${row.id}/lines`), total_count: lines.length } as never,
    livemode: state.livemode,
    metadata: { ...row.metadata },
    number: row.number,
    parent:
      row.subscription === null
        ? null
        : {
            quote_details: null,
            subscription_details: { metadata: { ...row.subscriptionMetadata }, subscription: row.subscription },
            type: 'subscription_details',
          },
    period_end: row.periodEnd,
    period_start: row.periodStart,
    post_payment_credit_notes_amount: row.postPaymentCredit,
    pre_payment_credit_notes_amount: row.prePaymentCredit,
    starting_balance: row.startingBalance,
    status: row.status,
    status_transitions: {
      finalized_at: row.created,
      marked_uncollectible_at: null,
      paid_at: row.paidAt,
      voided_at: row.voidedAt,
    },
    subtotal: row.bill.subtotal,
    subtotal_excluding_tax: row.bill.subtotal,
    test_clock: row.testClock,
    total: row.bill.total,
    total_discount_amounts: discountAmounts(row, row.items, row.bill.discount - itemDiscounts(row.items)),
    total_excluding_tax: row.bill.total - row.bill.tax,
    total_taxes: taxes(row, row.bill.tax, row.bill.subtotal - row.bill.discount),
    webhooks_delivered_at: row.created,
  };
}

export function invoicePaymentObject(row: InvoicePaymentRow, state: State): Stripe.InvoicePayment {
  return {
    id: row.id,
    object: 'invoice_payment',
    amount_paid: row.amountPaid,
    amount_requested: row.amountRequested,
    created: row.created,
    currency: row.currency,
    invoice: row.invoice,
    is_default: row.isDefault,
    livemode: state.livemode,
    payment:
      row.paymentRecord === null
        ? { payment_intent: row.paymentIntent!, type: 'payment_intent' }
        : { payment_record: row.paymentRecord, type: 'payment_record' },
    status: row.status,
    status_transitions: { canceled_at: null, paid_at: row.paidAt },
  };
}
