import { creditedPath } from '../core/attribution/credits.ts';
import { movementChanges, movementRows, rateOf } from '../core/movement-row.ts';
import type { RecurringRevenue } from '../core/movement-row.ts';
import type { Discount, InvoiceObject, SubscriptionObject } from '../core/payment.ts';
import { findRate, minorRatio, RATE_AGE_MAX_DAYS, rateDay, rateTable } from '../core/rates.ts';
import { addDays } from '../core/report-days.ts';
import { discountsOf } from '../core/subscription-discounts.ts';
import { foldSubscription } from '../core/subscription-movements.ts';
import type { FoldedSubscription } from '../core/subscription-movements.ts';
import type { Log } from '../loop.ts';
import { RecordsUnavailable } from '../storage/records/records.ts';
import type { Connection, Records, Site } from '../storage/records/records.ts';
import type { SubscriptionRequest, SubscriptionRow } from '../storage/records/records-subscriptions.ts';

const BATCH = 100;
const RETRY_MAX_MS = 15 * 60_000;
/** Of so many payments of a subscription the first attributed one decides; further ones are not looked at. */
const PAYMENTS_MAX = 50;

/** Why a subscription has no touchpoint, where no payment says it. */
export const NO_PAYMENT = 'no_payment';

export interface SubscriptionWorkerOptions {
  records: Records;
  now: () => number;
  log: Log;
  /** Called when rows were put into the outbox: the mirror may run at once. */
  onOutbox: () => void;
  fetchDelayMs?: number;
}

/**
 * Folds the subscriptions that wait for it, and writes what became otherwise in their recurring revenue. They wait when
 * one of their objects changed (book.ts), when a payment of theirs was credited anew (attribute.ts), and for the end of
 * a discount. Everything in one transaction; folding twice appends nothing.
 */
export function createSubscriptionWorker(options: SubscriptionWorkerOptions): { runOnce(): Promise<boolean> } {
  const { records, now, log, onOutbox, fetchDelayMs = 1_500 } = options;

  function run(request: SubscriptionRequest): Promise<boolean> {
    return records.transaction(async (tx) => {
      await tx.lock(`subscription:${request.site}:${request.id}`);
      const facts = await readFacts(tx, request);
      if (!facts) {
        await tx.subscriptions.finish(request);
        return false;
      }
      const folded = foldSubscription(facts.subscription, facts.invoices);
      const before = await tx.subscriptions.get(request.site, request.id);
      const row = await revenueOf(tx, facts, folded, now());
      const changes = movementChanges(before ? movementRows(before) : [], movementRows(row));
      await tx.subscriptions.put(row);
      if (changes.length > 0) await tx.outbox.add(changes);
      await tx.subscriptions.finish(request);
      const next = folded.movements.find((movement) => movement.at > now());
      if (next) await tx.subscriptions.request(request.site, request.connection, [request.id], next.at);
      if (folded.isUncertain) await want(tx, request, now() + fetchDelayMs);
      return changes.length > 0;
    });
  }

  async function guarded(request: SubscriptionRequest): Promise<boolean> {
    try {
      return await run(request);
    } catch (error) {
      if (error instanceof RecordsUnavailable) throw error;
      const { site, id, attempts } = request;
      const retryAt = now() + Math.min(RETRY_MAX_MS, 1_000 * 2 ** Math.min(attempts, 10));
      log.error(
        { site, subscription: id, attempts, error: String(error) },
        'subscription not folded, will be repeated',
      );
      await records.subscriptions.postpone(request, String(error).slice(0, 500), retryAt);
      return false;
    }
  }

  return {
    /** True when there may be more at once. Throws when the store does not answer; requests then stay. */
    async runOnce() {
      const due = await records.subscriptions.due(now(), BATCH);
      let hasChanged = false;
      for (const request of due) {
        const changed = await guarded(request);
        hasChanged ||= changed;
      }
      if (hasChanged) onOutbox();
      return due.length === BATCH;
    },
  };
}

interface KnownFacts {
  site: Site;
  connection: Connection;
  subscription: SubscriptionObject;
  invoices: InvoiceObject[];
}

/** What is known of a subscription at this moment, folded; reads only. */
export async function foldStoredSubscription(
  records: Pick<Records, 'sites' | 'connections' | 'objects'>,
  { site, connection, subscription: id }: Pick<SubscriptionRow, 'site' | 'connection' | 'subscription'>,
): Promise<{ folded: FoldedSubscription; discounts: readonly Discount[] } | null> {
  const facts = await readFacts(records, { site, connection, id });
  if (!facts) return null;
  const { subscription, invoices } = facts;
  return { folded: foldSubscription(subscription, invoices), discounts: discountsOf(subscription, invoices) };
}

