import type { ConvertedAmount, ConvertedEntry } from '../exchange.ts';
import { inLedgerOrder } from '../ledger.ts';
import type { LedgerEntry } from '../ledger.ts';
import { splitByLargestRemainder } from '../money.ts';
import type { Weights } from '../money.ts';
import type { Payment } from '../payment.ts';
import { timesRatio } from '../rates.ts';
import type { Touchpoint } from '../touchpoint.ts';
import type { CreditRow } from './credit.ts';
import { RULE_MODELS } from './models.ts';
import type { RuleModel } from './models.ts';
import { DEFAULT_MODEL_SETTINGS } from './settings.ts';
import type { ModelSettings } from './settings.ts';
import { weightsOf } from './weights.ts';

/** What of an entry decides how it is shared. */
export type SharedEntry = Pick<
  LedgerEntry,
  'id' | 'kind' | 'amountMinor' | 'currency' | 'occurredAt' | 'feeMinor' | 'settledCurrency'
>;

/** Amounts of entries by their ids, each in the order of the path whose weights are given. */
export type Sharing = (weights: Weights) => Map<string, number[]>;

/**
 * Shares all ledger entries of one payment among the touchpoints of its path.
 *
 * Charges (and their corrections) are split by the model's weights; refunds and disputes take back from what the charges
 * gave, in the order (created, id). Both are cumulative: an entry's share is the split of the running total with it
 * minus the split without it. So the parts of every entry add up to its amount, and when everything was taken back
 * nothing is left at any touchpoint, however many partial refunds led there. A consequence: one small partial refund
 * may give a touchpoint a unit back that the one before had taken too many.
 *
 * @returns how they are shared, for the weights of any model (weights.ts)
 */
export function sharingOf(entries: readonly SharedEntry[]): Sharing {
  const ordered = inLedgerOrder(entries);
  const charges = ordered.filter((entry) => entry.kind === 'charge');
  const reversals = ordered.filter((entry) => entry.kind !== 'charge');
  // A dispute can be in another currency than its charge; what was taken back so far adds up within one.
  const byCurrency = [...Map.groupBy(reversals, (entry) => entry.currency).values()];
  return (weights) => {
    const shares = new Map<string, number[]>();
    const original = shareCumulatively(charges, weights, shares);
    // A refund can be booked before its charge is known: it then follows the model's own weights, and once the charge
    // arrives everything is shared again.
    const taken = original.some((amount) => amount !== 0) ? original.map(Math.abs) : weights;
    for (const ofCurrency of byCurrency) shareCumulatively(ofCurrency, taken, shares);
    return shares;
  };
}

/**
 * Shares the fees of all entries: by the model's weights, per settlement currency, cumulatively like amounts. A fee that
 * comes back (a dispute won) is taken from where it was laid. An entry without a known fee has no parts.
 */
export function feeSharingOf(entries: readonly SharedEntry[]): Sharing {
  const known = inLedgerOrder(entries).filter((entry) => entry.feeMinor !== null);
  const byCurrency = [...Map.groupBy(known, (entry) => entry.settledCurrency).values()].map((ofCurrency) =>
    ofCurrency.map((entry) => ({ id: entry.id, amountMinor: entry.feeMinor! })),
  );
  return (weights) => {
    const shares = new Map<string, number[]>();
    for (const ofCurrency of byCurrency) shareCumulatively(ofCurrency, weights, shares);
    return shares;
  };
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
    const after = timesRatio(taxMinor, { above: BigInt(standing), below: BigInt(grossMinor) }) ?? 0;
    const amountMinor = after - taxed;
    taxed = after;
    return { ...entry, amountMinor };
  });
}

/** What was paid, then what was taken back. */
function inReversalOrder(entries: readonly LedgerEntry[]): LedgerEntry[] {
  const ordered = inLedgerOrder(entries);
  const isCharge = (entry: LedgerEntry) => entry.kind === 'charge';
  return [...ordered.filter(isCharge), ...ordered.filter((entry) => !isCharge(entry))];
}

/** Adds each entry's shares to `shares`; returns the split of the whole. */
function shareCumulatively(
  entries: readonly Pick<LedgerEntry, 'id' | 'amountMinor'>[],
  weights: Weights,
  shares: Map<string, number[]>,
): number[] {
  let totalMinor = 0;
  let before: number[] = [];
  for (const entry of entries) {
    totalMinor += entry.amountMinor;
    const after = splitByLargestRemainder(totalMinor, weights);
    const previous = before;
    shares.set(
      entry.id,
      after.map((amount, index) => amount - (previous[index] ?? 0)),
    );
    before = after;
  }
  return before;
}

