/**
 * The parameters of Stripe's objects with the visitor's id on every object that needs it. Stripe copies metadata to fewer
 * objects than one expects: what a Checkout Session has never reaches the payment intent, the charge or the subscription.
 *
 * Each takes the parameters one would give to the `stripe` package and answers the same type, so that it fits any version
 * of that package. What the merchant has set is kept. Without a known visitor nothing is added but the return address.
 */
import { visitorOf } from './server-request.ts';
import type { VisitorSource } from './server-request.ts';

/** Stripe refuses a 51st key, and a lost payment is worse than a lost source. */
const KEYS_MAX = 50;
const SESSION_ID = '{CHECKOUT_SESSION_ID}';

type Metadata = Record<string, string | number | null>;
interface Marked {
  metadata?: unknown;
}
interface Checkout extends Marked {
  mode?: string;
  client_reference_id?: string;
  payment_intent_data?: Marked;
  subscription_data?: Marked;
  setup_intent_data?: Marked;
  invoice_creation?: { enabled?: boolean; invoice_data?: Marked };
  success_url?: string;
  return_url?: string;
}

/** `{ hw_visitor_id, hw_session_id }` of a visitor, for the `metadata` of any object; `{}` when nobody is known. */
export function stripeMetadata(source: VisitorSource): Record<string, string> {
  const { visitor, session } = visitorOf(source);
  return {
    ...(visitor && { hw_visitor_id: visitor }),
    ...(session && { hw_session_id: session }),
  };
}

/**
 * For `stripe.checkout.sessions.create`, in any mode: metadata of the session and of what it makes, the client reference,
 * and a return address that carries the session's id, by which the script tells who came back.
 */
export function checkoutParams<P extends object>(source: VisitorSource, params: P): P {
  const found = stripeMetadata(source);
  const { visitor } = visitorOf(source);
  const given = params as Checkout;
  const made = MADE_BY_MODE[given.mode ?? ''];
  const invoices = given.mode === 'payment' && given.invoice_creation?.enabled === true ? given.invoice_creation : null;
  return {
    ...marked(found, given),
    ...(visitor === null || given.client_reference_id ? {} : { client_reference_id: visitor }),
    ...(made === undefined || !(given[made] ?? Object.keys(found)[0])
      ? {}
      : { [made]: marked(found, given[made] ?? {}) }),
    ...(invoices === null
      ? {}
      : { invoice_creation: { ...invoices, invoice_data: marked(found, invoices.invoice_data ?? {}) } }),
    ...(given.success_url === undefined ? {} : { success_url: withSessionId(given.success_url) }),
    ...(given.return_url === undefined ? {} : { return_url: withSessionId(given.return_url) }),
  } as P;
}

const MADE_BY_MODE: Record<string, 'payment_intent_data' | 'subscription_data' | 'setup_intent_data' | undefined> = {
  payment: 'payment_intent_data',
  subscription: 'subscription_data',
  setup: 'setup_intent_data',
};

/** For `stripe.paymentIntents.create`. Stripe copies it to the charge when the intent is confirmed, and not later. */
export function paymentIntentParams<P extends object>(source: VisitorSource, params: P): P {
  return marked(stripeMetadata(source), params);
}

/** For `stripe.subscriptions.create`: its renewals are found by it. */
export function subscriptionParams<P extends object>(source: VisitorSource, params: P): P {
  return marked(stripeMetadata(source), params);
}

/** For `stripe.customers.create`: what this customer buys later, on whichever object, is found by it. */
export function customerParams<P extends object>(source: VisitorSource, params: P): P {
  return marked(stripeMetadata(source), params);
}

/** For `stripe.invoices.create`, where the invoice is not one of a subscription. */
export function invoiceParams<P extends object>(source: VisitorSource, params: P): P {
  return marked(stripeMetadata(source), params);
}

/**
 * For `stripe.paymentLinks.create`. One link serves everybody, so it carries no visitor: its buyers come back with the
 * session's id instead. Add their id to the address they are sent to with `paymentLinkUrl`.
 *
 * @param params with `after_completion: { type: 'redirect', redirect: { url } }`
 */
export function paymentLinkParams<P extends object>(params: P): P {
  const { after_completion: after } = params as { after_completion?: { redirect?: { url?: string } } };
  const url = after?.redirect?.url;
  if (url === undefined) return params;
  return { ...params, after_completion: { ...after, redirect: { ...after!.redirect, url: withSessionId(url) } } };
}

/** The address of a payment link for this visitor. A client reference that is there already is kept. */
export function paymentLinkUrl(source: VisitorSource, url: string): string {
  const { visitor } = visitorOf(source);
  const address = new URL(url);
  if (visitor === null || address.searchParams.has('client_reference_id')) return url;
  address.searchParams.set('client_reference_id', visitor);
  return address.href;
}

function marked<P extends Marked>(found: Metadata, params: P): P {
  const own = typeof params.metadata === 'object' ? (params.metadata as Metadata | null) : null;
  const metadata: Metadata = { ...own };
  // The visitor comes first: of two free places it takes one.
  for (const [key, value] of Object.entries(found)) {
    if (!(key in metadata) && Object.keys(metadata).length < KEYS_MAX) metadata[key] = value;
  }
  return Object.keys(metadata).length === 0 ? { ...params } : { ...params, metadata };
}

/** Stripe fills in the braces, so they must not be encoded. */
function withSessionId(url: string): string {
  if (url.includes(SESSION_ID)) return url;
  const [address = '', ...fragment] = url.split('#');
  const separator = address.includes('?') ? '&' : '?';
  return [`${address}${separator}session_id=${SESSION_ID}`, ...fragment].join('#');
}
