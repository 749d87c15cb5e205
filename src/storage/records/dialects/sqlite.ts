import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Dialect,
  type SqliteDatabase,
  type SqliteStatement,
} from 'kysely';
import { RecordsUnavailable } from '../records.ts';
import { checkpointApart } from './checkpoint.ts';
import { guardDriver, storableText } from './guard.ts';

// One wait inside SQLite blocks the event loop, so it is short; the rest of the busy timeout is waited asynchronously.
const BLOCKING_WAIT_MS = 20;
const PAUSE_MS = 5;
const CACHED_STATEMENTS_MAX = 300;

/**
 * Kysely on node:sqlite. One connection per process: Kysely's mutex (the adapter has no multiple connections) keeps
 * transactions from interleaving. Commands open the same file while the server runs, so every write may find it busy
 * and waits up to `busyTimeoutMs`; in WAL mode reads never wait.
 */
export function createSqliteDialect(options: { path: string; busyTimeoutMs?: number }): Dialect {
  const { path, busyTimeoutMs = 5000 } = options;
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () =>
      guardDriver(new SqliteDriver({ database: async () => adapt(open(path), path) }), {
        parameter: toSqlite,
        translate: (error) => translate(error, path),
        attempt: (work) => whileBusy(busyTimeoutMs, work),
        // A deferred transaction that reads before it writes cannot wait for the write lock: it fails at once.
        begin: 'begin immediate',
      }),
  };
}

/** SQLite's DDL is transactional; Kysely assumes it is not, and a failed migration would leave half its tables. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true;
  }
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Created here, because SQLite would create it readable by all; its -wal and -shm files take over these rights.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS, enableForeignKeyConstraints: true });
  try {
    database.exec('pragma journal_mode = wal');
    // NORMAL lost acknowledged rows in a power-cut test; FULL none.
    database.exec('pragma synchronous = full');
    // Two megabytes, SQLite's default, do not hold the inner pages of the indexes of a shop with some 100,000 payments.
    database.exec('pragma cache_size = -65536');
    // After one large transaction the -wal file shrinks again.
    database.exec('pragma journal_size_limit = 67108864');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function adapt(database: DatabaseSync, path: string): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  const checkpoint = checkpointApart(database, path);
  const commit = adaptStatement(database.prepare('commit'));
  const committing: SqliteStatement = {
    ...commit,
    run(parameters) {
      const result = commit.run(parameters);
      checkpoint.afterCommit();
      return result;
    },
  };
  return {
    close() {
      checkpoint.close();
      database.close();
    },
    prepare(text) {
      if (text === 'commit') return committing;
      // A full disk makes SQLite roll back by itself; Kysely's own rollback would hide the reason behind an error.
      if (text === 'rollback' && !database.isTransaction) return NOTHING_TO_ROLL_BACK;
      const cached = statements.get(text);
      const statement = cached ?? adaptStatement(database.prepare(text));
      if (cached) statements.delete(text);
      else if (statements.size >= CACHED_STATEMENTS_MAX) statements.delete(statements.keys().next().value!);
      statements.set(text, statement);
      return statement;
    },
  };
}

const NOTHING_TO_ROLL_BACK: SqliteStatement = {
  reader: true,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

function adaptStatement(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  const columns = () => statement.columns().map((column) => column.name);
  let names = columns();
  // As objects rows come without a prototype, which libraries do not expect, and are several times slower to make.
  statement.setReturnArrays(true);
  const toRow = (cells: unknown) => {
    const row: Record<string, unknown> = {};
    for (let at = 0; at < names.length; at += 1) row[names[at]!] = (cells as unknown[])[at];
    return row;
  };
  return {
    reader: names.length > 0,
    all(parameters) {
      const rows = statement.all(...values(parameters)) as unknown as unknown[][];
      // A migration may have added a column to `select *`.
      if (rows.length > 0 && rows[0]!.length !== names.length) names = columns();
      return rows.map(toRow);
    },
    run: (parameters) => statement.run(...values(parameters)),
    *iterate(parameters) {
      for (const cells of statement.iterate(...values(parameters))) yield toRow(cells);
    },
  };
}

function toSqlite(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  return value;
}

async function whileBusy<T>(busyTimeoutMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (resultCode(error) !== SQLITE_BUSY || performance.now() >= deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

const SQLITE_BUSY = 5;
/** Result codes that say "not now" (https://sqlite.org/rescode.html), with what an operator can do. */
const OUTAGES = new Map([
  [SQLITE_BUSY, 'another process holds it; stop that process or try again'],
  [6, 'another connection holds it; try again'],
  [7, 'there is not enough memory'],
  [8, 'it cannot be written; check the rights of the file and its directory'],
  [10, 'the disk failed; check the disk'],
  [13, 'the disk is full; make room'],
  [14, 'it cannot be opened; check that the directory exists and may be written'],
]);

/** The primary result code: extended ones carry it in their low byte. */
function resultCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : null;
}

function translate(error: unknown, path: string): unknown {
  const code = resultCode(error);
  const remedy = code === null ? undefined : OUTAGES.get(code);
  if (remedy) return new RecordsUnavailable(`records database ${path} does not answer: ${remedy}`, { cause: error });
  const system = (error as NodeJS.ErrnoException).syscall ? (error as NodeJS.ErrnoException) : null;
  if (system) return new RecordsUnavailable(`records database ${path}: ${system.message}`, { cause: error });
  return error;
}
