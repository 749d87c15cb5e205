import { OTHER, UNATTRIBUTED } from './report.ts';
import { DIRECT_SOURCE } from './acquisition.ts';
import type { CreditRow } from './attribution/credit.ts';
import { RULE_MODELS } from './attribution/models.ts';
import type { RuleModel } from './attribution/models.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Link, UnattributedReason } from './link.ts';

/** Why a payment was looked at again. Closed list; the texts are for people. */
export const RESTATEMENT_REASONS = {
  new_payment: 'The payment was booked.',
  amount_changed: 'What was captured changed.',
  refund: 'Money was refunded, or a refund failed.',
  dispute: 'Money was disputed, or came back.',
  payment_details: 'Fees, product or other details of the payment became known.',
  late_link: 'A link to a visitor became known.',
  late_hit: 'A hit of its visitors arrived late.',
  identity_joined: 'Visitors were found to be one person.',
  customer_joined: 'Another payment of the customer found its visitor.',
  link_rejected: 'A person rejected a link.',
  link_reinstated: 'A person reinstated a link.',
  rate_arrived: 'An exchange rate became known.',
  settings_changed: 'The site’s settings changed.',
  recompute: 'Everything was credited again on request.',
} as const;
export type RestatementReason = keyof typeof RESTATEMENT_REASONS;

/** What one source got under each model that changed, before and after, in minor units. */
export interface CreditChange {
  /** '(direct)' and '(unattributed)' as in reports. */
  source: string;
  currency: string;
  models: Partial<Record<RuleModel, [before: number, after: number]>>;
}

/** What became otherwise when a payment was credited again. */
export interface Restatement {
  reasons: RestatementReason[];
  /** The payment's own visitor; null: unattributed. */
  visitor: [before: string | null, after: string | null];
  /** Why it was and is unattributed; null: it is attributed. */
  unattributed: [before: string | null, after: string | null];
  /** How many visitors make the path. */
  visitors: [before: number, after: number];
  /** Largest change first; of more than CHANGES_MAX sources the rest is one, '(other)', for each currency. */
  changes: CreditChange[];
}

interface Credited {
  visitor: string | null;
  visitors: readonly string[];
  reason: string | null;
  usedLink: Pick<Link, 'object' | 'field' | 'value'> | null;
  rows: readonly CreditRow[];
}

export const CHANGES_MAX = 50;

/** Null: it was the first time, or nobody's credit changed (a fee or a product's name became known). */
export function restatementOf(
  asked: readonly RestatementReason[],
  before: Credited,
  after: Credited,
): Restatement | null {
  if (before.reason === 'pending') return null;
  const changes = changesOf(before.rows, after.rows);
  const isSame = before.visitor === after.visitor && before.reason === after.reason;
  if (isSame && changes.length === 0) return null;
  return {
    reasons: reasonsOf(asked, before, after),
    visitor: [before.visitor, after.visitor],
    unattributed: [before.reason, after.reason],
    visitors: [before.visitors.length, after.visitors.length],
    changes,
  };
}

/** Why a payment may be unattributed that waits for nothing but hits. */
const HITS_MISSED = new Set<string | null>([
  'visitor_never_seen',
  'visitor_seen_after_payment',
  'outside_window',
] satisfies UnattributedReason[]);

/**
 * Several may have asked before the payment's turn came, and not all of them changed something: a reason stays while
 * what it is about did change.
 */
function reasonsOf(asked: readonly RestatementReason[], before: Credited, after: Credited): RestatementReason[] {
  const isJoined = before.visitors.join() !== after.visitors.join();
  const isRelinked = JSON.stringify(before.usedLink) !== JSON.stringify(after.usedLink) || isJoined;
  const isChanged = (kind: LedgerEntry['kind']) => changedKinds(before.rows, after.rows).has(kind);
  const holds: Partial<Record<RestatementReason, () => boolean>> = {
    new_payment: () => false,
    payment_details: () => false,
    amount_changed: () => isChanged('charge'),
    refund: () => isChanged('refund'),
    dispute: () => isChanged('dispute'),
    // A link to somebody unknown changes why the payment is unattributed, and nothing else.
    late_link: () => isRelinked || (after.reason !== null && before.reason !== null && !HITS_MISSED.has(before.reason)),
    identity_joined: () => isJoined,
    customer_joined: () => isJoined,
    late_hit: () => (before.visitors.length === 0 ? HITS_MISSED.has(before.reason) : isAnotherPath(before, after)),
  };
  const distinct = [...new Set(asked)];
  const left = distinct.filter((reason) => holds[reason]?.() ?? true);
  return left.length > 0 ? left : distinct;
}

