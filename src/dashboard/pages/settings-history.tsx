import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ConnectionsAnswer, HistoryAnswer } from '../../http/contract.ts';
import { useTitle } from '../components/card-page.tsx';
import { buttonClass } from '../components/controls.tsx';
import { DeadLetters } from '../components/dead-letters.tsx';
import { ConnectionHistory } from '../components/history-connection.tsx';
import { ReconciledDays } from '../components/history-days.tsx';
import { Gaps } from '../components/history-gaps.tsx';
import { Empty, ErrorNote, Skeleton } from '../components/states.tsx';
import { connectionsQuery, historyQuery } from '../queries.ts';
import { useSite } from './site-frame.tsx';

const BUSY_MS = 1_500;
const IDLE_MS = 10_000;

const isUnderWay = (job: { state: string } | null) => job?.state === 'queued' || job?.state === 'running';
const isBusy = ({ connections }: HistoryAnswer) =>
  connections.some(({ backfill, reconcile }) => isUnderWay(backfill) || isUnderWay(reconcile));

export function HistoryPage() {
  const site = useSite();
  useTitle(`History · ${site.name}`);
  const history = useQuery({
    ...historyQuery(site.id),
    refetchInterval: ({ state }) => (state.data && isBusy(state.data) ? BUSY_MS : IDLE_MS),
  });
  const stripe = useQuery({ ...connectionsQuery(site.id), refetchInterval: IDLE_MS });
  return (
    <div className="flex flex-col gap-5">
      <div>
        <h1 className="text-xl font-semibold tracking-tight">History</h1>
        <p className="mt-1 text-muted">
          How far Stripe’s past is read, what webhooks missed, and whether the ledger equals Stripe’s own book.
        </p>
      </div>
      {history.data ? (
        <Parts history={history.data} stripe={stripe.data} siteId={site.id} timezone={site.timezone} />
      ) : history.error ? (
        <div className="panel">
          <ErrorNote error={history.error} retry={() => void history.refetch()} />
        </div>
      ) : (
        <div aria-busy="true" className="flex flex-col gap-5">
          <Skeleton className="h-64 w-full" />
          <Skeleton className="h-48 w-full" />
        </div>
      )}
    </div>
  );
}

interface PartsProps {
  history: HistoryAnswer;
  stripe: ConnectionsAnswer | undefined;
  siteId: string;
  timezone: string;
}

function Parts({ history, stripe, siteId, timezone }: PartsProps) {
  const letters = stripe ? <DeadLetters letters={stripe.dead_letters} siteId={siteId} timezone={timezone} /> : null;
  if (history.connections.length === 0 && history.reconciliation.length === 0) {
    return (
      <>
        {letters}
        <div className="panel">
          <Empty
            title="No Stripe account is connected"
            action={
              <Link to="/sites/$siteId/settings/revenue" params={{ siteId }} className={buttonClass('primary')}>
                Connect Stripe
              </Link>
            }
          >
            Once it is, everything it holds is read, and every night it is compared with the ledger.
          </Empty>
        </div>
      </>
    );
  }
  const nameOf = (id: string) => stripe?.connections.find((it) => it.id === id)?.account ?? 'Stripe account';
  return (
    <>
      {letters}
      {history.connections.map((connection) => (
        <ConnectionHistory
          key={connection.id}
          connection={connection}
          name={nameOf(connection.id)}
          siteId={siteId}
          timezone={timezone}
        />
      ))}
      <ReconciledDays
        days={history.reconciliation}
        healed={history.connections.flatMap(({ reconcile }) =>
          isUnderWay(reconcile) ? [] : (reconcile?.healed ?? []),
        )}
        siteId={siteId}
      />
      <Gaps gaps={history.gaps} timezone={timezone} />
    </>
  );
}
