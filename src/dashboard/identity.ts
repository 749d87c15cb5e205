import { queryOptions } from '@tanstack/react-query';
import type { Mode } from '../core/payment.ts';
import type { AlertsAnswer, AlertWebhookAnswer, CoverageAnswer } from '../http/contract-alerts.ts';
import type { IdentityAnswer, RestatementsAnswer } from '../http/contract-identity.ts';
import { get } from './api.ts';
import { pathOf } from './queries.ts';
import type { Days } from './time.ts';

export const identityQuery = (site: string, payment: string) =>
  queryOptions({
    queryKey: ['identity', site, payment],
    queryFn: ({ signal }) =>
      get<IdentityAnswer>(pathOf(site, `/payments/${encodeURIComponent(payment)}/identity`), {}, signal),
  });
export const coverageQuery = (site: string, days: Days, mode: Mode | undefined) =>
  queryOptions({
    queryKey: ['coverage', site, days, mode],
    queryFn: ({ signal }) => get<CoverageAnswer>(pathOf(site, '/coverage'), { ...days, mode }, signal),
    refetchInterval: 60_000,
    placeholderData: (previous: CoverageAnswer | undefined, query) =>
      query?.queryKey[1] === site && query.queryKey[3] === mode ? previous : undefined,
  });
export const alertsQuery = (site: string) =>
  queryOptions({
    queryKey: ['alerts', site],
    queryFn: async ({ signal }) => (await get<AlertsAnswer>(pathOf(site, '/alerts'), {}, signal)).alerts,
    refetchInterval: 120_000,
  });
export const alertWebhookQuery = (site: string) =>
  queryOptions({
    queryKey: ['alert webhook', site],
    queryFn: ({ signal }) => get<AlertWebhookAnswer>(pathOf(site, '/alerts/target'), {}, signal),
  });

export interface RestatementsAsked {
  mode?: Mode | undefined;
  payment?: string | undefined;
  /** Leaves out what settled soon after the payment. */
  settled?: boolean | undefined;
}
const SETTLES_MINUTES = 10;

export const restatementsPage = (
  site: string,
  { mode, payment, settled }: RestatementsAsked,
  cursor: string | undefined,
  signal: AbortSignal,
) =>
  get<RestatementsAnswer>(
    pathOf(site, '/restatements'),
    { mode, payment, cursor, limit: 50, min_age_minutes: settled ? undefined : SETTLES_MINUTES },
    signal,
  );
