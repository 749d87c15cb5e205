import { OTHER, ROWS_MAX } from '../core/report.ts';
import type { RuleModel } from '../core/attribution/models.ts';
import { DATA_DRIVEN_MODELS } from '../core/attribution/data-driven.ts';
import type { Mode } from '../core/payment.ts';
import { addDays, countDays, yearBefore } from '../core/report-days.ts';
import { TIME_DIMENSIONS } from '../core/report-scope.ts';
import type { Dimension, ReportQuery, ReportRow } from '../core/report.ts';
import { FactsCrowded, TooMuchToCompute } from '../storage/facts/facts.ts';
import type { Facts, ReportAnswer } from '../storage/facts/facts.ts';
import { answerDataDriven } from './data-driven.ts';
import type { BasedOn, DataDrivenDeps } from './data-driven.ts';
import { withDataDriven } from './compare-models.ts';
import { parseReportQuery } from './parse.ts';
import type { Comparison, ParsedReport, ReportSite } from './parse.ts';
import type { ModelSettings } from '../core/attribution/settings.ts';
import type { AskedModels } from './parse-models.ts';
import { settingsAnswer } from './settings-answer.ts';
import type { SettingsAnswer } from './settings-answer.ts';
import { SolverBusy, SolverTooSlow } from './solver.ts';

/** The answer of GET sites/:id/report (http/contract.ts, reportAnswer). */
export interface ReportReply {
  rows: ReportRow[];
  totals: ReportRow;
  currency: string;
  mode: Mode;
  compare?: { rows: ReportRow[]; totals: ReportRow };
  unconverted?: Record<string, Record<string, number>>;
  /** Set when they are not the site's own. */
  settings?: SettingsAnswer;
  based_on?: BasedOn[];
}

export type ReportOutcome =
  | { ok: true; value: ReportReply }
  | { ok: false; code: string; message: string; field?: string; status?: number; retryAfterS?: number };

interface Said {
  settings: ModelSettings;
  days: { from: string; to: string };
  dimensions: readonly Dimension[];
  compare: Comparison | null;
}

/** An answer, and what was understood of its question; null: nothing. */
export interface AnsweredQuestion {
  outcome: ReportOutcome;
  said: Said | null;
}

export interface ReportsOptions extends DataDrivenDeps {
  facts: Pick<Facts, 'report' | 'compareModels' | 'channelPaths'>;
  now: () => number;
  /** Mode of a question that names none: see mode.ts. */
  defaultMode: (site: string) => Promise<Mode>;
}

type Answered = { ok: true; value: ReportAnswer & { basedOn: BasedOn[] } } | Extract<ReportOutcome, { ok: false }>;
type Asked = Extract<ParsedReport, { ok: true }>;

