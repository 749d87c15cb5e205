import type { ObjectKind, ProviderObject, WantedObject } from '../core/payment.ts';
import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { ReconciledDay, Residual } from '../storage/records/records-history.ts';
import type { Connection, Job, Records, Site } from '../storage/records/records.ts';
import { LEASE_MS } from './backfill.ts';
import type { Turn } from './backfill.ts';
import { LeaseLost } from './backfill-page.ts';
import { bookObjects, lockConnection } from './book.ts';
import { keyPlace } from './connect.ts';
import { ProviderUnavailable } from './provider.ts';
import type { Provider } from './provider.ts';
import type { Listed, ListRange, Movement } from './provider-lists.ts';
import {
  composeDay,
  dayAfter,
  dayOf,
  differencesOf,
  isPayment,
  sourceOf,
  startOfDay,
  unsettledOf,
} from './reconcile-compare.ts';
import type { BookRow, Difference } from './reconcile-compare.ts';
import { backoffMs, patiently } from './retry.ts';

const TURN_MS = 5_000;
const DAY_MS = 86_400_000;
/** Healing asks the provider object by object; what is left is healed the next night. */
const HEALS_PER_DAY = 500;
const HEALED_SHOWN = 200;
const UNSETTLED_MAX = 2_000;
const FETCH_DELAY_MS = 1_500;

export interface ReconcileProgress {
  /** The next day to compare. */
  day: string;
  days: number;
  /** Differences that were found and are gone. */
  healed: Omit<Residual, 'count' | 'type' | 'detail'>[];
  healedCount: number;
  residuals: number;
}

export interface ReconcileOptions {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'movements' | 'fetch'>;
  now: () => number;
  log: Log;
  onRecorded?: () => void;
}

/**
 * Compares the provider's own book, its balance transactions, with the ledger: day by day in UTC and per currency. What
 * is missing is fetched and booked by the way of webhooks and then compared again; what remains is named.
 */
export function createReconcile(options: ReconcileOptions): { turn(job: Job): Promise<Turn> } {
  const { records, secrets, provider, now, onRecorded } = options;

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
        progress = await compareDay(job, place, progress);
      }
      return { state: 'done' };
    } catch (error) {
      if (error instanceof LeaseLost) return { state: 'lost' };
      if (!(error instanceof ProviderUnavailable)) throw error;
      const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(3, { firstMs: 2_000, maxMs: 60_000 }));
      return { state: 'again', at: now() + waitMs, reason: error.message };
    }
  }

  async function compareDay(job: Job, place: Place, progress: ReconcileProgress): Promise<ReconcileProgress> {
    const { day } = progress;
    const movements = await movementsOf(place, day);
    const before = await compare(place, day, movements);
    await heal(place, before);
    const after =
      before.differences.length + before.unsettled.length > 0 ? await compare(place, day, movements) : before;
    const parts = { connection: place.connection.id, day, movements, now: now() };
    const days = composeDay({ ...parts, ...after });
    const gone = residualsOf(composeDay({ ...parts, ...before })).filter((it) => !isAmong(residualsOf(days), it));
    const healed = [...progress.healed, ...gone.map(({ count: _, type: __, detail: ___, ...it }) => it)];
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

  async function compare({ connection, site }: Place, day: string, movements: readonly Movement[]): Promise<Compared> {
    const rows = movements.filter(isPayment);
    const sources = [...new Set(rows.map(sourceOf))];
    const others = await storedMovements(records, connection.id, sources);
    const ids = [...rows, ...others].map((row) => row.id);
    const entries = await records.ledger.entriesAbout(site.id, sources, ids);
    const differences = differencesOf(rows, others, entries);
    const from = startOfDay(day);
    const candidates = await records.ledger.unsettled(site.id, connection.id, from, from + DAY_MS, UNSETTLED_MAX);
    const whole = await records.ledger.entriesAbout(
      site.id,
      candidates.map((entry) => entry.id),
      [],
    );
    const named = new Set(differences.map((it) => it.source));
    return {
      differences,
      unsettled: unsettledOf(candidates, whole).filter((entry) => !named.has(entry.id)),
      movements,
    };
  }

  /** Books the movements that the ledger lacks and asks for the objects behind them. */
  async function heal(place: Place, { differences, unsettled, movements }: Compared): Promise<void> {
    const wants = [
      ...differences.slice(0, HEALS_PER_DAY).flatMap(wantsOf),
      ...unsettled.slice(0, HEALS_PER_DAY).flatMap(unsettledWants),
    ];
    const ids = new Set(differences.flatMap((it) => it.rows.map((row) => row.id)));
    const known = movements.filter((row) => ids.has(row.id)).flatMap((row) => row.objects);
    const found: ProviderObject[] = [];
    for (const want of wants) found.push(...(await fetch(place, want)));
    const charges = [...found].flatMap((it) => ('charge' in it && it.charge !== null ? it.charge : []));
    for (const id of new Set(charges)) {
      if (found.some((it) => it.id === id) || (await records.objects.get(place.connection.id, id))) continue;
      found.push(...(await fetch(place, { kind: 'charge', by: null, id })));
    }
    if (known.length + found.length === 0) return;
    const { connection, site } = place;
    await records.transaction(async (tx) => {
      await lockConnection(tx, connection);
      await bookObjects(tx, { connection, site, now: now(), fetchDelayMs: FETCH_DELAY_MS }, [...known, ...found]);
    });
    onRecorded?.();
  }

  async function fetch({ key, site }: Place, want: WantedObject): Promise<ProviderObject[]> {
    const reading = { visitorMetadataKeys: site.settings.visitorMetadataKeys };
    const fetched = await patiently(() => provider.fetch(key, want, reading));
    return fetched.status === 'found' ? fetched.objects : [];
  }

  return { turn };
}

