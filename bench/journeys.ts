// Journeys over 100,000 payments with five touchpoints each on average, in the embedded engine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JourneyQuestion } from '../src/core/journey.ts';
import type { ReportQuery } from '../src/core/report.ts';
import { createFactsClient } from '../src/storage/facts/client.ts';
import type { FactsClient } from '../src/storage/facts/client.ts';
import { createFacts } from '../src/storage/facts/create.ts';
import { startEmbedded } from '../src/storage/facts/embedded/supervise.ts';
import { createJourneyFacts } from '../src/storage/facts/journeys.ts';
import { createReport } from '../src/storage/facts/report.ts';

const PAYMENTS = 100_000;
const DAYS = 300;
/** One to nine, five on average. */
const TOUCHES_MAX = 9;
const ROUNDS = 5;
const log = { info() {}, warn() {}, error() {} };

const QUERY: ReportQuery = {
  site: 'bench',
  timezone: 'Europe/Berlin',
  currency: 'usd',
  mode: 'live',
  metrics: ['revenue', 'conversions'],
  dimensions: [],
  from: '2026-01-01',
  to: '2026-10-31',
  model: 'first_touch',
  by: 'payment_date',
  filters: [],
  order: null,
  limit: 50,
  bots: 'exclude',
};
const QUESTION: JourneyQuestion = { query: QUERY, dimension: 'channel', collapse: true };

export async function measure(): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const engine = await startEmbedded({ directory, log });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  const facts = createFacts(client, createReport(client), { close: () => engine.close() });
  const journeys = createJourneyFacts(client);
  try {
    await facts.migrate();
    await fill(client);
    const campaigns: JourneyQuestion = { ...QUESTION, dimension: 'campaign' };
    const nowMs = Date.parse('2026-10-31T00:00:00Z');
    const questions: [name: string, work: () => Promise<unknown>][] = [
      ['report, by channel', () => facts.report({ ...QUERY, dimensions: ['channel'] })],
      ['paths of channels', () => journeys.sequences(QUESTION, 'revenue')],
      ['paths of campaigns', () => journeys.sequences(campaigns, 'revenue')],
      [
        'paths of one source',
        () =>
          journeys.sequences({ ...QUESTION, query: { ...QUERY, filters: [['source', 'is', ['google']]] } }, 'revenue'),
      ],
      ['days and touches', () => journeys.times(QUESTION)],
      ['assists', () => journeys.assists(QUESTION)],
      ['assists of campaigns', () => journeys.assists(campaigns)],
      ['flow', () => journeys.flowSequences(QUESTION, 4)],
      ['flow of campaigns', () => journeys.flowSequences(campaigns, 4)],
      ['cohorts', () => journeys.cohorts(QUERY, { dimension: 'channel', by: 'first_touch', nowMs })],
      ['lifetime value', () => journeys.values(QUERY, { dimension: 'source', nowMs })],
    ];
    const lines: string[] = [];
    for (const [name, work] of questions) lines.push(`${name}: ${await timed(work)}`);
    return lines;
  } finally {
    await facts.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const askedAt = performance.now();
    await work();
    times.push(performance.now() - askedAt);
  }
  times.sort((a, b) => a - b);
  const [median, worst] = [times[Math.floor(ROUNDS / 2)]!, times.at(-1)!];
  return `${Math.round(median)} ms (best ${Math.round(times[0]!)}, worst ${Math.round(worst)})`;
}

async function fill(client: FactsClient): Promise<void> {
  const models = 'first_touch, last_touch, last_non_direct, linear, position_based, time_decay, custom';
  const fees = models.replaceAll(/(\w+)/g, 'fee_$1');
  const tags = `
    ['google', '', 'news', 'bing', 'x'][(number + touch) % 5 + 1] AS source,
    ['cpc', '', 'email', 'organic', 'social'][(number + touch) % 5 + 1] AS medium,
    ['Paid Search', 'Direct', 'Email', 'Organic Search', 'Organic Social'][(number + touch) % 5 + 1] AS channel,
    'campaign' || toString((number * 7 + touch) % 200) AS campaign`;
  const touches = `(number % ${TOUCHES_MAX}) + 1 AS touches, arrayJoin(range(toUInt64(touches))) AS touch,
    toDateTime64('2026-10-30 23:00:00', 3, 'UTC') - toIntervalSecond(intDiv(number * ${DAYS * 86_400}, ${PAYMENTS})) AS at`;
  await client.command(`
    INSERT INTO credits (site, mode, payment_id, payment_kind, payment_at, currency, customer, entry_id, entry_kind, entry_at,
      visitor, position, touch_at, source, medium, channel, campaign, amount, ${models}, fee_currency, ${fees}, sign)
    WITH ${touches}, ${tags}, intDiv(3000, touches) AS part, if(touch = 0, 3000 - part * (touches - 1), part) AS share,
      if(touch = 0, 3000, 0) AS first, if(touch = 0, 117, 0) AS fee
    SELECT 'bench', 'live', 'ch_3' || leftPad(toString(number), 22, '0'), 'one_time', at, 'usd', 'cus_' || toString(number % 40000),
      'ch_3' || leftPad(toString(number), 22, '0'), 'charge', at, 'v' || toString(number), touch, at - toIntervalSecond((touches - touch) * 600000 + number % 1000), source, medium, channel, campaign,
      first, first, share, share, share, share, share, share, 'usd', fee, fee, fee, fee, fee, fee, fee, 1
    FROM numbers(${PAYMENTS})`);
  await client.command(`
    INSERT INTO payment_paths (site, mode, payment_id, customer, ends_at, position, visitor, touch_at, source, medium, channel,
      campaign, landing_page, sign)
    WITH ${touches}, ${tags}
    SELECT 'bench', 'live', 'ch_3' || leftPad(toString(number), 22, '0'), 'cus_' || toString(number % 40000), at, touch,
      'v' || toString(number), at - toIntervalSecond((touches - touch) * 600000 + number % 1000), source, medium, channel, campaign,
      '/page/' || toString(number % 500), 1
    FROM numbers(${PAYMENTS})`);
}

if (import.meta.main) for (const line of await measure()) console.log(line);
