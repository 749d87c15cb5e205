import type { Stripe } from 'stripe';
import type { ObjectKind, WantedObject } from '../core/payment.ts';
import type { Fetched } from '../payments/provider.ts';
import { answeredAt, failureOf, keyRefusal, withResponseOf } from './client.ts';
import type { Clients } from './client.ts';
import { normalize } from './normalize.ts';
import type { NormalizeContext } from './normalize.ts';

const PAGE = 100;
/** One customer's sessions may be many; what lies behind the newest thousand does not explain a payment of today. */
const PAGES_MAX = 10;

type Page = { data: unknown[]; has_more: boolean };
type Retrieve = (stripe: Stripe, id: string) => Promise<unknown>;
type List = (stripe: Stripe, id: string, page: Stripe.PaginationParams) => Promise<Page>;

/**
 * Coupons say what discounts take off. Those of items, what prices are in other currencies than their own, and items beyond
 * the ten that are shown with a subscription, come with the list of its items: four levels are all that Stripe expands.
 */
async function retrieveSubscription(stripe: Stripe, id: string): Promise<object> {
  const found = await expanding(
    (expand) => stripe.subscriptions.retrieve(id, { expand }),
    ['discounts.source.coupon.applies_to', 'discounts.source.coupon.currency_options'],
  );
  const { items } = found;
  const isCut = ({ discounts = [], price }: Stripe.SubscriptionItem) =>
    discounts.some((it) => typeof it === 'string') || (price && price.currency !== found.currency);
  if (items.has_more || items.data.some(isCut)) {
    found.items = await expanding(
      (expand) => stripe.subscriptionItems.list({ subscription: id, limit: PAGE, expand }),
      ['data.discounts.source.coupon', 'data.price.currency_options'],
    );
  }
  return found;
}

/** A key that may not see what is asked for along with an object may well see the object, and the last of it. */
async function expanding<T>(read: (expand: string[]) => Promise<T>, expand: string[]): Promise<T> {
  try {
    return await read(expand);
  } catch (error) {
    const { kind } = failureOf(error);
    if (expand.length === 0 || (kind !== 'forbidden' && kind !== 'rejected')) throw error;
    return expanding(read, expand.slice(1));
  }
}

const RETRIEVE: Record<ObjectKind, Retrieve> = {
  charge: (stripe, id) => stripe.charges.retrieve(id),
  refund: (stripe, id) => stripe.refunds.retrieve(id),
  payment_intent: (stripe, id) => stripe.paymentIntents.retrieve(id),
  checkout_session: (stripe, id) => stripe.checkout.sessions.retrieve(id),
  invoice: (stripe, id) => stripe.invoices.retrieve(id),
  invoice_payment: (stripe, id) => stripe.invoicePayments.retrieve(id),
  subscription: (stripe, id) => retrieveSubscription(stripe, id),
  customer: (stripe, id) => stripe.customers.retrieve(id),
  balance_transaction: (stripe, id) => stripe.balanceTransactions.retrieve(id),
  dispute: (stripe, id) => stripe.disputes.retrieve(id),
};

