import type { LedgerEntry } from '../ledger.ts';
import { splitByLargestRemainder } from '../money.ts';
import type { Payment } from '../payment.ts';
import type { Touchpoint } from '../touchpoint.ts';
import type { CreditRow, ModelAmounts } from './credit.ts';
import { RULE_MODELS } from './models.ts';
import type { RuleModel } from './models.ts';
import { weightsOf } from './weights.ts';

/**
 * Shares all ledger entries of one payment among the touchpoints of its path.
 *
 * Charges (and their corrections) are split by the model's weights; refunds and disputes take back from what the charges
 * gave, in the order (created, id). Both are cumulative: an entry's share is the split of the running total with it
 * minus the split without it. So the parts of every entry add up to its amount, and when everything was taken back
 * nothing is left at any touchpoint, however many partial refunds led there. A consequence: one small partial refund
 * may give a touchpoint a unit back that the one before had taken too many.
 *
 * @param path in time order, not empty
 * @returns per entry (any order in, the order (created, id) out) the amounts in the order of the path
 */
export function shareEntries(
  model: RuleModel,
  entries: readonly LedgerEntry[],
  path: readonly Touchpoint[],
): Map<string, number[]> {
  const weights = weightsOf(model, path);
  const ordered = inOrder(entries);
  const shares = new Map<string, number[]>();
  const charges = ordered.filter((entry) => entry.kind === 'charge');
  const original = shareCumulatively(charges, weights, shares);
  // A refund can be booked before its charge is known: it then follows the model's own weights, and once the charge
  // arrives everything is shared again.
  const taken = original.some((amount) => amount !== 0) ? original.map((amount) => BigInt(Math.abs(amount))) : weights;
  const reversals = ordered.filter((entry) => entry.kind !== 'charge');
  // A dispute can be in another currency than its charge; what was taken back so far adds up within one.
  for (const ofCurrency of Map.groupBy(reversals, (entry) => entry.currency).values()) {
    shareCumulatively(ofCurrency, taken, shares);
  }
  return shares;
}

/**
 * Shares the fees of all entries: by the model's weights, per settlement currency, cumulatively like amounts. A fee that
 * comes back (a dispute won) is taken from where it was laid.
 *
 * @returns per entry the parts of its fee; an entry without a known fee has none
 */
export function shareFees(
  model: RuleModel,
  entries: readonly LedgerEntry[],
  path: readonly Touchpoint[],
): Map<string, number[]> {
  const weights = weightsOf(model, path);
  const shares = new Map<string, number[]>();
  const known = inOrder(entries).filter((entry) => entry.feeMinor !== null);
  for (const ofCurrency of Map.groupBy(known, (entry) => entry.settledCurrency).values()) {
    shareCumulatively(
      ofCurrency.map((entry) => ({ id: entry.id, amountMinor: entry.feeMinor! })),
      weights,
      shares,
    );
  }
  return shares;
}

/**
 * The tax in each entry's amount: of what stands of the payment after it, the same share is tax as of the whole. So the
 * parts of the charge add up to its tax, and a full refund leaves none.
 */
export function taxEntries(payment: Payment, entries: readonly LedgerEntry[]): LedgerEntry[] {
  const taxMinor = payment.taxMinor ?? 0;
  const own = inReversalOrder(entries).filter((entry) => entry.currency === payment.currency);
  const grossMinor = own.filter((it) => it.kind === 'charge').reduce((sum, it) => sum + it.amountMinor, 0);
  if (taxMinor === 0 || grossMinor <= 0) return [];
  let standing = 0;
  let taxed = 0;
  return own.map((entry) => {
    standing += entry.amountMinor;
    const after = rounded(BigInt(taxMinor) * BigInt(standing), BigInt(grossMinor));
    const amountMinor = after - taxed;
    taxed = after;
    return { ...entry, amountMinor };
  });
}

/** To the nearest, halves away from zero. `below` is positive. */
function rounded(above: bigint, below: bigint): number {
  const size = ((above < 0n ? -above : above) * 2n + below) / (below * 2n);
  return Number(above < 0n ? -size : size);
}

