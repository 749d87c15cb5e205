import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReportAnswer } from '../../http/contract.ts';
import type { Dimension, Metric } from '../../core/report.ts';
import type { Params } from '../api.ts';
import type { CompareSearch } from '../compare-search.ts';
import { compareSearch, modelsOf } from '../compare-search.ts';
import { useTitle } from '../components/card-page.tsx';
import { ComparePayments } from '../components/compare-payments.tsx';
import { CompareTable } from '../components/compare-table.tsx';
import { ByPicker, ModelsPicker, WHAT_IF, WhatIfPicker } from '../components/compare-tools.tsx';
import type { CompareChange } from '../components/compare-tools.tsx';
import { Button } from '../components/controls.tsx';
import { ModelBasis } from '../components/model-basis.tsx';
import { RecomputeNote } from '../components/recompute-note.tsx';
import { SavedRuns } from '../components/saved-runs.tsx';
import { ErrorNote, Note, Skeleton } from '../components/states.tsx';
import { ModeSwitch, RangePicker } from '../components/toolbar.tsx';
import { reportQuery, runQuery, statusQuery } from '../queries.ts';
import { daysOfSearch } from '../search.ts';
import { formatMoment, todayIn } from '../time.ts';
import { modelDefinitions, settingsText } from '../words.ts';
import { useSite } from './site-frame.tsx';

const ROWS_MAX = 50;

export function ComparePage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/compare' });
  const navigate = useNavigate({ from: '/sites/$siteId/compare' });
  const change: CompareChange = (next) =>
    void navigate({ search: compareSearch({ ...search, ...next }), resetScroll: false });
  const status = useQuery(statusQuery(site.id));
  useTitle(`Models · ${site.name}`);
  const today = todayIn(site.timezone);
  const asked = askedOf(search, today);
  const mode = search.mode ?? status.data?.default_mode;
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h1 className="text-xl font-semibold tracking-tight">Models side by side</h1>
        <p className="mt-1 text-muted">
          The same payments under each model. The second line of a cell is the difference to the first column.
        </p>
      </div>
      <RecomputeNote siteId={site.id} />
      {search.run === undefined ? (
        <>
          <div className="flex flex-wrap items-center gap-2">
            <RangePicker search={search} today={today} onChange={change} />
            <ModelsPicker search={search} onChange={change} settings={site.models} />
            <ByPicker search={search} onChange={change} />
            <WhatIfPicker search={search} onChange={change} settings={site.models} />
            {mode && status.data ? (
              <ModeSwitch mode={mode} modes={status.data.modes} onChange={(next) => change({ mode: next })} />
            ) : null}
          </div>
          <Comparison asked={asked} search={search} onChange={change} />
        </>
      ) : (
        <SavedRun id={search.run} onHide={() => change({ run: undefined })} />
      )}
      <SavedRuns
        siteId={site.id}
        timezone={site.timezone}
        question={search.run === undefined ? questionText({ ...asked, limit: ROWS_MAX }) : null}
        shown={search.run}
        onShow={(run) => change({ run })}
      />
    </div>
  );
}

function askedOf(search: CompareSearch, today: string): Params {
  const { from, to } = daysOfSearch(search, today);
  const metric = search.metric ?? 'revenue';
  const whatIf = Object.fromEntries(WHAT_IF.map((name) => [name, search[name]]));
  const models = modelsOf(search.models).join(',');
  return { metrics: metric, dimensions: search.dimension ?? 'source', from, to, mode: search.mode, models, ...whatIf };
}

function questionText(asked: Params): string {
  const named = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return new URLSearchParams(named).toString();
}

