import type { RuleModel } from '../../core/attribution/models.ts';
import type { Dimension, Metric, ReportQuery } from '../../core/report.ts';
import { UNATTRIBUTED } from '../../core/report.ts';
import { COLUMN_DIMENSIONS, inRange, labelColumns, labelOf, type Sql, type Vocabulary } from './report-dimensions.ts';
import { filterSql } from './report-filters.ts';

/** The model's column. A closed list, although the name of a model is its column's. */
export const MODEL_COLUMNS: Record<RuleModel, string> = {
  first_touch: 'first_touch',
  last_touch: 'last_touch',
  last_non_direct: 'last_non_direct',
  linear: 'linear',
  position_based: 'position_based',
  time_decay: 'time_decay',
  custom: 'custom',
};

/** Money of an entry without a known visitor has this one label, whatever the question about its arrival. */
export function creditVocabulary(at: string, currency: 'currency' | 'fee_currency' = 'currency'): Vocabulary {
  return {
    // The prefix keeps ClickHouse from taking the label's alias for the column.
    column: (dimension) => `if(c.position < 0, '${UNATTRIBUTED}', c.${COLUMN_DIMENSIONS[dimension][0]})`,
    at,
    special: {
      currency: `toString(c.${currency})`,
      payment_kind: 'toString(c.payment_kind)',
      payment: 'c.payment_id',
      product: `if(c.product = '', '(none)', c.product)`,
      coupon: `if(c.coupon = '', '(none)', toString(c.coupon))`,
    },
  };
}

/**
 * Which of the money: all that is said in the reporting currency; or each currency's own; or what is in another currency
 * and could not be converted. An entry that was converted has a further row (see schema/0006_reporting_currency.sql).
 */
export type MoneyScope = 'reporting' | 'own' | 'unconverted';

/** Rows by currency show what was paid, the others one currency. */
export function scopeOf(dimensions: readonly Dimension[], scope: MoneyScope): MoneyScope {
  return scope === 'reporting' && dimensions.includes('currency') ? 'own' : scope;
}

/** Which rows are of a scope. `currency`: the column that says what the own row is in. */
export function scopeSql(scope: MoneyScope, currency: 'currency' | 'fee_currency'): string {
  const converted = currency === 'currency' ? 'converted' : 'fee_converted';
  if (scope === 'own') return `c.money = ''`;
  // Each name compared by itself: their dictionaries are looked up, and not a text of every row.
  if (scope === 'reporting') {
    return `(c.money = {currency:String} OR c.money = '' AND c.${currency} = {currency:String})`;
  }
  return `c.money = '' AND c.${currency} != {currency:String} AND c.${converted} != {currency:String}`;
}

/** Credits of ledger entries, in minor units: reports sum column × sign, so cancelled rows vanish. */
export const AMOUNT_MEASURES = {
  gross: `sumIf(credit, entry_kind = 'charge')`,
  refunded: `-sumIf(credit, entry_kind = 'refund')`,
  disputed: `-sumIf(credit, entry_kind = 'dispute')`,
  revenue: `sum(credit)`,
  attributed: `sumIf(credit, position >= 0)`,
  tax: `sum(tax)`,
} as const;

/**
 * A label whose rows were all cancelled is no row; one whose money was all refunded is, and so is one that got a unit of
 * the tax and none of the amount it is in.
 */
export const AMOUNTS_STAND = (['gross', 'refunded', 'disputed', 'tax'] as const)
  .map((measure) => `${AMOUNT_MEASURES[measure]} != 0`)
  .join(' OR ');

/** One row per credit row of the range that gives something under the model, with d0, d1, … */
export function amountRows(query: ReportQuery, dimensions: readonly Dimension[], scope: MoneyScope): Sql {
  const at = query.by === 'payment_date' ? 'c.payment_at' : 'c.entry_at';
  const vocabulary = creditVocabulary(at);
  const filters = filterSql(query.filters, vocabulary);
  const column = MODEL_COLUMNS[query.model];
  const text = `
    SELECT ${labelColumns(dimensions, vocabulary)} c.entry_kind AS entry_kind, c.position AS position,
      c.${column} * c.sign AS credit, c.tax_${column} * c.sign AS tax
    FROM credits AS c
    WHERE c.site = {site:String} AND c.mode = {mode:String} AND ${inRange(at)} AND (c.${column} != 0 OR c.tax_${column} != 0)
      AND ${scopeSql(scopeOf(dimensions, scope), 'currency')}${filters.text}`;
  return { text, params: filters.params };
}

export const FEE_MEASURES = { fees: `sum(fee)` } as const;

