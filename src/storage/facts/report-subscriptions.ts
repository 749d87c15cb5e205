import { addDays, mondayOf, withinStore } from '../../core/report-days.ts';
import { TIME_DIMENSIONS } from '../../core/report-scope.ts';
import type { Dimension, ReportQuery } from '../../core/report.ts';
import { TooMuchToCompute } from './facts.ts';
import type { FactsClient } from './client.ts';
import { OTHER } from '../../core/report.ts';
import { COLUMN_DIMENSIONS, labelOf, rangeParams, type Vocabulary } from './report-dimensions.ts';
import { filterSql } from './report-filters.ts';
import { measureValue, type Measured } from './report-metrics.ts';
import type { MoneyScope } from './report-money.ts';

/**
 * Recurring revenue. What stands at an instant is the sum of all movements before it, so movements are summed by bucket,
 * those before the range into one of their own, and stocks run through the buckets here: also through those in which
 * nothing moved. Subscribers are customers: one counts while any of their subscriptions brings money.
 */

/** Sums of what moved in a bucket. `active` and `lost` count customers. */
const FLOWS = {
  mrr: 'sum(money)',
  new_mrr: 'sum(new_money)',
  expansion_mrr: 'sum(expansion)',
  contraction_mrr: '-sum(contraction)',
  churned_mrr: '-sum(churn)',
  reactivation_mrr: 'sum(reactivation)',
  active: 'sum(toInt64(level > 0) - toInt64(level - delta > 0))',
  lost: 'countIf(level <= 0 AND level - delta > 0)',
} as const;
type Flow = keyof typeof FLOWS;
const FLOW_NAMES = Object.keys(FLOWS) as Flow[];
const KINDS = {
  new_money: 'new',
  expansion: 'expansion',
  contraction: 'contraction',
  churn: 'churn',
  reactivation: 'reactivation',
};

export interface SubscriptionStep {
  dimensions: readonly Dimension[];
  keys: readonly string[] | null;
  scope?: MoneyScope;
}

type Client = Pick<FactsClient, 'read'>;
type Flows = Record<Flow, number>;
interface Bucketed {
  labels: string[];
  key: string;
  /** Time labels; null: before the range. */
  time: string[] | null;
  flows: Flows;
}

/** More rows than any answer holds are not carried through the buckets, and none is left out of a sum. */
const GRID_MAX = 200_000;
const TOO_MANY =
  'more than 200,000 rows would have to be carried through time; ask for fewer days, for months, or filter';

export async function readSubscriptions(
  client: Client,
  query: ReportQuery,
  step: SubscriptionStep,
): Promise<{ rows: Measured[]; total: Measured }> {
  const { dimensions, keys } = step;
  const times = dimensions.filter((dimension) => TIME_DIMENSIONS.includes(dimension));
  const named = dimensions.filter((dimension) => !TIME_DIMENSIONS.includes(dimension));
  const whole = { ...step, keys: null };
  const [parts, all] = await Promise.all([
    // Rows of a curve beyond the limit have no stock of their own: they are put together below.
    readBuckets(client, query, times.length > 0 ? whole : step, { named, times }),
    dimensions.length > 0 ? readBuckets(client, query, whole, { named: [], times: [] }) : null,
  ]);
  const total = measured([], '', stocksOf(all ?? parts));
  if (dimensions.length === 0) return { rows: [], total };
  const groups = [...Map.groupBy(parts, (part) => JSON.stringify(part.labels)).values()];
  if (times.length === 0) {
    const rows = groups.map((group) => measured(group[0]!.labels, group[0]!.key, stocksOf(group)));
    return { rows: rows.filter(stands), total };
  }
  const buckets = bucketsSince(parts, bucketsOf(query, times));
  if (groups.length * buckets.length > GRID_MAX) throw new TooMuchToCompute(TOO_MANY);
  const rows = groups
    .flatMap((group) =>
      curveOf(group, buckets).map(({ time, measures }) =>
        measured(merged(dimensions, group[0]!.labels, time), '', measures),
      ),
    )
    .filter(stands);
  return { rows: keys === null ? rows : withOthers(await namedKeys(client, rows), keys, dimensions), total };
}

