/**
 * One signed movement of money, append-only. An entry never changes: when its object's amount does, a correcting entry
 * with its own id (`<object>#<n>`) and the kind of the object it corrects is appended. The ledger is a sum, and a sum
 * has no order.
 *
 * A fee that becomes known after its entry was written comes as `<object>#fee`: an entry of amount 0 that carries the
 * balance transaction's id, amount, currency and fee. So fees are a sum over entries too, and nothing is ever updated.
 */
export interface LedgerEntry {
  /**
   * Unique per site: the money object's id (ch_…, re_…; txn_… for a movement of a dispute; in_… when paid off Stripe),
   * `<charge>#refunds`, `<id>#<n>` for a correction, `<id>#fee` (or `<id>#fee#<n>`) for a settlement that became known
   * later, `<id>#<currency>` for a settlement in a second currency.
   */
  id: string;
  paymentId: string;
  /** What the amount counts towards: 'charge' → gross, 'refund' → refunded, 'dispute' → disputed. */
  kind: 'charge' | 'refund' | 'dispute';
  /** Signed: charges positive, refunds and withdrawals negative, reinstatements positive. */
  amountMinor: number;
  currency: string;
  /** Epoch milliseconds. */
  occurredAt: number;
  balanceTransaction: string | null;
  /** Settlement, once known: amount, currency and fee of the balance transaction. */
  settledMinor: number | null;
  settledCurrency: string | null;
  feeMinor: number | null;
}