interface Place {
  connection: Connection;
  site: Site;
  key: string;
}
interface Compared {
  differences: Difference[];
  unsettled: ReturnType<typeof unsettledOf>;
  movements: readonly Movement[];
}

function readProgress(saved: Record<string, unknown>, from: string): ReconcileProgress {
  if (typeof saved.day === 'string') return saved as unknown as ReconcileProgress;
  return { day: from, days: 0, healed: [], healedCount: 0, residuals: 0 };
}

/** What is known of the same objects' movements on other days. */
async function storedMovements(records: Records, connection: string, sources: readonly string[]): Promise<BookRow[]> {
  const found = await records.objects.referencing(connection, sources, ['balance_transaction']);
  const objects = await records.objects.getMany(
    connection,
    found.map(({ id }) => id),
  );
  return objects.flatMap((it) =>
    it.kind === 'balance_transaction' && it.currency !== null && it.createdAt !== null
      ? { ...it, type: it.type ?? 'unknown', category: '', currency: it.currency, createdAt: it.createdAt }
      : [],
  );
}

/** Which object a movement stands for, as far as its type says. */
function wantsOf({ source, rows }: Difference): WantedObject[] {
  const kind = (row: BookRow): ObjectKind => {
    if (row.category.startsWith('dispute')) return 'dispute' as ObjectKind;
    return row.type.includes('refund') && row.type !== 'payment_failure_refund' ? 'refund' : 'charge';
  };
  return [...new Set(rows.filter((row) => row.source !== null && row.category !== '').map(kind))].map((it) => ({
    kind: it,
    by: null,
    id: source,
  }));
}

/** A refund known from its charge alone has its own id at the provider; anything else may be settled by now. */
function unsettledWants(entry: ReturnType<typeof unsettledOf>[number]): WantedObject[] {
  if (entry.id.endsWith('#refunds')) return [{ kind: 'refund', by: 'charge', id: entry.paymentId }];
  if (entry.kind === 'charge') return [{ kind: 'charge', by: null, id: entry.id }];
  return entry.kind === 'refund' ? [{ kind: 'refund', by: null, id: entry.id }] : [];
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
        if (connection?.status === 'verified') await tx.jobs.add('reconcile', args, now());
        return tx.cursors.save(row, {}, now() + DAY_MS);
      });
    },
  };
}
