import { currencyExponent } from '../core/currency.ts';
import { rateDay } from '../core/rates.ts';
import { type Cast, known, remember, visitorOf } from './cast.ts';
import { performMoney } from './perform-money.ts';
import type { Action, Arrival, Carrier, Evidence } from './scenario-action.ts';
import type { ExchangeAction } from './scenario-exchange.ts';
import type { SpendAction } from './scenario-spend.ts';
import type { Conditions } from './scenario-terms.ts';
import { sendSpend } from './spend.ts';
import { createAccount } from './stripe/account.ts';
import {
  addCustomer,
  bill,
  checkoutPayment,
  editSubscription,
  intentPayment,
  linkPayment,
  renew,
  subscribe,
} from './stripe/actions.ts';
import type { Metadata, Terms } from './stripe/billing-rows.ts';
import { NO_TERMS } from './stripe/billing-rows.ts';
import { createCoupon, createPromotionCode, discountBy } from './stripe/prices.ts';
import { happen, land, sendHits, view } from './visitors.ts';

/** The people of one story: visitors with their sessions, customers, payments and subscriptions by name. */
export interface Performer {
  perform(action: Action, at: number): Promise<void>;
  /** The charge of a named payment, or the story's last. */
  chargeOf(name: string | null): string | null;
}

export function createPerformer(target: Cast['target']): Performer {
  const cast: Cast = {
    target,
    visitors: new Map(),
    customers: new Map(),
    subscriptions: new Map(),
    payments: new Map(),
    named: new Map(),
    invoices: new Map(),
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
    case 'subscribe':
    case 'invoice':
      return buy(cast, action, at);
    case 'renew': {
      const { charge, invoice } = renew(account, known(cast.subscriptions, action.visitor, 'has no subscription'));
      cast.invoices.set(action.visitor, [invoice]);
      return remember(cast, action.visitor, charge, action.named);
    }
    case 'edit subscription': {
      const subscription = known(cast.subscriptions, action.visitor, 'has no subscription');
      editSubscription(account, subscription, { ...subscription.metadata, [action.key]: action.value });
      return;
    }
    case 'stripe exchanges':
    case 'rates say':
      return exchange(cast, action, at);
    case 'spend':
      return spend(cast, action, at);
    default:
      performMoney(cast, action);
  }
}

async function exchange({ target }: Cast, action: ExchangeAction, at: number): Promise<void> {
  const { kind, base, quote, rate } = action;
  if (kind === 'rates say') return target.importRates([{ day: rateDay(at), base, quote, rate }]);
  const perUnit = 10 ** (currencyExponent(quote) - currencyExponent(base));
  target.account.engine.settings.exchangeRates[`${base}>${quote}`] = Number(rate) * perUnit;
}

async function spend({ target }: Cast, action: SpendAction, at: number): Promise<void> {
  const { source, medium, campaign, amountMinor: amount, currency, clicks } = action;
  await sendSpend(target, [{ date: rateDay(at), source, medium, campaign, amount, currency, clicks }]);
}

type Bought = Extract<Action, { kind: 'pay' | 'subscribe' | 'invoice' }>;

async function buy(cast: Cast, action: Bought, at: number): Promise<void> {
  const { onAccount, otherMode } = action.conditions ?? {};
  if (onAccount === undefined && otherMode !== true) return buyHere(cast, action, at);
  const elsewhere = otherAccount(cast, { onAccount, otherMode }, at);
  await buyHere({ ...cast, customers: new Map(), target: { ...cast.target, account: elsewhere } }, action, at);
  await Promise.all([elsewhere.webhooks.idle(), cast.target.account.webhooks.idle()]);
}

/** An account that is not the story's, whose events come to the story's endpoint all the same, well signed. */
function otherAccount(
  { target }: Cast,
  { onAccount, otherMode = false }: Pick<Conditions, 'onAccount' | 'otherMode'>,
  at: number,
) {
  const { account, url, site, webhookSecret } = target;
  const livemode = otherMode ? !account.state.livemode : account.state.livemode;
  const other = createAccount({ id: onAccount, livemode, now: at }, () => '');
  const endpoint = { url: `${url}/api/webhooks/stripe/${site}`, secret: webhookSecret };
  if (onAccount === undefined) other.addEndpoint(endpoint);
  else {
    account.addEndpoint({ ...endpoint, connect: true });
    other.platforms.add(account);
  }
  return other;
}

async function buyHere(cast: Cast, action: Bought, at: number): Promise<void> {
  if (action.kind === 'pay') return pay(cast, action, at);
  if (action.kind === 'subscribe') return startSubscription(cast, action, at);
  const { account } = cast.target;
  const { visitor, evidence } = action;
  const on = (carrier: Carrier) => metadataOn(cast, visitor, evidence, carrier);
  const { terms } = conditionsOf(cast, action);
  const customer = customerOf(cast, action);
  const input = { amount: action.amountMinor, currency: action.currency, customer, terms };
  // Without a checkout session the default place of the id is the invoice itself.
  const invoice = bill(account, { ...input, metadata: { ...on('session'), ...on('invoice') } });
  cast.invoices.set(visitor, [...(cast.invoices.get(visitor) ?? []), invoice]);
}

/** What Stripe is told of the conditions of a purchase. */
function conditionsOf(cast: Cast, { conditions = {}, currency }: Pick<Bought, 'conditions' | 'currency'>) {
  const { captureMethod, taxPercent = 0, shippingMinor = 0, applicationFeeMinor = null, presentment } = conditions;
  const { engine } = cast.target.account;
  const terms: Terms = { ...NO_TERMS, taxPercent, shipping: shippingMinor };
  if (conditions.discount) {
    const { percentOff, amountOffMinor, code, duration, months } = conditions.discount;
    const coupon = createCoupon(engine, {
      percentOff,
      amountOff: amountOffMinor,
      currency: amountOffMinor === null ? null : currency,
      duration,
      durationInMonths: months ?? null,
    }).id;
    const promotionCode = code === null ? null : createPromotionCode(engine, code, coupon);
    terms.discount = discountBy(engine, { coupon, promotionCode }).id;
  }
  const connect = { applicationFeeAmount: applicationFeeMinor, destination: null };
  return { captureMethod, terms, connect, presentment };
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
  const { appId, email } = action;
  const props: Record<string, string> = appId === undefined ? { email: email ?? '' } : { app_id: appId };
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

function customerOf(cast: Cast, action: Bought): string {
  const label = action.customer ?? action.visitor;
  const existing = cast.customers.get(label);
  if (existing !== undefined) return existing;
  const metadata = metadataOn(cast, action.visitor, action.evidence, 'customer');
  const account = action.conditions?.isAccount ? `acct_${label}` : null;
  const { id } = addCustomer(cast.target.account, { email: `${label}@example.org`, metadata, account });
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
    ...conditionsOf(cast, action),
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
  const { subscription, invoice, charge, session } = subscribe(cast.target.account, {
    amount: action.amountMinor,
    currency: action.currency,
    ...action.every,
    quantity: action.conditions?.quantity,
    customer: customerOf(cast, action),
    via: action.way,
    sessionMetadata: on('session'),
    clientReferenceId: evidence.clientReference === null ? visitor : evidence.clientReference,
    // Without a checkout session the default place of the id is the subscription itself.
    subscriptionMetadata: action.way === 'api' ? { ...on('session'), ...on('subscription') } : on('subscription'),
    trialDays: action.trial ? 14 : 0,
    ...conditionsOf(cast, action),
  });
  cast.invoices.set(visitor, [invoice]);
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
