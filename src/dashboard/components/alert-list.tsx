import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { AlertAnswer } from '../../http/contract-alerts.ts';
import { send } from '../api.ts';
import { alertsQuery } from '../identity.ts';
import { formatPercent } from '../money.ts';
import { pathOf } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { reasonName } from '../words.ts';
import { Button } from './controls.tsx';
import { Badge } from './states.tsx';

/** Times at which coverage was lower than usual: what stands, and what is over. */
export function AlertList({
  alerts,
  siteId,
  timezone,
}: {
  alerts: readonly AlertAnswer[];
  siteId: string;
  timezone: string;
}) {
  if (alerts.length === 0) {
    return (
      <p className="border-t border-line px-4 py-5 text-muted sm:px-5" data-testid="no-alerts">
        None. When the share of new payments with a known visitor falls well below the last two weeks’, it is told here,
        on every page of the dashboard and to the address below.
      </p>
    );
  }
  return (
    <ul className="divide-y divide-line border-t border-line" data-testid="alerts">
      {alerts.map((alert) => (
        <AlertRow key={alert.id} alert={alert} siteId={siteId} timezone={timezone} />
      ))}
    </ul>
  );
}

function AlertRow({ alert, siteId, timezone }: { alert: AlertAnswer; siteId: string; timezone: string }) {
  const client = useQueryClient();
  const accept = useMutation({
    mutationFn: () => send('POST', pathOf(siteId, `/alerts/${encodeURIComponent(alert.id)}/accept`)),
    onSuccess: () => client.invalidateQueries({ queryKey: alertsQuery(siteId).queryKey }),
  });
  const stands = alert.resolved_at === null;
  const reasons = Object.entries(alert.reasons).toSorted(([, a], [, b]) => b - a);
  return (
    <li className="flex flex-col gap-1.5 px-4 py-3 sm:px-5" data-testid="alert" data-standing={stands}>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        {stands ? <Badge tone="warn">Now</Badge> : <Badge>{alert.resolution === 'back' ? 'Over' : 'Accepted'}</Badge>}
        <span className="font-medium">
          {formatPercent(alert.coverage.share)} attributed, {formatPercent(alert.usual.share)} usual
        </span>
        {alert.mode === 'test' ? <Badge tone="warn">Test mode</Badge> : null}
      </p>
      <p className="label">
        {formatMoment(alert.since, timezone)}
        {alert.resolved_at === null ? ' until now' : ` – ${formatMoment(alert.resolved_at, timezone)}`}:{' '}
        {alert.coverage.attributed} of {alert.coverage.payments} payments when it was noticed,{' '}
        {formatMoment(alert.opened_at, timezone)}.
        {reasons.length > 0
          ? ` Why: ${reasons.map(([reason, count]) => `${reasonName(reason).toLowerCase()} (${count})`).join(', ')}.`
          : ''}
        {alert.resolved_by === null ? '' : ` Accepted by ${alert.resolved_by}.`}
      </p>
      {stands ? (
        <div className="flex flex-wrap items-center gap-3">
          <Button onClick={() => accept.mutate()} busy={accept.isPending} data-testid="alert-accept">
            This is the new usual
          </Button>
          <span className="label">It ends by itself when payments are attributed as before.</span>
        </div>
      ) : null}
      {accept.error ? (
        <p role="alert" className="text-[0.87rem] text-down">
          {accept.error.message}
        </p>
      ) : null}
    </li>
  );
}
