import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { ConnectionAnswer, ConnectionsAnswer } from '../../http/contract.ts';
import { send } from '../api.ts';
import { fieldError, formError, useForm } from '../form.ts';
import { connectionsQuery, pathOf, statusQuery } from '../queries.ts';
import { StripeLink, WebhookStep } from './connect-webhook.tsx';
import { WantedPermissions } from './connect-permissions.tsx';
import { Button, Field } from './controls.tsx';
import { Note } from './states.tsx';

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
    async ({ key, webhook_secret, connection, mode }) => {
      setEmpty(!key?.trim() && !webhook_secret?.trim());
      if (!key?.trim() && !webhook_secret?.trim()) return null;
      const secret = webhook_secret?.trim() || undefined;
      const input = {
        key: key?.trim() || undefined,
        webhook_secret: secret,
        // Both say whose a secret is; a key says that itself.
        connection: (secret && connection) || undefined,
        mode: (secret && !key?.trim() && mode) || undefined,
      };
      const saved = await send<ConnectionAnswer>('POST', pathOf(siteId, '/stripe'), input);
      // What was pasted does not stay on the page.
      element.current?.reset();
      return { connection: saved };
    },
    () => {
      void client.invalidateQueries({ queryKey: connectionsQuery(siteId).queryKey });
      void client.invalidateQueries({ queryKey: statusQuery(siteId).queryKey });
    },
  );
  const refused = formError(form.error, ['key', 'webhook_secret', 'connection', 'mode']);
  const connection = form.data?.connection;
  return (
    <form
      ref={element}
      onSubmit={form.onSubmit}
      className="panel divide-y divide-line"
      data-testid="connect-form"
      autoComplete="off"
    >
      <KeyStep error={form.error} answer={answer} />
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

function KeyStep({ error, answer }: { error: Error | null; answer: ConnectionsAnswer }) {
  const isFirst = answer.connections.length === 0;
  return (
    <fieldset className="flex flex-col gap-3 p-4 sm:p-5">
      <legend className="float-left mb-1 font-semibold">
        {isFirst ? '1. The key: lets Headwater look up what an event leaves out' : 'Add or replace a key'}
      </legend>
      <p className="clear-left text-muted">
        Create a restricted key with the permissions below, “Read” unless noted. These links open Stripe’s form with
        them filled in: <StripeLink to={answer.key_links.live}>live key</StripeLink>,{' '}
        <StripeLink to={answer.key_links.test}>test key</StripeLink>. A secret key works too; a key with fewer
        permissions finds less.
      </p>
      <WantedPermissions permissions={answer.permissions} />
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
