import type { Event } from '../core/event.ts';
import { eventText, rowText } from './spool-row.ts';

/** The spool has no room: its own limit is reached or the disk is full. Nothing of the append was kept. */
export class SpoolFull extends Error {
  override name = 'SpoolFull';
}

/** A group of events as one row of the file. */
export interface GroupRow {
  json: string;
  count: number;
  bytes: number;
}

interface Waiting {
  json: string;
  count: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Under load commits are this far apart at least, so that many connections share one. Further on a slow disk, where the
 * program would otherwise wait for it most of the time; but not for a few senders, who would only wait longer.
 */
const COMMIT_GAP_MS = 2;
const COMMIT_GAP_MAX_MS = 20;
const MANY_APPENDS = 16;
/** A row is the unit of reading: large enough to be cheap, small enough to be moved at once. */
const ROW_EVENTS_MAX = 2000;
const ROW_CHARS_MAX = 4 * 1024 ** 2;
const SQLITE_FULL = 13;

/**
 * Commits appends together: those of one turn of the event loop, or of a short pause under load. An append resolves after
 * the commit that holds it, and is refused as a whole.
 */
export function createGroupCommit(options: {
  heldBytes: () => number;
  bytesMax: number;
  /** Writes the rows in one transaction. */
  write: (rows: readonly GroupRow[]) => void;
  onCommitted: (row: GroupRow) => void;
}) {
  const { heldBytes, bytesMax, write, onCommitted } = options;
  let waiting: Waiting[] = [];
  let waitingChars = 0;
  let scheduled = false;
  let committedAt = 0;
  let gapMs = COMMIT_GAP_MS;
  let closed = false;

  function commit(): void {
    scheduled = false;
    if (waiting.length === 0) return;
    const group = waiting;
    waiting = [];
    waitingChars = 0;
    const rows = rowsOf(group);
    const startedAt = performance.now();
    try {
      write(rows);
    } catch (cause) {
      const error = storeError(cause);
      for (const { reject } of group) reject(error);
      return;
    } finally {
      committedAt = performance.now();
      const slowMs = group.length < MANY_APPENDS ? 0 : Math.min(COMMIT_GAP_MAX_MS, 2 * (committedAt - startedAt));
      gapMs = Math.max(COMMIT_GAP_MS, slowMs);
    }
    rows.forEach(onCommitted);
    for (const { resolve } of group) resolve();
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    const pauseMs = committedAt + gapMs - performance.now();
    if (pauseMs <= 0) setImmediate(commit);
    else setTimeout(commit, pauseMs);
  }

  return {
    append(events: readonly Event[]): Promise<void> {
      if (closed) return Promise.reject(new Error('the spool is closed'));
      const json = events.length === 1 ? eventText(events[0]!) : events.map(eventText).join(',');
      if (heldBytes() + waitingChars + json.length > bytesMax) {
        return Promise.reject(new SpoolFull(`the spool holds its limit of ${bytesMax} bytes`));
      }
      waitingChars += json.length;
      return new Promise((resolve, reject) => {
        waiting.push({ json, count: events.length, resolve, reject });
        schedule();
      });
    },
    /** Commits what waits; later appends are refused. */
    close(): void {
      closed = true;
      commit();
    },
  };
}

/** Appends of one moment as few rows. */
function rowsOf(group: readonly Waiting[]): GroupRow[] {
  const rows: GroupRow[] = [];
  let texts: string[] = [];
  let count = 0;
  let chars = 0;
  const close = () => {
    if (texts.length === 0) return;
    rows.push({ json: rowText(texts), count, bytes: chars });
    texts = [];
    count = 0;
    chars = 0;
  };
  for (const { json, count: events } of group) {
    if (count + events > ROW_EVENTS_MAX || chars + json.length > ROW_CHARS_MAX) close();
    texts.push(json);
    count += events;
    chars += json.length;
  }
  close();
  return rows;
}

function storeError(cause: unknown): Error {
  if ((cause as { errcode?: number }).errcode === SQLITE_FULL) {
    return new SpoolFull('the disk of the spool is full', { cause });
  }
  return cause instanceof Error ? cause : new Error(String(cause));
}
