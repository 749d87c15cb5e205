import { MORE, SEQUENCE_MAX, type JourneyQuestion } from '../../core/journey.ts';
import type { FactsClient } from './client.ts';
import type { AssistSums, PathSums, SequenceSums } from './journey-facts.ts';
import { journeyPayments, PATH_ENDS } from './journey-payments.ts';
import { OTHER, UNATTRIBUTED } from '../../core/report.ts';

type Client = Pick<FactsClient, 'read'>;

const SUMS = `sum(converts) AS conversions, sum(revenue) AS revenue,
      sumIf(converts, touches > 0) AS pathed, sumIf(touches, converts = 1) AS touched,
      sumIf(span_ms, converts = 1 AND touches > 0) AS spent_ms`;
interface SumsRow {
  conversions: number;
  revenue: number;
  pathed: number;
  touched: number;
  spent_ms: number;
}
const sumsOf = ({ conversions, revenue, pathed, touched, spent_ms }: SumsRow): PathSums => ({
  conversions,
  revenueMinor: revenue,
  pathed,
  touches: touched,
  spanMs: spent_ms,
});

/** Payments with `span_ms` beside: never less than nothing, should a clock have run ahead. */
export function timedPayments(question: JourneyQuestion) {
  const { text, params } = journeyPayments(question.query, question.dimension);
  const timed = `
    SELECT b.*, greatest(0, if(e.ends_ms = 0, b.paid_ms, e.ends_ms) - b.first_ms) AS span_ms
    FROM (${text}) AS b LEFT JOIN (${PATH_ENDS}) AS e ON e.payment = b.payment`;
  return { text: timed, params };
}

const HALF = SEQUENCE_MAX / 2;

function sequenceSql(collapse: boolean): string {
  const labels = collapse ? 'arrayCompact(path)' : 'path';
  const cut = `arrayConcat(arraySlice(labels, 1, ${HALF}), ['${MORE}'], arraySlice(labels, ${1 - HALF}))`;
  return `${labels} AS labels, if(length(labels) > ${SEQUENCE_MAX}, ${cut}, labels) AS sequence`;
}

/** The sequences that bring most, at most `query.limit` of them, and the sum of all there are. */
export async function readSequences(client: Client, question: JourneyQuestion, order: 'revenue' | 'conversions') {
  const { text, params } = timedPayments(question);
  const statement = `
    SELECT sequence, conversions, revenue, pathed, touched, spent_ms, is_total
    FROM (
      SELECT sequence, ${SUMS}, grouping(sequence) AS is_total
      FROM (SELECT *, ${sequenceSql(question.collapse)} FROM (${text}))
      GROUP BY GROUPING SETS ((sequence), ())
    )
    ORDER BY is_total DESC, ${order} DESC, revenue DESC, conversions DESC, sequence
    LIMIT ${question.query.limit + 1}`;
  const rows = await client.read<SumsRow & { sequence: string[]; is_total: number }>(statement, params);
  const total = rows.find((row) => row.is_total === 1);
  return {
    rows: rows
      .filter((row) => row.is_total === 0)
      .map((row): SequenceSums => ({ labels: row.sequence, ...sumsOf(row) })),
    total: total ? sumsOf(total) : { conversions: 0, revenueMinor: 0, pathed: 0, touches: 0, spanMs: 0 },
  };
}

/** Different sequences of a flow that are told apart; labels as rare as the rest are "(other)" in a drawing anyway. */
const FLOW_SEQUENCES_MAX = 20_000;

/**
 * Sequences for a flow of so many steps: longer ones keep their beginning and their end, MORE stands between. With two
 * steps there is no room for the end: a flow begins where paths do.
 */
export async function readFlowSequences(
  client: Client,
  { query, dimension, collapse }: JourneyQuestion,
  steps: number,
): Promise<{ labels: string[]; conversions: number; revenueMinor: number }[]> {
  const { text, params } = journeyPayments(query, dimension);
  const labels = collapse ? 'arrayCompact(path)' : 'path';
  const end = steps > 2 ? 'arraySlice(labels, -1)' : '[]';
  const cut = `arrayConcat(arraySlice(labels, 1, ${Math.max(1, steps - 2)}), ['${MORE}'], ${end})`;
  const statement = `
    SELECT sequence, sum(converts) AS conversions, sum(revenue) AS revenue, grouping(sequence) AS is_total
    FROM (SELECT converts, revenue, ${labels} AS labels, if(length(labels) > ${steps}, ${cut}, labels) AS sequence FROM (${text}))
    GROUP BY GROUPING SETS ((sequence), ())
    ORDER BY is_total DESC, conversions DESC, sequence
    LIMIT ${FLOW_SEQUENCES_MAX + 1}`;
  const rows = await client.read<{ sequence: string[]; conversions: number; revenue: number; is_total: number }>(
    statement,
    params,
  );
  const told = rows
    .filter((row) => row.is_total === 0)
    .map((row) => ({ labels: row.sequence, conversions: row.conversions, revenueMinor: row.revenue }));
  const total = rows.find((row) => row.is_total === 1);
  if (!total || told.length < FLOW_SEQUENCES_MAX) return told;
  const rest = {
    labels: [OTHER],
    conversions: total.conversions - told.reduce((sum, row) => sum + row.conversions, 0),
    revenueMinor: total.revenue - told.reduce((sum, row) => sum + row.revenueMinor, 0),
  };
  return [...told, rest];
}

/** At most `query.limit` labels, the rest as "(other)": a payment counts there once, however many of them it has. */
export async function readAssists(client: Client, question: JourneyQuestion): Promise<AssistSums[]> {
  const { limit } = question.query;
  const all = await askAssists(client, question, null);
  if (all.length <= limit) return all;
  const kept = all.slice(0, limit).map((row) => row.label);
  const rows = await askAssists(client, question, kept);
  return [...rows.filter((row) => row.label !== OTHER), ...rows.filter((row) => row.label === OTHER)];
}

async function askAssists(client: Client, question: JourneyQuestion, kept: string[] | null): Promise<AssistSums[]> {
  const { text, params } = journeyPayments(question.query, question.dimension);
  const path = kept === null ? 'path' : `arrayMap(x -> if(has({kept:Array(String)}, x), x, '${OTHER}'), path)`;
  const statement = `
    SELECT label, sumIf(converts, is_last) AS last, sumIf(revenue, is_last) AS last_revenue,
      sumIf(converts, NOT is_last) AS assisted, sumIf(revenue, NOT is_last) AS assisted_revenue
    FROM (
      SELECT converts, revenue, ${path} AS named, arrayJoin(arrayDistinct(named)) AS label, label = named[-1] AS is_last
      FROM (${text})
    )
    GROUP BY label
    ORDER BY label = '${UNATTRIBUTED}', last + assisted DESC, label
    LIMIT ${kept === null ? question.query.limit + 1 : kept.length + 1}`;
  const rows = await client.read<
    Record<'last' | 'last_revenue' | 'assisted' | 'assisted_revenue', number> & { label: string }
  >(statement, kept === null ? params : { ...params, kept });
  return rows.map((row) => ({
    label: row.label,
    last: row.last,
    lastRevenueMinor: row.last_revenue,
    assisted: row.assisted,
    assistedRevenueMinor: row.assisted_revenue,
  }));
}