async function readFacts(
  records: Pick<Records, 'sites' | 'connections' | 'objects'>,
  request: Pick<SubscriptionRequest, 'site' | 'connection' | 'id'>,
): Promise<KnownFacts | null> {
  const site = await records.sites.get(request.site);
  const connection = await records.connections.get(request.connection);
  const subscription = await records.objects.get(request.connection, request.id);
  if (!site || !connection || subscription?.kind !== 'subscription') return null;
  const pointing = await records.objects.referencing(request.connection, [request.id], ['invoice']);
  const ids = pointing.map((one) => one.id);
  const found = await records.objects.getMany(request.connection, ids);
  const invoices = found.filter((object) => object.kind === 'invoice').filter((it) => it.subscription === request.id);
  return { site, connection, subscription, invoices };
}

async function revenueOf(
  tx: Records,
  { site, connection, subscription, invoices }: KnownFacts,
  folded: FoldedSubscription,
  now: number,
): Promise<SubscriptionRow> {
  const { id } = subscription;
  const movements = folded.movements.filter((movement) => movement.at <= now);
  const currency = folded.currency ?? invoices.find((invoice) => invoice.currency !== null)?.currency ?? site.currency;
  const startedAt = movements[0]?.at ?? subscription.createdAt ?? 0;
  const present = folded.levels.findLast((level) => level.at <= now) ?? folded.levels[0];
  const revenue: RecurringRevenue = {
    site: site.id,
    mode: connection.mode,
    subscription: id,
    customer: subscription.customer,
    currency,
    movements,
    rate: movements.length === 0 ? null : await rateFor(tx, site, { id, currency, startedAt }),
    ...(await originOf(tx, site.id, id)),
  };
  const mrrMinor = movements.at(-1)?.mrrMinor ?? 0;
  return { ...revenue, connection: connection.id, status: present?.terms.status ?? 'unknown', mrrMinor, startedAt };
}

/**
 * The first touchpoint of the path of its first attributed payment: later payments of a subscription are credited along
 * the same path.
 */
async function originOf(
  tx: Records,
  site: string,
  id: string,
): Promise<Pick<RecurringRevenue, 'touchpoint' | 'reason'>> {
  const payments = (await tx.subscriptions.paymentsOf(site, id)).slice(0, PAYMENTS_MAX);
  let reason: string | null = null;
  for (const payment of payments) {
    const attribution = (await tx.payments.get(site, payment))?.attribution;
    const touchpoint = attribution && creditedPath(attribution.rows)[0];
    if (touchpoint) return { touchpoint, reason: '' };
    reason ??= attribution?.reason ?? null;
  }
  return { touchpoint: null, reason: reason ?? NO_PAYMENT };
}

/**
 * One rate for a subscription's whole life, so that one that ended adds up to nothing: that of the settlement of its first
 * payment, else the dated rate of the day it began.
 */
async function rateFor(
  tx: Records,
  site: Site,
  { id, currency, startedAt }: { id: string; currency: string; startedAt: number },
): Promise<RecurringRevenue['rate']> {
  const to = site.currency;
  if (currency === to) return rateOf(to, { above: 1n, below: 1n }, '');
  const [first] = await tx.subscriptions.paymentsOf(site.id, id);
  const entries = first === undefined ? [] : await tx.ledger.entries(site.id, first);
  const charged = entries.filter((entry) => entry.kind === 'charge' && entry.currency === currency);
  const settled = charged.filter((entry) => entry.settledCurrency === to && entry.settledMinor !== null);
  const above = settled.reduce((sum, entry) => sum + entry.settledMinor!, 0);
  const below = charged.reduce((sum, entry) => sum + entry.amountMinor, 0);
  if (settled.length > 0 && above > 0 && below > 0) {
    const evidence = settled.find((entry) => entry.balanceTransaction !== null)?.balanceTransaction ?? '';
    return rateOf(to, { above: BigInt(above), below: BigInt(below) }, evidence);
  }
  const day = rateDay(startedAt);
  const rates = await tx.rates.between(addDays(day, -RATE_AGE_MAX_DAYS), day, [currency, to]);
  const rate = findRate(currency, to, day, rateTable(rates));
  return rate && rateOf(to, minorRatio(rate, currency, to), rate.evidence);
}

/** What the snapshots leave open, another look at the subscription settles. */
async function want(tx: Records, { connection, id }: SubscriptionRequest, dueAt: number): Promise<void> {
  await tx.wanted.add(connection, [{ kind: 'subscription', by: 'subscription', id }], dueAt);
}
