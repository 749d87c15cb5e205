import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { Steps, useTitle } from '../components/card-page.tsx';
import { ConnectForm } from '../components/connect-form.tsx';
import { ConnectByStripe, OAuthOutcome } from '../components/connect-oauth.tsx';
import { Connections, Inbox } from '../components/connections.tsx';
import { buttonClass } from '../components/controls.tsx';
import { DeadLetters } from '../components/dead-letters.tsx';
import { PassVisitor } from '../components/pass-visitor.tsx';
import { ErrorNote, Note, Skeleton } from '../components/states.tsx';
import { connectionsQuery, statusQuery } from '../queries.ts';
import { useSite } from './site-frame.tsx';

export function RevenuePage() {
  const site = useSite();
  useTitle(`Revenue · ${site.name}`);
  // Polled: an unverified connection is rechecked by the server, and the first event is what one waits for here.
  const stripe = useQuery({ ...connectionsQuery(site.id), refetchInterval: 5000 });
  const status = useQuery({ ...statusQuery(site.id), refetchInterval: 5000 });
  const search = useSearch({ from: '/sites/$siteId/settings/revenue' });
  const hasConnection = stripe.data?.connections.some(({ status: state }) => state !== 'disconnected') ?? false;
  const isFirstStart = stripe.data?.connections.length === 0;
  return (
    <div className="flex flex-col gap-5">
      {isFirstStart ? <Steps current="Revenue" /> : null}
      <div>
        <h1 className="text-xl font-semibold tracking-tight">Revenue</h1>
        <p className="mt-1 text-muted">
          Stripe tells who paid; Headwater joins it with how they arrived. Keys and secrets are stored encrypted and
          never shown again.
        </p>
      </div>
      {stripe.data ? (
        <>
          {status.data && status.data.payments > 0 ? (
            <Note testId="payments-arrived">
              {status.data.payments.toLocaleString()} {status.data.payments === 1 ? 'payment' : 'payments'} recorded.{' '}
              <Link to="/sites/$siteId" params={{ siteId: site.id }} className="text-link">
                See the overview
              </Link>
            </Note>
          ) : null}
          {status.data?.payments === 0 && !isFirstStart ? (
            <Note testId="payments-waiting">
              <span className="flex items-center gap-3" role="status">
                <span className="pulse size-2.5 shrink-0 rounded-full bg-visitors" aria-hidden="true" />
                Waiting for the first payment. It shows here within seconds of Stripe’s webhook, or of asking Stripe.
              </span>
            </Note>
          ) : null}
          {hasConnection || search.stripe !== 'connected' ? <OAuthOutcome outcome={search.stripe} /> : null}
          <Connections answer={stripe.data} siteId={site.id} timezone={site.timezone} />
          {isFirstStart ? null : <Further siteId={site.id} />}
          <DeadLetters letters={stripe.data.dead_letters} siteId={site.id} timezone={site.timezone} />
          {stripe.data.oauth ? <ConnectByStripe siteId={site.id} /> : null}
          <ConnectForm siteId={site.id} answer={stripe.data} />
          <PassVisitor site={site} isFirst={isFirstStart} />
          {stripe.data.connections.length > 0 ? <Inbox inbox={stripe.data.inbox} /> : null}
        </>
      ) : stripe.error ? (
        <div className="panel">
          <ErrorNote error={stripe.error} retry={() => void stripe.refetch()} />
        </div>
      ) : (
        <div aria-busy="true" className="flex flex-col gap-4">
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-96 w-full" />
        </div>
      )}
    </div>
  );
}

function Further({ siteId }: { siteId: string }) {
  return (
    <p className="flex flex-wrap gap-2">
      <Link
        to="/sites/$siteId/settings/check-up"
        params={{ siteId }}
        className={buttonClass('quiet')}
        data-testid="to-check-up"
      >
        Check the whole set-up
      </Link>
      <Link
        to="/sites/$siteId/settings/history"
        params={{ siteId }}
        className={buttonClass('quiet')}
        data-testid="to-history"
      >
        What was read from Stripe
      </Link>
    </p>
  );
}
