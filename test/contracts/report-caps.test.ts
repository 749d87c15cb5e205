// A question that is too heavy is refused in words that say what to do; the next one is answered.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DIMENSIONS } from '../../src/core/report.ts';
import { canSplit } from '../../src/core/report-scope.ts';
import { createReports } from '../../src/reports/report.ts';
import { createSolver } from '../../src/reports/solver.ts';
import { createFactsClient } from '../../src/storage/facts/client.ts';
import type { ReadLimits } from '../../src/storage/facts/client.ts';
import { createFacts } from '../../src/storage/facts/create.ts';
import { startEmbedded } from '../../src/storage/facts/embedded/supervise.ts';
import type { Facts } from '../../src/storage/facts/facts.ts';
import { bounded } from '../../src/storage/facts/report-bounds.ts';
import { createReport } from '../../src/storage/facts/report.ts';
import { ask, event } from './report-facts.ts';

const site = { id: 'heavy', timezone: 'UTC', currency: 'usd', settings: { windowDays: null } };
const log = { info() {}, warn() {}, error() {} };
const VISITS = 30_000;

describe('caps of reports', () => {
  let directory = '';
  let engine: Awaited<ReturnType<typeof startEmbedded>>;
  const opened: Facts[] = [];
  const open = (readLimits: Partial<ReadLimits>) => {
    const client = createFactsClient({ endpoint: () => engine.endpoint(), readLimits });
    const facts = createFacts(client, createReport(client));
    opened.push(facts);
    const [now, defaultMode] = [() => Date.parse('2026-11-20T12:00:00Z'), async () => 'live' as const];
    return { facts, ...createReports({ facts, solve: createSolver(), now, defaultMode }) };
  };
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headwater-caps-'));
    engine = await startEmbedded({ directory, log });
    const { facts } = open({});
    await facts.migrate();
    const campaign = 'x'.repeat(200);
    const hits = Array.from({ length: VISITS }, (_, index) =>
      event(site.id, `v${index}`, '2026-11-02T00:00:00Z', { source: `s${index}`, campaign: `${campaign}${index}` }),
    );
    await facts.insertEvents(hits, 'heavy-1');
  });
  after(async () => {
    for (const facts of opened) await facts.close();
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  const heavy = { metrics: 'visitors', dimensions: 'campaign,source', limit: '10000' };
  const caps: [what: string, limits: Partial<ReadLimits>][] = [
    ['memory', { memoryBytes: 5_000_000 }],
    ['rows', { resultRows: 2_000 }],
  ];
  for (const [what, limits] of caps) {
    test(`too much ${what} is a 422 that says what to do, for one model and for several`, async () => {
      const { ask: put } = open(limits);
      for (const models of [{}, { models: 'linear,first_touch' }]) {
        const outcome = await put(site, { ...heavy, ...models });
        assert.ok(!outcome.ok);
        assert.deepEqual([outcome.status, outcome.code], [422, 'too_much']);
        assert.match(outcome.message, /^report: this reads more than one answer may; choose fewer days/);
      }
      // The same engine goes on answering.
      const small = await open({}).ask(site, { metrics: 'visitors' });
      assert.ok(small.ok);
      assert.deepEqual(small.value.totals, { visitors: VISITS });
    });
  }

  test('what all questions hold together is bounded: those it meets may be asked again, and the engine lives', async () => {
    const crowd = await mkdtemp(join(tmpdir(), 'headwater-crowd-'));
    const small = await startEmbedded({
      directory: crowd,
      log,
      memoryBytes: 500_000_000,
      readMemoryBytes: 400_000_000,
    });
    const client = createFactsClient({ endpoint: () => small.endpoint() });
    const numbers = () => bounded(client.read('SELECT length(groupArray(number)) FROM numbers(3000000000)'));
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, numbers));
    const errors = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error).name : 'none'));
    assert.ok(errors.includes('FactsUnavailable'), String(errors));
    assert.ok(
      errors.every((name) => name === 'FactsUnavailable' || name === 'TooMuchToCompute'),
      String(errors),
    );
    assert.deepEqual(await client.read('SELECT 1 AS one'), [{ one: 1 }]);
    await client.close();
    await small.close();
    await rm(crowd, { recursive: true, force: true });
  });

  test('a question that takes longer than its time ends', async () => {
    const client = createFactsClient({ endpoint: () => engine.endpoint(), readLimits: { timeoutMs: 1_000 } });
    await assert.rejects(client.read('SELECT sum(cityHash64(number)) FROM numbers(100000000000)'), { code: '159' });
    await client.close();
  });

  // A filter's text has at most 4,000 characters (http/routes/reports.ts).
  test('as many filters and dimensions as may be asked are answered', async () => {
    const { facts } = open({});
    const splitting = DIMENSIONS.filter(
      (dimension) => canSplit(dimension, 'revenue') && canSplit(dimension, 'visitors'),
    );
    const filters = Array.from({ length: 20 }, (_, index) => {
      const values = Array.from({ length: 8 }, (_, value) => `${value}${'y'.repeat(15)}`);
      return [splitting[index % splitting.length]!, 'does_not_contain', values] as const;
    });
    const metrics = ['visitors', 'pageviews', 'revenue', 'net', 'conversion_rate', 'lifetime_value'] as const;
    const { totals } = await facts.report(
      ask(site.id, { metrics, filters, dimensions: splitting.slice(0, 4), limit: 1 }),
    );
    assert.equal(totals.visitors, VISITS);
    assert.equal(
      (await facts.report(ask(site.id, { metrics, filters: [['or', ...filters]] }))).totals.visitors,
      VISITS,
    );
  });
});
