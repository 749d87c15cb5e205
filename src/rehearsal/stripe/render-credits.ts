import type Stripe from 'stripe';
import type { CouponRow, CreditNoteRow, DiscountRow, PromotionCodeRow, TestClockRow } from './billing-rows.ts';
import { payer } from './payer.ts';
import { listOf } from './render-billing.ts';
import type { State } from './state.ts';

/** What takes something off: coupons, promotion codes, discounts, credit notes. And test clocks. As the newest version. */

export function couponObject(row: CouponRow, state: State): Stripe.Coupon {
  return {
    id: row.id,
    object: 'coupon',
    amount_off: row.amountOff,
    created: row.created,
    currency: row.currency,
    duration: row.duration,
    duration_in_months: row.durationInMonths,
    livemode: state.livemode,
    max_redemptions: null,
    metadata: {},
    name: row.name,
    percent_off: row.percentOff,
    redeem_by: null,
    times_redeemed: state.list('discount').filter((discount) => discount.coupon === row.id).length,
    valid: true,
  };
}

export function promotionCodeObject(row: PromotionCodeRow, state: State): Stripe.PromotionCode {
  return {
    id: row.id,
    object: 'promotion_code',
    active: true,
    code: row.code,
    created: row.created,
    customer: null,
    customer_account: null,
    expires_at: null,
    livemode: state.livemode,
    max_redemptions: null,
    metadata: {},
    promotion: { coupon: row.coupon, type: 'coupon' },
    restrictions: { first_time_transaction: false, minimum_amount: null, minimum_amount_currency: null },
    times_redeemed: state.list('discount').filter((discount) => discount.promotionCode === row.id).length,
  };
}

export function discountObject(row: DiscountRow, state: State): Stripe.Discount {
  return {
    id: row.id,
    object: 'discount',
    checkout_session: row.checkoutSession,
    ...payer(state, row.customer),
    end: row.end,
    invoice: row.invoice,
    invoice_item: null,
    promotion_code: row.promotionCode,
    source: { coupon: row.coupon, type: 'coupon' },
    start: row.created,
    subscription: row.subscription,
    subscription_item: null,
  };
}

export function creditNoteObject(row: CreditNoteRow, state: State): Stripe.CreditNote {
  const { amount } = row;
  return {
    id: row.id,
    object: 'credit_note',
    amount,
    amount_shipping: 0,
    created: row.created,
    currency: row.currency,
    ...(payer(state, row.customer) as { customer: string; customer_account: string | null }),
    customer_balance_transaction: row.customerBalanceTransaction,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: row.created,
    invoice: row.invoice,
    lines: listOf([], `/v1/credit_notes/${row.id}/lines`),
    livemode: state.livemode,
    memo: null,
    metadata: {},
    number: row.number,
    out_of_band_amount: row.outOfBandAmount || null,
    pdf: `https://pay.stripe.com/credit_notes/${row.id}/pdf`,
    post_payment_amount: row.type === 'post_payment' ? amount : 0,
    pre_payment_amount: row.type === 'pre_payment' ? amount : 0,
    pretax_credit_amounts: [],
    reason: null,
    refunds: row.refunds.map((refund) => ({
      amount_refunded: refund.amount,
      payment_record_refund: null,
      refund: refund.refund,
      type: 'refund',
    })),
    shipping_cost: null,
    status: row.voidedAt === null ? 'issued' : 'void',
    subtotal: amount,
    subtotal_excluding_tax: amount,
    total: amount,
    total_excluding_tax: amount,
    total_taxes: [],
    type: row.type,
    voided_at: row.voidedAt,
  };
}

export function testClockObject(row: TestClockRow, state: State): Stripe.TestHelpers.TestClock {
  return {
    id: row.id,
    object: 'test_helpers.test_clock',
    created: row.created,
    deletes_after: row.created + 30 * 86_400,
    frozen_time: row.frozenTime,
    livemode: state.livemode,
    name: row.name,
    status: 'ready',
    status_details: {},
  };
}
