import type { Node, Step } from '../core/references.ts';
import { stepAway, stepTowardsCharges } from '../core/references.ts';
import type { ObjectKind, ProviderObject } from '../core/payment.ts';
import type { Records } from '../storage/records/records.ts';

/** A customer with more payments than this is a test fixture or a shared account; the rest follow their own events. */
const PLACES_MAX = 20_000;
type Stepper = (kind: ObjectKind | null, object: ProviderObject | null, via: ObjectKind | null) => Step;
interface Place extends Node {
  via: ObjectKind | null;
}

/** Everything the folds of these charges look at, read from the store level by level. */
export async function objectsOfCharges(
  records: Pick<Records, 'objects'>,
  connection: string,
  chargeIds: readonly string[],
): Promise<ProviderObject[]> {
  const start = chargeIds.map((id) => ({ id, kind: 'charge' as const }));
  const { objects } = await walk(records, connection, start, stepAway);
  return [...objects.values()].filter((object) => object !== null);
}

/** Ids of the charges, known or only named, and of the invoices paid off Stripe, whose fold may look at one of these. */
export async function chargesTouchedBy(
  records: Pick<Records, 'objects'>,
  connection: string,
  start: readonly Node[],
): Promise<string[]> {
  const { objects, charges, offStripe } = await walk(records, connection, start, stepTowardsCharges);
  // Only an invoice that is known can be a payment; of one that is not, nobody can tell what it is.
  for (const id of offStripe) if (objects.get(id)?.kind === 'invoice') charges.add(id);
  for (const { id } of start) {
    const session = objects.get(id);
    if (session?.kind !== 'checkout_session' || session.customer === null) continue;
    // A session also bears on payments that its customer made later, and on no earlier one.
    const later = await walk(records, connection, [{ id: session.customer, kind: 'customer' }], stepTowardsCharges);
    for (const charge of [...later.charges, ...later.offStripe]) {
      const madeAt = later.objects.get(charge)?.createdAt ?? Infinity;
      if (madeAt >= (session.createdAt ?? 0)) charges.add(charge);
    }
  }
  return [...charges].sort();
}

async function walk(records: Pick<Records, 'objects'>, connection: string, start: readonly Node[], step: Stepper) {
  const objects = new Map<string, ProviderObject | null>();
  const charges = new Set<string>();
  const offStripe = new Set<string>();
  const visited = new Set<string>();
  let level: Place[] = start.map((node) => ({ ...node, via: null }));
  while (level.length > 0) {
    level = level.filter((place) => {
      // The same object may be a leaf by one way and not by another, so ways are visited and not objects.
      const key = `${place.id} ${place.via}`;
      return visited.size < PLACES_MAX * start.length && !visited.has(key) && visited.add(key);
    });
    const unread = [...new Set(level.map((place) => place.id))].filter((id) => !objects.has(id));
    for (const id of unread) objects.set(id, null);
    for (const object of await records.objects.getMany(connection, unread)) objects.set(object.id, object);
    level = await nextLevel(records, connection, level, { objects, charges, offStripe, step });
  }
  return { objects, charges, offStripe };
}

async function nextLevel(
  records: Pick<Records, 'objects'>,
  connection: string,
  level: readonly Place[],
  state: { objects: Map<string, ProviderObject | null>; charges: Set<string>; offStripe: Set<string>; step: Stepper },
): Promise<Place[]> {
  const next: Place[] = [];
  const searches = new Map<string, { kinds: readonly ObjectKind[]; kindOf: Map<string, ObjectKind> }>();
  for (const place of level) {
    const object = state.objects.get(place.id) ?? null;
    const kind = object?.kind ?? place.kind;
    if (kind === null) continue;
    if (kind === 'charge') state.charges.add(place.id);
    const invoice = offStripeInvoice(object);
    if (invoice !== null) state.offStripe.add(invoice);
    const { out, into } = state.step(kind, object, place.via);
    next.push(...out.map((node) => ({ ...node, via: kind })));
    if (into.length === 0) continue;
    const search = searches.get(into.join()) ?? { kinds: into, kindOf: new Map() };
    search.kindOf.set(place.id, kind);
    searches.set(into.join(), search);
  }
  for (const { kinds, kindOf } of searches.values()) {
    const found = await records.objects.referencing(connection, [...kindOf.keys()], kinds);
    next.push(...found.map(({ id, kind, to }) => ({ id, kind, via: kindOf.get(to) ?? null })));
  }
  return next;
}

/** The invoice that this object says was paid off Stripe, wholly or in part. */
function offStripeInvoice(object: ProviderObject | null): string | null {
  if (object?.kind === 'invoice') return (object.offStripeMinor ?? 0) > 0 ? object.id : null;
  return object?.kind === 'invoice_payment' && (object.paymentRecord ?? null) !== null ? object.invoice : null;
}
