import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { TimelineAnswer } from '../../http/contract-people.ts';
import { useTitle } from '../components/card-page.tsx';
import { Button, INPUT } from '../components/controls.tsx';
import { BackIcon } from '../components/icons.tsx';
import { JourneyTimeline } from '../components/journey-timeline.tsx';
import { Badge, Empty, ErrorNote, Skeleton } from '../components/states.tsx';
import { peopleQuery, timelinePage } from '../journey-queries.ts';
import type { Person } from '../journey-queries.ts';
import { formatCount, formatMoney } from '../money.ts';
import { statusQuery } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { useSite } from './site-frame.tsx';
import type { Mode } from '../../core/payment.ts';

export function CustomerPage() {
  const { customerId } = useParams({ from: '/sites/$siteId/customers/$customerId' });
  const { mode } = useSearch({ from: '/sites/$siteId/customers/$customerId' });
  return <PersonPage key={customerId} person="customers" id={customerId} mode={mode} />;
}

export function VisitorPage() {
  const { visitorId } = useParams({ from: '/sites/$siteId/visitors/$visitorId' });
  const { mode } = useSearch({ from: '/sites/$siteId/visitors/$visitorId' });
  return <PersonPage key={visitorId} person="visitors" id={visitorId} mode={mode} />;
}

