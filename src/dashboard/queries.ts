import { QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';
import type {
  ConnectionsAnswer,
  DoctorAnswer,
  HistoryAnswer,
  KeysAnswer,
  MeAnswer,
  PaymentDetailAnswer,
  PaymentsAnswer,
  RatesAnswer,
  ReportAnswer,
} from '../http/contract.ts';
import type { SiteAnswer, SiteStatusAnswer } from '../http/contract-sites.ts';
import type { SubscriptionDetailAnswer, SubscriptionsAnswer } from '../http/contract-subscriptions.ts';
import type { SpendAnswer } from '../http/contract-spend.ts';
import type { RecomputeAnswer, RunAnswer, RunsAnswer } from '../http/contract-models.ts';
import type { Mode } from '../core/payment.ts';
import { ApiError, get } from './api.ts';
import type { Params } from './api.ts';

/** Refusals are final; an outage is tried twice more before the page says so. */
const isWorthRetrying = (count: number, error: Error): boolean =>
  count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500);

export const client = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      // The session ended meanwhile: asking who is signed in leads to the sign-in page.
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== 'me') {
        void client.invalidateQueries({ queryKey: ['me'] });
      }
    },
  }),
  defaultOptions: { queries: { staleTime: 15_000, retry: isWorthRetrying, retryDelay: (count) => 500 * 2 ** count } },
});

/** Ids come from the address bar. */
export const pathOf = (site: string, rest = ''): string => `/sites/${encodeURIComponent(site)}${rest}`;

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => get<MeAnswer>('/me', {}, signal),
  staleTime: 60_000,
});
export const sitesQuery = queryOptions({
  queryKey: ['sites'],
  queryFn: async ({ signal }) => (await get<{ sites: SiteAnswer[] }>('/sites', {}, signal)).sites,
  staleTime: 60_000,
});
export const statusQuery = (site: string) =>
  queryOptions({
    queryKey: ['status', site],
    queryFn: ({ signal }) => get<SiteStatusAnswer>(pathOf(site, '/status'), {}, signal),
  });
export const connectionsQuery = (site: string) =>
  queryOptions({
    queryKey: ['stripe', site],
    queryFn: ({ signal }) => get<ConnectionsAnswer>(pathOf(site, '/stripe'), {}, signal),
  });
export const historyQuery = (site: string) =>
  queryOptions({
    queryKey: ['history', site],
    queryFn: ({ signal }) => get<HistoryAnswer>(pathOf(site, '/stripe/history'), {}, signal),
  });
export const doctorQuery = (site: string) =>
  queryOptions({
    queryKey: ['doctor', site],
    queryFn: ({ signal }) => get<DoctorAnswer>(pathOf(site, '/doctor'), {}, signal),
    // It asks Stripe: only when somebody wants to know.
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });
export const ratesQuery = (site: string) =>
  queryOptions({
    queryKey: ['rates', site],
    queryFn: ({ signal }) => get<RatesAnswer>(pathOf(site, '/rates'), {}, signal),
  });
export const spendQuery = (site: string, days: { from: string; to: string }) =>
  queryOptions({
    queryKey: ['spend', site, days],
    queryFn: ({ signal }) => get<SpendAnswer>(pathOf(site, '/spend'), { ...days }, signal),
  });
export const keysQuery = (site: string) =>
  queryOptions({
    queryKey: ['keys', site],
    queryFn: async ({ signal }) => (await get<KeysAnswer>(pathOf(site, '/keys'), {}, signal)).keys,
  });
export const runsQuery = (site: string) =>
  queryOptions({
    queryKey: ['runs', site],
    queryFn: async ({ signal }) => (await get<RunsAnswer>(pathOf(site, '/runs'), {}, signal)).runs,
  });
export const runQuery = (site: string, id: string) =>
  queryOptions({
    queryKey: ['runs', site, id],
    queryFn: ({ signal }) => get<RunAnswer>(pathOf(site, `/runs/${encodeURIComponent(id)}`), {}, signal),
    // It never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
export const recomputeQuery = (site: string) =>
  queryOptions({
    queryKey: ['recompute', site],
    queryFn: ({ signal }) => get<RecomputeAnswer>(pathOf(site, '/recompute'), {}, signal),
  });
export const reportQuery = (site: string, params: Params) =>
  queryOptions({
    queryKey: ['report', site, params],
    queryFn: ({ signal }) => get<ReportAnswer>(pathOf(site, '/report'), params, signal),
    // An overview left open stays true; a hidden tab asks nothing.
    refetchInterval: 30_000,
    // A filter must not make the page jump: the old numbers stay, dimmed, until the new ones are here. Never those of
    // another site or mode.
    placeholderData: (previous: ReportAnswer | undefined, query) =>
      query?.queryKey[1] === site && (query.queryKey[2] as Params).mode === params.mode ? previous : undefined,
  });
export const paymentQuery = (site: string, id: string) =>
  queryOptions({
    queryKey: ['payment', site, id],
    queryFn: ({ signal }) => get<PaymentDetailAnswer>(pathOf(site, `/payments/${encodeURIComponent(id)}`), {}, signal),
  });
export const paymentsPage = (site: string, mode: Mode | undefined, cursor: string | undefined, signal: AbortSignal) =>
  get<PaymentsAnswer>(pathOf(site, '/payments'), { mode, cursor, limit: 50 }, signal);
export const subscriptionQuery = (site: string, id: string) =>
  queryOptions({
    queryKey: ['subscription', site, id],
    queryFn: ({ signal }) =>
      get<SubscriptionDetailAnswer>(pathOf(site, `/subscriptions/${encodeURIComponent(id)}`), {}, signal),
  });
export const subscriptionsPage = (
  site: string,
  mode: Mode | undefined,
  cursor: string | undefined,
  signal: AbortSignal,
) => get<SubscriptionsAnswer>(pathOf(site, '/subscriptions'), { mode, cursor, limit: 50 }, signal);
