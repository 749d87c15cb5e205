import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import type { Database } from '../../src/storage/records/database.ts';
import { unsynced } from '../../src/storage/records/dialects/differences.ts';
import { createSqliteDialect } from '../../src/storage/records/dialects/sqlite.ts';
import { MIGRATIONS } from '../../src/storage/records/migrations/all.ts';
import { migrate } from '../../src/storage/records/migrations/migrate.ts';
import { runDdl, type Migration } from '../../src/storage/records/migrations/migration.ts';
import { openRecords } from '../../src/storage/records/open.ts';
import { createSettings } from '../../src/storage/records/settings.ts';
import { RecordsUnavailable, type Records } from '../../src/storage/records/records.ts';
import { startPostgres } from '../postgres.ts';
import { addSite, describeStores, quiet, type Address, type OpenedRecords } from './record-stores.ts';

const CHILD = join(import.meta.dirname, 'records-child.ts');

function startChild(work: string, address: Address, name = 'child'): { child: ChildProcess; lines: Interface } {
  const child = spawn(process.execPath, [CHILD, JSON.stringify({ work, address, name })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout! }) };
}

describeStores('safety of the records store', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  test('a transaction that throws leaves nothing; one that returns leaves all', async () => {
    const failing = records.transaction(async (inside) => {
      await inside.settings.set('rolled-back', 'x');
      assert.equal(await inside.settings.get('rolled-back'), 'x');
      await inside.transaction(async (nested) => nested.settings.set('nested', 'x'));
      throw new Error('no');
    });
    await assert.rejects(failing, /^Error: no$/);
    assert.equal(await records.settings.get('rolled-back'), null);
    assert.equal(await records.settings.get('nested'), null);
    const answer = await records.transaction(async (inside) => {
      await inside.settings.set('kept', 'x');
      return 7;
    });
    assert.deepEqual([answer, await records.settings.get('kept')], [7, 'x']);
  });

  test('a commit that does not wait for the disk is whole, and later ones wait again', async () => {
    const isSqlite = stores.engine === 'SQLite';
    const address = stores.addressOf(records);
    // The servers of tests never wait: this handle does, as those of operators.
    const databaseUrl = isSqlite ? {} : { databaseUrl: `${address.databaseUrl}?options=-csynchronous_commit%3Don` };
    const store = stores.open({ ...address, ...databaseUrl });
    const syncs = async (db: Kysely<Database>) => {
      const asked = isSqlite ? sql`pragma synchronous` : sql`show synchronous_commit`;
      return Object.values((await asked.execute(db)).rows[0] as object)[0];
    };
    const [waits, doesNot] = isSqlite ? [2, 1] : ['on', 'off'];
    assert.deepEqual([await unsynced(store.db, syncs), await syncs(store.db)], [doesNot, waits]);
    const setting = (name: string) => async (inside: Records) => {
      await inside.settings.set(name, 'x');
      if (name === 'refused') throw new Error('no');
    };
    await store.transaction(setting('unsynced'), { syncs: false });
    await assert.rejects(store.transaction(setting('refused'), { syncs: false }), /^Error: no$/);
    assert.deepEqual([await store.settings.get('unsynced'), await store.settings.get('refused')], ['x', null]);
    assert.equal(await syncs(store.db), waits);
  });

  test('the outer store inside a transaction is refused, not waited for', async () => {
    const misuses: (() => Promise<unknown>)[] = [
      () => records.settings.get('x'),
      () => records.transaction(async () => {}),
      () => records.transaction(async () => {}, { syncs: false }),
      () => records.payments.setLinks('s', 'p', []),
      () => records.outbox.nextBatch(1),
      () => records.ping(),
    ];
    await records.transaction(async () => {
      for (const misuse of misuses) await assert.rejects(misuse(), /inside a transaction without its handle/);
    });
    let late: Promise<unknown> = Promise.resolve();
    await records.transaction(async () => {
      late = sleep(20).then(() => records.ping());
    });
    await late;
    await assert.rejects(records.lock('x'), /outside a transaction/);
  });

  test('transactions of one process do not interleave under one lock', async () => {
    const other = stores.open(stores.addressOf(records));
    await records.settings.set('counter', '0');
    const add = (on: OpenedRecords) =>
      on.transaction(async (inside) => {
        await inside.lock('counter');
        const value = Number(await inside.settings.get('counter'));
        await sleep(1);
        await inside.settings.set('counter', String(value + 1));
      });
    await Promise.all(Array.from({ length: 40 }, (_, index) => add(index % 2 === 0 ? records : other)));
    assert.equal(await records.settings.get('counter'), '40');
  });

  test('a lock of another process is waited for; reads are not held up', async () => {
    const { child, lines } = startChild('hold', stores.addressOf(records), 'held-row');
    const said: string[] = [];
    lines.on('line', (line: string) => said.push(line));
    await once(lines, 'line');
    assert.equal(await records.settings.get('held-row'), null);
    assert.deepEqual(said, ['holding'], 'a read answers meanwhile');
    const seen = await records.transaction(async (inside) => {
      await inside.lock('held');
      return inside.settings.get('held-row');
    });
    assert.equal(seen, 'held');
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
  });

  test('migrating again, and two processes at once, changes nothing and fails nowhere', async () => {
    const address = await stores.empty();
    const children = [1, 2].map(() => startChild('migrate', address).child);
    const here = [stores.open(address), stores.open(address)];
    await Promise.all([...here.map((each) => each.migrate()), ...children.map((child) => once(child, 'close'))]);
    assert.deepEqual(
      children.map((child) => child.exitCode),
      [0, 0],
    );
    await here[0]!.migrate();
    const rows = await here[0]!.db.selectFrom('headwater_migrations').select('name').orderBy('name').execute();
    assert.deepEqual(
      rows.map((row) => row.name),
      MIGRATIONS.map((migration) => migration.name),
    );
    await addSite(here[1]!);
  });

  test('a migration that fails halfway leaves nothing of itself, and runs again', async () => {
    const store = stores.open(await stores.empty());
    let broken = true;
    const ran: string[] = [];
    const step = (name: string, work: (transaction: Kysely<unknown>) => Promise<void>): Migration => ({
      name,
      async up(transaction) {
        await work(transaction);
        ran.push(name);
      },
    });
    const migrations = [
      step('0001-first', (transaction) => runDdl(transaction, ['create table first (id text primary key)'])),
      step('0002-second', async (transaction) => {
        await runDdl(transaction, [
          'create table second (id text primary key)',
          'alter table first add column more text',
        ]);
        await sql`insert into second (id) values ('half')`.execute(transaction);
        if (broken) throw new Error('power cut');
      }),
      step('0003-third', (transaction) => runDdl(transaction, ['create table third (id text primary key)'])),
    ];
    await assert.rejects(migrate(store.db, migrations, 1), /power cut/);
    const tables = async () => (await store.db.introspection.getTables()).map((table) => table.name).sort();
    assert.deepEqual(await tables(), ['first', 'headwater_migrations']);
    broken = false;
    await migrate(store.db, migrations, 2);
    await migrate(store.db, migrations, 3);
    assert.deepEqual(ran, ['0001-first', '0002-second', '0003-third']);
    assert.deepEqual(await tables(), ['first', 'headwater_migrations', 'second', 'third']);
    await assert.rejects(migrate(store.db, migrations.slice(0, 2), 4), /newer Headwater \(0003-third\)/);
    await assert.rejects(migrate(store.db, migrations.toReversed(), 4), /order of their numbers/);
  });

  test('a second process writes while this one reads and writes; kill -9 loses nothing it reported', async () => {
    for (let round = 0; round < 3; round++) {
      const { child, lines } = startChild('write', stores.addressOf(records), `round${round}`);
      const reported: string[] = [];
      lines.on('line', (line: string) => {
        reported.push(...line.split(' '));
        if (reported.length >= 100) child.kill('SIGKILL');
      });
      const ended = once(child, 'close');
      let own = 0;
      while (child.signalCode === null && child.exitCode === null) {
        await records.settings.set(`own-${round}-${own}`, 'x');
        assert.equal(await records.settings.get(`own-${round}-${own}`), 'x');
        own += 1;
        await sleep(1);
      }
      await ended;
      assert.ok(reported.length >= 100 && own > 10, `${reported.length} reported, ${own} own`);
      const reopened = stores.open(stores.addressOf(records));
      const rows = await reopened.db
        .selectFrom('settings')
        .select('name')
        .where('name', 'like', `round${round}-%`)
        .execute();
      const stored = new Set(rows.map((row) => row.name));
      assert.deepEqual(
        reported.filter((id) => !stored.has(id)),
        [],
      );
      assert.equal(stored.size % 2, 0, 'a transaction is there whole or not at all');
    }
  });
});

