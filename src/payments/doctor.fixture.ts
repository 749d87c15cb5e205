import { RUNGS } from '../core/ladder.ts';
import type { Rung } from '../core/ladder.ts';
import type { Link } from '../core/link.ts';
import type { Examined, ExaminedConnection, ExaminedPayment } from './doctor-finding.ts';
import type { Endpoint } from './provider.ts';

/** A site with which all is well, and its parts, for tests that put one of them wrong. */

export const NOW = Date.UTC(2026, 10, 20);
export const DAY_MS = 86_400_000;
export const WEBHOOK_URL = 'https://stats.example/api/webhooks/stripe/s1';
export const EVENTS = ['charge.succeeded', 'refund.created', 'invoice.paid'];

export const endpoint = (change: Partial<Endpoint> = {}): Endpoint => ({
  id: 'we_1',
  url: WEBHOOK_URL,
  enabled: true,
  events: EVENTS,
  apiVersion: '2026-10-28.endive',
  metadata: {},
  createdAt: 0,
  ...change,
});
export const connection = (change: Partial<ExaminedConnection> = {}): ExaminedConnection => ({
  id: 'con_1',
  site: 's1',
  account: 'acct_1',
  mode: 'live',
  status: 'verified',
  statusReason: null,
  sealedKey: 'sealed',
  keyHint: 'abcd',
  createdAt: NOW - 30 * DAY_MS,
  checkedAt: NOW,
  lastEventAt: NOW - 1000,
  grantedBy: 'key',
  isModeChosen: false,
  permissions: { checkedAt: NOW, answers: { rak_charge_read: 'granted', rak_webhook_write: 'granted' } },
  endpoint: { state: 'created', id: 'we_1', reason: null, checkedAt: NOW },
  secrets: 1,
  secretAt: NOW - 30 * DAY_MS,
  missed: null,
  endpoints: { ok: true, value: [endpoint()] },
  checkouts: {
    ok: true,
    value: [
      {
        id: 'cs_1',
        metadataKeys: ['hw_visitor_id'],
        returnUrl: 'https://s.example/?session_id={CHECKOUT_SESSION_ID}',
        isOfPaymentLink: false,
      },
    ],
  },
  charges: {
    ok: true,
    value: [{ id: 'ch_1', metadataKeys: ['hw_visitor_id', 'order'], returnUrl: null, isOfPaymentLink: false }],
  },
  aheadMs: 0,
  ...change,
});
export const link = (rung: Rung, change: Partial<Link> = {}): Link => ({
  object: 'ch_1',
  field: 'metadata.hw_visitor_id',
  value: 'v1',
  claim: 'visitor',
  rung: RUNGS[rung] * 1000,
  seenAt: NOW,
  ...change,
});
export const payment = (id: string, change: Partial<ExaminedPayment> = {}): ExaminedPayment => ({
  id,
  connection: 'con_1',
  occurredAt: NOW - DAY_MS,
  reason: null,
  links: [link('charge')],
  used: link('charge'),
  customer: null,
  visitor: 'v1',
  ...change,
});
export const many = (count: number, change: Partial<ExaminedPayment> = {}) =>
  Array.from({ length: count }, (_, index) => payment(`ch_${index}`, change));
export const row = (eventId: string, lastError: string, receivedAt = NOW) => ({
  connection: 'con_1',
  eventId,
  type: 'charge.succeeded',
  body: '',
  receivedAt,
  state: 'dead' as const,
  attempts: 3,
  lastError,
  fence: 0,
});

export const WELL: Examined = {
  site: {
    id: 's1',
    team: 't',
    name: 'Shop',
    domain: 's.example',
    timezone: 'UTC',
    currency: 'usd',
    createdAt: 0,
    settings: {
      hosts: [],
      keptParameters: [],
      hashRouting: false,
      excludedPaths: [],
      visitorMetadataKeys: [],
      windowDays: null,
      offStripe: false,
    },
  },
  now: NOW,
  mode: 'live',
  webhookUrl: WEBHOOK_URL,
  webhookUrls: [WEBHOOK_URL],
  unreachable: null,
  rules: [
    { name: 'rak_charge_read', label: 'Charges', access: 'read', without: 'nothing' },
    { name: 'rak_webhook_write', label: 'Webhook Endpoints', access: 'write', without: 'no endpoint' },
  ],
  webhookEvents: EVENTS,
  apiVersion: '2026-10-28.endive',
  keyLink: 'https://dashboard.stripe.com/apikeys/create',
  scriptTag: '<script></script>',
  connections: [connection()],
  inbox: { counts: { pending: 0, done: 9, dead: 0, quarantined: 0 }, oldest: null, dead: [], quarantined: [] },
  refusals: null,
  hits: { last: { occurredAt: NOW - 1000, url: 'https://s.example/' }, total: 100, withoutVisitor: 3 },
  payments: many(10),
  shared: [],
  fall: null,
};
