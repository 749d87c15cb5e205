import type { LedgerEntry } from '../ledger.ts';
import type { Payment } from '../payment.ts';
import type { Touchpoint } from '../touchpoint.ts';

export const DAY_MS = 86_400_000;

export function path(sources: string[]): Touchpoint[] {
  return sources.map((source, index) => ({
    visitor: 'v1',
    session: `s${index}`,
    occurredAt: index * DAY_MS,
    receivedAt: index * DAY_MS,
    landingPage: '/',
    hostname: 'shop.example',
    country: 'DE',
    device: 'desktop',
    browser: 'Firefox',
    os: 'Linux',
    source,
    medium: '',
    campaign: '',
    term: '',
    content: '',
    clickId: '',
    clickIdKind: '',
    referrerHost: '',
    referrer: '',
    channel: '',
  }));
}

export function entry(kind: LedgerEntry['kind'], id: string, amountMinor: number, day = 10): LedgerEntry {
  const settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };
  return { id, paymentId: 'ch_1', kind, amountMinor, currency: 'usd', occurredAt: day * DAY_MS, ...settlement };
}

export const payment: Payment = {
  site: 'site1',
  id: 'ch_1',
  mode: 'live',
  connection: 'c1',
  kind: 'one_time',
  currency: 'usd',
  occurredAt: 10 * DAY_MS,
  customer: null,
  subscription: null,
  pathEndsAt: null,
  grossMinor: 0,
  refundedMinor: 0,
  disputedMinor: 0,
  feeMinor: 0,
  feeCurrency: null,
  taxMinor: null,
  product: null,
  productName: null,
  price: null,
  coupon: null,
};

export const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
