/** Metadata keys that carry a visitor id, in the order they are read. A site may add its own at the end. */
export const VISITOR_METADATA_KEYS = [
  'hw_visitor_id',
  'attribu_visitor_id',
  'zori_visitor_id',
  'datafast_visitor_id',
] as const;
export const SESSION_METADATA_KEYS = [
  'hw_session_id',
  'attribu_session_id',
  'zori_session_id',
  'datafast_session_id',
] as const;

/** What a found value claims to be. */
export type LinkClaim = 'visitor' | 'session' | 'client_reference' | 'email_hash';

/** Evidence that a payment belongs to a visitor: one row of the ladder of docs/payments.md, kept for every payment. */
export interface Link {
  /** Id of the object the value was found in (ch_…, pi_…, cs_…, sub_…, cus_…), as shown to people. */
  object: string;
  /** Path in that object: 'metadata.hw_visitor_id', 'client_reference_id', 'pixel' for a checkout hit. */
  field: string;
  value: string;
  claim: LinkClaim;
  /** Position in the ladder (ladder.ts), smaller wins; ties are broken by (seenAt, field, value, object). */
  rung: number;
  /** Epoch milliseconds. */
  seenAt: number;
}

/** Names one piece of evidence, however often and by whatever way it is seen: what a person rejects is this. */
export function linkKey({ object, field, value }: Pick<Link, 'object' | 'field' | 'value'>): string {
  return JSON.stringify([object, field, value]);
}

/** What a browser said about its visitor, as evidence of the same form. */
export type IdentityKind = 'app_id' | 'email_hash' | 'checkout' | 'hand_over';

/**
 * `value` of a hand-over is the visitor it came from, of a checkout the Stripe object's id. A checkout is evidence of a
 * payment (the ladder's `pixel`), so it has the form that it has there.
 */
export function identityLink(
  kind: IdentityKind,
  { value, visitor }: { value: string; visitor: string },
): Pick<Link, 'object' | 'field' | 'value'> {
  if (kind === 'checkout') return { object: value, field: 'pixel', value: visitor };
  return { object: visitor, field: IDENTITY_FIELDS[kind], value };
}

export const IDENTITY_FIELDS = {
  app_id: 'identify.app_id',
  email_hash: 'identify.email',
  hand_over: 'hand_over',
} as const satisfies Record<Exclude<IdentityKind, 'checkout'>, string>;

/** That a visitor is one of this customer's: by it, the customer's payments share their visitors. */
export function customerLink(customer: string, visitor: string): Pick<Link, 'object' | 'field' | 'value'> {
  return { object: customer, field: 'customer', value: visitor };
}

/** Why a payment has no credit. Closed list; texts for people stand in UNATTRIBUTED_REASONS. */
export const UNATTRIBUTED_REASONS = {
  no_visitor_id: 'No visitor id was found on any Stripe object of this payment.',
  malformed_visitor_id: 'A visitor id was found, but it is malformed or a placeholder.',
  visitor_never_seen: 'A visitor id was found, but no hit of that visitor was ever received.',
  visitor_seen_after_payment: 'The visitor was first seen only after paying.',
  forged_visitor_id: 'The visitor id is not signed by this Headwater, and the site counts signed ids only.',
  outside_window: 'All touchpoints of the visitor lie outside the lookback window.',
  link_rejected: 'The link that named the visitor was rejected by a person.',
  off_stripe: 'The invoice was paid by other means than Stripe, and nothing of it carries a visitor id.',
  pending: 'The payment was recorded and has not been matched yet.',
} as const;
export type UnattributedReason = keyof typeof UNATTRIBUTED_REASONS;

