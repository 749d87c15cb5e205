import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ClickHouseError } from '@clickhouse/client';
import { createFactsClient, type FactsClient } from '../../src/storage/facts/client.ts';
import { createFacts } from '../../src/storage/facts/create.ts';
import { startEmbedded, type EmbeddedEngine } from '../../src/storage/facts/embedded/supervise.ts';
import { FactsUnavailable, type Facts } from '../../src/storage/facts/facts.ts';
import { silentLog, startProgram, temporaryDirectory } from './facts-engines.ts';
import { eventOf, NOON } from './facts-samples.ts';

const DEADLINE_MS = 20_000;

async function eventually(condition: () => boolean | Promise<boolean>, what: string) {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `in vain: ${what}`);
    await sleep(10);
  }
}

/** Repeats a call as its real callers do: as long as the store is away. */
async function insisting<T>(call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof FactsUnavailable) || Date.now() > deadline) throw error;
      await sleep(10);
    }
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the embedded engine under its supervisor', () => {
  let directory: string;
  let engine: EmbeddedEngine;
  let client: FactsClient;
  let facts: Facts;
  before(async () => {
    directory = await temporaryDirectory();
    engine = await startEmbedded({ directory, log: silentLog, memoryBytes: 700_000_000, readMemoryBytes: 200_000_000 });
    client = createFactsClient({ endpoint: engine.endpoint, readLimits: { memoryBytes: 200_000_000 } });
    facts = createFacts(client, async () => ({ rows: [], totals: {} }), { close: engine.close });
    await facts.migrate();
  });
  after(async () => {
    await facts.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('kill -9 under inserts: nothing acknowledged is lost, nothing repeated is doubled', async () => {
    let acknowledged = 0;
    let kills = 0;
    // On a busy machine many inserts go by between two looks of the killer.
    const isEnough = () => acknowledged >= 40 && kills >= 5;
    const killer = (async () => {
      while (!isEnough()) {
        const [pid, seen] = [engine.pid(), acknowledged];
        // Between two and four batches later, so that deaths fall before, inside and after inserts.
        await eventually(() => isEnough() || acknowledged >= seen + 2 + (kills % 3), 'the inserts go on');
        await sleep(kills * 3);
        if (pid === null || pid !== engine.pid() || isEnough()) continue;
        process.kill(pid, 'SIGKILL');
        kills += 1;
        await insisting(() => facts.ping());
      }
    })();
    let batches = 0;
    for (; !isEnough(); batches += 1) {
      const events = Array.from({ length: 50 }, (_, n) =>
        eventOf({
          site: 'killed',
          visitor: `v${n}`,
          session: `se${n}`,
          occurredAt: NOON + batches * 1000,
          receivedAt: NOON,
        }),
      );
      const token = `killed-${batches}`;
      await insisting(() => facts.insertEvents(events, token));
      acknowledged += 1;
    }
    await killer;
    const expected = batches * 50;
    const [row] = await client.query(
      `SELECT
        (SELECT toUInt32(count()) FROM events WHERE site = {site:String}) AS events,
        (SELECT toUInt32(uniqExact(id)) FROM events WHERE site = {site:String}) AS ids,
        (SELECT toUInt32(count()) FROM event_ids) AS known,
        (SELECT toUInt32(sum(pageviews)) FROM sessions WHERE site = {site:String}) AS views`,
      { site: 'killed' },
    );
    assert.deepEqual(row, { events: expected, ids: expected, known: expected, views: expected });
    const visitors = Array.from({ length: 50 }, (_, n) => `v${n}`);
    assert.equal((await facts.touchpoints('killed', visitors)).length, 50);
  });

  test('killed between naming an insert and keeping its rows: repeated, the rows are there', async () => {
    const hit = (visitor: string) =>
      eventOf({ site: 'halved', visitor, session: `of ${visitor}`, occurredAt: NOON, receivedAt: NOON });
    await facts.insertEvents([hit('whole')], 'halved-1');
    await facts.insertEvents([hit('lost')], 'halved-2');
    const [{ path }] = (await client.query<{ path: string }>(
      `SELECT path FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events'
        ORDER BY max_block_number DESC LIMIT 1`,
    )) as [{ path: string }];
    const pid = engine.pid()!;
    process.kill(pid, 'SIGSTOP');
    // As it lies on the disk when the engine dies in between.
    await rm(path, { recursive: true });
    process.kill(pid, 'SIGKILL');
    await eventually(() => engine.pid() !== pid, 'the death is noticed');
    await insisting(() => facts.insertEvents([hit('lost')], 'halved-2'));
    await insisting(() => facts.insertEvents([hit('whole')], 'halved-1'));
    const rows = await client.query<{ visitor: string }>(
      `SELECT visitor FROM events WHERE site = 'halved' ORDER BY visitor`,
    );
    assert.deepEqual(
      rows.map(({ visitor }) => visitor),
      ['lost', 'whole'],
    );
    const sessions = await facts.touchpoints('halved', ['lost', 'whole']);
    assert.equal(sessions.length, 2);
  });

  test('killed, it answers again; calls meanwhile are FactsUnavailable', async () => {
    const pid = engine.pid()!;
    process.kill(pid, 'SIGKILL');
    await eventually(() => engine.pid() !== pid, 'the death is noticed');
    await assert.rejects(facts.ping(), FactsUnavailable);
    await insisting(() => facts.ping());
    assert.notEqual(engine.pid(), pid);
  });

  test('twenty reports too heavy for the memory: each fails or answers, the process lives', async () => {
    const pid = engine.pid();
    const heavy =
      'SELECT count() FROM (SELECT number, groupArray(toString(number)) FROM numbers(30000000) GROUP BY number)';
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => client.read(heavy)));
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof ClickHouseError, String(outcome.reason));
    assert.ok(outcomes.some(({ status }) => status === 'rejected'));
    await facts.insertEvents([eventOf({ site: 'after-heavy' })], 'after-heavy');
    assert.equal(engine.pid(), pid);
  });

  test('look-ups do not wait for slow reports', async () => {
    const slow = Array.from({ length: 6 }, () =>
      client.read('SELECT max(sipHash64(number, {salt:String})) FROM numbers(8000000)', { salt: 'x' }),
    );
    let done = 0;
    for (const report of slow) void report.finally(() => (done += 1)).catch(() => {});
    await facts.knownEventIds([{ site: 's1', id: 'x' }], 0);
    assert.ok(done < 6, 'the look-up was answered while reports ran');
    await Promise.allSettled(slow);
  });

  test('the password is needed, and the child takes no bombs', async () => {
    const { url, password } = engine.endpoint()!;
    const stranger = createFactsClient({ endpoint: () => ({ url, username: 'default', password: 'guess' }) });
    await assert.rejects(stranger.query('SELECT 1'), { code: '516' });
    await stranger.close();
    assert.equal((await fetch(`${url}/?query=SELECT+1`)).status, 401);
    assert.equal(await (await fetch(`${url}/ping`)).text(), 'Ok.\n');
    const headers = { 'x-clickhouse-key': password };
    const zipped = { ...headers, 'content-encoding': 'gzip' };
    const send = async (body: Buffer) =>
      fetch(url, { method: 'POST', headers: zipped, body: new Uint8Array(body) }).catch((error: Error) => error);
    const answered = (await send(gzipSync('SELECT 7'))) as Response;
    assert.equal(await answered.text(), '7\n');
    const bomb = await send(gzipSync(Buffer.alloc(300_000_000)));
    // Refused while it is still being sent, so the answer may not get through.
    if (bomb instanceof Response) assert.equal(bomb.status, 413);
    const unknown = await fetch(`${url}/?max_block_size=1&query=SELECT+1`, { method: 'POST', headers });
    assert.equal(unknown.headers.get('x-clickhouse-exception-code'), '115');
    await facts.ping();
  });

  test('an acknowledged insert is forced to disk', async () => {
    const tables = await client.query<{ name: string; create: string }>(
      `SELECT name, create_table_query AS create FROM system.tables
       WHERE database = currentDatabase() AND engine LIKE '%MergeTree'`,
    );
    assert.ok(tables.length >= 6);
    for (const { name, create } of tables)
      for (const setting of [
        'fsync_after_insert = 1',
        'fsync_part_directory = 1',
        'non_replicated_deduplication_window',
      ])
        assert.ok(create.includes(setting), `${name}: ${setting}`);
  });
});

