import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { mondayOf } from '../../core/report-days.ts';
import type { CoverageAnswer } from '../../http/contract-alerts.ts';
import { bucketDimension, bucketsOf } from '../buckets.ts';
import type { BucketDimension } from '../buckets.ts';
import { AlertList } from '../components/alert-list.tsx';
import { AlertWebhook } from '../components/alert-webhook.tsx';
import { useTitle } from '../components/card-page.tsx';
import { CoverageChart } from '../components/coverage-chart.tsx';
import { CoverageDays } from '../components/coverage-days.tsx';
import type { CoverageBucket } from '../components/coverage-chart.tsx';
import { BackIcon } from '../components/icons.tsx';
import { Empty, ErrorNote, Skeleton } from '../components/states.tsx';
import { ModeSwitch, RangePicker } from '../components/toolbar.tsx';
import type { Change } from '../components/toolbar.tsx';
import { alertsQuery, coverageQuery } from '../identity.ts';
import { formatCount, formatCoverage, formatMoney, formatShare } from '../money.ts';
import { statusQuery } from '../queries.ts';
import { daysOfSearch, overviewSearch } from '../search.ts';
import { todayIn } from '../time.ts';
import type { Days } from '../time.ts';
import { reasonName } from '../words.ts';
import { useSite } from './site-frame.tsx';

/** How much of the money is attributed, over time; why the rest is not; and alerts when it falls. */
export function CoveragePage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/coverage' });
  const navigate = useNavigate({ from: '/sites/$siteId/coverage' });
  const change: Change = (next) =>
    void navigate({ search: overviewSearch({ ...search, ...next }), resetScroll: false });
  const status = useQuery(statusQuery(site.id));
  const today = todayIn(site.timezone);
  const days = daysOfSearch(search, today);
  const coverage = useQuery(coverageQuery(site.id, days, search.mode));
  const alerts = useQuery(alertsQuery(site.id));
  useTitle(`Coverage · ${site.name}`);
  const mode = search.mode ?? coverage.data?.mode;
  return (
    <div className="flex flex-col gap-4">
      <Link
        to="/sites/$siteId"
        params={{ siteId: site.id }}
        search={search}
        className="label flex items-center gap-1 self-start hover:text-ink"
      >
        <BackIcon /> Overview
      </Link>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="mr-2 text-xl font-semibold tracking-tight">Coverage</h1>
        <RangePicker search={search} today={today} onChange={change} />
        {mode && status.data ? (
          <ModeSwitch mode={mode} modes={status.data.modes} onChange={(next) => change({ mode: next })} />
        ) : null}
      </div>
      {coverage.data ? (
        <Covered answer={coverage.data} days={days} timezone={site.timezone} siteId={site.id} />
      ) : coverage.error ? (
        <div className="panel">
          <ErrorNote error={coverage.error} retry={() => void coverage.refetch()} />
        </div>
      ) : (
        <div aria-busy="true" className="panel p-5">
          <Skeleton className="mb-4 h-9 w-48" />
          <Skeleton className="h-56 w-full" />
        </div>
      )}
      <section className="panel overflow-hidden" aria-label="Alerts">
        <div className="px-4 pt-4 pb-3 sm:px-5">
          <h2 className="font-semibold">Alerts</h2>
        </div>
        {alerts.data ? <AlertList alerts={alerts.data} siteId={site.id} timezone={site.timezone} /> : null}
        <AlertWebhook siteId={site.id} timezone={site.timezone} />
      </section>
    </div>
  );
}

function Covered({
  answer,
  days,
  timezone,
  siteId,
}: {
  answer: CoverageAnswer;
  days: Days;
  timezone: string;
  siteId: string;
}) {
  const { totals, currency, reasons } = answer;
  const [asTable, setAsTable] = useState(false);
  if (totals.payments === 0) {
    return (
      <div className="panel">
        <Empty title="No payments in this time">Choose more days, or wait for the first payment.</Empty>
      </div>
    );
  }
  const share = totals.revenue > 0 ? totals.attributed.revenue / totals.revenue : null;
  return (
    <>
      <section className="panel px-4 py-4 sm:px-5" aria-label="Coverage over time">
        <div className="flex items-baseline justify-between gap-4">
          <p className="figure text-3xl font-semibold" data-testid="coverage-share">
            {share === null ? '–' : formatCoverage(share)}
          </p>
          <button
            type="button"
            className="text-link text-[0.87rem]"
            data-testid="coverage-table-toggle"
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? 'Show as chart' : 'Show as table'}
          </button>
        </div>
        <p className="label mb-3">
          {formatMoney(totals.attributed.revenue, currency)} of {formatMoney(totals.revenue, currency)} attributed,{' '}
          {formatCount(totals.attributed.payments)} of {formatCount(totals.payments)} payments. A payment counts on the
          day it was made, its refunds too.
        </p>
        {asTable ? <CoverageDays answer={answer} /> : null}
        {asTable ? null : <CoverageChart buckets={coverageBuckets(answer, days, timezone)} currency={currency} />}
      </section>
      <section className="panel overflow-hidden" aria-label="Why not all">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4 px-4 pt-4 pb-3 sm:px-5">
          <h2 className="font-semibold">Why not all</h2>
          {reasons.length > 0 ? (
            <Link
              to="/sites/$siteId/payments"
              params={{ siteId }}
              search={{ mode: answer.mode, show: 'unattributed' }}
              className="text-link text-[0.9rem]"
            >
              Unattributed payments
            </Link>
          ) : null}
        </div>
        {reasons.length === 0 ? (
          <p className="border-t border-line px-4 py-5 text-muted sm:px-5">Every payment has a known visitor.</p>
        ) : (
          <Reasons answer={answer} />
        )}
      </section>
    </>
  );
}

function Reasons({ answer: { reasons, totals, currency } }: { answer: CoverageAnswer }) {
  return (
    <ul className="divide-y divide-line border-t border-line" data-testid="coverage-reasons">
      {reasons.map(({ reason, text, payments, revenue }) => (
        <li
          key={reason}
          className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 px-4 py-2.5 sm:px-5"
          data-reason={reason}
        >
          <span className="min-w-0">
            <span className="block font-medium">{reasonName(reason)}</span>
            <span className="label block">{text}</span>
          </span>
          <span className="text-right whitespace-nowrap tabular-nums">
            {formatMoney(revenue, currency)}
            <span className="label block">
              {formatCount(payments)} {payments === 1 ? 'payment' : 'payments'}
              {totals.revenue > 0 ? ` · ${formatShare(revenue / totals.revenue)}` : ''}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Every bucket of the range, also those in which nobody paid. A single day is one bar. */
function coverageBuckets({ days: rows }: CoverageAnswer, days: Days, timezone: string): CoverageBucket[] {
  const asked = bucketDimension(days);
  const dimension: BucketDimension = asked === 'hour' ? 'day' : asked;
  const bucketOf = (day: string) =>
    dimension === 'week' ? mondayOf(day) : dimension === 'month' ? day.slice(0, 7) : day;
  const byBucket = Map.groupBy(rows, ({ day }) => bucketOf(day));
  const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);
  return bucketsOf([], days, dimension, timezone)
    .filter(({ isAhead }) => !isAhead)
    .map(({ key, short, long }) => {
      const its = byBucket.get(key) ?? [];
      return {
        key,
        short,
        long,
        revenueMinor: sum(its.map(({ revenue }) => revenue)),
        attributedMinor: sum(its.map(({ attributed }) => attributed.revenue)),
        payments: sum(its.map(({ payments }) => payments)),
        attributedPayments: sum(its.map(({ attributed }) => attributed.payments)),
      };
    });
}
