import type { RuleModel } from '../../core/attribution/models.ts';
import { METRIC_SOURCES } from '../../core/report-scope.ts';
import type { Metric, ReportQuery, ReportRow } from '../../core/report.ts';
import type { FactsClient } from './client.ts';
import type { ReportAnswer } from './facts.ts';
import { bounded } from './report-bounds.ts';
import { OTHER } from '../../core/report.ts';
import { isCredit, orderOf, readNamedRows, readRows, readUnconverted, type Asked, type RowsAnswer } from './report.ts';
import { createWhatIf } from './what-if-report.ts';

/**
 * One report under several models: a row for each label that any model gives anything, "revenue:linear" beside
 * "revenue:first_touch". What does not depend on the model (visitors, recurring revenue) stands once, under its own name.
 * All models name the same labels, so that "(other)" is the same rest in every column.
 */
export function createComparison(client: Pick<FactsClient, 'read' | 'readParts'>) {
  const whatIf = createWhatIf(client);
  const compare = async (query: ReportQuery, models: readonly RuleModel[]): Promise<ReportAnswer> => {
    const pass = query.whatIf ? { pass: whatIf(models) } : {};
    const questions = models.map((model): Asked => ({ ...query, ...pass, model }));
    const named = (labels: readonly (readonly string[])[]) =>
      Promise.all(questions.map((question) => readNamedRows(client, question, labels)));
    const [answers, unconverted] = await Promise.all([
      query.rows ? named(query.rows) : Promise.all(questions.map((question) => readRows(client, question))),
      readUnconverted(client, questions[0]!),
    ]);
    const names = rankedNames(query, answers);
    const isWhole =
      names.length <= query.limit && answers.every(({ rows }) => !rows.some((row) => isOther(query, row)));
    const kept = names.slice(0, query.limit);
    const asAsked = query.rows || isWhole ? answers : await named(kept.map((name) => labelsOf(query, name)));
    return { ...sideBySide(query, models, asAsked, kept), unconverted };
  };
  return (query: ReportQuery, models: readonly RuleModel[]) => bounded(compare(query, models));
}

/** `revenue:linear` */
export const columnOf = (metric: Metric, model: string): string =>
  dependsOnModel(metric) ? `${metric}:${model}` : metric;

function dependsOnModel(metric: Metric): boolean {
  return METRIC_SOURCES[metric].some((source) => isCredit(source) || source === 'payback' || source === 'cohort');
}

const keyOf = (query: ReportQuery, row: ReportRow) => JSON.stringify(labelsOf(query, row));
const labelsOf = (query: ReportQuery, row: ReportRow) => query.dimensions.map((dimension) => String(row[dimension]));

function isOther({ dimensions }: ReportQuery, row: ReportRow): boolean {
  return dimensions.some((dimension) => dimension !== 'currency' && row[dimension] === OTHER);
}

/** Every label of any model, in the order asked for by the value that is the furthest to the front in any model. */
function rankedNames(query: ReportQuery, answers: readonly RowsAnswer[]): ReportRow[] {
  const { key, descending } = orderOf(query);
  const direction = descending ? -1 : 1;
  const byKey = new Map<string, { row: ReportRow; value: string | number | null; position: number }>();
  for (const row of answers.flatMap(({ rows }) => rows)) {
    if (isOther(query, row)) continue;
    const value = row[key] ?? null;
    const known = byKey.get(keyOf(query, row));
    if (!known) byKey.set(keyOf(query, row), { row, value, position: byKey.size });
    else if (isBefore(value, known.value, direction)) known.value = value;
  }
  return [...byKey.values()]
    .sort((a, b) => (a.value === b.value ? a.position - b.position : isBefore(a.value, b.value, direction) ? -1 : 1))
    .map(({ row }) => row);
}

function isBefore(a: string | number | null, b: string | number | null, direction: number): boolean {
  if (a === null || b === null) return a !== null;
  return a === b ? false : a < b === direction > 0;
}

function sideBySide(
  query: ReportQuery,
  models: readonly RuleModel[],
  answers: readonly RowsAnswer[],
  kept: readonly ReportRow[],
): { rows: ReportRow[]; totals: ReportRow } {
  const columns = (of: (index: number) => ReportRow | undefined): ReportRow =>
    Object.fromEntries(
      models.flatMap((model, index) =>
        query.metrics.map((metric) => [columnOf(metric, model), of(index)?.[metric] ?? emptyOf(of, metric, models)]),
      ),
    );
  const byKey = answers.map(({ rows }) => new Map(rows.map((row) => [keyOf(query, row), row])));
  const others = answers.flatMap(({ rows }) => rows.filter((row) => isOther(query, row)));
  const rest = new Map(others.map((row) => [keyOf(query, row), row]));
  const totals = columns((index) => answers[index]!.total);
  if (query.dimensions.length === 0) return { rows: [totals], totals };
  const rows = [...kept, ...rest.values()].map((row) => ({
    ...Object.fromEntries(query.dimensions.map((dimension) => [dimension, row[dimension]!])),
    ...columns((index) => byKey[index]!.get(keyOf(query, row))),
  }));
  return { rows, totals };
}

/** A label that a model gives nothing: sums are 0 there; a rate is unknown, as in every row of nothing. */
function emptyOf(
  of: (index: number) => ReportRow | undefined,
  metric: Metric,
  models: readonly RuleModel[],
): number | null {
  const known = models.map((_, index) => of(index)?.[metric]).find((value) => value !== undefined && value !== null);
  if (!dependsOnModel(metric)) return (known as number | undefined) ?? null;
  return RATES.has(metric) ? null : 0;
}

const RATES: ReadonlySet<Metric> = new Set<Metric>([
  'coverage',
  'conversion_rate',
  'average_order_value',
  'lifetime_value',
  'days_to_purchase',
  'revenue_per_visitor',
  'payback_days',
  'roas',
  'cac',
]);
