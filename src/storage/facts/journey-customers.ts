import { COHORT_MONTHS_MAX, VALUE_DAYS, type CohortsBy, type JourneyDimension } from '../../core/journey.ts';
import type { ReportQuery } from '../../core/report.ts';
import type { FactsClient } from './client.ts';
import { addDays, dayAt, startOfDayMs, withinStore } from '../../core/report-days.ts';
import type { CohortSums, ValueSums } from './journey-facts.ts';
import { UNATTRIBUTED } from '../../core/report.ts';
import { labelOf, rangeParams, type Sql } from './report-dimensions.ts';
import { filterSql } from './report-filters.ts';
import { creditVocabulary, payers, scopeSql } from './report-money.ts';

const DAY_MS = 86_400_000;

type Client = Pick<FactsClient, 'read'>;

/**
 * Customers with all they have paid, one row each. Who is one customer is what reports say. A customer's label is that of
 * the touchpoint which the path of the first payment begins with, and filters speak of that payment and that touchpoint.
 *
 * Columns: `who`; `label`; `touch_ms`, 0 when unattributed; `first_ms`, the first payment; `moves`, (epoch ms, amount) of
 * all entries in the reporting currency.
 */
function customers(query: ReportQuery, dimension: JourneyDimension): Sql {
  const vocabulary = creditVocabulary('c.payment_at');
  const filters = filterSql(query.filters, vocabulary);
  const text = `
    SELECT if(t.who = 0, f.payment, t.who) AS who,
      argMin((f.label, f.touch_ms, f.matches), (f.paid_ms, f.payment)) AS first,
      first.1 AS label, first.2 AS touch_ms, min(f.paid_ms) AS first_ms,
      arrayFlatten(groupArray(e.moves)) AS moves, max(t.who != 0) AS has_paid
    FROM (
      SELECT payment, any(label) AS label, any(touch_ms) AS touch_ms, min(paid_ms) AS paid_ms, max(matches) AS matches FROM (
        SELECT cityHash64(c.payment_id) AS payment, ${labelOf(dimension, vocabulary)} AS label,
          ifNull(toUnixTimestamp64Milli(c.touch_at), 0) AS touch_ms,
          min(toUnixTimestamp64Milli(c.payment_at)) AS paid_ms, max(toUInt8(1${filters.text})) AS matches
        FROM credits AS c
        WHERE c.site = {site:String} AND c.mode = {mode:String} AND c.position <= 0 AND c.money = ''
        GROUP BY payment, label, touch_ms HAVING sum(c.sign) > 0
      ) GROUP BY payment
    ) AS f
    LEFT JOIN (${payers({ ...query, metrics: ['new_customers'] })}) AS t ON t.payment = f.payment
    LEFT JOIN (
      SELECT payment, groupArray((at_ms, amount)) AS moves FROM (
        SELECT cityHash64(c.payment_id) AS payment, toUnixTimestamp64Milli(c.entry_at) AS at_ms,
          sum(c.first_touch * c.sign) AS amount
        FROM credits AS c
        WHERE c.site = {site:String} AND c.mode = {mode:String} AND c.position <= 0
          AND ${scopeSql('reporting', 'currency')}
        GROUP BY payment, at_ms HAVING amount != 0
      ) GROUP BY payment
    ) AS e ON e.payment = f.payment
    GROUP BY who
    HAVING first.3 = 1 AND (has_paid = 1 OR length(moves) > 0)`;
  return { text, params: { ...rangeParams(query), ...filters.params } };
}

/** Which month of the site's zone, counted from 0 at the query's first: where months begin is known here, not there. */
const monthOf = (at: string) =>
  `transform(roundDown(${at}, {month_ms:Array(Int64)}), {month_ms:Array(Int64)}, {month_no:Array(Int64)})`;

/** The months from the query's first day to now, or to the query's last day, whichever is later. */
function monthsOf({ from, to, timezone }: ReportQuery, nowMs: number): { names: string[]; startsMs: number[] } {
  const today = dayAt(nowMs, timezone);
  const last = withinStore(to > today ? to : today).slice(0, 7);
  const names = [withinStore(from).slice(0, 7)];
  while (names.at(-1)! < last) names.push(addDays(`${names.at(-1)}-28`, 4).slice(0, 7));
  return { names, startsMs: names.map((name) => startOfDayMs(`${name}-01`, timezone)) };
}

