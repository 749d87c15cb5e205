import { inLedgerOrder, settledObjectOf } from './ledger.ts';
import type { LedgerEntry } from './ledger.ts';
import { findRate, minorRatio, rateDay, timesRatio } from './rates.ts';
import type { Ratio, RateTable } from './rates.ts';

/**
 * Ledger entries in the site's reporting currency, by the first of these that applies:
 * 1. the entry is in it; 2. the provider settled the entry's money object in it; 3. it settled the payment's charge in it,
 * and has not said yet how it settled this refund or dispute; 4. a dated rate of the entry's day, which entries of one
 * object that add up to nothing on that day do not need. What none applies to is not converted: it stays apart.
 *
 * Invariants: the entries of an object that was settled in the reporting currency add up to what was settled; whatever
 * corrections an object's amount went through, it converts to the same sum on every day.
 */

export interface ConvertedEntry {
  entry: LedgerEntry;
  /** How the amount was converted; null: it was not. */
  amount: ConvertedAmount | null;
  /** The fee, which is in the settlement currency; null: none is known, or it was not converted. */
  fee: ConvertedAmount | null;
}
export interface ConvertedAmount {
  amountMinor: number;
  by: 'same' | 'settlement' | 'charge' | 'rate';
  /**
   * A balance transaction's id, or the rates that were used ('2026-11-02 eur/usd 1.0931'); '' when it is the same, or adds
   * up to nothing without a rate.
   */
  evidence: string;
}

/** True when at least one amount or fee is in another currency: only then are rates needed. */
export function needsExchange(entries: readonly LedgerEntry[], to: string): boolean {
  return entries.some((entry) => entry.currency !== to || (entry.feeMinor !== null && entry.settledCurrency !== to));
}

/** @param entries all of one payment, in any order. @returns one for each, in the order (occurredAt, id) */
export function convertEntries(entries: readonly LedgerEntry[], to: string, rates: RateTable): ConvertedEntry[] {
  const ordered = inLedgerOrder(entries);
  const objects = withReleases([...Map.groupBy(ordered, (entry) => settledObjectOf(entry.id)).values()]);
  const amounts = new Map<string, ConvertedAmount>();
  const fees = new Map<string, ConvertedAmount>();
  for (const entry of ordered) {
    if (entry.currency === to) amounts.set(entry.id, { amountMinor: entry.amountMinor, by: 'same', evidence: '' });
  }
  for (const object of objects) bySettlement(object, to, amounts);
  byCharge(ordered, objects, to, amounts);
  byRate(ordered, (entry) => ({ minor: entry.amountMinor, currency: entry.currency }), { to, rates }, amounts);
  const withFee = ordered.filter((entry) => entry.feeMinor !== null && entry.settledCurrency !== null);
  for (const entry of withFee) {
    if (entry.settledCurrency === to) fees.set(entry.id, { amountMinor: entry.feeMinor!, by: 'same', evidence: '' });
  }
  for (const object of objects) feesBySettlement(object, to, fees);
  byRate(withFee, (entry) => ({ minor: entry.feeMinor!, currency: entry.settledCurrency! }), { to, rates }, fees);
  return ordered.map((entry) => ({
    entry,
    amount: amounts.get(entry.id) ?? null,
    fee: fees.get(entry.id) ?? null,
  }));
}

/**
 * The rest of a partial capture is settled as a refund, which the ledger counts as none: together with the charge, which
 * is settled as a whole, it is what the captured amount came to.
 */
function withReleases(objects: LedgerEntry[][]): LedgerEntry[][] {
  const charge = objects.find((object) => object[0]!.kind === 'charge');
  const isRelease = (object: LedgerEntry[]) =>
    object[0]!.kind === 'refund' &&
    sum(object, (entry) => entry.amountMinor) === 0 &&
    sum(object, (entry) => entry.settledMinor) < 0;
  const releases = charge === undefined ? [] : objects.filter(isRelease);
  if (releases.length === 0) return objects;
  const whole = inLedgerOrder([...charge!, ...releases.flat()]);
  return [whole, ...objects.filter((object) => object !== charge && !releases.includes(object))];
}

type Amounts = Map<string, ConvertedAmount>;

const sum = (entries: readonly LedgerEntry[], minor: (entry: LedgerEntry) => number | null) =>
  entries.reduce((total, entry) => total + (minor(entry) ?? 0), 0);

/** The one currency all known balance transactions of an object are in; null when none is known, or they are in several. */
function settledIn(object: readonly LedgerEntry[]): string | null {
  const currencies = new Set(object.filter((it) => it.settledMinor !== null).map((it) => it.settledCurrency));
  return currencies.size === 1 ? [...currencies][0]! : null;
}

