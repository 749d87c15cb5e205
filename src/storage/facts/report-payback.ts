import type { Dimension, ReportQuery } from '../../core/report.ts';
import type { FactsClient } from './client.ts';
import { OTHER } from '../../core/report.ts';
import { labelColumns, rangeParams } from './report-dimensions.ts';
import { filterSql } from './report-filters.ts';
import { measureValue, type Measured } from './report-metrics.ts';
import { creditVocabulary, MODEL_COLUMNS, payers } from './report-money.ts';
import { spendRows } from './report-spend.ts';

/**
 * How long advertising takes to come back: whole days from a customer's first payment until what the customers who were
 * won in the range have paid, less refunds and disputes, first reaches what the range's advertising cost. Each payment
 * counts by how old its customer was, so that all of them begin at 0, and with what of it the model credits to the label.
 * Null where nothing was spent, and as long as it has not come back.
 */

type Client = Pick<FactsClient, 'read'>;
export interface PaybackStep {
  dimensions: readonly Dimension[];
  keys: readonly string[] | null;
}

export async function readPayback(
  client: Client,
  query: ReportQuery,
  step: PaybackStep,
): Promise<{ rows: Measured[]; total: Measured }> {
  const [rows, all] = await Promise.all([
    step.dimensions.length > 0 ? readDays(client, query, step) : [],
    readDays(client, query, { dimensions: [], keys: null }),
  ]);
  return { rows, total: all[0] ?? { labels: [], key: '', measures: {} } };
}

async function readDays(client: Client, query: ReportQuery, { dimensions, keys }: PaybackStep): Promise<Measured[]> {
  const labels = dimensions.map((_, index) => `l${index}`);
  const hash = `cityHash64(${dimensions.map((_, index) => `d${index}`).join(', ')})`;
  const named = dimensions
    .map((_, index) =>
      keys === null
        ? `d${index} AS l${index}, `
        : `if(${hash} IN {keys:Array(UInt64)}, d${index}, '${OTHER}') AS l${index}, `,
    )
    .join('');
  const listed = labels.map((label) => `${label}, `).join('');
  const grouped = labels.length > 0 ? `GROUP BY ${labels.join(', ')}` : '';
  const joined = ['1 = 1', ...labels.map((label) => `r.${label} = s.${label}`)].join(' AND ');
  const cohort = cohortRows(query, dimensions);
  const spent = spendRows(query, dimensions, 'reporting');
  const text = `
    SELECT ${labels.map((label) => `s.${label} AS ${label}, `).join('')}
      ${labels.length > 0 ? `toString(cityHash64(${labels.map((label) => `s.${label}`).join(', ')}))` : `''`} AS label_key,
      min(age) AS days
    FROM (
      SELECT ${listed} age, sum(moved) OVER (${labels.length > 0 ? `PARTITION BY ${labels.join(', ')} ` : ''}ORDER BY age) AS brought, 1 AS one
      FROM (SELECT ${listed} age, sum(credit) AS moved FROM (SELECT ${named} age, credit FROM (${cohort.text})) GROUP BY ${listed} age)
    ) AS r
    INNER JOIN (
      SELECT ${listed} sum(money) AS spent, 1 AS one FROM (SELECT ${named} money FROM (${spent.text})) ${grouped}
    ) AS s ON ${labels.length > 0 ? joined.replace('1 = 1 AND ', '') : 'r.one = s.one'}
    WHERE s.spent > 0 AND r.brought >= s.spent
    GROUP BY ${listed} label_key`;
  const params = {
    ...rangeParams(query),
    ...cohort.params,
    ...spent.params,
    ...(keys === null ? {} : { keys: keys.map(BigInt) }),
  };
  const rows = await client.read<Record<string, string | number>>(text, params);
  return rows.map((row) => ({
    labels: labels.map((label) => String(row[label])),
    key: String(row.label_key),
    measures: { payback_days: measureValue(row.days ?? 0), paid_back: 1 },
  }));
}

/** Credits of the customers whose first payment lies in the range, of all time, with their age in days. */
function cohortRows(query: ReportQuery, dimensions: readonly Dimension[]) {
  const vocabulary = creditVocabulary('t.first_at');
  const filters = filterSql(query.filters, vocabulary);
  const text = `
    SELECT ${labelColumns(dimensions, vocabulary)} c.${MODEL_COLUMNS[query.model]} * c.sign AS credit,
      greatest(intDiv(toUnixTimestamp64Milli(c.entry_at) - toUnixTimestamp64Milli(t.first_at), 86400000), 0) AS age
    FROM credits AS c
    INNER JOIN (
      SELECT payment, first_at FROM (${payers(query)})
      WHERE first_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND first_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
    ) AS t ON cityHash64(c.payment_id) = t.payment
    WHERE c.site = {site:String} AND c.mode = {mode:String}
      AND if(c.money = '', c.currency, c.money) = {currency:String}${filters.text}`;
  return { text, params: filters.params };
}