function PersonPage({ person, id, mode }: { person: Person; id: string; mode: Mode | undefined }) {
  const site = useSite();
  const [order, setOrder] = useState<Order>('newest');
  const name = person === 'customers' ? 'Customer' : 'Visitor';
  useTitle(`${name} ${id}`);
  const pages = useInfiniteQuery({
    queryKey: ['timeline', site.id, person, id, mode, order],
    queryFn: ({ pageParam, signal }) =>
      timelinePage(site.id, { person, id }, { mode, order, cursor: pageParam, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const first = pages.data?.pages[0];
  return (
    <div className="flex flex-col gap-4">
      <Link
        to="/sites/$siteId/people"
        params={{ siteId: site.id }}
        search={mode ? { mode } : {}}
        className="label flex items-center gap-1 self-start hover:text-ink"
      >
        <BackIcon /> Find a customer
      </Link>
      <header className="flex flex-col gap-1">
        <h1 className="text-xl font-semibold tracking-tight">
          {name} <span className="font-mono text-[1.05rem] break-all select-all">{id}</span>
        </h1>
        {first ? <Summary answer={first} siteId={site.id} /> : null}
      </header>
      {first ? (
        <>
          <Visitors answer={first} siteId={site.id} timezone={site.timezone} isVisitor={person === 'visitors'} />
          <Timeline
            first={first}
            items={pages.data!.pages.flatMap((page) => page.items)}
            order={order}
            onOrder={setOrder}
          />
        </>
      ) : pages.error ? (
        <div className="panel">
          <ErrorNote error={pages.error} retry={() => void pages.refetch()} />
        </div>
      ) : (
        <div aria-busy="true" className="flex flex-col gap-4">
          <Skeleton className="h-16 w-full" />
          <Skeleton className="h-96 w-full" />
        </div>
      )}
      {pages.hasNextPage ? (
        <div className="flex justify-center">
          <Button onClick={() => void pages.fetchNextPage()} busy={pages.isFetchingNextPage}>
            {pages.isFetchingNextPage ? 'Loading…' : order === 'newest' ? 'Show earlier' : 'Show later'}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

type Order = 'newest' | 'oldest';

function Timeline({
  first,
  items,
  order,
  onOrder,
}: {
  first: TimelineAnswer;
  items: TimelineAnswer['items'];
  order: Order;
  onOrder: (order: Order) => void;
}) {
  const site = useSite();
  return (
    <section className="panel overflow-hidden" aria-label="Timeline">
      <div className="flex flex-wrap items-center justify-between gap-2 px-4 pt-4 pb-3 sm:px-5">
        <h2 className="font-semibold">Timeline</h2>
        <div
          role="group"
          aria-label="Order"
          className="inline-flex h-8 rounded-lg border border-line bg-panel p-0.5 text-[0.9rem]"
        >
          {(['newest', 'oldest'] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={order === name}
              data-testid={`order-${name}`}
              onClick={() => onOrder(name)}
              className="rounded-md px-2.5 text-muted hover:text-ink aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent"
            >
              {name === 'newest' ? 'Newest first' : 'Oldest first'}
            </button>
          ))}
        </div>
      </div>
      <JourneyTimeline
        items={items}
        siteId={site.id}
        timezone={site.timezone}
        visitors={first.visitors.map((visitor) => visitor.id)}
      />
    </section>
  );
}

function Summary({ answer, siteId }: { answer: TimelineAnswer; siteId: string }) {
  const { payments, revenue, customers, customer } = answer;
  return (
    <p className="label flex flex-wrap items-center gap-x-4 gap-y-1">
      {answer.mode === 'test' ? <Badge tone="warn">Test mode</Badge> : null}
      <span>
        {formatCount(payments)} {payments === 1 ? 'payment' : 'payments'}
      </span>
      {revenue.map((one) => (
        <span key={one.currency} className="font-medium text-ink" data-testid="person-revenue">
          {formatMoney(one.revenue, one.currency)}
        </span>
      ))}
      {answer.complete ? null : <span className="text-warn">more than is shown here</span>}
      {customer === null
        ? customers.map((id) => (
            <span key={id}>
              Customer{' '}
              <Link
                to="/sites/$siteId/customers/$customerId"
                params={{ siteId, customerId: id }}
                className="text-link font-mono"
              >
                {id}
              </Link>
            </span>
          ))
        : null}
    </p>
  );
}

function Visitors({
  answer,
  siteId,
  timezone,
  isVisitor,
}: {
  answer: TimelineAnswer;
  siteId: string;
  timezone: string;
  isVisitor: boolean;
}) {
  if (answer.visitors.length === 0) {
    return (
      <div className="rounded-lg border border-warn-line bg-warn-soft px-4 py-3.5 sm:px-5">
        <p className="font-semibold text-warn">No visitor is known</p>
        <p className="mt-1">
          None of these payments names a visitor, so nothing is known of what came before. Each payment’s page says why.
        </p>
      </div>
    );
  }
  return (
    <section className="panel px-4 py-3 sm:px-5" aria-label="Visitors">
      {isVisitor ? null : (
        <h2 className="pb-1 font-semibold">
          {answer.visitors.length === 1 ? 'One visitor' : `${formatCount(answer.visitors.length)} visitors, joined`}
        </h2>
      )}
      <ul className="flex flex-col gap-1.5">
        {answer.visitors.map((visitor, index) => (
          <li key={visitor.id} className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5" data-testid="person-visitor">
            <span className="min-w-0">
              {answer.visitors.length > 1 ? <span className="text-muted">{index + 1}. </span> : null}
              {isVisitor ? (
                <span>Seen</span>
              ) : (
                <Link
                  to="/sites/$siteId/visitors/$visitorId"
                  params={{ siteId, visitorId: visitor.id }}
                  className="text-link font-mono text-[0.87rem] break-all"
                >
                  {visitor.id}
                </Link>
              )}
            </span>
            <span className="label">
              {formatCount(visitor.sessions)} {visitor.sessions === 1 ? 'visit' : 'visits'}
              {visitor.first_seen && visitor.last_seen
                ? `, ${formatMoment(visitor.first_seen, timezone)} – ${formatMoment(visitor.last_seen, timezone)}`
                : ''}
            </span>
            {visitor.app_ids.map((id) => (
              <span key={id} className="label max-w-full truncate" title={id}>
                identified as <span className="text-ink">{id}</span>
              </span>
            ))}
            {visitor.email_hashes.length > 0 ? (
              <span className="label" title={visitor.email_hashes.join(', ')}>
                e-mail known, kept as a hash
              </span>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

const FOUND_BY = {
  customer: 'customer id',
  visitor: 'visitor id',
  payment: 'payment id',
  email: 'e-mail address',
  app_id: 'identified as this',
} as const;

/** Finding a person by what is known of them. */
export function PeoplePage() {
  const site = useSite();
  const search = useSearch({ from: '/sites/$siteId/people' });
  const navigate = useNavigate({ from: '/sites/$siteId/people' });
  const [text, setText] = useState(search.q ?? '');
  useTitle(`Find a customer · ${site.name}`);
  const status = useQuery(statusQuery(site.id));
  const found = useQuery({ ...peopleQuery(site.id, search.q ?? '', search.mode), enabled: Boolean(search.q) });
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-xl font-semibold tracking-tight">Find a customer</h1>
      <form
        role="search"
        className="flex max-w-2xl flex-wrap gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          const q = text.trim();
          void navigate({ search: { ...(q ? { q } : {}), ...(search.mode ? { mode: search.mode } : {}) } });
        }}
      >
        <input
          type="search"
          className={`${INPUT} min-w-0 flex-1`}
          placeholder="E-mail or any id"
          aria-label="E-mail, customer, visitor, payment or app id"
          value={text}
          maxLength={320}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" look="primary">
          Search
        </Button>
      </form>
      {!search.q ? (
        <p className="label max-w-2xl">
          E-mail addresses are kept as keyed hashes only: one is found when it is written whole, and nobody can read it
          here.
        </p>
      ) : found.data ? (
        <Found
          answer={found.data}
          siteId={site.id}
          mode={search.mode}
          isTest={(search.mode ?? status.data?.default_mode) === 'test'}
        />
      ) : found.error ? (
        <div className="panel">
          <ErrorNote error={found.error} retry={() => void found.refetch()} />
        </div>
      ) : (
        <div aria-busy="true">
          <Skeleton className="h-24 w-full" />
        </div>
      )}
    </div>
  );
}

function Found({
  answer: { found },
  siteId,
  mode,
  isTest,
}: {
  answer: { found: readonly { kind: 'customer' | 'visitor' | 'payment'; id: string; by: keyof typeof FOUND_BY }[] };
  siteId: string;
  mode: Mode | undefined;
  isTest: boolean;
}) {
  if (found.length === 0) {
    return (
      <div className="panel">
        <Empty title="Nobody found">
          Write an id or an e-mail address whole, as Stripe or your own program knows it. Customers were looked for
          among
          {isTest ? ' test' : ' live'} payments.
        </Empty>
      </div>
    );
  }
  const look = 'text-link font-mono text-[0.93rem] break-all';
  const search = mode ? { mode } : {};
  return (
    <ul className="panel divide-y divide-line" data-testid="found">
      {found.map(({ kind, id, by }) => (
        <li key={`${kind} ${id}`} className="flex flex-wrap items-baseline gap-x-3 px-4 py-2.5 sm:px-5">
          <Badge tone={kind === 'customer' ? 'good' : 'plain'}>{kind}</Badge>
          {kind === 'customer' ? (
            <Link
              to="/sites/$siteId/customers/$customerId"
              params={{ siteId, customerId: id }}
              search={search}
              className={look}
            >
              {id}
            </Link>
          ) : kind === 'visitor' ? (
            <Link
              to="/sites/$siteId/visitors/$visitorId"
              params={{ siteId, visitorId: id }}
              search={search}
              className={look}
            >
              {id}
            </Link>
          ) : (
            <Link
              to="/sites/$siteId/payments/$paymentId"
              params={{ siteId, paymentId: id }}
              search={search}
              className={look}
            >
              {id}
            </Link>
          )}
          <span className="label">by {FOUND_BY[by]}</span>
        </li>
      ))}
    </ul>
  );
}
