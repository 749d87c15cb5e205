import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { KeyAnswer, KeyCreatedAnswer } from '../../http/contract.ts';
import { send } from '../api.ts';
import { useTitle } from '../components/card-page.tsx';
import { Button } from '../components/controls.tsx';
import { CodeBox } from '../components/copy.tsx';
import { Badge, ErrorNote, Note, Skeleton } from '../components/states.tsx';
import { keysQuery, pathOf } from '../queries.ts';
import { formatAgo, formatMoment } from '../time.ts';
import { useSite } from './site-frame.tsx';

const SCOPES = [
  ['read', 'Read reports and payments'],
  ['collect', 'Send events from a server'],
  ['write', 'Change the site and its connections'],
] as const;

export function KeysPage() {
  const site = useSite();
  useTitle(`API keys · ${site.name}`);
  const client = useQueryClient();
  const keys = useQuery(keysQuery(site.id));
  const refresh = () => void client.invalidateQueries({ queryKey: keysQuery(site.id).queryKey });
  return (
    <div className="flex flex-col gap-5">
      <div>
        <h1 className="text-xl font-semibold tracking-tight">API keys</h1>
        <p className="mt-1 text-muted">
          For programs: sent as <code className="font-mono">Authorization: Bearer hw_…</code> to this site’s part of the
          API, which is described at{' '}
          <a href="/api/openapi.json" className="text-link">
            /api/openapi.json
          </a>
          .
        </p>
      </div>
      <NewKey siteId={site.id} onDone={refresh} />
      <div className="panel overflow-hidden">
        {keys.data ? (
          <KeyList keys={keys.data} siteId={site.id} timezone={site.timezone} onDone={refresh} />
        ) : keys.error ? (
          <ErrorNote error={keys.error} retry={() => void keys.refetch()} />
        ) : (
          <div className="p-5" aria-busy="true">
            <Skeleton className="h-5 w-64" />
          </div>
        )}
      </div>
    </div>
  );
}

function NewKey({ siteId, onDone }: { siteId: string; onDone: () => void }) {
  const [scopes, setScopes] = useState<string[]>(['read']);
  const create = useMutation({
    mutationFn: () => send<KeyCreatedAnswer>('POST', pathOf(siteId, '/keys'), { scopes }),
    onSuccess: onDone,
  });
  const toggle = (scope: string) =>
    setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  return (
    <div className="panel flex flex-col gap-3 p-4 sm:p-5">
      <fieldset>
        <legend className="mb-2 font-semibold">New key</legend>
        {SCOPES.map(([scope, meaning]) => (
          <label key={scope} className="flex items-center gap-2 py-0.5">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={scopes.includes(scope)}
              onChange={() => toggle(scope)}
              data-testid={`scope-${scope}`}
            />
            <span>
              {meaning} <span className="label font-mono">{scope}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {create.data ? (
        <div className="flex flex-col gap-2" role="status">
          <p>
            <strong className="font-semibold">Copy the key now.</strong> It is not stored and not shown again.
          </p>
          <CodeBox label="the key" text={create.data.key} testId="new-key" />
        </div>
      ) : null}
      {create.error ? (
        <Note tone="down" testId="form-error">
          <span role="alert">{create.error.message}</span>
        </Note>
      ) : null}
      <div>
        <Button
          look="primary"
          onClick={() => create.mutate()}
          busy={create.isPending}
          disabled={scopes.length === 0}
          data-testid="key-create"
        >
          Create key
        </Button>
      </div>
    </div>
  );
}

function KeyList({
  keys,
  siteId,
  timezone,
  onDone,
}: {
  keys: readonly KeyAnswer[];
  siteId: string;
  timezone: string;
  onDone: () => void;
}) {
  const [asked, setAsked] = useState<string | null>(null);
  const remove = useMutation({
    mutationFn: (id: string) => send('DELETE', pathOf(siteId, `/keys/${encodeURIComponent(id)}`)),
    onSuccess: onDone,
  });
  if (keys.length === 0) return <p className="p-5 text-muted">No keys yet.</p>;
  return (
    <>
      {remove.error ? <ErrorNote error={remove.error} /> : null}
      <ul className="divide-y divide-line" aria-label="Keys" data-testid="keys">
        {keys.map((key) => (
          <li key={key.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5" data-testid="key">
            <div className="min-w-0 flex-1 basis-60">
              <p className="flex flex-wrap items-center gap-2">
                <code className="font-mono text-[0.9rem]">{key.prefix.replace(/…$/, '')}…</code>
                {key.scopes.map((scope) => (
                  <Badge key={scope}>{scope}</Badge>
                ))}
              </p>
              <p className="label">
                Created {formatMoment(key.created_at, timezone)} ·{' '}
                {key.last_used_at ? `last used ${formatAgo(key.last_used_at)}` : 'never used'}
                {key.expires_at ? ` · expires ${formatMoment(key.expires_at, timezone)}` : ''}
              </p>
            </div>
            {asked === key.id ? (
              <div className="flex items-center gap-2" role="group" aria-label="Confirm removal">
                <span className="label">Programs using it stop working.</span>
                <Button onClick={() => remove.mutate(key.id)} busy={remove.isPending} data-testid="key-remove-confirm">
                  <span className="text-down">Remove</span>
                </Button>
                <Button onClick={() => setAsked(null)}>Keep</Button>
              </div>
            ) : (
              <Button onClick={() => setAsked(key.id)} aria-label={`Remove key ${key.prefix}`} data-testid="key-remove">
                Remove
              </Button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
