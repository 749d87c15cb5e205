import { UNATTRIBUTED } from '../core/report.ts';
import { DIRECT_CHANNEL, DIRECT_SOURCE } from '../core/acquisition.ts';
import { UNATTRIBUTED_REASONS } from '../core/link.ts';
import type { UnattributedReason } from '../core/link.ts';
import { movementRows } from '../core/movement-row.ts';
import type { Discount, Mode } from '../core/payment.ts';
import { namedDiscounts } from '../core/subscription-discounts.ts';
import type { FoldedSubscription, Level } from '../core/subscription-movements.ts';
import { BadCursor } from '../storage/records/records.ts';
import type { Records } from '../storage/records/records.ts';
import type { SubscriptionRow } from '../storage/records/records-subscriptions.ts';

const NO_PAYMENT = 'No payment of this subscription is known: its visitor is looked for with its first one.';

export interface SubscriptionReportsOptions {
  records: { subscriptions: Pick<Records['subscriptions'], 'list' | 'get' | 'paymentsOf'> };
  defaultMode: (site: string) => Promise<Mode>;
  /** What is known of a subscription, folded; null: it is gone. */
  fold: (row: SubscriptionRow) => Promise<{ folded: FoldedSubscription; discounts: readonly Discount[] } | null>;
}

type Outcome<T> = { ok: true; value: T } | { ok: false; code: string; message: string; field?: string };

/** The list of subscriptions and one with its history, in the shapes of http/contract-subscriptions.ts. */
export function createSubscriptionReports({ records, defaultMode, fold }: SubscriptionReportsOptions) {
  return {
    async list(
      site: { id: string },
      page: { mode: Mode | null; limit: number; cursor: string | null },
    ): Promise<Outcome<{ subscriptions: ReturnType<typeof summaryOf>[]; next: string | null }>> {
      const mode = page.mode ?? (await defaultMode(site.id));
      try {
        const { subscriptions, next } = await records.subscriptions.list(site.id, mode, page.limit, page.cursor);
        return { ok: true, value: { subscriptions: subscriptions.map(summaryOf), next } };
      } catch (error) {
        if (!(error instanceof BadCursor)) throw error;
        const message = 'cursor: is not one this server gave; leave it out to begin with the newest subscription';
        return { ok: false, code: 'bad_cursor', field: 'cursor', message };
      }
    },

    async get(site: { id: string }, id: string): Promise<ReturnType<typeof detailOf> | null> {
      const row = await records.subscriptions.get(site.id, id);
      const known = row && (await fold(row));
      if (!row || !known) return null;
      return detailOf(row, known, await records.subscriptions.paymentsOf(site.id, id));
    },
  };
}

function summaryOf(row: SubscriptionRow) {
  const { touchpoint } = row;
  return {
    id: row.subscription,
    customer: row.customer,
    status: row.status,
    mrr: row.mrrMinor,
    currency: row.currency,
    started_at: iso(row.startedAt),
    source: touchpoint ? touchpoint.source || DIRECT_SOURCE : UNATTRIBUTED,
    channel: touchpoint ? touchpoint.channel || DIRECT_CHANNEL : UNATTRIBUTED,
    reason: touchpoint ? null : row.reason,
  };
}

function detailOf(
  row: SubscriptionRow,
  { folded, discounts }: { folded: FoldedSubscription; discounts: readonly Discount[] },
  payments: string[],
) {
  const { touchpoint, rate } = row;
  const converted = movementRows(row).reduce((sum, { reporting }) => sum + (reporting?.deltaMinor ?? 0), 0);
  const told = new Set(discounts.map((discount) => discount.id));
  const named = new Set(folded.levels.flatMap((level) => namedDiscounts(level.terms)));
  return {
    ...summaryOf(row),
    mode: row.mode,
    connection: row.connection,
    explanation: touchpoint ? null : (UNATTRIBUTED_REASONS[row.reason as UnattributedReason] ?? NO_PAYMENT),
    touchpoint: touchpoint && {
      at: iso(touchpoint.occurredAt),
      source: touchpoint.source || DIRECT_SOURCE,
      medium: touchpoint.medium,
      campaign: touchpoint.campaign,
      channel: touchpoint.channel || DIRECT_CHANNEL,
      landing_page: touchpoint.landingPage,
      visitor_id: touchpoint.visitor,
    },
    payments,
    conversion: rate && { currency: rate.to, mrr: converted, evidence: rate.evidence },
    movements: row.movements.map(({ at, kind, deltaMinor, mrrMinor }) => {
      return { at: iso(at), kind, delta: deltaMinor, mrr: mrrMinor };
    }),
    states: folded.levels.map(stateOf),
    unknown_discounts: [...named].filter((id) => !told.has(id)),
  };
}

function stateOf({ at, mrrMinor, terms, invoice }: Level) {
  return {
    at: iso(at),
    status: terms.status,
    paused: terms.isPaused,
    mrr: mrrMinor,
    items: terms.items.map(({ price, product, amountMinor, quantity, interval, intervalCount, isMetered }) => {
      const period = { interval, interval_count: intervalCount };
      return { price, product, amount: amountMinor, quantity, ...period, metered: isMetered };
    }),
    discounts: terms.discounts,
    told_by_invoice: invoice,
  };
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
