import type { Stripe } from 'stripe';
import type {
  Listed,
  ListedEvent,
  ListedObject,
  ListName,
  ListOptions,
  ListRange,
  Movement,
  ProviderLists,
} from '../payments/provider-lists.ts';
import { KeyRefused } from '../payments/provider.ts';
import { answeredAt, failureOf, keyRefusal } from './client.ts';
import type { Clients } from './client.ts';
import type { Pace } from './client-pace.ts';
import type { EvidenceContext } from './evidence.ts';
import { currency, id, integer, record, text, time } from './fields.ts';
import { normalize } from './normalize.ts';
import type { NormalizeContext } from './normalize.ts';

const PAGE = 100;

type Page = { data: unknown[]; has_more: boolean };
type Parameters = Stripe.PaginationParams & { created?: Stripe.RangeQueryParam; expand?: string[] };

interface List {
  /** Stripe limits each endpoint on its own as well. */
  endpoint: string;
  /** What to ask for along with each object, and the permission that needs; without it the object is still read. */
  expand: Record<string, string>;
  read(stripe: Stripe, parameters: Parameters): Promise<Page>;
}

const LISTS: Record<ListName, List> = {
  customers: { endpoint: 'customers', expand: {}, read: (stripe, page) => stripe.customers.list(page) },
  subscriptions: {
    endpoint: 'subscriptions',
    // Old renderings show what discounts take off; new ones when they are asked.
    expand: { 'data.discounts.source.coupon': 'rak_coupon_read' },
    // Without a status the list leaves cancelled subscriptions out, whose payments are not cancelled.
    read: (stripe, page) => stripe.subscriptions.list({ ...page, status: 'all' }),
  },
  invoices: {
    endpoint: 'invoices',
    // Which coupon a discount is of.
    expand: { 'data.discounts.source.coupon': 'rak_coupon_read' },
    read: (stripe, page) => stripe.invoices.list({ ...page, status: 'paid' }),
  },
  invoice_payments: {
    endpoint: 'invoice_payments',
    expand: {},
    read: (stripe, page) => stripe.invoicePayments.list({ ...page, status: 'paid' }),
  },
  sessions: {
    endpoint: 'checkout/sessions',
    expand: { 'data.line_items': 'rak_product_read' },
    read: (stripe, page) => stripe.checkout.sessions.list({ ...page, status: 'complete' }),
  },
  refunds: {
    endpoint: 'refunds',
    expand: { 'data.balance_transaction': 'rak_balance_transaction_source_read' },
    read: (stripe, page) => stripe.refunds.list(page),
  },
  disputes: { endpoint: 'disputes', expand: {}, read: (stripe, page) => stripe.disputes.list(page) },
  charges: {
    endpoint: 'charges',
    expand: {
      'data.balance_transaction': 'rak_balance_transaction_source_read',
      'data.payment_intent': 'rak_payment_intent_read',
      'data.refunds': 'rak_refund_read',
    },
    read: (stripe, page) => stripe.charges.list(page),
  },
};

/**
 * Stripe's lists behind payments/provider-lists.ts: a hundred objects a page, at the pace that Stripe allows.
 *
 * @param readContext as for webhooks; `seenAt` is the moment of reading
 */
