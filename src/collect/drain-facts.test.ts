import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFactsClient } from '../storage/facts/client.ts';
import { createFacts } from '../storage/facts/create.ts';
import { startEmbedded } from '../storage/facts/embedded/supervise.ts';
import { createCollect } from './collect.ts';
import { createDrain } from './drain.ts';
import { createLocate } from './locate.ts';
import { createSpool } from './spool.ts';

const log = { info() {}, warn() {}, error() {} };
const settings = {
  hosts: [],
  keptParameters: [],
  hashRouting: false,
  excludedPaths: [],
  visitorMetadataKeys: [],
  windowDays: null,
  offStripe: false,
};
const site = {
  id: 's',
  team: 't',
  name: 'n',
  domain: 'shop.example',
  timezone: 'UTC',
  currency: 'usd',
  settings,
  createdAt: 0,
};

test('hits posted become touchpoints of the embedded facts store, through its death and with repeats', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'drain-facts-'));
  const engine = await startEmbedded({ directory: join(dir, 'facts'), log });
  const client = createFactsClient({ endpoint: engine.endpoint });
  const facts = createFacts(client, async () => ({ rows: [], totals: {} }), { close: engine.close });
  await facts.migrate();
  const spool = createSpool({ path: join(dir, 'spool.sqlite'), now: Date.now });
  const collect = createCollect({
    findSite: () => site,
    spool,
    locate: await createLocate(),
    now: Date.now,
    hashEmail: (email) => email.length.toString(),
    sign: () => '',
    salts: { today: async () => '' },
  });
  const drain = createDrain({ spool, facts, handOver: async () => {}, now: Date.now, log });
  const post = (visitor: string, events: object[], session?: string) =>
    collect({ body: JSON.stringify({ site: 's', visitor, session, events }), headers: {}, address: '', keySite: 's' });
  const view = (query: string, minutesAgo: number) => {
    const at = Date.now() - minutesAgo * 60_000;
    return { id: randomUUID(), name: 'pageview', url: `https://shop.example/p${query}`, at };
  };
  const drained = async () => {
    for (const end = Date.now() + 20_000; spool.size().rows > 0;) {
      assert.ok(Date.now() < end, 'the spool never empties');
      await drain.runOnce().catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
    }
  };

  const first = view('?utm_source=google&utm_medium=cpc', 300);
  await post('v1', [first, view('', 290)]);
  await post('v1', [first]);
  await drained();
  process.kill(engine.pid()!, 'SIGKILL');
  await post('v1', [first, view('', 270), view('?utm_source=news&utm_medium=email', 265), view('', 10)]);
  await post('v2', [view('?ref=hn', 5)], 'own');
  await drained();

  const touchpoints = await facts.touchpoints('s', ['v1', 'v2']);
  assert.deepEqual(
    touchpoints.map(({ visitor, source, channel, landingPage }) => `${visitor} ${source} ${channel} ${landingPage}`),
    ['v1 google Paid Search /p', 'v1 news Email /p', 'v1  Direct /p', 'v2 hn Organic Social /p'],
  );
  const [{ events } = { events: 0 }] = await client.query<{ events: number }>('SELECT count() AS events FROM events');
  assert.equal(events, 6);
  await spool.close();
  await facts.close();
  rmSync(dir, { recursive: true });
});
