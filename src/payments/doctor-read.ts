import type { Mode } from '../core/payment.ts';
import { scriptOf, scriptTag } from '../core/script-tag.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Connection, Records, Site, WebhookSecret } from '../storage/records/records.ts';
import { keyPlace } from './connect-secrets.ts';
import type { SetUp } from './connect-setup.ts';
import type { Examined, ExaminedConnection, ExaminedPayment } from './doctor-finding.ts';
import { whyUnreachable, webhookUrl, webhookUrls } from './endpoints.ts';
import type { EndpointDeps } from './endpoints.ts';
import { readRefusals } from './endpoints-refusals.ts';
import { JOIN_MAX_VISITORS } from './evidence.ts';
import { keyLinks } from './connect-key-link.ts';
import type { ProviderSetup } from './provider.ts';

export interface DoctorDeps extends Pick<EndpointDeps, 'records' | 'secrets' | 'now' | 'publicUrl' | 'stripeApiBase'> {
  setup: ProviderSetup;
  /** Asks a key's permissions again when they are old. */
  setUp: SetUp;
  /** null: this process has no facts store. */
  facts: Pick<Facts, 'lastHit' | 'hitCounts'> | null;
  defaultMode(site: string): Promise<Mode>;
}

const PAYMENTS = 200;
const SAMPLES = 50;
const ROWS_SHOWN = 10;
const QUARANTINED_MS = 7 * 86_400_000;
const HITS_DAYS = 7;
const DAY_MS = 86_400_000;
const PERMISSIONS_OLD_MS = 3_600_000;
const IDENTITIES_MAX = 100;

/** Reads everything the checks look at: a few queries, and at most three calls to Stripe per connection. */
export async function examine(deps: DoctorDeps, site: Site): Promise<Examined> {
  const { records, setup, now, publicUrl } = deps;
  await refreshPermissions(deps, site);
  const active = (await records.connections.ofSite(site.id)).filter(({ status }) => status !== 'disconnected');
  const mode = await deps.defaultMode(site.id);
  const payments = await readPayments(records, site.id, mode);
  const secrets = await records.connections.secrets(site.id);
  const dead = await records.inbox.recent(site.id, 'dead', { since: 0, limit: ROWS_SHOWN });
  // Connecting the account or mode they belong to is the remedy: what came before it is no reason to go on asking.
  const since = Math.max(now() - QUARANTINED_MS, ...active.map(({ createdAt }) => createdAt));
  const quarantined = await records.inbox.recent(site.id, 'quarantined', { since, limit: ROWS_SHOWN });
  const counts = await records.inbox.counts(site.id);
  return {
    site,
    now: now(),
    mode,
    webhookUrl: webhookUrl(publicUrl, site.id),
    webhookUrls: webhookUrls(publicUrl, site.id),
    unreachable: whyUnreachable(deps),
    rules: setup.permissions,
    webhookEvents: setup.webhookEvents,
    apiVersion: setup.apiVersion,
    keyLink: keyLinks(setup.permissions)[mode],
    scriptTag: scriptTag({ base: publicUrl, script: scriptOf(site.settings), site: site.id }),
    connections: await Promise.all(
      active.map((it) =>
        askStripe(
          deps,
          it,
          secrets.filter(({ connection }) => connection === it.id),
        ),
      ),
    ),
    inbox: {
      counts: { ...counts, dead: dead.count, quarantined: quarantined.count },
      oldest: (await records.inbox.rows(site.id, 'pending', 1))[0] ?? null,
      dead: dead.rows,
      quarantined: quarantined.rows,
    },
    refusals: await readRefusals(records, site.id),
    hits: await readHits(deps, site.id),
    payments,
    fall: await records.alerts.standing(site.id, mode),
    shared: await readShared(records, site.id, payments),
  };
}

