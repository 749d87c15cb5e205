import type { RuleModel } from '../../core/attribution/models.ts';
import type { Dimension, ReportQuery } from '../../core/report.ts';
import {
  COLUMN_DIMENSIONS,
  filterSql,
  inRange,
  labelColumns,
  labelOf,
  UNATTRIBUTED,
  type Sql,
  type Vocabulary,
} from './report-dimensions.ts';

/** The model's column. A closed list, although the name of a model is its column's. */
const MODEL_COLUMNS: Record<RuleModel, string> = {
  first_touch: 'first_touch',
  last_touch: 'last_touch',
  last_non_direct: 'last_non_direct',
  linear: 'linear',
  position_based: 'position_based',
  time_decay: 'time_decay',
};

/** Money of an entry without a known visitor has this one label, whatever the question about its arrival. */
function creditVocabulary(at: string, currency: 'currency' | 'fee_currency' = 'currency'): Vocabulary {
  return {
    // The prefix keeps ClickHouse from taking the label's alias for the column.
    column: (dimension) => `if(c.position < 0, '${UNATTRIBUTED}', c.${COLUMN_DIMENSIONS[dimension][0]})`,
    at,
    special: {
      currency: `toString(c.${currency})`,
      payment_kind: 'toString(c.payment_kind)',
      product: `if(c.product = '', '(none)', c.product)`,
      coupon: `if(c.coupon = '', '(none)', toString(c.coupon))`,
    },
  };
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

/** A label whose rows were all cancelled is no row; one whose money was all refunded is. */
export const AMOUNTS_STAND = Object.values(AMOUNT_MEASURES)
  .slice(0, 3)
  .map((measure) => `${measure} != 0`)
  .join(' OR ');

/** One row per credit row of the range, with d0, d1, …; of the reporting currency only, unless rows are by currency. */
export function amountRows(query: ReportQuery, dimensions: readonly Dimension[]): Sql {
  const at = query.by === 'payment_date' ? 'c.payment_at' : 'c.entry_at';
  const vocabulary = creditVocabulary(at);
  const filters = filterSql(query.filters, vocabulary);
  const text = `
    SELECT ${labelColumns(dimensions, vocabulary)} c.entry_kind AS entry_kind, c.position AS position,
      c.${MODEL_COLUMNS[query.model]} * c.sign AS credit, c.tax_${MODEL_COLUMNS[query.model]} * c.sign AS tax
    FROM credits AS c
    WHERE c.site = {site:String} AND c.mode = {mode:String} AND ${inRange(at)}
      ${dimensions.includes('currency') ? '' : 'AND c.currency = {currency:String}'}${filters.text}`;
  return { text, params: filters.params };
}

export const FEE_MEASURES = { fees: `sum(fee)` } as const;

/** As amountRows, of fees: a fee's currency is that of its settlement, whatever the customer paid in. */
export function feeRows(query: ReportQuery, dimensions: readonly Dimension[]): Sql {
  const at = query.by === 'payment_date' ? 'c.payment_at' : 'c.entry_at';
  const vocabulary = creditVocabulary(at, 'fee_currency');
  const filters = filterSql(query.filters, vocabulary);
  const text = `
    SELECT ${labelColumns(dimensions, vocabulary)} c.fee_${MODEL_COLUMNS[query.model]} * c.sign AS fee
    FROM credits AS c
    WHERE c.site = {site:String} AND c.mode = {mode:String} AND ${inRange(at)} AND c.fee_currency != ''
      ${dimensions.includes('currency') ? '' : 'AND c.fee_currency = {currency:String}'}${filters.text}`;
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
  order_amount: `sumIf(credit, is_counted)`,
} as const;

/** One row per (payment of the range, label), with d0, d1, …; payments count on their own day, whatever `by`. */
export function paymentRows(query: ReportQuery, dimensions: readonly Dimension[]): Sql {
  const vocabulary = creditVocabulary('c.payment_at');
  const filters = filterSql(query.filters, vocabulary);
  const labels = dimensions.map((_, index) => `p.d${index} AS d${index}, `).join('');
  const groups = dimensions.map((dimension) => `, ${labelOf(dimension, vocabulary)}`).join('');
  // Rows by currency hold one currency each; others count the reporting currency's orders only.
  const counted = dimensions.includes('currency') ? '1' : 'p.money = {currency:String}';
  const text = `
    SELECT ${labels} p.credit AS credit, p.credit / t.total AS share, t.who AS who, t.is_first AS is_first,
      ${counted} AS is_counted
    FROM (
      SELECT ${labelColumns(dimensions, vocabulary)} cityHash64(c.payment_id) AS payment, c.currency AS money,
        sum(c.${MODEL_COLUMNS[query.model]} * c.sign) AS credit
      FROM credits AS c
      WHERE c.site = {site:String} AND c.mode = {mode:String} AND c.entry_kind = 'charge' AND ${inRange('c.payment_at')}
        ${filters.text}
      GROUP BY payment, money${groups}
      HAVING credit != 0
    ) AS p
    INNER JOIN (${payers(query)}) AS t ON p.payment = t.payment`;
  return { text, params: filters.params };
}

/**
 * Payment → its charge's total and who paid. Only rows that still stand count: a cancelled row may name a visitor or a
 * customer the payment no longer has. Payments and payers are told apart by hashes, as sessions are. To tell a first
 * payment, all of them are read; else those of the range.
 */
function payers(query: ReportQuery): string {
  const everything = query.metrics.includes('conversion_rate');
  const first = everything ? 'min(paid_at) OVER (PARTITION BY who) = paid_at' : '0';
  return `
      SELECT payment, total, who, ${first} AS is_first FROM (
        SELECT payment, sum(charged) AS total, min(paid) AS paid_at,
          if(max(payer) = 0, payment, minIf(payer, payer != 0)) AS who
        FROM (
          SELECT cityHash64(c.payment_id) AS payment,
            multiIf(c.customer != '', cityHash64('customer', c.customer), c.visitor != '', cityHash64('visitor', c.visitor), 0) AS payer,
            min(c.payment_at) AS paid, sum(c.first_touch * c.sign) AS charged, sum(c.sign) AS standing
          FROM credits AS c
          WHERE c.site = {site:String} AND c.mode = {mode:String} AND c.entry_kind = 'charge'
            ${everything ? '' : `AND ${inRange('c.payment_at')}`}
          GROUP BY payment, payer
          HAVING standing > 0
        )
        GROUP BY payment
        HAVING total > 0
      )`;
}
