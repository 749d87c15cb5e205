import { isPlaceholder, isWellFormedId } from '../core/link.ts';
import type { KnownVisitors, Link } from '../core/link.ts';
import type { Payment } from '../core/payment.ts';
import type { Touchpoint } from '../core/touchpoint.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records } from '../storage/records/records.ts';

/** A customer, app id or e-mail address that would join more visitors is shared by many people, and joins nobody. */
export const JOIN_MAX_VISITORS = 50;
/** Beyond this many payments of one customer only the first (by id) lend their visitors: each is read one by one. */
const SIBLINGS_MAX = 200;

/** Another payment of the same customer, and the visitor its own links resolved to. */
export interface Sibling {
  id: string;
  visitor: string | null;
}

/** Everything that attributing some payments of a site needs from both stores, read in a few queries. */
export interface Evidence {
  links: Map<string, Link[]>;
  known: KnownVisitors;
  /** Visitors that these links lead to by a session, an app id or an e-mail address. */
  claimed(links: readonly Link[]): string[];
  /** False for a visitor that was not asked about: evidence changed while it was read. */
  covers(visitor: string): boolean;
  /** Touchpoints of these visitors and of those who gave the same app id or e-mail address. */
  joined(visitors: readonly string[]): { visitors: string[]; touchpoints: Touchpoint[] };
}

type Stores = { records: Records; facts: Pick<Facts, 'touchpoints' | 'visitorsOfSessions'> };

export async function readEvidence(stores: Stores, site: string, paymentIds: readonly string[]): Promise<Evidence> {
  const { records, facts } = stores;
  const links = new Map<string, Link[]>();
  const candidates = new Set<string>();
  const payments = await records.payments.getMany(site, paymentIds);
  const linksOf = await records.payments.linksOf(site, paymentIds);
  for (const { id } of payments) links.set(id, linksOf.get(id) ?? []);
  for (const siblings of (await readSiblings(records, site, payments)).values()) {
    for (const { visitor } of siblings) if (visitor !== null) candidates.add(visitor);
  }
  const claims = [...links.values()].flat();
  const claimed = (...kinds: Link['claim'][]) => [
    ...new Set(claims.filter((link) => kinds.includes(link.claim)).map((link) => link.value)),
  ];

  const sessions = claimed('session').filter(isWellFormedId);
  const sessionOwners =
    sessions.length > 0 ? await facts.visitorsOfSessions(site, sessions) : new Map<string, string>();
  const byAppId = await readIdentity(records, site, 'app_id', claimed('client_reference').filter(isUsable));
  const byEmail = await readIdentity(records, site, 'email_hash', claimed('email_hash').filter(isUsable));
  for (const visitor of claimed('visitor', 'client_reference').filter(isWellFormedId)) candidates.add(visitor);
  for (const visitor of sessionOwners.values()) candidates.add(visitor);
  for (const owners of [...byAppId.values(), ...byEmail.values()]) owners.forEach((owner) => candidates.add(owner));

  const groups = await readGroups(records, site, [...candidates]);
  const groupOf = (visitor: string) => [...new Set([visitor, ...(groups.get(visitor) ?? [])])];
  const asked = [...new Set([...candidates].flatMap(groupOf))];
  const touchpoints = asked.length > 0 ? await facts.touchpoints(site, asked) : [];
  const byVisitor = Map.groupBy(touchpoints, (touch) => touch.visitor);
  const touchesOf = (visitors: readonly string[]) => visitors.flatMap((visitor) => byVisitor.get(visitor) ?? []);

  // A person seen on one device before paying and on another after is known since the first of them.
  const visitors = new Map<string, number>();
  for (const visitor of candidates) {
    if (!byVisitor.has(visitor)) continue;
    visitors.set(
      visitor,
      touchesOf(groupOf(visitor)).reduce((first, touch) => Math.min(first, touch.occurredAt), Infinity),
    );
  }
  const seenOwner = (owners: Map<string, string[]>) =>
    new Map([...owners].map(([value, list]) => [value, list.find((one) => byVisitor.has(one)) ?? list[0]!]));

  const known = { visitors, sessionOwners, appIds: seenOwner(byAppId), emailHashes: seenOwner(byEmail) };

  return {
    links,
    known,
    claimed: (list) => [...new Set(list.flatMap((link) => ownerOf(link, known) ?? []))],
    covers: (visitor) => candidates.has(visitor),
    joined(list) {
      const all = [...new Set(list.flatMap(groupOf))].toSorted();
      return { visitors: all, touchpoints: touchesOf(all) };
    },
  };
}

