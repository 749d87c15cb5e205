import { feeSharingOf, sharingOf } from '../../core/attribution/credits.ts';
import type { SharedEntry, Sharing } from '../../core/attribution/credits.ts';
import type { RuleModel } from '../../core/attribution/models.ts';
import { narrowedPath } from '../../core/attribution/path.ts';
import type { ModelSettings } from '../../core/attribution/settings.ts';
import { weightsOf } from '../../core/attribution/weights.ts';
import type { Weights } from '../../core/money.ts';
import type { Dimension } from '../../core/report.ts';
import {
  bitsPass,
  COUNTS_AS_AMOUNT,
  COUNTS_AS_FEE,
  COUNTS_AS_PAYMENT,
  COUNTS_AS_WORTH,
  ENTRY_KINDS,
  isOfTouch,
  namesPayers,
  standing,
  standingPath,
} from './paid-paths.ts';
import type { EntryCells, PaidPathCells, PaidPathsQuestion, PaidTouch } from './paid-paths.ts';
import { UNATTRIBUTED } from '../../core/report.ts';

/**
 * Credits of payments under settings that are not the site's, added up by label as they are computed. The parts come from
 * the functions that made the stored credits, so that both agree to the last minor unit when the settings do. All models
 * asked for are computed side by side: what does not depend on the model is found out once.
 */

/** What one label has under one model. The names of its numbers are those of the reports' measures. */
export interface Tally {
  labels: string[];
  gross: number;
  refunded: number;
  disputed: number;
  attributed: number;
  tax: number;
  fees: number;
  conversions: number;
  orders: number;
  order_amount: number;
  customers: Set<string>;
  newCustomers: Set<string>;
  /** What the payment that is being added gives to the label, until it is known whole. */
  paid: Paid | null;
}

interface Paid {
  credit: number;
  worth: number;
  counted: number;
}

/** Rows of an answer are bounded; what it is added up from is, too. */
export const MAX_LABELS = 200_000;

interface Entry extends SharedEntry {
  cells: EntryCells;
  taxMinor: number;
}

/** A list with something of each model asked for, in their order. */
type PerModel<T> = readonly T[];

/** What each touchpoint gets of an entry. Null: not asked for, or nothing. */
interface Shared {
  entry: Entry;
  amounts: PerModel<number[]> | null;
  taxes: PerModel<number[]> | null;
  fees: PerModel<number[]> | null;
}

export interface Tallies {
  total: Tally;
  rows: Tally[];
}

export function createTallies(question: PaidPathsQuestion, models: readonly RuleModel[], settings: ModelSettings) {
  const places = placesOf(question.dimensions);
  const touchLabels = places.filter(({ ofTouch }) => ofTouch).length;
  const counting: Counting = {
    question,
    models,
    places,
    namesPayers: namesPayers(question),
    passes: bitsPass(question.query.filters),
    totals: models.map(() => emptyTally([])),
    byLabel: new Map(),
  };
  const options = { ...settings, endsAt: 0 };

  function add(payment: PaidPathCells): void {
    const [entryCells, touchLists, unattributedBits, who, isFirst, total] = payment;
    const path = narrowedPath(standingPath(touchLists), options);
    const isAttributed = path.length > 0;
    const touches = isAttributed ? path : [unknownVisitor(unattributedBits, touchLabels)];
    const weights = models.map((model) => (isAttributed ? weightsOf(model, path, settings) : [1]));
    // Entries are shared together that are in their own money, and those that are said in one reporting currency.
    const groups = Map.groupBy(standing(entryCells).map(entryOf), (entry) => entry.cells[3]).values();
    const shared = [...groups].flatMap((group) => sharedGroup(question, group, weights));
    for (const one of shared) {
      const counts = one.entry.cells[9];
      if (counts & COUNTS_AS_AMOUNT) addAmounts(counting, one, touches, isAttributed);
      if (counts & COUNTS_AS_FEE) addFees(counting, one, touches);
    }
    if (total <= 0) return;
    const charges = shared.filter(({ entry }) => entry.cells[9] & (COUNTS_AS_PAYMENT | COUNTS_AS_WORTH));
    for (const ofCurrency of Map.groupBy(charges, ({ entry }) => entry.cells[4]).values()) {
      addPaid(counting, ofCurrency, touches, { who, isFirst, total });
    }
  }

  function talliesOf(model: RuleModel): Tallies {
    const at = models.indexOf(model);
    return { total: counting.totals[at]!, rows: [...counting.byLabel.values()].map((tallies) => tallies[at]!) };
  }

  return { add, talliesOf };
}

