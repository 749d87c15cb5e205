import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { PaymentAnswer } from '../../http/contract.ts';
import type { Mode } from '../../core/payment.ts';
import { useTitle } from '../components/card-page.tsx';
import { Button, buttonClass } from '../components/controls.tsx';
import { PaymentsTable, PaymentsSkeleton } from '../components/payments-table.tsx';
import { Empty, ErrorNote, Note } from '../components/states.tsx';
import { ModeSwitch } from '../components/toolbar.tsx';
import { paymentsPage, statusQuery } from '../queries.ts';
import { useSite } from './site-frame.tsx';

/** The API lists all payments; when only the unattributed are asked for, pages are read until some are found. */
const ENOUGH = 20;
const PAGES_AT_ONCE = 10;

function usePayments(site: string, mode: Mode | undefined, onlyUnattributed: boolean, isReady: boolean) {
  const list = useInfiniteQuery({
    queryKey: ['payments', site, mode],
    queryFn: ({ pageParam, signal }) => paymentsPage(site, mode, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: isReady,
    refetchInterval: 30_000,
  });
  const all = list.data?.pages.flatMap(({ payments }) => payments) ?? [];
  const shown = onlyUnattributed ? all.filter(({ reason }) => reason !== null) : all;
  const pages = list.data?.pages.length ?? 0;
  const mustReadOn =
    onlyUnattributed && list.hasNextPage && !list.isFetchingNextPage && shown.length < ENOUGH && pages < PAGES_AT_ONCE;
  const { fetchNextPage } = list;
  useEffect(() => {
    if (mustReadOn) void fetchNextPage();
  }, [mustReadOn, fetchNextPage]);
  return { list, all, shown };
}

export function PaymentsPage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/payments' });
  const navigate = useNavigate({ from: '/sites/$siteId/payments' });
  const status = useQuery(statusQuery(site.id));
  const onlyUnattributed = search.show === 'unattributed';
  useTitle(`Payments · ${site.name}`);
  const mode = search.mode ?? status.data?.default_mode;
  const { list, all, shown } = usePayments(site.id, mode, onlyUnattributed, mode !== undefined || status.isError);
  const failed = list.error ?? (status.isError && !list.data ? status.error : null);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="text-xl font-semibold tracking-tight">Payments</h1>
        {mode ? (
          <ModeSwitch
            mode={mode}
            modes={status.data?.modes ?? []}
            onChange={(next) => void navigate({ search: { ...search, mode: next } })}
          />
        ) : null}
        <Link
          to="/sites/$siteId/restatements"
          params={{ siteId: site.id }}
          search={mode ? { mode } : {}}
          className="text-link ml-auto text-[0.9rem]"
        >
          Restatements
        </Link>
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={onlyUnattributed}
            data-testid="only-unattributed"
            onChange={({ target }) =>
              void navigate({ search: { ...search, show: target.checked ? 'unattributed' : undefined } })
            }
          />
          Only unattributed
        </label>
      </div>
      {onlyUnattributed ? (
        <Note tone="warn">
          <strong className="font-medium text-warn">Unattributed — paid without a known visitor.</strong> Each payment
          below says why; open one for the remedy. It is credited by itself as soon as the missing link arrives.
        </Note>
      ) : null}
      <div className="panel overflow-hidden">
        {failed && all.length === 0 ? (
          <ErrorNote error={failed} retry={() => void (list.error ? list.refetch() : status.refetch())} />
        ) : !list.data ? (
          <PaymentsSkeleton />
        ) : (
          <PaymentsList payments={shown} siteId={site.id} timezone={site.timezone} mode={mode} total={all.length} />
        )}
      </div>
      {list.hasNextPage ? (
        <div className="flex justify-center">
          <Button onClick={() => void list.fetchNextPage()} busy={list.isFetchingNextPage} data-testid="payments-more">
            {list.isFetchingNextPage ? 'Loading…' : 'Show earlier payments'}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function PaymentsList({
  payments,
  siteId,
  timezone,
  mode,
  total,
}: {
  payments: readonly PaymentAnswer[];
  siteId: string;
  timezone: string;
  mode: 'live' | 'test' | undefined;
  total: number;
}) {
  if (payments.length > 0) {
    return <PaymentsTable payments={payments} siteId={siteId} timezone={timezone} mode={mode} />;
  }
  if (total > 0) {
    return <Empty title="None of these is unattributed">Every payment read so far has a known visitor.</Empty>;
  }
  return (
    <Empty
      title={mode === 'test' ? 'No test payments yet' : 'No payments yet'}
      action={
        <Link to="/sites/$siteId/settings/revenue" params={{ siteId }} className={buttonClass('primary')}>
          Open Revenue settings
        </Link>
      }
    >
      Payments appear within seconds of Stripe’s webhook. Connect Stripe first, if that has not been done.
    </Empty>
  );
}
