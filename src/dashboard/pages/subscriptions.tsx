import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { SiteAnswer } from '../../http/contract-sites.ts';
import { bucketDimension, bucketsOf } from '../buckets.ts';
import { useTitle } from '../components/card-page.tsx';
import { Button, buttonClass } from '../components/controls.tsx';
import { MOVEMENTS, MovementLegend, RecurringChart } from '../components/recurring-chart.tsx';
import type { MovementName, RecurringBucket } from '../components/recurring-chart.tsx';
import { RecurringHeadline, RecurringTable } from '../components/recurring-tables.tsx';
import { PaymentsSkeleton } from '../components/payments-table.tsx';
import { Empty, ErrorNote, Skeleton } from '../components/states.tsx';
import { SubscriptionsTable } from '../components/subscriptions-table.tsx';
import { ModeSwitch, RangePicker } from '../components/toolbar.tsx';
import type { Change } from '../components/toolbar.tsx';
import { formatMoney } from '../money.ts';
import { reportQuery, statusQuery, subscriptionsPage } from '../queries.ts';
import { daysOfSearch, overviewSearch } from '../search.ts';
import { todayIn } from '../time.ts';
import type { Days } from '../time.ts';
import { useSite } from './site-frame.tsx';

const HEADLINE =
  'mrr,arr,net_new_mrr,active_subscribers,churned_subscribers,subscriber_churn_rate,mrr_churn_rate,churned_mrr,new_mrr';
const MOVED = MOVEMENTS.map((name) => `${name}_mrr`).join();

type Asked = { from: string; to: string; mode: string | undefined };

export function SubscriptionsPage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/subscriptions' });
  const navigate = useNavigate({ from: '/sites/$siteId/subscriptions' });
  const change: Change = (next) =>
    void navigate({ search: overviewSearch({ ...search, ...next }), resetScroll: false });
  useTitle(`Subscriptions · ${site.name}`);
  const status = useQuery(statusQuery(site.id));
  const today = todayIn(site.timezone);
  const days = daysOfSearch(search, today);
  const mode = search.mode ?? status.data?.default_mode;
  const asked: Asked = { from: days.from, to: days.to, mode };
  const headline = useQuery(reportQuery(site.id, { ...asked, metrics: HEADLINE }));
  const list = useInfiniteQuery({
    queryKey: ['subscriptions', site.id, mode],
    queryFn: ({ pageParam, signal }) => subscriptionsPage(site.id, mode, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: mode !== undefined || status.isError,
    refetchInterval: 30_000,
  });
  const subscriptions = list.data?.pages.flatMap((page) => page.subscriptions) ?? [];
  const isEmpty = list.data !== undefined && subscriptions.length === 0;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-2 text-xl font-semibold tracking-tight">Subscriptions</h1>
        <RangePicker search={search} today={today} onChange={change} />
        {mode && status.data ? (
          <ModeSwitch mode={mode} modes={status.data.modes} onChange={(next) => change({ mode: next })} />
        ) : null}
      </div>
      {isEmpty ? (
        <NoSubscriptions siteId={site.id} />
      ) : (
        <>
          {headline.error && !headline.data ? (
            <div className="panel">
              <ErrorNote error={headline.error} retry={() => void headline.refetch()} />
            </div>
          ) : (
            <div className={`flex flex-col gap-2 ${headline.isPlaceholderData ? 'settling' : ''}`}>
              <RecurringHeadline answer={headline.data} />
              <Unconverted answers={headline.data?.unconverted} />
            </div>
          )}
          <Curve site={site} days={days} asked={asked} />
          <RecurringTable siteId={site.id} asked={asked} />
          <section className="panel overflow-hidden" aria-label="All subscriptions">
            <h2 className="px-4 pt-4 pb-1 font-semibold sm:px-5">All subscriptions</h2>
            {list.error && !list.data ? (
              <ErrorNote error={list.error} retry={() => void list.refetch()} />
            ) : !list.data ? (
              <PaymentsSkeleton />
            ) : (
              <SubscriptionsTable subscriptions={subscriptions} siteId={site.id} timezone={site.timezone} />
            )}
          </section>
        </>
      )}
      {list.hasNextPage ? (
        <div className="flex justify-center">
          <Button onClick={() => void list.fetchNextPage()} busy={list.isFetchingNextPage}>
            {list.isFetchingNextPage ? 'Loading…' : 'Show earlier subscriptions'}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function Curve({ site, days, asked }: { site: SiteAnswer; days: Days; asked: Asked }) {
  const fine = bucketDimension(days);
  const dimension = fine === 'hour' ? 'day' : fine;
  const series = useQuery(reportQuery(site.id, { ...asked, metrics: `mrr,${MOVED}`, dimensions: dimension }));
  return (
    <section aria-label="Over time" className="panel min-h-[386px] px-4 py-4 sm:px-5">
      {series.data ? (
        <div className={`flex flex-col gap-3 ${series.isPlaceholderData ? 'settling' : ''}`}>
          <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
            <h2 className="font-semibold">Recurring revenue by {dimension}</h2>
            <MovementLegend />
          </div>
          <RecurringChart
            currency={series.data.currency}
            buckets={bucketsOf(series.data.rows, days, dimension, site.timezone).map((bucket): RecurringBucket => {
              const row = series.data.rows.find((one) => one[dimension] === bucket.key);
              const number = (name: string) => (typeof row?.[name] === 'number' ? row[name] : 0);
              const moved = MOVEMENTS.map((name) => [name, number(`${name}_mrr`)] as const);
              return {
                ...bucket,
                mrrMinor: number('mrr'),
                moved: Object.fromEntries(moved) as Record<MovementName, number>,
              };
            })}
          />
        </div>
      ) : series.error ? (
        <ErrorNote error={series.error} retry={() => void series.refetch()} />
      ) : (
        <div aria-busy="true">
          <Skeleton className="mb-4 h-5 w-56 max-w-full" />
          <Skeleton className="h-[310px] w-full" />
        </div>
      )}
    </section>
  );
}

function Unconverted({ answers }: { answers: Record<string, Record<string, number>> | undefined }) {
  const others = Object.entries(answers ?? {}).filter(([, values]) => values.mrr !== 0);
  if (others.length === 0) return null;
  return (
    <p
      className="figure label px-1 text-ink"
      data-testid="recurring-unconverted"
      title="Neither Stripe nor a known rate says it in the site’s currency: it is not added."
    >
      Apart, not converted: {others.map(([currency, values]) => formatMoney(values.mrr ?? 0, currency)).join(' · ')} of
      MRR
    </p>
  );
}

function NoSubscriptions({ siteId }: { siteId: string }) {
  return (
    <div className="panel">
      <Empty
        title="No subscriptions yet"
        action={
          <Link to="/sites/$siteId/settings/revenue" params={{ siteId }} className={buttonClass('primary')}>
            Open Revenue settings
          </Link>
        }
      >
        Subscriptions appear within seconds of Stripe’s webhook, and their past as soon as the history was read. Monthly
        recurring revenue is what active subscriptions bring in a month, after lasting discounts and without usage; it
        is credited to the first visit of the customer.
      </Empty>
    </div>
  );
}
