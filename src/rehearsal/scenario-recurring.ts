import { METRICS, type Metric } from '../core/report.ts';
import { MOVEMENT_KINDS, type MovementKind } from '../core/subscription-movements.ts';
import { amountOf, type Expectation, type Reading } from './scenario-expect.ts';
import type { Interval } from './stripe/billing-rows.ts';

/** How stories speak of recurring revenue. */

export interface Every {
  interval: Interval;
  intervalCount: number;
}

/** ' every 3 months', as a part of a pattern. */
export const EVERY = ' every (?:\\d{1,3} )?(?:day|week|month|year)s?';

export function everyOf(text: string | undefined): Every {
  const [, count = '1', interval = 'month'] = / every (?:(\d+) )?(day|week|month|year)/.exec(text ?? '') ?? [];
  return { interval: interval as Interval, intervalCount: Number(count) };
}

/** Metrics of recurring revenue that are amounts. */
const AMOUNTS = METRICS.filter((metric) => metric.endsWith('mrr') || metric === 'arr');

/** Null: it is no expectation of recurring revenue. */
export function readRecurring(text: string, reading: Reading): Expectation | null {
  if (text === 'recurring revenue to be true') return { kind: 'recurring' };
  const [, list] = /^movements: (.+)$/.exec(text) ?? [];
  if (list !== undefined)
    return { kind: 'movements', rows: list.split(',').map((part) => readMovement(part, reading)) };
  const [, metric, amount, currency, day = null] =
    new RegExp(`^(${AMOUNTS.join('|')}|subscribers) (-?[\\d.]+)(?: ([a-z]{3}))?(?: on day (\\d{1,4}))?$`).exec(text) ??
    [];
  if (metric === undefined || amount === undefined) return null;
  const on = day === null ? null : Number(day);
  if (metric === 'subscribers') {
    return { kind: 'stock', metric: 'active_subscribers', value: Number(amount), currency: reading.currency, day: on };
  }
  const inCurrency = currency ?? reading.currency;
  const value = amountOf(amount, inCurrency, reading);
  return { kind: 'stock', metric: metric as Metric, value, currency: inCurrency, day: on };
}

function readMovement(part: string, reading: Reading): { day: number; kind: MovementKind; amountMinor: number } {
  const [, day, word, amount] = /^day (\d{1,4}) ([a-z]+) ([\d.]+)$/.exec(part.trim()) ?? [];
  const kind = MOVEMENT_KINDS.find((name) => name === word);
  if (day === undefined || kind === undefined || amount === undefined) {
    throw reading.fail(`"${part.trim()}" is not "day N ${MOVEMENT_KINDS.join(' or ')} AMOUNT"`);
  }
  return { day: Number(day), kind, amountMinor: amountOf(amount, reading.currency, reading) };
}