function inOrder(entries: readonly LedgerEntry[]): LedgerEntry[] {
  return entries.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** What was paid, then what was taken back. */
function inReversalOrder(entries: readonly LedgerEntry[]): LedgerEntry[] {
  const ordered = inOrder(entries);
  const isCharge = (entry: LedgerEntry) => entry.kind === 'charge';
  return [...ordered.filter(isCharge), ...ordered.filter((entry) => !isCharge(entry))];
}

/** Adds each entry's shares to `shares`; returns the split of the whole. */
function shareCumulatively(
  entries: readonly Pick<LedgerEntry, 'id' | 'amountMinor'>[],
  weights: readonly bigint[],
  shares: Map<string, number[]>,
): number[] {
  let totalMinor = 0;
  let before = weights.map(() => 0);
  for (const entry of entries) {
    totalMinor += entry.amountMinor;
    const after = splitByLargestRemainder(totalMinor, weights);
    const previous = before;
    shares.set(
      entry.id,
      after.map((amount, index) => amount - previous[index]!),
    );
    before = after;
  }
  return before;
}

/** The credit rows of an attributed payment: one per (entry, touchpoint), all models beside each other. */
export function creditRows(
  payment: Payment,
  entries: readonly LedgerEntry[],
  path: readonly Touchpoint[],
): CreditRow[] {
  const taxed = taxEntries(payment, entries);
  const amounts = ofModels((model) => shareEntries(model, entries, path));
  const fees = ofModels((model) => shareFees(model, entries, path));
  const taxes = ofModels((model) => shareEntries(model, taxed, path));
  return inOrder(entries).flatMap((entry) =>
    path.map((touchpoint, position) => ({
      site: payment.site,
      mode: payment.mode,
      payment,
      entry,
      position,
      touchpoint,
      reason: '',
      amounts: amountsOf((model) => amounts[model].get(entry.id)![position]!),
      fees: amountsOf((model) => fees[model].get(entry.id)?.[position] ?? 0),
      taxes: amountsOf((model) => taxes[model].get(entry.id)?.[position] ?? 0),
      sign: 1 as const,
    })),
  );
}

type Shares = Record<RuleModel, Map<string, number[]>>;
function ofModels(share: (model: RuleModel) => Map<string, number[]>): Shares {
  return Object.fromEntries(RULE_MODELS.map((model) => [model, share(model)])) as Shares;
}

/** The rows of a payment without a known visitor: the whole of each entry, under every model, and why. */
export function unattributedRows(payment: Payment, entries: readonly LedgerEntry[], reason: string): CreditRow[] {
  const taxes = new Map(taxEntries(payment, entries).map((entry) => [entry.id, entry.amountMinor]));
  return inOrder(entries).map((entry) => ({
    site: payment.site,
    mode: payment.mode,
    payment,
    entry,
    position: -1,
    touchpoint: null,
    reason,
    amounts: amountsOf(() => entry.amountMinor),
    fees: amountsOf(() => entry.feeMinor ?? 0),
    taxes: amountsOf(() => taxes.get(entry.id) ?? 0),
    sign: 1 as const,
  }));
}

function amountsOf(amount: (model: RuleModel) => number): ModelAmounts {
  return Object.fromEntries(RULE_MODELS.map((model) => [model, amount(model)])) as ModelAmounts;
}

/** Model → amounts in the order of the path, each list summing to the payment's revenue; {} when unattributed. */
export function creditsByTouchpoint(rows: readonly CreditRow[]): Partial<Record<RuleModel, number[]>> {
  const attributed = rows.filter((row) => row.position >= 0);
  if (attributed.length === 0) return {};
  const length = attributed.reduce((longest, row) => Math.max(longest, row.position + 1), 0);
  const credits: Partial<Record<RuleModel, number[]>> = {};
  for (const model of RULE_MODELS) {
    const amounts = Array.from({ length }, () => 0);
    for (const row of attributed) {
      if (row.entry.currency === row.payment.currency) amounts[row.position]! += row.amounts[model];
    }
    credits[model] = amounts;
  }
  return credits;
}

/** The touchpoints that hold the credits, in the order of the amounts. */
export function creditedPath(rows: readonly CreditRow[]): Touchpoint[] {
  const path: Touchpoint[] = [];
  for (const row of rows) if (row.touchpoint) path[row.position] = row.touchpoint;
  return path;
}

/**
 * What must be appended to the facts store so that it holds `after` where it held `before`: rows that cancel (sign −1),
 * then new rows. Rows that did not change stay, so that attributing twice appends nothing.
 */
export function creditChanges(before: readonly CreditRow[], after: readonly CreditRow[]): CreditRow[] {
  const old = new Map(before.map((row) => [fingerprint(row), row]));
  const fresh = new Map(after.map((row) => [fingerprint(row), row]));
  const gone = [...old].filter(([key]) => !fresh.has(key)).map(([, row]) => ({ ...row, sign: -1 as const }));
  const added = [...fresh].filter(([key]) => !old.has(key)).map(([, row]) => row);
  return [...gone, ...added];
}

/** Everything of a row that reaches the facts store. A payment's sums do not: they change with each of its entries. */
function fingerprint(row: CreditRow): string {
  const { payment, entry, touchpoint } = row;
  const parts = [row.position, row.reason, payment.id, payment.mode, payment.kind, payment.currency];
  const times = [payment.occurredAt, payment.customer, payment.subscription];
  const sold = [payment.product, payment.productName, payment.coupon].map((it) => it ?? null);
  const money = [entry.id, entry.kind, entry.amountMinor, entry.currency, entry.occurredAt, entry.settledCurrency];
  const touched = touchpoint ? TOUCHPOINT_FIELDS.map((field) => touchpoint[field]) : [];
  const shares = [row.amounts, row.fees, row.taxes].map((it) => RULE_MODELS.map((model) => it?.[model] ?? 0));
  return JSON.stringify([parts, times, sold, money, touched, shares]);
}

const TOUCHPOINT_FIELDS = [
  'visitor',
  'session',
  'occurredAt',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'clickId',
  'referrerHost',
  'channel',
  'landingPage',
  'hostname',
  'country',
  'device',
  'browser',
  'os',
] as const satisfies readonly (keyof Touchpoint)[];
