import { DIRECT_CHANNEL, DIRECT_MEDIUM, DIRECT_SOURCE } from '../../core/acquisition.ts';
import { conditionsIn, foldFilters } from '../../core/report-filters.ts';
import type { Dimension, FilterNode, ReportQuery } from '../../core/report.ts';
import { UNATTRIBUTED } from '../../core/report.ts';
import {
  COLUMN_DIMENSIONS,
  inRange,
  isColumn,
  labelOf,
  rangeParams,
  type Sql,
  type Vocabulary,
} from './report-dimensions.ts';
import { conditionSql, filterParams } from './report-filters.ts';
import { measuresOf } from './report-metrics.ts';
import { creditVocabulary, payers, scopeOf, scopeSql, type MoneyScope } from './report-money.ts';

/**
 * The statement that reads payments with their entries and their whole paths, one row each: what questions with other
 * settings than the site's are computed from. The labels and filters of a question are told apart here, by what they are
 * about: those of a touchpoint stand with the touchpoints, those of an entry with the entries. A condition is a bit, set
 * where it holds or is the other side's to say: the bits that entry and touchpoint share say what holds for a credit (bitsPass).
 */

export const ENTRY_KINDS = ['charge', 'refund', 'dispute'] as const;

/**
 * As the store writes them: tens of megabytes of text for a large question, so nothing is said twice and what the question
 * does not need is left empty. `sign` last, so that what was cancelled can be left out (standing).
 */
export type EntryCells = [
  id: string,
  kind: number,
  atMs: number,
  money: string,
  currency: string,
  amount: number,
  feeCurrency: string,
  fee: number,
  tax: number,
  /** COUNTS_AS_… together. */
  counts: number,
  /** As an amount, as a fee, as the charge of a payment; empty without filters. */
  bits: number[],
  /** As above; empty without dimensions of entries. */
  labels: string[][],
  sign: number,
];
export const COUNTS_AS_AMOUNT = 1;
export const COUNTS_AS_FEE = 2;
export const COUNTS_AS_PAYMENT = 4;
/** In the currency asked for: what an order was worth. */
export const COUNTS_AS_WORTH = 8;

/** Touchpoints in time order, one list for each of what is told about them: far fewer objects than one per touchpoint. */
export type TouchLists = [
  /** Milliseconds before the path's end: half-lives know no other time. What lies before the window is left out. */
  agesMs: number[],
  isDirect: number[],
  /** One number for each channel, source, medium and campaign of the path together; empty unless repeats are collapsed. */
  origins: number[],
  /** Empty without filters. */
  bits: number[],
  /** Of several dimensions, joined by a zero character; empty without dimensions of touchpoints. */
  labels: string[],
  /** Empty unless something was cancelled. */
  positions: number[],
  signs: number[],
];
export type PaidPathCells = [
  entries: EntryCells[],
  touches: TouchLists,
  /** Bits of a payment without a known visitor. */
  unattributedBits: number,
  who: string,
  isFirst: number,
  total: number,
];

export const isOfTouch = (dimension: Dimension): boolean => isColumn(dimension);

/** Which of the money families a question asks for, and in which currency. */
export interface PaidPathsQuestion {
  query: ReportQuery;
  dimensions: readonly Dimension[];
  scope: MoneyScope;
  amounts: boolean;
  fees: boolean;
  payments: boolean;
}

/** Whether it matters who paid, and not only how much: to tell 100,000 payers apart takes longer than to add up. */
export function namesPayers({ query, payments }: PaidPathsQuestion): boolean {
  const measures = measuresOf(query.metrics);
  return payments && (measures.has('customers') || measures.has('new_customers'));
}

export function paidPathsSql(question: PaidPathsQuestion): Sql {
  const { query, payments } = question;
  const { filters } = query;
  const owner = `c.site = {site:String} AND c.mode = {mode:String} AND c.position <= 0`;
  // Payments are told apart by hashes, as in payers().
  const chosen = `SELECT c.payment_key FROM credits AS c WHERE ${owner} AND (${chosenSql(question)})`;
  const touchOwner = `t.site = {site:String} AND t.mode = {mode:String}`;
  const windowDays = query.whatIf?.windowDays ?? null;
  const windowMs = windowDays === null ? Number.MAX_SAFE_INTEGER : windowDays * DAY_MS;
  const payer = payments ? payers(query) : `SELECT toUInt64(0) AS payment, 0 AS who, 0 AS is_first, 0 AS total`;
  const text = `
    SELECT e.entries, ${listsSql(question)}, ${bitsSql(filters, UNKNOWN_VISITOR, 'touch')},
      ${namesPayers(question) ? 'toString(w.who)' : `''`}, toUInt8(w.is_first), toInt64(w.total)
    FROM (
      SELECT c.payment_key AS payment, groupArray(${entrySql(question)}) AS entries
      FROM credits AS c WHERE ${owner} AND c.payment_key GLOBAL IN (${chosen}) GROUP BY payment
    ) AS e
    LEFT JOIN (
      SELECT cityHash64(t.payment_id) AS payment, arraySort(groupArray(${touchSql(question)})) AS touches
      FROM payment_paths AS t
      WHERE ${touchOwner} AND payment GLOBAL IN (${chosen}) AND ${AGE} <= {window_ms:Int64}
      GROUP BY payment
    ) AS p ON p.payment = e.payment
    LEFT JOIN (${payer}) AS w ON w.payment = e.payment`;
  return { text, params: { ...rangeParams(query), ...filterParams(filters), window_ms: windowMs } };
}

