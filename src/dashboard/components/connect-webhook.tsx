import type { ReactNode } from 'react';
import type { ConnectionsAnswer } from '../../http/contract.ts';
import { fieldError } from '../form.ts';
import { Choice, Field } from './controls.tsx';
import { CodeBox } from './copy.tsx';
import { Note } from './states.tsx';

export function StripeLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <a href={to} target="_blank" rel="noopener noreferrer" className="text-link">
      {children}
    </a>
  );
}

/** The webhook endpoint: made by Headwater where the key may, otherwise by hand with these instructions. */
export function WebhookStep({ error, answer }: { error: Error | null; answer: ConnectionsAnswer }) {
  const active = answer.connections.filter(({ status }) => status !== 'disconnected');
  const isMade = active.length > 0 && active.every(({ endpoint }) => endpoint?.state === 'created');
  return (
    <fieldset className="flex flex-col gap-3 p-4 sm:p-5">
      <legend className="float-left mb-1 font-semibold">
        {active.length === 0 ? '2. The webhook: tells Headwater of every payment' : 'Webhook'}
      </legend>
      {answer.webhook_unreachable !== null ? <Unreachable answer={answer} /> : null}
      {isMade ? (
        <details className="clear-left">
          <summary className="cursor-pointer">
            Headwater made the endpoint. <span className="text-link">Add another by hand</span>
          </summary>
          <div className="mt-3 flex flex-col gap-3">
            <ByHand error={error} answer={answer} isAlone={false} />
          </div>
        </details>
      ) : (
        <ByHand error={error} answer={answer} isAlone={active.length === 0} />
      )}
    </fieldset>
  );
}

function Unreachable({ answer }: { answer: ConnectionsAnswer }) {
  return (
    <div className="clear-left flex flex-col gap-2" data-testid="webhook-unreachable">
      <Note tone="warn">
        {answer.webhook_unreachable}. On a developer’s machine, forward events with the Stripe CLI and paste the secret
        it prints:
      </Note>
      <CodeBox label="the command" text={`stripe listen --forward-to ${answer.webhook_url}`} testId="webhook-listen" />
    </div>
  );
}

function ByHand({ error, answer, isAlone }: { error: Error | null; answer: ConnectionsAnswer; isAlone: boolean }) {
  return (
    <>
      <p className="clear-left text-muted">
        {isAlone && answer.webhook_unreachable === null ? (
          <>
            A secret key, or a restricted one with “Webhook Endpoints: Write”, lets Headwater make the endpoint itself:
            leave this empty then. Otherwise, in
          </>
        ) : (
          <>In</>
        )}{' '}
        Stripe, under{' '}
        <StripeLink to="https://dashboard.stripe.com/workbench/webhooks">Developers › Webhooks</StripeLink>, add an
        endpoint with this address and the event types below, then paste its signing secret.
      </p>
      <CodeBox label="the webhook address" text={answer.webhook_url} testId="webhook-url" />
      <EventTypes types={answer.webhook_events} />
      <Field
        label="Webhook signing secret"
        name="webhook_secret"
        type="password"
        autoComplete="off"
        maxLength={300}
        placeholder="whsec_…"
        mono
        spellCheck={false}
        hint="A further secret never replaces one in use: events signed with either are accepted."
        error={fieldError(error, 'webhook_secret')}
      />
      <Belonging error={error} answer={answer} />
    </>
  );
}

function EventTypes({ types }: { types: readonly string[] }) {
  return (
    <details className="group">
      <summary className="cursor-pointer text-[0.95rem]">
        <span className="text-link">{types.length} event types</span>
      </summary>
      <ul
        className="mt-2 columns-1 gap-6 rounded-lg bg-sunk px-4 py-3 font-mono text-[0.82rem] sm:columns-2"
        aria-label="Event types"
        data-testid="webhook-events"
      >
        {types.map((type) => (
          <li key={type} className="break-all">
            {type}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Which account a secret is of, where only a person can tell. */
function Belonging({ error, answer }: { error: Error | null; answer: ConnectionsAnswer }) {
  const active = answer.connections.filter(({ status }) => status !== 'disconnected');
  if (active.length === 0) {
    return (
      <Choice label="Mode of the secret" name="mode" error={fieldError(error, 'mode')}>
        <option value="">As its key or its first event says</option>
        <option value="live">Live</option>
        <option value="test">Test mode or sandbox</option>
      </Choice>
    );
  }
  return (
    <Choice label="Belongs to" name="connection" error={fieldError(error, 'connection')}>
      <option value="">
        {active.length > 1 ? 'The account of the key above' : 'The connected account, or a new one'}
      </option>
      {active.map(({ id, account, livemode, key_hint: hint }) => (
        <option key={id} value={id}>
          {account ?? 'Stripe account'} ({livemode ? 'live' : 'test'}
          {hint ? `, key ending in ${hint}` : ''})
        </option>
      ))}
    </Choice>
  );
}