/** Hashes of labels, as the store computes them: what was carried through here has none yet. */
export async function namedKeys(client: Client, rows: readonly Measured[]): Promise<Measured[]> {
  const nameless = rows.filter((row) => row.key === '');
  if (nameless.length === 0) return [...rows];
  const columns = nameless[0]!.labels.map((_, index) => index);
  const params = Object.fromEntries(columns.map((index) => [`l${index}`, nameless.map((row) => row.labels[index]!)]));
  const zipped = columns.map((index) => `{l${index}:Array(String)}`).join(', ');
  const text = `
    SELECT arrayMap((${columns.map((index) => `x${index}`).join(', ')}) ->
      toString(cityHash64(${columns.map((index) => `x${index}`).join(', ')})), ${zipped}) AS hashes`;
  const [answer] = await client.read<{ hashes: string[] }>(text, params);
  const keys = new Map(nameless.map((row, index) => [row, answer!.hashes[index]!]));
  return rows.map((row) => ({ ...row, key: keys.get(row) ?? row.key }));
}

function vocabulary(): Vocabulary {
  return {
    column: (dimension) => `m.${COLUMN_DIMENSIONS[dimension][0]}`,
    at: 'm.at',
    special: { currency: 'toString(m.currency)' },
  };
}

const instant = (name: 'from_ms' | 'to_ms') => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

/** Money of a movement in the scope's currency, and which movements are of the scope at all. */
function moneyOf(dimensions: readonly Dimension[], scope: MoneyScope): { money: string; where: string } {
  if (scope === 'unconverted') {
    const where = `AND m.currency != {currency:String} AND m.reporting_currency != {currency:String}`;
    return { money: 'm.delta', where };
  }
  if (scope === 'own' || dimensions.includes('currency')) return { money: 'm.delta', where: '' };
  // Subscribers count whatever they pay in; money only where it is in the reporting currency.
  const money = `multiIf(m.reporting_currency = {currency:String}, m.reporting_delta, m.currency = {currency:String}, m.delta, 0)`;
  return { money, where: '' };
}

async function readBuckets(
  client: Client,
  query: ReportQuery,
  { keys, scope = 'reporting', dimensions }: SubscriptionStep,
  { named, times }: { named: readonly Dimension[]; times: readonly Dimension[] },
): Promise<Bucketed[]> {
  const words = vocabulary();
  const filters = filterSql(query.filters, words);
  const { money, where } = moneyOf(dimensions, scope);
  const labels = named.map((dimension, index) => `${labelOf(dimension, words)} AS d${index}, `).join('');
  const bucket = times
    .map((dimension, index) => `if(is_before, '', ${labelOf(dimension, words)}) AS t${index}, `)
    .join('');
  const hash = `cityHash64(${named.map((_, index) => `d${index}`).join(', ')})`;
  const kept = named
    .map((dimension, index) =>
      keys === null || dimension === 'currency'
        ? `d${index} AS l${index}, `
        : `if(${hash} IN {keys:Array(UInt64)}, d${index}, '${OTHER}') AS l${index}, `,
    )
    .join('');
  const columns = [...named.map((_, index) => `l${index}`), ...times.map((_, index) => `t${index}`), 'is_before'];
  const who = ['who', ...named.map((_, index) => `l${index}`)].join(', ');
  const kinds = Object.entries(KINDS)
    .map(([name, kind]) => `sumIf(money_moved, kind = '${kind}') AS ${name}`)
    .join(', ');
  const text = `
    SELECT ${columns.join(', ')}, ${FLOW_NAMES.map((flow) => `${FLOWS[flow]} AS m_${flow}`).join(', ')},
      ${named.length > 0 ? `toString(cityHash64(${named.map((_, index) => `l${index}`).join(', ')}))` : `''`} AS label_key
    FROM (
      SELECT *, sum(delta) OVER (PARTITION BY ${who} ORDER BY first_at ROWS UNBOUNDED PRECEDING) AS level
      FROM (
        SELECT ${columns.join(', ')}, who, min(moved_at) AS first_at, sum(own) AS delta, sum(money_moved) AS money, ${kinds}
        FROM (
          SELECT ${kept} * FROM (
            SELECT ${labels} m.at < ${instant('from_ms')} AS is_before, ${bucket}
              m.at AS moved_at, m.kind AS kind, m.delta * m.sign AS own, ${money} * m.sign AS money_moved,
              if(m.customer = '', cityHash64('subscription', m.subscription), cityHash64('customer', m.customer)) AS who
            FROM subscription_movements AS m
            WHERE m.site = {site:String} AND m.mode = {mode:String} AND m.at < ${instant('to_ms')} ${where}${filters.text}
          )
        )
        GROUP BY ${columns.join(', ')}, who
      )
    )
    GROUP BY ${columns.join(', ')}`;
  const params = { ...rangeParams(query), ...filters.params, ...(keys === null ? {} : { keys: keys.map(BigInt) }) };
  const rows = await client.read<Record<string, string | number>>(text, params);
  return rows.map((row) => ({
    labels: named.map((_, index) => String(row[`l${index}`])),
    key: String(row.label_key),
    time: Number(row.is_before) === 1 ? null : times.map((_, index) => String(row[`t${index}`])),
    flows: Object.fromEntries(FLOW_NAMES.map((flow) => [flow, measureValue(row[`m_${flow}`] ?? 0)])) as Flows,
  }));
}

