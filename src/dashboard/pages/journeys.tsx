import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { JOURNEY_DIMENSIONS } from '../../core/journey.ts';
import type { JourneyDimension } from '../../core/journey.ts';
import type { SiteAnswer } from '../../http/contract-sites.ts';
import { useTitle } from '../components/card-page.tsx';
import { TOOL } from '../components/controls.tsx';
import { AddFilter, FilterChips } from '../components/filter-chips.tsx';
import { ChevronIcon, SplitIcon } from '../components/icons.tsx';
import { JourneyAssists } from '../components/journey-assists.tsx';
import { JourneyCohorts } from '../components/journey-cohorts.tsx';
import { JourneyFlow } from '../components/journey-flow.tsx';
import { JourneyLifetime } from '../components/journey-lifetime.tsx';
import { JourneyPanel } from '../components/journey-panel.tsx';
import { JourneyPaths } from '../components/journey-paths.tsx';
import { JourneyTimes } from '../components/journey-times.tsx';
import { Menu, MenuChoices } from '../components/menu.tsx';
import { ModeSwitch, RangePicker } from '../components/toolbar.tsx';
import { filterable } from '../filters.ts';
import { assistsQuery, cohortsQuery, flowQuery, lifetimeQuery, pathsQuery, timesQuery } from '../journey-queries.ts';
import { askedFilter, JOURNEY_TABS, journeysSearch, MONTH_RANGES, monthsBack } from '../journey-search.ts';
import type { JourneysSearch, JourneyTab, MonthRange } from '../journey-search.ts';
import { statusQuery } from '../queries.ts';
import { daysOfSearch, filterText, parseFilters } from '../search.ts';
import { todayIn } from '../time.ts';
import { dimensionName } from '../words.ts';
import { useSite } from './site-frame.tsx';

const FILTERABLE = filterable(['revenue', 'conversions']);
/** Tabs whose days are whole months. */
const BY_MONTHS: readonly JourneyTab[] = ['cohorts', 'lifetime'];

type Change = (change: Partial<Record<keyof JourneysSearch, string | undefined>>) => void;

export function JourneysPage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/journeys' });
  const navigate = useNavigate({ from: '/sites/$siteId/journeys' });
  const change: Change = (next) =>
    void navigate({ search: journeysSearch({ ...search, ...next }), resetScroll: false });
  useTitle(`Journeys · ${site.name}`);
  const status = useQuery(statusQuery(site.id));
  const tab = search.tab ?? 'flow';
  const mode = search.mode ?? status.data?.default_mode;
  const today = todayIn(site.timezone);
  const filters = parseFilters(search.filter);
  const days = BY_MONTHS.includes(tab)
    ? { from: monthsBack(today, Number(search.months ?? '12')), to: today }
    : daysOfSearch(search, today);
  const context = { siteId: site.id, asked: { ...days, mode: search.mode }, dimensions: FILTERABLE };
  const asked = { ...days, mode: search.mode, filter: askedFilter(search), dimension: dimensionOf(tab, search) };
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-2 text-xl font-semibold tracking-tight">Journeys</h1>
        {BY_MONTHS.includes(tab) ? (
          <MonthsPicker months={search.months ?? '12'} onChange={change} />
        ) : (
          <RangePicker search={search} today={today} onChange={change} />
        )}
        {tab === 'times' ? null : tab === 'cohorts' ? (
          <CohortPicker by={search.cohorts ?? 'first_touch'} onChange={change} />
        ) : (
          <DimensionPicker dimension={asked.dimension} onChange={change} />
        )}
        <AddFilter context={context} onAdd={(node) => change({ filter: filterText([...filters, node]) })} />
        {BY_MONTHS.includes(tab) ? null : (
          <button
            type="button"
            className={`${TOOL} aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent`}
            aria-pressed={search.renewals === 'without'}
            data-testid="without-renewals"
            title="Leave out payments that renew a subscription"
            onClick={() => change({ renewals: search.renewals === 'without' ? undefined : 'without' })}
          >
            Without renewals
          </button>
        )}
        {mode && status.data ? (
          <ModeSwitch mode={mode} modes={status.data.modes} onChange={(next) => change({ mode: next })} />
        ) : null}
        <Link
          to="/sites/$siteId/people"
          params={{ siteId: site.id }}
          search={search.mode ? { mode: search.mode } : {}}
          className="text-link ml-auto"
        >
          Find a customer
        </Link>
      </div>
      <FilterChips filters={filters} context={context} onChange={(next) => change({ filter: filterText(next) })} />
      <Tabs site={site} search={search} />
      <Panel key={tab} tab={tab} site={site} asked={asked} by={search.cohorts} />
    </div>
  );
}

/** Whose value it is is told by source unless somebody asks otherwise; times are the same whatever visits are called. */
function dimensionOf(tab: JourneyTab, { show }: JourneysSearch): JourneyDimension {
  return show ?? (tab === 'lifetime' ? 'source' : 'channel');
}

