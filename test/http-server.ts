import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Mode } from '../src/core/payment.ts';
import { ConnectRefused } from '../src/payments/connect.ts';
import { createDefaultMode } from '../src/reports/mode.ts';
import { createReportFiles } from '../src/reports/report-file.ts';
import { createReports } from '../src/reports/report.ts';
import { createRuns } from '../src/reports/runs.ts';
import { createRecomputeStatus } from '../src/sites/recompute-status.ts';
import { sitesThatFollow } from '../src/sites/site-changes.ts';
import { createSiteActivity } from '../src/sites/activity.ts';
import { newKey } from '../src/sites/new-key.ts';
import { createSpendUse } from '../src/spend/use.ts';
import { createOutsidePayments } from '../src/payments/outside.ts';
import { createReplay } from '../src/payments/replay.ts';
import { createHistoryJob } from '../src/sites/stripe-history-jobs.ts';
import { createStripeHistory } from '../src/sites/stripe-history.ts';
import { createStripeSettings } from '../src/sites/stripe-settings.ts';
import { PUBLIC_ONLY } from '../src/alerts/address.ts';
import { createAlertUse } from '../src/alerts/use.ts';
import { identityUse } from '../src/compose/identity.ts';
import { createSecrets } from '../src/secrets.ts';
import { openRecords } from '../src/storage/records/open.ts';
import { createAccounts } from '../src/http/accounts/accounts.ts';
import type { HttpDeps } from '../src/http/deps.ts';
import { pixelFiles } from '../src/http/pixel-files.ts';
import { createServer } from '../src/http/server.ts';

const log = pino({ level: 'silent' });
export const PASSWORD = 'correct horse battery';

const NO_REPORT = { ok: false, code: 'bad_question', field: 'metrics', message: 'metrics: none here' } as const;

const noJourney = async () => NO_REPORT;
const NO_JOURNEYS: HttpDeps['journeys'] = {
  paths: noJourney,
  times: noJourney,
  assists: noJourney,
  flow: noJourney,
  cohorts: noJourney,
  lifetime: noJourney,
};

type Records = ReturnType<typeof openRecords>;
type TestAccounts = ReturnType<typeof createAccounts>;

/**
 * The HTTP layer for tests: real records store, accounts and routes; the use cases behind HttpDeps are values, so a test
 * replaces the ones it is about.
 */
