import type { JourneyDimension } from '../../core/journey.ts';
import type { ReportQuery } from '../../core/report.ts';
import { UNATTRIBUTED } from '../../core/report.ts';
import { inRange, labelOf, rangeParams, type Sql } from './report-dimensions.ts';
import { filterSql } from './report-filters.ts';
import { creditVocabulary, scopeSql } from './report-money.ts';

/**
 * Payments of a range with the paths they are credited along, one row each. Read from the credits and not from the paths
 * before any window: what a journey shows is what reports credit, whatever the site's settings are.
 *
 * Columns: `payment`; `revenue`, in the reporting currency, of all its entries to date; `converts`, 1 where reports count
 * a conversion; `path`, labels in time order, ['(unattributed)'] without a known visitor; `touches`, how many touchpoints;
 * `first_ms`; `paid_ms`.
 */
export function journeyPayments(query: ReportQuery, dimension: JourneyDimension): Sql {
  const vocabulary = creditVocabulary('c.payment_at');
  const chosen = chosenPayments(query);
  const charged = `c.entry_kind = 'charge' AND c.money = ''`;
  const touched = `${charged} AND c.position >= 0`;
  const began = `${charged} AND c.position = 0`;
  const text = `
    SELECT payment, revenue, converts, paid_ms, first_ms,
      if(is_plain, arraySort((label, step) -> step, labels, steps), ${SETTLED}) AS known,
      length(known) AS touches, if(touches = 0, ['${UNATTRIBUTED}'], known) AS path
    FROM (
      SELECT cityHash64(c.payment_id) AS payment,
        sumIf(c.first_touch * c.sign, ${scopeSql('reporting', 'currency')}) AS revenue,
        toUInt8(sumIf(c.first_touch * c.sign, ${charged}) > 0) AS converts,
        min(toUnixTimestamp64Milli(c.payment_at)) AS paid_ms,
        sumIf(c.sign, ${began}) AS beginnings,
        sumIf(ifNull(toUnixTimestamp64Milli(c.touch_at), 0) * c.sign, ${began}) AS begins_ms,
        if(beginnings = 0, 0, intDiv(begins_ms, beginnings)) AS first_ms,
        groupArrayIf(toInt32(c.position + 1) * c.sign, ${touched}) AS steps,
        groupArrayIf(${labelOf(dimension, vocabulary)}, ${touched}) AS labels,
        min(c.sign) > 0 AND length(steps) = maxIf(c.position, ${charged}) + 1 AS is_plain,
        arrayZip(if(is_plain, [], steps), if(is_plain, [], labels)) AS rows
      FROM credits AS c
      WHERE c.site = {site:String} AND c.mode = {mode:String} AND ${inRange('c.payment_at')}${chosen.text}
      GROUP BY payment
      HAVING revenue != 0 OR converts = 1
    )`;
  return { text, params: { ...rangeParams(query), ...chosen.params } };
}

/**
 * The path of a payment that was credited again, or has several charge entries, which say the same path: the steps that
 * were appended more often than cancelled (a cancelled one is negative). Most payments are plain: their rows are the path.
 * Added up by step and label, the step first in a key of equal width: each row is looked at once, as paths can be long.
 */
const STEP_DIGITS = 6;
const SETTLED = `arrayMap(key -> substring(key, ${STEP_DIGITS + 1}), arrayFilter((key, times) -> times > 0,
        (arrayReduce('sumMap',
          arrayMap(x -> [concat(leftPad(toString(abs(x.1)), ${STEP_DIGITS}, '0'), x.2)], rows),
          arrayMap(x -> [toInt64(sign(x.1))], rows)) AS standing).1, standing.2))`;

/** Filters speak of the payment, and of the touchpoint its path begins with: as in a report under `first_touch`. */
function chosenPayments(query: ReportQuery): Sql {
  const filters = filterSql(query.filters, creditVocabulary('c.payment_at'));
  if (filters.text === '') return { text: '', params: {} };
  const text = `
      AND cityHash64(c.payment_id) GLOBAL IN (
        SELECT cityHash64(c.payment_id) FROM credits AS c
        WHERE c.site = {site:String} AND c.mode = {mode:String} AND ${inRange('c.payment_at')}
          AND c.position <= 0 AND c.money = ''${filters.text}
        GROUP BY c.payment_id HAVING sum(c.sign) > 0
      )`;
  return { text, params: filters.params };
}

/**
 * Payment → where its path ends: `ends_ms`, for the payments of a subscription its creation. Of payments whose paths
 * were stored.
 */
export const PATH_ENDS = `
    SELECT payment, max(ends) AS ends_ms FROM (
      SELECT cityHash64(p.payment_id) AS payment, toUnixTimestamp64Milli(p.ends_at) AS ends
      FROM payment_paths AS p
      WHERE p.site = {site:String} AND p.mode = {mode:String} AND p.position = 0
      GROUP BY payment, ends HAVING sum(p.sign) > 0
    )
    GROUP BY payment`;
