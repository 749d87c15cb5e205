import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { ConnectionAnswer, ConnectionsAnswer } from '../../http/contract.ts';
import { send } from '../api.ts';
import { fieldError, formError, useForm } from '../form.ts';
import { connectionsQuery, pathOf, statusQuery } from '../queries.ts';
import { Button, Field } from './controls.tsx';
import { CodeBox } from './copy.tsx';
import { Note } from './states.tsx';

/** As Stripe's form for restricted keys calls them, with the names its pre-filled link takes. All of them: Read. */
const PERMISSIONS = [
  ['Charges and Refunds', 'rak_charge_read'],
  ['Checkout Sessions', 'rak_checkout_session_read'],
  ['Customers', 'rak_customer_read'],
  ['Payment Intents', 'rak_payment_intent_read'],
  ['Invoices', 'rak_invoice_read'],
  ['Subscriptions', 'rak_subscription_read'],
  ['Disputes', 'rak_dispute_read'],
  ['Balance transaction sources', 'rak_balance_transaction_source_read'],
  ['Events', 'rak_event_read'],
] as const;

function keyPageOf(mode: 'live' | 'test'): string {
  const search = new URLSearchParams({ name: 'Headwater' });
  for (const [index, [, permission]] of PERMISSIONS.entries()) search.set(`permissions[${index}]`, permission);
  return `https://dashboard.stripe.com/${mode === 'test' ? 'test/' : ''}apikeys/create?${search}`;
}

function StripeLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <a href={to} target="_blank" rel="noopener noreferrer" className="text-link">
      {children}
    </a>
  );
}

function Outcome({ connection }: { connection: ConnectionAnswer }) {
  const mode = connection.livemode ? 'live' : 'test';
  if (connection.status === 'verified') {
    return <Note testId="connect-outcome">Saved. Stripe confirmed the {mode} key.</Note>;
  }
  return (
    <Note tone="warn" testId="connect-outcome">
      Saved. {connection.key_hint ? 'Stripe has not confirmed the key yet; it is rechecked automatically.' : null}
    </Note>
  );
}

export function ConnectForm({ siteId, answer }: { siteId: string; answer: ConnectionsAnswer }) {
  const client = useQueryClient();
  const element = useRef<HTMLFormElement>(null);
  const [isEmpty, setEmpty] = useState(false);
  const form = useForm(
    async ({ key, webhook_secret }) => {
      setEmpty(!key?.trim() && !webhook_secret?.trim());
      if (!key?.trim() && !webhook_secret?.trim()) return null;
      const input = { key: key?.trim() || undefined, webhook_secret: webhook_secret?.trim() || undefined };
      const connection = await send<ConnectionAnswer>('POST', pathOf(siteId, '/stripe'), input);
      // What was pasted does not stay on the page.
      element.current?.reset();
      return { connection };
    },
    () => {
      void client.invalidateQueries({ queryKey: connectionsQuery(siteId).queryKey });
      void client.invalidateQueries({ queryKey: statusQuery(siteId).queryKey });
    },
  );
  const refused = formError(form.error, ['key', 'webhook_secret']);
  const connection = form.data?.connection;
  return (
    <form
      ref={element}
      onSubmit={form.onSubmit}
      className="panel divide-y divide-line"
      data-testid="connect-form"
      autoComplete="off"
    >
      <KeyStep error={form.error} isFirst={answer.connections.length === 0} />
      <WebhookStep error={form.error} answer={answer} />
      <div className="flex flex-col gap-3 p-4 sm:p-5">
        {refused || isEmpty ? (
          <Note tone="down" testId="form-error">
            <span role="alert">{refused ?? 'Paste a key, a webhook secret, or both.'}</span>
          </Note>
        ) : null}
        {connection?.status && !form.isPending ? <Outcome connection={connection} /> : null}
        <div>
          <Button type="submit" look="primary" busy={form.isPending} data-testid="connect-submit">
            {form.isPending ? 'Asking Stripe…' : 'Save connection'}
          </Button>
        </div>
      </div>
    </form>
  );
}

function KeyStep({ error, isFirst }: { error: Error | null; isFirst: boolean }) {
  return (
    <fieldset className="flex flex-col gap-3 p-4 sm:p-5">
      <legend className="float-left mb-1 font-semibold">
        {isFirst ? '1. The key: lets Headwater look up what an event leaves out' : 'Add or replace a key'}
      </legend>
      <p className="clear-left text-muted">
        Create a restricted key with the permissions below, all of them “Read”. These links open Stripe’s form with them
        filled in: <StripeLink to={keyPageOf('live')}>live key</StripeLink>,{' '}
        <StripeLink to={keyPageOf('test')}>test key</StripeLink>. A secret key works too; a key with fewer permissions
        finds less.
      </p>
      <ul className="grid gap-x-6 gap-y-0.5 sm:grid-cols-3" aria-label="Permissions" data-testid="permissions">
        {PERMISSIONS.map(([name]) => (
          <li key={name} className="flex items-baseline gap-1.5 text-[0.9rem]">
            <span className="size-1 shrink-0 -translate-y-0.5 rounded-full bg-accent" aria-hidden="true" />
            {name}
          </li>
        ))}
      </ul>
      <Field
        label="Restricted or secret key"
        name="key"
        type="password"
        autoComplete="off"
        maxLength={300}
        placeholder="rk_live_… or sk_live_…"
        mono
        spellCheck={false}
        error={fieldError(error, 'key')}
      />
    </fieldset>
  );
}

function WebhookStep({ error, answer }: { error: Error | null; answer: ConnectionsAnswer }) {
  return (
    <fieldset className="flex flex-col gap-3 p-4 sm:p-5">
      <legend className="float-left mb-1 font-semibold">
        {answer.connections.length === 0 ? '2. The webhook: tells Headwater of every payment' : 'Webhook'}
      </legend>
      <p className="clear-left text-muted">
        In Stripe, under{' '}
        <StripeLink to="https://dashboard.stripe.com/workbench/webhooks">Developers › Webhooks</StripeLink>, add an
        endpoint with this address and the event types below, then paste its signing secret.
      </p>
      <CodeBox label="the webhook address" text={answer.webhook_url} testId="webhook-url" />
      <details className="group">
        <summary className="cursor-pointer text-[0.95rem]">
          <span className="text-link">{answer.webhook_events.length} event types</span>
        </summary>
        <ul
          className="mt-2 columns-1 gap-6 rounded-lg bg-sunk px-4 py-3 font-mono text-[0.82rem] sm:columns-2"
          aria-label="Event types"
          data-testid="webhook-events"
        >
          {answer.webhook_events.map((type) => (
            <li key={type} className="break-all">
              {type}
            </li>
          ))}
        </ul>
      </details>
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
    </fieldset>
  );
}
