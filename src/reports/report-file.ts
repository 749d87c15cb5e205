import type { Mode } from '../core/payment.ts';
import { reportCsv } from '../core/report-csv.ts';
import type { Dimension } from '../core/report.ts';
import type { ReportSite } from './parse.ts';
import { comparedDays } from './report.ts';
import type { AnsweredQuestion, ReportOutcome } from './report.ts';

/** The rows of an answer as CSV, and what names the file. */
export type FileOutcome =
  | { ok: true; value: { csv: string; dimensions: readonly Dimension[]; currency: string; mode: Mode } }
  | Extract<ReportOutcome, { ok: false }>;

type Question = Readonly<Record<string, string | undefined>>;

/** The same question as for JSON, answered as a file. */
export function createReportFiles(askWith: (site: ReportSite, question: Question) => Promise<AnsweredQuestion>) {
  return async (site: ReportSite, question: Question): Promise<FileOutcome> => {
    const { outcome, said } = await askWith(site, question);
    if (!outcome.ok) return outcome;
    const { days, dimensions, compare } = said!;
    const { currency, mode } = outcome.value;
    const compared = compare && {
      name: compare,
      // None, when a model has no answer for the days before.
      rows: outcome.value.compare?.rows ?? [],
      first: { present: days.from, before: comparedDays(days, compare).from },
    };
    const csv = reportCsv(outcome.value, dimensions, compared);
    return { ok: true, value: { csv, dimensions, currency, mode } };
  };
}
