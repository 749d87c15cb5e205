import { DATA_DRIVEN_MODELS } from '../core/attribution/data-driven.ts';
import type { DataDrivenModel } from '../core/attribution/data-driven.ts';
import { RULE_MODELS } from '../core/attribution/models.ts';
import type { RuleModel } from '../core/attribution/models.ts';
import type { UnattributedReason } from '../core/link.ts';
import type { PaymentKind } from '../core/payment.ts';
import type { ModelSettingsAnswer, SiteModelsAnswer } from '../http/contract-models.ts';

export const UNATTRIBUTED = '(unattributed)';
export const UNATTRIBUTED_TEXT = 'Unattributed — paid without a known visitor';

/** A rule-based or a data-driven model. */
export type AnyModel = RuleModel | DataDrivenModel;
export const ANY_MODELS: readonly AnyModel[] = [...RULE_MODELS, ...DATA_DRIVEN_MODELS];

export const MODEL_NAMES: Record<AnyModel, string> = {
  first_touch: 'First touch',
  last_touch: 'Last touch',
  last_non_direct: 'Last non-direct',
  linear: 'Linear',
  position_based: 'Position-based',
  time_decay: 'Time decay',
  custom: 'Custom',
  markov: 'Markov',
  shapley: 'Shapley',
};

/** One sentence each, with what the site says about the models. */
export function modelDefinitions(models: ModelSettingsAnswer): Record<AnyModel, string> {
  const { first, middle, last } = models.position_percents;
  const custom = models.custom && customText(models.custom);
  return {
    first_touch: 'All of a payment goes to the visit that first brought the customer.',
    last_touch: 'All of a payment goes to the last visit before it.',
    last_non_direct: 'All of a payment goes to the last visit before it that was not direct.',
    linear: 'Every visit before the payment gets the same share.',
    position_based: `${first} % to the first visit, ${last} % to the last, ${middle} % shared by those between.`,
    time_decay: `Later visits get more: a visit’s weight halves for every ${hoursText(models.half_life_hours)} before the last one.`,
    custom: custom ?? 'Weights by position that you set for this site. Until you do, every visit gets the same share.',
    markov: 'From all paths, paying or not: each channel gets by how many payments would be lost without it.',
    shapley: 'From all paying paths: each channel gets what it adds, on average, to every set of other channels.',
  };
}

function customText({ name, from_start: start, others, from_end: end }: NonNullable<ModelSettingsAnswer['custom']>) {
  const parts = [
    start.length > 0 ? `${start.join(', ')} from the start` : '',
    `${others} shared by the others`,
    end.length > 0 ? `${end.join(', ')} from the end` : '',
  ];
  return `${name}: weights of ${parts.filter(Boolean).join('; ')}.`;
}

export function hoursText(hours: number): string {
  if (hours % 24 !== 0) return hours === 1 ? 'hour' : `${hours} hours`;
  return hours === 24 ? 'day' : `${hours / 24} days`;
}

/** What narrows a path, said in a few words. */
export function settingsText(models: ModelSettingsAnswer & Pick<Partial<SiteModelsAnswer>, 'renewals'>): string {
  const parts = [
    models.window_days === null
      ? 'lifetime'
      : `window of ${models.window_days} ${models.window_days === 1 ? 'day' : 'days'}`,
    models.ignore_direct ? 'direct ignored' : '',
    models.collapse_repeats ? 'repeats collapsed' : '',
    `half-life ${hoursText(models.half_life_hours).replace(/^(hour|day)$/, '1 $1')}`,
    Object.values(models.position_percents).join('/'),
    models.renewals === 'latest_touch' ? 'renewals follow all touchpoints before them' : '',
  ];
  return parts.filter(Boolean).join(' · ');
}

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
  forged_visitor_id: {
    short: 'Id not signed',
    remedy:
      'The site counts signed visitor ids only, and this one is not signed: it was made up, or read before the script had stored the signed one. Read the cookie hw_visitor_id when you create the payment.',
  },
  outside_window: {
    short: 'Outside the window',
    remedy: 'Every visit is older than the site’s lookback window. A longer window credits it.',
  },
  link_rejected: {
    short: 'Link rejected',
    remedy: 'Somebody said that this link is wrong. If it is right after all, reinstate it under Evidence.',
  },
  off_stripe: {
    short: 'Paid off Stripe',
    remedy:
      'The invoice was paid by bank transfer or in cash. Set metadata.hw_visitor_id on the invoice, the subscription or the customer to credit such payments.',
  },
  pending: { short: 'Being matched', remedy: 'Nothing to do: this takes a few seconds.' },
};
/** 'past_due' → 'Past due'. */
const spoken = (word: string): string => {
  const words = word.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};
/** `no_payment` is a subscription's: nobody can be credited before it is paid. */
export const reasonName = (reason: string): string =>
  REASONS[reason as UnattributedReason]?.short ?? (reason === 'no_payment' ? 'Not paid yet' : spoken(reason));
/** Of a subscription, as Stripe calls it. */
export const statusName = (status: string): string => spoken(status);

export const dimensionName = (dimension: string): string => spoken(dimension);

/** What changes recurring revenue. */
export const MOVEMENT_NAMES = {
  new: 'New',
  reactivation: 'Reactivated',
  expansion: 'Expansion',
  contraction: 'Contraction',
  churn: 'Churned',
} as const;

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
