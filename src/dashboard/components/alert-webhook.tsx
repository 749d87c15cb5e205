import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AlertWebhookAnswer, AlertWebhookSetAnswer } from '../../http/contract-alerts.ts';
import { send } from '../api.ts';
import { fieldError, formError, useForm } from '../form.ts';
import { alertWebhookQuery } from '../identity.ts';
import { pathOf } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { Button, Field } from './controls.tsx';
import { CodeBox } from './copy.tsx';
import { Badge, ErrorNote, Skeleton } from './states.tsx';

const HAPPENED = { raised: 'Fallen', resolved: 'Back', test: 'Test' } as const;

/** Where alerts are told: one address, its secret shown once, what was delivered. */
export function AlertWebhook({ siteId, timezone }: { siteId: string; timezone: string }) {
  const client = useQueryClient();
  const hook = useQuery({
    ...alertWebhookQuery(siteId),
    refetchInterval: ({ state }) => (state.data?.deliveries.some((it) => it.state === 'waiting') ? 3_000 : false),
  });
  const reload = () => client.invalidateQueries({ queryKey: alertWebhookQuery(siteId).queryKey });
  const [secret, setSecret] = useState<string | null>(null);
  const form = useForm(
    ({ url }) => send<AlertWebhookSetAnswer>('PUT', pathOf(siteId, '/alerts/target'), { url }),
    async (answer) => {
      setSecret(answer.secret);
      await reload();
    },
  );
  if (hook.error && !hook.data) return <ErrorNote error={hook.error} retry={() => void hook.refetch()} />;
  if (!hook.data) return <Skeleton className="m-5 h-10 w-72" />;
  const { webhook } = hook.data;
  const failed = formError(form.error, ['url']);
  return (
    <div className="flex flex-col gap-4 border-t border-line px-4 py-4 sm:px-5">
      <h3 className="font-medium">Tell it elsewhere</h3>
      {webhook ? (
        <Current siteId={siteId} host={webhook.host} onChange={reload} onRemoved={() => setSecret(null)} />
      ) : null}
      {secret === null ? null : <SigningSecret secret={secret} />}
      <form onSubmit={form.onSubmit} className="flex max-w-xl flex-col gap-3" data-testid="alert-webhook-form">
        <Field
          label={webhook ? 'Another address' : 'Address'}
          name="url"
          type="url"
          required
          maxLength={2_000}
          placeholder="https://hooks.example.com/…"
          hint="A POST with JSON when coverage falls and when it is back. Public https addresses only."
          error={fieldError(form.error, 'url')}
        />
        <div>
          <Button type="submit" busy={form.isPending}>
            {webhook ? 'Replace' : 'Save'}
          </Button>
        </div>
      </form>
      {failed ? (
        <p role="alert" className="text-[0.87rem] text-down">
          {failed}
        </p>
      ) : null}
      <Deliveries deliveries={hook.data.deliveries} timezone={timezone} />
    </div>
  );
}

function Current({
  siteId,
  host,
  onChange,
  onRemoved,
}: {
  siteId: string;
  host: string;
  onChange: () => Promise<void>;
  onRemoved: () => void;
}) {
  const test = useMutation({
    mutationFn: () => send('POST', pathOf(siteId, '/alerts/target/test')),
    onSuccess: onChange,
  });
  const remove = useMutation({
    mutationFn: () => send('DELETE', pathOf(siteId, '/alerts/target')),
    async onSuccess() {
      onRemoved();
      await onChange();
    },
  });
  const failed = test.error ?? remove.error;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2" data-testid="alert-webhook">
      <span className="min-w-0">
        Told to <strong className="font-medium break-all">{host}</strong>
      </span>
      <Button onClick={() => test.mutate()} busy={test.isPending} data-testid="alert-webhook-test">
        Send a test
      </Button>
      <Button onClick={() => remove.mutate()} busy={remove.isPending} data-testid="alert-webhook-remove">
        <span className="text-down">Remove</span>
      </Button>
      {failed ? (
        <span role="alert" className="text-[0.87rem] text-down">
          {failed.message}
        </span>
      ) : null}
    </div>
  );
}

function SigningSecret({ secret }: { secret: string }) {
  return (
    <div className="flex flex-col gap-1.5">
      <p className="label">
        The secret that signs each delivery (header <code className="font-mono">Headwater-Signature</code>). It is shown
        now and never again.
      </p>
      <CodeBox label="the signing secret" text={secret} testId="alert-secret" />
    </div>
  );
}

function Deliveries({ deliveries, timezone }: Pick<AlertWebhookAnswer, 'deliveries'> & { timezone: string }) {
  if (deliveries.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1" data-testid="alert-deliveries">
      {deliveries.map(({ id, happened, state, attempts, error, created_at: at }) => (
        <li key={id} className="label flex flex-wrap items-center gap-x-3">
          <span className="text-ink">{HAPPENED[happened]}</span>
          <span>{formatMoment(at, timezone, true)}</span>
          <Badge tone={state === 'done' ? 'good' : state === 'failed' ? 'down' : 'plain'}>
            {state === 'done' ? 'Delivered' : state === 'failed' ? 'Given up' : 'Waiting'}
          </Badge>
          {error === null ? null : (
            <span>
              {attempts} {attempts === 1 ? 'try' : 'tries'}: {error}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
