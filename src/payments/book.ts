import { chunksOf } from '../core/chunks.ts';
import { connected } from '../core/connected.ts';
import { foldPayment } from '../core/fold.ts';
import type { FoldedPayment } from '../core/fold.ts';
import { corrections, sumLedger } from '../core/ledger.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { mergeAll, mergeObjects, sameObject } from '../core/merge.ts';
import type { Link } from '../core/link.ts';
import type { Payment, ProviderObject, WantedObject } from '../core/payment.ts';
import type { RestatementReason } from '../core/restatement.ts';
import { referencesOf } from '../core/references.ts';
import { wantsTowardsCharge } from '../core/wants.ts';
import type { Connection, Records, Site } from '../storage/records/records.ts';
import { chargesTouchedBy, objectsOfCharges } from './walk.ts';

/** Folding some together saves questions to the store. */
const CHARGES_AT_ONCE = 100;

/** Which connection's facts, for which site's ledger. */
export interface BookingPlace {
  connection: Pick<Connection, 'id' | 'mode'>;
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
  const rows: Parameters<Records['objects']['putMany']>[1][number][] = [];
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
    byId.set(object.id, object);
    rows.push({ object, references: referencesOf(object), isNew: known === undefined });
  }
  const changed = rows.map(({ object }) => object);
  if (rows.length > 0) await tx.objects.putMany(connection.id, rows);
  await requestSubscriptions(tx, place, changed);
  // Only of these does it matter by themselves whether they lead to a charge.
  const asking = changed.filter((object) => wantsTowardsCharge(object).some((it) => !place.isAnswered?.(it)));
  const others = changed.filter((object) => !asking.includes(object));
  const charges = new Set(others.length > 0 ? await chargesTouchedBy(tx, connection.id, others) : []);
  for (const object of asking) {
    const touched = await chargesTouchedBy(tx, connection.id, [object]);
    for (const id of touched) charges.add(id);
    if (touched.length === 0) await want(tx, place, wantsTowardsCharge(object));
  }
  return bookCharges(tx, place, [...charges]);
}

