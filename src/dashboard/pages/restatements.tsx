import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTitle } from '../components/card-page.tsx';
import { BackIcon } from '../components/icons.tsx';
import { Restatements } from '../components/restatements.tsx';
import { Empty, ErrorNote } from '../components/states.tsx';
import { ModeSwitch } from '../components/toolbar.tsx';
import { statusQuery } from '../queries.ts';
import { useSite } from './site-frame.tsx';

/** The restatement log: whatever a report said before, here is when, why and by how much it became otherwise. */
export function RestatementsPage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/restatements' });
  const navigate = useNavigate({ from: '/sites/$siteId/restatements' });
  const status = useQuery(statusQuery(site.id));
  const [settled, setSettled] = useState(false);
  const mode = search.mode ?? status.data?.default_mode;
  useTitle(`Restatements · ${site.name}`);
  return (
    <div className="flex flex-col gap-4">
      <Link
        to="/sites/$siteId/payments"
        params={{ siteId: site.id }}
        search={search}
        className="label flex items-center gap-1 self-start hover:text-ink"
      >
        <BackIcon /> Payments
      </Link>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="text-xl font-semibold tracking-tight">Restatements</h1>
        {mode ? (
          <ModeSwitch
            mode={mode}
            modes={status.data?.modes ?? []}
            onChange={(next) => void navigate({ search: { mode: next } })}
          />
        ) : null}
        <label className="ml-auto flex items-center gap-2">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={settled}
            data-testid="restatements-settled"
            onChange={({ target }) => setSettled(target.checked)}
          />
          Also the first ten minutes
        </label>
      </div>
      <p className="label max-w-3xl">
        Credit follows what becomes known: a late visit, a refund, a link that a person rejects. Each change of a
        payment’s credit is listed here with its cause. What settles within ten minutes of the payment is left out.
      </p>
      <div className="panel overflow-hidden">
        {status.isError && !mode ? (
          <ErrorNote error={status.error} retry={() => void status.refetch()} />
        ) : (
          <Restatements
            siteId={site.id}
            timezone={site.timezone}
            asked={{ mode, settled }}
            isReady={mode !== undefined}
            empty={
              <Empty title="Nothing was restated">
                Every payment is credited as it was when it settled. Changes appear here by themselves.
              </Empty>
            }
          />
        )}
      </div>
    </div>
  );
}
