import { customerLink, identityLink } from '../core/link.ts';
import type { IdentityKind, Link } from '../core/link.ts';
import type { Attribution, PaymentRow, Records, Site } from '../storage/records/records.ts';
import type { Verdict } from '../storage/records/records-identity.ts';
import { readJoins, readSiblings, visitorsOfCustomer } from './evidence.ts';
import { linkId } from './link-id.ts';

type Reader = { records: Pick<Records, 'payments' | 'identities' | 'verdicts'> };
type Named = Pick<Link, 'object' | 'field' | 'value'>;

/** A piece of evidence and when it was first seen (epoch ms). */
interface Seen extends Named {
  seenAt: number;
}

/** Why a visitor is on the path. */
export interface JoinedBy extends Seen {
  /** payment: by a link of this payment. Others: by the same customer, app id, e-mail address, or a hand-over. */
  by: 'payment' | 'customer' | 'app_id' | 'email' | 'hand_over';
  /** The visitor on the path that it is joined to, or the customer's other payment it is known by. */
  with: string | null;
}

/** Which visitors make a payment's path and why; and everything a person may reject, or has rejected. */
export interface Connected {
  payment: PaymentRow;
  links: Link[];
  visitors: { visitor: string; joinedBy: JoinedBy[] }[];
  evidence: Seen[];
  /** linkId → everything said about it, oldest first. */
  verdicts: Map<string, Verdict[]>;
}

const SIBLINGS_SHOWN = 50;
const FIELD_NAMES = { app_id: 'app_id', email_hash: 'email', hand_over: 'hand_over' } as const;

export function createExplain({ records }: Reader) {
  /** Null: the site has no such payment. */
  return async function explain(site: Pick<Site, 'id'>, id: string): Promise<Connected | null> {
    const payment = await records.payments.get(site.id, id);
    if (!payment) return null;
    const links = await records.payments.links(site.id, id);
    const rejected = await records.verdicts.rejectedKeys(site.id);
    const siblings = await siblingsOf(records, payment);
    const owns = siblings.map(({ visitor }) => visitor);
    const { visitor } = payment.attribution;
    const direct = visitor === null ? [] : visitorsOfCustomer(payment.customer, visitor, owns, rejected);
    const identities = await identitiesOf(records, site.id, [...direct, ...payment.attribution.visitors]);
    const joins = await readJoins({ records, site: site.id, rejected }, direct);
    const onPath = new Map<string, JoinedBy[]>();
    const join = (to: string, by: JoinedBy) => onPath.set(to, [...(onPath.get(to) ?? []), by]);
    for (const one of payment.attribution.visitors) onPath.set(one, []);
    for (const by of ownEvidence(payment.attribution, links, identities)) join(visitor!, by);
    for (const sibling of siblings) {
      if (sibling.visitor === visitor || !direct.includes(sibling.visitor)) continue;
      const { seenAt } = sibling;
      const named = customerLink(payment.customer!, sibling.visitor);
      join(sibling.visitor, { ...named, seenAt, by: 'customer', with: sibling.id });
    }
    for (const [from, list] of joins) {
      for (const { kind, value, visitor: to } of list) {
        if (!onPath.has(to)) continue;
        const receiver = kind === 'hand_over' && value === to ? from : to;
        const found = identities.find((row) => row.kind === kind && row.value === value && row.visitor === receiver);
        if (found) join(to, { ...seenOf(found), by: FIELD_NAMES[kind], with: from });
      }
    }
    const evidence = distinct([
      ...links.map(({ object, field, value, seenAt }) => ({ object, field, value, seenAt })),
      ...identities.map(seenOf),
      ...siblings.map((it) => ({ ...customerLink(payment.customer!, it.visitor), seenAt: it.seenAt })),
      ...(visitor !== null && payment.customer !== null
        ? [{ ...customerLink(payment.customer, visitor), seenAt: payment.occurredAt }]
        : []),
    ]);
    const said = await records.verdicts.of(site.id, evidence.map(linkId));
    const visitors = [...onPath].map(([one, joinedBy]) => ({ visitor: one, joinedBy }));
    // The payment's own visitor first.
    visitors.sort((a, b) => Number(b.visitor === visitor) - Number(a.visitor === visitor));
    return { payment, links, visitors, evidence, verdicts: Map.groupBy(said, (it) => it.link) };
  };
}

interface Known {
  kind: Exclude<IdentityKind, 'checkout'>;
  value: string;
  visitor: string;
  seenAt: number;
}

const seenOf = ({ kind, seenAt, ...row }: Known): Seen => ({ ...identityLink(kind, row), seenAt });

/** How the payment's own links lead to its visitor: the link, and what the visitor said of itself where that decided. */
function ownEvidence({ usedLink, visitor }: Attribution, links: readonly Link[], identities: readonly Known[]) {
  const used = links.find(
    (link) =>
      usedLink && link.object === usedLink.object && link.field === usedLink.field && link.value === usedLink.value,
  );
  if (!used) return [];
  const { object, field, value, seenAt, claim } = used;
  const kind = claim === 'client_reference' ? 'app_id' : claim === 'email_hash' ? 'email_hash' : null;
  const given = identities.find((row) => row.kind === kind && row.value === value && row.visitor === visitor);
  const by: JoinedBy[] = [{ object, field, value, seenAt, by: 'payment', with: null }];
  return given ? [...by, { ...seenOf(given), by: FIELD_NAMES[given.kind], with: null }] : by;
}

/** The customer's other payments with a visitor, and when the link that led to it was seen. */
async function siblingsOf(records: Pick<Records, 'payments'>, payment: PaymentRow) {
  const all = (await readSiblings(records, payment.site, [payment])).get(payment.id) ?? [];
  const known = all.flatMap(({ id, visitor }) => (visitor === null ? [] : [{ id, visitor }]));
  // One payment of each visitor is evidence enough.
  const first = [...Map.groupBy(known, ({ visitor }) => visitor).values()].map((list) => list[0]!);
  const shown = first.slice(0, SIBLINGS_SHOWN);
  const times = new Map(
    (
      await records.payments.getMany(
        payment.site,
        shown.map(({ id }) => id),
      )
    ).map((it) => [it.id, it.occurredAt]),
  );
  return shown.map((it) => ({ ...it, seenAt: times.get(it.id) ?? payment.occurredAt }));
}

/** What these visitors said of themselves, and who else said the same; rejected or not. */
async function identitiesOf(
  records: Pick<Records, 'identities'>,
  site: string,
  visitors: readonly string[],
): Promise<Known[]> {
  const asked = [...new Set(visitors)];
  if (asked.length === 0) return [];
  const own = (await records.identities.ofVisitors(site, asked)).filter(isNoCheckout);
  const rows = [...own];
  for (const kind of ['app_id', 'email_hash'] as const) {
    const values = [...new Set(own.filter((row) => row.kind === kind).map((row) => row.value))];
    for (const row of await records.identities.visitors(site, kind, values)) rows.push({ kind, ...row });
  }
  for (const row of await records.identities.visitors(site, 'hand_over', asked))
    rows.push({ kind: 'hand_over', ...row });
  return [...new Map(rows.map((row) => [`${row.kind} ${row.value} ${row.visitor}`, row])).values()];
}

const isNoCheckout = (row: { kind: IdentityKind }): row is Known => row.kind !== 'checkout';

function distinct(list: readonly Seen[]): Seen[] {
  const first = new Map<string, Seen>();
  for (const it of list) if (!first.has(linkId(it))) first.set(linkId(it), it);
  return [...first.values()];
}
