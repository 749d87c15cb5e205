import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { lastSite } from '../preferences.ts';
import { meQuery, sitesQuery } from '../queries.ts';
import { CardPage } from '../components/card-page.tsx';
import { ErrorNote } from '../components/states.tsx';

/** Sends everyone to where they can go on: set-up, sign-in, the first site, or the site seen last. */
export function HomePage() {
  const me = useQuery(meQuery);
  const member = me.data?.member ?? null;
  const sites = useQuery({ ...sitesQuery, enabled: member !== null });
  const failed = me.error ?? sites.error;
  if (failed) {
    return (
      <CardPage title="Headwater">
        <ErrorNote error={failed} retry={() => void (me.error ? me.refetch() : sites.refetch())} />
      </CardPage>
    );
  }
  if (!me.data) return null;
  if (me.data.setup_required && !member) return <SetupNeeded />;
  if (!member) return <Navigate to="/sign-in" replace />;
  if (!sites.data) return null;
  const site = sites.data.find(({ id }) => id === lastSite()) ?? sites.data[0];
  return site ? (
    <Navigate to="/sites/$siteId" params={{ siteId: site.id }} replace />
  ) : (
    <Navigate to="/sites/new" replace />
  );
}

function SetupNeeded() {
  return (
    <CardPage title="One step before you start">
      <p>
        This Headwater has no owner yet. Open the <strong>set-up link</strong> that the server printed when it started;
        it looks like this:
      </p>
      <p className="my-3 rounded-lg bg-sunk px-3 py-2 font-mono text-[0.87rem] break-all" data-testid="setup-needed">
        {location.origin}/setup?token=…
      </p>
      <p className="text-muted">
        The link works once. Restarting the server prints a new one as long as there is no owner.
      </p>
    </CardPage>
  );
}