describe('the life of the child', () => {
  test('it ends with its parent, however that ends, and lets go of the directory', async () => {
    const directory = await temporaryDirectory();
    const { program, pid } = await startProgram(directory);
    assert.ok(alive(pid));
    program.kill('SIGKILL');
    await once(program, 'exit');
    // A directory still held by a dying process is awaited.
    const engine = await startEmbedded({ directory, log: silentLog });
    await eventually(() => !alive(pid), 'the child ends');
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('a second process on one directory is refused in one line', async () => {
    const directory = await temporaryDirectory();
    const engine = await startEmbedded({ directory, log: silentLog });
    await assert.rejects(startProgram(directory, 200), /facts directory .* is in use by another process\. Stop it/);
    await createFactsClient({ endpoint: engine.endpoint }).query('SELECT 1');
    await engine.close();
    assert.equal(engine.endpoint(), null);
    await rm(directory, { recursive: true, force: true });
  });

  test('closing waits for the calls under way, and the rows are there at the next start', async () => {
    const directory = await temporaryDirectory();
    const first = await startEmbedded({ directory, log: silentLog });
    const store = createFacts(createFactsClient({ endpoint: first.endpoint }), async () => ({ rows: [], totals: {} }));
    await store.migrate();
    const insert = store.insertEvents([eventOf({ site: 'closing' })], 'closing-1');
    await sleep(1);
    const [inserted] = await Promise.allSettled([insert, first.close()]);
    const second = await startEmbedded({ directory, log: silentLog });
    const client = createFactsClient({ endpoint: second.endpoint });
    const [row] = await client.query<{ n: number }>("SELECT toUInt32(count()) AS n FROM events WHERE site = 'closing'");
    if (inserted.status === 'fulfilled') assert.equal(row!.n, 1);
    else assert.ok(inserted.reason instanceof FactsUnavailable);
    await client.close();
    await second.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('without chdb the start stops with one line that says what to do', async () => {
    // A copy outside the project finds no packages, as on a machine where the optional dependency was not installed.
    const outside = await temporaryDirectory();
    const source = new URL('../../src/storage/facts/embedded/', import.meta.url);
    await cp(source, join(outside, 'storage/facts/embedded'), { recursive: true });
    await cp(new URL('../../src/directory-lock.ts', import.meta.url), join(outside, 'directory-lock.ts'));
    const copy = (await import(pathToFileURL(join(outside, 'storage/facts/embedded/supervise.ts')).href)) as {
      startEmbedded: typeof startEmbedded;
    };
    await assert.rejects(
      copy.startEmbedded({ directory: join(outside, 'data'), log: silentLog }),
      /needs the optional package chdb[^\n]*Install it, or set CLICKHOUSE_URL[^\n]*$/,
    );
    await rm(outside, { recursive: true, force: true });
  });

  test('the engine is told its limits', async () => {
    const directory = await temporaryDirectory();
    const engine = await startEmbedded({ directory, log: silentLog, memoryBytes: 600_000_000 });
    assert.match(await readFile(join(directory, 'engine.xml'), 'utf8'), /<max_server_memory_usage>600000000</);
    const client = createFactsClient({ endpoint: engine.endpoint });
    const settings = await client.read(
      "SELECT getSetting('readonly') AS readonly, getSetting('max_memory_usage') AS memory, getSetting('max_execution_time') > 0 AS timed",
    );
    assert.deepEqual(settings, [{ readonly: 1, memory: 120_000_000, timed: 1 }]);
    await client.close();
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });
});
