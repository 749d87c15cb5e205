import type { ObjectKind, ProviderObject, WantedObject } from '../core/payment.ts';
import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, Records, Site } from '../storage/records/records.ts';
import { bookObjects, lockConnection } from './book.ts';
import type { Provider } from './provider.ts';
import type { Movement } from './provider-lists.ts';
import { differencesOf, isPayment, sourceOf, startOfDay, unsettledOf } from './reconcile-compare.ts';
import type { BookRow, Difference } from './reconcile-compare.ts';
import { patiently } from './retry.ts';

const DAY_MS = 86_400_000;
/** Healing asks the provider object by object; what is left is healed the next night. */
const HEALS_PER_DAY = 500;
const UNSETTLED_MAX = 2_000;
const FETCH_DELAY_MS = 1_500;

export interface ReconcileOptions {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'movements' | 'fetch'>;
  now: () => number;
  log: Log;
  onRecorded?: () => void;
}

export interface Place {
  connection: Connection;
  site: Site;
  key: string;
}
export interface Compared {
  differences: Difference[];
  unsettled: ReturnType<typeof unsettledOf>;
  movements: readonly Movement[];
}

/** A day of the provider's book against the ledger. */
export async function compareDay(
  records: Records,
  { connection, site }: Place,
  day: string,
  movements: readonly Movement[],
): Promise<Compared> {
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
export async function healDay(
  options: ReconcileOptions,
  place: Place,
  { differences, unsettled, movements }: Compared,
): Promise<void> {
  const { records, now, onRecorded } = options;
  const wants = [
    ...differences.slice(0, HEALS_PER_DAY).flatMap(wantsOf),
    ...unsettled.slice(0, HEALS_PER_DAY).flatMap(unsettledWants),
  ];
  const ids = new Set(differences.flatMap((it) => it.rows.map((row) => row.id)));
  const known = movements.filter((row) => ids.has(row.id)).flatMap((row) => row.objects);
  const found: ProviderObject[] = [];
  for (const want of wants) found.push(...(await fetch(options, place, want)));
  const charges = [...found].flatMap((it) => ('charge' in it && it.charge !== null ? it.charge : []));
  for (const id of new Set(charges)) {
    if (found.some((it) => it.id === id) || (await records.objects.get(place.connection.id, id))) continue;
    found.push(...(await fetch(options, place, { kind: 'charge', by: null, id })));
  }
  if (known.length + found.length === 0) return;
  const { connection, site } = place;
  await records.transaction(async (tx) => {
    await lockConnection(tx, connection);
    await bookObjects(tx, { connection, site, now: now(), fetchDelayMs: FETCH_DELAY_MS }, [...known, ...found]);
  });
  onRecorded?.();
}

async function fetch(
  { provider }: ReconcileOptions,
  { key, site }: Place,
  want: WantedObject,
): Promise<ProviderObject[]> {
  const reading = { visitorMetadataKeys: site.settings.visitorMetadataKeys };
  const fetched = await patiently(() => provider.fetch(key, want, reading));
  return fetched.status === 'found' ? fetched.objects : [];
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

const CHARGE_ID = /^(ch|py)_/;

/** Which object a movement stands for, as far as its type says. */
function wantsOf({ source, rows }: Difference): WantedObject[] {
  const kind = (row: BookRow): ObjectKind => {
    if (row.category.startsWith('dispute')) return 'dispute' as ObjectKind;
    return row.type.includes('refund') && row.type !== 'payment_failure_refund' ? 'refund' : 'charge';
  };
  // In old accounts a dispute's adjustment names the charge.
  const byOf = (it: ObjectKind) => (it === 'dispute' && CHARGE_ID.test(source) ? 'charge' : null);
  return [...new Set(rows.filter((row) => row.source !== null && row.category !== '').map(kind))].map((it) => ({
    kind: it,
    by: byOf(it),
    id: source,
  }));
}

/** A refund known from its charge alone has its own id at the provider; anything else may be settled by now. */
function unsettledWants(entry: ReturnType<typeof unsettledOf>[number]): WantedObject[] {
  if (entry.id.endsWith('#refunds')) return [{ kind: 'refund', by: 'charge', id: entry.paymentId }];
  if (entry.kind === 'charge') return [{ kind: 'charge', by: null, id: entry.id }];
  return entry.kind === 'refund' ? [{ kind: 'refund', by: null, id: entry.id }] : [];
}