/** A payment's entries in the site's reporting currency. */
export interface Conversion {
  to: string;
  entries: readonly ConvertedEntry[];
}

/**
 * The credit rows of an attributed payment: one per (entry, touchpoint), all models beside each other; and one more for
 * each entry that was converted, shared by the same functions, so that its credits add up to the converted amount too.
 */
export function creditRows(
  payment: Payment,
  entries: readonly LedgerEntry[],
  path: readonly Touchpoint[],
  conversion: Conversion | null = null,
  settings: ModelSettings = DEFAULT_MODEL_SETTINGS,
): CreditRow[] {
  const weights = ofModels((model) => weightsOf(model, path, settings));
  const own = partsOf(payment, entries, weights);
  const isConverted = convertedFields(conversion);
  const rows = inLedgerOrder(entries).flatMap((entry) => {
    const parts = own(entry.id);
    return path.map((touchpoint, position): CreditRow => ({
      ...rowOf(payment, entry),
      position,
      touchpoint,
      ...parts(position),
      ...isConverted(entry.id),
    }));
  });
  if (conversion === null) return rows;
  const said = entriesSaid(conversion);
  const converted = partsOf(taxedIn(payment, entries, conversion), said, weights);
  const further = said.flatMap(({ id, amountMinor, feeMinor }) => {
    const parts = converted(id);
    return path.map((touchpoint, position): CreditRow => {
      const { amounts, fees, taxes } = parts(position);
      return {
        ...rowOf(payment, ledgerEntryOf(conversion, id)),
        position,
        touchpoint,
        amounts,
        ...(feeMinor === null ? {} : { fees }),
        taxes,
        money: conversion.to,
        wholeMinor: amountMinor,
      };
    });
  });
  return [...rows, ...further];
}

function rowOf(payment: Payment, entry: LedgerEntry) {
  return { site: payment.site, mode: payment.mode, payment, entry, reason: '', sign: 1 as const };
}

/** Entry → position in the path → what every model gives there. */
function partsOf(payment: Payment, entries: readonly LedgerEntry[], weights: Record<RuleModel, Weights>) {
  const taxed = taxEntries(payment, entries);
  const sharings = { amounts: sharingOf(entries), fees: feeSharingOf(entries), taxes: sharingOf(taxed) };
  const shares = ofWeights(weights, (ofModel) => ({
    amounts: sharings.amounts(ofModel),
    fees: sharings.fees(ofModel),
    taxes: sharings.taxes(ofModel),
  }));
  return (id: string) => {
    const parts = (what: keyof typeof sharings) => {
      const lists = ofModels((model) => shares[model][what].get(id));
      return (position: number) => ofModels((model) => lists[model]?.[position] ?? 0);
    };
    const [amounts, fees, taxes] = [parts('amounts'), parts('fees'), parts('taxes')];
    return (position: number) => ({ amounts: amounts(position), fees: fees(position), taxes: taxes(position) });
  };
}

/** Several models weigh a path alike: what follows from the weights is computed once. */
function ofWeights<T>(weights: Record<RuleModel, Weights>, compute: (weights: Weights) => T) {
  const computed: { weights: Weights; result: T }[] = [];
  return ofModels((model): T => {
    const own = weights[model];
    const known = computed.find(({ weights: others }) => isSameWeights(own, others));
    if (known) return known.result;
    const result = compute(own);
    computed.push({ weights: own, result });
    return result;
  });
}

function isSameWeights(some: Weights, others: Weights): boolean {
  if ('near' in some || 'near' in others) return some === others;
  return some.every((weight, index) => weight === others[index]);
}

/** Written out: made from a list, these objects were a third of the time that crediting takes. */
function ofModels<T>(of: (model: RuleModel) => T): Record<RuleModel, T> {
  return {
    first_touch: of('first_touch'),
    last_touch: of('last_touch'),
    last_non_direct: of('last_non_direct'),
    linear: of('linear'),
    position_based: of('position_based'),
    time_decay: of('time_decay'),
    custom: of('custom'),
  };
}

/** Entries as they are said in the reporting currency: those whose amount or fee was converted; 0 for what was not. */
function entriesSaid({ to, entries }: Conversion): LedgerEntry[] {
  return entries.flatMap(({ entry, amount, fee }) => {
    const amountMinor = isFurther(amount) ? amount.amountMinor : null;
    const feeMinor = isFurther(fee) ? fee.amountMinor : null;
    if (amountMinor === null && feeMinor === null) return [];
    return [{ ...entry, amountMinor: amountMinor ?? 0, currency: to, feeMinor, settledCurrency: to }];
  });
}

