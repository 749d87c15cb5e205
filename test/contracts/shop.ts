/**
 * A shop on the real stores (SQLite, embedded ClickHouse), for stories about attribution. Days are of November 2026; a
 * visitor's first hit of a day starts a session. One pair of stores serves all tests of a file; each shop is a site.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Event } from '../../src/core/event.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { Link } from '../../src/core/link.ts';
import type { Payment } from '../../src/core/payment.ts';
import type { ReportQuery } from '../../src/core/report.ts';
import { createAttributor } from '../../src/payments/attribute.ts';
import { createMirror } from '../../src/payments/mirror.ts';
import { createDefaultMode } from '../../src/reports/mode.ts';
import { createPaymentReports } from '../../src/reports/payments.ts';
import { createFactsClient } from '../../src/storage/facts/client.ts';
import type { FactsClient } from '../../src/storage/facts/client.ts';
import { createFacts } from '../../src/storage/facts/create.ts';
import { startEmbedded } from '../../src/storage/facts/embedded/supervise.ts';
import { FactsUnavailable } from '../../src/storage/facts/facts.ts';
import type { Facts } from '../../src/storage/facts/facts.ts';
import { createReport } from '../../src/storage/facts/report.ts';
import { openRecords } from '../../src/storage/records/open.ts';
import type { Records, Site } from '../../src/storage/records/records.ts';

const log = { info() {}, warn() {}, error() {} };
export const NOW = Date.parse('2026-12-01T00:00:00Z');
let directory: string;
export let records: Records;
export let facts: Facts;
export let client: FactsClient;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-attribute-'));
  records = openRecords({ dataDir: directory, log });
  const engine = await startEmbedded({ directory: join(directory, 'facts'), log });
  client = createFactsClient({ endpoint: () => engine.endpoint() });
  facts = createFacts(client, createReport(client), { close: () => engine.close() });
  await Promise.all([records.migrate(), facts.migrate()]);
});
after(async () => {
  await facts?.close();
  await records?.close();
  await rm(directory, { recursive: true, force: true });
});

export const sign = (text: string) => createHmac('sha256', 'ours').update(text).digest('hex');

let counter = 0;
const next = () => `00000000-0000-4000-8000-${String((counter += 1)).padStart(12, '0')}`;
export const on = (day: number, ms = 12 * 3_600_000) =>
  Date.parse('2026-11-01T00:00:00Z') + (day - 1) * 86_400_000 + ms;

export async function openShop(settings: Partial<Site['settings']> = {}) {
  const team = await records.teams.default(NOW);
  const place = { team: team.id, name: 'Shop', domain: 'shop.example', timezone: 'UTC', currency: 'usd' };
  const site = (await records.sites.add({ ...place, settings }, NOW)).id;
  let outages = 0;
  let asked = 0;
  let wakes = 0;
  const attributor = createAttributor({
    records,
    sign,
    facts: {
      ...facts,
      async touchpoints(...question) {
        asked += 1;
        if (outages > 0) throw new FactsUnavailable('stopped');
        return facts.touchpoints(...question);
      },
    },
    now: () => NOW,
    log,
    onOutbox: () => (wakes += 1),
  });
  const mirror = createMirror({ records, facts });

  async function settle() {
    for (let turn = 0; turn < 20; turn += 1) {
      const again = await attributor.runOnce();
      if (!again && (await records.attributions.count(site)) === 0) break;
    }
    assert.equal(await records.attributions.count(site), 0, 'attribution ends');
    while (await mirror.runOnce());
  }

  return {
    site,
    settle,
    attributor,
    stop: (times: number) => (outages = times),
    asked: () => asked,
    wakes: () => wakes,
    async hits(...hits: [visitor: string, day: number, source: string, ms?: number][]) {
      const events = hits.map(([visitor, day, source, ms]) => hit(site, visitor, on(day, ms), source));
      await facts.insertEvents(events, `events-${next()}`);
    },
    async pay(id: string, paid: Partial<Payment>, links: Link[], entries: [LedgerEntry['kind'], number, number?][]) {
      const payment = paymentOf(site, id, paid);
      await records.payments.upsert(payment);
      await records.payments.setLinks(site, id, links);
      await records.ledger.append(
        site,
        payment.mode,
        entries.map(([kind, amountMinor, day]) => entryOf(payment, kind, amountMinor, day)),
      );
      await records.attributions.request(site, [id], NOW, ['recompute']);
    },
    request: (...ids: string[]) => records.attributions.request(site, ids, NOW, ['recompute']),
    attribution: async (id: string) => (await records.payments.get(site, id))!.attribution,
    detail: (id: string) =>
      createPaymentReports({ records, defaultMode: createDefaultMode({ records }) }).get({ id: site }, id),
    revenue: async (model: ReportQuery['model'] = 'linear') => {
      const range = { from: '2026-11-01', to: '2026-12-31', timezone: 'UTC', currency: 'usd', mode: 'live' as const };
      const shape = { metrics: ['revenue'] as const, dimensions: ['source'] as const, filters: [], order: null };
      const question = {
        ...range,
        ...shape,
        site,
        model,
        by: 'entry_date' as const,
        limit: 100,
        bots: 'exclude' as const,
      };
      const { rows } = await facts.report(question);
      return Object.fromEntries(rows.map((row) => [row.source, row.revenue]));
    },
  };
}

function hit(site: string, visitor: string, occurredAt: number, source: string): Event {
  const from = { source, medium: '', campaign: '', term: '', content: '', clickId: '', clickIdKind: '' };
  const arrival = { ...from, referrerHost: '', referrer: '', channel: source ? 'Referral' : 'Direct' };
  const page = { hostname: 'shop.example', path: '/', url: 'https://shop.example/', title: '', props: {}, bot: '' };
  const place = { country: 'DE', region: '', city: '', locationApproximate: false, language: 'de' };
  const device = { browser: 'Firefox', os: 'Linux', device: 'desktop' };
  const session = `${visitor}-${Math.floor(occurredAt / 86_400_000)}`;
  const times = { occurredAt, receivedAt: occurredAt + 3 };
  return { site, id: next(), visitor, session, name: 'pageview', ...times, ...page, ...arrival, ...place, ...device };
}

function paymentOf(site: string, id: string, fields: Partial<Payment>): Payment {
  const sums = { grossMinor: 0, refundedMinor: 0, disputedMinor: 0, feeMinor: 0, feeCurrency: null };
  const sold = { taxMinor: null, product: null, productName: null, price: null, coupon: null };
  const kind = { mode: 'live', kind: 'one_time', currency: 'usd', connection: 'c1' } as const;
  return {
    site,
    id,
    ...kind,
    ...sums,
    ...sold,
    occurredAt: on(10) + 999,
    customer: null,
    subscription: null,
    pathEndsAt: null,
    ...fields,
  };
}

function entryOf(payment: Payment, kind: LedgerEntry['kind'], amountMinor: number, day?: number): LedgerEntry {
  const id = kind === 'charge' ? payment.id : `re_${next()}`;
  const settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };
  const occurredAt = day === undefined ? payment.occurredAt : on(day);
  return { id, paymentId: payment.id, kind, amountMinor, currency: payment.currency, occurredAt, ...settlement };
}

export function link(value: string, claim: Link['claim'] = 'visitor', rung = 1): Link {
  const field = claim === 'client_reference' ? 'client_reference_id' : `metadata.hw_${claim}_id`;
  return { object: 'cs_1', field, value, claim, rung, seenAt: on(10) };
}
