// Reports over 10 million events and 20,000 payments in the embedded engine, warm, through the product's own report code.
// The rows are made by the engine itself: sending ten million hits over HTTP would measure collect once more.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportQuery } from '../src/core/report.ts';
import { createFactsClient } from '../src/storage/facts/client.ts';
import type { FactsClient } from '../src/storage/facts/client.ts';
import { createFacts } from '../src/storage/facts/create.ts';
import { startEmbedded } from '../src/storage/facts/embedded/supervise.ts';
import { createReport } from '../src/storage/facts/report.ts';

const EVENTS = 10_000_000;
const SLICE = 1_000_000;
const PAYMENTS = 20_000;
const DAYS = 300;
const ROUNDS = 7;
const log = { info() {}, warn() {}, error() {} };

const QUESTION: ReportQuery = {
  site: 'bench',
  timezone: 'Europe/Berlin',
  currency: 'usd',
  mode: 'live',
  metrics: ['visitors', 'customers', 'revenue'],
  dimensions: ['source'],
  from: '2026-10-01',
  to: '2026-10-30',
  model: 'first_touch',
  by: 'entry_date',
  filters: [],
  order: { key: 'revenue', descending: true },
  limit: 100,
  bots: 'exclude',
};

const QUESTIONS: [name: string, query: ReportQuery][] = [
  ['first-touch revenue by source, 30 days', { ...QUESTION, metrics: ['customers', 'revenue'] }],
  ['first-touch revenue by source, 300 days', { ...QUESTION, metrics: ['customers', 'revenue'], from: '2026-01-04' }],
  ['visitors and revenue by source, 30 days', QUESTION],
  ['visitors and revenue by day, 30 days', { ...QUESTION, dimensions: ['day'], order: null }],
  ['visitors and revenue by channel, 300 days', { ...QUESTION, dimensions: ['channel'], from: '2026-01-04' }],
];

export async function measure(): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const engine = await startEmbedded({ directory, log });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  const facts = createFacts(client, createReport(client), { close: () => engine.close() });
  try {
    await facts.migrate();
    const startedAt = performance.now();
    for (let from = 0; from < EVENTS; from += SLICE) await fillEvents(client, from, SLICE);
    await fillCredits(client);
    const lines = [
      `${EVENTS.toLocaleString('en')} events, ${PAYMENTS.toLocaleString('en')} payments made in ${Math.round((performance.now() - startedAt) / 1000)} s`,
    ];
    for (const [name, query] of QUESTIONS) {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const askedAt = performance.now();
        const { rows } = await facts.report(query);
        if (rows.length === 0) throw new Error(`${name}: the report is empty`);
        times.push(performance.now() - askedAt);
      }
      times.sort((a, b) => a - b);
      lines.push(
        `${name}: ${Math.round(times[Math.floor(ROUNDS / 2)]!)} ms (median of ${ROUNDS}, worst ${Math.round(times.at(-1)!)})`,
      );
    }
    return lines;
  } finally {
    await facts.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Sessions of five events; 30 sources; spread evenly over DAYS days up to 30 October 2026. */
async function fillEvents(client: FactsClient, from: number, count: number) {
  await client.command(`
    INSERT INTO events (site, id, visitor, session, name, occurred_at, received_at, hostname, path, url, source, medium,
      campaign, channel, browser, os, device, country)
    WITH intDiv(number, 5) AS s,
      toDateTime64('2026-10-30 23:00:00', 3, 'UTC') - toIntervalSecond(intDiv(s * ${DAYS * 86_400}, ${EVENTS / 5})) + toIntervalSecond(number % 5 * 30) AS at
    SELECT 'bench', toString(number), 'v' || toString(cityHash64(s) % ${EVENTS / 12}), 's' || toString(s), 'pageview',
      at, at, 'shop.test', '/page/' || toString(number % 500), 'https://shop.test/', 'source' || toString(s % 30),
      ['cpc', 'organic', 'referral', 'email', ''][s % 5 + 1], 'campaign' || toString(s % 200),
      ['Paid Search', 'Organic Search', 'Referral', 'Email', 'Direct'][s % 5 + 1], 'Chrome', 'Linux', 'desktop', 'DE'
    FROM numbers(${from}, ${count})`);
}

async function fillCredits(client: FactsClient) {
  const models = 'first_touch, last_touch, last_non_direct, linear, position_based, time_decay';
  await client.command(`
    INSERT INTO credits (site, mode, payment_id, payment_kind, payment_at, currency, customer, entry_id, entry_kind,
      entry_at, visitor, position, source, medium, campaign, channel, amount, ${models}, sign)
    WITH toDateTime64('2026-10-30 23:00:00', 3, 'UTC') - toIntervalSecond(intDiv(number * ${DAYS * 86_400}, ${PAYMENTS})) AS at,
      arrayJoin([0, 1, 2]) AS touch
    SELECT 'bench', 'live', 'ch_' || toString(number), 'one_time', at, 'usd', 'cus_' || toString(number % 9000),
      'ch_' || toString(number), 'charge', at, 'v' || toString(number), touch, 'source' || toString((number + touch) % 30),
      'cpc', 'campaign' || toString(number % 200), ['Paid Search', 'Organic Search', 'Direct'][number % 3 + 1],
      if(touch = 0, 3000, 0), if(touch = 0, 3000, 0), if(touch = 2, 3000, 0), if(touch = 2, 3000, 0), 1000,
      [1200, 600, 1200][touch + 1], [600, 900, 1500][touch + 1], 1
    FROM numbers(${PAYMENTS})`);
}
