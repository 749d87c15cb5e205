import { DIRECT_CHANNEL, DIRECT_MEDIUM, DIRECT_SOURCE } from '../../core/acquisition.ts';
import type { Dimension, Filter, ReportQuery } from '../../core/report.ts';
import {
  COLUMN_DIMENSIONS,
  conditionSql,
  filterParams,
  inRange,
  isColumn,
  labelOf,
  rangeParams,
  UNATTRIBUTED,
  type Sql,
  type Vocabulary,
} from './report-dimensions.ts';
import { creditVocabulary, payers, scopeOf, scopeSql, type MoneyScope } from './report-money.ts';

/**
 * The statement that reads payments with their entries and their whole paths, one row each: what questions with other
 * settings than the site's are computed from. The labels and filters of a question are told apart here, by what they are
 * about: those of a touchpoint stand with the touchpoints, those of an entry with the entries. A filter is a bit, set where
 * it holds or is the other side's to say: a credit is counted when entry and touchpoint together have all bits.
 */

export const ENTRY_KINDS = ['charge', 'refund', 'dispute'] as const;

/** As the store writes them; `sign` last, so that what was cancelled can be left out (standing). */
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
  /** Does the entry count, as an amount, as a fee, as the charge of a payment? */
  counts: [amount: number, fee: number, paid: number, worth: number],
  bits: [amount: number, fee: number, payment: number],
  labels: [amount: string[], fee: string[], payment: string[]],
  sign: number,
];
export type TouchCells = [
  position: number,
  atMs: number,
  source: string,
  channel: string,
  medium: string,
  campaign: string,
  bits: number,
  labels: string[],
  endsAtMs: number,
  sign: number,
];
export type PaidPathCells = [
  entries: EntryCells[],
  touches: TouchCells[],
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

export function paidPathsSql(question: PaidPathsQuestion): Sql {
  const { query, payments } = question;
  const { filters } = query;
  const owner = `c.site = {site:String} AND c.mode = {mode:String} AND c.position <= 0`;
  const chosen = `SELECT c.payment_id FROM credits AS c WHERE ${owner} AND (${chosenSql(question)})`;
  const touchOwner = `t.site = {site:String} AND t.mode = {mode:String}`;
  const payer = payments
    ? `LEFT JOIN (${payers(query)}) AS w ON w.payment = cityHash64(e.payment_id)`
    : `LEFT JOIN (SELECT '' AS payment_id, 0 AS who, 0 AS is_first, 0 AS total) AS w ON w.payment_id = e.payment_id`;
  const text = `
    SELECT e.entries, p.touches, ${bitsSql(filters, UNKNOWN_VISITOR, 'touch')}, toString(w.who), toUInt8(w.is_first),
      toInt64(w.total)
    FROM (
      SELECT c.payment_id AS payment_id, groupArray(${entrySql(question)}) AS entries
      FROM credits AS c WHERE ${owner} AND c.payment_id GLOBAL IN (${chosen}) GROUP BY c.payment_id
    ) AS e
    LEFT JOIN (
      SELECT t.payment_id AS payment_id, groupArray(${touchSql(question)}) AS touches
      FROM payment_paths AS t WHERE ${touchOwner} AND t.payment_id GLOBAL IN (${chosen}) GROUP BY t.payment_id
    ) AS p ON p.payment_id = e.payment_id
    ${payer}`;
  return { text, params: { ...rangeParams(query), ...filterParams(filters) } };
}

/** On the row of the first position stands the whole entry, and `first_touch` gives it the whole fee and tax as well. */
function entrySql(question: PaidPathsQuestion): string {
  const { query, amounts, fees, payments, dimensions } = question;
  const words = vocabulariesOf(query);
  const ofEntry = dimensions.filter((dimension) => !isOfTouch(dimension));
  const labels = (isAsked: boolean, vocabulary: Vocabulary) =>
    isAsked ? labelsSql(ofEntry, vocabulary) : 'emptyArrayString()';
  const bits = (vocabulary: Vocabulary) => bitsSql(query.filters, vocabulary, 'entry');
  const { amount, fee, paid, worth } = countsSql(question);
  return `(
    c.entry_id, transform(toString(c.entry_kind), ['charge', 'refund', 'dispute'], [0, 1, 2], 2),
    toUnixTimestamp64Milli(c.entry_at), toString(c.money), toString(c.currency), c.amount,
    toString(c.fee_currency), c.fee_first_touch, c.tax_first_touch,
    (toUInt8(${amount}), toUInt8(${fee}), toUInt8(${paid}), toUInt8(${worth})),
    (${bits(words.amounts)}, ${bits(words.fees)}, ${bits(words.payments)}),
    (${labels(amounts, words.amounts)}, ${labels(fees, words.fees)}, ${labels(payments, words.payments)}),
    c.sign)`;
}

function touchSql({ query, dimensions }: PaidPathsQuestion): string {
  const labels = labelsSql(dimensions.filter(isOfTouch), TOUCHPOINT);
  // Repeats are told by these three; they are long, and mostly not asked for.
  const origin = query.whatIf?.collapseRepeats ? ['t.channel', 't.medium', 't.campaign'] : [`''`, `''`, `''`];
  return `(
    t.position, toUnixTimestamp64Milli(t.touch_at), toString(t.source),
    ${origin.map((column) => `toString(${column})`).join(', ')},
    ${bitsSql(query.filters, TOUCHPOINT, 'touch')}, ${labels}, toUnixTimestamp64Milli(t.ends_at), t.sign)`;
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

function bitsSql(filters: readonly Filter[], vocabulary: Vocabulary, side: 'touch' | 'entry'): string {
  const bits = filters.map((filter, index) => {
    const isOwn = isOfTouch(filter[0]) === (side === 'touch');
    return isOwn ? `toUInt32(${conditionSql(filter, index, vocabulary)}) * ${2 ** index}` : String(2 ** index);
  });
  return `toUInt32(${bits.join(' + ') || '0'})`;
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

/** Rows of which no more were cancelled than appended; without `sign`'s part in it, equal rows are one. */
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
