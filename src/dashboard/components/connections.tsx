import type { ConnectionAnswer, ConnectionsAnswer } from '../../http/contract.ts';
import { formatCount } from '../money.ts';
import { formatAgo, formatMoment } from '../time.ts';
import { Disconnect } from './connect-disconnect.tsx';
import { KeyPermissions } from './connect-permissions.tsx';
import { Badge } from './states.tsx';

const STATUSES = {
  verified: { tone: 'good', name: 'Verified' },
  unverified: { tone: 'warn', name: 'Unverified' },
  refused: { tone: 'down', name: 'Refused by Stripe' },
  disconnected: { tone: 'plain', name: 'Disconnected' },
} as const;

const asSentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

function StatusText({ connection }: { connection: ConnectionAnswer }) {
  if (connection.status === 'verified') return null;
  const told = connection.status_reason;
  if (connection.status === 'disconnected') {
    return (
      <p className="mt-1.5 text-muted" data-testid="connection-reason">
        {asSentence(told ?? 'Disconnected')} Save a key of this account to go on.
      </p>
    );
  }
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

const ENDPOINTS = { created: 'made by Headwater', manual: 'by hand', failed: 'failed', unreachable: 'none' } as const;

const MEANWHILE = 'Meanwhile Headwater asks Stripe for news every ten seconds.';

function EndpointText({ connection }: { connection: ConnectionAnswer }) {
  const { endpoint, webhook_secrets: secrets } = connection;
  // With a secret pasted it does not matter why we did not make the endpoint, unless one stands in the way.
  const isMoot =
    endpoint?.state === 'unreachable' || (endpoint?.state === 'manual' && endpoint.id === null && secrets > 0);
  if (!isMoot && endpoint?.reason) {
    return (
      <p className="label mt-2" data-testid="endpoint-reason">
        No webhook endpoint was made. {asSentence(endpoint.reason)}
        {endpoint.state === 'failed' ? ' It is tried again by itself.' : ''}
        {secrets === 0 ? ` ${MEANWHILE}` : ''}
      </p>
    );
  }
  if (secrets > 0) return null;
  const isAsked = connection.key_hint !== null && connection.status !== 'refused';
  return (
    <p className="label mt-2" data-testid="endpoint-reason">
      No webhook secret yet: events cannot be accepted until one is added below.{isAsked ? ` ${MEANWHILE}` : ''}
    </p>
  );
}

function ConnectionRow({ connection, answer, siteId, timezone }: RowProps) {
  const { tone, name } = STATUSES[connection.status];
  const isOver = connection.status === 'disconnected';
  return (
    <li className="px-4 py-4 sm:px-5" data-testid="connection" data-status={connection.status}>
      <div className="flex flex-wrap items-center gap-2">
        <span className="min-w-0 truncate font-semibold">{connection.account ?? 'Stripe account'}</span>
        <Badge tone={connection.livemode ? 'plain' : 'warn'}>{connection.livemode ? 'Live' : 'Test mode'}</Badge>
        <Badge tone={tone} testId="connection-status">
          {name}
        </Badge>
        {connection.granted_by === 'oauth' ? <Badge>By Stripe’s page</Badge> : null}
      </div>
      <StatusText connection={connection} />
      {isOver ? null : (
        <>
          <dl className="mt-3 grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-4">
            <Fact name="Key">
              {connection.key_hint ? `ends in ${connection.key_hint.replace(/^[^\w]+/, '')}` : 'none'}
            </Fact>
            <Fact name="Webhook">
              {connection.endpoint?.state === 'created' || connection.webhook_secrets === 0
                ? ENDPOINTS[connection.endpoint?.state ?? 'unreachable']
                : `${connection.webhook_secrets} ${connection.webhook_secrets === 1 ? 'secret' : 'secrets'}, by hand`}
            </Fact>
            <Fact name="Last event">{connection.last_event_at ? formatAgo(connection.last_event_at) : 'none yet'}</Fact>
            <Fact name="Last checked">
              {connection.checked_at ? formatMoment(connection.checked_at, timezone) : 'never'}
            </Fact>
          </dl>
          <EndpointText connection={connection} />
          <KeyPermissions connection={connection} permissions={answer.permissions} />
        </>
      )}
      <Disconnect siteId={siteId} connection={connection} />
    </li>
  );
}

interface ListProps {
  answer: ConnectionsAnswer;
  siteId: string;
  timezone: string;
}
interface RowProps extends ListProps {
  connection: ConnectionAnswer;
}

export function Connections({ answer, siteId, timezone }: ListProps) {
  if (answer.connections.length === 0) return null;
  return (
    <ul className="panel divide-y divide-line" aria-label="Connections" data-testid="connections">
      {answer.connections.map((connection) => (
        <ConnectionRow
          key={connection.id}
          connection={connection}
          answer={answer}
          siteId={siteId}
          timezone={timezone}
        />
      ))}
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
