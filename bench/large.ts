// Reports over 100 million events and 200,000 payments of two years, warm, through the product's own report code, and the
// same over 10 million events with the same payments. `node bench/large.ts EVENTS [DIRECTORY]` makes the store in the
// directory, or asks the one that is there; without one everything is made anew and removed.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportQuery } from '../src/core/report.ts';
import { createFactsClient } from '../src/storage/facts/client.ts';
import { createFacts } from '../src/storage/facts/create.ts';
import { startEmbedded } from '../src/storage/facts/embedded/supervise.ts';
import type { Facts } from '../src/storage/facts/facts.ts';
import { createReport } from '../src/storage/facts/report.ts';
import { cpuMsOf } from './cpu.ts';
import { EVENTS_PER_SESSION, fillPayments, fillVisits, SITE } from './large-data.ts';

const PAYMENTS = 200_000;
const ROUNDS = 5;
const log = { info() {}, warn() {}, error() {} };

const QUESTION: ReportQuery = {
  site: SITE,
  timezone: 'Europe/Berlin',
  currency: 'usd',
  mode: 'live',
  metrics: ['revenue'],
  dimensions: ['source'],
  from: '2026-10-01',
  to: '2026-10-30',
  model: 'first_touch',
  by: 'entry_date',
  filters: [],
  order: null,
  limit: 100,
  bots: 'exclude',
};
const TWO_YEARS = { from: '2024-11-01', to: '2026-10-30' };
const YEAR = { from: '2025-11-01', to: '2026-10-30' };

/** Credits alone: what bears the same whatever the traffic. */
const MONEY: [name: string, query: Partial<ReportQuery>][] = [
  ...(
    ['source', 'channel', 'campaign', 'referrer', 'landing_page', 'country', 'device', 'product', 'currency'] as const
  ).map((dimension): [string, Partial<ReportQuery>] => [
    `first-touch revenue by ${dimension}, 2 years`,
    { ...TWO_YEARS, dimensions: [dimension] },
  ]),
  [
    'linear revenue by source and campaign, 2 years',
    { ...TWO_YEARS, dimensions: ['source', 'campaign'], model: 'linear' },
  ],
  [
    'all money by channel, 2 years',
    { ...TWO_YEARS, metrics: ['gross', 'refunded', 'revenue', 'fees', 'net'], dimensions: ['channel'] },
  ],
  ['linear revenue by day, 1 year', { ...YEAR, dimensions: ['day'], model: 'linear' }],
  ['revenue by month, 2 years', { ...TWO_YEARS, dimensions: ['month'] }],
  ['totals of money, 2 years', { ...TWO_YEARS, metrics: ['revenue', 'conversions', 'customers'], dimensions: [] }],
  ['conversions and customers by source, 30 days', { metrics: ['conversions', 'customers', 'revenue'] }],
  ['conversions and customers by source, 2 years', { ...TWO_YEARS, metrics: ['conversions', 'customers', 'revenue'] }],
  [
    'new customers by channel, 2 years',
    { ...TWO_YEARS, metrics: ['new_customers', 'revenue'], dimensions: ['channel'] },
  ],
  [
    'revenue of one source by campaign, 1 year',
    { ...YEAR, dimensions: ['campaign'], filters: [['source', 'is', ['source3']]] },
  ],
];

const TRAFFIC: [name: string, query: Partial<ReportQuery>][] = [
  ['visitors by source, 30 days', { metrics: ['visitors'] }],
  ['visitors by channel, 30 days', { metrics: ['visitors'], dimensions: ['channel'] }],
  [
    'visitors, sessions, bounce rate by landing page, 30 days',
    { metrics: ['visitors', 'sessions', 'bounce_rate'], dimensions: ['landing_page'] },
  ],
  ['visitors and pageviews by day, 30 days', { metrics: ['visitors', 'pageviews'], dimensions: ['day'] }],
  ['visitors by country, 30 days', { metrics: ['visitors'], dimensions: ['country'] }],
  [
    'totals, 30 days',
    { metrics: ['visitors', 'sessions', 'pageviews', 'bounce_rate', 'visit_duration'], dimensions: [] },
  ],
  ['visitors and pageviews by page, 30 days', { metrics: ['visitors', 'pageviews'], dimensions: ['page'] }],
  ['visitors by event, 30 days', { metrics: ['visitors', 'events'], dimensions: ['event'] }],
  ['visitors, customers and revenue by source, 30 days', { metrics: ['visitors', 'customers', 'revenue'] }],
  [
    'conversion rate by channel, 30 days',
    { metrics: ['visitors', 'conversion_rate', 'revenue_per_visitor'], dimensions: ['channel'] },
  ],
  [
    'visitors of one source by campaign, 30 days',
    { metrics: ['visitors'], dimensions: ['campaign'], filters: [['source', 'is', ['source3']]] },
  ],
  ['visitors by channel, 90 days', { from: '2026-08-02', metrics: ['visitors'], dimensions: ['channel'] }],
];

/** One store; the lines of its questions. */
export async function measureStore(events: number, kept: string | null, only = ''): Promise<string[]> {
  const directory = kept ?? mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const engine = await startEmbedded({ directory, log });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  const facts = createFacts(client, createReport(client), { close: () => engine.close() });
  const made = join(directory, 'made');
  try {
    if (!existsSync(made)) {
      await facts.migrate();
      const startedAt = performance.now();
      const sessions = Math.ceil(events / EVENTS_PER_SESSION);
      await fillVisits(client, sessions, (done) => {
        if (kept) process.stderr.write(`${done} sessions, ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
      });
      await fillPayments(client, PAYMENTS);
      writeFileSync(made, '');
    } else await facts.migrate();
    const lines: string[] = [];
    for (const [name, query] of [...MONEY, ...TRAFFIC]) {
      if (!name.includes(only)) continue;
      lines.push(await timed(facts, engine.pid()!, name, { ...QUESTION, ...query }));
      if (kept) process.stderr.write(`${lines.at(-1)}\n`);
    }
    return lines;
  } finally {
    await facts.close();
    if (!kept) rmSync(directory, { recursive: true, force: true });
  }
}

async function timed(facts: Facts, pid: number, name: string, query: ReportQuery): Promise<string> {
  const times: number[] = [];
  let cpuBefore = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const askedAt = performance.now();
    const { rows } = await facts.report(query);
    if (rows.length === 0) throw new Error(`${name}: the report is empty`);
    // The first one warms the caches.
    if (round > 0) times.push(performance.now() - askedAt);
    else cpuBefore = cpuMsOf(pid);
  }
  const cpu = Math.round((cpuMsOf(pid) - cpuBefore) / ROUNDS);
  times.sort((a, b) => a - b);
  const [median, best, worst] = [times[Math.floor(ROUNDS / 2)]!, times[0]!, times.at(-1)!].map(Math.round);
  return `${name}: ${median} ms (median of ${ROUNDS}, ${best} to ${worst}; ${cpu} ms of the engine's cpu)`;
}

export async function measure(): Promise<string[]> {
  const lines: string[] = [];
  for (const events of [10_000_000, 100_000_000]) {
    lines.push(`${events.toLocaleString('en')} events, ${PAYMENTS.toLocaleString('en')} payments:`);
    lines.push(...(await measureStore(events, null)));
  }
  return lines;
}

if (import.meta.main) {
  const [events, directory, only] = process.argv.slice(2);
  for (const line of await measureStore(Number(events), directory ?? null, only)) console.log(line);
}
