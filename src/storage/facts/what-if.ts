import { shareEntries, shareFees } from '../../core/attribution/credits.ts';
import type { RuleModel } from '../../core/attribution/models.ts';
import { narrowedPath } from '../../core/attribution/path.ts';
import type { ModelSettings } from '../../core/attribution/settings.ts';
import { weightsOf } from '../../core/attribution/weights.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
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
 * the functions that made the stored credits, so that both agree to the last minor unit when the settings do.
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
}

/** Rows of an answer are bounded; what it is added up from is, too. */
export const MAX_LABELS = 200_000;

interface Entry extends LedgerEntry {
  cells: EntryCells;
  taxMinor: number;
}

export interface Tallies {
  total: Tally;
  byLabel: Map<string, Tally>;
}

export function createTallies(question: PaidPathsQuestion, models: readonly RuleModel[], settings: ModelSettings) {
  const tallies = new Map<RuleModel, Tallies>(models.map((model) => [model, emptyTallies()]));
  const places = placesOf(question.dimensions);
  const counting: Counting = {
    question,
    places,
    onlyTouches: places.every(({ ofTouch }) => ofTouch),
    namesPayers: namesPayers(question),
    passes: bitsPass(question.query.filters),
  };
  const touchLabels = places.filter(({ ofTouch }) => ofTouch).length;

  function add(payment: PaidPathCells): void {
    const [entryCells, touchLists, unattributedBits, who, isFirst, total] = payment;
    const groups = Map.groupBy(standing(entryCells).map(entryOf), (entry) => entry.cells[3]);
    const path = narrowedPath(standingPath(touchLists), { ...settings, endsAt: 0 });
    const isAttributed = path.length > 0;
    const touches = isAttributed ? path : [unknownVisitor(unattributedBits, touchLabels)];
    for (const model of models) {
      const weights = isAttributed ? weightsOf(model, path, settings) : [1n];
      const into = tallies.get(model)!;
      const paid = new Map<string, Paid>();
      for (const group of groups.values()) addGroup(counting, { group, weights, touches, isAttributed, into, paid });
      if (total > 0) for (const one of paid.values()) addPaid(counting, one, { who, isFirst, total, into });
    }
  }

  return { add, tallies };
}

interface Counting {
  question: PaidPathsQuestion;
  places: readonly Place[];
  onlyTouches: boolean;
  namesPayers: boolean;
  passes: (bits: number) => boolean;
}

/** The tally that a credit counts in. */
function tallyOf(counting: Counting, { byLabel }: Tallies, entryLabels: readonly string[], touch: PaidTouch): Tally {
  const key = counting.onlyTouches ? touch.label : labelsOf(counting, entryLabels, touch).join('\0');
  const known = byLabel.get(key);
  if (known) return known;
  if (byLabel.size === MAX_LABELS) throw new RangeError(`more than ${MAX_LABELS} rows`);
  const fresh = emptyTally(labelsOf(counting, entryLabels, touch));
  byLabel.set(key, fresh);
  return fresh;
}

function labelsOf({ places }: Counting, entryLabels: readonly string[], touch: PaidTouch): string[] {
  const ofTouch = touch.label.split('\0');
  return places.map((place) => (place.ofTouch ? ofTouch : entryLabels)[place.index]!);
}

/** Entries that are shared together: those in their own money, or those said in one reporting currency. */
interface Group {
  group: Entry[];
  weights: bigint[];
  touches: PaidTouch[];
  isAttributed: boolean;
  into: Tallies;
  paid: Map<string, Paid>;
}

type Shares = Map<string, number[]> | null;

function addGroup(counting: Counting, of: Group): void {
  const { group, weights } = of;
  const { amounts: hasAmounts, fees: hasFees, payments: hasPayments } = counting.question;
  const amounts = hasAmounts || hasPayments ? shareEntries(weights, group) : null;
  const taxed = hasAmounts && group.some((entry) => entry.taxMinor !== 0);
  const taxes = taxed ? shareEntries(weights, group.map(asTax)) : null;
  const fees = hasFees ? shareFees(weights, group) : null;
  for (const entry of group) {
    const counts = entry.cells[9];
    if (counts & COUNTS_AS_AMOUNT) addAmounts(counting, of, entry, { amounts, taxes });
    if (counts & COUNTS_AS_FEE) addFees(counting, of, entry, fees);
    if (counts & (COUNTS_AS_PAYMENT | COUNTS_AS_WORTH)) noteCharge(counting, of, entry, amounts);
  }
}

