import { foldPayment } from '../core/fold.ts';
import type { FoldedPayment } from '../core/fold.ts';
import { corrections, sumLedger } from '../core/ledger.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { mergeAll, mergeObjects, sameObject } from '../core/merge.ts';
import type { Payment, ProviderObject, WantedObject } from '../core/payment.ts';
import { referencesOf } from '../core/references.ts';
import { wantsTowardsCharge } from '../core/wants.ts';
import type { Connection, Records, Site } from '../storage/records/records.ts';
import { chargesTouchedBy, objectsOfCharge } from './walk.ts';

/** Which connection's facts, for which site's ledger. */
export interface BookingPlace {
  connection: Connection;
  site: Site;
  now: number;
  /** How long webhooks may bring a missing object before it is fetched. */
  fetchDelayMs: number;
  /** Wants that are about to be answered anyway, by whoever reads the whole list they ask about. */
  isAnswered?: (want: WantedObject) => boolean;
}

/**
 * The one way by which facts become money, whoever brought them (webhook, fetch, pixel): snapshots are merged into the
 * known objects, and every payment they bear on is folded again from all that is known.
 * Call inside a transaction, after `lockConnection`. Doing it twice changes nothing.
 *
 * @returns ids of payments whose money or links changed
 */
export async function bookObjects(
  tx: Records,
  place: BookingPlace,
  snapshots: readonly ProviderObject[],
): Promise<string[]> {
  const { connection } = place;
  const changed: ProviderObject[] = [];
  const merged = mergeAll(snapshots);
  const stored = await tx.objects.getMany(
    connection.id,
    merged.map((snapshot) => snapshot.id),
  );
  const byId = new Map(stored.map((object) => [object.id, object]));
  for (const snapshot of merged) {
    const known = byId.get(snapshot.id);
    if (known && known.kind !== snapshot.kind) continue; // Ids are unique at Stripe; a clash is forged or broken.
    const object = known ? mergeObjects(known, snapshot) : snapshot;
    if (known && sameObject(known, object)) continue;
    await tx.objects.put(connection.id, object, referencesOf(object));
    byId.set(object.id, object);
    changed.push(object);
  }
  const charges = new Set<string>();
  for (const object of changed) {
    const touched = await chargesTouchedBy(tx, connection.id, [object]);
    for (const id of touched) charges.add(id);
    if (touched.length === 0) await want(tx, place, wantsTowardsCharge(object));
  }
  return bookCharges(tx, place, [...charges]);
}

async function want(tx: Records, place: BookingPlace, wants: readonly WantedObject[]): Promise<void> {
  const open = wants.filter((it) => !place.isAnswered?.(it));
  if (open.length > 0) await tx.wanted.add(place.connection.id, open, place.now + place.fetchDelayMs);
}

/** Facts of a connection change one transaction at a time, so that no fold misses what another just added. */
export async function lockConnection(tx: Records, connection: Pick<Connection, 'id'>): Promise<void> {
  await tx.lock(`connection:${connection.id}`);
}

/** Folds these charges again from all that is known and writes the difference. Sorted, so that locks have one order. */
export async function bookCharges(tx: Records, place: BookingPlace, chargeIds: readonly string[]): Promise<string[]> {
  const booked: string[] = [];
  for (const chargeId of [...chargeIds].sort()) {
    if (await bookCharge(tx, place, chargeId)) booked.push(chargeId);
  }
  if (booked.length > 0) await tx.attributions.request(place.site.id, booked, place.now);
  return booked;
}

/** What is known about a charge, folded; reads only. */
export async function foldStored(
  records: Pick<Records, 'objects' | 'identities'>,
  { connection, site }: Pick<BookingPlace, 'connection' | 'site'>,
  chargeId: string,
): Promise<FoldedPayment> {
  const objects = await objectsOfCharge(records, connection.id, chargeId);
  const reported = objects
    .filter((object) => object.kind === 'checkout_session' || object.kind === 'charge')
    .flatMap((object) => (object.kind === 'charge' ? (object.paymentIntent ?? []) : object.id));
  const hits = reported.length > 0 ? await records.identities.visitors(site.id, 'checkout', reported) : [];
  return foldPayment(chargeId, objects, {
    site: site.id,
    connection: connection.id,
    mode: connection.mode,
    visitorMetadataKeys: site.settings.visitorMetadataKeys,
    offStripe: site.settings.offStripe,
    checkouts: hits.map(({ value, visitor, seenAt }) => ({ object: value, visitor, seenAt })),
  });
}

async function bookCharge(tx: Records, place: BookingPlace, chargeId: string): Promise<boolean> {
  const site = place.site.id;
  await tx.lock(`payment:${site}:${chargeId}`);
  const folded = await foldStored(tx, place, chargeId);
  await want(tx, place, folded.wanted);
  if (!folded.payment) return false;
  const existing = await tx.ledger.entries(site, chargeId);
  const added = corrections(existing, folded.entries);
  if (added.length > 0) await tx.ledger.append(site, place.connection.mode, added);
  return writePayment(tx, site, folded, folded.payment, { existing, added });
}

async function writePayment(
  tx: Records,
  site: string,
  folded: FoldedPayment,
  payment: Payment,
  { existing, added }: { existing: LedgerEntry[]; added: LedgerEntry[] },
): Promise<boolean> {
  // What the ledger says, not what the fold would like: the two agree, and the ledger is the book.
  const row: Payment = { ...payment, ...sumLedger([...existing, ...added]) };
  const before = await tx.payments.get(site, payment.id);
  const isNew = !before || !samePayment(before, row);
  if (isNew) await tx.payments.upsert(row);
  const links = await tx.payments.links(site, payment.id);
  const isRelinked = JSON.stringify(links) !== JSON.stringify(folded.links);
  if (isRelinked) await tx.payments.setLinks(site, payment.id, folded.links);
  return isNew || isRelinked || added.length > 0;
}

function samePayment(a: Payment, b: Payment): boolean {
  return (Object.keys(b) as (keyof Payment)[]).every((field) => a[field] === b[field]);
}
