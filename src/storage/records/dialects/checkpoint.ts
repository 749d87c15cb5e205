import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** So many pages of the write-ahead log are worth copying into the database; eight megabytes. */
const PAGES_MIN = 2_000;
/** Beyond this the connection copies them itself, at the end of a commit: the log must not grow without end. */
const PAGES_MAX = 16_000;
/** The same where no thread may copy. */
const PAGES_MAX_ALONE = 8_000;
/** In versions before it two connections that copy at one moment can damage the database; others do not know `noop`. */
const SQLITE_MIN = [3, 51, 3];

/**
 * Copies the write-ahead log into the database on a thread of its own. SQLite would do it at the end of a commit, on the
 * thread that answers requests: half a second on a slow disk, in which nothing else is done. The thread begins with the
 * first log that is long enough; most commands never have one.
 */
export function checkpointApart(database: DatabaseSync, path: string): { afterCommit(): void; close(): void } {
  const mayCopyApart = isAtLeast(process.versions.sqlite ?? '0', SQLITE_MIN);
  database.exec(`pragma wal_autocheckpoint = ${mayCopyApart ? PAGES_MAX : PAGES_MAX_ALONE}`);
  if (!mayCopyApart) return { afterCommit() {}, close() {} };
  // Copies nothing: only says how many pages the log holds, and how many of them are copied.
  const look = database.prepare('pragma wal_checkpoint(noop)');
  look.setReturnArrays(true);
  let worker: Worker | null = null;
  let isCopying = false;
  let hasFailed = false;

  function ask(): void {
    worker ??= start();
    tell(worker, 'copy');
    isCopying = true;
  }

  function start(): Worker {
    const started = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), { workerData: path });
    started.on('message', () => (isCopying = false));
    // The connection then copies for itself; another thread would fail as well.
    started.on('error', () => (hasFailed = true));
    // Last: listening would hold the process again.
    started.unref();
    return started;
  }

  return {
    afterCommit() {
      if (isCopying || hasFailed) return;
      try {
        const [, pages, copied] = look.get() as unknown as [number, number, number];
        if (pages - copied >= PAGES_MIN) ask();
      } catch {
        // What was committed is committed, whatever becomes of the copy: no thread can be had, or the disk fails.
        hasFailed = true;
      }
    },
    close() {
      // What it is copying it copies to the end.
      if (worker) tell(worker, 'end');
    },
  };
}

function tell(worker: Worker, what: 'copy' | 'end'): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread’s port, not a window
  worker.postMessage(what);
}

export function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  const at = least.findIndex((part, index) => parts[index] !== part);
  return at === -1 || (parts[at] ?? 0) > least[at]!;
}
