import { useQuery } from '@tanstack/react-query';
import { Navigate, Outlet, useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { createContext, use, useEffect, useState } from 'react';
import type { SiteAnswer } from '../../http/contract-sites.ts';
import { AlertBanner } from '../components/alert-banner.tsx';
import { CardPage } from '../components/card-page.tsx';
import { ErrorNote, Skeleton } from '../components/states.tsx';
import { TopBar } from '../components/top-bar.tsx';
import { rememberSite } from '../preferences.ts';
import { meQuery, sitesQuery } from '../queries.ts';
import { paymentsSearch, signInSearch } from '../search.ts';
import { NotFoundPage } from './not-found.tsx';

const SiteContext = createContext<SiteAnswer | null>(null);

/** The site of the address; pages below the frame are shown only once it is known. */
export function useSite(): SiteAnswer {
  const site = use(SiteContext);
  if (!site) throw new Error('useSite: this page is not inside SiteFrame');
  return site;
}

export function SiteFrame() {
  const { siteId } = useParams({ from: '/sites/$siteId' });
  const { mode } = paymentsSearch(useSearch({ strict: false }));
  const me = useQuery(meQuery);
  const member = me.data?.member ?? null;
  const sites = useQuery({ ...sitesQuery, enabled: member !== null });
  const site = sites.data?.find(({ id }) => id === siteId);
  useEffect(() => {
    if (site) rememberSite(site.id);
  }, [site]);
  if (me.data?.setup_required && !member) return <Navigate to="/" replace />;
  if (me.data && !member) return <ToSignIn />;
  const failed = me.error ?? sites.error;
  if (failed) {
    return (
      <CardPage title="Headwater">
        <ErrorNote error={failed} retry={() => void (me.error ? me.refetch() : sites.refetch())} />
      </CardPage>
    );
  }
  if (!member || !sites.data) return <FrameSkeleton />;
  if (!site) return <NotFoundPage />;
  return (
    <SiteContext value={site}>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-40 focus:m-2 focus:rounded-lg focus:bg-panel focus:p-3"
      >
        Skip to the content
      </a>
      <TopBar member={member} sites={sites.data} site={site} mode={mode} />
      <AlertBanner siteId={site.id} timezone={site.timezone} />
      <main
        id="content"
        tabIndex={-1}
        key={site.id}
        className="mx-auto max-w-6xl px-4 py-5 outline-none sm:px-6 sm:py-6"
      >
        <Outlet />
      </main>
    </SiteContext>
  );
}

/** Remembers the page that was asked for. Once: while the sign-in page loads, the address changes under this one. */
function ToSignIn() {
  const navigate = useNavigate();
  const { href } = useLocation();
  const [next] = useState(href);
  useEffect(() => {
    void navigate({ to: '/sign-in', search: signInSearch({ next }), replace: true });
  }, [navigate, next]);
  return <FrameSkeleton />;
}

function FrameSkeleton() {
  return (
    <div aria-busy="true">
      <div className="h-[6.3rem] border-b border-line bg-panel lg:h-[3.3rem]" />
      <div className="mx-auto max-w-6xl px-6 py-6">
        <Skeleton className="h-9 w-72" />
      </div>
    </div>
  );
}