export function createLists(
  clients: Clients,
  pace: Pace,
  readContext: (options: ListOptions) => EvidenceContext,
): ProviderLists {
  /** What a key turned out not to be allowed to expand, so that it is not refused with every page. */
  const denied = new Map<string, Set<string>>();

  async function page(key: string, list: List, range: ListRange): Promise<Answered> {
    const own = denied.get(key) ?? new Set<string>();
    for (;;) {
      const expand = Object.keys(list.expand).filter((path) => !own.has(path));
      try {
        await pace.turn(key, list.endpoint);
        const answer = await list.read(clients(key), { ...parametersOf(range), expand });
        const items = Array.isArray(answer.data) ? answer.data : [];
        const next = answer.has_more === true ? id(items.at(-1)) : null;
        return { status: 'page', items, next, readAt: answeredAt(answer) };
      } catch (error) {
        const failure = failureOf(error);
        const isAboutExpansion = failure.kind === 'forbidden' || failure.kind === 'rejected';
        const dropped = isAboutExpansion ? expansionsToDrop(list, expand, failure.reason) : [];
        if (dropped.length === 0) return refusal(key, list.endpoint, failure);
        for (const path of dropped) own.add(path);
        if (denied.size > 200) denied.clear();
        denied.set(key, own);
      }
    }
  }

  function refusal(key: string, endpoint: string, failure: ReturnType<typeof failureOf>): Refusal {
    if (failure.kind === 'unavailable') {
      if (failure.tooMany !== undefined) pace.slowDown(key, endpoint, failure.tooMany);
      if (failure.error.retryAfterMs !== null) pace.pause(key, failure.error.retryAfterMs);
      throw failure.error;
    }
    const refused = keyRefusal(failure);
    if (refused !== null) throw new KeyRefused(`Stripe refuses the key: ${refused}`);
    return { status: failure.kind === 'forbidden' ? 'forbidden' : 'rejected', reason: failure.reason };
  }

  return {
    async list(key, name, range, options) {
      const context = readContext(options);
      const answer = await page(key, LISTS[name], range);
      const readAt = (answer.status === 'page' ? answer.readAt : null) ?? context.seenAt;
      return mapPage(answer, (item) => readObject(item, { ...context, readAt }));
    },
    async events(key, range) {
      return mapPage(await page(key, EVENTS, range), readEventHead);
    },
    async movements(key, range, options) {
      const context = readContext(options);
      return mapPage(await page(key, MOVEMENTS, range), (item) => readMovement(item, context));
    },
  };
}

const EVENTS: List = { endpoint: 'events', expand: {}, read: (stripe, page) => stripe.events.list(page) };
const MOVEMENTS: List = {
  endpoint: 'balance_transactions',
  expand: {},
  read: (stripe, page) => stripe.balanceTransactions.list(page),
};

/** Those whose permission the refusal names; all of them when it names none, for then nobody knows which it was. */
function expansionsToDrop(list: List, expand: readonly string[], reason: string): string[] {
  const named = expand.filter((path) => reason.includes(list.expand[path]!));
  if (named.length > 0) return named;
  // A refusal of the list itself names the list's permission: dropping expansions would not help.
  return /\brak_\w+/.test(reason) && !/expand/i.test(reason) ? [] : [...expand];
}

function parametersOf({ createdFrom, createdBefore, after }: ListRange): Parameters {
  const created = {
    ...(createdFrom === null ? {} : { gte: Math.floor(createdFrom / 1_000) }),
    ...(createdBefore === null ? {} : { lt: Math.ceil(createdBefore / 1_000) }),
  };
  return {
    limit: PAGE,
    ...(Object.keys(created).length > 0 ? { created } : {}),
    ...(after === null ? {} : { starting_after: after }),
  };
}

/** A page, and when it was answered by Stripe's clock. */
type Answered = Refusal | PageAnswered;
type Refusal = Exclude<Listed<never>, { status: 'page' }>;
type PageAnswered = Extract<Listed<unknown>, { status: 'page' }> & { readAt: number | null };

function mapPage<Item>(page: Answered, read: (item: unknown) => Item | null): Listed<Item> {
  if (page.status !== 'page') return page;
  const { status, next } = page;
  return { status, next, items: page.items.map(read).filter((item) => item !== null) };
}

function readObject(item: unknown, context: NormalizeContext): ListedObject | null {
  const objectId = id(item);
  if (objectId === null) return null;
  return { id: objectId, createdAt: time(record(item)['created']), objects: normalize(item, context) };
}

function readEventHead(item: unknown): ListedEvent | null {
  const event = record(item);
  const eventId = id(event);
  const type = text(event['type'], 100);
  const createdAt = time(event['created']);
  if (eventId === null || type === null || createdAt === null) return null;
  const livemode = typeof event['livemode'] === 'boolean' ? event['livemode'] : null;
  return { id: eventId, type, createdAt, livemode, account: id(event['account']), body: JSON.stringify(event) };
}

function readMovement(item: unknown, context: EvidenceContext): Movement | null {
  const json = record(item);
  const movementId = id(json);
  const [amountMinor, createdAt, code] = [integer(json['amount']), time(json['created']), currency(json['currency'])];
  if (movementId === null || amountMinor === null || createdAt === null || code === null) return null;
  return {
    id: movementId,
    source: id(json['source']),
    type: text(json['type'], 100) ?? 'unknown',
    category: text(json['reporting_category'], 100) ?? text(json['type'], 100) ?? 'unknown',
    amountMinor,
    feeMinor: integer(json['fee']) ?? 0,
    currency: code,
    createdAt,
    status: text(json['status'], 50) ?? 'unknown',
    objects: normalize(item, context),
  };
}