function Tabs({ site, search }: { site: SiteAnswer; search: JourneysSearch }) {
  return (
    <nav aria-label="Questions" className="-mx-4 overflow-x-auto px-4 [scrollbar-width:none] sm:mx-0 sm:px-0">
      <ul className="flex gap-5 border-b border-line">
        {(Object.keys(JOURNEY_TABS) as JourneyTab[]).map((name) => (
          <li key={name}>
            <Link
              to="/sites/$siteId/journeys"
              params={{ siteId: site.id }}
              search={journeysSearch({ ...search, tab: name })}
              resetScroll={false}
              className="nav-link block !py-2"
              activeOptions={{ exact: true, includeSearch: true }}
              data-testid={`tab-${name}`}
            >
              {JOURNEY_TABS[name]}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

type Asked = Record<'from' | 'to' | 'dimension', string> & Record<'mode' | 'filter', string | undefined>;

function Panel({ tab, site, asked, by }: { tab: JourneyTab; site: SiteAnswer; asked: Asked; by: string | undefined }) {
  const panels: Record<JourneyTab, () => React.ReactNode> = {
    flow: () => <Flow siteId={site.id} asked={asked} />,
    paths: () => <Paths siteId={site.id} asked={asked} />,
    times: () => <Times siteId={site.id} asked={asked} />,
    assists: () => <Assists siteId={site.id} asked={asked} />,
    cohorts: () => <Cohorts siteId={site.id} asked={asked} by={by} />,
    lifetime: () => <Lifetime siteId={site.id} asked={asked} />,
  };
  return panels[tab]();
}

interface Asking {
  siteId: string;
  asked: Asked;
}

function Flow({ siteId, asked }: Asking) {
  const answer = useQuery(flowQuery(siteId, asked));
  return (
    <JourneyPanel answer={answer} siteId={siteId} isEmpty={({ nodes }) => nodes.length === 0}>
      {(data) => <JourneyFlow answer={data} />}
    </JourneyPanel>
  );
}

function Paths({ siteId, asked }: Asking) {
  const answer = useQuery(pathsQuery(siteId, { ...asked, limit: 25 }));
  return (
    <JourneyPanel answer={answer} siteId={siteId} isEmpty={({ paths }) => paths.length === 0}>
      {(data) => <JourneyPaths answer={data} />}
    </JourneyPanel>
  );
}

function Times({ siteId, asked }: Asking) {
  const answer = useQuery(timesQuery(siteId, asked));
  return (
    <JourneyPanel answer={answer} siteId={siteId} isEmpty={({ totals }) => totals.conversions === 0}>
      {(data) => <JourneyTimes answer={data} />}
    </JourneyPanel>
  );
}

function Assists({ siteId, asked }: Asking) {
  const answer = useQuery(assistsQuery(siteId, { ...asked, limit: 25 }));
  return (
    <JourneyPanel answer={answer} siteId={siteId} isEmpty={({ rows }) => rows.length === 0}>
      {(data) => <JourneyAssists answer={data} />}
    </JourneyPanel>
  );
}

function Cohorts({ siteId, asked, by }: Asking & { by: string | undefined }) {
  const answer = useQuery(cohortsQuery(siteId, { ...asked, by }));
  return (
    <JourneyPanel answer={answer} siteId={siteId} isEmpty={({ cohorts }) => cohorts.length === 0}>
      {(data) => <JourneyCohorts answer={data} />}
    </JourneyPanel>
  );
}

function Lifetime({ siteId, asked }: Asking) {
  const answer = useQuery(lifetimeQuery(siteId, { ...asked, limit: 25 }));
  return (
    <JourneyPanel answer={answer} siteId={siteId} isEmpty={({ totals }) => totals.customers === 0}>
      {(data) => <JourneyLifetime answer={data} />}
    </JourneyPanel>
  );
}

function DimensionPicker({ dimension, onChange }: { dimension: JourneyDimension; onChange: Change }) {
  const options = JOURNEY_DIMENSIONS.map((value) => ({ value, name: dimensionName(value) }));
  return (
    <Menu
      trigger={
        <button
          type="button"
          className={TOOL}
          data-testid="dimension-picker"
          aria-label={`Visits by ${dimensionName(dimension)}`}
        >
          <SplitIcon />
          <span>{dimensionName(dimension)}</span>
          <ChevronIcon />
        </button>
      }
    >
      <MenuChoices value={dimension} options={options} onChange={(next) => onChange({ show: next })} />
    </Menu>
  );
}

function MonthsPicker({ months, onChange }: { months: MonthRange; onChange: Change }) {
  const options = (Object.keys(MONTH_RANGES) as MonthRange[]).map((value) => ({ value, name: MONTH_RANGES[value] }));
  return (
    <Menu
      trigger={
        <button type="button" className={TOOL} data-testid="months-picker">
          <span>{MONTH_RANGES[months]}</span>
          <ChevronIcon />
        </button>
      }
    >
      <MenuChoices value={months} options={options} onChange={(next) => onChange({ months: next })} />
    </Menu>
  );
}

const COHORT_NAMES = { first_touch: 'By first visit', first_payment: 'By first payment' } as const;

function CohortPicker({ by, onChange }: { by: keyof typeof COHORT_NAMES; onChange: Change }) {
  const options = (Object.keys(COHORT_NAMES) as (keyof typeof COHORT_NAMES)[]).map((value) => ({
    value,
    name: COHORT_NAMES[value],
  }));
  return (
    <Menu
      trigger={
        <button type="button" className={TOOL} data-testid="cohort-picker">
          <span>{COHORT_NAMES[by]}</span>
          <ChevronIcon />
        </button>
      }
    >
      <MenuChoices value={by} options={options} onChange={(next) => onChange({ cohorts: next })} />
    </Menu>
  );
}
