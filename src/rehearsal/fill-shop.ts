import type { Target } from './play.ts';
import type { Deed, ShopPlan, Trail } from './shop-plan.ts';
import {
  addCustomer,
  cancel,
  checkoutPayment,
  intentPayment,
  linkPayment,
  refundCharge,
  renew,
  subscribe,
  upgrade,
} from './stripe/actions.ts';
import type { Metadata, SubscriptionRow } from './stripe/billing-rows.ts';
import { sendSpend } from './spend.ts';
import { closeDispute, dispute } from './stripe/disputes.ts';
import type { ChargeRow, DisputeRow } from './stripe/rows.ts';
import { sendHits } from './visitors.ts';

/** Progress for people: what is done and how much of it. */
export type Progress = (what: 'hits' | 'payments', done: number, total: number) => void;

const CHUNK_HITS = 1_000;
const CHUNK_DEEDS = 40;

/** Sends the plan's hits through the collect endpoint, its payments through Stripe and real webhooks, its spend by the API. */
export async function fillShop(target: Target, plan: ShopPlan, progress: Progress, signal: AbortSignal): Promise<void> {
  const total = [...plan.hits.values()].reduce((sum, events) => sum + events.length, 0);
  let done = 0;
  for (const [zone, events] of plan.hits) {
    for (let start = 0; start < events.length; start += CHUNK_HITS) {
      if (signal.aborted) return;
      const chunk = events.slice(start, start + CHUNK_HITS);
      await sendHits(target, chunk, zone);
      progress('hits', (done += chunk.length), total);
    }
  }
  await sendSpend(target, plan.spend);
  const { account } = target;
  account.addEndpoint({
    url: `${target.url}/api/webhooks/stripe/${target.site}`,
    secret: target.webhookSecret,
    events: await wantedEvents(target),
  });
  const perform = createBuyers(target);
  for (const [index, deed] of plan.deeds.entries()) {
    if (signal.aborted) return;
    account.setNow(deed.at);
    perform(deed);
    if ((index + 1) % CHUNK_DEEDS !== 0 && index + 1 < plan.deeds.length) continue;
    await account.webhooks.idle();
    progress('payments', index + 1, plan.deeds.length);
  }
  account.setNow(null);
  const taken = new Set(account.webhooks.attempts().flatMap(({ event, status }) => (status === 200 ? [event] : [])));
  const lost = account.webhooks.attempts().find((attempt) => !taken.has(attempt.event));
  if (lost) throw new Error(`a webhook was not taken: ${lost.type} was answered ${lost.status} ${lost.answer}`);
}

/** The types that Headwater asks an endpoint for; everything else it would only store and pass over. */
async function wantedEvents({ url, site, apiKey }: Target): Promise<string[]> {
  const response = await fetch(`${url}/api/v1/sites/${site}/stripe`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  if (!response.ok) throw new Error(`sites/:site/stripe answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { webhook_events: string[] }).webhook_events;
}

function createBuyers({ account }: Target): (deed: Deed) => void {
  const charges = new Map<string, ChargeRow>();
  const subscriptions = new Map<string, SubscriptionRow>();
  const disputes = new Map<string, DisputeRow>();
  return (deed) => {
    if (deed.kind === 'sale') sell(deed);
    else if (deed.kind === 'subscription') start(deed);
    else if (deed.kind === 'refund' || deed.kind === 'dispute' || deed.kind === 'answer') regret(deed);
    else carryOn(deed);
  };

  function carryOn(deed: Extract<Deed, { kind: 'renewal' | 'upgrade' | 'cancellation' }>): void {
    const subscription = subscriptions.get(deed.buyer);
    if (!subscription || subscription.status === 'canceled') return;
    if (deed.kind === 'cancellation') cancel(account, subscription);
    else if (deed.kind === 'renewal') renew(account, subscription);
    else upgrade(account, subscription, { amount: deed.amountMinor, productName: deed.product });
  }

  function regret(deed: Extract<Deed, { kind: 'refund' | 'dispute' | 'answer' }>): void {
    const charge = charges.get(deed.buyer);
    const row = disputes.get(deed.buyer);
    if (deed.kind === 'answer') {
      if (row)
        closeDispute(
          account.engine,
          row,
          row.balanceTransactions.length === 0 ? 'warning_closed' : deed.isWon ? 'won' : 'lost',
        );
    } else if (charge && deed.kind === 'refund') {
      refundCharge(account, charge, deed.share === 1 ? null : Math.round(charge.amount * deed.share));
    } else if (charge && deed.kind === 'dispute') {
      disputes.set(deed.buyer, dispute(account.engine, charge, { kind: deed.isInquiry ? 'inquiry' : 'chargeback' }));
    }
  }

  function sell(deed: Extract<Deed, { kind: 'sale' }>): void {
    const charge = sold(deed);
    if (charge) charges.set(deed.buyer, charge);
  }

  function sold(deed: Extract<Deed, { kind: 'sale' }>): ChargeRow | null {
    const { trail, buyer, amountMinor: amount, currency, product: productName } = deed;
    const buying = { amount, currency, productName, email: emailOf(buyer) };
    if (trail === 'intent') return intentPayment(account, { ...buying, metadata: { hw_visitor_id: buyer } }).charge;
    if (trail === 'link') return linkPayment(account, { ...buying, clientReferenceId: buyer }).charge;
    const customer = trail === 'customer' ? customerOf(buyer, trail) : null;
    return checkoutPayment(account, { ...buying, customer, metadata: sessionMetadata(trail, buyer) }).charge;
  }

  function start(deed: Extract<Deed, { kind: 'subscription' }>): void {
    const { trail, buyer, amountMinor: amount, currency, product: productName, onTrial } = deed;
    const customer = customerOf(buyer, trail);
    const buying = { amount, currency, productName, email: emailOf(buyer), customer, trialDays: onTrial ? 14 : 0 };
    // Half of the merchants of this world use the API and put the id on the subscription.
    const viaApi = trail === 'intent' || trail === 'link';
    const { subscription, charge } = viaApi
      ? subscribe(account, { ...buying, via: 'api', subscriptionMetadata: { hw_visitor_id: buyer } })
      : subscribe(account, { ...buying, sessionMetadata: sessionMetadata(trail, buyer) });
    subscriptions.set(buyer, subscription);
    if (charge) charges.set(buyer, charge);
  }

  function customerOf(buyer: string, trail: Trail): string {
    const metadata: Metadata = trail === 'customer' ? { hw_visitor_id: buyer } : {};
    return addCustomer(account, { email: emailOf(buyer), metadata }).id;
  }
}

function sessionMetadata(trail: Trail, buyer: string): Metadata {
  if (trail === 'session' || trail === 'before') return { hw_visitor_id: buyer };
  if (trail === 'junk') return { hw_visitor_id: 'undefined' };
  if (trail === 'stranger') return { hw_visitor_id: `v_${buyer.slice(2, 12)}_gone` };
  return {};
}

function emailOf(buyer: string): string {
  return `${buyer.slice(2, 12)}@example.org`;
}
