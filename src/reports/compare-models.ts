import { OTHER } from '../core/report.ts';
import type { DataDrivenModel } from '../core/attribution/data-driven.ts';
import { METRIC_SOURCES } from '../core/report-scope.ts';
import type { Metric, ReportQuery, ReportRow } from '../core/report.ts';
import type { ReportAnswer } from '../storage/facts/facts.ts';

/** The column of a data-driven model beside those of the others: its rows are theirs, what is beyond them is "(other)". */
export function withDataDriven<Answer extends ReportAnswer>(
  query: ReportQuery,
  answer: Answer,
  further: ReportAnswer,
  model: DataDrivenModel,
): Answer {
  const metrics = query.metrics.filter(dependsOnModel);
  const columns = (row: ReportRow | undefined) =>
    Object.fromEntries(metrics.map((metric) => [`${metric}:${model}`, row?.[metric] ?? (row ? null : 0)]));
  const totals = { ...answer.totals, ...columns(further.totals) };
  if (query.dimensions.length === 0) return { ...answer, rows: [totals], totals };
  const keyOf = (row: ReportRow) => JSON.stringify(query.dimensions.map((dimension) => row[dimension]));
  const names = new Set(answer.rows.map(keyOf));
  const byKey = new Map<string, ReportRow>();
  for (const row of further.rows) {
    const labels = Object.fromEntries(
      query.dimensions.map((dimension) => [dimension, dimension === 'currency' ? row.currency! : OTHER]),
    );
    const named = names.has(keyOf(row)) ? row : { ...row, ...labels };
    const known = byKey.get(keyOf(named));
    byKey.set(keyOf(named), known ? sum(known, named, metrics) : named);
  }
  const rows = answer.rows.map((row) => ({ ...row, ...columns(byKey.get(keyOf(row))) }));
  const missing = [...byKey].filter(([key]) => !names.has(key)).map(([, row]) => row);
  const added = missing.map((row) => ({
    ...Object.fromEntries(query.dimensions.map((dimension) => [dimension, row[dimension]!])),
    ...Object.fromEntries(Object.keys(answer.totals).map((name) => [name, 0])),
    ...columns(row),
  }));
  return { ...answer, rows: [...rows, ...added], totals };
}

function dependsOnModel(metric: Metric): boolean {
  return METRIC_SOURCES[metric].some((source) => ['amounts', 'fees', 'payments', 'payback', 'cohort'].includes(source));
}

function sum(a: ReportRow, b: ReportRow, metrics: readonly Metric[]): ReportRow {
  const added = metrics.map((metric) => {
    const values = [a[metric], b[metric]].filter((value) => value !== null && value !== undefined);
    return [metric, values.length === 0 ? null : values.reduce((total: number, value) => total + Number(value), 0)];
  });
  return { ...a, ...(Object.fromEntries(added) as ReportRow) };
}
