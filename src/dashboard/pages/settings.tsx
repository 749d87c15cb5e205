import { Link, Outlet } from '@tanstack/react-router';
import { useSite } from './site-frame.tsx';

const PAGES = [
  { to: '/sites/$siteId/settings/script', name: 'Script' },
  { to: '/sites/$siteId/settings/revenue', name: 'Revenue' },
  { to: '/sites/$siteId/settings/attribution', name: 'Attribution' },
  { to: '/sites/$siteId/settings/history', name: 'History' },
  { to: '/sites/$siteId/settings/check-up', name: 'Check-up' },
  { to: '/sites/$siteId/settings/keys', name: 'API keys' },
  { to: '/sites/$siteId/settings/site', name: 'Site' },
] as const;

export function SettingsFrame() {
  const site = useSite();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-x-10 gap-y-4 md:grid-cols-[9rem_minmax(0,1fr)]">
      <nav aria-label="Settings" className="-mx-3 flex flex-wrap gap-1 md:sticky md:mx-0 md:top-6 md:flex-col">
        {PAGES.map(({ to, name }) => (
          <Link
            key={to}
            to={to}
            params={{ siteId: site.id }}
            className="rounded-lg px-3 py-1.5 text-muted hover:bg-sunk hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:font-medium data-[status=active]:text-accent"
          >
            {name}
          </Link>
        ))}
      </nav>
      <div className="max-w-3xl min-w-0">
        <Outlet />
      </div>
    </div>
  );
}
