import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { SiteAnswer, SiteStatusAnswer } from '../../http/contract-sites.ts';
import { DEFAULT_MODEL } from '../../core/attribution/models.ts';
import { bucketDimension, bucketsOf } from '../buckets.ts';
import { useTitle } from '../components/card-page.tsx';
import { buttonClass } from '../components/controls.tsx';
import { AddFilter, FilterChips } from '../components/filter-chips.tsx';
import { Headline, RevenueSum } from '../components/headline.tsx';
import { ModelBasis } from '../components/model-basis.tsx';
import { SourceTables } from '../components/source-tables.tsx';
import { Empty, ErrorNote, Note, Skeleton } from '../components/states.tsx';
import { TimePanel } from '../components/time-panel.tsx';
import { ModelPicker, ModeSwitch, RangePicker } from '../components/toolbar.tsx';
import type { Change } from '../components/toolbar.tsx';
import { filterable } from '../filters.ts';
import { client, reportQuery, statusQuery } from '../queries.ts';
import type { OverviewSearch } from '../search.ts';
import { daysOfSearch, filterText, overviewSearch, parseFilters } from '../search.ts';
import { formatDays, todayIn } from '../time.ts';
import type { Days } from '../time.ts';
import { MODEL_NAMES, modelDefinitions } from '../words.ts';
import { useSite } from './site-frame.tsx';

const HEADLINE = 'visitors,customers,revenue,coverage,gross,refunded,disputed';
const FILTERABLE = filterable(['visitors', 'customers', 'revenue']);

function useChange(search: OverviewSearch): Change {
  const navigate = useNavigate({ from: '/sites/$siteId/' });
  return (change) => void navigate({ search: overviewSearch({ ...search, ...change }), resetScroll: false });
}

export function OverviewPage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/' });
  const change = useChange(search);
  const status = useQuery({
    ...statusQuery(site.id),
    // The first hit and the first payment are watched for.
    refetchInterval: ({ state }) => (state.data?.last_hit && state.data.payments > 0 ? 60_000 : 3000),
  });
  useTitle(site.name);

  const today = todayIn(site.timezone);
  const days = daysOfSearch(search, today);
  const model = search.model ?? DEFAULT_MODEL;
  const asked = { from: days.from, to: days.to, model, mode: search.mode, filter: search.filter };
  const headline = useQuery(reportQuery(site.id, { ...asked, metrics: HEADLINE, compare: 'previous_period' }));
  const mode = search.mode ?? headline.data?.mode ?? status.data?.default_mode;
  const filters = parseFilters(search.filter);
  const suggested = { from: days.from, to: days.to, mode: search.mode };
  const context = { siteId: site.id, asked: suggested, dimensions: FILTERABLE };
  if (status.data && !status.data.last_hit && status.data.payments === 0) return <NothingYet siteId={site.id} />;
  return (
    <div className="flex flex-col gap-4">
      <h1 className="sr-only">{site.name}: overview</h1>
      <div className="flex flex-wrap items-center gap-2">
        <RangePicker search={search} today={today} onChange={change} />
        <ModelPicker model={model} onChange={change} />
        <AddFilter context={context} onAdd={(node) => change({ filter: filterText([...filters, node]) })} />
        {mode && status.data ? (
          <ModeSwitch mode={mode} modes={status.data.modes} onChange={(next) => change({ mode: next })} />
        ) : null}
        <p className="label ml-auto text-right max-lg:hidden">
          {formatDays(days)} · {site.timezone}
        </p>
      </div>
      <FilterChips filters={filters} context={context} onChange={(next) => change({ filter: filterText(next) })} />
      {status.data ? <WhatIsMissing status={status.data} siteId={site.id} /> : null}
      {headline.error && !headline.data ? (
        <div className="panel">
          <ErrorNote
            error={headline.error}
            retry={() => void client.refetchQueries({ queryKey: ['report', site.id] })}
          />
        </div>
      ) : (
        <>
          <section
            aria-label="Headline numbers"
            className={`flex flex-col gap-2 ${headline.isPlaceholderData ? 'settling' : ''}`}
          >
            <Headline answer={headline.data} siteId={site.id} />
            {headline.data ? <RevenueSum answer={headline.data} /> : <Skeleton className="mx-1 h-4 w-80 max-w-full" />}
          </section>
          <TimeSection site={site} days={days} asked={asked} />
          <p className="label px-1" data-testid="model-definition">
            <span className="font-medium text-ink">{MODEL_NAMES[model]}.</span> {modelDefinitions(site.models)[model]}
          </p>
          {headline.data?.based_on?.map((basis) => (
            <ModelBasis key={basis.model} basis={basis} />
          ))}
          <SourceTables siteId={site.id} asked={asked} filters={filters} onChange={change} search={search} />
        </>
      )}
    </div>
  );
}

type Asked = { from: string; to: string; model: string; mode: string | undefined; filter: string | undefined };

function TimeSection({ site, days, asked }: { site: SiteAnswer; days: Days; asked: Asked }) {
  const dimension = bucketDimension(days);
  const series = useQuery(reportQuery(site.id, { ...asked, metrics: 'visitors,revenue', dimensions: dimension }));
  return (
    <section aria-label="Over time" className="panel min-h-[386px] px-4 py-4 sm:px-5">
      {series.data ? (
        <div className={series.isPlaceholderData ? 'settling' : ''}>
          <TimePanel
            buckets={bucketsOf(series.data.rows, days, dimension, site.timezone)}
            currency={series.data.currency}
            unit={dimension}
          />
        </div>
      ) : series.error ? (
        <ErrorNote error={series.error} retry={() => void series.refetch()} />
      ) : (
        <div aria-busy="true">
          <Skeleton className="mb-4 h-5 w-56" />
          <Skeleton className="h-[310px] w-full" />
        </div>
      )}
    </section>
  );
}

function NothingYet({ siteId }: { siteId: string }) {
  return (
    <div className="panel">
      <Empty
        title="No hits yet"
        action={
          <div className="flex flex-wrap justify-center gap-3">
            <Link to="/sites/$siteId/settings/script" params={{ siteId }} className={buttonClass('primary')}>
              Get the script tag
            </Link>
            <Link to="/sites/$siteId/settings/revenue" params={{ siteId }} className={buttonClass('quiet')}>
              Connect Stripe
            </Link>
          </div>
        }
      >
        Paste the script tag into the site’s pages and open one: visitors appear here within seconds, and revenue as
        soon as Stripe is connected.
      </Empty>
    </div>
  );
}

function WhatIsMissing({ status, siteId }: { status: SiteStatusAnswer; siteId: string }) {
  if (status.payments === 0) {
    return (
      <Note testId="no-payments">
        <strong className="font-medium">No payments yet.</strong> Visitors are counted; revenue appears when{' '}
        <Link to="/sites/$siteId/settings/revenue" params={{ siteId }} className="text-link">
          Stripe is connected
        </Link>{' '}
        and the first payment arrives.
      </Note>
    );
  }
  if (!status.last_hit) {
    return (
      <Note tone="warn" testId="no-hits">
        <strong className="font-medium">Payments arrive, but no hit ever did.</strong> Nothing can be attributed until{' '}
        <Link to="/sites/$siteId/settings/script" params={{ siteId }} className="text-link">
          the script tag
        </Link>{' '}
        is on the site’s pages.
      </Note>
    );
  }
  return null;
}