function addAmounts(
  counting: Counting,
  { touches, into, isAttributed }: Group,
  entry: Entry,
  { amounts, taxes }: { amounts: Shares; taxes: Shares },
): void {
  const {
    10: [bits = 0],
    11: [labels = []],
  } = entry.cells;
  for (const [position, touch] of touches.entries()) {
    if (!counting.passes(bits & touch.bits)) continue;
    const amount = amounts?.get(entry.id)?.[position] ?? 0;
    const tax = taxes?.get(entry.id)?.[position] ?? 0;
    if (amount === 0 && tax === 0) continue;
    for (const tally of [tallyOf(counting, into, labels, touch), into.total]) {
      if (entry.kind === 'charge') tally.gross += amount;
      else if (entry.kind === 'refund') tally.refunded -= amount;
      else tally.disputed -= amount;
      if (isAttributed) tally.attributed += amount;
      tally.tax += tax;
    }
  }
}

function addFees(counting: Counting, { touches, into }: Group, entry: Entry, fees: Shares): void {
  const {
    10: [, bits = 0],
    11: [, labels = []],
  } = entry.cells;
  for (const [position, touch] of touches.entries()) {
    const fee = fees?.get(entry.id)?.[position] ?? 0;
    if (fee === 0 || !counting.passes(bits & touch.bits)) continue;
    tallyOf(counting, into, labels, touch).fees += fee;
    into.total.fees += fee;
  }
}

/** What a payment gives to each label is added up first: shares are of its charges together. */
function noteCharge(counting: Counting, { touches, into, paid }: Group, entry: Entry, amounts: Shares): void {
  const {
    4: paidIn,
    9: counts,
    10: [, , bits = 0],
    11: [, , labels = []],
  } = entry.cells;
  for (const [position, touch] of touches.entries()) {
    if (!counting.passes(bits & touch.bits)) continue;
    const amount = amounts?.get(entry.id)?.[position] ?? 0;
    const tally = tallyOf(counting, into, labels, touch);
    const key = `${tally.labels.join('\0')}\0${paidIn}`;
    const sums = paid.get(key) ?? { tally, credit: 0, worth: 0, counted: 0 };
    if (counts & COUNTS_AS_PAYMENT) sums.credit += amount;
    if (counts & COUNTS_AS_WORTH) {
      sums.worth += amount;
      sums.counted += 1;
    }
    paid.set(key, sums);
  }
}

/** As paymentRows in report-money.ts has it: who was given nothing by a payment did not bring it. */
function addPaid(
  { question, namesPayers }: Counting,
  { tally, credit, worth, counted }: Paid,
  { who, isFirst, total, into }: { who: string; isFirst: number; total: number; into: Tallies },
): void {
  if (credit === 0 || (question.scope === 'unconverted' && counted === 0)) return;
  for (const one of [tally, into.total]) {
    one.conversions += credit / total;
    if (namesPayers) one.customers.add(who);
    if (namesPayers && isFirst === 1) one.newCustomers.add(who);
    if (counted === 0) continue;
    one.orders += credit / total;
    one.order_amount += worth;
  }
}

interface Paid {
  tally: Tally;
  credit: number;
  worth: number;
  counted: number;
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
    paymentId: '',
    kind: ENTRY_KINDS[kind]!,
    amountMinor,
    currency: money === '' ? currency : money,
    occurredAt: atMs,
    balanceTransaction: null,
    settledMinor: null,
    settledCurrency: money === '' ? feeCurrency : money,
    feeMinor: feeCurrency === '' ? null : fee,
    taxMinor,
    cells,
  };
}

const asTax = (entry: Entry): Entry => ({ ...entry, amountMinor: entry.taxMinor });

export function emptyTally(labels: string[]): Tally {
  const money = { gross: 0, refunded: 0, disputed: 0, attributed: 0, tax: 0, fees: 0 };
  const paid = { conversions: 0, orders: 0, order_amount: 0, customers: new Set<string>() };
  return { labels, ...money, ...paid, newCustomers: new Set<string>() };
}

function emptyTallies(): Tallies {
  return { total: emptyTally([]), byLabel: new Map() };
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
  const { labels: _, customers, newCustomers, ...sums } = tally;
  const revenue = tally.gross - tally.refunded - tally.disputed;
  const counted = { ...sums, revenue, customers: customers.size, new_customers: newCustomers.size };
  return Object.fromEntries(Object.entries(counted).map(([name, value]) => [name, value === 0 ? 0 : value]));
}
