// A thread that copies the write-ahead log into the database when it is asked to (checkpoint.ts).
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

/** The log begins anew only when all of it is copied at some moment: what was written meanwhile is copied too. */
const PASSES_MAX = 8;

const file = pathToFileURL(workerData as string);
// A file that was deleted meanwhile is not made again.
file.search = 'mode=rw';

/** With a connection for this once: whoever closes the last one removes the log, and that is to be the one that writes. */
function copyLog(): void {
  const database = new DatabaseSync(file);
  try {
    const copy = database.prepare('pragma wal_checkpoint(passive)');
    const look = database.prepare('pragma wal_checkpoint(noop)');
    look.setReturnArrays(true);
    let before = -1;
    for (let pass = 0; pass < PASSES_MAX; pass += 1) {
      copy.get();
      // Asked again, because a pass tells of the log as it was when it began.
      const [, pages, copied] = look.get() as unknown as [number, number, number];
      // All of it; or no further, because somebody reads what is not copied yet.
      if (copied === pages || copied === before) break;
      before = copied;
    }
  } finally {
    database.close();
  }
}

parentPort!.on('message', (asked) => {
  if (asked === 'end') return parentPort!.close();
  try {
    copyLog();
  } catch {
    // A disk that is full or fails: whoever commits next is told by SQLite itself.
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread’s port, not a window
  parentPort!.postMessage('done');
});
