import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { createCollect } from '../collect/collect.ts';
import { createHandOverIssuer } from '../collect/hand-over-issue.ts';
import { createLocate } from '../collect/locate.ts';
import type { Spool } from '../collect/spool.ts';
import { readTrafficLists } from '../collect/traffic-lists.ts';
import type { Config } from '../config.ts';
import type { HttpDeps } from '../http/deps.ts';
import { keepPixelFiles, pixelFiles, SCRIPTS } from '../http/pixel-files.ts';
import type { Script } from '../http/pixel-files.ts';
import { createJourneys } from '../journeys/journeys.ts';
import { createPeopleSearch } from '../journeys/search.ts';
import { createTimelines } from '../journeys/timeline.ts';
import { whyUnreachable } from '../payments/endpoints.ts';
import { createWebhookReceiver } from '../payments/inbox.ts';
import { conversionOf } from '../payments/rates.ts';
import { feedState } from '../payments/rates-feed.ts';
import { createOutsidePayments } from '../payments/outside.ts';
import { foldStoredSubscription } from '../payments/subscriptions.ts';
import { createReplay } from '../payments/replay.ts';
import { createDefaultMode } from '../reports/mode.ts';
import { createPaymentReports } from '../reports/payments.ts';
import { createSubscriptionReports } from '../reports/subscriptions.ts';
import { createReportFiles } from '../reports/report-file.ts';
import { createReports } from '../reports/report.ts';
import { createRuns } from '../reports/runs.ts';
import { createSolver } from '../reports/solver.ts';
import { createRecomputeStatus } from '../sites/recompute-status.ts';
import { sitesThatFollow } from '../sites/site-changes.ts';
import { createRatesStatus } from '../sites/rates-status.ts';
import { createSpendUse } from '../spend/use.ts';
import { createSiteActivity } from '../sites/activity.ts';
import { createHistoryJob } from '../sites/stripe-history-jobs.ts';
import { createStripeHistory } from '../sites/stripe-history.ts';
import { createStripeSettings } from '../sites/stripe-settings.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { now } from './base.ts';
import type { Base } from './base.ts';
import { alertUse } from './alerts.ts';
import { identityUse } from './identity.ts';
import type { Workers } from './workers.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
async function builtScripts(): Promise<Partial<Record<Script, Buffer>>> {
  const read = SCRIPTS.map(async (name) => [name, await readFile(join(DIST, name)).catch(() => null)] as const);
  return Object.fromEntries((await Promise.all(read)).filter(([, bytes]) => bytes !== null));
}

interface Parts {
  config: Config;
  log: Logger;
  base: Base;
  facts: Facts;
  spool: Spool;
  workers: Workers;
}

/** What the routes call, put together. */
export async function httpDeps(parts: Parts): Promise<HttpDeps> {
  const { config, log, base, facts, spool, workers } = parts;
  const { records, secrets, accounts } = base;
  const defaultMode = createDefaultMode({ records });
  const reports = createReports({ facts, solve: createSolver(), now, defaultMode });
  return {
    log,
    now,
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    collectPerMinute: config.collectPerMinute,
    dashboardDir: join(DIST, 'dashboard'),
    pixel: await keepPixelFiles(pixelFiles(await builtScripts()), join(config.dataDir, 'pixel')),
    ...(await collectDeps(parts)),
    ...stripeDeps(parts),
    historyOf: createStripeHistory({ records }),
    historyJob: createHistoryJob({ records, now, wake: workers.wake('history') }),
    replay: createReplay({ records, now, wake: workers.wake('record') }),
    report: reports.ask,
    reportFile: createReportFiles(reports.askWith),
    journeys: createJourneys({ facts, defaultMode, now }),
    timelines: createTimelines({ records, facts, defaultMode }),
    findPeople: createPeopleSearch({ records, facts, hashEmail: secrets.hash, defaultMode }),
    runs: createRuns({ records, askWith: reports.askWith, now }),
    recomputeOf: createRecomputeStatus({ records }),
    subscriptions: createSubscriptionReports({
      records,
      defaultMode,
      fold: (row) => foldStoredSubscription(records, row),
    }),
    payments: createPaymentReports({
      records,
      defaultMode,
      convert: (entries, to) => conversionOf(records, entries, to),
    }),
    outsidePayment: createOutsidePayments({ records, now, defaultMode, onBooked: workers.wake('attribute') }),
    ...peopleDeps(parts),
    siteActivity: createSiteActivity({ facts, records, defaultMode }),
    ratesOf: createRatesStatus({
      records,
      facts,
      feed: config.ratesUrl === null ? null : () => feedState(records.settings),
      defaultMode,
      now,
    }),
    spend: createSpendUse({ records, facts, defaultMode, now, wake: workers.wake('mirror') }),
    sites: sitesThatFollow({ records, now, wake: workers.wake('jobs') }),
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

/** A hit arrives, and a visitor leaves for another domain. */
async function collectDeps({ config, base, spool, workers }: Parts) {
  const { records, secrets, salts } = base;
  const findSite = (id: string) => records.sites.get(id);
  // What is signed has line breaks in it and e-mail addresses have none: neither can be taken for the other.
  const sign = secrets.hash;
  return {
    handOver: createHandOverIssuer({ findSite, sign, now }),
    collect: createCollect({
      findSite,
      spool,
      locate: await createLocate({ mmdbPath: config.geoDatabase }),
      lists: await readTrafficLists(config.trafficLists),
      now,
      hashEmail: secrets.hash,
      sign,
      salts,
      countryHeader: config.countryHeader,
      counters: workers.counters,
    }),
  };
}

/** Who is one person, how much is attributed by it, and alerts about that. */
function peopleDeps({ base, facts, workers }: Parts) {
  const { records } = base;
  return {
    alerts: alertUse({ ...base, facts, wake: workers.wake('alert delivery') }),
    identity: identityUse({ records, now, onRequested: workers.wake('attribute') }),
  };
}

/** What HTTP needs of Stripe: webhooks in, and everything of *Settings > Revenue* and *Check-up*. */
function stripeDeps({ config, base, facts, workers }: Parts) {
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
