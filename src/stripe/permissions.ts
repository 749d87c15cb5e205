import { Stripe } from 'stripe';
import type { PermissionAnswer, PermissionRule } from '../payments/provider.ts';
import { failureOf } from './client.ts';
import type { Clients } from './client.ts';

interface Probe {
  method: 'GET' | 'POST';
  path: string;
}
interface Row extends PermissionRule {
  probe: Probe;
}

const read = (path: string): Probe => ({ method: 'GET', path: `/v1/${path}` });

/**
 * The closed list of permissions, by the names of Stripe's 403 answers. Stripe checks a permission before it looks for
 * the object, so asking for one that cannot exist tells what a key may do: 404 with the permission, 403 without.
 */
const ROWS: readonly Row[] = [
  {
    name: 'rak_charge_read',
    label: 'Charges',
    access: 'read',
    without: 'nothing can be read: a key without it is refused',
    probe: read('charges/ch_headwaterprobe'),
  },
  {
    name: 'rak_checkout_session_read',
    label: 'Checkout Sessions',
    access: 'read',
    without: 'payments whose visitor id stands on the Checkout Session only need its webhook to be attributed',
    probe: read('checkout/sessions/cs_test_headwaterprobe'),
  },
  {
    name: 'rak_customer_read',
    label: 'Customers',
    access: 'read',
    without: 'a visitor id or e-mail address on the customer is not found unless a webhook brings it',
    probe: read('customers/cus_headwaterprobe'),
  },
  {
    name: 'rak_payment_intent_read',
    label: 'Payment Intents',
    access: 'read',
    without: 'payments are joined with their Checkout Session or invoice by webhooks only',
    probe: read('payment_intents/pi_headwaterprobe'),
  },
  {
    name: 'rak_invoice_read',
    label: 'Invoices',
    access: 'read',
    without:
      'renewals are not joined with their subscription, so they stay unattributed unless webhooks bring the invoice',
    probe: read('invoices/in_headwaterprobe'),
  },
  {
    name: 'rak_subscription_read',
    label: 'Subscriptions',
    access: 'read',
    without: 'a visitor id on the subscription is not found unless a webhook brings it',
    probe: read('subscriptions/sub_headwaterprobe'),
  },
  {
    name: 'rak_refund_read',
    label: 'Refunds',
    access: 'read',
    without: 'refunds are known by their total only until a webhook brings each of them',
    probe: read('refunds/re_headwaterprobe'),
  },
  {
    name: 'rak_dispute_read',
    label: 'Disputes',
    access: 'read',
    without: 'disputes that webhooks did not bring are missing from revenue',
    probe: read('disputes/dp_headwaterprobe'),
  },
  {
    name: 'rak_balance_transaction_source_read',
    label: 'Balance transaction sources',
    access: 'read',
    without: 'fees and net stay unknown, and the ledger cannot be checked against Stripe’s balance',
    probe: read('balance_transactions/txn_headwaterprobe'),
  },
  {
    name: 'rak_event_read',
    label: 'Events',
    access: 'read',
    without: 'webhooks that were lost cannot be fetched again',
    probe: read('events/evt_headwaterprobe'),
  },
  {
    name: 'rak_credit_note_read',
    label: 'Credit notes',
    access: 'read',
    without: 'credit notes cannot be told from other refunds of an invoice',
    probe: read('credit_notes/cn_headwaterprobe'),
  },
  {
    name: 'rak_coupon_read',
    label: 'Coupons',
    access: 'read',
    without: 'monthly recurring revenue is counted before discounts, invoices show no coupon',
    probe: read('coupons/headwaterprobe'),
  },
  {
    name: 'rak_product_read',
    label: 'Products',
    access: 'read',
    without: 'reports by product show ids instead of names',
    probe: read('products/prod_headwaterprobe'),
  },
  {
    name: 'rak_plan_read',
    label: 'Prices',
    access: 'read',
    without: 'prices of subscriptions are known from webhooks only',
    probe: read('prices/price_headwaterprobe'),
  },
  {
    name: 'rak_payment_link_read',
    label: 'Payment Links',
    access: 'read',
    without: 'the check-up cannot look at the return address of payment links',
    probe: read('payment_links/plink_headwaterprobe'),
  },
  {
    name: 'rak_webhook_write',
    label: 'Webhook Endpoints',
    access: 'write',
    without: 'the webhook endpoint must be made by hand, and the check-up cannot see whether Stripe disabled it',
    probe: { method: 'POST', path: '/v1/webhook_endpoints/we_headwaterprobe' },
  },
];

export const PERMISSIONS: readonly PermissionRule[] = ROWS.map(({ name, label, access, without }) => ({
  name,
  label,
  access,
  without,
}));

/** Together with the other calls of connecting fewer than a sandbox's 25 requests per second. */
const PARALLEL = 4;
const RETRY_AFTER_MS = 1_000;

/** Asks what a key may do: one call per permission, none for a secret key, which may do everything. */
export async function probePermissions(clients: Clients, key: string): Promise<Record<string, PermissionAnswer>> {
  if (key.startsWith('sk_')) return Object.fromEntries(ROWS.map(({ name }) => [name, 'granted' as const]));
  const answers: Record<string, PermissionAnswer> = {};
  const queue = ROWS.values();
  const stripe = clients(key);
  const work = async () => {
    for (const { name, probe } of queue) answers[name] = await probed(stripe, probe);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return Object.fromEntries(ROWS.map(({ name }) => [name, answers[name] ?? 'unknown']));
}

async function probed(stripe: Stripe, probe: Probe, triesLeft = 1): Promise<PermissionAnswer> {
  try {
    // A POST without fields: it changes nothing even if there were such an object.
    await stripe.rawRequest(probe.method, probe.path);
    return 'granted';
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'absent' || failure.kind === 'rejected') return 'granted';
    // Another 403 is about the caller's address, not about what the key may do.
    if (failure.kind === 'forbidden') return /permission|rak_/i.test(failure.reason) ? 'missing' : 'unknown';
    if (failure.kind === 'unauthorised' || triesLeft === 0) return 'unknown';
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
    return probed(stripe, probe, triesLeft - 1);
  }
}
