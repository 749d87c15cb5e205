import type { PaymentFacts } from './gather.ts';
import { compareLinks, isWellFormedId, linkKey, SESSION_METADATA_KEYS, VISITOR_METADATA_KEYS } from './link.ts';
import type { Link, LinkClaim } from './link.ts';
import type { CheckoutSessionObject, Evidence, ProviderObject } from './payment.ts';

/**
 * The ladder from a charge to a visitor (docs: "how a payment finds its visitor"): the closer an object is to the
 * payment, the smaller its number. A rung leaves room for the place of the metadata key, so that two keys of one object
 * are read in the documented order.
 */
export const RUNGS = {
  charge: 1,
  payment_intent: 2,
  session_of_intent: 3,
  checkout_hit: 4,
  invoice: 5,
  invoice_snapshot: 6,
  invoice_lines: 7,
  subscription: 8,
  session_of_subscription: 9,
  checkout_hit_of_subscription: 10,
  session_of_invoice: 11,
  checkout_hit_of_invoice: 12,
  customer: 13,
  session_of_customer: 14,
  checkout_hit_of_customer: 15,
  email: 16,
} as const;
export type Rung = keyof typeof RUNGS;

const RUNG_WIDTH = 1000;
/** Where in a rung the places begin: visitor keys, then session keys, then the client reference. */
const PLACE = { visitor: 0, session: 400, client_reference: 800, email_hash: 900 } as const;
const LINKS_MAX = 300;

/** What the pixel or a server said about a checkout: `object` is a session's or payment intent's id. */
export interface CheckoutHit {
  object: string;
  visitor: string;
  /** Epoch milliseconds. */
  seenAt: number;
}

/** The rung's name of a link, for people and tests. */
export function rungOf(link: Pick<Link, 'rung'>): Rung | null {
  const position = Math.floor(link.rung / RUNG_WIDTH);
  return (Object.keys(RUNGS) as Rung[]).find((name) => RUNGS[name] === position) ?? null;
}

/** All evidence for the visitor of a payment, best first. Values are as found: `resolveVisitor` judges them. */
export function linksOf(
  facts: PaymentFacts,
  options: {
    visitorMetadataKeys?: readonly string[];
    checkouts?: readonly CheckoutHit[];
    /** Keys of links that a person rejected (linkKey). They stay in the list, to be seen. */
    rejected?: ReadonlySet<string>;
  },
): Link[] {
  const { visitorMetadataKeys: keys = [], rejected = NOTHING } = options;
  const hits = options.checkouts ?? [];
  const links: Link[] = [];
  const read = (object: ProviderObject, rung: Rung) => {
    links.push(...linksOfObject(object, rung, { keys, rejected }));
  };
  const readSessions = (sessions: readonly CheckoutSessionObject[], rung: Rung, hitRung: Rung) => {
    for (const session of sessions) {
      read(session, rung);
      links.push(...hits.filter((hit) => hit.object === session.id).map((hit) => linkOfHit(hit, hitRung)));
    }
  };

  if (facts.charge) read(facts.charge, 'charge');
  if (facts.intent) read(facts.intent, 'payment_intent');
  const intentId = facts.charge?.paymentIntent ?? null;
  links.push(...hits.filter((hit) => hit.object === intentId).map((hit) => linkOfHit(hit, 'checkout_hit')));
  readSessions(facts.sessions.byIntent, 'session_of_intent', 'checkout_hit');
  for (const invoice of facts.invoices) read(invoice, 'invoice');
  for (const subscription of facts.subscriptions) read(subscription, 'subscription');
  readSessions(facts.sessions.bySubscription, 'session_of_subscription', 'checkout_hit_of_subscription');
  readSessions(facts.sessions.byInvoice, 'session_of_invoice', 'checkout_hit_of_invoice');
  for (const customer of facts.customers) read(customer, 'customer');
  readSessions(facts.sessions.byCustomer, 'session_of_customer', 'checkout_hit_of_customer');
  return links.sort(compareLinks).slice(0, LINKS_MAX);
}

