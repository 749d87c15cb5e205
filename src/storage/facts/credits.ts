import { UNATTRIBUTED } from '../../core/report.ts';
import { DIRECT_CHANNEL, DIRECT_MEDIUM, DIRECT_SOURCE } from '../../core/acquisition.ts';
import type { CreditRow } from '../../core/attribution/credit.ts';
import { RULE_MODELS } from '../../core/attribution/models.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';
import type { FactsClient } from './client.ts';
import type { Facts } from './facts.ts';
import { timeText } from './times.ts';

/** The label of money without a known visitor, in every dimension that tells how a visitor arrived. */

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

const COLUMNS = [
  'site',
  'mode',
  'payment_id',
  'payment_kind',
  'payment_at',
  'currency',
  'customer',
  'subscription',
  'entry_id',
  'entry_kind',
  'entry_at',
  'visitor',
  'position',
  'reason',
  'touch_at',
  ...TOUCHPOINT_COLUMNS,
  'amount',
  ...RULE_MODELS,
  'fee_currency',
  ...RULE_MODELS.map((model) => `fee_${model}` as const),
  ...RULE_MODELS.map((model) => `tax_${model}` as const),
  'product',
  'coupon',
  'money',
  'converted',
  'fee_converted',
  'sign',
] as const;

/** In the order of TOUCHPOINT_COLUMNS. */
export function touchpointCells(touchpoint: Touchpoint | null): string[] {
  if (!touchpoint) return TOUCHPOINT_COLUMNS.map(() => UNATTRIBUTED);
  const direct = touchpoint.source === '';
  return [
    direct ? DIRECT_SOURCE : touchpoint.source,
    direct ? DIRECT_MEDIUM : touchpoint.medium,
    touchpoint.campaign,
    touchpoint.term,
    touchpoint.content,
    touchpoint.clickId,
    direct ? DIRECT_CHANNEL : touchpoint.channel,
    touchpoint.referrerHost,
    touchpoint.landingPage,
    touchpoint.hostname,
    touchpoint.country,
    touchpoint.device,
    touchpoint.browser,
    touchpoint.os,
  ];
}

function creditCells({
  site,
  mode,
  payment,
  entry,
  position,
  touchpoint,
  reason,
  amounts,
  fees,
  taxes,
  money,
  wholeMinor,
  convertedTo,
  feesConvertedTo,
  sign,
}: CreditRow): unknown[] {
  const hasFee = entry.feeMinor !== null && (money === undefined || fees !== undefined);
  return [
    site,
    mode,
    payment.id,
    payment.kind,
    timeText(payment.occurredAt),
    entry.currency,
    payment.customer ?? '',
    payment.subscription ?? '',
    entry.id,
    entry.kind,
    timeText(entry.occurredAt),
    touchpoint?.visitor ?? '',
    position,
    reason,
    touchpoint && timeText(touchpoint.occurredAt),
    ...touchpointCells(touchpoint),
    position <= 0 ? (wholeMinor ?? entry.amountMinor) : 0,
    ...RULE_MODELS.map((model) => amounts[model] ?? 0),
    hasFee ? (entry.settledCurrency ?? '') : '',
    ...RULE_MODELS.map((model) => fees?.[model] ?? 0),
    ...RULE_MODELS.map((model) => taxes?.[model] ?? 0),
    payment.productName ?? payment.product ?? '',
    payment.coupon ?? '',
    money ?? '',
    convertedTo ?? '',
    feesConvertedTo ?? '',
    sign,
  ];
}

export function createCredits(client: FactsClient): Pick<Facts, 'insertCredits'> {
  return {
    insertCredits: (rows, token) => client.insert('credits', COLUMNS, rows.map(creditCells), token),
  };
}
