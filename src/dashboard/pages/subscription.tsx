import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { SubscriptionDetailAnswer } from '../../http/contract-subscriptions.ts';
import { useTitle } from '../components/card-page.tsx';
import { Badge, ErrorNote, Note, Skeleton } from '../components/states.tsx';
import { formatMoney } from '../money.ts';
import { subscriptionQuery } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { reasonName, valueName } from '../words.ts';
import { useSite } from './site-frame.tsx';

export function SubscriptionPage() {
  const site = useSite();
  const { subscriptionId } = useParams({ from: '/sites/$siteId/subscriptions/$subscriptionId' });
  const found = useQuery(subscriptionQuery(site.id, subscriptionId));
  useTitle(`Subscription · ${site.name}`);
  if (found.error) {
    return (
      <div className="panel">
        <ErrorNote error={found.error} retry={() => void found.refetch()} />
      </div>
    );
  }
  if (!found.data) return <Skeleton className="h-64 w-full" />;
  return <Subscription subscription={found.data} siteId={site.id} timezone={site.timezone} />;
}

function Subscription({
  subscription,
  siteId,
  timezone,
}: {
  subscription: SubscriptionDetailAnswer;
  siteId: string;
  timezone: string;
}) {
  const { currency, touchpoint, conversion, unknown_discounts: unknown } = subscription;
  return (
    <div className="flex flex-col gap-4">
      <p className="label">
        <Link to="/sites/$siteId/subscriptions" params={{ siteId }} className="text-link">
          Subscriptions
        </Link>{' '}
        / <span className="font-mono">{subscription.id}</span>
      </p>
      <div className="flex flex-wrap items-baseline gap-3">
        <h1 className="figure text-2xl font-semibold" data-testid="subscription-mrr">
          {formatMoney(subscription.mrr, currency)} a month
        </h1>
        <Badge>{subscription.status.replaceAll('_', ' ')}</Badge>
        {conversion && conversion.currency !== currency ? (
          <span className="label" title={conversion.evidence}>
            {formatMoney(conversion.mrr, conversion.currency)} in reports
          </span>
        ) : null}
      </div>
      {touchpoint ? (
        <p>
          First touch: <strong className="font-medium">{valueName(touchpoint.source)}</strong> ({touchpoint.channel}),{' '}
          {formatMoment(touchpoint.at, timezone)}
        </p>
      ) : (
        <Note tone="warn">
          <strong className="font-medium">Unattributed: {reasonName(subscription.reason ?? '')}.</strong>{' '}
          {subscription.explanation}
        </Note>
      )}
      {unknown.length > 0 ? (
        <Note tone="warn">
          Stripe did not say what its discount takes off, so it is not deducted. Give the key “Coupons: read”.
        </Note>
      ) : null}
      <History subscription={subscription} timezone={timezone} />
    </div>
  );
}

function History({ subscription, timezone }: { subscription: SubscriptionDetailAnswer; timezone: string }) {
  const { currency, movements } = subscription;
  return (
    <>
      <section className="panel px-4 py-4 sm:px-5" aria-label="Movements">
        <h2 className="mb-2 font-semibold">Movements</h2>
        {movements.length === 0 ? <p className="text-muted">It has brought no recurring revenue so far.</p> : null}
        <ul className="tabular-nums" data-testid="movements">
          {movements.map((movement) => (
            <li key={movement.at} className="flex gap-4 border-b border-line py-1.5 last:border-b-0">
              <span className="w-44 text-muted">{formatMoment(movement.at, timezone)}</span>
              <span className="w-28">{movement.kind}</span>
              <span className="w-28 text-right">{formatMoney(movement.delta, currency)}</span>
              <span className="ml-auto font-medium">{formatMoney(movement.mrr, currency)}</span>
            </li>
          ))}
        </ul>
      </section>
      <section className="panel px-4 py-4 sm:px-5" aria-label="What it was">
        <h2 className="mb-2 font-semibold">What it was, and who says so</h2>
        <ul className="tabular-nums">
          {subscription.states.map((state) => (
            <li key={state.at} className="flex flex-wrap gap-x-4 border-b border-line py-1.5 last:border-b-0">
              <span className="w-44 text-muted">{formatMoment(state.at, timezone)}</span>
              <span className="w-28">{state.paused ? 'collection paused' : state.status.replaceAll('_', ' ')}</span>
              <span>{state.items.map((item) => itemText(item, currency)).join(' + ')}</span>
              <span className="label ml-auto font-mono">{state.told_by_invoice ?? subscription.id}</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function itemText(item: SubscriptionDetailAnswer['states'][number]['items'][number], currency: string): string {
  if (item.metered) return 'usage';
  const amount = item.amount === null ? 'unknown' : formatMoney(item.amount, currency);
  const every = item.interval_count === 1 ? item.interval : `${item.interval_count} ${item.interval}s`;
  return `${amount} / ${every}`;
}