/** The order in which links are tried. */
export function compareLinks(a: Link, b: Link): number {
  return (
    a.rung - b.rung ||
    a.seenAt - b.seenAt ||
    compareText(a.field, b.field) ||
    compareText(a.value, b.value) ||
    compareText(a.object, b.object)
  );
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** What code without a visitor writes where an id belongs. Joining them would make one visitor of many people. */
const PLACEHOLDERS = new Set(
  `null undefined nan none nil void false true guest anonymous anon unknown unset empty missing default visitor user
   customer test n-a na 0 -1 1 - _ id visitor_id session_id hw_visitor_id hw_session_id attribu_visitor_id
   attribu_session_id zori_visitor_id zori_session_id datafast_visitor_id datafast_session_id your_visitor_id
   00000000-0000-0000-0000-000000000000`.split(/\s+/),
);

/** 1–64 of [A-Za-z0-9_-] and not a placeholder such as 'null', 'undefined' or 'guest'. */
export function isWellFormedId(value: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(value) && !isPlaceholder(value);
}

/** True for '', 'null', 'undefined', 'guest', '[object Object]' and the like, in any case, with any spaces around. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim().toLowerCase();
  return text === '' || text.startsWith('[object') || PLACEHOLDERS.has(text);
}

/** What the site knows when a payment's links are judged. Visitors are those whose hits were received. */
export interface KnownVisitors {
  /** A Map also tells when each was first seen (epoch ms): one seen only after paying did not bring the payment. */
  visitors: ReadonlySet<string> | ReadonlyMap<string, number>;
  /** Session → the visitor it belongs to. */
  sessionOwners: ReadonlyMap<string, string>;
  /** app_id of an identify() call → visitor. */
  appIds: ReadonlyMap<string, string>;
  /** Keyed e-mail hash of an identify() call → visitor. */
  emailHashes: ReadonlyMap<string, string>;
  /** Keys of links that a person rejected (linkKey). */
  rejected?: ReadonlySet<string>;
  /** Given when the site counts signed ids only: since when, and whether this installation signed the id. */
  signed?: { since: number; isSigned: (visitor: string) => boolean };
}

export type Resolution = { visitor: string; usedLink: Link } | { reason: UnattributedReason };

/**
 * The visitor of a payment: that of the first link whose visitor is known and was seen before paying. A malformed id
 * does not stop the ladder, and a later rung with a known visitor beats an earlier one with an unknown id.
 *
 * @param paymentAt end of the payment's path, epoch ms
 */
export function resolveVisitor(links: readonly Link[], known: KnownVisitors, paymentAt: number): Resolution {
  let reason: UnattributedReason = 'no_visitor_id';
  for (const link of [...links].sort(compareLinks)) {
    const finding = judge(link, known, paymentAt);
    if ('visitor' in finding) return { visitor: finding.visitor, usedLink: link };
    if (REASON_WEIGHT[finding.reason] > REASON_WEIGHT[reason]) reason = finding.reason;
  }
  return { reason };
}

/** The reason that helps most wins: being close to a match says more than having found nothing. */
const REASON_WEIGHT: Record<UnattributedReason, number> = {
  no_visitor_id: 0,
  malformed_visitor_id: 1,
  visitor_never_seen: 2,
  visitor_seen_after_payment: 3,
  forged_visitor_id: 4,
  outside_window: 5,
  link_rejected: 6,
  off_stripe: 0,
  pending: 0,
};

function judge(
  link: Link,
  known: KnownVisitors,
  paymentAt: number,
): { visitor: string } | { reason: UnattributedReason } {
  const { rejected } = known;
  if (rejected !== undefined && rejected.size > 0 && rejected.has(linkKey(link))) return { reason: 'link_rejected' };
  if (isForged(link, known, paymentAt)) return { reason: 'forged_visitor_id' };
  const visitor = visitorOf(link, known);
  if (visitor !== null && isWellFormedId(visitor)) {
    const firstSeenAt = 'get' in known.visitors ? known.visitors.get(visitor) : undefined;
    if (firstSeenAt !== undefined && firstSeenAt > paymentAt) return { reason: 'visitor_seen_after_payment' };
    return { visitor };
  }
  // A client reference or an e-mail address claims nothing: the merchant may use both for purposes of its own.
  if (link.claim === 'client_reference' || link.claim === 'email_hash') return { reason: 'no_visitor_id' };
  return { reason: isWellFormedId(link.value) ? 'visitor_never_seen' : 'malformed_visitor_id' };
}

/**
 * What anyone can write into a cookie must be signed: an id, and a session's, which nobody signs. An app id and an e-mail
 * address are the merchant's and Stripe's own word. What was bought before the site asked for signatures needs none.
 */
function isForged({ claim, value }: Link, { signed, visitors }: KnownVisitors, paymentAt: number): boolean {
  if (signed === undefined || paymentAt < signed.since || claim === 'email_hash') return false;
  if (claim === 'session') return isWellFormedId(value);
  if (claim === 'client_reference' && !visitors.has(value)) return false;
  return isWellFormedId(value) && !signed.isSigned(value);
}

function visitorOf(link: Link, known: KnownVisitors): string | null {
  const { value } = link;
  switch (link.claim) {
    case 'email_hash':
      return known.emailHashes.get(value) ?? null;
    case 'client_reference':
      if (isPlaceholder(value)) return null;
      return known.visitors.has(value) ? value : (known.appIds.get(value) ?? null);
    case 'session':
      return isWellFormedId(value) ? (known.sessionOwners.get(value) ?? null) : null;
    case 'visitor':
      return isWellFormedId(value) && known.visitors.has(value) ? value : null;
  }
}