export function createReports({ facts, solve, now, defaultMode }: ReportsOptions) {
  async function answerOne(query: ReportQuery, asked: AskedModels): Promise<Answered> {
    if (asked.models) return answerModels(query, asked);
    if (asked.dataDriven === null) return { ok: true, value: { ...(await facts.report(query)), basedOn: [] } };
    const { dataDriven: model, markovOrder: order, settings } = asked;
    const answer = await answerDataDriven({ facts, solve }, query, { model, order, settings });
    return answer.ok ? { ok: true, value: { ...answer.value, basedOn: [answer.value.basedOn] } } : answer;
  }

  async function answerModels(query: ReportQuery, asked: AskedModels): Promise<Answered> {
    const { models, markovOrder: order, settings } = asked;
    const dataDriven = DATA_DRIVEN_MODELS.filter((model) => models!.includes(model));
    const rules = models!.filter((model): model is RuleModel => !(dataDriven as string[]).includes(model));
    // Without a rule-based one, linear says which rows there are: the others follow it within each channel.
    const compared = await facts.compareModels(query, rules.length > 0 ? rules : ['linear']);
    if (rules.length === 0) [compared.totals, ...compared.rows].forEach(withoutLinear);
    let answer: ReportAnswer & { basedOn: BasedOn[] } = { ...compared, basedOn: [] };
    for (const model of dataDriven) {
      const { rows: _named, ...asked } = query;
      const whole = { ...asked, limit: ROWS_MAX, order: null };
      const one = await answerDataDriven({ facts, solve }, whole, { model, order, settings });
      if (!one.ok) return one;
      answer = { ...withDataDriven(query, answer, one.value, model), basedOn: [...answer.basedOn, one.value.basedOn] };
    }
    return { ok: true, value: answer };
  }

  async function answer({ query, compare, asked }: Asked): Promise<ReportOutcome> {
    const before = compare ? comparedDays(query, compare) : null;
    const [present, own] = await Promise.all([
      answerOne(query, asked),
      before ? answerOne({ ...query, ...before }, asked) : null,
    ]);
    if (!present.ok) return present;
    const named = before && own?.ok ? rowsOfBoth(query, present.value.rows, own.value.rows) : null;
    const past = named ? await answerOne({ ...query, ...before, rows: named }, asked) : own;
    const { rows, totals, unconverted, basedOn } = present.value;
    const reply: ReportReply = { rows, totals, currency: query.currency, mode: query.mode };
    // A model that has no answer for the days before does not take the present one away.
    if (past?.ok) reply.compare = { rows: past.value.rows, totals: past.value.totals };
    if (unconverted && Object.keys(unconverted).length > 0) reply.unconverted = unconverted;
    if (!asked.isOwn) reply.settings = settingsAnswer(asked.settings);
    if (basedOn.length > 0) reply.based_on = basedOn;
    return { ok: true, value: reply };
  }

  /** From the query string as received; with what it says about models and days, for whoever keeps the answer. */
  async function askWith(
    site: ReportSite,
    question: Readonly<Record<string, string | undefined>>,
  ): Promise<AnsweredQuestion> {
    const parsed = parseReportQuery(question, site, { mode: await defaultMode(site.id), now: now() });
    if (!parsed.ok) {
      const { field, reason } = parsed;
      return { outcome: { ok: false, code: 'bad_question', field, message: `${field}: ${reason}` }, said: null };
    }
    const outcome = await answer(parsed).catch(refusalOf);
    const { query, compare, asked } = parsed;
    const { from, to, dimensions } = query;
    return { outcome, said: { settings: asked.settings, days: { from, to }, dimensions, compare } };
  }

  return {
    askWith,
    ask: async (site: ReportSite, question: Readonly<Record<string, string | undefined>>): Promise<ReportOutcome> =>
      (await askWith(site, question)).outcome,
  };
}

/**
 * What the days before are to be asked for by name: a row of the present may not be among their first ones, and would have
 * no past. null: their own rows will do, as all are there, or run with the time.
 */
function rowsOfBoth(
  { dimensions, limit }: ReportQuery,
  present: readonly ReportRow[],
  past: readonly ReportRow[],
): string[][] | null {
  if (dimensions.length === 0 || dimensions.some((dimension) => TIME_DIMENSIONS.includes(dimension))) return null;
  const labelsOf = (row: ReportRow) => dimensions.map((dimension) => String(row[dimension]));
  const isNamed = (row: ReportRow) => dimensions.some((name) => name !== 'currency' && row[name] !== OTHER);
  const all = [...present, ...past].filter(isNamed).map(labelsOf);
  const names = [...new Map(all.map((labels) => [JSON.stringify(labels), labels])).values()];
  const isWhole = [...present, ...past].every(isNamed) && names.length <= limit;
  return isWhole || names.length === 0 ? null : names.slice(0, limit);
}

/** It was not asked for. */
function withoutLinear(row: ReportRow): void {
  for (const name of Object.keys(row)) if (name.endsWith(':linear')) delete row[name];
}

const RETRY_AFTER_S = 5;

/** What is too much for one answer is the question's fault, what waits for other questions is nobody's. */
function refusalOf(error: unknown): ReportOutcome {
  const { message } = error as Error;
  if (error instanceof TooMuchToCompute || error instanceof SolverTooSlow) {
    return { ok: false, status: 422, code: 'too_much', message: `report: ${message}` };
  }
  if (!(error instanceof SolverBusy || error instanceof FactsCrowded)) throw error;
  return { ok: false, status: 503, code: 'busy', message: `report: ${message}`, retryAfterS: RETRY_AFTER_S };
}

/** As many days right before, or the same days a year before. */
export function comparedDays(
  { from, to }: Pick<ReportQuery, 'from' | 'to'>,
  compare: Comparison,
): { from: string; to: string } {
  if (compare === 'previous_year') return { from: yearBefore(from), to: yearBefore(to) };
  return { from: addDays(from, -countDays(from, to)), to: addDays(from, -1) };
}
