import { queryOptions } from '@tanstack/react-query';
import type {
  AssistsAnswer,
  CohortsAnswer,
  FlowAnswer,
  LifetimeAnswer,
  PathsAnswer,
  TimesAnswer,
} from '../http/contract-journeys.ts';
import type { PeopleAnswer, TimelineAnswer } from '../http/contract-people.ts';
import type { Mode } from '../core/payment.ts';
import { get } from './api.ts';
import type { Params } from './api.ts';
import { pathOf } from './queries.ts';

type Name = 'flow' | 'paths' | 'times' | 'assists' | 'cohorts' | 'lifetime';

const common = (site: string, name: Name, params: Params) => ({
  queryKey: ['journeys', site, name, params],
  refetchInterval: 60_000,
});
const asking =
  <Answer>(site: string, name: Name, params: Params) =>
  ({ signal }: { signal: AbortSignal }) =>
    get<Answer>(pathOf(site, `/journeys/${name}`), params, signal);
/** As in reports: the old numbers stay, dimmed, until the new ones are here; never those of another site or mode. */
const kept =
  (site: string, params: Params) =>
  <Answer>(previous: Answer | undefined, query: { queryKey: readonly unknown[] } | undefined): Answer | undefined =>
    query?.queryKey[1] === site && (query.queryKey[3] as Params).mode === params.mode ? previous : undefined;

export const flowQuery = (site: string, params: Params) =>
  queryOptions({
    ...common(site, 'flow', params),
    queryFn: asking<FlowAnswer>(site, 'flow', params),
    placeholderData: kept(site, params),
  });
export const pathsQuery = (site: string, params: Params) =>
  queryOptions({
    ...common(site, 'paths', params),
    queryFn: asking<PathsAnswer>(site, 'paths', params),
    placeholderData: kept(site, params),
  });
export const timesQuery = (site: string, params: Params) =>
  queryOptions({
    ...common(site, 'times', params),
    queryFn: asking<TimesAnswer>(site, 'times', params),
    placeholderData: kept(site, params),
  });
export const assistsQuery = (site: string, params: Params) =>
  queryOptions({
    ...common(site, 'assists', params),
    queryFn: asking<AssistsAnswer>(site, 'assists', params),
    placeholderData: kept(site, params),
  });
export const cohortsQuery = (site: string, params: Params) =>
  queryOptions({
    ...common(site, 'cohorts', params),
    queryFn: asking<CohortsAnswer>(site, 'cohorts', params),
    placeholderData: kept(site, params),
  });
export const lifetimeQuery = (site: string, params: Params) =>
  queryOptions({
    ...common(site, 'lifetime', params),
    queryFn: asking<LifetimeAnswer>(site, 'lifetime', params),
    placeholderData: kept(site, params),
  });

export type Person = 'customers' | 'visitors';
export const timelinePage = (
  site: string,
  { person, id }: { person: Person; id: string },
  {
    signal,
    ...params
  }: { mode: Mode | undefined; order: 'newest' | 'oldest'; cursor: string | undefined; signal: AbortSignal },
) => get<TimelineAnswer>(pathOf(site, `/${person}/${encodeURIComponent(id)}`), params, signal);

export const peopleQuery = (site: string, q: string, mode: Mode | undefined) =>
  queryOptions({
    queryKey: ['people', site, q, mode],
    queryFn: ({ signal }) => get<PeopleAnswer>(pathOf(site, '/people'), { q, mode }, signal),
  });
