import type { Action, Arrival, Carrier, Evidence } from './scenario-action.ts';
import {
  addCustomer,
  checkoutPayment,
  editSubscription,
  finishPayment,
  intentPayment,
  linkPayment,
  refundCharge,
  renew,
  subscribe,
} from './stripe/actions.ts';
import type { SimulatedAccount } from './stripe/account.ts';
import type { ChargeRow, Metadata, SubscriptionRow } from './stripe/rows.ts';
import { createVisitor, happen, type HitTarget, land, sendHits, view, type Visitor } from './visitors.ts';

/** The people of one story: visitors with their sessions, customers, payments and subscriptions by name. */
export interface Performer {
  perform(action: Action, at: number): Promise<void>;
  /** The charge of a named payment, or the story's last. */
  chargeOf(name: string | null): string | null;
}

interface Cast {
  target: HitTarget & { domain: string; account: SimulatedAccount };
  visitors: Map<string, Visitor>;
  customers: Map<string, string>;
  subscriptions: Map<string, SubscriptionRow>;
  /** By visitor, and by the name a payment was given. */
  payments: Map<string, ChargeRow>;
  named: Map<string, ChargeRow>;
  last: ChargeRow | null;
  sessions: number;
}

export function createPerformer(target: Cast['target']): Performer {
  const cast: Cast = {
    target,
    visitors: new Map(),
    customers: new Map(),
    subscriptions: new Map(),
    payments: new Map(),
    named: new Map(),
    last: null,
    sessions: 0,
  };
  return {
    async perform(action, at) {
      target.account.setNow(at);
      await perform(cast, action, at);
    },
    chargeOf: (name) => (name === null ? cast.last : (cast.named.get(name) ?? null))?.id ?? null,
  };
}

async function perform(cast: Cast, action: Action, at: number): Promise<void> {
  const { account } = cast.target;
  switch (action.kind) {
    case 'land':
    case 'view':
    case 'identify':
      return browse(cast, action, at);
    case 'pay':
      return pay(cast, action, at);
    case 'subscribe':
      return startSubscription(cast, action, at);
    case 'renew': {
      const { charge } = renew(account, known(cast.subscriptions, action.visitor, 'has no subscription'));
      return remember(cast, action.visitor, charge, action.named);
    }
    case 'edit subscription': {
      const subscription = known(cast.subscriptions, action.visitor, 'has no subscription');
      editSubscription(account, subscription, { ...subscription.metadata, [action.key]: action.value });
      return;
    }
    case 'refund':
      refundCharge(account, chargeFor(cast, action.visitor, action.of), action.amountMinor);
      return;
    case 'finish':
      finishPayment(account, chargeFor(cast, action.visitor, null), action.outcome);
  }
}

function chargeFor(cast: Cast, visitor: string, name: string | null): ChargeRow {
  return name === null
    ? known(cast.payments, visitor, 'has not paid')
    : known(cast.named, name, 'is not the name of a payment');
}

function known<T>(map: Map<string, T>, name: string, otherwise: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`${name} ${otherwise}`);
  return found;
}

function remember(cast: Cast, visitor: string, charge: ChargeRow | null, name: string | null): void {
  if (charge === null) return;
  cast.payments.set(visitor, charge);
  if (name !== null) cast.named.set(name, charge);
  cast.last = charge;
}

function visitorOf(cast: Cast, name: string): Visitor {
  let visitor = cast.visitors.get(name);
  if (!visitor) cast.visitors.set(name, (visitor = createVisitor(name)));
  return visitor;
}

async function browse(
  cast: Cast,
  action: Extract<Action, { kind: 'land' | 'view' | 'identify' }>,
  at: number,
): Promise<void> {
  const visitor = visitorOf(cast, action.visitor);
  const origin = `https://${cast.target.domain}`;
  if (action.kind === 'land') {
    const session = `${visitor.id}-s${(cast.sessions += 1)}`;
    const page = { origin, path: action.path, ...arrivalOf(action.arrival) };
    await sendHits(cast.target, [land(visitor, session, page, at)]);
    return;
  }
  if (visitor.session === '') throw new Error(`${visitor.id} has not landed yet`);
  if (action.kind === 'view') {
    await sendHits(cast.target, [view(visitor, { origin, path: action.path }, at)]);
    return;
  }
  const props = { app_id: action.appId };
  await sendHits(cast.target, [happen(visitor, 'identify', { props, url: `${origin}/`, at })]);
}

