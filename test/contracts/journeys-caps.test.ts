// A question about journeys that is too heavy is refused in words that say what to do; the next one is answered.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createJourneys } from '../../src/journeys/journeys.ts';
import { createFactsClient } from '../../src/storage/facts/client.ts';
import type { ReadLimits } from '../../src/storage/facts/client.ts';
import { createFacts } from '../../src/storage/facts/create.ts';
import { startEmbedded } from '../../src/storage/facts/embedded/supervise.ts';
import { createReport } from '../../src/storage/facts/report.ts';

const log = { info() {}, warn() {}, error() {} };
const site = { id: 'heavy', timezone: 'UTC', currency: 'usd', settings: { windowDays: null } };
const PAYMENTS = 20_000;

let directory = '';
let engine: Awaited<ReturnType<typeof startEmbedded>>;
const clients: ReturnType<typeof createFactsClient>[] = [];
const open = (readLimits: Partial<ReadLimits>) => {
  const client = createFactsClient({ endpoint: () => engine.endpoint(), readLimits });
  clients.push(client);
  const facts = createFacts(client, createReport(client));
  const [now, defaultMode] = [() => Date.parse('2026-11-20T12:00:00Z'), async () => 'live' as const];
  return { client, facts, journeys: createJourneys({ facts, now, defaultMode }) };
};

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-journeys-'));
  engine = await startEmbedded({ directory, log });
  const { client, facts } = open({});
  await facts.migrate();
  await client.command(`
    INSERT INTO credits (site, mode, payment_id, payment_kind, payment_at, currency, entry_id, entry_kind, entry_at, visitor,
      position, touch_at, source, channel, campaign, amount, first_touch, last_touch, sign)
    SELECT 'heavy', 'live', 'ch_' || toString(number), 'one_time', toDateTime64('2026-11-10 12:00:00', 3, 'UTC'), 'usd',
      'ch_' || toString(number), 'charge', toDateTime64('2026-11-10 12:00:00', 3, 'UTC'), 'v' || toString(number), 0,
      toDateTime64('2026-11-09 12:00:00', 3, 'UTC'), 's' || toString(number), 'Email',
      repeat('x', 200) || toString(number), 100, 100, 100, 1
    FROM numbers(${PAYMENTS})`);
});
after(async () => {
  for (const client of clients) await client.close();
  await engine.close();
  await rm(directory, { recursive: true, force: true });
});

for (const name of ['paths', 'flow', 'times', 'assists', 'cohorts', 'lifetime'] as const) {
  test(`${name}: too much is a 422, and a wider bound answers`, async () => {
    const raw = { dimension: 'campaign' };
    const refused = await open({ memoryBytes: 1_000_000 }).journeys[name](site, raw);
    assert.ok(!refused.ok);
    assert.deepEqual([refused.status, refused.code], [422, 'too_much']);
    assert.match(refused.message, /^journeys: this reads more than one answer may; choose fewer days/);
    const answered = await open({}).journeys[name](site, raw);
    assert.ok(answered.ok);
    assert.equal(answered.value.from <= '2026-11-10' && answered.value.to >= '2026-11-10', true);
  });
}

test('labels beyond the limits are told together, and nothing is lost', async () => {
  const { journeys } = open({});
  const assists = await journeys.assists(site, { dimension: 'campaign', limit: '3' });
  assert.ok(assists.ok);
  assert.deepEqual(
    assists.value.rows.map((row) => row.last_conversions),
    [1, 1, 1, PAYMENTS - 3],
  );
  assert.equal(assists.value.rows.at(-1)!.label, '(other)');
  const flow = await journeys.flow(site, { dimension: 'campaign', nodes: '2' });
  assert.ok(flow.ok);
  assert.deepEqual(
    flow.value.nodes.map((node) => [node.step, node.conversions]),
    [
      [0, 1],
      [0, 1],
      [0, PAYMENTS - 2],
      [4, PAYMENTS],
    ],
  );
});

test('a path of a thousand touchpoints that was credited again is answered, and costs others nothing', async () => {
  const { client, journeys } = open({ memoryBytes: 100_000_000 });
  const long = { ...site, id: 'long' };
  // At first every touchpoint, then half of them under another name, as when a window or late hits change it.
  for (const [label, touchpoints, sign] of [
    ['old', 1_000, 1],
    ['old', 1_000, -1],
    ['new', 500, 1],
    ['new', 500, -1],
    ['old', 1_000, 1],
  ] as const) {
    await client.command(`
      INSERT INTO credits (site, mode, payment_id, payment_kind, payment_at, currency, entry_id, entry_kind, entry_at,
        visitor, position, touch_at, source, channel, campaign, amount, first_touch, last_touch, sign)
      SELECT 'long', 'live', 'ch_1', 'one_time', toDateTime64('2026-11-10 12:00:00', 3, 'UTC'), 'usd', 'ch_1', 'charge',
        toDateTime64('2026-11-10 12:00:00', 3, 'UTC'), 'v', number, toDateTime64('2026-11-09 12:00:00', 3, 'UTC'), 's',
        'Email', '${label} ' || toString(number), number = 0 ? 100 : 0, number = 0 ? 100 : 0, 0, ${sign}
      FROM numbers(${touchpoints})`);
  }
  const paths = await journeys.paths(long, { dimension: 'campaign' });
  assert.ok(paths.ok, JSON.stringify(paths));
  const [{ path, average_touches: touches }] = paths.value.paths as [(typeof paths.value.paths)[0]];
  assert.deepEqual([touches, path[0], path[9], path[10], path.at(-1)], [1_000, 'old 0', 'old 9', '(more)', 'old 999']);
  const flow = await journeys.flow(long, { dimension: 'campaign', steps: '2' });
  assert.ok(flow.ok);
  assert.deepEqual(
    flow.value.nodes.map(({ id }) => id),
    ['0:old 0', '1:(more)', '2:(purchase)'],
    'the first step is where the path begins, also where there is no room for its end',
  );
});
