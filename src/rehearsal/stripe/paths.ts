import type { RowKind } from './rows.ts';

/** Where the API keeps its collections. */
export const PATHS: Record<RowKind, string> = {
  charge: 'charges',
  payment_intent: 'payment_intents',
  'checkout.session': 'checkout/sessions',
  payment_link: 'payment_links',
  customer: 'customers',
  subscription: 'subscriptions',
  invoice: 'invoices',
  invoice_payment: 'invoice_payments',
  credit_note: 'credit_notes',
  refund: 'refunds',
  dispute: 'disputes',
  application_fee: 'application_fees',
  balance_transaction: 'balance_transactions',
  coupon: 'coupons',
  promotion_code: 'promotion_codes',
  discount: 'discounts',
  product: 'products',
  price: 'prices',
  event: 'events',
  webhook_endpoint: 'webhook_endpoints',
  'test_helpers.test_clock': 'test_helpers/test_clocks',
};

export function pathOf(kind: RowKind): string {
  return PATHS[kind];
}
