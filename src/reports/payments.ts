import { UNATTRIBUTED } from '../core/report.ts';
import { DIRECT_SOURCE } from '../core/acquisition.ts';
import type { Conversion } from '../core/attribution/credits.ts';
import { creditedPath, creditRows, creditsByTouchpoint } from '../core/attribution/credits.ts';
import { modelSettingsOf } from '../core/attribution/settings.ts';
import type { ModelSettings } from '../core/attribution/settings.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { UNATTRIBUTED_REASONS } from '../core/link.ts';
import type { Link, UnattributedReason } from '../core/link.ts';
import { revenueMinor } from '../core/payment.ts';
import type { Mode } from '../core/payment.ts';
import { BadCursor } from '../storage/records/records.ts';
import type { Attribution, PaymentRow, Records } from '../storage/records/records.ts';
import { convertedAnswer, revenueConverted } from './converted.ts';

const LIMIT_MAX = 500;

export interface PaymentsOptions {
  records: {
    payments: Pick<Records['payments'], 'list' | 'get' | 'links'>;
    ledger: Pick<Records['ledger'], 'entries'>;
  };
  defaultMode: (site: string) => Promise<Mode>;
  /** A payment's entries in a currency; null: they are in it already. */
  convert?: (entries: readonly LedgerEntry[], to: string) => Promise<Conversion | null>;
}

/** `currency`: the one the site reports in; `settings`: what it says about models. */
interface ReportedSite {
  id: string;
  currency?: string;
  settings?: Parameters<typeof modelSettingsOf>[0];
}

type Outcome<T> = { ok: true; value: T } | { ok: false; code: string; message: string; field?: string };

/** The list of payments and one payment with its evidence, in the shapes of http/contract.ts. */
export function createPaymentReports({ records, defaultMode, convert }: PaymentsOptions) {
  return {
    async list(
      site: ReportedSite,
      page: { mode: Mode | null; limit: number; cursor: string | null },
    ): Promise<Outcome<{ payments: ReturnType<typeof summaryOf>[]; next: string | null }>> {
      const mode = page.mode ?? (await defaultMode(site.id));
      const limit = Math.min(Math.max(1, Math.trunc(page.limit)), LIMIT_MAX);
      try {
        const { payments, next } = await records.payments.list(site.id, mode, limit, page.cursor);
        return { ok: true, value: { payments: payments.map((payment) => summaryOf(payment, site)), next } };
      } catch (error) {
        if (!(error instanceof BadCursor)) throw error;
        const message = 'cursor: is not one this server gave; leave it out to begin with the newest payment';
        return { ok: false, code: 'bad_cursor', field: 'cursor', message };
      }
    },

    async get(site: ReportedSite, id: string) {
      const payment = await records.payments.get(site.id, id);
      if (!payment) return null;
      const [entries, links] = await Promise.all([
        records.ledger.entries(site.id, id),
        records.payments.links(site.id, id),
      ]);
      const conversion = site.currency === undefined ? null : await convert?.(entries, site.currency);
      const converted = conversion ? { converted: convertedAnswer(conversion) } : {};
      return { ...summaryOf(payment, site), ...detailOf(payment, entries, links, site), ...converted };
    },
  };
}

function summaryOf(payment: PaymentRow, { currency }: ReportedSite) {
  const { attribution } = payment;
  const first = creditedPath(attribution.rows)[0];
  return {
    id: payment.id,
    occurred_at: iso(payment.occurredAt),
    kind: payment.kind,
    currency: payment.currency,
    gross: payment.grossMinor,
    refunded: payment.refundedMinor,
    disputed: payment.disputedMinor,
    revenue: revenueMinor(payment),
    fees: payment.feeMinor,
    customer: payment.customer,
    visitor_id: attribution.visitor,
    reason: attribution.reason,
    source: attribution.visitor === null ? UNATTRIBUTED : (first?.source ?? '') || DIRECT_SOURCE,
    tax: payment.taxMinor,
    product: payment.productName ?? payment.product,
    coupon: payment.coupon,
    ...(currency === undefined || currency === payment.currency
      ? {}
      : { revenue_converted: revenueConverted(payment, currency) }),
  };
}

function detailOf(
  payment: PaymentRow,
  entries: readonly LedgerEntry[],
  links: readonly Link[],
  { settings = { windowDays: null } }: ReportedSite,
) {
  const { attribution } = payment;
  return {
    mode: payment.mode,
    connection: payment.connection,
    subscription: payment.subscription,
    fee_currency: payment.feeCurrency,
    product_id: payment.product,
    price_id: payment.price,
    explanation: explanationOf(attribution.reason),
    entries: entries.map((entry) => ({
      id: entry.id,
      kind: entry.kind,
      amount: entry.amountMinor,
      currency: entry.currency,
      occurred_at: iso(entry.occurredAt),
      balance_transaction: entry.balanceTransaction,
      settled: entry.settledMinor,
      settled_currency: entry.settledCurrency,
      fee: entry.feeMinor,
    })),
    links: links.map((link) => ({
      object: link.object,
      field: link.field,
      value: link.value,
      claim: link.claim,
      seen_at: iso(link.seenAt),
      used: isUsed(link, attribution),
    })),
    touchpoints: creditedPath(attribution.rows).map((touch) => ({
      at: iso(touch.occurredAt),
      source: touch.source || DIRECT_SOURCE,
      medium: touch.medium,
      campaign: touch.campaign,
      channel: touch.channel,
      landing_page: touch.landingPage,
      visitor_id: touch.visitor,
    })),
    credits: creditsOf(payment, entries, modelSettingsOf(settings)),
  };
}

/**
 * Crediting follows booking a moment later. In between, what was booked last is shared here along the path that holds the
 * credits, by the function that will store it: the answer never shows credits that miss a refund it shows.
 */
function creditsOf(
  payment: PaymentRow,
  entries: readonly LedgerEntry[],
  settings: ModelSettings,
): Record<string, number[]> {
  const { rows, credits } = payment.attribution;
  const path = creditedPath(rows);
  const credited = new Map(rows.map((row) => [row.entry.id, row.entry.amountMinor]));
  const isBehind =
    credited.size !== entries.length || entries.some((entry) => credited.get(entry.id) !== entry.amountMinor);
  if (path.length === 0 || !isBehind) return credits as Record<string, number[]>;
  return creditsByTouchpoint(creditRows(payment, entries, path, null, settings)) as Record<string, number[]>;
}

function isUsed(link: Link, { usedLink }: Attribution): boolean {
  return (
    usedLink !== null &&
    usedLink.object === link.object &&
    usedLink.field === link.field &&
    usedLink.value === link.value
  );
}

function explanationOf(reason: string | null): string | null {
  if (reason === null) return null;
  return UNATTRIBUTED_REASONS[reason as UnattributedReason] ?? reason;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
