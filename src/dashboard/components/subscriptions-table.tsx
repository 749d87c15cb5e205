import { Link } from '@tanstack/react-router';
import type { SubscriptionAnswer } from '../../http/contract-subscriptions.ts';
import { formatMoney } from '../money.ts';
import { formatMoment } from '../time.ts';
import { reasonName, statusName, UNATTRIBUTED_TEXT, valueName } from '../words.ts';
import { Badge } from './states.tsx';

const COLUMNS =
  'grid gap-x-6 grid-cols-[minmax(0,1fr)_auto] md:grid-cols-[9rem_9rem_8rem_minmax(0,1fr)] lg:grid-cols-[10rem_9rem_minmax(0,8rem)_minmax(0,1fr)_minmax(0,12rem)]';

export function SubscriptionsTable({
  subscriptions,
  siteId,
  timezone,
}: {
  subscriptions: readonly SubscriptionAnswer[];
  siteId: string;
  timezone: string;
}) {
  return (
    <div role="table" aria-label="Subscriptions" className="tabular-nums" data-testid="subscriptions">
      <div role="row" className={`${COLUMNS} label border-b border-line px-4 py-2.5 max-md:hidden sm:px-5`}>
        <span role="columnheader">Started</span>
        <span role="columnheader" className="text-right">
          MRR
        </span>
        <span role="columnheader">Status</span>
        <span role="columnheader">Source</span>
        <span role="columnheader" className="max-lg:hidden">
          Customer
        </span>
      </div>
      {subscriptions.map((subscription) => (
        <SubscriptionLine key={subscription.id} subscription={subscription} siteId={siteId} timezone={timezone} />
      ))}
    </div>
  );
}

function SubscriptionLine({
  subscription,
  siteId,
  timezone,
}: {
  subscription: SubscriptionAnswer;
  siteId: string;
  timezone: string;
}) {
  const { id, mrr, currency, status, reason, source, customer } = subscription;
  return (
    <div
      role="row"
      data-testid="subscription-row"
      className={`${COLUMNS} relative items-baseline gap-y-0.5 border-b border-line px-4 py-2.5 last:border-b-0 hover:bg-sunk/70 sm:px-5`}
    >
      <span role="cell" className="truncate max-md:order-3 max-md:text-[0.87rem] max-md:text-muted">
        <Link
          to="/sites/$siteId/subscriptions/$subscriptionId"
          params={{ siteId, subscriptionId: id }}
          className="after:absolute after:inset-0"
          aria-label={`Subscription ${id}, ${formatMoney(mrr, currency)} a month`}
        >
          {formatMoment(subscription.started_at, timezone)}
        </Link>
      </span>
      <span
        role="cell"
        className={`min-w-0 text-right break-words max-md:order-2 ${mrr === 0 ? 'text-muted' : 'font-medium'}`}
      >
        {formatMoney(mrr, currency)}
      </span>
      <span role="cell" className="truncate text-muted max-md:order-4 max-md:text-right max-md:text-[0.87rem]">
        {statusName(status)}
      </span>
      <span role="cell" className="min-w-0 truncate max-md:order-1">
        {reason === null ? (
          <bdi title={source}>{valueName(source)}</bdi>
        ) : (
          <span className="flex flex-wrap items-baseline gap-x-2" title={UNATTRIBUTED_TEXT}>
            <span className="text-warn">Unattributed</span>
            <Badge tone="warn">{reasonName(reason)}</Badge>
          </span>
        )}
      </span>
      <span
        role="cell"
        className="truncate font-mono text-[0.82rem] text-muted max-lg:hidden"
        title={customer ?? 'No customer in Stripe'}
      >
        {customer ?? '—'}
      </span>
    </div>
  );
}
