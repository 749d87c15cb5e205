import type { SimulatedAccount } from './account.ts';
import { missing, StripeRefusal } from './errors.ts';
import { type Form, formOf, textOf } from './form.ts';
import { integer } from './parameters.ts';
import type { Rendered } from './render.ts';
import { listOf } from './render-billing.ts';
import type { Row, RowKind, RowOf } from './rows.ts';
import type { ApiVersion } from './versions.ts';

/** What every collection of the API has in common: its path, its list with filters, and its single objects. */
export interface Resource<Kind extends RowKind = RowKind> {
  kind: Kind;
  path: string;
  /** As in "No such charge: 'ch_x'". */
  noun: string;
  /** Query parameter → does this row match? Null: no filter of that name was given. */
  filters: (query: Form) => ((row: RowOf<Kind>) => boolean)[];
}

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 10;

/** Filters that compare one field: parameter name → the row's value. */
function equal<Kind extends RowKind>(fields: Record<string, (row: RowOf<Kind>) => unknown>): Resource<Kind>['filters'] {
  return (query) =>
    Object.entries(fields).flatMap(([name, read]) => {
      const wanted = textOf(query[name]);
      return wanted === null ? [] : [(row: RowOf<Kind>) => read(row) === wanted];
    });
}

function resource<Kind extends RowKind>(
  kind: Kind,
  path: string,
  noun: string,
  filters: Resource<Kind>['filters'],
): Resource {
  return { kind, path, noun, filters } as unknown as Resource;
}

export const RESOURCES: readonly Resource[] = [
  resource(
    'charge',
    'charges',
    'charge',
    equal({ customer: (row) => row.customer, payment_intent: (row) => row.paymentIntent }),
  ),
  resource('payment_intent', 'payment_intents', 'payment_intent', equal({ customer: (row) => row.customer })),
  resource('checkout.session', 'checkout/sessions', 'checkout.session', (query) => {
    const email = textOf(formOf(query.customer_details).email);
    return [
      ...equal<'checkout.session'>({
        customer: (row) => row.customer,
        payment_intent: (row) => row.paymentIntent,
        payment_link: (row) => row.paymentLink,
        status: (row) => row.status,
        subscription: (row) => row.subscription,
      })(query),
      ...(email === null ? [] : [(row: RowOf<'checkout.session'>) => (row.buyerEmail ?? row.customerEmail) === email]),
    ];
  }),
  resource('payment_link', 'payment_links', 'payment_link', equal({})),
  resource('customer', 'customers', 'customer', equal({ email: (row) => row.email })),
  resource('subscription', 'subscriptions', 'subscription', (query) => {
    const status = textOf(query.status);
    return [
      ...equal<'subscription'>({ customer: (row) => row.customer })(query),
      // Cancelled ones are left out unless asked for.
      (row) => (status === 'all' ? true : status === null ? row.status !== 'canceled' : row.status === status),
    ];
  }),
  resource(
    'invoice',
    'invoices',
    'invoice',
    equal({ customer: (row) => row.customer, subscription: (row) => row.subscription, status: (row) => row.status }),
  ),
  resource('invoice_payment', 'invoice_payments', 'invoice_payment', (query) => {
    const intent = textOf(formOf(query.payment).payment_intent);
    return [
      ...equal<'invoice_payment'>({ invoice: (row) => row.invoice, status: (row) => row.status })(query),
      ...(intent === null ? [] : [(row: RowOf<'invoice_payment'>) => row.paymentIntent === intent]),
    ];
  }),
  resource(
    'refund',
    'refunds',
    'refund',
    equal({ charge: (row) => row.charge, payment_intent: (row) => row.paymentIntent }),
  ),
  resource(
    'balance_transaction',
    'balance_transactions',
    'balance transaction',
    equal({ source: (row) => row.source, type: (row) => row.type, currency: (row) => row.currency }),
  ),
  resource('event', 'events', 'event', (query) => {
    const type = textOf(query.type);
    const types = Array.isArray(query.types) ? query.types : type === null ? [] : [type];
    return types.length === 0 ? [] : [(row) => types.includes(row.type)];
  }),
  resource('webhook_endpoint', 'webhook_endpoints', 'webhook endpoint', equal({})),
  resource('product', 'products', 'product', equal({})),
  resource('price', 'prices', 'price', equal({ product: (row) => row.product })),
];

/** `created=…` or `created[gte]=…` and the like. */
function createdFilters(query: Form): ((row: Row) => boolean)[] {
  if (typeof query.created === 'string') {
    const at = integer(query, 'created');
    return [(row) => row.created === at];
  }
  const range = formOf(query.created);
  const bound = (name: string, test: (created: number, at: number) => boolean) => {
    const at = integer(range, name);
    return at === null ? [] : [(row: Row) => test(row.created, at)];
  };
  return [
    ...bound('gt', (created, at) => created > at),
    ...bound('gte', (created, at) => created >= at),
    ...bound('lt', (created, at) => created < at),
    ...bound('lte', (created, at) => created <= at),
  ];
}

export function listPage(account: SimulatedAccount, of: Resource, query: Form, version: ApiVersion): object {
  const limit = integer(query, 'limit') ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > MAX_LIMIT) {
    throw new StripeRefusal(400, {
      code: 'parameter_invalid_integer',
      message: `Invalid integer: limit must be between 1 and ${MAX_LIMIT}.`,
      param: 'limit',
    });
  }
  const tests = [...createdFilters(query), ...(of.filters(query) as ((row: Row) => boolean)[])];
  const rows = (account.state.list(of.kind) as readonly Row[]).filter((row) => tests.every((test) => test(row)));
  const after = textOf(query.starting_after);
  const before = textOf(query.ending_before);
  const cursor = after ?? before;
  const position = cursor === null ? -1 : rows.findIndex((row) => row.id === cursor);
  if (cursor !== null && position < 0) {
    throw missing(of.noun, cursor, after === null ? 'ending_before' : 'starting_after');
  }
  const start = before === null || after !== null ? position + 1 : Math.max(0, position - limit);
  const end = before === null || after !== null ? start + limit : position;
  const data: Rendered[] = rows.slice(start, end).map((row) => account.render(row, version));
  const more = before === null || after !== null ? end < rows.length : start > 0;
  return { ...listOf(data, `/v1/${of.path}`), has_more: more };
}

export function single(account: SimulatedAccount, of: Resource, id: string): Row {
  const row = account.state.get(of.kind, id);
  if (!row) throw missing(of.noun, id);
  return row;
}
