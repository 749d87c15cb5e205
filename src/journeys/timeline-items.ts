import { DIRECT_CHANNEL, DIRECT_SOURCE } from '../core/acquisition.ts';
import { moneyObjectOf } from '../core/ledger.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { revenueMinor } from '../core/payment.ts';
import type { PaymentRow } from '../storage/records/records.ts';
import type { SubscriptionRow } from '../storage/records/records-subscriptions.ts';
import type { TimelineEvent, TimelineSession } from '../storage/facts/journey-facts.ts';

/**
 * What happened to one person, as items of one list. Ids begin with a letter, so that what happened in one millisecond
 * stands in the order it makes sense in: the visit, its pages, then money.
 */
export interface TimelineItem {
  id: string;
  atMs: number;
  visitor: string | null;
  [fact: string]: unknown;
}

export function sessionItem({ id, at, visitor, ...tags }: TimelineSession): TimelineItem {
  return {
    type: 'session',
    id,
    atMs: at,
    visitor,
    source: tags.source || DIRECT_SOURCE,
    medium: tags.medium,
    campaign: tags.campaign,
    channel: tags.source === '' ? DIRECT_CHANNEL : tags.channel,
    referrer: tags.referrerHost,
    landing_page: tags.landingPage,
    country: tags.country,
    device: tags.device,
    browser: tags.browser,
    os: tags.os,
  };
}

const NAMED_EVENTS = ['pageview', 'identify', 'checkout'];

export function eventItem({ id, at, visitor, name, hostname, path, title, props }: TimelineEvent): TimelineItem {
  const type = NAMED_EVENTS.includes(name) ? name : 'event';
  return { type, id, atMs: at, visitor, name, hostname, path, title, props };
}

/** The payment, and what of it was taken back. */
export function paymentItems(payment: PaymentRow, entries: readonly LedgerEntry[]): TimelineItem[] {
  const { id, attribution, currency } = payment;
  const { visitor } = attribution;
  const paid: TimelineItem = {
    type: 'payment',
    id: `c:${id}`,
    atMs: payment.occurredAt,
    visitor,
    payment: id,
    kind: payment.kind,
    amount: payment.grossMinor,
    currency,
    revenue: revenueMinor(payment),
    product: payment.productName ?? payment.product,
    customer: payment.customer,
    reason: attribution.reason,
  };
  // What became otherwise has entries that make up for each other: what counts is an object's sum at one time.
  const objects = Map.groupBy(
    entries.filter(({ kind }) => kind !== 'charge'),
    (entry) => `${moneyObjectOf(entry.id)}:${entry.occurredAt}`,
  );
  const returned = [...objects].flatMap(([object, of]): TimelineItem[] => {
    const { kind, occurredAt, currency: paidIn } = of[0]!;
    const amount = of.reduce((sum, entry) => sum + entry.amountMinor, 0);
    if (amount === 0) return [];
    return [{ type: kind, id: `d:${object}`, atMs: occurredAt, visitor, payment: id, amount, currency: paidIn }];
  });
  return [paid, ...returned];
}

export function subscriptionItems({ subscription, currency, movements }: SubscriptionRow): TimelineItem[] {
  return movements.map(({ at, kind, deltaMinor, mrrMinor }, index) => ({
    type: 'subscription',
    id: `e:${subscription}:${index}`,
    atMs: at,
    visitor: null,
    subscription,
    movement: kind,
    delta: deltaMinor,
    mrr: mrrMinor,
    currency,
  }));
}