function Comparison({ asked, search, onChange }: { asked: Params; search: CompareSearch; onChange: CompareChange }) {
  const site = useSite();
  const report = useQuery(reportQuery(site.id, { ...asked, limit: ROWS_MAX }));
  const dimension = search.dimension ?? 'source';
  const metric = search.metric ?? 'revenue';
  const models = modelsOf(search.models);
  if (report.error && !report.isPlaceholderData) {
    return (
      <div className="panel">
        <ErrorNote error={report.error} retry={() => void report.refetch()} />
      </div>
    );
  }
  if (!report.data) return <TableSkeleton />;
  return (
    <div className={`flex flex-col gap-4 ${report.isPlaceholderData ? 'settling' : ''}`}>
      {report.data.settings ? (
        <Note testId="what-if-note">
          Computed anew with settings that are not the site’s: {settingsText(report.data.settings)}.
        </Note>
      ) : null}
      <AnswerPanel
        answer={report.data}
        dimension={dimension}
        metric={metric}
        models={models}
        opened={search.value}
        details={
          search.value === undefined ? undefined : (
            <ComparePayments
              siteId={site.id}
              asked={asked}
              dimension={dimension}
              value={search.value}
              metric={metric}
              models={models}
            />
          )
        }
        onOpen={(value) => onChange({ value: value === search.value ? undefined : value })}
      />
    </div>
  );
}

type AnswerPanelProps = Omit<Parameters<typeof CompareTable>[0], 'answer' | 'definitions'> & { answer: ReportAnswer };

function AnswerPanel({ answer, ...table }: AnswerPanelProps) {
  const { models } = useSite();
  const definitions = modelDefinitions(answer.settings ?? models);
  return (
    <>
      <section className="panel overflow-hidden" aria-label="Comparison">
        {answer.rows.length === 0 ? (
          <p className="px-5 py-10 text-center text-muted" data-testid="compare-empty">
            No payments in these days.
          </p>
        ) : (
          <CompareTable answer={answer} definitions={definitions} {...table} />
        )}
      </section>
      {answer.based_on?.map((basis) => (
        <ModelBasis key={basis.model} basis={basis} />
      ))}
    </>
  );
}

/** As it was answered then; nothing of it is asked again. */
function SavedRun({ id, onHide }: { id: string; onHide: () => void }) {
  const site = useSite();
  const run = useQuery(runQuery(site.id, id));
  if (run.error) {
    return (
      <div className="panel">
        <ErrorNote error={run.error} retry={() => void run.refetch()} />
        <div className="px-5 pb-5">
          <Button onClick={onHide}>Back to the comparison</Button>
        </div>
      </div>
    );
  }
  if (!run.data) return <TableSkeleton />;
  const asked = new URLSearchParams(run.data.question);
  const answer = run.data.answer as ReportAnswer;
  const dimension = (asked.get('dimensions') ?? 'source').split(',')[0] as Dimension;
  const metric = (asked.get('metrics') ?? 'revenue')
    .split(',')
    .find((name) => Object.keys(answer.totals).some((key) => key.startsWith(`${name}:`)));
  return (
    <>
      <Note testId="run-note">
        <span className="flex flex-wrap items-center justify-between gap-3">
          <span className="min-w-0">
            <strong className="font-medium break-words">{run.data.name}</strong>, as it was on{' '}
            {formatMoment(run.data.created_at, site.timezone)}: {asked.get('from')} to {asked.get('to')},{' '}
            {settingsText(run.data.settings)}.
          </span>
          <Button onClick={onHide}>Back to the comparison</Button>
        </span>
      </Note>
      {metric === undefined ? (
        <pre className="panel overflow-x-auto p-4 text-[0.85rem]">{JSON.stringify(answer, null, 1)}</pre>
      ) : (
        <AnswerPanel
          answer={answer}
          dimension={dimension}
          metric={metric as Metric}
          models={modelsOf(asked.get('models') ?? undefined)}
        />
      )}
    </>
  );
}

function TableSkeleton() {
  return (
    <div className="panel flex flex-col gap-4 p-5" aria-busy="true">
      {[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((row) => (
        <Skeleton key={row} className="h-9 w-full" />
      ))}
    </div>
  );
}
