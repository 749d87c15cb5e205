import { Worker } from 'node:worker_threads';
import type { GroupRow } from './spool-commit.ts';

export interface WriterData {
  path: string;
  pagesMax: number | undefined;
  /** One 32-bit integer: 1 from the moment that rows are given to the thread until their transaction has ended. */
  busy: SharedArrayBuffer;
}
export interface Written {
  failure: { message: string; errcode: number | undefined } | null;
}

/** A commit takes milliseconds; a disk that needs longer than this has failed. */
const FREE_WAIT_MS = 10_000;

/** Commits rows on a thread of its own, one transaction at a time. */
export interface SpoolWriter {
  /** False until the thread has started, and after it has ended: rows are then written here. */
  isReady(): boolean;
  /** Resolves after the commit. Call it again only then. */
  write(rows: readonly GroupRow[]): Promise<void>;
  /** Stands still until no transaction of the thread is under way: SQLite has one writer, and would make us poll for it. */
  untilFree(): void;
  close(): Promise<void>;
}

/** @param onLost called when the thread ended on its own: what it had been given may or may not be stored */
export function startSpoolWriter(options: {
  path: string;
  pagesMax: number | undefined;
  onLost: () => void;
}): SpoolWriter {
  const busy = new SharedArrayBuffer(4);
  const isBusy = new Int32Array(busy);
  const workerData: WriterData = { path: options.path, pagesMax: options.pagesMax, busy };
  const worker = new Worker(new URL('./spool-worker.ts', import.meta.url), { workerData });
  let state: 'starting' | 'ready' | 'ended' = 'starting';
  let underWay: PromiseWithResolvers<void> | null = null;

  function settle(written: Written): void {
    const ending = underWay!;
    underWay = null;
    worker.unref();
    const { failure } = written;
    if (failure === null) ending.resolve();
    else ending.reject(Object.assign(new Error(failure.message), { errcode: failure.errcode }));
  }
  worker.on('message', (message: 'ready' | Written) => {
    if (message === 'ready') state = 'ready';
    else settle(message);
  });
  worker.on('error', () => {}); // 'exit' follows.
  worker.on('exit', () => {
    const isOwnEnd = state === 'ended';
    state = 'ended';
    Atomics.store(isBusy, 0, 0);
    if (!isOwnEnd) options.onLost();
    if (underWay) settle({ failure: { message: "the spool's writer ended", errcode: undefined } });
  });
  // Only a commit that somebody waits for keeps the process alive. Listening would take this back.
  worker.unref();

  return {
    isReady: () => state === 'ready',
    write(rows) {
      underWay = Promise.withResolvers();
      Atomics.store(isBusy, 0, 1);
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
      worker.postMessage(rows);
      return underWay.promise;
    },
    untilFree() {
      while (Atomics.load(isBusy, 0) === 1) {
        if (Atomics.wait(isBusy, 0, 1, FREE_WAIT_MS) === 'timed-out') {
          throw new Error(`the spool's writer has not committed for ${FREE_WAIT_MS / 1_000} s; check the disk`);
        }
      }
    },
    async close() {
      state = 'ended';
      await underWay?.promise.catch(() => {});
      await worker.terminate();
    },
  };
}