function ownerOf({ claim, value }: Link, known: KnownVisitors): string | undefined {
  if (claim === 'session') return known.sessionOwners.get(value);
  if (claim === 'client_reference') return known.appIds.get(value);
  return claim === 'email_hash' ? known.emailHashes.get(value) : undefined;
}

/** Payment → the other payments of its customer. */
export async function readSiblings(
  records: Pick<Records, 'payments'>,
  site: string,
  payments: readonly Pick<Payment, 'id' | 'mode' | 'customer'>[],
): Promise<Map<string, Sibling[]>> {
  const siblings = new Map<string, Sibling[]>();
  for (const [mode, ofMode] of Map.groupBy(payments, (payment) => payment.mode)) {
    const customers = [...new Set(ofMode.flatMap(({ customer }) => customer ?? []))];
    const found = customers.length > 0 ? await records.payments.ofCustomers(site, mode, customers) : new Map();
    const idsOf = new Map<string, string[]>(
      [...found].map(([customer, ids]) => [customer, ids.slice(0, SIBLINGS_MAX)]),
    );
    // A customer with one payment has nobody to lend a visitor, and most have one.
    const lending = [...idsOf.values()].filter((ids) => ids.length > 1).flat();
    const visitors = lending.length > 0 ? await records.payments.visitorsOf(site, lending) : new Map();
    for (const { id, customer } of ofMode) {
      const others = (idsOf.get(customer ?? '') ?? []).filter((other) => other !== id);
      const rows = others.map((other): Sibling => ({ id: other, visitor: visitors.get(other) ?? null }));
      siblings.set(id, rows);
    }
  }
  return siblings;
}

/** Value → the visitors who gave it, earliest first. */
async function readIdentity(
  records: Records,
  site: string,
  kind: 'app_id' | 'email_hash',
  values: readonly string[],
): Promise<Map<string, string[]>> {
  if (values.length === 0) return new Map();
  const rows = await records.identities.visitors(site, kind, values);
  const owners = new Map<string, string[]>();
  for (const { value, visitor } of rows.toSorted((a, b) => a.seenAt - b.seenAt || (a.visitor < b.visitor ? -1 : 1))) {
    const list = owners.get(value) ?? [];
    if (!list.includes(visitor)) list.push(visitor);
    owners.set(value, list);
  }
  for (const [value, list] of owners) if (list.length > JOIN_MAX_VISITORS) owners.delete(value);
  return owners;
}

/** Visitor → the visitors who gave an app id or e-mail address that this visitor gave too. One step, not a chain. */
async function readGroups(records: Records, site: string, visitors: readonly string[]): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  if (visitors.length === 0) return groups;
  const given = await records.identities.ofVisitors(site, visitors);
  for (const kind of ['app_id', 'email_hash'] as const) {
    const rows = given.filter((row) => row.kind === kind && isUsable(row.value));
    const owners = await readIdentity(records, site, kind, [...new Set(rows.map((row) => row.value))]);
    for (const { visitor, value } of rows) {
      groups.set(visitor, [...(groups.get(visitor) ?? []), ...(owners.get(value) ?? [])]);
    }
  }
  return groups;
}

/** Everybody is "guest": such a value joins nobody. */
function isUsable(value: string): boolean {
  return !isPlaceholder(value);
}