/** Recurring revenue is folded from a subscription and its invoices, apart from payments. */
async function requestSubscriptions(
  tx: Records,
  { site, connection, now }: BookingPlace,
  changed: readonly ProviderObject[],
): Promise<void> {
  const ids = changed.flatMap((object) => {
    if (object.kind === 'subscription') return object.id;
    return object.kind === 'invoice' && object.subscription !== null ? object.subscription : [];
  });
  if (ids.length > 0) await tx.subscriptions.request(site.id, connection.id, ids, now);
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
export async function bookCharges(tx: Records, at: BookingPlace, chargeIds: readonly string[]): Promise<string[]> {
  if (chargeIds.length === 0) return [];
  // Whoever asked the provider first may know the site as it was: what it counts is read under the lock.
  const place = { ...at, site: (await tx.sites.get(at.site.id)) ?? at.site };
  const booked = new Map<string, RestatementReason[]>();
  for (const ids of chunksOf([...chargeIds].sort(), CHARGES_AT_ONCE)) {
    for (const it of await bookTogether(tx, place, ids)) booked.set(...it);
  }
  const ids = [...booked.keys()];
  if (ids.length > 0) await tx.attributions.request(place.site.id, ids, place.now, (id) => booked.get(id)!);
  return ids;
}

/** What is known about a charge, folded; reads only. */
export async function foldStored(
  records: Pick<Records, 'objects' | 'identities' | 'verdicts'>,
  place: Pick<BookingPlace, 'connection' | 'site'>,
  chargeId: string,
): Promise<FoldedPayment> {
  return (await foldTogether(records, place, [chargeId]))[0]!;
}

/** A fold looks at what bears on its charge only, so what bears on several can be read at once. */
async function foldTogether(
  records: Pick<Records, 'objects' | 'identities' | 'verdicts'>,
  { connection, site }: Pick<BookingPlace, 'connection' | 'site'>,
  chargeIds: readonly string[],
): Promise<FoldedPayment[]> {
  const objects = await objectsOfCharges(records, connection.id, chargeIds);
  const reported = objects
    .filter((object) => object.kind === 'checkout_session' || object.kind === 'charge')
    .flatMap((object) => (object.kind === 'charge' ? (object.paymentIntent ?? []) : object.id));
  const hits = reported.length > 0 ? await records.identities.visitors(site.id, 'checkout', reported) : [];
  const rejected = await records.verdicts.rejectedKeys(site.id);
  const options = {
    rejected,
    site: site.id,
    connection: connection.id,
    mode: connection.mode,
    visitorMetadataKeys: site.settings.visitorMetadataKeys,
    offStripe: site.settings.offStripe,
    checkouts: hits.map(({ value, visitor, seenAt }) => ({ object: value, visitor, seenAt })),
  };
  const near = connected(objects);
  return chargeIds.map((chargeId) => foldPayment(chargeId, near(chargeId), options));
}

async function bookTogether(tx: Records, place: BookingPlace, chargeIds: readonly string[]): Promise<Booked[]> {
  const site = place.site.id;
  for (const chargeId of chargeIds) await tx.lock(`payment:${site}:${chargeId}`);
  const folded = await foldTogether(tx, place, chargeIds);
  await want(
    tx,
    place,
    folded.flatMap((it) => it.wanted),
  );
  const standing = Map.groupBy(await tx.ledger.entriesOf(site, chargeIds), (entry) => entry.paymentId);
  const bookings = folded.flatMap(({ payment, entries, links }): Booking[] => {
    if (!payment) return [];
    const existing = standing.get(payment.id) ?? [];
    const added = corrections(existing, entries);
    // What the ledger says, not what the fold would like: the two agree, and the ledger is the book.
    return [{ payment: { ...payment, ...sumLedger([...existing, ...added]) }, links, added }];
  });
  if (bookings.length === 0) return [];
  const added = bookings.flatMap((booking) => booking.added);
  if (added.length > 0) await tx.ledger.append(site, place.connection.mode, added);
  return writePayments(tx, site, bookings);
}

interface Booking {
  payment: Payment;
  links: Link[];
  added: LedgerEntry[];
}

/** A payment that changed, and what of it. */
type Booked = [payment: string, changed: RestatementReason[]];

async function writePayments(tx: Records, site: string, bookings: readonly Booking[]): Promise<Booked[]> {
  const ids = bookings.map(({ payment }) => payment.id);
  const before = new Map((await tx.payments.getMany(site, ids)).map((payment) => [payment.id, payment]));
  const linked = await tx.payments.linksOf(site, ids);
  const isChanged = ({ payment }: Booking) => {
    const known = before.get(payment.id);
    return !known || !samePayment(known, payment);
  };
  const isRelinked = ({ payment, links }: Booking) =>
    JSON.stringify(linked.get(payment.id) ?? []) !== JSON.stringify(links);
  await tx.payments.upsertMany(bookings.filter(isChanged).map(({ payment }) => payment));
  const relinked = bookings.filter(isRelinked);
  const toLinks = ({ payment, links }: Booking) => ({ payment: payment.id, links });
  await tx.payments.addLinks(site, relinked.filter(({ payment }) => !linked.has(payment.id)).map(toLinks));
  for (const { payment, links } of relinked) {
    if (linked.has(payment.id)) await tx.payments.setLinks(site, payment.id, links);
  }
  return bookings
    .filter((it) => it.added.length > 0 || isChanged(it) || isRelinked(it))
    .map((it): Booked => [it.payment.id, before.has(it.payment.id) ? changesOf(it, isRelinked(it)) : ['new_payment']]);
}

const ADDED = { charge: 'amount_changed', refund: 'refund', dispute: 'dispute' } as const;

function changesOf({ added }: Booking, isRelinked: boolean): RestatementReason[] {
  const reasons = new Set<RestatementReason>(added.map(({ kind }) => ADDED[kind]));
  if (isRelinked) reasons.add('late_link');
  return reasons.size > 0 ? [...reasons] : ['payment_details'];
}

function samePayment(a: Payment, b: Payment): boolean {
  return (Object.keys(b) as (keyof Payment)[]).every((field) => a[field] === b[field]);
}
