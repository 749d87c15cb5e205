import { createHash } from 'node:crypto';
import { PostgresAdapter, sql, type Kysely, type SelectQueryBuilder } from 'kysely';

/** Everything in which the two databases differ beyond their drivers. All other SQL of this folder is common to both. */
export type Engine = 'sqlite' | 'postgres';

export function engineOf<DB>(db: Kysely<DB>): Engine {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}

/** Rows another worker is claiming at this moment are passed over. SQLite has one writer: there are none. */
export function skipLocked<DB, TB extends keyof DB, O>(
  db: Kysely<DB>,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> {
  return engineOf(db) === 'postgres' ? query.forUpdate().skipLocked() : query;
}

/** Found rows are ours until the transaction ends; null: SQLite's one writer needs no question. */
export function lockRows<DB, TB extends keyof DB, O>(
  db: Kysely<DB>,
  query: SelectQueryBuilder<DB, TB, O>,
): SelectQueryBuilder<DB, TB, O> | null {
  return engineOf(db) === 'postgres' ? query.forUpdate() : null;
}

/** Until the transaction ends. SQLite's writing transactions are alone anyway. */
export async function lockName<DB>(transaction: Kysely<DB>, name: string): Promise<void> {
  if (!transaction.isTransaction) throw new Error(`lock('${name}') outside a transaction would end at once`);
  if (engineOf(transaction) === 'sqlite') return;
  const key = createHash('sha256').update(name).digest().readBigInt64BE(0).toString();
  await sql`select pg_advisory_xact_lock(${key}::bigint)`.execute(transaction);
}

/**
 * Runs `work` so that its commit does not wait for the disk; the next commit that does brings this one with it. So a power
 * cut may take it back, and then all that came after it: never one from the middle.
 */
export async function unsynced<DB, T>(db: Kysely<DB>, work: (db: Kysely<DB>) => Promise<T>): Promise<T> {
  // As in atomically.ts: taking a connection alone asks no guard.
  sql`begin`.compile(db);
  if (engineOf(db) === 'postgres') {
    return db.transaction().execute(async (transaction) => {
      await sql`set local synchronous_commit = off`.execute(transaction);
      return work(transaction);
    });
  }
  // SQLite says it per connection, and not inside a transaction.
  return db.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection);
    try {
      return await work(connection);
    } finally {
      await sql`pragma synchronous = full`.execute(connection);
    }
  });
}

/**
 * DDL is written once, in words of both: `text`, `integer` (64 bits) and `serial primary key` (grows, never reused).
 * Text compares by its bytes everywhere: a locale would order ids differently per machine and cost time.
 */
export function ddl(engine: Engine, statement: string): string {
  if (engine === 'sqlite') {
    return statement
      .replaceAll('serial primary key', 'integer primary key autoincrement')
      .replace(/^(create table .*)$/s, '$1 strict');
  }
  return statement
    .replaceAll('serial primary key', 'bigint generated always as identity primary key')
    .replaceAll(/\btext\b/g, 'text collate "C"')
    .replaceAll(/\binteger\b/g, 'bigint');
}
