import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { alertsQuery } from '../identity.ts';
import { formatPercent } from '../money.ts';
import { formatMoment } from '../time.ts';
import { WarningIcon } from './icons.tsx';

/** Above every page of a site while its coverage is lower than usual; the coverage page says it itself. */
export function AlertBanner({ siteId, timezone }: { siteId: string; timezone: string }) {
  const alerts = useQuery(alertsQuery(siteId));
  const { pathname } = useLocation();
  const standing = alerts.data?.find(({ resolved_at: resolved }) => resolved === null);
  if (!standing || pathname.endsWith('/coverage')) return null;
  return (
    <div className="border-b border-warn-line bg-warn-soft" role="status" data-testid="alert-banner">
      <p className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-2 gap-y-1 px-4 py-2.5 sm:px-6">
        <span className="text-warn">
          <WarningIcon />
        </span>
        <span>
          <strong className="font-medium text-warn">Coverage has fallen.</strong>{' '}
          {formatPercent(standing.coverage.share)} of new payments are attributed since{' '}
          {formatMoment(standing.since, timezone)}, usually {formatPercent(standing.usual.share)}.
        </span>
        <Link
          to="/sites/$siteId/coverage"
          params={{ siteId }}
          search={{ mode: standing.mode }}
          className="text-link"
          data-testid="alert-open"
        >
          See why
        </Link>
      </p>
    </div>
  );
}