/** Whether the visitors of the path so far have other touchpoints: those of who was joined to them are no late hits. */
function isAnotherPath(before: Credited, after: Credited): boolean {
  const of = new Set(before.visitors);
  const [old, fresh] = [before, after].map(
    ({ rows }) =>
      new Set(
        rows.flatMap(({ touchpoint: touch }) =>
          touch && of.has(touch.visitor) ? `${touch.visitor} ${touch.session} ${touch.occurredAt}` : [],
        ),
      ),
  ) as [Set<string>, Set<string>];
  return old.symmetricDifference(fresh).size > 0;
}

function changedKinds(before: readonly CreditRow[], after: readonly CreditRow[]): Set<LedgerEntry['kind']> {
  // An entry without an amount brings a fee that came later.
  const [old, fresh] = [before, after].map(
    (rows) =>
      new Map(
        rows
          .filter(({ entry }) => entry.amountMinor !== 0)
          .map(({ entry }) => [`${entry.id} ${entry.amountMinor}`, entry.kind]),
      ),
  ) as [Map<string, LedgerEntry['kind']>, Map<string, LedgerEntry['kind']>];
  const changed = [...old].filter(([key]) => !fresh.has(key)).map(([, kind]) => kind);
  return new Set([...changed, ...[...fresh].filter(([key]) => !old.has(key)).map(([, kind]) => kind)]);
}

function changesOf(before: readonly CreditRow[], after: readonly CreditRow[]): CreditChange[] {
  const sums = new Map<string, CreditChange>();
  for (const [side, rows] of [before, after].entries()) {
    for (const row of rows) {
      const currency = row.money ?? row.entry.currency;
      const source = row.touchpoint ? row.touchpoint.source || DIRECT_SOURCE : UNATTRIBUTED;
      addTo(sums, { source, currency }, (model, pair) => (pair[side]! += row.amounts[model] ?? 0));
    }
  }
  const changed = [...sums.values()].map(withoutSame).filter(({ models }) => Object.keys(models).length > 0);
  const ordered = changed.toSorted(
    (a, b) => sizeOf(b) - sizeOf(a) || (a.source < b.source ? -1 : a.source > b.source ? 1 : 0),
  );
  if (ordered.length <= CHANGES_MAX) return ordered;
  const others = new Map<string, CreditChange>();
  for (const { currency, models } of ordered.slice(CHANGES_MAX)) {
    addTo(others, { source: OTHER, currency }, (model, pair) => {
      pair[0] += models[model]?.[0] ?? 0;
      pair[1] += models[model]?.[1] ?? 0;
    });
  }
  return [...ordered.slice(0, CHANGES_MAX), ...[...others.values()].map(withoutSame)];
}

function addTo(
  sums: Map<string, CreditChange>,
  { source, currency }: Pick<CreditChange, 'source' | 'currency'>,
  add: (model: RuleModel, pair: [number, number]) => void,
): void {
  const key = `${currency} ${source}`;
  const sum = sums.get(key) ?? { source, currency, models: {} };
  sums.set(key, sum);
  for (const model of RULE_MODELS) add(model, (sum.models[model] ??= [0, 0]));
}

function withoutSame({ models, ...change }: CreditChange): CreditChange {
  const differing = Object.entries(models).filter(([, [before, after]]) => before !== after);
  return { ...change, models: Object.fromEntries(differing) };
}

function sizeOf({ models }: CreditChange): number {
  return Object.values(models).reduce((most, [before, after]) => Math.max(most, Math.abs(after - before)), 0);
}
