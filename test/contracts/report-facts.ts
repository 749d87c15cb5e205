import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Event } from '../../src/core/event.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { Payment } from '../../src/core/payment.ts';
import type { ReportQuery } from '../../src/core/report.ts';
import type { Touchpoint } from '../../src/core/touchpoint.ts';
import { createFactsClient } from '../../src/storage/facts/client.ts';
import { createFacts } from '../../src/storage/facts/create.ts';
import { startEmbedded } from '../../src/storage/facts/embedded/supervise.ts';
import type { Facts } from '../../src/storage/facts/facts.ts';
import { createReport } from '../../src/storage/facts/report.ts';

const log = { info() {}, warn() {}, error() {} };

/** A real embedded store for the tests of a file, and questions to it. */
export function openReports() {
  let directory = '';
  let facts: Facts;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headwater-report-'));
    const engine = await startEmbedded({ directory, log });
    const client = createFactsClient({ endpoint: () => engine.endpoint() });
    facts = createFacts(client, createReport(client), { close: () => engine.close() });
    await facts.migrate();
  });
  after(async () => {
    await facts?.close();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    store: () => facts,
    events: (events: Event[]) => facts.insertEvents(events, `events-${next()}`),
    credits: (rows: Parameters<Facts['insertCredits']>[0]) => facts.insertCredits(rows, `credits-${next()}`),
    movements: (rows: Parameters<Facts['insertMovements']>[0]) => facts.insertMovements(rows, `movements-${next()}`),
    paths: (rows: Parameters<Facts['insertPaths']>[0]) => facts.insertPaths(rows, `paths-${next()}`),
    report: (site: string, question: Partial<ReportQuery> = {}) => facts.report(ask(site, question)),
  };
}

export const at = (text: string) => Date.parse(text);
let counter = 0;
const next = () => `00000000-0000-4000-8000-${String((counter += 1)).padStart(12, '0')}`;

const NOTHING = { source: '', medium: '', campaign: '', term: '', content: '', clickId: '', clickIdKind: '' };
const PLACE = { country: 'DE', region: '', city: '', locationApproximate: false };
const DEVICE = { browser: 'Firefox', os: 'Linux', device: 'desktop', language: 'de' };

export function event(site: string, visitor: string, when: string, fields: Partial<Event> = {}): Event {
  const occurredAt = at(when);
  const from = { ...NOTHING, referrerHost: '', referrer: '', channel: fields.source ? 'Organic Search' : 'Direct' };
  const page = { hostname: 'shop.example', path: '/', url: 'https://shop.example/', title: '', props: {}, bot: '' };
  const session = visitor && `${visitor}-1`;
  const hit = { site, visitor, session, id: next(), name: 'pageview', occurredAt, receivedAt: occurredAt + 5 };
  return { ...from, ...page, ...hit, ...PLACE, ...DEVICE, ...fields };
}

export function touch(visitor: string, when: string, source: string, fields: Partial<Touchpoint> = {}): Touchpoint {
  const { language: _, ...device } = DEVICE;
  const arrival = { ...NOTHING, referrerHost: '', referrer: '', channel: source ? 'Organic Search' : 'Direct', source };
  const place = { landingPage: '/', hostname: 'shop.example', country: 'DE', ...device };
  return {
    ...arrival,
    ...place,
    visitor,
    session: `${visitor}-1`,
    occurredAt: at(when),
    receivedAt: at(when),
    ...fields,
  };
}

export function payment(site: string, id: string, when: string, fields: Partial<Payment> = {}): Payment {
  const sums = { grossMinor: 0, refundedMinor: 0, disputedMinor: 0, feeMinor: 0, feeCurrency: null };
  const sold = { taxMinor: null, product: null, productName: null, price: null, coupon: null };
  const known = { customer: null, subscription: null, pathEndsAt: null, kind: 'one_time' as const, currency: 'usd' };
  return { site, id, mode: 'live', connection: 'c1', occurredAt: at(when), ...known, ...sums, ...sold, ...fields };
}

export function entry(of: Payment, kind: LedgerEntry['kind'], amountMinor: number, when?: string): LedgerEntry {
  const settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };
  const id = kind === 'charge' ? of.id : `${kind}_${next()}`;
  const occurredAt = when ? at(when) : of.occurredAt;
  return { id, paymentId: of.id, kind, amountMinor, currency: of.currency, occurredAt, ...settlement };
}

export function ask(site: string, question: Partial<ReportQuery> = {}): ReportQuery {
  return {
    site,
    timezone: 'UTC',
    currency: 'usd',
    mode: 'live',
    metrics: ['visitors', 'revenue'],
    dimensions: [],
    from: '2026-11-01',
    to: '2026-11-30',
    model: 'first_touch',
    by: 'entry_date',
    filters: [],
    order: null,
    limit: 100,
    bots: 'exclude',
    ...question,
  };
}

export const sum = (numbers: unknown[]) => numbers.reduce((total: number, one) => total + Number(one ?? 0), 0);
