import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { App, ServeOptions } from './cli/app.ts';
import { createCollect } from './collect/collect.ts';
import { createCollectCounters } from './collect/counters.ts';
import { createDrain } from './collect/drain.ts';
import { createLocate } from './collect/locate.ts';
import { createSpool } from './collect/spool.ts';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import type { HttpDeps } from './http/deps.ts';
import { createHistoryJobs, createJobRunner, doctorTurn, historyWorkers, recomputeTurn } from './jobs.ts';
import { closeServer, listen } from './listening.ts';
import { createLog } from './log.ts';
import { createLoop } from './loop.ts';
import type { Loop } from './loop.ts';
import { createAttributor } from './payments/attribute.ts';
import { createConnecting } from './payments/connect-account.ts';
import { createDoctor } from './payments/doctor.ts';
import { createRefusalCounter } from './payments/endpoints-refusals.ts';
import { whyUnreachable } from './payments/endpoints.ts';
import { createFetcher } from './payments/fetch.ts';
import { createWebhookReceiver } from './payments/inbox.ts';
import { createHandOver } from './payments/link.ts';
import { createMirror } from './payments/mirror.ts';
import { createRecompute } from './payments/recompute.ts';
import { createRecorder } from './payments/record.ts';
import { createDefaultMode } from './reports/mode.ts';
import { createPaymentReports } from './reports/payments.ts';
import { createReports } from './reports/report.ts';
import { requireSameSecret } from './secret-mark.ts';
import { createSecrets } from './secrets.ts';
import { createCheckUpAnswer } from './sites/check-up.ts';
import { createSiteActivity } from './sites/activity.ts';
import { createEnvironmentConnection } from './sites/environment-connection.ts';
import { createStripeHistory } from './sites/stripe-history.ts';
import { createStripeSettings } from './sites/stripe-settings.ts';
import { createFactsClient, endpointOfUrl } from './storage/facts/client.ts';
import { createFacts } from './storage/facts/create.ts';
import { startEmbedded } from './storage/facts/embedded/supervise.ts';
import { FactsUnavailable } from './storage/facts/facts.ts';
import type { Facts } from './storage/facts/facts.ts';
import { createReport } from './storage/facts/report.ts';
import { openRecords } from './storage/records/open.ts';
import { createStripeSetup } from './stripe/connect-setup.ts';
import { WEBHOOK_EVENTS } from './stripe/event-types.ts';
import { createStripeOAuth } from './stripe/oauth.ts';
import { createStripeProvider } from './stripe/provider.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
/** How long a data directory still held by a dying process is awaited. */
const HELD_WAIT_MS = 10_000;
/** What is acknowledged is committed: a request or a store that hangs must not keep the process from ending. */
const WORKERS_WAIT_MS = 4_000;
const MIGRATION_WAIT_MS = 5_000;
const now = () => Date.now();

/** What commands and the server share: the records store, the secrets, Stripe. */
async function openBase(config: Config, log: Logger) {
  // Loaded here, as the largest parts are, while the facts engine starts in a process of its own.
  const { createAccounts } = await import('./http/accounts/accounts.ts');
  const records = openRecords({ databaseUrl: config.databaseUrl ?? undefined, dataDir: config.dataDir, log });
  await records.migrate();
  const secrets = createSecrets(config.secret);
  await requireSameSecret(records, secrets);
  const { publicUrl, secret, stripeApiBase, stripeOAuth } = config;
  const apiBase = stripeApiBase ?? undefined;
  const provider = createStripeProvider({ apiBase, hash: secrets.hash, now });
  const accounts = createAccounts({ records, db: records.db, secret, publicUrl, now, log });
  const setup = createStripeSetup({ apiBase });
  const oauth = stripeOAuth && createStripeOAuth({ ...stripeOAuth, apiBase });
  const deps = { records, secrets, provider, setup, oauth, now, publicUrl, stripeApiBase, log };
  const connecting = createConnecting(deps);
  const checkUpWith = (facts: Facts | null) =>
    createCheckUpAnswer(
      createDoctor({ ...deps, setUp: connecting.setUp, facts, defaultMode: createDefaultMode({ records }) }),
    );
  return { records, secrets, provider, accounts, setup, ...connecting, checkUpWith };
}

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
    checkUp: base.checkUpWith(null),
    memberLink: () => accounts.memberLink(),
    runJob: (id) => history.runOnce({ id }),
    close: () => records.close(),
  };
}

