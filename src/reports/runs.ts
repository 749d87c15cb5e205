import type { Records } from '../storage/records/records.ts';
import type { SavedRun } from '../storage/records/records-runs.ts';
import type { ReportSite } from './parse.ts';
import { shorten } from './refused.ts';
import { settingsAnswer } from './settings-answer.ts';
import type { AnsweredQuestion, ReportOutcome } from './report.ts';

export const RUNS_MAX = 100;
export const ANSWER_MAX_BYTES = 1_000_000;

export interface RunsOptions {
  records: { runs: Records['runs'] };
  /** As createReports has it: the answer, and what the question said. */
  askWith(site: ReportSite, question: Readonly<Record<string, string | undefined>>): Promise<AnsweredQuestion>;
  now: () => number;
}

type Outcome<T> = { ok: true; value: T } | Extract<ReportOutcome, { ok: false }>;

/** Saved runs: what was asked, answered and with which settings. The server asks itself: nobody saves invented numbers. */
export function createRuns({ records, askWith, now }: RunsOptions) {
  return {
    async add(site: ReportSite, input: { name: string; question: string }): Promise<Outcome<ReturnType<typeof whole>>> {
      const given = new URLSearchParams(input.question.replace(/^\?/, ''));
      const twice = [...given.keys()].find((name, at, names) => names.indexOf(name) !== at);
      if (twice !== undefined) {
        const message = `question: "${shorten(twice)}" is asked for twice`;
        return { ok: false, code: 'bad_question', field: 'question', message };
      }
      const question = Object.fromEntries(given);
      const { outcome, said } = await askWith(site, question);
      if (!outcome.ok) return outcome;
      const answer = JSON.stringify(outcome.value);
      if (Buffer.byteLength(answer) > ANSWER_MAX_BYTES) {
        const message = `question: its answer has more than ${ANSWER_MAX_BYTES / 1_000} kB; ask for fewer rows with limit`;
        return { ok: false, status: 422, code: 'too_much', field: 'question', message };
      }
      // Days that were not named are those before today, and today passes.
      const { days } = said!;
      const settings = { ...said!.settings, renewals: site.settings.renewals ?? 'first_path' };
      const kept = { name: input.name, question: new URLSearchParams({ ...question, ...days }).toString() };
      const run = await records.runs.add(site.id, { ...kept, settings, answer }, RUNS_MAX, now());
      if (run) return { ok: true, value: whole(run) };
      const message = `run: a site keeps ${RUNS_MAX} saved runs; delete one first`;
      return { ok: false, status: 422, code: 'too_many_runs', message };
    },
    async list(site: { id: string }) {
      return (await records.runs.list(site.id)).map(summary);
    },
    async get(site: { id: string }, id: string) {
      const run = await records.runs.get(site.id, id);
      return run && whole(run);
    },
    remove: (site: { id: string }, id: string) => records.runs.remove(site.id, id),
  };
}

function summary({ id, name, question, settings, createdAt }: Omit<SavedRun, 'answer'>) {
  const { renewals } = settings;
  const used = { ...settingsAnswer(settings), ...(renewals === undefined ? {} : { renewals }) };
  return { id, name, question, settings: used, created_at: new Date(createdAt).toISOString() };
}

function whole(run: SavedRun) {
  return { ...summary(run), answer: JSON.parse(run.answer) as unknown };
}
