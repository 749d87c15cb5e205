import type { ConnectionAnswer, ConnectionsAnswer } from '../../http/contract.ts';
import { formatCount } from '../money.ts';
import { formatAgo, formatMoment } from '../time.ts';
import { Badge, Note } from './states.tsx';

const STATUSES = {
  verified: { tone: 'good', name: 'Verified' },
  unverified: { tone: 'warn', name: 'Unverified' },
  refused: { tone: 'down', name: 'Refused by Stripe' },
} as const;

const asSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

function StatusText({ connection }: { connection: ConnectionAnswer }) {
  if (connection.status === 'verified') return null;
  const told = connection.status_reason;
  if (connection.status === 'refused') {
    return (
      <p className="mt-1.5" data-testid="connection-reason">
        {told ? <>Stripe says: “{told}” </> : 'Stripe refused the key. '}
        Paste a working key below.
      </p>
    );
  }
  return (
    <p className="mt-1.5" data-testid="connection-reason">
      {told === null ? 'Stripe has not confirmed the key yet.' : asSentence(told)}{' '}
      {connection.key_hint ? 'It is rechecked automatically; webhooks are booked meanwhile.' : null}
    </p>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div className="min-w-0">
      <dt className="label">{name}</dt>
      <dd className="truncate" title={children}>
        {children}
      </dd>
    </div>
  );
}

export function Connections({ connections, timezone }: { connections: readonly ConnectionAnswer[]; timezone: string }) {
  if (connections.length === 0) return null;
  return (
    <ul className="panel divide-y divide-line" aria-label="Connections" data-testid="connections">
      {connections.map((connection) => {
        const { tone, name } = STATUSES[connection.status];
        return (
          <li
            key={connection.id}
            className="px-4 py-4 sm:px-5"
            data-testid="connection"
            data-status={connection.status}
          >
            <div className="flex flex-wrap items-center gap-2">
              <span className="min-w-0 truncate font-semibold">{connection.account ?? 'Stripe account'}</span>
              <Badge tone={connection.livemode ? 'plain' : 'warn'}>{connection.livemode ? 'Live' : 'Test mode'}</Badge>
              <Badge tone={tone} testId="connection-status">
                {name}
              </Badge>
            </div>
            <StatusText connection={connection} />
            <dl className="mt-3 grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-4">
              <Fact name="Key">
                {connection.key_hint ? `ends in ${connection.key_hint.replace(/^[^\w]+/, '')}` : 'none'}
              </Fact>
              <Fact name="Webhook secrets">{String(connection.webhook_secrets)}</Fact>
              <Fact name="Last event">
                {connection.last_event_at ? formatAgo(connection.last_event_at) : 'none yet'}
              </Fact>
              <Fact name="Last checked">
                {connection.checked_at ? formatMoment(connection.checked_at, timezone) : 'never'}
              </Fact>
            </dl>
            {connection.webhook_secrets === 0 ? (
              <p className="label mt-2">No webhook secret yet: events cannot be accepted until one is added below.</p>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

const COUNTS = [
  ['pending', 'Waiting', 'Received and committed, not processed yet.'],
  ['done', 'Processed', 'Booked, or found to hold nothing to book.'],
  ['dead', 'Dead letters', 'Failed again and again: listed below.'],
  ['quarantined', 'Set aside', 'Of another account or mode than the connection’s.'],
] as const;

export function Inbox({ inbox }: { inbox: ConnectionsAnswer['inbox'] }) {
  return (
    <section aria-label="Webhook inbox" className="panel overflow-hidden">
      <h2 className="px-4 pt-4 pb-3 font-semibold sm:px-5">Webhook inbox</h2>
      <dl className="grid grid-cols-2 gap-px border-t border-line bg-line sm:grid-cols-4" data-testid="inbox">
        {COUNTS.map(([state, name, meaning]) => (
          <div key={state} className="bg-panel px-4 py-3 sm:px-5" title={meaning}>
            <dt className="label">{name}</dt>
            <dd
              className={`figure text-lg font-medium ${state === 'dead' && inbox.dead > 0 ? 'text-down' : ''}`}
              data-testid={`inbox-${state}`}
            >
              {formatCount(inbox[state])}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function DeadLetters({ letters, timezone }: { letters: ConnectionsAnswer['dead_letters']; timezone: string }) {
  if (letters.length === 0) return null;
  return (
    <section aria-label="Dead letters" data-testid="dead-letters">
      <Note tone="down">
        <h2 className="font-semibold">Dead letters</h2>
        <p className="label">Events that could not be processed. They are kept, and can be replayed.</p>
        <ul className="mt-2 divide-y divide-line">
          {letters.map((letter) => (
            <li key={letter.event_id} className="py-2">
              <p className="flex flex-wrap gap-x-3">
                <code className="font-mono text-[0.85rem] break-all">{letter.event_id}</code>
                <span>{letter.type}</span>
                <time className="label" dateTime={letter.received_at}>
                  {formatMoment(letter.received_at, timezone, true)}
                </time>
              </p>
              <p className="text-[0.9rem] break-words text-down">{letter.error ?? 'No error was recorded.'}</p>
            </li>
          ))}
        </ul>
      </Note>
    </section>
  );
}
