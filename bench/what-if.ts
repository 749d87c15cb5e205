// Questions with other settings than the site's, over 100,000 payments with five touchpoints each on average, in the
// embedded engine: every credit is computed anew from the stored paths. The longest pause of the process is told too:
// requests are answered in between.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { RULE_MODELS } from '../src/core/attribution/models.ts';
import { DEFAULT_MODEL_SETTINGS } from '../src/core/attribution/settings.ts';
import type { ReportQuery } from '../src/core/report.ts';
import { createSolver } from '../src/reports/solver.ts';
import { createFactsClient } from '../src/storage/facts/client.ts';
import type { FactsClient } from '../src/storage/facts/client.ts';
import { createFacts } from '../src/storage/facts/create.ts';
import { startEmbedded } from '../src/storage/facts/embedded/supervise.ts';
import { createReport } from '../src/storage/facts/report.ts';
import { cpuMsOf } from './cpu.ts';

const PAYMENTS = 100_000;
const DAYS = 300;
/** One to nine, five on average. */
const TOUCHES_MAX = 9;
const ROUNDS = 3;
const log = { info() {}, warn() {}, error() {} };

const settings = { ...DEFAULT_MODEL_SETTINGS, windowDays: 30, collapseRepeats: true };
const QUESTION: ReportQuery = {
  site: 'bench',
  timezone: 'Europe/Berlin',
  currency: 'usd',
  mode: 'live',
  metrics: ['revenue', 'fees', 'conversions'],
  dimensions: ['source'],
  from: '2026-01-01',
  to: '2026-10-31',
  model: 'linear',
  by: 'entry_date',
  filters: [],
  order: null,
  limit: 100,
  bots: 'exclude',
  whatIf: settings,
};

export async function measure(): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const engine = await startEmbedded({ directory, log });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  const facts = createFacts(client, createReport(client), { close: () => engine.close() });
  try {
    await facts.migrate();
    await fill(client);
    const solve = createSolver();
    const questions: [name: string, work: () => Promise<unknown>][] = [
      ['stored credits, by source', () => facts.report({ ...QUESTION, whatIf: undefined! })],
      ['window of 30 days, linear, by source', () => facts.report(QUESTION)],
      [
        'half-life of 36 hours, time decay, by campaign',
        () =>
          facts.report({
            ...QUESTION,
            model: 'time_decay',
            dimensions: ['campaign'],
            whatIf: { ...DEFAULT_MODEL_SETTINGS, halfLifeHours: 36 },
          }),
      ],
      [
        'window of 30 days, revenue by day',
        () => facts.report({ ...QUESTION, metrics: ['revenue'], dimensions: ['day'] }),
      ],
      [
        'window of 30 days, all rule-based models',
        () => facts.compareModels({ ...QUESTION, metrics: ['revenue'] }, RULE_MODELS),
      ],
      ['paths of channels', () => facts.channelPaths({ ...QUESTION, whatIf: settings })],
      [
        'markov, order 1, with intervals',
        async () => {
          const paths = await facts.channelPaths({ ...QUESTION, whatIf: settings });
          const answer = await solve({ model: 'markov', paths, order: 1, seed: Math.random() });
          if ('refused' in answer) throw new Error(answer.message);
        },
      ],
    ];
    const lines: string[] = [];
    for (const [name, work] of questions) lines.push(`${name}: ${await timed(work, engine.pid()!)}`);
    return lines;
  } finally {
    await facts.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<unknown>, enginePid: number): Promise<string> {
  const times: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const [ownBefore, engineBefore] = [cpuMsOf(process.pid), cpuMsOf(enginePid)];
  for (let round = 0; round < ROUNDS; round += 1) {
    const askedAt = performance.now();
    await work();
    times.push(performance.now() - askedAt);
  }
  delay.disable();
  const [own, engine] = [cpuMsOf(process.pid) - ownBefore, cpuMsOf(enginePid) - engineBefore].map((ms) =>
    Math.round(ms / ROUNDS),
  );
  times.sort((a, b) => a - b);
  const [median, worst, pause] = [times[Math.floor(ROUNDS / 2)]!, times.at(-1)!, delay.max / 1e6];
  return `${Math.round(median)} ms (worst ${Math.round(worst)}), longest pause ${Math.round(pause)} ms; cpu ${own} ms here, ${engine} ms in the engine`;
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
      visitor, position, source, medium, channel, campaign, amount, ${models}, fee_currency, ${fees}, sign)
    WITH ${touches}, ${tags}, intDiv(3000, touches) AS part, if(touch = 0, 3000 - part * (touches - 1), part) AS share,
      if(touch = 0, 3000, 0) AS first, if(touch = 0, 117, 0) AS fee
    SELECT 'bench', 'live', 'ch_3' || leftPad(toString(number), 22, '0'), 'one_time', at, 'usd', 'cus_' || toString(number % 40000),
      'ch_3' || leftPad(toString(number), 22, '0'), 'charge', at, 'v' || toString(number), touch, source, medium, channel, campaign,
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
