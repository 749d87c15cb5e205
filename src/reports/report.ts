import type { Mode } from '../core/payment.ts';
import { addDays, countDays, yearBefore } from '../core/report-days.ts';
import type { ReportQuery, ReportRow } from '../core/report.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { parseReportQuery } from './parse.ts';
import type { Comparison, ReportSite } from './parse.ts';

/** The answer of GET sites/:id/report (http/contract.ts, reportAnswer). */
export interface ReportReply {
  rows: ReportRow[];
  totals: ReportRow;
  currency: string;
  mode: Mode;
  compare?: { rows: ReportRow[]; totals: ReportRow };
  unconverted?: Record<string, Record<string, number>>;
}

export type ReportOutcome =
  { ok: true; value: ReportReply } | { ok: false; code: string; message: string; field?: string };

export interface ReportsOptions {
  facts: Pick<Facts, 'report'>;
  now: () => number;
  /** Mode of a question that names none: see mode.ts. */
  defaultMode: (site: string) => Promise<Mode>;
}

export function createReports({ facts, now, defaultMode }: ReportsOptions) {
  async function answer(query: ReportQuery, compare: Comparison | null): Promise<ReportReply> {
    const before = compare ? comparedDays(query, compare) : null;
    const [present, past] = await Promise.all([
      facts.report(query),
      before ? facts.report({ ...query, ...before }) : null,
    ]);
    const reply: ReportReply = {
      rows: present.rows,
      totals: present.totals,
      currency: query.currency,
      mode: query.mode,
    };
    if (past) reply.compare = { rows: past.rows, totals: past.totals };
    if (Object.keys(present.unconverted ?? {}).length > 0) reply.unconverted = present.unconverted;
    return reply;
  }

  return {
    answer,
    /** From the query string as received. */
    async ask(site: ReportSite, question: Readonly<Record<string, string | undefined>>): Promise<ReportOutcome> {
      const parsed = parseReportQuery(question, site, { mode: await defaultMode(site.id), now: now() });
      if (!parsed.ok) {
        const message = `${parsed.field}: ${parsed.reason}`;
        return { ok: false, code: 'bad_question', field: parsed.field, message };
      }
      return { ok: true, value: await answer(parsed.query, parsed.compare) };
    },
  };
}

/** As many days right before, or the same days a year before. */
export function comparedDays(
  { from, to }: Pick<ReportQuery, 'from' | 'to'>,
  compare: Comparison,
): { from: string; to: string } {
  if (compare === 'previous_year') return { from: yearBefore(from), to: yearBefore(to) };
  return { from: addDays(from, -countDays(from, to)), to: addDays(from, -1) };
}
