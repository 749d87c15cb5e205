import type { RuleModel } from '../core/attribution/models.ts';
import type { UnattributedReason } from '../core/link.ts';
import type { PaymentKind } from '../core/payment.ts';

export const UNATTRIBUTED = '(unattributed)';
export const UNATTRIBUTED_TEXT = 'Unattributed — paid without a known visitor';

/** One sentence each. */
export const MODELS: Record<RuleModel, { name: string; definition: string }> = {
  first_touch: {
    name: 'First touch',
    definition: 'All of a payment goes to the visit that first brought the customer.',
  },
  last_touch: { name: 'Last touch', definition: 'All of a payment goes to the last visit before it.' },
  last_non_direct: {
    name: 'Last non-direct',
    definition: 'All of a payment goes to the last visit before it that was not direct.',
  },
  linear: { name: 'Linear', definition: 'Every visit before the payment gets the same share.' },
  position_based: {
    name: 'Position-based',
    definition: '40 % to the first visit, 40 % to the last, 20 % shared by those between.',
  },
  time_decay: {
    name: 'Time decay',
    definition: 'Later visits get more: a visit’s weight halves for every 7 days before the payment.',
  },
  custom: {
    name: 'Custom',
    definition: 'Weights by position that you set for this site. Until you do, every visit gets the same share.',
  },
};

export const PAYMENT_KIND_NAMES: Record<PaymentKind, string> = {
  one_time: 'One-time',
  subscription_start: 'New subscription',
  subscription_renewal: 'Renewal',
  subscription_other: 'Subscription',
  off_stripe: 'Off Stripe',
};
export const kindName = (kind: string): string => PAYMENT_KIND_NAMES[kind as PaymentKind] ?? kind;

/** The reason in three words, and what to do about it. The full sentence comes from the server. */
export const REASONS: Record<UnattributedReason, { short: string; remedy: string }> = {
  no_visitor_id: {
    short: 'No visitor id',
    remedy:
      'Pass the visitor id when you create the payment: read it in the browser with headwater.getVisitorId() and set metadata.hw_visitor_id on the Checkout Session, the PaymentIntent or the Subscription. Returning customers to a page with ?session_id={CHECKOUT_SESSION_ID} works too.',
  },
  malformed_visitor_id: {
    short: 'Malformed id',
    remedy:
      'The value sent as visitor id is not one: usually “undefined” or “null”, because getVisitorId() was not awaited. Await it, and send nothing if it fails.',
  },
  visitor_never_seen: {
    short: 'Visitor never seen',
    remedy:
      'The id came from a browser whose hits never reached this site: check that the script on that page carries this site’s id, and that test and production use their own. If its hits arrive later, this payment is credited by itself.',
  },
  visitor_seen_after_payment: {
    short: 'Seen after paying',
    remedy:
      'The script was loaded only on pages after the payment. Put it on every page, the landing pages first. This payment stays unattributed: nothing is known of the time before it.',
  },
  outside_window: {
    short: 'Outside the window',
    remedy: 'Every visit is older than the site’s lookback window. A longer window credits it.',
  },
  off_stripe: {
    short: 'Paid off Stripe',
    remedy:
      'The invoice was paid by bank transfer or in cash. Set metadata.hw_visitor_id on the invoice, the subscription or the customer to credit such payments.',
  },
  pending: { short: 'Being matched', remedy: 'Nothing to do: this takes a few seconds.' },
};
export const reasonName = (reason: string): string =>
  REASONS[reason as UnattributedReason]?.short ?? reason.replaceAll('_', ' ');

export const dimensionName = (dimension: string): string => {
  const words = dimension.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** What a row's value is called on the screen. The API's own words stay in the data and in the title. */
export function valueName(value: string, dimension = 'value'): string {
  if (value === UNATTRIBUTED) return 'Unattributed';
  if (value === '(direct)') return 'Direct';
  if (value === '(other)') return 'All others';
  if (value === '' || value === '(none)')
    return dimension === 'value' ? 'None' : `No ${dimension.replaceAll('_', ' ')}`;
  return value;
}

const OBJECT_NAMES: Record<string, string> = {
  ch: 'Charge',
  py: 'Charge',
  pi: 'Payment intent',
  cs: 'Checkout session',
  sub: 'Subscription',
  in: 'Invoice',
  txn: 'Dispute movement',
  cus: 'Customer',
  re: 'Refund',
  pyr: 'Refund',
  dp: 'Dispute',
  du: 'Dispute',
};
/** For people only: an id's prefix names its kind, but nothing is decided by it. */
export const objectName = (id: string): string => OBJECT_NAMES[id.split('_')[0] ?? ''] ?? 'Object';

export const CLAIM_NAMES: Record<string, string> = {
  visitor: 'visitor id',
  session: 'session id',
  client_reference: 'client reference',
  email_hash: 'e-mail hash',
};

/** Stripe's lists, as the history names them. */
export const LIST_NAMES: Record<string, string> = {
  charges: 'Charges',
  refunds: 'Refunds',
  disputes: 'Disputes',
  sessions: 'Checkout Sessions',
  invoices: 'Invoices',
  invoice_payments: 'Invoice payments',
  subscriptions: 'Subscriptions',
  customers: 'Customers',
};

/** How Stripe's book and the ledger can differ. */
export const RESIDUALS = {
  missing_in_ledger: 'Missing in the ledger',
  amount_differs: 'Another amount',
  fee_differs: 'Another fee',
  not_settled: 'Not settled yet',
  not_a_payment: 'No payment',
} as const;

export const SEVERITIES = {
  error: { tone: 'down', name: 'Mend this' },
  warning: { tone: 'warn', name: 'Look at this' },
  note: { tone: 'plain', name: 'Good to know' },
} as const;