/** Runs until `signal` aborts. See ServeOptions for what is said when. */
export async function serve(config: Config, { signal, say, ready }: ServeOptions): Promise<void> {
  const running = await start(config);
  try {
    const ownerLink = await running.ownerLink();
    say(`Headwater is ready at ${running.publicUrl}`);
    say(
      ownerLink
        ? `Create your account here (the link works once): ${ownerLink}`
        : 'Sign in there to see where revenue comes from.',
    );
    ready(running.publicUrl);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
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

/** Starts everything and resolves when requests are answered. Rejects with one clear line when it cannot. */
export async function start(config: Config): Promise<Running> {
  const log = createLog(config);
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    // Two servers on one directory would drain one spool twice.
    closers.push(await lockDirectory(config.dataDir, { what: 'data directory', waitMs: HELD_WAIT_MS }));
    const openingFacts = openFacts(config, log);
    openingFacts.catch(() => {}); // Told below, where it is waited for.
    closers.push(() => openingFacts.then(({ facts }) => facts.close()).catch(() => {}));
    const base = await openBase(config, log);
    const { records, accounts, connect } = base;
    closers.push(() => records.close());
    const { createServer } = await import('./http/server.ts');
    const { facts, migrated } = await openingFacts;
    const spool = createSpool({ path: join(config.dataDir, 'spool.sqlite'), now });
    closers.push(() => spool.close());
    const workers = createWorkers({ config, log, base, facts, spool });
    const server = createServer(await httpDeps({ config, log, base, facts, spool, workers }));
    const address = await listen(server, config);
    closers.push(
      () => Promise.race([workers.stop(), sleep(WORKERS_WAIT_MS, undefined, { ref: false })]),
      () => closeServer(server),
    );
    workers.start(migrated);
    const publicUrl = config.port === 0 && config.publicUrl.endsWith(':0') ? address : config.publicUrl;
    const app: App = {
      records,
      now,
      connectStripe: connect,
      disconnectStripe: base.disconnect,
      checkUp: base.checkUpWith(facts),
      memberLink: () => accounts.memberLink(),
      // The workers do it.
      runJob: async () => false,
      close: async () => {},
    };
    const ownerLink = async () => (await accounts.ownerLink())?.replace(config.publicUrl, publicUrl) ?? null;
    return { address, publicUrl, ownerLink, app, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Base = Awaited<ReturnType<typeof openBase>>;
type Spool = ReturnType<typeof createSpool>;

interface OpenedFacts {
  facts: Facts;
  /** Resolves when the schema is there. Until then every call of `facts` throws FactsUnavailable. */
  migrated: Promise<void>;
}

/** The embedded engine must start or the program does not; a server by URL may be down for hours. */
async function openFacts(config: Config, log: Logger): Promise<OpenedFacts> {
  if (config.clickhouseUrl !== null) return openFactsByUrl(config, config.clickhouseUrl, log);
  const engine = await startEmbedded({ directory: join(config.dataDir, 'facts'), log });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  const facts = createFacts(client, createReport(client), { close: () => engine.close() });
  try {
    await facts.migrate();
  } catch (error) {
    await facts.close();
    throw error;
  }
  return { facts, migrated: Promise.resolve() };
}

/**
 * A server that does not answer is asked again until it does. One that answers and refuses (password, database, cluster)
 * stops the start, when it is there at the start, and is logged when it comes later.
 */
async function openFactsByUrl(config: Config, address: string, log: Logger): Promise<OpenedFacts> {
  const endpoint = endpointOfUrl(address);
  const first = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  let isMigrated = false;
  const schemaClient = createFactsClient({ endpoint: () => endpoint });
  const client = createFactsClient({
    endpoint() {
      if (isMigrated) return endpoint;
      throw new FactsUnavailable('The server of CLICKHOUSE_URL has not answered since the start.');
    },
  });
  const options = { cluster: config.clickhouseCluster };
  const schema = createFacts(schemaClient, createReport(schemaClient), options);
  const migration: Loop = createLoop({
    name: 'facts schema',
    intervalMs: 1_000,
    log,
    async runOnce() {
      try {
        await schema.migrate();
      } catch (error) {
        if (error instanceof FactsUnavailable) first.resolve();
        else first.reject(new ConfigError(`CLICKHOUSE_URL: the server refused: ${(error as Error).message}`));
        throw error;
      }
      isMigrated = true;
      done.resolve();
      first.resolve();
      void migration.stop();
      return false;
    },
  });
  const close = async () => {
    void migration.stop();
    await schema.close();
  };
  const facts = createFacts(client, createReport(client), { ...options, close });
  migration.start();
  try {
    await Promise.race([first.promise, sleep(MIGRATION_WAIT_MS, undefined, { ref: false })]);
  } catch (error) {
    await facts.close();
    throw error;
  }
  return { facts, migrated: done.promise };
}

const FACTS_LOOPS = new Set(['drain', 'attribute', 'mirror']);

/** The background work. Each worker repeats one turn; whoever makes work for another wakes it. */
function createWorkers(parts: { config: Config; log: Logger; base: Base; facts: Facts; spool: Spool }) {
  const { config, log, base, facts, spool } = parts;
  const { records, secrets, provider, connect } = base;
  const loops: Record<string, Loop> = {};
  const wake = (name: string) => () => loops[name]?.wake();
  const add = (name: string, intervalMs: number, { runOnce }: { runOnce(): Promise<boolean> }) => {
    loops[name] = createLoop({ name, intervalMs, runOnce, log });
  };
  const counters = createCollectCounters();
  const refusals = createRefusalCounter({ records, now });
  const handOver = createHandOver({ records, now, onRecorded: wake('attribute') });
  const recompute = createRecompute({ records, now });
  const { stripeSecretKey: key, stripeWebhookSecret: webhookSecret } = config;

  // Not woken by each hit: steady traffic would become many tiny inserts, and reports may lag two seconds.
  add('drain', 300, createDrain({ spool, facts, handOver, now, log, counters }));
  add(
    'record',
    500,
    createRecorder({
      records,
      secrets,
      provider,
      now,
      log,
      onRecorded: wake('attribute'),
      onWanted: wake('fetch'),
    }),
  );
  add('fetch', 500, createFetcher({ records, secrets, provider, now, log, onRecorded: wake('attribute') }));
  add('attribute', 500, createAttributor({ records, facts, now, log, onOutbox: wake('mirror') }));
  add('mirror', 500, createMirror({ records, facts }));
  add('recheck', 15_000, base.rechecker);
  add('set-up', 15_000, base.setUpWorker);
  add('refusals', 1_000, refusals);
  const turns = {
    recompute: recomputeTurn({ records, recompute, now, onProgress: wake('attribute') }),
    doctor: doctorTurn({ records, checkUp: base.checkUpWith(facts), now }),
  };
  add('jobs', 500, createJobRunner({ records, turns, now, log }));
  const history = { records, secrets, provider, now, log, types: WEBHOOK_EVENTS };
  const wakes = { onStored: wake('record'), onRecorded: wake('attribute') };
  for (const { name, everyMs, worker } of historyWorkers({ ...history, ...wakes })) add(name, everyMs, worker);
  add('environment', 1_000, createEnvironmentConnection({ records, secrets, key, webhookSecret, connect, log }));

  let stopped = false;
  return {
    counters,
    refusals,
    wake,
    /** Loops that need the facts store wait for its schema: failing before it is there would only slow them down. */
    start(factsReady: Promise<void>) {
      for (const [name, loop] of Object.entries(loops)) if (!FACTS_LOOPS.has(name)) loop.start();
      void factsReady.then(() => {
        if (!stopped) for (const name of FACTS_LOOPS) loops[name]!.start();
      });
    },
    stop() {
      stopped = true;
      return Promise.all(Object.values(loops).map((loop) => loop.stop()));
    },
  };
}

/** What HTTP needs of Stripe: webhooks in, and everything of *Settings > Revenue* and *Check-up*. */
function stripeDeps({ config, base, facts, workers }: Parameters<typeof httpDeps>[0]) {
  const { records, secrets, provider } = base;
  const { receiveWebhook } = createWebhookReceiver({
    records,
    secrets,
    provider,
    now,
    wake: workers.wake('record'),
    onRefused: workers.refusals.note,
    platformSecret: config.stripeOAuth?.webhookSecret ?? null,
  });
  return {
    receiveWebhook,
    connectStripe: base.connect,
    disconnectStripe: base.disconnect,
    oauth: base.byOAuth,
    doctor: base.checkUpWith(facts),
    stripeOf: createStripeSettings({
      ...base.setup,
      records,
      publicUrl: config.publicUrl,
      oauth: base.byOAuth !== null,
      unreachable: whyUnreachable(config),
    }),
  };
}

async function httpDeps(parts: {
  config: Config;
  log: Logger;
  base: Base;
  facts: Facts;
  spool: Spool;
  workers: ReturnType<typeof createWorkers>;
}): Promise<HttpDeps> {
  const { config, log, base, facts, spool, workers } = parts;
  const { records, secrets, accounts } = base;
  const { publicUrl } = config;
  const defaultMode = createDefaultMode({ records });
  return {
    log,
    now,
    publicUrl,
    trustedProxies: config.trustedProxies,
    collectPerMinute: config.collectPerMinute,
    dashboardDir: join(DIST, 'dashboard'),
    pixel: await readFile(join(DIST, 'hw.js')).catch(() => null),
    collect: createCollect({
      findSite: (id) => records.sites.get(id),
      spool,
      locate: await createLocate({ mmdbPath: config.geoDatabase }),
      now,
      hashEmail: secrets.hash,
      countryHeader: config.countryHeader,
      counters: workers.counters,
    }),
    ...stripeDeps(parts),
    historyOf: createStripeHistory({ records }),
    report: createReports({ facts, now, defaultMode }).ask,
    payments: createPaymentReports({ records, defaultMode }),
    siteActivity: createSiteActivity({ facts, records, defaultMode }),
    sites: records.sites,
    keys: records.keys,
    teams: records.teams,
    accounts,
    checks: {
      records: () => records.ping(),
      facts: () => facts.ping(),
      spool: async () => spool.check(),
    },
    hits: workers.counters,
    gauges: {
      inbox: () => records.inbox.counts(),
      spoolRows: async () => spool.size().rows,
      outboxRows: () => records.outbox.count(),
      attributionsWaiting: () => records.attributions.count(),
    },
  };
}
