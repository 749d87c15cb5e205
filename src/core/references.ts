import type { ObjectKind, ProviderObject } from './payment.ts';

/** The kind of object each reference points at; null where it can be several. */
const KIND_OF = {
  paymentIntent: 'payment_intent',
  paymentIntents: 'payment_intent',
  customer: 'customer',
  invoice: 'invoice',
  charge: 'charge',
  latestCharge: 'charge',
  latestInvoice: 'invoice',
  orderReference: null,
  subscription: 'subscription',
  balanceTransaction: 'balance_transaction',
  failureBalanceTransaction: 'balance_transaction',
  balanceTransactions: 'balance_transaction',
  withdrawal: 'balance_transaction',
  source: null,
} as const satisfies Record<string, ObjectKind | null>;
type Field = keyof typeof KIND_OF;

const FIELDS: Record<ObjectKind, readonly Field[]> = {
  charge: ['paymentIntent', 'customer', 'invoice', 'balanceTransaction', 'failureBalanceTransaction'],
  refund: ['charge', 'paymentIntent', 'balanceTransaction', 'failureBalanceTransaction'],
  payment_intent: ['customer', 'latestCharge', 'invoice', 'orderReference'],
  checkout_session: ['paymentIntent', 'subscription', 'invoice', 'customer'],
  invoice: ['customer', 'subscription', 'charge', 'paymentIntents'],
  invoice_payment: ['invoice', 'paymentIntent', 'charge'],
  subscription: ['customer', 'latestInvoice'],
  customer: [],
  balance_transaction: ['source'],
  dispute: ['charge', 'paymentIntent', 'balanceTransactions', 'withdrawal'],
};

/** Ids of all objects this one points at, without repetition. */
export function referencesOf(object: ProviderObject): string[] {
  return [...new Set(follow(object, FIELDS[object.kind]).map((node) => node.id))];
}

/** A place in a walk: an object we may or may not know, and the kind of object that led to it (null: the start). */
export interface Node {
  id: string;
  kind: ObjectKind | null;
}
/** One step of a walk: places to go on to, and the kinds of objects to look for that point back here. */
export interface Step {
  out: Node[];
  into: readonly ObjectKind[];
}
const STOP: Step = { out: [], into: [] };

function follow(object: ProviderObject | null, fields: readonly Field[]): Node[] {
  if (!object) return [];
  const values = object as unknown as Record<Field, string | string[] | null>;
  return fields.flatMap((field) =>
    [values[field] ?? []]
      .flat()
      .filter((id) => id !== '')
      .map((id) => ({ id, kind: kindOfReference(field, id) })),
  );
}

function kindOfReference(field: Field, id: string): ObjectKind | null {
  // An order reference is accepted only with one of these two prefixes (normalize.ts), so they may be told apart here.
  if (field === 'orderReference') return id.startsWith('in_') ? 'invoice' : 'checkout_session';
  return KIND_OF[field];
}

/**
 * From a charge to everything its fold looks at (`gather`). Two places are leaves, or the walk would reach the whole
 * history of the customer: sessions found through a customer, and a subscription's other invoices.
 *
 * @param object null when it is referenced but not known (objects pointing at it still matter)
 */
export function stepAway(kind: ObjectKind | null, object: ProviderObject | null, via: ObjectKind | null): Step {
  switch (kind) {
    case 'charge':
      if (via !== null) return STOP;
      return {
        out: follow(object, FIELDS.charge),
        into: ['refund', 'dispute', 'invoice_payment', 'invoice', 'balance_transaction'],
      };
    case 'payment_intent':
      return {
        out: follow(object, ['customer', 'invoice', 'orderReference']),
        into: ['charge', 'refund', 'dispute', 'checkout_session', 'invoice_payment', 'invoice'],
      };
    case 'refund':
      return {
        out: follow(object, ['balanceTransaction', 'failureBalanceTransaction']),
        into: ['balance_transaction'],
      };
    case 'dispute':
      return { out: follow(object, ['balanceTransactions', 'withdrawal']), into: ['balance_transaction'] };
    case 'invoice_payment':
      return { out: follow(object, ['invoice']), into: [] };
    case 'invoice':
      return {
        out: follow(object, ['subscription', 'customer']),
        // An invoice that starts a walk was paid off Stripe: its payment records stand for a charge.
        into: via === null ? ['checkout_session', 'invoice_payment'] : ['checkout_session'],
      };
    case 'subscription':
      return { out: follow(object, ['customer']), into: ['checkout_session'] };
    case 'checkout_session':
      if (via === 'customer') return STOP;
      return { out: follow(object, ['subscription', 'invoice', 'customer']), into: [] };
    case 'customer':
      return { out: [], into: ['checkout_session'] };
    default:
      return STOP;
  }
}

/**
 * From any object towards the charges whose fold may look at it. A customer is only a place to start from, or one
 * invoice would touch every payment its customer ever made; who starts from a session starts from its customer as well.
 */
export function stepTowardsCharges(
  kind: ObjectKind | null,
  object: ProviderObject | null,
  via: ObjectKind | null,
): Step {
  switch (kind) {
    case 'charge':
      // The other charges of the same payment intent: a refund that names only the intent belongs to one of them.
      return { out: via === null ? follow(object, ['paymentIntent']) : [], into: [] };
    case 'refund':
    case 'dispute':
      return { out: follow(object, ['charge', 'paymentIntent']), into: [] };
    case 'payment_intent':
      return { out: follow(object, ['latestCharge']), into: ['charge'] };
    case 'checkout_session':
      return {
        out: follow(object, via === null ? ['paymentIntent', 'invoice', 'subscription'] : ['paymentIntent', 'invoice']),
        into: ['payment_intent'],
      };
    case 'invoice':
      return {
        out: follow(object, ['charge', 'paymentIntents']),
        into: ['invoice_payment', 'payment_intent', 'charge', 'checkout_session'],
      };
    case 'invoice_payment':
      // Its invoice as well: one that was paid off Stripe is itself the payment.
      return {
        out: follow(object, via === null ? ['paymentIntent', 'charge', 'invoice'] : ['paymentIntent', 'charge']),
        into: [],
      };
    case 'subscription':
      return { out: [], into: ['invoice', 'checkout_session'] };
    case 'customer':
      return { out: [], into: ['charge', 'payment_intent', 'invoice', 'subscription', 'checkout_session'] };
    case 'balance_transaction':
      return { out: follow(object, ['source']), into: ['charge', 'refund', 'dispute'] };
    default:
      return STOP;
  }
}
