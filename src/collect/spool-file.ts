import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { GroupRow } from './spool-commit.ts';

/** An event (or a row that cannot be read) that will not reach the facts store, kept for people to look at. */
export interface Reject {
  site: string;
  eventId: string;
  body: string;
  error: string;
}

export interface StoredRow {
  id: number;
  events: string;
  count: number;
}

export interface SpoolSize {
  rows: number;
  events: number;
  bytes: number;
}

/** Old rejects give way to new ones: the table is for people to look at, not an archive. */
const REJECTS_MAX = 10_000;
/** Taken rows are held in memory, parsed and written once more: events may be of 64 KB each. */
const TAKE_BYTES_MAX = 16 * 1024 ** 2;

/** The long text is last in its row: what stands before it is read without following it through the file. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS spool_rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT, count INTEGER NOT NULL, bytes INTEGER NOT NULL, events TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS spool_plan (id INTEGER PRIMARY KEY CHECK (id = 1), plan TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS spool_rejects (
    id INTEGER PRIMARY KEY AUTOINCREMENT, site TEXT NOT NULL, event_id TEXT NOT NULL, body TEXT NOT NULL,
    error TEXT NOT NULL, rejected_at INTEGER NOT NULL
  );`;

/** The SQL of the spool. Every write belongs into `transaction`. */
export function openSpoolFile(path: string, pagesMax?: number) {
  const db = openDatabase(path);
  if (pagesMax !== undefined) db.exec(`PRAGMA max_page_count = ${Math.trunc(pagesMax)}`);
  const insertRow = db.prepare('INSERT INTO spool_rows (events, count, bytes) VALUES (?, ?, ?)');
  const insertReject = db.prepare(
    'INSERT INTO spool_rejects (site, event_id, body, error, rejected_at) VALUES (?, ?, ?, ?, ?)',
  );
  const sizeOfRange = db.prepare(
    `SELECT count(*) AS rows, coalesce(sum(count), 0) AS events, coalesce(sum(bytes), 0) AS bytes
     FROM spool_rows WHERE id BETWEEN ? AND ?`,
  );
  const deleteRange = db.prepare('DELETE FROM spool_rows WHERE id BETWEEN ? AND ?');
  const rowsInOrder = db.prepare('SELECT id, events, count, bytes FROM spool_rows ORDER BY id');
  const rowsInRange = db.prepare('SELECT id, events, count FROM spool_rows WHERE id BETWEEN ? AND ? ORDER BY id');

  return {
    transaction(work: () => void): void {
      db.exec('BEGIN IMMEDIATE');
      try {
        work();
        db.exec('COMMIT');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
    measure: () => ({ ...sizeOfRange.get(0, Number.MAX_SAFE_INTEGER) }) as unknown as SpoolSize,
    insertRow({ json, count, bytes }: GroupRow): void {
      insertRow.run(json, count, bytes);
    },
    /** The oldest rows until they hold `eventsMax` events or are long, at least one. */
    oldestRows(eventsMax: number): StoredRow[] {
      const rows: StoredRow[] = [];
      let count = 0;
      let bytes = 0;
      for (const row of rowsInOrder.iterate() as Iterable<StoredRow & { bytes: number }>) {
        rows.push(row);
        count += row.count;
        bytes += row.bytes;
        if (count >= eventsMax || bytes >= TAKE_BYTES_MAX) break;
      }
      return rows;
    },
    rowsBetween: (firstId: number, lastId: number) => rowsInRange.all(firstId, lastId) as unknown as StoredRow[],
    /** @returns what they held */
    deleteRows(firstId: number, lastId: number): SpoolSize {
      const held = { ...sizeOfRange.get(firstId, lastId) } as unknown as SpoolSize;
      deleteRange.run(firstId, lastId);
      return held;
    },
    readPlan: () => (db.prepare('SELECT plan FROM spool_plan').get()?.plan as string | undefined) ?? null,
    replacePlan(plan: string | null): void {
      if (plan === null) db.exec('DELETE FROM spool_plan');
      else db.prepare('INSERT OR REPLACE INTO spool_plan (id, plan) VALUES (1, ?)').run(plan);
    },
    insertReject({ site, eventId, body, error }: Reject, rejectedAt: number): void {
      const { lastInsertRowid } = insertReject.run(site, eventId, body, error, rejectedAt);
      db.prepare('DELETE FROM spool_rejects WHERE id <= ?').run(Number(lastInsertRowid) - REJECTS_MAX);
    },
    /** Newest first. */
    rejects: (limit: number) =>
      db
        .prepare(
          `SELECT site, event_id AS eventId, body, error, rejected_at AS rejectedAt
           FROM spool_rejects ORDER BY id DESC LIMIT ?`,
        )
        .all(limit)
        .map((row) => ({ ...row })) as unknown as (Reject & { rejectedAt: number })[],
    rejectCount: () => db.prepare('SELECT count(*) AS n FROM spool_rejects').get()!.n as number,
    close: () => db.close(),
  };
}

function openDatabase(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const db = new DatabaseSync(path, { timeout: 5000 });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;');
    db.exec(SCHEMA);
    return db;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the spool ${path} cannot be opened (${reason}); free the disk or move the file away: it holds hits not yet reported`,
      { cause },
    );
  }
}