describe('records store that cannot answer', () => {
  test('SQLite: a file that cannot be opened, a directory that cannot be made', async () => {
    const records = openRecords({ dataDir: '/dev/null/data', log: quiet });
    await assert.rejects(records.ping(), RecordsUnavailable);
    await assert.rejects(records.migrate(), (error: Error) => /\/dev\/null\/data/.test(error.message));
  });

  test('SQLite: another process that keeps the file to itself is waited for, then named', async () => {
    const home = await mkdtemp(join(tmpdir(), 'headwater-busy-'));
    const path = join(home, 'records.sqlite');
    const db = new Kysely<Database>({ dialect: createSqliteDialect({ path, busyTimeoutMs: 150 }) });
    await migrate(db, MIGRATIONS, 1);
    const settings = createSettings(db);
    const other = new DatabaseSync(path);
    try {
      other.exec('begin immediate');
      let turns = 0;
      const ticking = setInterval(() => (turns += 1), 10);
      await assert.rejects(settings.set('a', 'b'), (error: Error) => {
        return error instanceof RecordsUnavailable && /another process holds it/.test(error.message);
      });
      await assert.rejects(
        db.transaction().execute(async () => {}),
        RecordsUnavailable,
      );
      clearInterval(ticking);
      assert.ok(turns > 3, `the event loop turned ${turns} times while waiting`);
      assert.equal(await settings.get('a'), null, 'reads go on');
      const waiting = settings.set('a', 'b');
      await sleep(50);
      other.exec('commit');
      await waiting;
      assert.equal(await settings.get('a'), 'b');
    } finally {
      other.close();
      await db.destroy();
      await rm(home, { recursive: true, force: true });
    }
  });

  test('PostgreSQL: refused, gone in the middle, back again', async () => {
    const postgres = await startPostgres();
    const records = openRecords({ databaseUrl: await postgres.newDatabase(), dataDir: '/none', log: quiet });
    try {
      await records.migrate();
      const killer = openRecords({ databaseUrl: postgres.url(), dataDir: '/none', log: quiet });
      const others = sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headwater' and pid <> pg_backend_pid()`;
      await assert.rejects(
        records.transaction(async (inside) => {
          await inside.settings.set('a', 'b');
          await others.execute(killer.db);
          await inside.settings.set('c', 'd');
        }),
        RecordsUnavailable,
      );
      assert.equal(await records.settings.get('a'), null, 'the next connection works');
      await killer.close();
      await postgres.stop();
      await assert.rejects(records.ping(), RecordsUnavailable);
      await assert.rejects(
        records.transaction(async () => {}),
        RecordsUnavailable,
      );
    } finally {
      await records.close();
      await postgres.stop();
    }
  });
});