const DAY_MS = 86_400_000;
const AGE = `toUnixTimestamp64Milli(t.ends_at) - toUnixTimestamp64Milli(t.touch_at)`;

/** On the row of the first position stands the whole entry, and `first_touch` gives it the whole fee and tax as well. */
function entrySql(question: PaidPathsQuestion): string {
  const { query, amounts, fees, payments, dimensions } = question;
  const words = vocabulariesOf(query);
  const ofEntry = dimensions.filter((dimension) => !isOfTouch(dimension));
  const families = [
    [amounts, words.amounts],
    [fees, words.fees],
    [payments, words.payments],
  ] as const;
  const labels = families.map(([isAsked, words]) => (isAsked ? labelsSql(ofEntry, words) : 'emptyArrayString()'));
  // A filter by currency chooses what was paid, whatever its fees were taken in.
  const bits = [words.amounts, words.amounts, words.payments].map((it) => bitsSql(query.filters, it, 'entry'));
  const { amount, fee, paid, worth } = countsSql(question);
  return `(
    c.entry_id, transform(toString(c.entry_kind), ['charge', 'refund', 'dispute'], [0, 1, 2], 2),
    toUnixTimestamp64Milli(c.entry_at), toString(c.money), toString(c.currency), c.amount,
    toString(c.fee_currency), c.fee_first_touch, c.tax_first_touch,
    toUInt8(${amount}) * ${COUNTS_AS_AMOUNT} + toUInt8(${fee}) * ${COUNTS_AS_FEE}
      + toUInt8(${paid}) * ${COUNTS_AS_PAYMENT} + toUInt8(${worth}) * ${COUNTS_AS_WORTH},
    ${query.filters.length === 0 ? 'emptyArrayUInt32()' : `[${bits.join(', ')}]`},
    ${ofEntry.length === 0 ? `CAST([], 'Array(Array(String))')` : `[${labels.join(', ')}]`},
    c.sign)`;
}

/** The position is the first: they are sorted by it. */
function touchSql({ query, dimensions }: PaidPathsQuestion): string {
  const ofTouch = dimensions.filter(isOfTouch);
  return `(
    t.position, ${AGE}, toUInt8(t.source = ''),
    ${joinedSql(query.whatIf?.collapseRepeats ? ['t.channel', 't.source', 't.medium', 't.campaign'] : [])},
    ${bitsSql(query.filters, TOUCHPOINT, 'touch')},
    ${joinedSql(ofTouch.map((dimension) => labelOf(dimension, TOUCHPOINT)))}, t.sign)`;
}

function listsSql({ query, dimensions }: PaidPathsQuestion): string {
  const list = (at: number, isNeeded = true) => (isNeeded ? `p.touches.${at}` : '[]');
  const origins = query.whatIf?.collapseRepeats ? 'arrayEnumerateDense(p.touches.4)' : '[]';
  const isCancelled = `arrayExists(sign -> sign < 0, p.touches.7)`;
  return `(
    ${list(2)}, ${list(3)}, ${origins}, ${list(5, query.filters.length > 0)},
    ${list(6, dimensions.some(isOfTouch))}, if(${isCancelled}, p.touches.1, []), if(${isCancelled}, p.touches.7, []))`;
}

function joinedSql(columns: readonly string[]): string {
  if (columns.length === 0) return `''`;
  return columns.map((column) => `toString(${column})`).join(` || char(0) || `);
}

function vocabulariesOf({ by }: ReportQuery) {
  const at = by === 'payment_date' ? 'c.payment_at' : 'c.entry_at';
  return {
    amounts: creditVocabulary(at),
    fees: creditVocabulary(at, 'fee_currency'),
    payments: creditVocabulary('c.payment_at'),
  };
}