const NOTHING: Flows = Object.fromEntries(FLOW_NAMES.map((flow) => [flow, 0])) as Flows;

/** What the movements before and in a bucket come to. */
function measuresOf(before: { mrr: number; active: number }, flows: Flows): Record<string, number> {
  const { mrr, active, lost, ...moved } = flows;
  return {
    ...moved,
    mrr: before.mrr + mrr,
    net_new_mrr: mrr,
    opening_mrr: before.mrr,
    active_subscribers: before.active + active,
    opening_subscribers: before.active,
    churned_subscribers: lost,
  };
}

function stocksOf(parts: readonly Bucketed[]): Record<string, number> {
  const before = parts.find((part) => part.time === null)?.flows ?? NOTHING;
  const within = parts.find((part) => part.time !== null)?.flows ?? NOTHING;
  return measuresOf(before, within);
}

function curveOf(parts: readonly Bucketed[], buckets: readonly string[][]) {
  const flowsAt = new Map(parts.map((part) => [JSON.stringify(part.time), part.flows]));
  let standing = { mrr: 0, active: 0, ...flowsAt.get('null') };
  return buckets.map((time) => {
    const flows = flowsAt.get(JSON.stringify(time)) ?? NOTHING;
    const measures = measuresOf(standing, flows);
    standing = { ...standing, mrr: standing.mrr + flows.mrr, active: standing.active + flows.active };
    return { time, measures };
  });
}

/** Labels of all buckets of the range, in order. */
function bucketsOf({ from, to }: ReportQuery, times: readonly Dimension[]): string[][] {
  const buckets = new Map<string, string[]>();
  const last = withinStore(to);
  for (let day = withinStore(from); day <= last; day = addDays(day, 1)) {
    const labels = times.map((dimension) =>
      dimension === 'month' ? day.slice(0, 7) : dimension === 'week' ? mondayOf(day) : day,
    );
    buckets.set(JSON.stringify(labels), labels);
  }
  return [...buckets.values()];
}

/** Nothing stands before the first movement, unless something moved before the range. */
function bucketsSince(parts: readonly Bucketed[], buckets: readonly string[][]): readonly string[][] {
  if (parts.some((part) => part.time === null)) return buckets;
  const moved = new Set(parts.map((part) => JSON.stringify(part.time)));
  const first = buckets.findIndex((time) => moved.has(JSON.stringify(time)));
  return first < 0 ? [] : buckets.slice(first);
}

/** Labels in the order the question names its dimensions. */
function merged(dimensions: readonly Dimension[], named: readonly string[], time: readonly string[]): string[] {
  const [names, times] = [named.values(), time.values()];
  return dimensions.map((dimension) => (TIME_DIMENSIONS.includes(dimension) ? times : names).next().value!);
}

/** What moved in rows beyond the limit adds up; what stood in several buckets does not. */
function withOthers(rows: readonly Measured[], keys: readonly string[], dimensions: readonly Dimension[]): Measured[] {
  const kept = new Set(keys);
  const others = rows.filter((row) => !kept.has(row.key));
  const labelsOf = (row: Measured) => row.labels.map((label, at) => (dimensions[at] === 'currency' ? label : OTHER));
  const groups = Map.groupBy(others, (row) => JSON.stringify(labelsOf(row)));
  const put = [...groups.values()].map((group) => {
    const measures: Record<string, number> = { no_stock: 1 };
    for (const row of group) {
      for (const [name, value] of Object.entries(row.measures)) measures[name] = (measures[name] ?? 0) + (value ?? 0);
    }
    return measured(labelsOf(group[0]!), '', measures);
  });
  return [...rows.filter((row) => kept.has(row.key)), ...put];
}

function measured(labels: string[], key: string, measures: Record<string, number>): Measured {
  return { labels, key, measures };
}

const stands = ({ measures }: Measured) => Object.values(measures).some((value) => value !== 0);