/** The id of the money object an entry belongs to: 'ch_1#2', 'ch_1#fee' → 'ch_1'; 'ch_1#refunds#1' → 'ch_1#refunds'. */
export function moneyObjectOf(entryId: string): string {
  return entryId.replace(/(#fee)?(#\d+)?$/, '');
}

/** (occurredAt, id): the order in which a payment's entries are shared and converted. */
export function inLedgerOrder<Entry extends Pick<LedgerEntry, 'id' | 'occurredAt'>>(
  entries: readonly Entry[],
): Entry[] {
  return entries.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/**
 * The entries to append so that the ledger says what is desired. Per money object the ledger then sums to the desired
 * amount at the desired time and to nothing at any other time, whatever was appended before: two histories that saw the
 * same facts in different orders agree in every total and on every day.
 * Invariant: corrections(existing + corrections(existing, desired), desired) is empty.
 *
 * @param existing all entries of the payment; those of objects not in `desired` are left alone
 * @param desired one entry per money object, its amount 0 when nothing should stand
 */
export function corrections(existing: readonly LedgerEntry[], desired: readonly LedgerEntry[]): LedgerEntry[] {
  return desired.flatMap((wanted) => {
    const standing = existing.filter((entry) => moneyObjectOf(entry.id) === wanted.id);
    if (standing.length > 0) return [...amountCorrections(standing, wanted), ...feeCorrections(standing, wanted)];
    const isEmpty = wanted.amountMinor === 0 && !wanted.settledMinor && !wanted.feeMinor;
    return isEmpty ? [] : [wanted];
  });
}

function amountCorrections(standing: readonly LedgerEntry[], wanted: LedgerEntry): LedgerEntry[] {
  const differences = new Map<string, { currency: string; occurredAt: number; amountMinor: number }>();
  const add = (entry: LedgerEntry, sign: 1 | -1) => {
    const key = `${entry.occurredAt} ${entry.currency}`;
    const known = differences.get(key) ?? { currency: entry.currency, occurredAt: entry.occurredAt, amountMinor: 0 };
    differences.set(key, { ...known, amountMinor: known.amountMinor + sign * entry.amountMinor });
  };
  for (const entry of standing) add(entry, -1);
  add(wanted, 1);
  let number = nextNumber(standing, `${wanted.id}#`);
  return [...differences.values()]
    .filter((difference) => difference.amountMinor !== 0)
    .sort((a, b) => a.occurredAt - b.occurredAt || (a.currency < b.currency ? -1 : 1))
    .map((difference) => ({ ...wanted, ...difference, ...NO_SETTLEMENT, id: `${wanted.id}#${number++}` }));
}

const NO_SETTLEMENT = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };

/** Per settlement currency: which one an object's main balance transaction has can become known later than another. */
function feeCorrections(standing: readonly LedgerEntry[], wanted: LedgerEntry): LedgerEntry[] {
  if (wanted.feeMinor === null || wanted.settledMinor === null) return [];
  const settled = standing.filter((entry) => entry.feeMinor !== null);
  const differences = new Map<string | null, Settled>();
  const add = (entry: LedgerEntry, sign: 1 | -1) => {
    const { settledCurrency, balanceTransaction } = entry;
    const { feeMinor, settledMinor } = differences.get(settledCurrency) ?? { feeMinor: 0, settledMinor: 0 };
    differences.set(settledCurrency, {
      settledCurrency,
      balanceTransaction,
      feeMinor: feeMinor + sign * (entry.feeMinor ?? 0),
      settledMinor: settledMinor + sign * (entry.settledMinor ?? 0),
    });
  };
  for (const entry of settled) add(entry, -1);
  add(wanted, 1);
  const ids = feeIds(standing, wanted.id);
  return [...differences.values()]
    .filter((it) => it.feeMinor !== 0 || it.settledMinor !== 0 || settled.length === 0)
    .sort((a, b) => ((a.settledCurrency ?? '') < (b.settledCurrency ?? '') ? -1 : 1))
    .map((difference) => ({ ...wanted, ...difference, id: ids.next().value!, amountMinor: 0 }));
}

type Settled = Pick<LedgerEntry, 'balanceTransaction' | 'settledCurrency'> & { settledMinor: number; feeMinor: number };

function* feeIds(standing: readonly LedgerEntry[], object: string): Generator<string, never> {
  if (!standing.some((entry) => entry.id === `${object}#fee`)) yield `${object}#fee`;
  for (let number = nextNumber(standing, `${object}#fee#`); ; number += 1) yield `${object}#fee#${number}`;
}

function nextNumber(standing: readonly LedgerEntry[], prefix: string): number {
  const numbers = standing
    .filter((entry) => entry.id.startsWith(prefix))
    .map((entry) => entry.id.slice(prefix.length))
    .filter((rest) => /^\d+$/.test(rest))
    .map(Number);
  return Math.max(0, ...numbers) + 1;
}

export interface LedgerSums {
  grossMinor: number;
  refundedMinor: number;
  disputedMinor: number;
  /** In `feeCurrency`, which is the settlement currency of the charge (of any entry while the charge's is unknown). */
  feeMinor: number;
  feeCurrency: string | null;
}

/**
 * What a payment's entries add up to, in the currency of its charge. refunded and disputed are positive when money went
 * back. An entry in another currency (a dispute can have one) stands for itself: it is not added.
 */
export function sumLedger(entries: readonly LedgerEntry[]): LedgerSums {
  const currency = entries.find((entry) => entry.kind === 'charge')?.currency ?? entries[0]?.currency;
  const total = (kind: LedgerEntry['kind']) =>
    entries
      .filter((entry) => entry.kind === kind && entry.currency === currency)
      .reduce((sum, entry) => sum + entry.amountMinor, 0);
  const withFee = entries
    .filter((entry) => entry.feeMinor !== null && entry.settledCurrency !== null)
    .sort((a, b) => rankForFee(a) - rankForFee(b) || (a.id < b.id ? -1 : 1));
  // An object's settlement that was taken back from one currency, because it turned out to be in another, adds up to nothing.
  const standing = withFee.find(({ id, settledCurrency }) => {
    const same = withFee.filter(
      (it) => it.settledCurrency === settledCurrency && moneyObjectOf(it.id) === moneyObjectOf(id),
    );
    return [same.map((it) => it.settledMinor ?? 0), same.map((it) => it.feeMinor ?? 0)].some(
      (amounts) => amounts.reduce((sum, amount) => sum + amount, 0) !== 0,
    );
  });
  const feeCurrency = (standing ?? withFee[0])?.settledCurrency ?? null;
  return {
    grossMinor: total('charge'),
    refundedMinor: 0 - total('refund'),
    disputedMinor: 0 - total('dispute'),
    feeMinor: withFee
      .filter((entry) => entry.settledCurrency === feeCurrency)
      .reduce((sum, entry) => sum + (entry.feeMinor ?? 0), 0),
    feeCurrency,
  };
}

/** As moneyObjectOf, together with what of it was settled in a second currency ('ch_1#gbp'). */
export function settledObjectOf(entryId: string): string {
  return moneyObjectOf(entryId).replace(/#[a-z]{3}$/, '');
}

/** The charge first; what of it was settled in a second currency after its main settlement. */
const rankForFee = ({ id, kind }: LedgerEntry) =>
  kind !== 'charge' ? 2 : settledObjectOf(id) === moneyObjectOf(id) ? 0 : 1;