function bySettlement(object: readonly LedgerEntry[], to: string, amounts: Amounts): void {
  const foreign = object.filter((entry) => entry.currency !== to);
  if (foreign.length === 0 || settledIn(object) !== to) return;
  const evidence = evidenceOf(object);
  const put = (entry: LedgerEntry, amountMinor: number) =>
    amounts.set(entry.id, { amountMinor, by: 'settlement', evidence });
  // Where an object's currency was corrected, the entries in the one that was wrong add up to nothing.
  const groups = [...Map.groupBy(foreign, (entry) => entry.currency).values()];
  const standing = groups.filter((group) => sum(group, (entry) => entry.amountMinor) !== 0);
  if (standing.length > 1) return;
  const [stands] = standing;
  const own = object.filter((entry) => entry.currency === to);
  if (!stands) {
    // Amounts that add up to nothing have no ratio to what was settled: each entry is what its own settlement says. So
    // a payment that came back by another exchange rate leaves the difference, as it did in the balance.
    for (const entry of foreign) put(entry, own.length === 0 ? (entry.settledMinor ?? 0) : 0);
    return;
  }
  const settled = sum(object, (entry) => entry.settledMinor) - sum(own, (entry) => entry.amountMinor);
  const ratio = { above: BigInt(settled), below: BigInt(sum(stands, (entry) => entry.amountMinor)) };
  const parts = cumulatively(stands, (entry) => entry.amountMinor, ratio);
  if (parts === null) return;
  for (const entry of foreign) put(entry, parts.get(entry.id) ?? 0);
}

/** Refunds and disputes whose own settlement is not known yet go back by the rate at which their charge came. */
function byCharge(
  ordered: readonly LedgerEntry[],
  objects: readonly LedgerEntry[][],
  to: string,
  amounts: Amounts,
): void {
  const charge = objects.find((object) => object[0]!.kind === 'charge');
  if (!charge || settledIn(charge) !== to) return;
  const currencies = new Set(charge.map((entry) => entry.currency));
  const charged = sum(charge, (entry) => entry.amountMinor);
  const settled = sum(charge, (entry) => entry.settledMinor);
  if (currencies.size !== 1 || currencies.has(to) || charged === 0) return;
  const unsettled = new Set(objects.filter((it) => it.every((entry) => entry.settledMinor === null)).flat());
  const waiting = ordered.filter(
    (it) => it.kind !== 'charge' && unsettled.has(it) && currencies.has(it.currency) && !amounts.has(it.id),
  );
  const parts = cumulatively(waiting, (entry) => entry.amountMinor, { above: BigInt(settled), below: BigInt(charged) });
  for (const [id, amountMinor] of parts ?? []) {
    amounts.set(id, { amountMinor, by: 'charge', evidence: evidenceOf(charge) });
  }
}

/** A payment in the reporting currency that was settled in another: its fees come back by the rate the provider used. */
function feesBySettlement(object: readonly LedgerEntry[], to: string, fees: Amounts): void {
  const settled = settledIn(object);
  if (settled === null || settled === to || object.some((entry) => entry.currency !== to)) return;
  const ratio = {
    above: BigInt(sum(object, (entry) => entry.amountMinor)),
    below: BigInt(sum(object, (entry) => entry.settledMinor)),
  };
  if (ratio.above * ratio.below <= 0n) return;
  const withFee = object.filter((entry) => entry.feeMinor !== null);
  for (const [id, amountMinor] of cumulatively(withFee, (entry) => entry.feeMinor!, ratio) ?? []) {
    fees.set(id, { amountMinor, by: 'settlement', evidence: evidenceOf(object) });
  }
}

const NOTHING: Ratio = { above: 0n, below: 1n };

/** What is left, by the rate of its day: an object's corrections of one day together, so that they round as one amount. */
function byRate(
  ordered: readonly LedgerEntry[],
  moneyOf: (entry: LedgerEntry) => { minor: number; currency: string },
  { to, rates }: { to: string; rates: RateTable },
  amounts: Amounts,
): void {
  const left = ordered.filter((entry) => !amounts.has(entry.id));
  const keyOf = (entry: LedgerEntry) =>
    `${settledObjectOf(entry.id)} ${moneyOf(entry).currency} ${rateDay(entry.occurredAt)}`;
  for (const group of Map.groupBy(left, keyOf).values()) {
    const { currency } = moneyOf(group[0]!);
    const rate = findRate(currency, to, rateDay(group[0]!.occurredAt), rates);
    // A refund that was heard of before it was itemised is taken back: no rate is missed for money that did not move.
    const isNothing = group.length > 1 && group.reduce((total, entry) => total + moneyOf(entry).minor, 0) === 0;
    const ratio = rate ? minorRatio(rate, currency, to) : isNothing ? NOTHING : null;
    const parts = ratio && cumulatively(group, (entry) => moneyOf(entry).minor, ratio);
    for (const [id, amountMinor] of parts ?? []) {
      amounts.set(id, { amountMinor, by: 'rate', evidence: rate?.evidence ?? '' });
    }
  }
}

/**
 * Each entry's part of (running total × ratio): the parts add up to the rounded whole, and to the rounded total at every
 * moment. Null when a result is no safe integer.
 */
function cumulatively(
  ordered: readonly LedgerEntry[],
  minor: (entry: LedgerEntry) => number,
  ratio: Ratio,
): Map<string, number> | null {
  const positive = ratio.below < 0n ? { above: -ratio.above, below: -ratio.below } : ratio;
  const parts = new Map<string, number>();
  let total = 0;
  let before = 0;
  for (const entry of ordered) {
    total += minor(entry);
    const after = timesRatio(total, positive);
    if (after === null) return null;
    parts.set(entry.id, after - before);
    before = after;
  }
  return parts;
}

function evidenceOf(object: readonly LedgerEntry[]): string {
  return (
    object.find((entry) => entry.settledMinor !== null && entry.balanceTransaction !== null)?.balanceTransaction ?? ''
  );
}
