import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App, ServeOptions } from './cli/app.ts';
import { createSpool } from './collect/spool.ts';
import { now, openBase } from './compose/base.ts';
import { openFacts } from './compose/facts.ts';
import { httpDeps } from './compose/http.ts';
import { createWorkers } from './compose/workers.ts';
import type { Config } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import { createHistoryJobs } from './jobs.ts';
import { closeServer, listen, reservePort } from './listening.ts';
import { createLog } from './log.ts';

/** How long a data directory still held by a dying process is awaited. */
const HELD_WAIT_MS = 10_000;
/** What is acknowledged is committed: a request or a store that hangs must not keep the process from ending. */
const WORKERS_WAIT_MS = 4_000;
const START_CLOSE_WAIT_MS = 400;

/** For commands: the records store and what works on it, without HTTP and without the facts store. */
export async function openApp(config: Config): Promise<App> {
  const log = createLog(config);
  const base = await openBase(config, log);
  const { records, accounts, connect } = base;
  const history = createHistoryJobs({ ...base, now, log });
  return {
    records,
    now,
    connectStripe: connect,
    disconnectStripe: base.disconnect,
    permissions: base.setup.permissions,
    checkUp: base.checkUpWith(null),
    memberLink: () => accounts.memberLink(),
    runJob: (id) => history.runOnce({ id }),
    close: () => records.close(),
  };
}

/** Runs until `signal` aborts, which may be while it starts. See ServeOptions for what is said when. */
export async function serve(config: Config, { signal, say, ready }: ServeOptions): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const starting = start(config, signal);
  const running = await Promise.race([starting, stopped]);
  if (!running) {
    // Nothing was served yet, and every store survives worse: what has been opened gets a moment to close, not more.
    const closed = starting.then((it) => it.close()).catch(() => {});
    return Promise.race([closed, sleep(START_CLOSE_WAIT_MS, undefined, { ref: false })]);
  }
  try {
    const ownerLink = await running.ownerLink();
    say(`Headwater is ready at ${running.publicUrl}`);
    say(
      ownerLink
        ? `Create your account here (the link works once): ${ownerLink}`
        : 'Sign in there to see where revenue comes from.',
    );
    ready(running.publicUrl);
    await stopped;
    say('Stopping: finishing what is under way');
  } finally {
    await running.close();
  }
}

export interface Running {
  /** Where it listens, for example http://127.0.0.1:1323. */
  address: string;
  publicUrl: string;
  ownerLink(): Promise<string | null>;
  app: App;
  close(): Promise<void>;
}

/**
 * Starts everything and resolves when requests are answered. Rejects with one clear line when it cannot, and as soon as
 * it may when `signal` aborts.
 */
export async function start(settings: Config, signal?: AbortSignal): Promise<Running> {
  const { config, release } = await reservePort(settings);
  const log = createLog(config);
  const closers: (() => unknown)[] = [release];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    // Two servers on one directory would drain one spool twice.
    closers.push(await lockDirectory(config.dataDir, { what: 'data directory', waitMs: HELD_WAIT_MS }));
    signal?.throwIfAborted();
    const openingFacts = openFacts(config, log);
    openingFacts.catch(() => {}); // Told below, where it is waited for.
    closers.push(() => openingFacts.then(({ facts }) => facts.close()).catch(() => {}));
    const base = await openBase(config, log);
    const { records, accounts, connect } = base;
    closers.push(() => records.close());
    signal?.throwIfAborted();
    const { createServer } = await import('./http/server.ts');
    const { facts, migrated } = await openingFacts;
    signal?.throwIfAborted();
    const spool = createSpool({ path: join(config.dataDir, 'spool.sqlite'), now });
    closers.push(() => spool.close());
    const workers = createWorkers({ config, log, base, facts, spool });
    const server = createServer(await httpDeps({ config, log, base, facts, spool, workers }));
    await release();
    const address = await listen(server, config);
    closers.push(
      () => Promise.race([workers.stop(), sleep(WORKERS_WAIT_MS, undefined, { ref: false })]),
      () => closeServer(server),
    );
    workers.start(migrated);
    const app: App = {
      records,
      now,
      connectStripe: connect,
      disconnectStripe: base.disconnect,
      permissions: base.setup.permissions,
      checkUp: base.checkUpWith(facts),
      memberLink: () => accounts.memberLink(),
      // The workers do it.
      runJob: async () => false,
      close: async () => {},
    };
    return { address, publicUrl: config.publicUrl, ownerLink: () => accounts.ownerLink(), app, close };
  } catch (error) {
    await close();
    throw error;
  }
}