function arrivalOf(arrival: Arrival): { query?: Record<string, string>; referrer?: string } {
  switch (arrival.kind) {
    case 'direct':
      return {};
    case 'referrer':
      return { referrer: arrival.url };
    case 'click':
      return { query: { [arrival.parameter]: arrival.value } };
    case 'tags': {
      const { source, medium, campaign } = arrival;
      const tags = { utm_source: source, utm_medium: medium, utm_campaign: campaign };
      return { query: Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== '')) };
    }
  }
}

/** The metadata that a story puts on one object. */
function metadataOn(cast: Cast, visitor: string, evidence: Evidence, on: Carrier): Metadata {
  const own = (key: string) => {
    const { id, session } = visitorOf(cast, visitor);
    return key.endsWith('_session_id') ? session : id;
  };
  return Object.fromEntries(
    evidence.carried.filter((carried) => carried.on === on).map(({ key, value }) => [key, value ?? own(key)]),
  );
}

function customerOf(cast: Cast, action: Extract<Action, { kind: 'pay' | 'subscribe' }>): string {
  const label = action.customer ?? action.visitor;
  const existing = cast.customers.get(label);
  if (existing !== undefined) return existing;
  const metadata = metadataOn(cast, action.visitor, action.evidence, 'customer');
  const { id } = addCustomer(cast.target.account, { email: `${label}@example.org`, metadata });
  cast.customers.set(label, id);
  return id;
}

async function pay(cast: Cast, action: Extract<Action, { kind: 'pay' }>, at: number): Promise<void> {
  const { account } = cast.target;
  const { evidence, way, visitor } = action;
  const reference = evidence.clientReference === null ? visitor : evidence.clientReference;
  const guest = way === 'guest checkout' || way === 'payment link';
  const buying = {
    amount: action.amountMinor,
    currency: action.currency,
    customer: guest ? null : customerOf(cast, action),
    email: `${action.customer ?? visitor}@example.org`,
  };
  const on = (carrier: Carrier) => metadataOn(cast, visitor, evidence, carrier);
  if (way === 'payment intent') {
    // Without a checkout session the default place of the id is the intent itself.
    const { charge, intent } = intentPayment(account, { ...buying, metadata: { ...on('session'), ...on('intent') } });
    remember(cast, visitor, charge, action.named);
    if (evidence.returning !== null) await comeBack(cast, visitor, { payment_intent: intent.id }, at);
    return;
  }
  const { session, charge } =
    way === 'payment link'
      ? linkPayment(account, { ...buying, clientReferenceId: reference })
      : checkoutPayment(account, {
          ...buying,
          metadata: on('session'),
          clientReferenceId: reference,
          paymentIntentMetadata: on('intent'),
          outcome: way === 'async checkout' ? 'pending' : 'succeeds',
        });
  remember(cast, visitor, charge, action.named);
  if (evidence.returning === 'session') await comeBack(cast, visitor, { session_id: session.id }, at);
  if (evidence.returning === 'intent') await comeBack(cast, visitor, { payment_intent: session.paymentIntent! }, at);
}

async function startSubscription(
  cast: Cast,
  action: Extract<Action, { kind: 'subscribe' }>,
  at: number,
): Promise<void> {
  const { evidence, visitor } = action;
  const on = (carrier: Carrier) => metadataOn(cast, visitor, evidence, carrier);
  const { subscription, charge, session } = subscribe(cast.target.account, {
    amount: action.amountMinor,
    currency: action.currency,
    customer: customerOf(cast, action),
    via: action.way,
    sessionMetadata: on('session'),
    clientReferenceId: evidence.clientReference === null ? visitor : evidence.clientReference,
    // Without a checkout session the default place of the id is the subscription itself.
    subscriptionMetadata: action.way === 'api' ? { ...on('session'), ...on('subscription') } : on('subscription'),
    trialDays: action.trial ? 14 : 0,
  });
  cast.subscriptions.set(visitor, subscription);
  remember(cast, visitor, charge, action.named);
  if (evidence.returning !== null && session) await comeBack(cast, visitor, { session_id: session.id }, at);
}

/** The buyer's return page, with the pixel on it, two seconds after paying. */
async function comeBack(cast: Cast, name: string, props: Record<string, string>, at: number): Promise<void> {
  const visitor = visitorOf(cast, name);
  const url = `https://${cast.target.domain}/thanks`;
  if (visitor.session === '') visitor.session = `${visitor.id}-s${(cast.sessions += 1)}`;
  await sendHits(cast.target, [happen(visitor, 'checkout', { props, url, at: at + 2_000 })]);
}
