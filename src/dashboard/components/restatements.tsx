import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { useInfiniteQuery } from '@tanstack/react-query';
import { RULE_MODELS } from '../../core/attribution/models.ts';
import { RESTATEMENT_REASONS } from '../../core/restatement.ts';
import type { RestatementsAnswer } from '../../http/contract-identity.ts';
import { restatementsPage } from '../identity.ts';
import type { RestatementsAsked } from '../identity.ts';
import { formatMoney } from '../money.ts';
import { formatMoment } from '../time.ts';
import { MODEL_NAMES, reasonName, valueName } from '../words.ts';
import { Button } from './controls.tsx';
import { ErrorNote, Skeleton } from './states.tsx';

type Restatement = RestatementsAnswer['restatements'][number];

const SOURCES_SHOWN = 6;

/** Under the first model by which something changed: first touch, where that is one. */
function shownModel({ changes }: Restatement) {
  return RULE_MODELS.find((model) => changes.some(({ credits }) => credits[model] !== undefined));
}

function Changes({ restatement }: { restatement: Restatement }) {
  const model = shownModel(restatement);
  if (model === undefined) {
    const { from, to } = restatement.unattributed;
    if (from === null && to === null)
      return <span className="text-muted">The visitor is another one; no source’s credit changed.</span>;
    return (
      <span className="text-muted">
        Unattributed for another reason: {from === null ? '' : reasonName(from).toLowerCase()} →{' '}
        {to === null ? 'attributed' : reasonName(to).toLowerCase()}
      </span>
    );
  }
  const { visitors } = restatement;
  const changed = restatement.changes.filter(({ credits }) => credits[model] !== undefined);
  return (
    <>
      <ul className="flex flex-wrap gap-x-8 gap-y-0.5 max-sm:flex-col">
        {changed.slice(0, SOURCES_SHOWN).map(({ source, currency, credits }) => (
          <li key={`${source} ${currency}`} className="flex min-w-0 items-baseline gap-2 tabular-nums">
            <bdi className={`min-w-0 truncate ${source === '(unattributed)' ? 'text-warn' : ''}`} title={source}>
              {valueName(source)}
            </bdi>
            <span className="whitespace-nowrap text-muted">
              {formatMoney(credits[model]!.from, currency)} →{' '}
              <span className="text-ink">{formatMoney(credits[model]!.to, currency)}</span>
            </span>
          </li>
        ))}
      </ul>
      <p className="label">
        {MODEL_NAMES[model]}
        {changed.length > SOURCES_SHOWN ? `, and ${changed.length - SOURCES_SHOWN} more sources` : ''}
        {visitors.from === visitors.to ? '' : ` · visitors on the path: ${visitors.from} → ${visitors.to}`}
      </p>
    </>
  );
}

function RestatementRow({
  restatement,
  siteId,
  timezone,
  isOfPayment,
}: {
  restatement: Restatement;
  siteId: string;
  timezone: string;
  isOfPayment: boolean;
}) {
  const { at, payment, reasons } = restatement;
  return (
    <li className="grid gap-x-6 gap-y-1 px-4 py-3 sm:px-5 md:grid-cols-[15rem_minmax(0,1fr)]" data-testid="restatement">
      <div className="min-w-0">
        <p className="whitespace-nowrap">{formatMoment(at, timezone, true)}</p>
        {isOfPayment ? null : (
          <Link
            to="/sites/$siteId/payments/$paymentId"
            params={{ siteId, paymentId: payment }}
            className="text-link block truncate font-mono text-[0.8rem]"
            title={payment}
          >
            {payment}
          </Link>
        )}
      </div>
      <div className="min-w-0">
        <p className="font-medium">{reasons.map((reason) => RESTATEMENT_REASONS[reason]).join(' ')}</p>
        <Changes restatement={restatement} />
      </div>
    </li>
  );
}

/** What crediting again has changed, newest first, read page by page. */
export function Restatements({
  siteId,
  timezone,
  asked,
  empty,
  isReady = true,
}: {
  siteId: string;
  timezone: string;
  asked: RestatementsAsked;
  empty: ReactNode;
  isReady?: boolean;
}) {
  const list = useInfiniteQuery({
    queryKey: ['restatements', siteId, asked],
    queryFn: ({ pageParam, signal }) => restatementsPage(siteId, asked, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: isReady,
  });
  if (list.error && !list.data) return <ErrorNote error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) {
    return (
      <div aria-busy="true" className="flex flex-col gap-3 p-5">
        <Skeleton className="h-5 w-72 max-w-full" />
        <Skeleton className="h-5 w-96 max-w-full" />
      </div>
    );
  }
  const rows = list.data.pages.flatMap(({ restatements }) => restatements);
  if (rows.length === 0) return empty;
  return (
    <>
      <ul className="divide-y divide-line border-t border-line" data-testid="restatements">
        {rows.map((restatement) => (
          <RestatementRow
            key={restatement.id}
            restatement={restatement}
            siteId={siteId}
            timezone={timezone}
            isOfPayment={asked.payment !== undefined}
          />
        ))}
      </ul>
      {list.hasNextPage ? (
        <div className="flex justify-center border-t border-line px-4 py-3">
          <Button onClick={() => void list.fetchNextPage()} busy={list.isFetchingNextPage}>
            {list.isFetchingNextPage ? 'Loading…' : 'Show earlier changes'}
          </Button>
        </div>
      ) : null}
    </>
  );
}
