import { parameterInvalid, StripeRefusal } from './errors.ts';
import { type Form, formOf, textOf, textsOf } from './form.ts';
import { integer } from './parameters.ts';
import { pathOf } from './paths.ts';
import type { Row, RowKind, RowOf } from './rows.ts';
import type { State } from './state.ts';

/** What every collection of the API has in common: its path, its list with filters, and its single objects. */
export interface Resource<Kind extends RowKind = RowKind> {
  kind: Kind;
  path: string;
  /** As in "No such charge: 'ch_x'". */
  noun: string;
  /** Filters a list takes, besides limit, cursors and expand. Others are refused, as Stripe refuses them. */
  parameters: readonly string[];
  /** Tests of the filters that were given. */
  filters(query: Form, account: Surroundings): ((row: RowOf<Kind>) => boolean)[];
}

export interface Surroundings {
  state: State;
  now(): number;
  delivered(event: string): boolean | null;
}

type Test<Kind extends RowKind> = (row: RowOf<Kind>) => boolean;

interface Definition<Kind extends RowKind> {
  noun?: string;
  /** Parameter → the row's value that it must equal. */
  equal?: Record<string, (row: RowOf<Kind>, state: State) => unknown>;
  /** Parameters that need more than that. */
  more?: Record<string, (query: Form, account: Surroundings) => Test<Kind>>;
  /** Always applied. */
  always?: (query: Form, account: Surroundings) => Test<Kind>;
  hasCreated?: boolean;
}

function resource<Kind extends RowKind>(kind: Kind, definition: Definition<Kind> = {}): Resource {
  const { noun = kind, equal = {}, more = {}, always, hasCreated = true } = definition;
  const made: Resource<Kind> = {
    kind,
    path: pathOf(kind),
    noun,
    parameters: [...Object.keys(equal), ...Object.keys(more), ...(hasCreated ? ['created'] : [])],
    filters(query, account) {
      const tests: Test<Kind>[] = always ? [always(query, account)] : [];
      for (const [name, read] of Object.entries(equal)) {
        const wanted = textOf(query[name]);
        if (wanted !== null) tests.push((row) => String(read(row, account.state)) === wanted);
      }
      for (const [name, make] of Object.entries(more)) {
        if (query[name] !== undefined) tests.push(make(query, account));
      }
      if (hasCreated) tests.push(...createdFilters(query));
      return tests;
    },
  };
  return made as unknown as Resource;
}

const accountOf = (customer: string | null, state: State) => state.get('customer', customer)?.account ?? null;
const EVENT_DAYS = 30;
const MAX_EVENT_TYPES = 20;

