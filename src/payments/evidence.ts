import { customerLink, identityLink, isPlaceholder, isWellFormedId, linkKey } from '../core/link.ts';
import type { IdentityKind, KnownVisitors, Link } from '../core/link.ts';
import type { Sign } from '../core/keyed-text.ts';
import type { Payment } from '../core/payment.ts';
import type { Touchpoint } from '../core/touchpoint.ts';
import { isSignedVisitor } from '../core/visitor-id.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records } from '../storage/records/records.ts';

/** A customer, app id or e-mail address that would join more visitors is shared by many people, and joins nobody. */
export const JOIN_MAX_VISITORS = 50;
/**
 * Beyond this many payments of one customer only the first (by id) lend their visitors and are asked again when one joins: each
 * payment of a batch looks at all of them.
 */
const SIBLINGS_MAX = 2_000;

/** Another payment of the same customer, and the visitor its own links resolved to. */
export interface Sibling {
  id: string;
  visitor: string | null;
}

/** Everything that attributing some payments of a site needs from both stores, read in a few queries. */
export interface Evidence {
  links: Map<string, Link[]>;
  known: KnownVisitors & { rejected: ReadonlySet<string> };
  /** Visitors that these links lead to by a session, an app id or an e-mail address. */
  claimed(links: readonly Link[]): string[];
  /** False for a visitor that was not asked about: evidence changed while it was read. */
  covers(visitor: string): boolean;
  /** Touchpoints of these visitors and of those who gave the same app id or e-mail address. */
  joined(visitors: readonly string[]): { visitors: string[]; touchpoints: Touchpoint[] };
}

/** `sign` checks visitor ids of sites that count signed ones only. */
type Stores = { records: Records; facts: Pick<Facts, 'touchpoints' | 'visitorsOfSessions'>; sign?: Sign | undefined };

async function readSigned({ records, sign }: Stores, site: string): Promise<Pick<KnownVisitors, 'signed'>> {
  const since = (await records.sites.get(site))?.settings.collect?.signedSince ?? null;
  if (since === null) return {};
  if (sign === undefined) throw new Error('signed visitor ids are asked for, and no key was given to check them with');
  return { signed: { since, isSigned: (visitor) => isSignedVisitor(site, visitor, sign) } };
}

export async function readEvidence(stores: Stores, site: string, paymentIds: readonly string[]): Promise<Evidence> {
  const { records, facts } = stores;
  const links = new Map<string, Link[]>();
  const candidates = new Set<string>();
  const rejected = await records.verdicts.rejectedKeys(site);
  const place = { records, site, rejected };
  const payments = await records.payments.getMany(site, paymentIds);
  const linksOf = await records.payments.linksOf(site, paymentIds);
  for (const { id } of payments) links.set(id, linksOf.get(id) ?? []);
  for (const { rows } of await readFamilies(records, site, payments)) {
    for (const { visitor } of rows) if (visitor !== null) candidates.add(visitor);
  }
  const claims = [...links.values()].flat();
  const claimed = (...kinds: Link['claim'][]) => [
    ...new Set(claims.filter((link) => kinds.includes(link.claim)).map((link) => link.value)),
  ];

  const sessions = claimed('session').filter(isWellFormedId);
  const sessionOwners =
    sessions.length > 0 ? await facts.visitorsOfSessions(site, sessions) : new Map<string, string>();
  const byAppId = await readIdentity(place, 'app_id', claimed('client_reference').filter(isUsable));
  const byEmail = await readIdentity(place, 'email_hash', claimed('email_hash').filter(isUsable));
  for (const visitor of claimed('visitor', 'client_reference').filter(isWellFormedId)) candidates.add(visitor);
  for (const visitor of sessionOwners.values()) candidates.add(visitor);
  for (const owners of [...byAppId.values(), ...byEmail.values()]) owners.forEach((owner) => candidates.add(owner));

  const groups = await readGroups(place, [...candidates]);
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

  const owners = { sessionOwners, appIds: seenOwner(byAppId), emailHashes: seenOwner(byEmail) };
  const known = { visitors, ...owners, rejected, ...(await readSigned(stores, site)) };

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
  payments: readonly CustomerPayment[],
): Promise<Map<string, Sibling[]>> {
  const siblings = new Map<string, Sibling[]>();
  for (const { rows, asked } of await readFamilies(records, site, payments)) {
    const at = new Map(rows.map(({ id }, index) => [id, index]));
    for (const { id } of asked) siblings.set(id, at.has(id) ? rows.toSpliced(at.get(id)!, 1) : rows);
  }
  return siblings;
}

type CustomerPayment = Pick<Payment, 'id' | 'mode' | 'customer'>;