/** Converted, and not the same already: what is in the reporting currency stands on the entry's own row. */
function isFurther(amount: ConvertedAmount | null): amount is ConvertedAmount {
  return amount !== null && amount.by !== 'same';
}

function ledgerEntryOf({ entries }: Conversion, id: string): LedgerEntry {
  return entries.find((it) => it.entry.id === id)!.entry;
}

/** What an entry's own row says of the further one. */
function convertedFields(conversion: Conversion | null) {
  const fields = new Map<string, Pick<CreditRow, 'convertedTo' | 'feesConvertedTo'>>();
  for (const { entry, amount, fee } of conversion?.entries ?? []) {
    fields.set(entry.id, {
      ...(isFurther(amount) ? { convertedTo: conversion!.to } : {}),
      ...(isFurther(fee) ? { feesConvertedTo: conversion!.to } : {}),
    });
  }
  return (id: string) => fields.get(id) ?? {};
}

/** The payment with its tax in the reporting currency: the same share of the converted charge as of the charge. */
function taxedIn(payment: Payment, entries: readonly LedgerEntry[], conversion: Conversion): Payment {
  const charged = (of: readonly LedgerEntry[], currency: string) =>
    of
      .filter((it) => it.kind === 'charge' && it.currency === currency)
      .reduce((sum, it) => sum + BigInt(it.amountMinor), 0n);
  const gross = charged(entries, payment.currency);
  const converted = charged(entriesSaid(conversion), conversion.to);
  const taxMinor = gross <= 0n ? null : timesRatio(payment.taxMinor ?? 0, { above: converted, below: gross });
  return { ...payment, currency: conversion.to, taxMinor };
}

/** The rows of a payment without a known visitor: the whole of each entry, under every model, and why. */
export function unattributedRows(
  payment: Payment,
  entries: readonly LedgerEntry[],
  reason: string,
  conversion: Conversion | null = null,
): CreditRow[] {
  const isConverted = convertedFields(conversion);
  const wholes = (taxes: Map<string, number>, entry: LedgerEntry) => ({
    position: -1,
    touchpoint: null,
    reason,
    amounts: ofModels(() => entry.amountMinor),
    fees: ofModels(() => entry.feeMinor ?? 0),
    taxes: ofModels(() => taxes.get(entry.id) ?? 0),
  });
  const taxesOf = (taxed: Payment, of: readonly LedgerEntry[]) =>
    new Map(taxEntries(taxed, of).map((entry) => [entry.id, entry.amountMinor]));
  const taxes = taxesOf(payment, entries);
  const rows = inLedgerOrder(entries).map((entry): CreditRow => ({
    ...rowOf(payment, entry),
    ...wholes(taxes, entry),
    ...isConverted(entry.id),
  }));
  if (conversion === null) return rows;
  const said = entriesSaid(conversion);
  const convertedTaxes = taxesOf(taxedIn(payment, entries, conversion), said);
  const further = said.map((entry): CreditRow => {
    const { fees, ...whole } = wholes(convertedTaxes, entry);
    return {
      ...rowOf(payment, ledgerEntryOf(conversion, entry.id)),
      ...whole,
      ...(entry.feeMinor === null ? {} : { fees }),
      money: conversion.to,
      wholeMinor: entry.amountMinor,
    };
  });
  return [...rows, ...further];
}

/** Model → amounts in the order of the path, each list summing to the payment's revenue; {} when unattributed. */
export function creditsByTouchpoint(rows: readonly CreditRow[]): Partial<Record<RuleModel, number[]>> {
  const attributed = rows.filter((row) => row.position >= 0);
  if (attributed.length === 0) return {};
  const length = attributed.reduce((longest, row) => Math.max(longest, row.position + 1), 0);
  const credits: Partial<Record<RuleModel, number[]>> = {};
  for (const model of RULE_MODELS) credits[model] = Array.from({ length }, () => 0);
  for (const { money, entry, payment, position, amounts } of attributed) {
    if (money !== undefined || entry.currency !== payment.currency) continue;
    for (const model of RULE_MODELS) credits[model]![position]! += amounts[model];
  }
  return credits;
}

/** The touchpoints that hold the credits, in the order of the amounts. */
export function creditedPath(rows: readonly CreditRow[]): Touchpoint[] {
  const path: Touchpoint[] = [];
  for (const row of rows) if (row.touchpoint) path[row.position] = row.touchpoint;
  return path;
}