export const RESOURCES: readonly Resource[] = [
  resource('charge', {
    equal: {
      customer: (row) => row.customer,
      payment_intent: (row) => row.paymentIntent,
      transfer_group: (row) => (row.connect.destination === null ? null : `group_${row.paymentIntent}`),
    },
  }),
  resource('payment_intent', {
    equal: { customer: (row) => row.customer, customer_account: (row, state) => accountOf(row.customer, state) },
  }),
  resource('checkout.session', {
    equal: {
      customer: (row) => row.customer,
      customer_account: (row, state) => accountOf(row.customer, state),
      payment_intent: (row) => row.paymentIntent,
      payment_link: (row) => row.paymentLink,
      status: (row) => row.status,
      subscription: (row) => row.subscription,
    },
    more: {
      customer_details: (query) => {
        const email = textOf(formOf(query.customer_details).email);
        return (row) => (row.buyerEmail ?? row.customerEmail) === email;
      },
    },
  }),
  resource('payment_link', { equal: { active: (row) => row.active }, hasCreated: false }),
  resource('customer', {
    equal: { email: (row) => row.email },
    more: { test_clock: clockFilter },
    always: (query) => (row) => row.account === null && (row.testClock === null || 'test_clock' in query),
  }),
  resource('subscription', {
    equal: {
      customer: (row) => row.customer,
      customer_account: (row, state) => accountOf(row.customer, state),
      price: (row) => row.items[0]?.price,
      collection_method: () => 'charge_automatically',
    },
    more: {
      status: (query) => {
        const status = textOf(query.status);
        return (row) => status === 'all' || (status === 'ended' ? row.status === 'canceled' : row.status === status);
      },
      test_clock: clockFilter,
      current_period_end: (query) => everyOf(rangeTests(query, 'current_period_end', (row) => row.periodEnd)),
      current_period_start: (query) => everyOf(rangeTests(query, 'current_period_start', (row) => row.periodStart)),
    },
    always: (query) => (row) =>
      // Cancelled ones are left out unless asked for; those of test clocks unless the clock or the customer is named.
      (query.status !== undefined || row.status !== 'canceled') &&
      (row.testClock === null || 'test_clock' in query || 'customer' in query),
  }),
  resource('invoice_payment', {
    equal: { invoice: (row) => row.invoice, status: (row) => row.status },
    more: {
      payment: (query) => {
        const { payment_intent: intent, payment_record: record, type } = formOf(query.payment);
        if (textOf(type) === null) throw parameterInvalid('payment[type]', 'Missing required param: payment[type].');
        return (row) => (intent !== undefined ? row.paymentIntent === intent : row.paymentRecord === record);
      },
    },
  }),
  resource('invoice', {
    equal: {
      customer: (row) => row.customer,
      customer_account: (row, state) => accountOf(row.customer, state),
      subscription: (row) => row.subscription,
      status: (row) => row.status,
      collection_method: () => 'charge_automatically',
    },
  }),
  resource('credit_note', {
    equal: {
      customer: (row) => row.customer,
      customer_account: (row, state) => accountOf(row.customer, state),
      invoice: (row) => row.invoice,
    },
  }),
  resource('refund', { equal: { charge: (row) => row.charge, payment_intent: (row) => row.paymentIntent } }),
  resource('dispute', { equal: { charge: (row) => row.charge, payment_intent: (row) => row.paymentIntent } }),
  resource('application_fee', { noun: 'application fee', equal: { charge: (row) => row.charge } }),
  resource('balance_transaction', {
    noun: 'balance transaction',
    equal: {
      source: (row) => row.source,
      type: (row) => row.type,
      currency: (row) => row.currency,
      // Nothing is paid out here.
      payout: () => null,
    },
  }),
  resource('event', {
    equal: { type: (row) => row.type },
    more: {
      types: (query) => {
        const types = textsOf(query.types);
        if (types.length > MAX_EVENT_TYPES) {
          throw parameterInvalid(
            'types',
            `You may pass at most ${MAX_EVENT_TYPES} event types, you passed ${types.length}.`,
          );
        }
        return (row) => types.includes(row.type);
      },
      delivery_success: (query, { delivered }) => {
        const wanted = query.delivery_success === 'true';
        return (row) => delivered(row.id) === wanted;
      },
    },
    // Older events are gone.
    always:
      (_query, { now }) =>
      (row) =>
        row.created > now() - EVENT_DAYS * 86_400,
  }),
  resource('webhook_endpoint', { noun: 'webhook endpoint', hasCreated: false }),
  resource('product', { equal: { active: () => true } }),
  resource('price', {
    equal: {
      active: () => true,
      product: (row) => row.product,
      currency: (row) => row.currency,
      type: (row) => (row.interval === null ? 'one_time' : 'recurring'),
    },
  }),
  resource('coupon'),
  resource('promotion_code', {
    noun: 'promotion code',
    equal: { code: (row) => row.code, coupon: (row) => row.coupon, active: () => true },
  }),
  resource('test_helpers.test_clock', { noun: 'test clock', hasCreated: false }),
];

function clockFilter(query: Form): (row: { testClock: string | null }) => boolean {
  const clock = textOf(query.test_clock);
  return (row) => row.testClock === clock;
}

/** `created=…` or `created[gte]=…` and the like. */
function createdFilters(query: Form): ((row: Row) => boolean)[] {
  return query.created === undefined ? [] : rangeTests(query, 'created', (row) => row.created);
}

function rangeTests<R extends Row>(query: Form, name: string, read: (row: R) => number): ((row: R) => boolean)[] {
  if (typeof query[name] === 'string') {
    const at = integer(query, name);
    return [(row) => read(row) === at];
  }
  const range = formOf(query[name]);
  const bound = (side: string, test: (value: number, at: number) => boolean) => {
    const at = integer(range, side);
    return at === null ? [] : [(row: R) => test(read(row), at)];
  };
  return [
    ...bound('gt', (value, at) => value > at),
    ...bound('gte', (value, at) => value >= at),
    ...bound('lt', (value, at) => value < at),
    ...bound('lte', (value, at) => value <= at),
  ];
}

function everyOf<R>(tests: ((row: R) => boolean)[]): (row: R) => boolean {
  return (row) => tests.every((test) => test(row));
}

/** The API's collection for a path like `checkout/sessions/cs_1`. */
export function resourceAt(path: string): Resource | undefined {
  return RESOURCES.find((resource) => path === resource.path || path.startsWith(`${resource.path}/`));
}

export function limitTooLarge(most: number): StripeRefusal {
  return new StripeRefusal(400, {
    code: 'parameter_invalid_integer',
    message: `Invalid integer: limit must be between 1 and ${most}.`,
    param: 'limit',
  });
}