/** Cohorts of the range's months: the query's days are whole months. */
export async function readCohorts(
  client: Client,
  query: ReportQuery,
  { dimension, by, nowMs }: { dimension: JourneyDimension; by: CohortsBy; nowMs: number },
): Promise<CohortSums[]> {
  const { text, params } = customers(query, dimension);
  const months = monthsOf(query, nowMs);
  const thisMonth = dayAt(nowMs, query.timezone).slice(0, 7);
  const isKnown = by === 'first_touch' ? 'touch_ms != 0' : '1';
  const statement = `
    SELECT if(${isKnown}, ${monthOf('start_ms')}, -1) AS month, count() AS customers, sum(arraySum(moves.2)) AS revenue,
      sumMap(
        arrayMap(x -> toUInt16(least(${COHORT_MONTHS_MAX}, greatest(0, ${monthOf('x.1')} - ${monthOf('start_ms')}))), moves),
        arrayMap(x -> x.2, moves)) AS since
    FROM (SELECT *, if(${isKnown}, ${by === 'first_touch' ? 'touch_ms' : 'first_ms'}, first_ms) AS start_ms FROM (${text}))
    WHERE start_ms >= {from_ms:Int64} AND start_ms < {to_ms:Int64}
    GROUP BY month ORDER BY month = -1, month`;
  const rows = await client.read<{ month: number; customers: number; revenue: number; since: [number[], number[]] }>(
    statement,
    { ...params, month_ms: months.startsMs, month_no: months.names.map((_, number) => number) },
  );
  return rows.map(({ month, customers: count, revenue, since: [since, amounts] }) => {
    const known = new Map(since.map((at, index) => [at, amounts[index]!]));
    // A month without money is told, one that has not come is not.
    const come = month < 0 ? Math.max(...since) : months.names.indexOf(thisMonth) - month;
    const last = Math.min(COHORT_MONTHS_MAX - 1, Math.max(0, come));
    const byMonth = Array.from({ length: last + 1 }, (_, at) => known.get(at) ?? 0);
    return { month: months.names[month] ?? UNATTRIBUTED, customers: count, revenueMinor: revenue, byMonth };
  });
}

/** Customers whose first payment lies in the range; the labels with most revenue, and the sum of all. */
export async function readValues(
  client: Client,
  query: ReportQuery,
  { dimension, nowMs }: { dimension: JourneyDimension; nowMs: number },
): Promise<{ rows: ValueSums[]; total: ValueSums }> {
  const { text, params } = customers(query, dimension);
  const after = VALUE_DAYS.map((days) => {
    const end = `first_ms + ${days * DAY_MS}`;
    const isOld = `${end} <= {now_ms:Int64}`;
    return `countIf(${isOld}) AS customers_${days},
      sumIf(arraySum(x -> if(x.1 < ${end}, x.2, 0), moves), ${isOld}) AS revenue_${days}`;
  });
  const statement = `
    SELECT label, count() AS customers, sum(arraySum(moves.2)) AS revenue, ${after.join(', ')}, grouping(label) AS is_total
    FROM (${text})
    WHERE first_ms >= {from_ms:Int64} AND first_ms < {to_ms:Int64}
    GROUP BY GROUPING SETS ((label), ())
    ORDER BY is_total DESC, revenue DESC, customers DESC, label
    LIMIT ${query.limit + 1}`;
  const rows = await client.read<Record<string, number> & { label: string }>(statement, { ...params, now_ms: nowMs });
  const valueOf = (row: Record<string, number> & { label: string }): ValueSums => ({
    label: row.label,
    customers: row.customers!,
    revenueMinor: row.revenue!,
    after: VALUE_DAYS.map((days) => ({
      customers: row[`customers_${days}`]!,
      revenueMinor: row[`revenue_${days}`]!,
    })),
  });
  const total = rows.find((row) => row.is_total === 1);
  const nothing = VALUE_DAYS.map(() => ({ customers: 0, revenueMinor: 0 }));
  return {
    rows: rows.filter((row) => row.is_total === 0).map(valueOf),
    total: total ? valueOf(total) : { label: '', customers: 0, revenueMinor: 0, after: nothing },
  };
}