interface Counting {
  question: PaidPathsQuestion;
  models: readonly RuleModel[];
  places: readonly Place[];
  namesPayers: boolean;
  passes: (bits: number) => boolean;
  totals: PerModel<Tally>;
  byLabel: Map<string, PerModel<Tally>>;
}

/** The tallies that a credit counts in. */
function talliesAt(
  { byLabel, models, places }: Counting,
  ofEntry: readonly string[],
  touch: PaidTouch,
): PerModel<Tally> {
  const key = ofEntry.length === 0 ? touch.label : `${touch.label}\0${ofEntry.join('\0')}`;
  const known = byLabel.get(key);
  if (known) return known;
  if (byLabel.size === MAX_LABELS) throw new RangeError(`more than ${MAX_LABELS} rows`);
  const ofTouch = touch.label.split('\0');
  const labels = places.map((place) => (place.ofTouch ? ofTouch : ofEntry)[place.index]!);
  const fresh = models.map(() => emptyTally(labels));
  byLabel.set(key, fresh);
  return fresh;
}

function sharedGroup(question: PaidPathsQuestion, group: Entry[], weights: PerModel<Weights>): Shared[] {
  const by = (sharing: Sharing) => weights.map(sharing);
  const amounts = question.amounts || question.payments ? by(sharingOf(group)) : null;
  const taxed = question.amounts && group.some((entry) => entry.taxMinor !== 0);
  const taxes = taxed ? by(sharingOf(group.map((entry) => ({ ...entry, amountMinor: entry.taxMinor })))) : null;
  const fees = question.fees ? by(feeSharingOf(group)) : null;
  return group.map((entry) => {
    const partsIn = (shares: PerModel<Map<string, number[]>> | null) =>
      shares?.[0]!.has(entry.id) ? shares.map((ofModel) => ofModel.get(entry.id)!) : null;
    return { entry, amounts: partsIn(amounts), taxes: partsIn(taxes), fees: partsIn(fees) };
  });
}

const isNothing = (parts: PerModel<number[]> | null, position: number) =>
  parts === null || parts.every((ofModel) => ofModel[position] === 0);

function addAmounts(
  counting: Counting,
  { entry, amounts, taxes }: Shared,
  touches: readonly PaidTouch[],
  isAttributed: boolean,
): void {
  const {
    10: [bits = 0],
    11: [labels = []],
  } = entry.cells;
  touches.forEach((touch, position) => {
    if (!counting.passes(bits & touch.bits)) return;
    if (isNothing(amounts, position) && isNothing(taxes, position)) return;
    talliesAt(counting, labels, touch).forEach((tally, model) => {
      const amount = amounts?.[model]![position] ?? 0;
      const tax = taxes?.[model]![position] ?? 0;
      for (const one of [tally, counting.totals[model]!]) {
        if (entry.kind === 'charge') one.gross += amount;
        else if (entry.kind === 'refund') one.refunded -= amount;
        else one.disputed -= amount;
        if (isAttributed) one.attributed += amount;
        one.tax += tax;
      }
    });
  });
}

function addFees(counting: Counting, { entry, fees }: Shared, touches: readonly PaidTouch[]): void {
  const {
    10: [, bits = 0],
    11: [, labels = []],
  } = entry.cells;
  touches.forEach((touch, position) => {
    if (isNothing(fees, position) || !counting.passes(bits & touch.bits)) return;
    talliesAt(counting, labels, touch).forEach((tally, model) => {
      const fee = fees![model]![position]!;
      tally.fees += fee;
      counting.totals[model]!.fees += fee;
    });
  });
}

/**
 * What a payment's charges give to each label is added up first: shares are of its charges together.
 * @param charges in one currency
 */
