import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { totalmem } from 'node:os';
import type { Log } from '../../../loop.ts';
import type { ChildMessage, OpenMessage } from './server.ts';

export interface Endpoint {
  url: string;
  username: string;
  password: string;
}

export interface EmbeddedEngine {
  /** Where the engine answers now; null while it is down. Changes with every restart. */
  endpoint(): Endpoint | null;
  /** Process id of the child, for tests and diagnostics. */
  pid(): number | null;
  /** Ends the child after the calls under way. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 120_000;
const CLOSE_TIMEOUT_MS = 8_000;
const RESTART_PAUSE_MAX_MS = 5_000;

/**
 * Starts the embedded engine as a child process and keeps it running: a report that dies of memory must not take
 * collect or webhooks with it. Rejects with one clear line when it can not start; later deaths are logged and repaired.
 */
export async function startEmbedded(options: {
  directory: string;
  log: Log;
  /** Of the whole engine; default: half of what the machine or the container allows. */
  memoryBytes?: number;
  /** Of one report; default: a fifth, so that the reports that run at a time leave some to inserts. */
  readMemoryBytes?: number;
  lockWaitMs?: number;
}): Promise<EmbeddedEngine> {
  const { directory, log, lockWaitMs = 10_000 } = options;
  const memoryBytes = options.memoryBytes ?? Math.max(256 * 1024 * 1024, Math.floor(availableMemoryBytes() / 2));
  const readMemoryBytes = options.readMemoryBytes ?? Math.floor(memoryBytes / 5);
  let child: ChildProcess | null = null;
  let endpoint: Endpoint | null = null;
  let closing = false;
  let failures = 0;
  let restarting: NodeJS.Timeout | undefined;

  async function start(): Promise<void> {
    const password = randomBytes(24).toString('base64url');
    const started = spawnChild(log);
    child = started;
    started.once('exit', (code, signal) => {
      endpoint = null;
      if (child === started) child = null;
      if (!closing && failures >= 0) onDeath({ code, signal });
    });
    const message: OpenMessage = { type: 'open', directory, password, memoryBytes, readMemoryBytes, lockWaitMs };
    const port = await ready(started, message);
    endpoint = { url: `http://127.0.0.1:${port}`, username: 'default', password };
  }

  function onDeath(how: object) {
    const pauseMs = failures === 0 ? 0 : Math.min(RESTART_PAUSE_MAX_MS, 50 * 2 ** failures);
    failures += 1;
    log.error({ ...how, failures, pauseMs }, 'the embedded facts store ended and will be restarted');
    restarting = setTimeout(() => {
      const startedAt = performance.now();
      start().then(
        () => {
          failures = 0;
          log.info({ durationMs: Math.round(performance.now() - startedAt) }, 'the embedded facts store is back');
        },
        (error: Error) => log.error({ error: error.message }, 'the embedded facts store did not start'),
      );
    }, pauseMs);
  }

  // The first start is the caller's to judge: its failure stops the program instead of being repeated.
  failures = -1;
  await start();
  failures = 0;

  return {
    endpoint: () => endpoint,
    pid: () => child?.pid ?? null,
    async close() {
      closing = true;
      clearTimeout(restarting);
      endpoint = null;
      if (child) await endChild(child);
    },
  };
}

function spawnChild(log: Log): ChildProcess {
  const child = fork(new URL('./server.ts', import.meta.url), [], {
    execArgv: [],
    // Queries run on libuv's threads: heavy reads may take a few, inserts must always find one.
    env: { UV_THREADPOOL_SIZE: '16', TZ: 'UTC', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log.warn({ pid: child.pid, text: text.trim().slice(0, 2000) }, 'the embedded facts store said');
  });
  return child;
}

/** Resolves with the port; rejects when the child says why it can not start, or ends, or stays silent. */
function ready(child: ChildProcess, message: OpenMessage): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (text: string) => {
      clearTimeout(timer);
      reject(new Error(text));
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`The embedded facts store did not start within ${START_TIMEOUT_MS / 1000} s.`);
    }, START_TIMEOUT_MS);
    child.once('error', (error) => fail(`The embedded facts store can not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      fail(`The embedded facts store ended while starting (${signal ?? `code ${code}`}).`),
    );
    child.on('message', (answer: ChildMessage) => {
      if (answer.type === 'failed') return fail(answer.message);
      clearTimeout(timer);
      resolve(answer.port);
    });
    child.send(message, () => {});
  });
}

function endChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.send({ type: 'close' }, () => {});
  });
}

/** What the container allows, else what the machine has. */
function availableMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
