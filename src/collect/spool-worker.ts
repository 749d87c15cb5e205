// A thread that commits to the spool's file, so that requests are read while the disk works. Its parent posts the rows of
// one transaction at a time and is told how it ended (spool-writer.ts).
import { parentPort, workerData } from 'node:worker_threads';
import type { GroupRow } from './spool-commit.ts';
import { openSpoolFile } from './spool-file.ts';
import type { WriterData, Written } from './spool-writer.ts';

const { path, pagesMax, busy } = workerData as WriterData;
const file = openSpoolFile(path, pagesMax);
const isBusy = new Int32Array(busy);

parentPort!.on('message', (rows: GroupRow[]) => {
  let written: Written = { failure: null };
  try {
    file.transaction(() => rows.forEach(file.insertRow));
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    written = { failure: { message, errcode } };
  }
  // First: the parent may be standing still until the file is free.
  Atomics.store(isBusy, 0, 0);
  Atomics.notify(isBusy, 0);
  tell(written);
});
tell('ready');

function tell(message: 'ready' | Written): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort!.postMessage(message);
}