function addPaid(
  counting: Counting,
  charges: readonly Shared[],
  touches: readonly PaidTouch[],
  payment: { who: string; isFirst: number; total: number },
): void {
  const given: { tally: Tally; model: number }[] = [];
  for (const { entry, amounts } of charges) {
    const {
      9: counts,
      10: [, , bits = 0],
      11: [, , labels = []],
    } = entry.cells;
    touches.forEach((touch, position) => {
      if (!counting.passes(bits & touch.bits)) return;
      talliesAt(counting, labels, touch).forEach((tally, model) => {
        const amount = amounts?.[model]![position] ?? 0;
        if (tally.paid === null) given.push({ tally, model });
        const paid = (tally.paid ??= { credit: 0, worth: 0, counted: 0 });
        if (counts & COUNTS_AS_PAYMENT) paid.credit += amount;
        if (counts & COUNTS_AS_WORTH) {
          paid.worth += amount;
          paid.counted += 1;
        }
      });
    });
  }
  for (const { tally, model } of given) countPaid(counting, tally, counting.totals[model]!, payment);
}

/** As paymentRows in report-money.ts has it: who was given nothing by a payment did not bring it. */
function countPaid(
  { question, namesPayers }: Counting,
  tally: Tally,
  inTotal: Tally,
  { who, isFirst, total }: { who: string; isFirst: number; total: number },
): void {
  const { credit, worth, counted } = tally.paid!;
  tally.paid = null;
  if (credit === 0 || (question.scope === 'unconverted' && counted === 0)) return;
  for (const one of [tally, inTotal]) {
    one.conversions += credit / total;
    if (namesPayers) one.customers.add(who);
    if (namesPayers && isFirst === 1) one.newCustomers.add(who);
    if (counted === 0) continue;
    one.orders += credit / total;
    one.order_amount += worth;
  }
}

interface Place {
  ofTouch: boolean;
  index: number;
}

/** Which of its two label lists holds each dimension of the question. */
function placesOf(dimensions: readonly Dimension[]): Place[] {
  const next = { touch: 0, entry: 0 };
  return dimensions.map((dimension) => {
    const ofTouch = isOfTouch(dimension);
    return { ofTouch, index: ofTouch ? next.touch++ : next.entry++ };
  });
}

function unknownVisitor(bits: number, dimensions: number): PaidTouch {
  const label = Array.from({ length: dimensions }, () => UNATTRIBUTED).join('\0');
  return { occurredAt: 0, source: '', channel: '', medium: '', campaign: '', bits, label };
}

/** A row that says an entry in the reporting currency is in it, whatever was paid and settled. */
function entryOf(cells: EntryCells): Entry {
  const [id, kind, atMs, money, currency, amountMinor, feeCurrency, fee, taxMinor] = cells;
  return {
    id,
    kind: ENTRY_KINDS[kind]!,
    amountMinor,
    currency: money === '' ? currency : money,
    occurredAt: atMs,
    settledCurrency: money === '' ? feeCurrency : money,
    feeMinor: feeCurrency === '' ? null : fee,
    taxMinor,
    cells,
  };
}

export function emptyTally(labels: string[]): Tally {
  const money = { gross: 0, refunded: 0, disputed: 0, attributed: 0, tax: 0, fees: 0 };
  const counts = { conversions: 0, orders: 0, order_amount: 0, customers: new Set<string>() };
  return { labels, ...money, ...counts, newCustomers: new Set<string>(), paid: null };
}

/** Two labels that are called one: sums add up, and who is in both counts once. */
export function addTally(into: Tally, from: Tally): void {
  for (const name of SUMS) into[name] += from[name];
  for (const who of from.customers) into.customers.add(who);
  for (const who of from.newCustomers) into.newCustomers.add(who);
}
const SUMS = [
  'gross',
  'refunded',
  'disputed',
  'attributed',
  'tax',
  'fees',
  'conversions',
  'orders',
  'order_amount',
] as const;

export function measuresOfTally(tally: Tally): Record<string, number> {
  const { labels: _, paid: __, customers, newCustomers, ...sums } = tally;
  const revenue = tally.gross - tally.refunded - tally.disputed;
  const counted = { ...sums, revenue, customers: customers.size, new_customers: newCustomers.size };
  return Object.fromEntries(Object.entries(counted).map(([name, value]) => [name, value === 0 ? 0 : value]));
}