const LISTS: Record<string, List | undefined> = {
  'charge by payment_intent': (stripe, id, page) => stripe.charges.list({ ...page, payment_intent: id }),
  'charge by customer': (stripe, id, page) => stripe.charges.list({ ...page, customer: id }),
  'refund by charge': (stripe, id, page) => stripe.refunds.list({ ...page, charge: id }),
  'refund by payment_intent': (stripe, id, page) => stripe.refunds.list({ ...page, payment_intent: id }),
  'dispute by charge': (stripe, id, page) => stripe.disputes.list({ ...page, charge: id }),
  'dispute by payment_intent': (stripe, id, page) => stripe.disputes.list({ ...page, payment_intent: id }),
  // Apart from finding a session: a key that may read sessions need not be allowed to see what their lines name.
  'checkout_session by checkout_session': async (stripe, id) => {
    const found = await stripe.checkout.sessions.retrieve(id, { expand: ['line_items'] });
    if (found.line_items?.has_more) {
      const data = await allPages((page) => stripe.checkout.sessions.listLineItems(id, page));
      found.line_items = { ...found.line_items, data: data as typeof found.line_items.data, has_more: false };
    }
    return { data: [found], has_more: false };
  },
  'invoice by invoice': async (stripe, id) => {
    const found = await expanding(
      (expand) => stripe.invoices.retrieve(id, { expand }),
      ['discounts.source.coupon', 'total_discount_amounts.discount.source.coupon'],
    );
    if (found.lines.has_more) {
      const data = await allPages((page) => stripe.invoices.listLineItems(id, page));
      found.lines = { ...found.lines, data: data as typeof found.lines.data, has_more: false };
    }
    return { data: [found], has_more: false };
  },
  'checkout_session by payment_intent': (stripe, id, page) =>
    stripe.checkout.sessions.list({ ...page, payment_intent: id }),
  'checkout_session by subscription': (stripe, id, page) =>
    stripe.checkout.sessions.list({ ...page, subscription: id }),
  'checkout_session by customer': (stripe, id, page) =>
    stripe.checkout.sessions.list({ ...page, ...(isAccount(id) ? { customer_account: id } : { customer: id }) }),
  'invoice by subscription': (stripe, id, page) => stripe.invoices.list({ ...page, subscription: id }),
  'invoice by customer': (stripe, id, page) => stripe.invoices.list({ ...page, customer: id }),
  'invoice_payment by payment_intent': (stripe, id, page) =>
    stripe.invoicePayments.list({ ...page, payment: { type: 'payment_intent', payment_intent: id } }),
  'invoice_payment by invoice': (stripe, id, page) => stripe.invoicePayments.list({ ...page, invoice: id }),
  'subscription by customer': (stripe, id, page) => stripe.subscriptions.list({ ...page, customer: id, status: 'all' }),
  'subscription by subscription': async (stripe, id) => {
    const found = await retrieveSubscription(stripe, id);
    return withResponseOf(found, { data: [found], has_more: false });
  },
  'balance_transaction by charge': (stripe, id, page) => stripe.balanceTransactions.list({ ...page, source: id }),
};

const isAccount = (id: string) => id.startsWith('acct_');

/** @throws ProviderUnavailable when it is worth asking again */
export async function fetchWanted(
  clients: Clients,
  key: string,
  want: WantedObject,
  context: NormalizeContext,
): Promise<Fetched> {
  try {
    const found = want.by === null ? await retrieve(clients(key), want) : await listAll(clients(key), want);
    if (found === null) return { status: 'absent', reason: `Stripe has no list of ${want.kind} by ${want.by}` };
    const isAlone = want.kind === 'subscription' && (want.by === null || want.by === 'subscription');
    const objects = normalize(found, { ...context, readAt: answeredAt(found) ?? context.seenAt, isAlone });
    if (objects.length > 0) return { status: 'found', objects };
    return { status: 'absent', reason: `Stripe knows no ${want.kind} of ${want.id}` };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'unavailable') throw failure.error;
    if (keyRefusal(failure) !== null) return { status: 'refused', reason: failure.reason };
    return { status: failure.kind === 'forbidden' ? 'forbidden' : 'absent', reason: failure.reason };
  }
}

async function retrieve(stripe: Stripe, want: WantedObject): Promise<unknown> {
  // A customer that is an account (Accounts v2) is no customer object.
  return want.kind === 'customer' && isAccount(want.id) ? null : RETRIEVE[want.kind](stripe, want.id);
}

async function listAll(stripe: Stripe, want: WantedObject): Promise<unknown[] | null> {
  const list = LISTS[`${want.kind} by ${want.by}`];
  if (!list) return null;
  return allPages((page) => list(stripe, want.id, page));
}

async function allPages(read: (page: Stripe.PaginationParams) => Promise<Page>): Promise<unknown[]> {
  const all: unknown[] = [];
  let answer: unknown = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const after = (all.at(-1) as { id?: string } | undefined)?.id;
    const page = await read({ limit: PAGE, ...(after ? { starting_after: after } : {}) });
    const data = Array.isArray(page.data) ? page.data : [];
    all.push(...data);
    // Of several pages the first one's time: what changed while they were read is read again some other time.
    answer ??= page;
    if (page.has_more !== true || data.length === 0) break;
  }
  return withResponseOf(answer, all);
}
