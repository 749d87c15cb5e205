import type { Logger } from 'pino';
import { createCollectCounters } from '../collect/counters.ts';
import { createDrain } from '../collect/drain.ts';
import type { Spool } from '../collect/spool.ts';
import type { Config } from '../config.ts';
import { createJobRunner, doctorTurn, historyWorkers, offStripeTurn, recomputeTurn, recreditTurn } from '../jobs.ts';
import { createLoop } from '../loop.ts';
import type { Loop } from '../loop.ts';
import { createAttributor } from '../payments/attribute.ts';
import { COMPARE, compareTurn } from '../payments/compare-facts.ts';
import { createComparisonStarter } from '../payments/compare-start.ts';
import { createRefusalCounter } from '../payments/endpoints-refusals.ts';
import { createFetcher } from '../payments/fetch.ts';
import { createHandOver } from '../payments/link.ts';
import { createMirror } from '../payments/mirror.ts';
import { createPurge } from '../payments/purge.ts';
import { COUNT_OFF_STRIPE } from '../payments/off-stripe.ts';
import { RECREDIT } from '../payments/rates-book.ts';
import { createRatesFeed } from '../payments/rates-feed.ts';
import { createRecompute } from '../payments/recompute.ts';
import { lostVisits, requireVisits } from '../payments/visits-lost.ts';
import { createRecorder } from '../payments/record.ts';
import { createSubscriptionWorker } from '../payments/subscriptions.ts';
import { SPEND_JOB } from '../spend/book.ts';
import { andSpend, spendTurn } from '../spend/turns.ts';
import { createEnvironmentConnection } from '../sites/environment-connection.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { WEBHOOK_EVENTS } from '../stripe/event-types.ts';
import { alertWorkers } from './alerts.ts';
import { now } from './base.ts';
import type { Base } from './base.ts';

/**
 * Stripe tells one payment by up to six events within a second: each alone would credit it again. Two of these pauses lie
 * on the way of a payment into reports.
 */
const GATHER_MS = 250;
const FACTS_LOOPS = new Set(['drain', 'attribute', 'mirror', 'coverage']);

/** The background work. Each worker repeats one turn; whoever makes work for another wakes it. */
export function createWorkers(parts: { config: Config; log: Logger; base: Base; facts: Facts; spool: Spool }) {
  const { config, log, base, facts, spool } = parts;
  const { records, secrets, provider, connect } = base;
  const loops: Record<string, Loop> = {};
  const wake = (name: string) => () => loops[name]?.wake();
  const add = (name: string, intervalMs: number, { runOnce }: { runOnce(): Promise<boolean> }, gatherMs = 0) => {
    loops[name] = createLoop({ name, intervalMs, gatherMs, runOnce, log });
  };
  const counters = createCollectCounters();
  const refusals = createRefusalCounter({ records, now });
  const handOver = createHandOver({ records, now, onRecorded: wake('attribute') });
  const recompute = createRecompute({ records, now });
  const { stripeSecretKey: key, stripeWebhookSecret: webhookSecret } = config;

  // Not woken by each hit: steady traffic would become many tiny inserts, and reports may lag two seconds.
  add('drain', 300, createDrain({ spool, facts, handOver, now, log, counters }));
  const reading = { records, secrets, provider, now, log, onRecorded: wake('attribute') };
  add('record', 500, createRecorder({ ...reading, onWanted: wake('fetch') }));
  add('fetch', 500, createFetcher(reading));
  const onOutbox = wake('mirror');
  add('attribute', 500, createAttributor({ records, facts, sign: secrets.hash, now, log, onOutbox }), GATHER_MS);
  add('subscriptions', 500, createSubscriptionWorker({ records, now, log, onOutbox }), GATHER_MS);
  add('mirror', 500, createMirror({ records, facts }), GATHER_MS);
  add('recheck', 15_000, base.rechecker);
  add('set-up', 15_000, base.setUpWorker);
  add('refusals', 1_000, refusals);
  const spend = { records, now, onOutbox };
  const visits = { requireVisits: (site: string) => requireVisits({ records, facts }, site) };
  const turns = {
    [SPEND_JOB]: spendTurn(spend),
    recompute: andSpend(spend, recomputeTurn({ records, recompute, now, onProgress: wake('attribute'), ...visits })),
    [RECREDIT]: andSpend(spend, recreditTurn({ records, now, onProgress: wake('attribute') })),
    [COUNT_OFF_STRIPE]: offStripeTurn({ records, now, log, onProgress: wake('attribute') }),
    [COMPARE]: compareTurn({ records, facts, now, log, onOutbox }),
    doctor: doctorTurn({ records, checkUp: base.checkUpWith(facts), now }),
  };
  add('jobs', 500, createJobRunner({ records, turns, now, log }));
  add('compare', 60_000, createComparisonStarter({ records, now }));
  const history = { ...reading, types: WEBHOOK_EVENTS, onStored: wake('record') };
  for (const { name, everyMs, worker } of historyWorkers(history)) add(name, everyMs, worker);
  add('day salts', 3_600_000, base.salts);
  add('purge', 3_600_000, createPurge({ records, now, log }));
  if (config.ratesUrl !== null) {
    add('rates', 60_000, createRatesFeed({ records, url: config.ratesUrl, now, log, onBooked: wake('jobs') }));
  }
  const alerting = { ...base, facts, publicUrl: config.publicUrl, log, wake: wake('alert delivery') };
  for (const { name, everyMs, worker } of alertWorkers(alerting)) add(name, everyMs, worker);
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
        if (stopped) return;
        for (const name of FACTS_LOOPS) loops[name]!.start();
        void lostVisits({ records, facts }).then(
          (message) => message && log.error(message),
          () => {},
        );
      });
    },
    stop() {
      stopped = true;
      return Promise.all(Object.values(loops).map((loop) => loop.stop()));
    },
  };
}

export type Workers = ReturnType<typeof createWorkers>;
