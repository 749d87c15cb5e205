import { UNATTRIBUTED } from '../../core/report.ts';
import { DIRECT_CHANNEL, DIRECT_MEDIUM, DIRECT_SOURCE } from '../../core/acquisition.ts';
import type { CreditRow, ModelAmounts } from '../../core/attribution/credit.ts';
import { RULE_MODELS } from '../../core/attribution/models.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Payment } from '../../core/payment.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';
import type { WrittenRows } from '../../core/written-rows.ts';
import { inner, remembered } from './cells.ts';
import { timeText } from './times.ts';

export const TOUCHPOINT_COLUMNS = [
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'click_id',
  'channel',
  'referrer_host',
  'landing_page',
  'hostname',
  'country',
  'device',
  'browser',
  'os',
] as const;

/** What rows have in common stands together: it is written out once. */
const COLUMNS = [
  'payment_id',
  'payment_kind',
  'payment_at',
  'customer',
  'subscription',
  'product',
  'coupon',
  'entry_id',
  'entry_kind',
  'entry_at',
  'currency',
  'visitor',
  'touch_at',
  ...TOUCHPOINT_COLUMNS,
  'site',
  'mode',
  'position',
  'reason',
  'money',
  'converted',
  'fee_converted',
  'fee_currency',
  'amount',
  ...RULE_MODELS,
  ...RULE_MODELS.map((model) => `fee_${model}` as const),
  ...RULE_MODELS.map((model) => `tax_${model}` as const),
  'sign',
] as const;

/** Tags as they are, in the order of TOUCHPOINT_COLUMNS. */
export function tagCells(touch: Touchpoint): string[] {
  return [
    touch.source,
    touch.medium,
    touch.campaign,
    touch.term,
    touch.content,
    touch.clickId,
    touch.channel,
    touch.referrerHost,
    touch.landingPage,
    touch.hostname,
    touch.country,
    touch.device,
    touch.browser,
    touch.os,
  ];
}

/** Tags as reports call them. */
export function touchpointCells(touchpoint: Touchpoint | null): string[] {
  if (!touchpoint) return TOUCHPOINT_COLUMNS.map(() => UNATTRIBUTED);
  if (touchpoint.source !== '') return tagCells(touchpoint);
  return tagCells({ ...touchpoint, source: DIRECT_SOURCE, medium: DIRECT_MEDIUM, channel: DIRECT_CHANNEL });
}

function paymentCells({ id, kind, occurredAt, customer, subscription, product, productName, coupon }: Payment) {
  return [
    id,
    kind,
    timeText(occurredAt),
    customer ?? '',
    subscription ?? '',
    productName ?? product ?? '',
    coupon ?? '',
  ];
}

function entryCells({ id, kind, occurredAt, currency }: LedgerEntry) {
  return [id, kind, timeText(occurredAt), currency];
}

function visitCells(touchpoint: Touchpoint | null) {
  const seen = touchpoint === null ? ['', null] : [touchpoint.visitor, timeText(touchpoint.occurredAt)];
  return [...seen, ...touchpointCells(touchpoint)];
}

function ownCells({ site, mode, position, reason, entry, money, fees, wholeMinor, ...converted }: CreditRow) {
  const hasFee = entry.feeMinor !== null && (money === undefined || fees !== undefined);
  return [
    site,
    mode,
    position,
    reason,
    money ?? '',
    converted.convertedTo ?? '',
    converted.feesConvertedTo ?? '',
    hasFee ? (entry.settledCurrency ?? '') : '',
    position <= 0 ? (wholeMinor ?? entry.amountMinor) : 0,
  ];
}

const amountsText = (amounts: Partial<ModelAmounts> | undefined) =>
  amounts === undefined ? NO_AMOUNTS : RULE_MODELS.map((model) => amounts[model] ?? 0).join();
const NO_AMOUNTS = RULE_MODELS.map(() => 0).join();

/** Credit rows as they are inserted. */
export function writtenCredits(rows: readonly CreditRow[]): WrittenRows {
  const payment = remembered(paymentCells);
  const entry = remembered(entryCells);
  const visit = remembered(visitCells);
  const lines = rows.map((row) => {
    const shared = `${payment(row.payment)},${entry(row.entry)},${visit(row.touchpoint)},${inner(ownCells(row))}`;
    return `[${shared},${amountsText(row.amounts)},${amountsText(row.fees)},${amountsText(row.taxes)},${row.sign}]`;
  });
  return { table: 'credits', columns: COLUMNS, lines };
}