/** As amountRows, of fees: a fee's currency is that of its settlement, whatever the customer paid in. */
export function feeRows(query: ReportQuery, dimensions: readonly Dimension[], scope: MoneyScope): Sql {
  const at = query.by === 'payment_date' ? 'c.payment_at' : 'c.entry_at';
  const vocabulary = creditVocabulary(at, 'fee_currency');
  // A filter chooses payments by what was paid, so that net is the revenue of these payments less their fees.
  const filters = filterSql(query.filters, creditVocabulary(at));
  const column = `c.fee_${MODEL_COLUMNS[query.model]}`;
  const text = `
    SELECT ${labelColumns(dimensions, vocabulary)} ${column} * c.sign AS fee
    FROM credits AS c
    WHERE c.site = {site:String} AND c.mode = {mode:String} AND ${inRange(at)} AND c.fee_currency != '' AND ${column} != 0
      AND ${scopeSql(scopeOf(dimensions, scope), 'fee_currency')}${filters.text}`;
  return { text, params: filters.params };
}

/**
 * Who paid. Conversions are shares of a payment's charge, customers are distinct: by Stripe's customer, else by the
 * visitor, else the payment itself. They are counted in whatever currency was paid; what an order was worth is not.
 */
export const PAYMENT_MEASURES = {
  conversions: `sum(share)`,
  customers: `uniqExact(who)`,
  new_customers: `uniqExactIf(who, is_first)`,
  orders: `sumIf(share, is_counted)`,
  order_amount: `sumIf(worth, is_counted)`,
} as const;

/** One row per (payment of the range, label), with d0, d1, …; payments count on their own day, whatever `by`. */
export function paymentRows(query: ReportQuery, dimensions: readonly Dimension[], scope: MoneyScope): Sql {
  const vocabulary = creditVocabulary('c.payment_at');
  const filters = filterSql(query.filters, vocabulary);
  const labels = dimensions.map((_, index) => `p.d${index} AS d${index}, `).join('');
  const groups = dimensions.map((dimension) => `, ${labelOf(dimension, vocabulary)}`).join('');
  const given = `c.${MODEL_COLUMNS[query.model]}`;
  const column = `${given} * c.sign`;
  // Shares are of what was paid. What an order was worth counts where it is said in the currency asked for.
  const inScope = scopeSql(scopeOf(dimensions, scope), 'currency');
  const text = `
    SELECT ${labels} p.worth AS worth, p.credit / t.total AS share, t.who AS who, t.is_first AS is_first,
      p.counted > 0 AS is_counted
    FROM (
      SELECT ${labelColumns(dimensions, vocabulary)} c.payment_key AS payment, c.currency AS paid_in,
        sumIf(${column}, c.money = '') AS credit, sumIf(${column}, ${inScope}) AS worth,
        sumIf(c.sign, ${inScope}) AS counted
      FROM credits AS c
      WHERE c.site = {site:String} AND c.mode = {mode:String} AND c.entry_kind = 'charge' AND ${inRange('c.payment_at')}
        AND (${given} != 0 OR c.money != '')${filters.text}
      GROUP BY payment, paid_in${groups}
      HAVING credit != 0 ${scope === 'unconverted' ? 'AND counted > 0' : ''}
    ) AS p
    INNER JOIN (${payers(query)}) AS t ON p.payment = t.payment`;
  return { text, params: filters.params };
}

/** What asks who paid for the first time. */
const NEW_CUSTOMER_METRICS: readonly Metric[] = [
  'conversion_rate',
  'new_customers',
  'cac',
  'payback_days',
  'lifetime_value',
  'days_to_purchase',
];

/**
 * Payment → its charge's total and who paid. Only rows that still stand count: a cancelled row may name a visitor or a
 * customer the payment no longer has. Without a customer it is the visitor whose touchpoint is the first: a browser that is
 * joined with another keeps it, however many touchpoints of both are on the paths of later payments. Payments and payers
 * are told apart by hashes, as sessions are. To tell a first payment, all of them are read; else those of the range.
 */
export function payers(query: ReportQuery): string {
  const everything = query.metrics.some((metric) => NEW_CUSTOMER_METRICS.includes(metric));
  const firstAt = everything ? 'min(paid_at) OVER (PARTITION BY who)' : 'paid_at';
  return `
      SELECT payment, total, who, ${everything ? `${firstAt} = paid_at` : '0'} AS is_first, ${firstAt} AS first_at FROM (
        SELECT payment, sum(charged) AS total, min(paid) AS paid_at,
          if(max(payer) = 0, payment, max(payer)) AS who
        FROM (
          SELECT c.payment_key AS payment, c.payer_key AS payer, min(c.payment_at) AS paid, sum(c.first_touch * c.sign) AS charged, sum(c.sign) AS standing
          FROM credits AS c
          WHERE c.site = {site:String} AND c.mode = {mode:String} AND c.entry_kind = 'charge' AND c.money = ''
            AND c.position <= 0 ${everything ? '' : `AND ${inRange('c.payment_at')}`}
          GROUP BY payment, payer
          HAVING standing > 0
        )
        GROUP BY payment
        HAVING total > 0
      )`;
}
