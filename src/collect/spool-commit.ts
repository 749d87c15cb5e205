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
  /** null: it is committed. */
  settle(error: Error | null): void;
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
  /** Writes the rows in one transaction; a promise when that goes on elsewhere meanwhile. Called one at a time. */
  write: (rows: readonly GroupRow[]) => Promise<void> | void;
  onCommitted: (row: GroupRow) => void;
}) {
  const { heldBytes, bytesMax, write, onCommitted } = options;
  let waiting: Waiting[] = [];
  let waitingChars = 0;
  let underWay: { ended: Promise<void>; chars: number } | null = null;
  let scheduled = false;
  let closed = false;
  const pace = createPace();

  function commit(): void {
    scheduled = false;
    if (waiting.length === 0 || underWay) return;
    const group = waiting;
    const chars = waitingChars;
    waiting = [];
    waitingChars = 0;
    const rows = rowsOf(group);
    const startedAt = performance.now();
    const end = (error: Error | null) => {
      pace.committed(startedAt, group.length);
      if (error === null) rows.forEach(onCommitted);
      for (const append of group) append.settle(error);
    };
    const fail = (cause: unknown) => end(storeError(cause));
    try {
      const writing = write(rows);
      if (writing) underWay = { ended: writing.then(() => end(null), fail).then(goOn), chars };
      else end(null);
    } catch (cause) {
      fail(cause);
    }
  }

  function goOn(): void {
    underWay = null;
    if (waiting.length > 0) schedule();
  }

  function schedule(): void {
    if (scheduled || underWay) return;
    scheduled = true;
    const pauseMs = pace.pauseMs();
    if (pauseMs <= 0) setImmediate(commit);
    else setTimeout(commit, pauseMs);
  }

  return {
    append(events: readonly Event[]): Promise<void> {
      if (closed) return Promise.reject(new Error('the spool is closed'));
      const json = events.length === 1 ? eventText(events[0]!) : events.map(eventText).join(',');
      if (heldBytes() + (underWay?.chars ?? 0) + waitingChars + json.length > bytesMax) {
        return Promise.reject(new SpoolFull(`the spool holds its limit of ${bytesMax} bytes`));
      }
      waitingChars += json.length;
      return new Promise((resolve, reject) => {
        const settle = (error: Error | null) => (error === null ? resolve() : reject(error));
        waiting.push({ json, count: events.length, settle });
        schedule();
      });
    },
    /** Commits what waits; later appends are refused. */
    async close(): Promise<void> {
      closed = true;
      while (underWay || waiting.length > 0) {
        commit();
        await underWay?.ended;
      }
    },
  };
}

/** When the next commit may begin. */
function createPace() {
  let committedAt = 0;
  let gapMs = COMMIT_GAP_MS;
  return {
    committed(startedAt: number, appends: number): void {
      committedAt = performance.now();
      const slowMs = appends < MANY_APPENDS ? 0 : Math.min(COMMIT_GAP_MAX_MS, 2 * (committedAt - startedAt));
      gapMs = Math.max(COMMIT_GAP_MS, slowMs);
    },
    pauseMs: () => committedAt + gapMs - performance.now(),
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
