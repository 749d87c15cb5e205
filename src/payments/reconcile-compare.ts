import { moneyObjectOf } from '../core/ledger.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import type { ReconciledDay, Residual } from '../storage/records/records-history.ts';

/** A movement of the provider's balance, as far as comparing needs it. */
export interface BookRow {
  id: string;
  source: string | null;
  type: string;
  category: string;
  amountMinor: number;
  feeMinor: number;
  currency: string;
  createdAt: number;
}

const PAYMENT_TYPES = new Set([
  'charge',
  'payment',
  'refund',
  'payment_refund',
  'payment_failure_refund',
  'refund_failure',
  'payment_reversal',
]);
const PAYMENT_CATEGORIES = new Set([
  'charge',
  'charge_failure',
  'refund',
  'refund_failure',
  'partial_capture_reversal',
  'dispute',
  'dispute_reversal',
]);

/** Payouts, fees, transfers and reserves move the balance and are no payment. */
export function isPayment({ type, category }: Pick<BookRow, 'type' | 'category'>): boolean {
  return PAYMENT_TYPES.has(type) || PAYMENT_CATEGORIES.has(category);
}

const DAY_MS = 86_400_000;
const OBJECTS_SHOWN = 20;
export const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
export const startOfDay = (day: string) => Date.parse(`${day}T00:00:00Z`);
export const dayAfter = (day: string) => dayOf(startOfDay(day) + DAY_MS);

/** A money object whose movements and ledger entries do not add up to the same. */
export interface Difference {
  source: string;
  currency: string;
  /** Provider less ledger; of a 'fee_differs' the fee. */
  amountMinor: number;
  name: 'missing_in_ledger' | 'not_settled' | 'amount_differs' | 'fee_differs';
  rows: BookRow[];
}

/**
 * Compares per money object and not per movement: the ledger holds what an object came to, and an object can move the
 * balance several times, on several days (a failed charge, a dispute that is won). A difference belongs to the day of
 * the object's last movement, so that it is told once.
 *
 * @param rows the payment movements of the day
 * @param others movements of the same objects on other days
 */
export function differencesOf(
  rows: readonly BookRow[],
  others: readonly BookRow[],
  entries: readonly LedgerEntry[],
): Difference[] {
  const all = new Map([...others, ...rows].map((row) => [row.id, row]));
  const bySource = Map.groupBy(all.values(), sourceOf);
  const found: Difference[] = [];
  for (const [source, movements] of bySource) {
    const last = movements.reduce((a, b) => (b.createdAt > a.createdAt ? b : a));
    const isOfToday = rows.some((row) => sourceOf(row) === source && dayOf(row.createdAt) === dayOf(last.createdAt));
    if (!isOfToday) continue;
    const ids = new Set(movements.map((row) => row.id));
    const own = entries.filter(
      (entry) =>
        moneyObjectOf(entry.id) === source || (entry.balanceTransaction !== null && ids.has(entry.balanceTransaction)),
    );
    const settledIn = own.flatMap((entry) => entry.settledCurrency ?? []);
    for (const currency of new Set([...movements.map((row) => row.currency), ...settledIn])) {
      const moved = movements.filter((row) => row.currency === currency);
      const booked = own.filter((it) => it.settledCurrency === currency);
      const amountMinor = sum(moved.map((row) => row.amountMinor)) - sum(booked.map((it) => it.settledMinor ?? 0));
      const feeMinor = sum(moved.map((row) => row.feeMinor)) - sum(booked.map((it) => it.feeMinor ?? 0));
      // Where the amount is wrong, the fee is most likely wrong with it, and mends with it.
      if (amountMinor === 0 && feeMinor !== 0)
        found.push({ source, currency, amountMinor: feeMinor, name: 'fee_differs', rows: movements });
      if (amountMinor === 0) continue;
      const isSettled = own.some((entry) => entry.settledMinor !== null);
      const name = own.length === 0 ? 'missing_in_ledger' : isSettled ? 'amount_differs' : 'not_settled';
      found.push({ source, currency, amountMinor, name, rows: movements });
    }
  }
  return found;
}

/** Money objects of the ledger that no balance transaction stands behind, with what they came to. */
export function unsettledOf(candidates: readonly LedgerEntry[], entries: readonly LedgerEntry[]): LedgerEntry[] {
  const found: LedgerEntry[] = [];
  for (const object of new Set(candidates.map((entry) => moneyObjectOf(entry.id)))) {
    const own = entries.filter((entry) => moneyObjectOf(entry.id) === object);
    const amountMinor = sum(own.map((entry) => entry.amountMinor));
    if (amountMinor === 0 || own.some((entry) => entry.settledMinor !== null)) continue;
    found.push({ ...own[0]!, id: object, amountMinor });
  }
  return found;
}

/** Puts a day together: what the provider says, what the ledger says, and every difference by its name. */
export function composeDay(input: {
  connection: string;
  day: string;
  movements: readonly BookRow[];
  differences: readonly Difference[];
  unsettled: readonly LedgerEntry[];
  now: number;
}): ReconciledDay[] {
  const { connection, day, movements, differences, unsettled, now } = input;
  const residuals = [
    ...notPayments(
      day,
      movements.filter((row) => !isPayment(row)),
    ),
    ...differences.map((it): Residual => ({
      name: it.name,
      day,
      currency: it.currency,
      amountMinor: it.amountMinor,
      count: 1,
      type: it.rows.at(-1)?.type ?? null,
      objects: [it.source, ...it.rows.map((row) => row.id)].slice(0, OBJECTS_SHOWN),
      detail: DETAILS[it.name],
    })),
    ...unsettled.map((entry): Residual => ({
      name: 'not_settled',
      day,
      currency: entry.currency,
      amountMinor: 0 - entry.amountMinor,
      count: 1,
      type: null,
      objects: [entry.id],
      detail: `${DETAILS.not_settled}, for ${Math.max(0, Math.floor((now - entry.occurredAt) / DAY_MS))} days`,
    })),
  ];
  const currencies = new Set([...movements, ...residuals].map((it) => it.currency));
  return [...currencies].sort().map((currency) => {
    const own = residuals.filter((it) => it.currency === currency);
    const providerMinor = sum(movements.filter((it) => it.currency === currency).map((it) => it.amountMinor));
    const differing = own.filter((it) => it.name !== 'fee_differs');
    const ledgerMinor = providerMinor - sum(differing.map((it) => it.amountMinor));
    return { connection, day, currency, providerMinor, ledgerMinor, residuals: own, checkedAt: now };
  });
}

const DETAILS: Record<Difference['name'], string> = {
  missing_in_ledger: 'Stripe moved this money and no ledger entry stands for it',
  amount_differs: 'the ledger holds another settled amount than Stripe',
  fee_differs: 'the ledger holds another fee than Stripe',
  not_settled: 'the ledger holds it, and Stripe has not (yet) moved the balance for it',
};

function notPayments(day: string, rows: readonly BookRow[]): Residual[] {
  const groups = Map.groupBy(rows, (row) => `${row.currency} ${row.type}`);
  return [...groups.values()].map((group) => ({
    name: 'not_a_payment' as const,
    day,
    currency: group[0]!.currency,
    amountMinor: sum(group.map((row) => row.amountMinor)),
    count: group.length,
    type: group[0]!.type,
    objects: group.slice(0, OBJECTS_SHOWN).map((row) => row.id),
    detail: `${group[0]!.type} moves the balance and is no payment`,
  }));
}

/** A movement without a source stands for itself. */
export function sourceOf(row: Pick<BookRow, 'id' | 'source'>): string {
  return row.source ?? row.id;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
