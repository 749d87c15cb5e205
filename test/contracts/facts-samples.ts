import { randomUUID } from 'node:crypto';
import type { CreditRow } from '../../src/core/attribution/credit.ts';
import type { Event } from '../../src/core/event.ts';
import type { Touchpoint } from '../../src/core/touchpoint.ts';

export const MINUTE = 60_000;
export const DAY = 86_400_000;
/** Noon of yesterday: an hour more or less stays on its day, and event ids are remembered for some days only. */
export const NOON = Math.floor(Date.now() / DAY) * DAY - DAY / 2;

export function eventOf(fields: Partial<Event>): Event {
  const occurredAt = fields.occurredAt ?? NOON;
  return {
    site: 's1',
    id: randomUUID(),
    visitor: '',
    session: '',
    name: 'pageview',
    occurredAt,
    receivedAt: occurredAt + 40,
    hostname: 'shop.test',
    path: '/',
    url: 'https://shop.test/',
    title: '',
    props: {},
    bot: '',
    source: '',
    medium: '',
    campaign: '',
    term: '',
    content: '',
    clickId: '',
    clickIdKind: '',
    referrerHost: '',
    referrer: '',
    channel: 'Direct',
    browser: 'Firefox',
    os: 'Linux',
    device: 'desktop',
    language: 'en',
    country: 'DE',
    region: '',
    city: '',
    locationApproximate: false,
    ...fields,
  };
}

export function touchpointOf(fields: Partial<Touchpoint>): Touchpoint {
  return {
    visitor: '',
    session: '',
    occurredAt: NOON,
    receivedAt: NOON + 40,
    landingPage: '/',
    hostname: 'shop.test',
    country: 'DE',
    device: 'desktop',
    browser: 'Firefox',
    os: 'Linux',
    source: '',
    medium: '',
    campaign: '',
    term: '',
    content: '',
    clickId: '',
    clickIdKind: '',
    referrerHost: '',
    referrer: '',
    channel: 'Direct',
    ...fields,
  };
}

export function creditOf(fields: Partial<CreditRow> & { amountMinor: number; paymentId: string }): CreditRow {
  const { amountMinor, paymentId, ...row } = fields;
  return {
    site: 's1',
    mode: 'live',
    payment: {
      site: 's1',
      id: paymentId,
      mode: 'live',
      connection: 'c1',
      kind: 'one_time',
      currency: 'usd',
      occurredAt: NOON,
      customer: null,
      subscription: null,
      pathEndsAt: null,
      grossMinor: amountMinor,
      refundedMinor: 0,
      disputedMinor: 0,
      feeMinor: 0,
      feeCurrency: null,
      taxMinor: null,
      product: null,
      productName: null,
      price: null,
      coupon: null,
    },
    entry: {
      id: paymentId,
      paymentId,
      kind: 'charge',
      amountMinor,
      currency: 'usd',
      occurredAt: NOON,
      balanceTransaction: null,
      settledMinor: null,
      settledCurrency: null,
      feeMinor: null,
    },
    position: 0,
    touchpoint: null,
    reason: '',
    amounts: {
      first_touch: amountMinor,
      last_touch: amountMinor,
      last_non_direct: amountMinor,
      linear: amountMinor,
      position_based: amountMinor,
      time_decay: amountMinor,
      custom: amountMinor,
    },
    sign: 1,
    ...row,
  };
}
