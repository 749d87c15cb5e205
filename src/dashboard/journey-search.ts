import { COHORTS_BY, JOURNEY_DIMENSIONS, type CohortsBy, type JourneyDimension } from '../core/journey.ts';
import type { FilterNode } from '../core/report.ts';
import { filterText, oneOf, overviewSearch, parseFilters } from './search.ts';
import type { OverviewSearch } from './search.ts';

export const JOURNEY_TABS = {
  flow: 'Flow',
  paths: 'Paths',
  times: 'Time to purchase',
  assists: 'Assists',
  cohorts: 'Cohorts',
  lifetime: 'Lifetime value',
} as const;
export type JourneyTab = keyof typeof JOURNEY_TABS;

export const MONTH_RANGES = { 6: 'Last 6 months', 12: 'Last 12 months', 24: 'Last 24 months', 36: 'Last 36 months' };
export type MonthRange = '6' | '12' | '24' | '36';

/** What the page shows lives in its address; defaults are left out. */
export interface JourneysSearch extends Omit<OverviewSearch, 'model'> {
  tab?: JourneyTab;
  /** What touchpoints are called by. */
  show?: JourneyDimension;
  months?: MonthRange;
  cohorts?: CohortsBy;
  renewals?: 'without';
}

export function journeysSearch(raw: Record<string, unknown>): JourneysSearch {
  const { model: _, ...search }: OverviewSearch = overviewSearch(raw);
  const journeys: JourneysSearch = search;
  const tab = oneOf(raw.tab, Object.keys(JOURNEY_TABS) as JourneyTab[]);
  if (tab && tab !== 'flow') journeys.tab = tab;
  const show = oneOf(raw.show, JOURNEY_DIMENSIONS);
  if (show) journeys.show = show;
  const months = oneOf(raw.months, Object.keys(MONTH_RANGES) as MonthRange[]);
  if (months && months !== '12') journeys.months = months;
  const cohorts = oneOf(raw.cohorts, COHORTS_BY);
  if (cohorts && cohorts !== 'first_touch') journeys.cohorts = cohorts;
  if (raw.renewals === 'without') journeys.renewals = 'without';
  return journeys;
}

const WITHOUT_RENEWALS: FilterNode = ['payment_kind', 'is_not', ['subscription_renewal']];

/** The filter that is asked with: that of the chips, and the switch beside them. */
export function askedFilter({ filter, renewals }: JourneysSearch): string | undefined {
  return renewals === 'without' ? filterText([...parseFilters(filter), WITHOUT_RENEWALS]) : filter;
}

/** The first day of the month so many months ago, the present one counted. */
export function monthsBack(today: string, months: number): string {
  const count = Number(today.slice(0, 4)) * 12 + Number(today.slice(5, 7)) - months;
  return `${String(Math.floor(count / 12)).padStart(4, '0')}-${String((count % 12) + 1).padStart(2, '0')}-01`;
}
