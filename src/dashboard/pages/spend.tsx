import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { DEFAULT_MODEL } from '../../core/attribution/models.ts';
import type { SpendAnswer } from '../../http/contract-spend.ts';
import { useTitle } from '../components/card-page.tsx';
import { SpendImportPanel } from '../components/spend-import.tsx';
import { SpendImports } from '../components/spend-imports.tsx';
import { SpendMatching } from '../components/spend-matching.tsx';
import { SpendReturns } from '../components/spend-returns.tsx';
import { Empty, ErrorNote, Note, Skeleton } from '../components/states.tsx';
import { ModelPicker, ModeSwitch, RangePicker } from '../components/toolbar.tsx';
import { reportQuery, spendQuery, statusQuery } from '../queries.ts';
import { daysOfSearch, overviewSearch } from '../search.ts';
import { countOf, formatAmounts } from '../spend.ts';
import { formatDays, todayIn } from '../time.ts';
import { useSite } from './site-frame.tsx';

const METRICS = 'spend,visitors,revenue,roas,new_customers,cac,payback_days';
/** Those with spend come first; beyond them nobody reads. */
const ROWS = 200;

export function SpendPage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/spend' });
  const navigate = useNavigate({ from: '/sites/$siteId/spend' });
  const change = (next: object) =>
    void navigate({ search: overviewSearch({ ...search, ...next }), resetScroll: false });
  useTitle(`Spend · ${site.name}`);
  const today = todayIn(site.timezone);
  const days = daysOfSearch(search, today);
  const model = search.model ?? DEFAULT_MODEL;
  const status = useQuery(statusQuery(site.id));
  const spend = useQuery(spendQuery(site.id, days));
  const returns = useQuery(
    reportQuery(site.id, {
      ...days,
      model,
      mode: search.mode,
      metrics: METRICS,
      dimensions: 'source,medium,campaign',
      order: '-spend',
      limit: ROWS,
    }),
  );
  const mode = search.mode ?? returns.data?.mode ?? status.data?.default_mode;
  const failed = spend.error ?? returns.error;
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-3 text-xl font-semibold tracking-tight">Spend</h1>
        <RangePicker search={search} today={today} onChange={change} />
        <ModelPicker model={model} onChange={change} />
        {mode && status.data ? (
          <ModeSwitch mode={mode} modes={status.data.modes} onChange={(next) => change({ mode: next })} />
        ) : null}
        <p className="label ml-auto text-right max-lg:hidden">{formatDays(days)}</p>
      </div>
      {spend.data && returns.data ? (
        <div className={`flex flex-col gap-5 ${returns.isPlaceholderData ? 'settling' : ''}`}>
          {spend.data.campaigns.length > 0 ? (
            <>
              <Unmatched answer={spend.data} />
              <SpendReturns answer={returns.data} />
              <SpendMatching answer={spend.data} siteId={site.id} />
            </>
          ) : (
            <NothingSpent isFirst={spend.data.imports.length === 0} />
          )}
        </div>
      ) : failed ? (
        <div className="panel">
          <ErrorNote
            error={failed}
            retry={() => {
              void spend.refetch();
              void returns.refetch();
            }}
          />
        </div>
      ) : (
        <div aria-busy="true" className="flex flex-col gap-5">
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-[36rem] w-full" />
        </div>
      )}
      <SpendImportPanel siteId={site.id} />
      {spend.data ? <SpendImports imports={spend.data.imports} siteId={site.id} timezone={site.timezone} /> : null}
    </div>
  );
}

function Unmatched({ answer: { unmatched } }: { answer: SpendAnswer }) {
  if (unmatched.campaigns === 0) return null;
  return (
    <Note tone="warn" testId="spend-unmatched">
      <strong className="font-medium text-warn">
        {formatAmounts(unmatched.spend)} of {countOf(unmatched.campaigns, 'campaign')} met no visitor.
      </strong>{' '}
      It counts, in rows of its own. If its visitors arrive under another name, say which one below.
    </Note>
  );
}

function NothingSpent({ isFirst }: { isFirst: boolean }) {
  return (
    <div className="panel">
      <Empty title={isFirst ? 'No spend yet' : 'Nothing spent in these days'}>
        {isFirst
          ? 'Import what your advertising cost, and see what every campaign brings for it.'
          : 'Choose other days above, or import an export that covers these.'}
      </Empty>
    </div>
  );
}