function linkOfHit(hit: CheckoutHit, rung: Rung): Link {
  return {
    object: hit.object,
    field: 'pixel',
    value: hit.visitor,
    claim: 'visitor',
    rung: RUNGS[rung] * RUNG_WIDTH,
    seenAt: hit.seenAt,
  };
}

const NOTHING: ReadonlySet<string> = new Set();

function linksOfObject(
  object: ProviderObject,
  rung: Rung,
  { keys, rejected }: { keys: readonly string[]; rejected: ReadonlySet<string> },
): Link[] {
  const byField = new Map<string, Evidence[]>();
  for (const evidence of object.evidence) {
    byField.set(evidence.field, [...(byField.get(evidence.field) ?? []), evidence]);
  }
  return [...byField].flatMap(([field, values]) => {
    const claim = readField(field, keys);
    if (!claim) return [];
    const base = claim.claim === 'email_hash' ? 'email' : rungOfField(field, rung);
    const isRejected = ({ value }: Evidence) =>
      rejected.size > 0 && rejected.has(linkKey({ object: object.id, field, value }));
    return untilFirstUsable(values, claim.claim, isRejected).map((evidence) => ({
      object: object.id,
      field,
      value: evidence.value,
      claim: claim.claim,
      rung: RUNGS[base] * RUNG_WIDTH + claim.place,
      seenAt: evidence.seenAt,
    }));
  });
}

function rungOfField(field: string, rung: Rung): Rung {
  if (rung !== 'invoice') return rung;
  if (field.startsWith('lines.')) return 'invoice_lines';
  return field.includes('subscription_details.') ? 'invoice_snapshot' : 'invoice';
}

function readField(field: string, siteKeys: readonly string[]): { claim: LinkClaim; place: number } | null {
  // A payment of another provider says both by name.
  if (field === 'visitor_id') return { claim: 'visitor', place: PLACE.visitor };
  if (field === 'client_reference_id' || field === 'customer') {
    return { claim: 'client_reference', place: PLACE.client_reference };
  }
  const key = /(?:^|\.)metadata\.(.+)$/s.exec(field)?.[1];
  if (key === undefined) {
    return /(?:^|[._])email$/.test(field) ? { claim: 'email_hash', place: PLACE.email_hash } : null;
  }
  const visitorPlace = [...VISITOR_METADATA_KEYS, ...siteKeys.filter((name) => !isSessionKey(name))].indexOf(key);
  if (visitorPlace >= 0) return { claim: 'visitor', place: PLACE.visitor + Math.min(visitorPlace, 399) };
  const sessionPlace = [...SESSION_METADATA_KEYS, ...siteKeys.filter(isSessionKey)].indexOf(key);
  return sessionPlace >= 0 ? { claim: 'session', place: PLACE.session + Math.min(sessionPlace, 399) } : null;
}

function isSessionKey(key: string): boolean {
  return key.endsWith('_session_id');
}

/**
 * Metadata can be edited after the payment, and an edit must not move money that was credited: of the values a field
 * ever had, those seen after the first well-formed one do not count. What preceded it was junk, and is shown as found.
 * After a value that a person rejected, what the merchant put in its place counts. E-mail addresses are no claim of the merchant and may change, so each one counts.
 */
function untilFirstUsable(
  values: readonly Evidence[],
  claim: LinkClaim,
  isRejected: (evidence: Evidence) => boolean,
): Evidence[] {
  const inTime = [...values].sort((a, b) => a.seenAt - b.seenAt || (a.value < b.value ? -1 : 1));
  if (claim === 'email_hash') return inTime;
  const first = inTime.findIndex((evidence) => isWellFormedId(evidence.value) && !isRejected(evidence));
  return first < 0 ? inTime : inTime.slice(0, first + 1);
}
