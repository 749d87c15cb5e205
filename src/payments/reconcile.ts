import type { ReconciledDay, Residual } from '../storage/records/records-history.ts';
import type { Job, Records } from '../storage/records/records.ts';
import { LEASE_MS } from './backfill.ts';
import type { Turn } from './backfill.ts';
import { LeaseLost } from './backfill-page.ts';
import { keyPlace } from './connect.ts';
import { ProviderUnavailable } from './provider.ts';
import type { Listed, ListRange, Movement } from './provider-lists.ts';
import { composeDay, dayAfter, dayOf, startOfDay } from './reconcile-compare.ts';
import { compareDay, healDay } from './reconcile-heal.ts';
import type { Place, ReconcileOptions } from './reconcile-heal.ts';
import { backoffMs, patiently } from './retry.ts';

const TURN_MS = 5_000;
const DAY_MS = 86_400_000;
const HEALED_SHOWN = 200;
const HEAL_LEASE_MS = 10 * 60_000;

export interface ReconcileProgress {
  /** The next day to compare. */
  day: string;
  days: number;
  /** Differences that were found and are gone. */
  healed: Omit<Residual, 'count' | 'type' | 'detail'>[];
  healedCount: number;
  residuals: number;
}

/**
 * Compares the provider's own book, its balance transactions, with the ledger: day by day in UTC and per currency. What
 * is missing is fetched and booked by the way of webhooks and then compared again; what remains is named.
 */
export function createReconcile(options: ReconcileOptions): { turn(job: Job): Promise<Turn> } {
  const { records, secrets, provider, now } = options;

  async function turn(job: Job): Promise<Turn> {
    const { connection: id, from, to } = job.args as { connection: string; from: string; to: string };
    const connection = await records.connections.get(id);
    const site = connection && (await records.sites.get(connection.site));
    if (!connection || !site) throw new Error('the connection or its site does not exist any more');
    if (connection.sealedKey === null) throw new Error('no key is stored for this connection; connect one');
    const place = { connection, site, key: secrets.open(connection.sealedKey, keyPlace(connection.id)) };
    const endsAt = performance.now() + TURN_MS;
    let progress = readProgress(job.progress, from);
    try {
      while (progress.day <= to) {
        if (performance.now() > endsAt) return { state: 'again', at: now(), reason: null };
        progress = await reconcileDay(job, place, progress);
      }
      return { state: 'done' };
    } catch (error) {
      if (error instanceof LeaseLost) return { state: 'lost' };
      if (!(error instanceof ProviderUnavailable)) throw error;
      const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(3, { firstMs: 2_000, maxMs: 60_000 }));
      return { state: 'again', at: now() + waitMs, reason: error.message };
    }
  }

  async function reconcileDay(job: Job, place: Place, progress: ReconcileProgress): Promise<ReconcileProgress> {
    const { day } = progress;
    const movements = await movementsOf(place, day);
    const before = await compareDay(records, place, day, movements);
    // Healing asks object by object: the lease is renewed before it.
    if (!(await records.jobs.progress(job, { ...progress }, now() + HEAL_LEASE_MS))) throw new LeaseLost();
    await healDay(options, place, before);
    const after =
      before.differences.length + before.unsettled.length > 0
        ? await compareDay(records, place, day, movements)
        : before;
    const parts = { connection: place.connection.id, day, movements, now: now() };
    const days = composeDay({ ...parts, ...after });
    const gone = residualsOf(composeDay({ ...parts, ...before })).filter((it) => !isAmong(residualsOf(days), it));
    const healed = [...progress.healed, ...gone.map(asHealed)];
    const next: ReconcileProgress = {
      day: dayAfter(day),
      days: progress.days + 1,
      healed: healed.slice(0, HEALED_SHOWN),
      healedCount: progress.healedCount + gone.length,
      residuals: progress.residuals + residualsOf(days).length,
    };
    await records.transaction(async (tx) => {
      await tx.reconciliations.replace(place.connection.id, day, day, days);
      if (!(await tx.jobs.progress(job, { ...next }, now() + LEASE_MS))) throw new LeaseLost();
    });
    return next;
  }

  async function movementsOf({ key, site }: Place, day: string): Promise<Movement[]> {
    const found: Movement[] = [];
    const createdFrom = startOfDay(day);
    let after: string | null = null;
    do {
      const range: ListRange = { createdFrom, createdBefore: createdFrom + DAY_MS, after };
      const reading = { visitorMetadataKeys: site.settings.visitorMetadataKeys };
      const page: Listed<Movement> = await patiently(() => provider.movements(key, range, reading));
      if (page.status !== 'page') throw new Error(`balance transactions could not be read: ${page.reason}`);
      found.push(...page.items);
      after = page.next;
    } while (after !== null);
    return found;
  }

  return { turn };
}

function readProgress(saved: Record<string, unknown>, from: string): ReconcileProgress {
  if (typeof saved.day === 'string') return saved as unknown as ReconcileProgress;
  return { day: from, days: 0, healed: [], healedCount: 0, residuals: 0 };
}

function asHealed({ name, day, currency, amountMinor, objects }: Residual): ReconcileProgress['healed'][number] {
  return { name, day, currency, amountMinor, objects };
}

function residualsOf(days: readonly ReconciledDay[]): Residual[] {
  return days.flatMap((day) => day.residuals);
}

function isAmong(residuals: readonly Residual[], one: Residual): boolean {
  return residuals.some(
    (it) => it.name === one.name && it.currency === one.currency && it.objects[0] === one.objects[0],
  );
}

/** Worker: queues the last five weeks of every connection once a day. */
export function createNightlyReconcile({
  records,
  now,
  owner,
}: {
  records: Records;
  now: () => number;
  owner: string;
}): {
  runOnce(): Promise<boolean>;
} {
  return {
    async runOnce() {
      return records.transaction(async (tx) => {
        const row = await tx.cursors.claim('reconcile', owner, now(), 60_000);
        if (!row) return false;
        const args = { connection: row.connection, from: dayOf(now() - 35 * DAY_MS), to: dayOf(now()) };
        const connection = await tx.connections.get(row.connection);
        if (connection?.status !== 'verified') return tx.cursors.save(row, row.body, now() + DAY_MS);
        const job = await tx.jobs.add('reconcile', args, now());
        return tx.cursors.save(row, { job: job.id }, now() + DAY_MS);
      });
    },
  };
}
