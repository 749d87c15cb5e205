import type { SimulatedAccount, SimulatedKey } from './account.ts';
import { maskedKey, StripeRefusal } from './errors.ts';
import type { RowKind } from './rows.ts';

/** Nouns of `rak_<noun>_read` and `rak_<noun>_write`, as Stripe's refusals name them. */
const NOUNS: Record<RowKind, string> = {
  charge: 'charge',
  payment_intent: 'payment_intent',
  'checkout.session': 'checkout_session',
  payment_link: 'payment_link',
  customer: 'customer',
  subscription: 'subscription',
  invoice: 'invoice',
  invoice_payment: 'invoice',
  credit_note: 'credit_note',
  refund: 'refund',
  dispute: 'dispute',
  application_fee: 'application_fee',
  balance_transaction: 'balance_transaction_source',
  event: 'event',
  webhook_endpoint: 'webhook',
  product: 'product',
  price: 'plan',
  coupon: 'coupon',
  discount: 'coupon',
  promotion_code: 'promotion_code',
  'test_helpers.test_clock': 'test_clock',
};

/**
 * Checked before the object is looked for, as Stripe does, so that a probe with a made-up id tells what a key may do.
 * @throws StripeRefusal 403
 */
export function allow(account: SimulatedAccount, key: SimulatedKey, kind: RowKind, write: boolean): void {
  if (key.permissions === null) return;
  const read = `rak_${NOUNS[kind]}_read`;
  const wanted = write ? `rak_${NOUNS[kind]}_write` : read;
  // Write access includes reading.
  if (key.permissions.includes(wanted) || key.permissions.includes(`rak_${NOUNS[kind]}_write`)) return;
  throw forbidden(account, key, `Having the '${wanted}' permission would allow this request to continue.`);
}

export function forbidden(account: SimulatedAccount, key: SimulatedKey, hint: string): StripeRefusal {
  return new StripeRefusal(403, {
    code: 'more_permissions_required',
    message:
      `The provided key '${maskedKey(key.key)}' does not have the required permissions for this endpoint` +
      `${key.hidesAccount === true ? '' : ` on account '${account.id}'`}. ${hint}`,
  });
}

/** What each guide asks for, and what the guides' reader would click in Stripe's dashboard. */
export const ATTRIBU_PERMISSIONS = ['rak_charge_read', 'rak_checkout_session_read', 'rak_customer_read'] as const;

/** Everything Headwater can use, without changing anything but webhook endpoints. */
export const FULL_READ_PERMISSIONS: readonly string[] = [
  ...new Set(Object.values(NOUNS).map((noun) => `rak_${noun}_read`)),
  'rak_webhook_write',
];
