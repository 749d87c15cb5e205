import type { Event } from '../core/event.ts';
import { createGroupCommit, SpoolFull } from './spool-commit.ts';
import { readRowText } from './spool-row.ts';
import { openSpoolFile, type Reject, type SpoolSize, type StoredRow } from './spool-file.ts';
import { startSpoolWriter } from './spool-writer.ts';

export type { Reject } from './spool-file.ts';
export { SpoolFull } from './spool-commit.ts';

export interface SpoolRow {
  id: number;
  events: Event[];
}

/**
 * The node's own file of acknowledged hits that are not in the facts store yet. Hits of the moment are committed
 * together as one row: one commit costs a third of a millisecond for 1 or 500 of them.
 */
export interface Spool {
  /** Resolves after the commit. @throws SpoolFull */
  append(events: readonly Event[]): Promise<void>;
  /** The oldest rows, whole, until they hold `eventsMax` events or many bytes, at least one. Unreadable ones become rejects. */
  take(eventsMax: number): SpoolRow[];
  /** The rows of a plan, as `take` gave them. */
  range(firstId: number, lastId: number): SpoolRow[];
  /** What the drainer is about to do, written down before it does it; null: nothing. */
  readPlan(): string | null;
  /** Replaces the plan, and keeps rejects in the same transaction. */
  writePlan(plan: string | null, rejects?: readonly Reject[]): void;
  /** Deletes rows up to `lastId` together with the plan. */
  finish(lastId: number): void;
  size(): { rows: number; events: number; bytes: number };
  /** Newest first. */
  rejects(limit: number): (Reject & { rejectedAt: number })[];
  rejectCount(): number;
  /** @throws SpoolFull when an append would fail now */
  check(): void;
  /** Commits what waits, then closes. */
  close(): Promise<void>;
}

const DEFAULT_BYTES_MAX = 1024 ** 3;

/** @throws Error naming the file when it cannot be opened */
export function createSpool(options: {
  path: string;
  now: () => number;
  /** Room for events that wait, in bytes of JSON. */
  bytesMax?: number;
  /** Room for the file, in pages of 4 KB; default: the disk's. */
  pagesMax?: number;
  onReject?: (reject: Reject) => void;
}): Spool {
  const { path, now, pagesMax, bytesMax = DEFAULT_BYTES_MAX, onReject = () => {} } = options;
  const file = openSpoolFile(path, pagesMax);
  let held = file.measure();
  const writer = startSpoolWriter({ path, pagesMax, onLost: () => void (held = file.measure()) });
  function transaction(work: () => void): void {
    writer.untilFree();
    file.transaction(work);
  }
  /** Deletes rows, and what else belongs to it. What was added meanwhile is counted when its commit is answered. */
  function forget(firstId: number, lastId: number, work: () => void): void {
    let left = held;
    transaction(() => {
      left = less(held, file.deleteRows(firstId, lastId));
      work();
    });
    held = left;
  }
  const commits = createGroupCommit({
    heldBytes: () => held.bytes,
    bytesMax,
    write: (rows) => (writer.isReady() ? writer.write(rows) : transaction(() => rows.forEach(file.insertRow))),
    onCommitted(row) {
      held = { rows: held.rows + 1, events: held.events + row.count, bytes: held.bytes + row.bytes };
    },
  });
  let closed = false;

  /** A row that cannot be read is set aside, so that it never sinks the others. */
  function readRow({ id, events }: StoredRow): SpoolRow | null {
    const parsed = readRowText(events);
    if (parsed) return { id, events: parsed };
    const reject = { site: '', eventId: '', body: events, error: `spool row ${id} is not readable JSON` };
    forget(id, id, () => file.insertReject(reject, now()));
    onReject(reject);
    return null;
  }
  const readRows = (stored: StoredRow[]) => stored.map(readRow).filter((row) => row !== null);

  return {
    append: commits.append,
    take: (eventsMax) => readRows(file.oldestRows(eventsMax)),
    range: (firstId, lastId) => readRows(file.rowsBetween(firstId, lastId)),
    readPlan: file.readPlan,
    writePlan(plan, rejects = []) {
      transaction(() => {
        for (const reject of rejects) file.insertReject(reject, now());
        file.replacePlan(plan);
      });
      rejects.forEach(onReject);
    },
    finish: (lastId) => forget(0, lastId, () => file.replacePlan(null)),
    size: () => ({ ...held }),
    rejects: file.rejects,
    rejectCount: file.rejectCount,
    check() {
      if (held.bytes >= bytesMax) throw new SpoolFull(`the spool holds its limit of ${bytesMax} bytes`);
      file.measure();
    },
    async close() {
      if (closed) return;
      closed = true;
      await commits.close();
      await writer.close();
      file.close();
    },
  };
}

function less(size: SpoolSize, gone: SpoolSize): SpoolSize {
  return { rows: size.rows - gone.rows, events: size.events - gone.events, bytes: size.bytes - gone.bytes };
}