export async function createTestServer(changes: Partial<HttpDeps> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-http-'));
  const records = openRecords({ dataDir, log });
  await records.migrate();
  const publicUrl = changes.publicUrl ?? 'http://localhost:1323';
  const now = changes.now ?? Date.now;
  const accounts = createAccounts({ records, db: records.db, secret: 's'.repeat(64), publicUrl, now, log });
  const dashboardDir = writeDashboard(dataDir);
  const deps: HttpDeps = { ...depsOver(records, accounts), now, publicUrl, dashboardDir, ...changes };
  const server = createServer(deps);
  await server.ready();
  return {
    server,
    records,
    accounts,
    ...people(records, accounts, deps),
    async close() {
      await server.close();
      await records.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function writeDashboard(dataDir: string): string {
  const dashboardDir = join(dataDir, 'dashboard');
  mkdirSync(join(dashboardDir, 'assets'), { recursive: true });
  writeFileSync(join(dashboardDir, 'index.html'), '<!doctype html><title>Headwater</title>');
  writeFileSync(join(dashboardDir, 'assets', 'app-1a2b.js'), 'export {};');
  return dashboardDir;
}

/** Reports over facts without any. */
function emptyReports(defaultMode: (site: string) => Promise<Mode>) {
  const nothing = async () => ({ rows: [], totals: { revenue: 0 } });
  const channelPaths = async () => {
    throw new Error('there are no paths');
  };
  const facts = { report: nothing, compareModels: nothing, channelPaths };
  return createReports({ facts, solve: channelPaths, now: Date.now, defaultMode });
}

function depsOver(records: Records, accounts: TestAccounts): Omit<HttpDeps, 'now' | 'publicUrl' | 'dashboardDir'> {
  const lastHit = async () => ({ occurredAt: Date.UTC(2026, 10, 1), url: 'https://shop.example.com/' });
  const publicUrl = 'http://localhost:1323';
  const defaultMode = createDefaultMode({ records });
  return {
    log,
    trustedProxies: ['loopback'],
    collectPerMinute: 600,
    pixel: pixelFiles({
      'hw.js': Buffer.from("import('hw-more.js')"),
      'hw-cookieless.js': Buffer.from("cookieless();import('hw-more.js')"),
      'hw-more.js': Buffer.from('more()'),
    }),
    hits: {
      accepted: 0,
      drained: 0,
      duplicates: 0,
      rejected: 0,
      bots: new Map(),
      dropped: new Map(),
      handOvers: new Map(),
      refused: new Map(),
    },
    handOver: async () => ({ status: 200, handOver: 'v1.x.n.s' }),
    collect: async () => ({ status: 202, accepted: 1, dropped: {} }),
    receiveWebhook: async () => ({ status: 200, code: 'stored', message: 'stored' }),
    connectStripe: async () => {
      throw new ConnectRefused('key', 'Stripe refused the key: Invalid API Key');
    },
    historyOf: createStripeHistory({ records }),
    historyJob: createHistoryJob({ records, now: Date.now }),
    replay: createReplay({ records, now: Date.now }),
    stripeOf: createStripeSettings({ records, publicUrl, webhookEvents: ['charge.succeeded'] }),
    disconnectStripe: async () => null,
    oauth: null,
    doctor: async () => ({ checked_at: new Date(0).toISOString(), findings: [], checks: [] }),
    report: async () => ({ ok: true, value: { rows: [], totals: { revenue: 0 }, currency: 'usd', mode: 'test' } }),
    reportFile: createReportFiles(emptyReports(defaultMode).askWith),
    subscriptions: {
      list: async () => ({ ok: true, value: { subscriptions: [], next: null } }),
      get: async () => null,
    },
    payments: {
      list: async () => ({ ok: true, value: { payments: [], next: null } }),
      get: async () => null,
    },
    outsidePayment: createOutsidePayments({ records, now: Date.now, defaultMode }),
    journeys: NO_JOURNEYS,
    timelines: { visitor: async () => null, customer: async () => null },
    findPeople: async () => [],
    runs: createRuns({ records, askWith: async () => ({ outcome: NO_REPORT, said: null }), now: Date.now }),
    recomputeOf: createRecomputeStatus({ records }),
    alerts: createAlertUse({
      records,
      facts: { coverageByDay: async () => [] },
      secrets: createSecrets('s'.repeat(64)),
      defaultMode,
      rule: PUBLIC_ONLY,
      now: Date.now,
    }),
    identity: identityUse({ records, now: Date.now }),
    siteActivity: createSiteActivity({ facts: { lastHit }, records, defaultMode }),
    ratesOf: async ({ currency }) => ({ currency, known: null, feed: null, mode: 'test', unconverted: [] }),
    spend: createSpendUse({
      records,
      facts: { report: async () => ({ rows: [], totals: {} }) },
      defaultMode,
      now: Date.now,
    }),
    sites: sitesThatFollow({ records, now: Date.now }),
    keys: records.keys,
    teams: records.teams,
    accounts,
    checks: { records: () => records.ping(), facts: async () => {}, spool: async () => {} },
    gauges: {
      inbox: () => records.inbox.counts(),
      spoolRows: async () => 0,
      outboxRows: () => records.outbox.count(),
      attributionsWaiting: () => records.attributions.count(),
    },
  };
}

function people(records: Records, accounts: TestAccounts, { now, publicUrl }: HttpDeps) {
  return {
    /** A site of the default team. */
    async addSite(domain = 'shop.example.com') {
      const team = (await records.teams.default(now())).id;
      return records.sites.add({ team, name: 'Shop', domain, timezone: 'UTC', currency: 'usd' }, now());
    },
    async addKey(site: string, scopes = ['read', 'collect', 'write'], expiresAt: number | null = null) {
      const { key, hash, prefix } = newKey();
      await records.keys.add({ site, hash, prefix, scopes, expiresAt }, now());
      return { authorization: `Bearer ${key}` };
    },
    /** A member of the default team, signed in. */
    async signUp(email = 'ada@example.com') {
      const link = (await accounts.ownerLink()) ?? (await accounts.memberLink());
      const token = new URL(link).searchParams.get('token')!;
      const result = await accounts.setUp({ token, name: 'Ada', email, password: PASSWORD });
      if (!result.ok) throw new Error(result.message);
      const cookie = result.setCookies.map((each) => each.split(';')[0]).join('; ');
      return { member: result.member, headers: { cookie, origin: publicUrl } };
    },
  };
}
