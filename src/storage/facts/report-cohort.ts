import type { Dimension, ReportQuery } from '../../core/report.ts';
import { inRange, labelColumns, labelOf, type Sql } from './report-dimensions.ts';
import { filterSql } from './report-filters.ts';
import { creditVocabulary, MODEL_COLUMNS, payers, scopeSql, type MoneyScope } from './report-money.ts';

/**
 * The customers whose first payment lies in the range. Each is shared among labels as the model shares that first payment,
 * and brings all they ever paid, less refunds and disputes, to the labels in these shares: so that the worth of a customer
 * is told of who won them, whoever was given their later payments.
 */
export const COHORT_MEASURES = {
  lifetime: 'sum(share * lifetime)',
  won: 'sum(share)',
  days: `arrayReduce('quantileExactInclusive(0.5)', arrayMap(one -> one.2, groupUniqArrayIf((who, days), days >= 0)))`,
  days_known: 'countIf(days >= 0)',
} as const;

const CHARGES = `c.site = {site:String} AND c.mode = {mode:String} AND c.entry_kind = 'charge' AND c.money = ''`;

/**
 * One row per first payment and label, with d0, d1, …: the share, the customer's revenue of all time, and the days from the
 * first touchpoint of the path to the payment, -1 without one. What could not be converted is told by the currency it is
 * in, of the customers who paid it.
 */
export function cohortRows(query: ReportQuery, dimensions: readonly Dimension[], scope: MoneyScope): Sql {
  const vocabulary = creditVocabulary('c.payment_at');
  const filters = filterSql(query.filters, vocabulary);
  const isApart = scope === 'unconverted';
  const labels = isApart ? 'l.currency AS d0, ' : dimensions.map((_, index) => `p.d${index} AS d${index}, `).join('');
  const known = isApart ? [] : dimensions;
  const worth = query.metrics.includes('lifetime_value');
  const lifetime = `${isApart ? 'INNER' : 'LEFT'} JOIN (${lifetimes(query, scope)}) AS l ON f.who = l.who`;
  const text = `
    SELECT ${labels} p.credit / f.first_total AS share, f.who AS who, f.days AS days,
      ${worth ? 'l.lifetime' : '0'} AS lifetime
    FROM (
      SELECT ${labelColumns(known, vocabulary)} cityHash64(c.payment_id) AS payment,
        sum(c.${MODEL_COLUMNS[query.model]} * c.sign) AS credit
      FROM credits AS c
      WHERE ${CHARGES} AND ${inRange('c.payment_at')}${filters.text}
      GROUP BY payment${known.map((dimension) => `, ${labelOf(dimension, vocabulary)}`).join('')}
      HAVING credit != 0
    ) AS p
    INNER JOIN (${firstPayments(query)}) AS f ON p.payment = f.payment
    ${worth ? lifetime : ''}`;
  return { text, params: filters.params };
}

/** First payments of the range. Two of the same instant are both the first: their customer is shared by both. */
function firstPayments(query: ReportQuery): string {
  const paths = query.metrics.includes('days_to_purchase')
    ? `LEFT JOIN (${firstTouches()}) AS t ON w.payment = t.payment`
    : `LEFT JOIN (SELECT toUInt64(0) AS payment, toInt64(0) AS touched_ms) AS t ON w.payment = t.payment`;
  const touched = `min(nullIf(t.touched_ms, 0)) OVER (PARTITION BY w.who)`;
  return `
      SELECT w.payment AS payment, w.who AS who, sum(w.total) OVER (PARTITION BY w.who) AS first_total,
        (toUnixTimestamp64Milli(w.first_at) - ${touched}) / 86400000 AS taken,
        if(taken IS NULL, -1, greatest(assumeNotNull(taken), 0)) AS days
      FROM (SELECT * FROM (${payers(query)}) WHERE is_first AND ${inRange('first_at')}) AS w
      ${paths}`;
}

/** Payment → when the path it is credited along begins. What was cancelled may begin earlier. */
function firstTouches(): string {
  return `
        SELECT payment, min(touch_ms) AS touched_ms
        FROM (
          SELECT cityHash64(c.payment_id) AS payment, toUnixTimestamp64Milli(assumeNotNull(c.touch_at)) AS touch_ms
          FROM credits AS c
          WHERE ${CHARGES} AND c.position = 0 AND ${inRange('c.payment_at')}
          GROUP BY payment, touch_ms
          HAVING sum(c.sign) > 0
        )
        GROUP BY payment`;
}

/** Customer → what they brought, whenever that was. */
function lifetimes(query: ReportQuery, scope: MoneyScope): string {
  const currency = scope === 'unconverted' ? 'c.currency' : `''`;
  return `
      SELECT w.who AS who, b.paid_in AS currency, sum(b.brought) AS lifetime
      FROM (${payers(query)}) AS w
      INNER JOIN (
        SELECT cityHash64(c.payment_id) AS payment, toString(${currency}) AS paid_in,
          sum(c.first_touch * c.sign) AS brought
        FROM credits AS c
        WHERE c.site = {site:String} AND c.mode = {mode:String} AND ${scopeSql(scope, 'currency')}
        GROUP BY payment, paid_in
        HAVING brought != 0
      ) AS b ON w.payment = b.payment
      GROUP BY who, currency`;
}
