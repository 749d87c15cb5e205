import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatMoney } from '../money.ts';
import { UNATTRIBUTED, valueName } from '../words.ts';
import { buttonClass } from './controls.tsx';
import { Empty, ErrorNote, Note, Skeleton } from './states.tsx';

/** Names that only journeys have. */
export function stepName(label: string, dimension: string): string {
  if (label === '(purchase)') return 'Purchase';
  if (label === '(more)') return 'More steps';
  return valueName(label, dimension);
}

/** One of the page's answers: its skeleton, its failure, its emptiness, or what it says. */
export function JourneyPanel<Answer extends { unconverted: Record<string, number> }>({
  answer,
  isEmpty,
  siteId,
  children,
}: {
  answer: UseQueryResult<Answer>;
  isEmpty: (data: Answer) => boolean;
  siteId: string;
  children: (data: Answer) => ReactNode;
}) {
  const { data, error } = answer;
  if (!data) {
    return (
      <div className="panel">
        {error ? (
          <ErrorNote error={error} retry={() => void answer.refetch()} />
        ) : (
          <div aria-busy="true" className="flex flex-col gap-4 p-5">
            <Skeleton className="h-5 w-64 max-w-full" />
            <Skeleton className="h-80 w-full" />
          </div>
        )}
      </div>
    );
  }
  return (
    <div className={`flex flex-col gap-4 ${answer.isPlaceholderData ? 'settling' : ''}`}>
      <Apart amounts={data.unconverted} />
      {isEmpty(data) ? <NoPayments siteId={siteId} /> : children(data)}
    </div>
  );
}

export function PanelHead({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-start justify-between gap-x-6 gap-y-2 px-4 pt-4 pb-3 sm:flex-row sm:px-5">
      <div className="min-w-0">
        <h2 className="font-semibold">{title}</h2>
        <p className="label max-w-2xl">{children}</p>
      </div>
      {action}
    </div>
  );
}

function Apart({ amounts }: { amounts: Record<string, number> }) {
  const apart = Object.entries(amounts);
  if (apart.length === 0) return null;
  return (
    <Note tone="warn" testId="journeys-apart">
      Not in these sums: {apart.map(([currency, amount]) => formatMoney(amount, currency)).join(' + ')}. Nothing says
      what that is in the site’s currency.
    </Note>
  );
}

function NoPayments({ siteId }: { siteId: string }) {
  return (
    <div className="panel">
      <Empty
        title="No payments to follow"
        action={
          <Link to="/sites/$siteId/settings/revenue" params={{ siteId }} className={buttonClass('quiet')}>
            Revenue settings
          </Link>
        }
      >
        Journeys begin with payments, and none lies in these days under these filters. Choose other days above; if none
        ever came, connect Stripe or read its history in the Revenue settings.
      </Empty>
    </div>
  );
}

/** A label of a path: what is not known is never drawn as a source. */
export function StepChip({ label, dimension }: { label: string; dimension: string }) {
  const name = stepName(label, dimension);
  const look =
    label === UNATTRIBUTED
      ? 'hatched bg-warn-soft text-warn ring-1 ring-inset ring-warn-line'
      : label.startsWith('(') && label !== '(direct)'
        ? 'bg-sunk text-muted'
        : 'bg-accent-soft text-ink';
  return (
    <span
      className={`inline-block max-w-56 truncate rounded-md px-2 py-0.5 align-bottom text-[0.87rem] ${look}`}
      title={name}
    >
      {name}
    </span>
  );
}
