import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { HistoryAnswer, JobAnswer } from '../../http/contract.ts';
import { send } from '../api.ts';
import { formatCount } from '../money.ts';
import { historyQuery, pathOf } from '../queries.ts';
import { formatAgo, formatMoment } from '../time.ts';
import { LIST_NAMES } from '../words.ts';
import { Button } from './controls.tsx';
import { Badge, ErrorNote } from './states.tsx';

type Connection = HistoryAnswer['connections'][number];
type Backfill = NonNullable<Connection['backfill']>;

interface Props {
  connection: Connection;
  /** The account, as far as it is known. */
  name: string;
  siteId: string;
  timezone: string;
}

/** How far one account's history is read, and how its news arrives. */
export function ConnectionHistory({ connection, name, siteId, timezone }: Props) {
  const { backfill, reconcile } = connection;
  const start = useStart(siteId, connection.id);
  const isReading = backfill?.state === 'queued' || backfill?.state === 'running';
  const isComparing = reconcile?.state === 'queued' || reconcile?.state === 'running';
  return (
    <section className="panel overflow-hidden" aria-label={name} data-testid="history-connection">
      <div className="flex flex-wrap items-center gap-2 px-4 pt-4 sm:px-5">
        <h2 className="min-w-0 truncate font-semibold">{name}</h2>
        <Badge tone={connection.livemode ? 'plain' : 'warn'}>{connection.livemode ? 'Live' : 'Test mode'}</Badge>
      </div>
      <News connection={connection} timezone={timezone} />
      <div className="border-t border-line px-4 py-4 sm:px-5">
        {backfill ? (
          <BackfillProgress backfill={backfill} timezone={timezone} />
        ) : (
          <p className="text-muted" data-testid="backfill-none">
            Nothing of the time before the connection has been read yet. It begins by itself once Stripe accepts the
            key.
          </p>
        )}
        <div className="mt-4 flex flex-wrap gap-2">
          <Button
            onClick={() => start.mutate('backfill')}
            busy={isReading || start.isPending}
            data-testid="backfill-start"
          >
            {isReading
              ? 'Reading…'
              : backfill?.state === 'failed'
                ? 'Try again'
                : backfill
                  ? 'Read again'
                  : 'Read history'}
          </Button>
          <Button
            onClick={() => start.mutate('reconcile')}
            busy={isComparing || start.isPending}
            data-testid="reconcile-start"
          >
            {isComparing ? `Comparing${reconcile?.day ? ` ${reconcile.day}` : ''}…` : 'Compare with Stripe'}
          </Button>
        </div>
        {reconcile?.state === 'failed' ? (
          <p className="mt-3 text-[0.9rem] break-words text-down" data-testid="reconcile-failed">
            The last comparison failed: {reconcile.error ?? 'the server log says why'}.
          </p>
        ) : null}
        {start.error ? <ErrorNote error={start.error} /> : null}
      </div>
    </section>
  );
}

function useStart(siteId: string, connection: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (kind: 'backfill' | 'reconcile') =>
      send<JobAnswer>('POST', pathOf(siteId, `/stripe/${encodeURIComponent(connection)}/${kind}`)),
    onSettled: () => client.invalidateQueries({ queryKey: historyQuery(siteId).queryKey }),
  });
}

/** The two ways by which news arrives, each with its last sign of life. */
function News({ connection, timezone }: { connection: Connection; timezone: string }) {
  const { polling, last_delivery_at: delivered } = connection;
  return (
    <dl className="grid gap-x-6 gap-y-3 px-4 py-4 sm:grid-cols-2 sm:px-5">
      <div className="min-w-0">
        <dt className="label">Webhooks</dt>
        <dd data-testid="news-webhooks">
          {delivered ? (
            <>
              last one <time dateTime={delivered}>{formatAgo(delivered)}</time>
            </>
          ) : (
            'none has arrived'
          )}
        </dd>
      </div>
      <div className="min-w-0">
        <dt className="label">Asking Stripe</dt>
        <dd data-testid="news-polling">
          {polling?.polled_at ? (
            <span title={`Everything until ${formatMoment(polling.read_until, timezone, true)} is read.`}>
              {polling.by === 'events' ? 'for events' : 'for lists of objects'},{' '}
              <time dateTime={polling.polled_at}>{formatAgo(polling.polled_at)}</time>
            </span>
          ) : (
            'not yet'
          )}
          {polling?.by === 'lists' ? (
            <p className="label">The key may not read events; lists show news, and refunds only when looked back at.</p>
          ) : null}
          {polling?.error ? <p className="text-[0.9rem] break-words text-down">{polling.error}</p> : null}
        </dd>
      </div>
    </dl>
  );
}

const STATES = {
  waiting: 'waiting',
  running: 'reading',
  done: 'read',
  skipped: 'skipped',
} as const;

function BackfillProgress({ backfill, timezone }: { backfill: Backfill; timezone: string }) {
  const { state, steps, bad, error } = backfill;
  const read = steps.filter((step) => step.state === 'done').length;
  const objects = steps.reduce((sum, step) => sum + step.objects, 0);
  return (
    <div data-testid="backfill" data-state={state}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="font-medium">{TITLES[state]}</h3>
        <span className="label figure">
          {formatCount(objects)} objects
          {backfill.started_at ? `, begun ${formatMoment(backfill.started_at, timezone)}` : ''}
        </span>
      </div>
      {state === 'running' || state === 'queued' ? (
        <progress
          className="meter mt-2"
          max={Math.max(1, steps.length)}
          value={read}
          aria-label={`${read} of ${steps.length} lists read`}
        />
      ) : null}
      {error && state !== 'done' ? (
        <p className={`mt-1 text-[0.9rem] break-words ${state === 'failed' ? 'text-down' : 'text-muted'}`}>
          {state === 'failed' ? error : `Waiting: ${error}`}
        </p>
      ) : null}
      <ul className="mt-3 grid gap-x-6 gap-y-1.5 text-[0.9rem] sm:grid-cols-2">
        {steps.map((step) => (
          <li key={step.list} className="flex items-baseline gap-2" data-testid="backfill-step" data-state={step.state}>
            <span className="min-w-0 flex-1">
              {LIST_NAMES[step.list] ?? step.list}
              {step.state === 'skipped' && step.reason ? (
                <span className="label block break-words">{step.reason}</span>
              ) : null}
            </span>
            <span className={`figure ${step.objects > 0 ? '' : 'text-muted'}`}>{formatCount(step.objects)}</span>
            <span className={`label w-12 text-right ${step.state === 'skipped' ? 'text-warn' : ''}`}>
              {STATES[step.state]}
            </span>
          </li>
        ))}
      </ul>
      {bad.length > 0 ? <Bad bad={bad} /> : null}
    </div>
  );
}

const TITLES = {
  queued: 'History is about to be read',
  running: 'Reading history',
  done: 'History is read',
  failed: 'Reading history failed',
} as const;

function Bad({ bad }: { bad: Backfill['bad'] }) {
  return (
    <div className="mt-3" data-testid="backfill-bad">
      <h4 className="font-medium text-down">Could not be booked</h4>
      <ul className="text-[0.9rem]">
        {bad.map(({ id, reason }) => (
          <li key={id} className="break-words">
            <code className="font-mono text-[0.85rem]">{id}</code>: {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}
