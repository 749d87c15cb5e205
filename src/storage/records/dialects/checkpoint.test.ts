import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { syncBuiltinESMExports } from 'node:module';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import workers from 'node:worker_threads';
import { Kysely, sql } from 'kysely';
import { isAtLeast } from './checkpoint.ts';
import { createSqliteDialect } from './sqlite.ts';

const home = mkdtempSync(join(tmpdir(), 'headwater-checkpoint-'));
after(() => rmSync(home, { recursive: true, force: true }));

const MIB = 2 ** 20;

async function open(name: string) {
  const path = join(home, name);
  const db = new Kysely<unknown>({ dialect: createSqliteDialect({ path }) });
  await sql`create table if not exists t (body blob)`.execute(db);
  const write = (mib: number) =>
    db.transaction().execute((tx) => sql`insert into t values (zeroblob(${mib * MIB}))`.execute(tx));
  return { path, db, write };
}

/** Pages of the log, and how many of them stand in the database, as another connection sees it. */
function logOf(path: string): { pages: number; copied: number } {
  const other = new DatabaseSync(path);
  const [row] = other.prepare('pragma wal_checkpoint(noop)').all() as { log: number; checkpointed: number }[];
  other.close();
  return { pages: row!.log, copied: row!.checkpointed };
}

test('a log that grows is copied beside the connection, and begins anew', async () => {
  const { path, db, write } = await open('grows.sqlite');
  await write(4);
  await sleep(100);
  assert.equal(logOf(path).copied, 0, 'a short log is left alone');
  // Less than what the connection copies itself: 64 MiB.
  await write(12);
  for (let tries = 0; logOf(path).copied < logOf(path).pages; tries += 1) {
    assert.ok(tries < 400, JSON.stringify(logOf(path)));
    await sleep(25);
  }
  await write(1);
  assert.ok(logOf(path).pages < 1_000, 'the next commit begins a new log');
  await db.destroy();
});

test('while it is written to without a pause, a log begins anew again and again', async () => {
  const { path, db, write } = await open('steady.sqlite');
  let anew = 0;
  let last = 0;
  let longest = 0;
  for (let round = 0; round < 90; round += 1) {
    await write(1);
    // As while history is booked: a commit, and the work for the next.
    await sleep(25);
    const { pages } = logOf(path);
    if (pages < last) anew += 1;
    last = pages;
    longest = Math.max(longest, pages);
  }
  assert.ok(anew > 0 && longest < 16_000, `anew ${anew} times, at most ${longest} pages`);
  await db.destroy();
});

test('a commit stands though no thread can copy', async () => {
  const path = join(home, 'damaged.sqlite');
  const db = new Kysely<unknown>({ dialect: createSqliteDialect({ path }) });
  await sql`create table t (body blob)`.execute(db);
  const { Worker } = workers;
  try {
    // A container that may have no more threads answers so.
    workers.Worker = function refused() {
      throw Object.assign(new Error('no thread'), { code: 'ERR_WORKER_INIT_FAILED' });
    } as never;
    syncBuiltinESMExports();
    for (let round = 0; round < 3; round += 1) {
      await db.transaction().execute((tx) => sql`insert into t values (zeroblob(${12 * MIB}))`.execute(tx));
    }
  } finally {
    workers.Worker = Worker;
    syncBuiltinESMExports();
  }
  const { rows } = await sql<{ bytes: number }>`select sum(length(body)) as bytes from t`.execute(db);
  assert.equal(rows[0]!.bytes, 36 * MIB);
  await db.destroy();
});

test('a version of SQLite is compared part by part', () => {
  const cases: [string, boolean][] = [
    ['3.51.3', true],
    ['3.51.2', false],
    ['3.53.4', true],
    ['3.49.10', false],
    ['4.0.0', true],
    ['0', false],
  ];
  for (const [version, isEnough] of cases) assert.equal(isAtLeast(version, [3, 51, 3]), isEnough, version);
});

test('closing while the log is copied loses nothing and leaves no log behind', async () => {
  const { path, db, write } = await open('closes.sqlite');
  for (let round = 0; round < 3; round += 1) await write(12);
  await db.destroy();
  for (let tries = 0; existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0; tries += 1) {
    assert.ok(tries < 400, 'the thread has ended');
    await sleep(25);
  }
  const { db: again } = await open('closes.sqlite');
  const { rows } = await sql<{ bytes: number }>`select sum(length(body)) as bytes from t`.execute(again);
  assert.equal(rows[0]!.bytes, 36 * MIB);
  await again.destroy();
});
