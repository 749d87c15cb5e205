import { DIMENSIONS } from '../core/report.ts';
import type { Dimension, Metric } from '../core/report.ts';
import { amountOf, type Expectation, type Reading } from './scenario-expect.ts';

/** How stories speak of what advertising cost. */
export interface SpendAction {
  kind: 'spend';
  source: string;
  medium: string;
  campaign: string;
  amountMinor: number;
  currency: string;
  clicks: number | null;
}

/** Null: the statement is about something else. */
export function readSpend(text: string, reading: Reading): SpendAction | null {
  const [, rest] = /^spend (.+)$/.exec(text) ?? [];
  if (rest === undefined) return null;
  const [, tags, amount, currency, clicks = null] =
    /^(.+ \/ .+?) ([\d.]+) ([a-z]{3})(?:, (\d{1,9}) clicks)?$/.exec(rest) ?? [];
  if (tags === undefined || amount === undefined || currency === undefined) {
    throw reading.fail('write "spend SOURCE / MEDIUM / CAMPAIGN AMOUNT CURRENCY[, N clicks]"');
  }
  const [source = '', medium = '', campaign = ''] = tags.split(' / ').map((part) => part.trim());
  const amountMinor = amountOf(amount, currency, reading);
  return {
    kind: 'spend',
    source,
    medium,
    campaign,
    amountMinor,
    currency,
    clicks: clicks === null ? null : Number(clicks),
  };
}

const RETURNS = {
  spend: 'spend',
  roas: 'roas',
  cac: 'cac',
  payback: 'payback_days',
  'new customers': 'new_customers',
} as const satisfies Record<string, Metric>;
type ReturnWord = keyof typeof RETURNS;

/** `expect roas 1.25`, `expect spend by campaign: brand 12.00, spring 3.00`, `expect payback none`. Null: another one. */
export function readReturn(text: string, reading: Reading): Expectation | null {
  const words = Object.keys(RETURNS).join('|');
  const [, word, dimension, list] = new RegExp(`^(${words})(?: by ([a-z]+):)? (.+)$`).exec(text) ?? [];
  if (word === undefined || list === undefined) return null;
  const metric = RETURNS[word as ReturnWord];
  if (dimension === undefined)
    return { kind: 'return', metric, dimension: null, rows: { '': valueOf(metric, list, reading) } };
  const known = DIMENSIONS.find((name) => name === dimension);
  if (!known) throw reading.fail(`"${dimension}" is not a dimension; they are ${DIMENSIONS.join(', ')}`);
  const rows: Record<string, number | null> = {};
  for (const part of list.split(',')) {
    const [, name, value] = /^(.+?) (\S+(?: days?)?)$/.exec(part.trim()) ?? [];
    if (name === undefined || value === undefined) throw reading.fail(`"${part.trim()}" is not "NAME VALUE"`);
    rows[name] = valueOf(metric, value, reading);
  }
  return { kind: 'return', metric, dimension: known as Dimension, rows };
}

function valueOf(metric: Metric, text: string, reading: Reading): number | null {
  if (text === 'none') return null;
  if (metric === 'spend' || metric === 'cac') return amountOf(text, reading.currency, reading);
  const [, number] = /^(\d{1,9}(?:\.\d{1,6})?)(?: days?)?$/.exec(text) ?? [];
  if (number === undefined) throw reading.fail(`"${text}" is not a number; write 1.25, 3 days or none`);
  return Number(number);
}
