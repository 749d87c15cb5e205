import { join } from 'node:path';
import { Kysely, sql, type Dialect } from 'kysely';
import type { Log } from '../../loop.ts';
import { atomically } from './atomically.ts';
import { createAlerts } from './alerts.ts';
import { createAttributions } from './attributions.ts';
import { createConnections } from './connections.ts';
import { createCursors } from './cursors.ts';
import type { Database } from './database.ts';
import { lockName, unsynced } from './dialects/differences.ts';
import { createPostgresDialect } from './dialects/postgres.ts';
import { createSqliteDialect } from './dialects/sqlite.ts';
import { createIdentities } from './identities.ts';
import { createDeliveries, createGaps } from './gaps.ts';
import { createInbox } from './inbox.ts';
import { createJobs } from './jobs.ts';
import { createKeys } from './keys.ts';
import { createLedger } from './ledger.ts';
import { MIGRATIONS } from './migrations/all.ts';
import { migrate } from './migrations/migrate.ts';
import { createObjects } from './objects.ts';
import { createOutbox } from './outbox.ts';
import { createOutsideGuard } from './outside.ts';
import { createPayments } from './payments.ts';
import { createRates } from './rates.ts';
import { createReconciliations } from './reconciliations.ts';
import type { Records } from './records.ts';
import { createRestatements } from './restatements.ts';
import { createRuns } from './runs.ts';
import { createSettings } from './settings.ts';
import { createSites } from './sites.ts';
import { createSpend } from './spend.ts';
import { createSubscriptions } from './subscriptions.ts';
import { createTeams } from './teams.ts';
import { createVerdicts } from './verdicts.ts';
import { createWanted } from './wanted.ts';

/**
 * The records store of this installation: PostgreSQL when `databaseUrl` is given, else `<dataDir>/records.sqlite`.
 * Connects on first use; call `migrate()` before anything else. `db` is the same store for libraries that bring their
 * own queries (accounts).
 */
export function openRecords(options: {
  databaseUrl?: string;
  dataDir: string;
  log: Log;
}): Records & { db: Kysely<Database> } {
  const dialect: Dialect = options.databaseUrl
    ? createPostgresDialect({ url: options.databaseUrl, log: options.log })
    : createSqliteDialect({ path: join(options.dataDir, 'records.sqlite') });
  const outside = createOutsideGuard();
  const db = new Kysely<Database>({ dialect, plugins: [outside.plugin] });

  return {
    ...nounsOver(db),
    db,
    transaction: (work, { syncs = true } = {}) => {
      const run = (on: Kysely<Database>) =>
        atomically(on, (transaction) => {
          const handle = transaction.withoutPlugins();
          return outside.inside(() => work(recordsInside(handle)));
        });
      return syncs ? run(db) : unsynced(db, run);
    },
    lock: (name) => lockName(db, name),
    ping: async () => void (await sql`select 1`.execute(db)),
    migrate: () => migrate(db, MIGRATIONS, Date.now()),
    close: () => db.destroy(),
  };
}

/** The same store on a transaction that is under way. A transaction inside it is part of it. */
function recordsInside(transaction: Kysely<Database>): Records {
  const records: Records = {
    ...nounsOver(transaction),
    transaction: (work) => work(records),
    lock: (name) => lockName(transaction, name),
    ping: async () => void (await sql`select 1`.execute(transaction)),
    migrate: () => Promise.reject(new Error('migrate() needs transactions of its own; call it on the opened store')),
    close: () => Promise.reject(new Error('close() inside a transaction; call it on the opened store')),
  };
  return records;
}

function nounsOver(db: Kysely<Database>) {
  return {
    teams: createTeams(db),
    sites: createSites(db),
    keys: createKeys(db),
    connections: createConnections(db),
    inbox: createInbox(db),
    objects: createObjects(db),
    wanted: createWanted(db),
    ledger: createLedger(db),
    payments: createPayments(db),
    attributions: createAttributions(db),
    identities: createIdentities(db),
    alerts: createAlerts(db),
    verdicts: createVerdicts(db),
    restatements: createRestatements(db),
    outbox: createOutbox(db),
    jobs: createJobs(db),
    settings: createSettings(db),
    cursors: createCursors(db),
    gaps: createGaps(db),
    deliveries: createDeliveries(db),
    reconciliations: createReconciliations(db),
    rates: createRates(db),
    subscriptions: createSubscriptions(db),
    runs: createRuns(db),
    spend: createSpend(db),
  };
}
