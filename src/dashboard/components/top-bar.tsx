import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { MeAnswer } from '../../http/contract.ts';
import type { SiteAnswer } from '../../http/contract-sites.ts';
import type { Mode } from '../../core/payment.ts';
import { send } from '../api.ts';
import type { Theme } from '../preferences.ts';
import { savedTheme, saveTheme } from '../preferences.ts';
import { ChevronIcon, GearIcon, Mark, MoonIcon, PersonIcon, SunIcon, SystemIcon } from './icons.tsx';
import { Menu, MenuChoices, MenuItem, MenuSeparator } from './menu.tsx';

export function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2.5 font-semibold tracking-tight" aria-label="Headwater, home">
      <Mark />
      <span className="hidden sm:inline">Headwater</span>
    </Link>
  );
}

const THEMES = [
  { value: 'system', name: 'As the system' },
  { value: 'light', name: 'Light' },
  { value: 'dark', name: 'Dark' },
] as const;
const THEME_ICONS = { system: SystemIcon, light: SunIcon, dark: MoonIcon };
const ROUND = 'grid size-9 place-items-center rounded-lg text-muted hover:bg-sunk hover:text-ink';

export function ThemeMenu() {
  const [theme, setTheme] = useState<Theme>(savedTheme);
  const Icon = THEME_ICONS[theme];
  const choose = (next: Theme) => {
    saveTheme(next);
    setTheme(next);
  };
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" className={ROUND} aria-label="Colour theme" data-testid="theme-menu">
          <Icon />
        </button>
      }
    >
      <MenuChoices value={theme} options={THEMES} onChange={choose} />
    </Menu>
  );
}

function AccountMenu({ member }: { member: NonNullable<MeAnswer['member']> }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const signOut = async () => {
    await send('POST', '/sign-out').catch(() => null);
    client.clear();
    await navigate({ to: '/sign-in' });
  };
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" className={ROUND} aria-label="Account" data-testid="account-menu">
          <PersonIcon />
        </button>
      }
    >
      <div className="px-3 py-2">
        <p className="truncate font-medium" title={member.name}>
          {member.name}
        </p>
        <p className="label truncate" title={member.email}>
          {member.email}
        </p>
      </div>
      <MenuSeparator />
      <MenuItem onSelect={() => void signOut()} testId="sign-out">
        Sign out
      </MenuItem>
    </Menu>
  );
}

function SiteMenu({ sites, current }: { sites: readonly SiteAnswer[]; current: SiteAnswer }) {
  const navigate = useNavigate();
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="flex min-w-0 items-center gap-1.5 rounded-lg px-2.5 py-1.5 hover:bg-sunk"
          aria-label={`Site: ${current.name}. Switch site`}
          data-testid="site-menu"
        >
          <span className="truncate font-medium" title={`${current.name} · ${current.domain}`}>
            {current.name}
          </span>
          <ChevronIcon />
        </button>
      }
    >
      <MenuChoices
        value={current.id}
        options={sites.map(({ id, name, domain }) => ({ value: id, name, description: domain }))}
        onChange={(siteId) => void navigate({ to: '/sites/$siteId', params: { siteId } })}
      />
      <MenuSeparator />
      <MenuItem onSelect={() => void navigate({ to: '/sites/new' })} testId="add-site">
        <span className="w-4 text-center text-muted">+</span> Add a site
      </MenuItem>
    </Menu>
  );
}

const PAGES = [
  ['/sites/$siteId/payments', 'Payments'],
  ['/sites/$siteId/journeys', 'Journeys'],
  ['/sites/$siteId/compare', 'Models'],
  ['/sites/$siteId/subscriptions', 'Subscriptions'],
  ['/sites/$siteId/spend', 'Spend'],
] as const;

export function TopBar({
  member,
  sites,
  site,
  mode,
}: {
  member: NonNullable<MeAnswer['member']>;
  sites: readonly SiteAnswer[];
  site: SiteAnswer;
  mode: Mode | undefined;
}) {
  const params = { siteId: site.id };
  const search = mode ? { mode } : {};
  return (
    <header className="border-b border-line bg-panel">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-3 px-4 sm:px-6 lg:flex-nowrap">
        <div className="flex h-13 min-w-0 flex-1 items-center gap-2 lg:max-w-[38%] lg:flex-initial">
          <Brand />
          <span className="text-line" aria-hidden="true">
            /
          </span>
          <SiteMenu sites={sites} current={site} />
        </div>
        <PageLinks params={params} search={search} />
        <div className="ml-auto flex items-center gap-1">
          <Link
            to="/sites/$siteId/settings"
            params={params}
            aria-label="Settings"
            className={`${ROUND} data-[status=active]:bg-accent-soft data-[status=active]:text-accent sm:hidden`}
            activeOptions={{ includeSearch: false }}
          >
            <GearIcon />
          </Link>
          <ThemeMenu />
          <AccountMenu member={member} />
        </div>
      </div>
    </header>
  );
}

function PageLinks({ params, search }: { params: { siteId: string }; search: { mode?: Mode } }) {
  const row = useActiveInView();
  return (
    <nav
      ref={row}
      aria-label="Site"
      className="order-last -mx-4 flex basis-[calc(100%+2rem)] gap-3.5 overflow-x-auto px-4 text-[0.92rem] [scrollbar-width:none] sm:mx-0 sm:basis-full sm:gap-6 sm:px-0 sm:text-[1rem] lg:order-none lg:ml-4 lg:min-w-0 lg:shrink-[0.001] lg:basis-auto"
    >
      <Link
        to="/sites/$siteId"
        params={params}
        search={search}
        className="nav-link"
        activeOptions={{ exact: true, includeSearch: false }}
      >
        Overview
      </Link>
      {PAGES.map(([to, name]) => (
        <Link
          key={to}
          to={to}
          params={params}
          search={search}
          className="nav-link"
          activeOptions={{ includeSearch: false }}
        >
          {name}
        </Link>
      ))}
      <Link
        to="/sites/$siteId/settings"
        params={params}
        className="nav-link max-sm:hidden"
        activeOptions={{ includeSearch: false }}
      >
        Settings
      </Link>
    </nav>
  );
}

/** On a narrow screen the row of pages scrolls: the page one is on is never the one that is hidden. */
function useActiveInView() {
  const row = useRef<HTMLElement>(null);
  const router = useRouter();
  useEffect(() => {
    const center = () => {
      const active = row.current?.querySelector<HTMLElement>('[data-status=active]');
      if (!row.current || !active) return;
      row.current.scrollLeft = active.offsetLeft - (row.current.clientWidth - active.offsetWidth) / 2;
    };
    center();
    // The router puts the row back to where it was before the page changed, and tells us after that.
    return router.subscribe('onRendered', center);
  }, [router]);
  return row;
}