/** Tags of a path are raw: what reports call them is said here, as core/acquisition.ts has it. */
const TOUCHPOINT: Vocabulary = {
  column(dimension) {
    const column = `t.${COLUMN_DIMENSIONS[dimension][0]}`;
    const direct = { source: DIRECT_SOURCE, medium: DIRECT_MEDIUM, channel: DIRECT_CHANNEL }[dimension as 'source'];
    return direct === undefined ? column : `if(t.source = '', '${direct}', toString(${column}))`;
  },
  at: '',
  special: {},
};
const UNKNOWN_VISITOR: Vocabulary = { column: () => `'${UNATTRIBUTED}'`, at: '', special: {} };

function labelsSql(dimensions: readonly Dimension[], vocabulary: Vocabulary): string {
  if (dimensions.length === 0) return 'emptyArrayString()';
  return `[${dimensions.map((dimension) => labelOf(dimension, vocabulary)).join(', ')}]`;
}

function bitsSql(filters: readonly FilterNode[], vocabulary: Vocabulary, side: 'touch' | 'entry'): string {
  const bits = conditionsIn(filters).map((filter, index) => {
    const isOwn = isOfTouch(filter[0]) === (side === 'touch');
    return isOwn ? `toUInt32(${conditionSql(filter, index, vocabulary)}) * ${2 ** index}` : String(2 ** index);
  });
  return `toUInt32(${bits.join(' + ') || '0'})`;
}

/** Whether a credit passes the filters, by the bits that its entry and its touchpoint share. */
export function bitsPass(filters: readonly FilterNode[]): (bits: number) => boolean {
  type Test = (bits: number) => boolean;
  return foldFilters<Test>(
    filters,
    (_, index) => (bits) => (bits & (2 ** index)) !== 0,
    (joined, tests) =>
      joined === 'and' ? (bits) => tests.every((test) => test(bits)) : (bits) => tests.some((test) => test(bits)),
  );
}

function countsSql({ query, dimensions, scope, amounts, fees, payments }: PaidPathsQuestion) {
  const at = query.by === 'payment_date' ? 'c.payment_at' : 'c.entry_at';
  const inCurrency = scopeSql(scopeOf(dimensions, scope), 'currency');
  const feeInCurrency = scopeSql(scopeOf(dimensions, scope), 'fee_currency');
  const charged = `(c.entry_kind = 'charge' AND ${inRange('c.payment_at')})`;
  return {
    amount: amounts ? `(${inRange(at)} AND ${inCurrency})` : '0',
    fee: fees ? `(${inRange(at)} AND c.fee_currency != '' AND ${feeInCurrency})` : '0',
    paid: payments ? `(${charged} AND c.money = '')` : '0',
    worth: payments ? `(${charged} AND ${inCurrency})` : '0',
  };
}

/** Payments of which anything counts. Their other entries are read as well: a refund goes back the way its charge came. */
function chosenSql(question: PaidPathsQuestion): string {
  const { amount, fee, paid, worth } = countsSql(question);
  return [amount, fee, question.scope === 'unconverted' ? worth : paid].filter((part) => part !== '0').join(' OR ');
}

/** Rows of which no more were cancelled than appended; equal but for their sign, rows are one. */
export function standing<Row extends unknown[]>(rows: Row[]): Row[] {
  if (rows.every((row) => row.at(-1) === 1)) return rows;
  const signs = new Map<string, { row: Row; sum: number }>();
  for (const row of rows) {
    const key = JSON.stringify(row.slice(0, -1));
    const known = signs.get(key) ?? { row, sum: 0 };
    signs.set(key, { row: known.row, sum: known.sum + Number(row.at(-1)) });
  }
  return [...signs.values()].filter(({ sum }) => sum > 0).map(({ row }) => row);
}

/** A touchpoint as narrowedPath and weightsOf read it. Times are told from the path's end, which is 0. */
export interface PaidTouch {
  occurredAt: number;
  source: string;
  channel: string;
  medium: string;
  campaign: string;
  bits: number;
  /** As in TouchLists. */
  label: string;
}

/** The path that stands, in time order. */
export function standingPath([ages, isDirect, origins, bits, labels, positions, signs]: TouchLists): PaidTouch[] {
  const touchAt = (index: number): PaidTouch => ({
    occurredAt: -ages[index]!,
    source: isDirect[index] === 1 ? '' : 'known',
    channel: String(origins[index] ?? ''),
    medium: '',
    campaign: '',
    bits: bits[index] ?? 0,
    label: labels[index] ?? '',
  });
  if (signs.length === 0) return ages.map((_, index) => touchAt(index));
  const cells = signs.map((sign, index): [number, PaidTouch, number] => [positions[index]!, touchAt(index), sign]);
  return standing(cells).map(([, touch]) => touch);
}