describeStores('values at the edges', (stores) => {
  test('amounts and times up to the largest safe integer', async () => {
    const records = await stores.fresh();
    const { id: site } = await addSite(records);
    const entry = {
      id: 'ch_big',
      paymentId: 'ch_big',
      kind: 'charge' as const,
      amountMinor: Number.MAX_SAFE_INTEGER,
      currency: 'jpy',
      occurredAt: 8.64e15,
      balanceTransaction: null,
      settledMinor: -Number.MAX_SAFE_INTEGER,
      settledCurrency: 'jpy',
      feeMinor: 0,
    };
    await records.ledger.append(site, 'live', [entry]);
    assert.deepEqual(await records.ledger.entries(site, 'ch_big'), [entry]);
    if (stores.engine === 'SQLite') {
      const { dataDir } = stores.addressOf(records);
      for (const file of ['records.sqlite', 'records.sqlite-wal']) {
        assert.equal((await stat(join(dataDir, file))).mode & 0o777, 0o600, file);
      }
      const [mode] = (await sql<{ journal_mode: string }>`pragma journal_mode`.execute(records.db)).rows;
      const [level] = (await sql<{ synchronous: number }>`pragma synchronous`.execute(records.db)).rows;
      assert.deepEqual([mode?.journal_mode, level?.synchronous], ['wal', 2]);
    }
  });
});