/** The payments of each customer that these are of. One with a single payment has nobody to lend a visitor, and most have one. */
async function readFamilies(
  records: Pick<Records, 'payments'>,
  site: string,
  payments: readonly CustomerPayment[],
): Promise<{ rows: Sibling[]; asked: readonly CustomerPayment[] }[]> {
  const families: { rows: Sibling[]; asked: readonly CustomerPayment[] }[] = [];
  for (const [mode, ofMode] of Map.groupBy(payments, (payment) => payment.mode)) {
    const byCustomer = Map.groupBy(
      ofMode.filter(({ customer }) => customer !== null),
      ({ customer }) => customer!,
    );
    if (byCustomer.size === 0) continue;
    const found = await records.payments.ofCustomers(site, mode, [...byCustomer.keys()]);
    const lending = [...found].flatMap(([customer, ids]) =>
      ids.length > 1 ? [[customer, ids.slice(0, SIBLINGS_MAX)] as const] : [],
    );
    if (lending.length === 0) continue;
    const visitors = await records.payments.visitorsOf(
      site,
      lending.flatMap(([, ids]) => ids),
    );
    for (const [customer, ids] of lending) {
      const rows = ids.map((id): Sibling => ({ id, visitor: visitors.get(id) ?? null }));
      families.push({ rows, asked: byCustomer.get(customer)! });
    }
  }
  return families;
}

/** The identities of a site, without what a person rejected. */
export interface IdentityPlace {
  records: Pick<Records, 'identities'>;
  site: string;
  /** Keys of rejected links. */
  rejected: ReadonlySet<string>;
}

/** Value → the visitors who gave it, earliest first. */
async function readIdentity(
  { records, site, rejected }: IdentityPlace,
  kind: IdentityKind,
  values: readonly string[],
): Promise<Map<string, string[]>> {
  if (values.length === 0) return new Map();
  const rows = await records.identities.visitors(site, kind, values);
  const owners = new Map<string, string[]>();
  for (const row of rows.toSorted((a, b) => a.seenAt - b.seenAt || (a.visitor < b.visitor ? -1 : 1))) {
    const { value, visitor } = row;
    if (isRejected(rejected, kind, row)) continue;
    const list = owners.get(value) ?? [];
    if (!list.includes(visitor)) list.push(visitor);
    owners.set(value, list);
  }
  for (const [value, list] of owners) if (list.length > JOIN_MAX_VISITORS) owners.delete(value);
  return owners;
}

/** What joins two visitors: the evidence on either side, which is one and the same for a hand-over. */
export interface Join {
  kind: Exclude<IdentityKind, 'checkout'>;
  /** The app id or e-mail hash both gave; for a hand-over the visitor it came from. */
  value: string;
  visitor: string;
}

/** Visitor → what joins others to it. One step, not a chain. */
export async function readJoins(place: IdentityPlace, visitors: readonly string[]): Promise<Map<string, Join[]>> {
  const joins = new Map<string, Join[]>();
  if (visitors.length === 0) return joins;
  const add = (to: string, join: Join) => {
    if (join.visitor !== to) joins.set(to, [...(joins.get(to) ?? []), join]);
  };
  const given = (await place.records.identities.ofVisitors(place.site, visitors)).filter(
    (row) => !isRejected(place.rejected, row.kind, row),
  );
  for (const kind of ['app_id', 'email_hash'] as const) {
    const rows = given.filter((row) => row.kind === kind && isUsable(row.value));
    const owners = await readIdentity(place, kind, [...new Set(rows.map((row) => row.value))]);
    for (const { visitor, value } of rows) {
      for (const owner of owners.get(value) ?? []) add(visitor, { kind, value, visitor: owner });
    }
  }
  const asked = new Set(visitors);
  const takenOver = given.filter(({ kind, value }) => kind === 'hand_over' && isWellFormedId(value));
  const handedOver = await readIdentity(place, 'hand_over', [
    ...new Set([...visitors, ...takenOver.map(({ value }) => value)]),
  ]);
  for (const [from, to] of handedOver) {
    if (!asked.has(from)) continue;
    for (const visitor of to) add(from, { kind: 'hand_over', value: from, visitor });
  }
  // Seen from the other side; who took over from more visitors than one person has is no person either.
  for (const [visitor, rows] of Map.groupBy(takenOver, (row) => row.visitor)) {
    if (!asked.has(visitor) || rows.length > JOIN_MAX_VISITORS) continue;
    for (const { value } of rows) {
      if (handedOver.has(value)) add(visitor, { kind: 'hand_over', value, visitor: value });
    }
  }
  return joins;
}

/** Visitor → the visitors who are the same person. */
async function readGroups(place: IdentityPlace, visitors: readonly string[]): Promise<Map<string, string[]>> {
  const joins = await readJoins(place, visitors);
  return new Map([...joins].map(([visitor, list]) => [visitor, list.map((join) => join.visitor)]));
}

function isRejected(
  rejected: ReadonlySet<string>,
  kind: IdentityKind,
  row: { value: string; visitor: string },
): boolean {
  return rejected.size > 0 && rejected.has(linkKey(identityLink(kind, row)));
}

/**
 * Visitors whose touchpoints a payment of theirs shares with the customer's other payments: all of the customer's, unless
 * a person said that one is not the customer's. The payment's own visitor is always among them.
 */
export function visitorsOfCustomer(
  customer: string | null,
  visitor: string,
  others: readonly (string | null)[],
  rejected: ReadonlySet<string>,
): string[] {
  const isTheirs = (one: string) =>
    customer === null || rejected.size === 0 || !rejected.has(linkKey(customerLink(customer, one)));
  if (!isTheirs(visitor)) return [visitor];
  const all = new Set([visitor, ...others.filter((one) => one !== null).filter(isTheirs)]);
  return all.size > JOIN_MAX_VISITORS ? [visitor] : [...all];
}

/** Everybody is "guest": such a value joins nobody. */
function isUsable(value: string): boolean {
  return !isPlaceholder(value);
}
