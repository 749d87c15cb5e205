import { hash } from 'node:crypto';
import { CREDIT_VERSION } from '../core/attribution/credit.ts';
import { creditRows, creditsByTouchpoint, unattributedRows } from '../core/attribution/credits.ts';
import type { Conversion } from '../core/attribution/credits.ts';
import { narrowedPath, pathOf } from '../core/attribution/path.ts';
import { weighingOf } from '../core/attribution/settings.ts';
import type { ModelSettings } from '../core/attribution/settings.ts';
import { jsonTextOf } from '../core/json-text.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import type { Link, UnattributedReason, resolveVisitor } from '../core/link.ts';
import type { Payment } from '../core/payment.ts';
import type { Touchpoint } from '../core/touchpoint.ts';
import type { Attribution } from '../storage/records/records.ts';
import { visitorsOfCustomer } from './evidence.ts';
import type { Evidence, Sibling } from './evidence.ts';

/** What is known of a payment, and what its site says about crediting. */
export interface Known {
  payment: Payment;
  entries: readonly LedgerEntry[];
  conversion: Conversion | null;
  links: readonly Link[];
  resolved: ReturnType<typeof resolveVisitor>;
  siblings: readonly Sibling[];
  evidence: Evidence;
  endsAt: number;
  settings: ModelSettings;
}

/** All that a payment's credits depend on, and nothing else. */
export interface Inputs extends Pick<Known, 'payment' | 'entries' | 'conversion' | 'endsAt' | 'settings'> {
  /** Null: without a known visitor, for this reason. */
  visitor: string | null;
  reason: UnattributedReason | null;
  usedLink: Attribution['usedLink'];
  /** Of an unattributed payment those its links name, so that an earlier hit of theirs that arrives late finds it. */
  visitors: string[];
  /** The whole path, before any lookback window. */
  lifetime: readonly Touchpoint[];
  /** What the settings leave of it: this earns. */
  path: readonly Touchpoint[];
}

export function inputsOf(known: Known): Inputs {
  const { payment, entries, conversion, links, resolved, siblings, evidence, endsAt, settings } = known;
  const given = { payment, entries, conversion, endsAt, settings };
  if ('reason' in resolved) {
    const isOffStripe = payment.kind === 'off_stripe' && resolved.reason === 'no_visitor_id';
    const reason = isOffStripe ? 'off_stripe' : resolved.reason;
    return {
      ...given,
      visitor: null,
      reason,
      usedLink: null,
      visitors: evidence.claimed(links),
      lifetime: [],
      path: [],
    };
  }
  const { visitor } = resolved;
  const { object, field, value } = resolved.usedLink;
  const lent = siblings.map((sibling) => sibling.visitor);
  const customers = visitorsOfCustomer(payment.customer, visitor, lent, evidence.known.rejected);
  const { visitors, touchpoints } = evidence.joined(customers);
  const lifetime = pathOf(touchpoints, { endsAt, windowDays: null });
  // From the path that is kept, as a question with other settings is: both give the same answer.
  const path = narrowedPath(lifetime, { ...settings, endsAt });
  return { ...given, visitor, reason: null, usedLink: { object, field, value }, visitors, lifetime, path };
}

/**
 * Equal only for inputs that give equal credits: a payment whose credits were computed from such by this version of the
 * program has these credits. Of the settings it is what they do to this payment: another window, or another
 * half-life, is no news to most. The site is left out, since it is not what credits depend on.
 */
export function digestOf({ payment, entries, lifetime, path, settings, ...rest }: Inputs): string {
  const { site: _, ...paid } = payment;
  // One touchpoint alone earns everything, whatever it weighs.
  const weighing = path.length < 2 ? [] : weighingOf(settings);
  const parts = [paid, weighing, placesIn(lifetime, path), rest].map((part) => JSON.stringify(part));
  const shared = [...entries, ...lifetime].map(jsonTextOf);
  return hash('sha256', [CREDIT_VERSION, ...parts, ...shared].join('\n'), 'base64').slice(0, 32);
}

/** Where the touchpoints of a path stand in the whole one, in whose order they are; null: it is the whole. */
function placesIn(whole: readonly Touchpoint[], path: readonly Touchpoint[]): number[] | null {
  if (path.length === whole.length) return null;
  let at = -1;
  return path.map((touch) => (at = whole.indexOf(touch, at + 1)));
}

/** Inputs → how the payment is credited. */
export function attribute({ payment, entries, conversion, endsAt, settings, ...found }: Inputs): Attribution {
  const { visitor, reason, usedLink, visitors, lifetime, path } = found;
  const unattributed = (why: UnattributedReason): Attribution => {
    const rows = unattributedRows(payment, entries, why, conversion);
    return { visitor: null, visitors, reason: why, usedLink: null, path: [], credits: {}, rows };
  };
  if (visitor === null) return unattributed(reason!);
  const storedPath = lifetime.length === 0 ? undefined : { customer: payment.customer, endsAt };
  if (path.length === 0) {
    const why = lifetime.length > 0 ? 'outside_window' : 'visitor_seen_after_payment';
    return { ...unattributed(why), path: [...lifetime], storedPath };
  }
  const rows = creditRows(payment, entries, path, conversion, settings);
  const credits = creditsByTouchpoint(rows);
  return { visitor, visitors, reason: null, usedLink, path: [...lifetime], storedPath, credits, rows };
}