async function refreshPermissions({ records, setUp, now }: DoctorDeps, site: Site): Promise<void> {
  for (const connection of await records.connections.ofSite(site.id)) {
    const isOld = (connection.permissions?.checkedAt ?? 0) < now() - PERMISSIONS_OLD_MS;
    if (connection.status === 'verified' && connection.sealedKey !== null && isOld)
      await setUp(connection.id, { onlyAsks: true });
  }
}

async function askStripe(
  { records, setup, secrets, now }: DoctorDeps,
  connection: Connection,
  stored: readonly WebhookSecret[],
): Promise<ExaminedConnection> {
  const nothing = {
    ...connection,
    secrets: stored.length,
    secretAt: Math.max(0, ...stored.map(({ createdAt }) => createdAt)),
    missed: await records.gaps.latest(connection.id),
    endpoints: null,
    checkouts: null,
    charges: null,
    aheadMs: null,
  };
  if (connection.sealedKey === null || connection.status === 'refused') return nothing;
  const key = secrets.open(connection.sealedKey, keyPlace(connection.id));
  const [endpoints, checkouts, charges] = await Promise.all([
    setup.endpoints(key),
    setup.recentCheckouts(key, SAMPLES),
    setup.recentCharges(key, SAMPLES),
  ]);
  // Of the last answer, for the others may be older by what that one took.
  const answeredAt = Math.max(...[checkouts, charges].map((it) => (it.ok && it.answeredAt) || 0));
  return { ...nothing, endpoints, checkouts, charges, aheadMs: answeredAt === 0 ? null : now() - answeredAt };
}

async function readPayments(records: Records, site: string, mode: Mode): Promise<ExaminedPayment[]> {
  const { payments } = await records.payments.list(site, mode, PAYMENTS, null);
  const examined: ExaminedPayment[] = [];
  for (const {
    id,
    connection,
    occurredAt,
    customer,
    attribution: { reason, visitor, usedLink: used },
  } of payments) {
    const links = await records.payments.links(site, id);
    examined.push({ id, connection, occurredAt, customer, links, used, reason, visitor });
  }
  return examined;
}

async function readHits({ facts, now }: DoctorDeps, site: string): Promise<Examined['hits']> {
  if (facts === null) return null;
  try {
    const last = await facts.lastHit(site);
    const { hits, withoutVisitor } = await facts.hitCounts(site, now() - HITS_DAYS * DAY_MS);
    return { last, total: hits, withoutVisitor };
  } catch (error) {
    // The rest of the check-up is needed most when something is down.
    if ((error as Error).name === 'FactsUnavailable') return null;
    throw error;
  }
}

/** Identities and customers of recent payments that more visitors claim than join. */
async function readShared(records: Records, site: string, payments: readonly ExaminedPayment[]) {
  const shared: Examined['shared'] = [];
  const links = payments.flatMap((payment) => payment.links);
  for (const [claim, kind, name] of [
    ['client_reference', 'app_id', 'app id'],
    ['email_hash', 'email_hash', 'e-mail address'],
  ] as const) {
    const values = [...new Set(links.filter((link) => link.claim === claim).map(({ value }) => value))];
    const rows = await records.identities.visitors(site, kind, values.slice(0, IDENTITIES_MAX));
    for (const [value, owners] of Map.groupBy(rows, (row) => row.value)) {
      const visitors = new Set(owners.map(({ visitor }) => visitor)).size;
      const shown = kind === 'app_id' ? value : '(stored as a hash)';
      if (visitors > JOIN_MAX_VISITORS) shared.push({ kind: name, value: shown, visitors });
    }
  }
  const ofCustomer = Map.groupBy(
    payments.filter((payment) => payment.customer !== null && payment.visitor !== null),
    (payment) => payment.customer!,
  );
  for (const [value, list] of ofCustomer) {
    const visitors = new Set(list.map(({ visitor }) => visitor)).size;
    if (visitors > JOIN_MAX_VISITORS) shared.push({ kind: 'customer', value, visitors });
  }
  return shared;
}
