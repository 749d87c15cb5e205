import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { SubscriptionDetailAnswer } from '../../http/contract-subscriptions.ts';
import { useTitle } from '../components/card-page.tsx';
import { BackIcon } from '../components/icons.tsx';
import { Badge, ErrorNote, Note, Skeleton } from '../components/states.tsx';
import { formatMoney } from '../money.ts';
import { subscriptionQuery } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { MOVEMENT_NAMES, UNATTRIBUTED_TEXT, reasonName, statusName, valueName } from '../words.ts';
import { useSite } from './site-frame.tsx';

export function SubscriptionPage() {
  const site = useSite();
  const { subscriptionId } = useParams({ from: '/sites/$siteId/subscriptions/$subscriptionId' });
  const found = useQuery(subscriptionQuery(site.id, subscriptionId));
  useTitle(`Subscription ${subscriptionId}`);
  return (
    <div className="flex flex-col gap-4">
      <Link
        to="/sites/$siteId/subscriptions"
        params={{ siteId: site.id }}
        search={found.data ? { mode: found.data.mode } : {}}
        className="label flex items-center gap-1 self-start hover:text-ink"
      >
        <BackIcon /> Subscriptions
      </Link>
      {found.data ? (
        <Subscription subscription={found.data} siteId={site.id} timezone={site.timezone} />
      ) : found.error ? (
        <div className="panel">
          <ErrorNote error={found.error} retry={() => void found.refetch()} />
        </div>
      ) : (
        <div aria-busy="true" className="flex flex-col gap-4">
          <Skeleton className="h-10 w-56" />
          <Skeleton className="h-16 w-full" />
          <Skeleton className="h-48 w-full" />
        </div>
      )}
    </div>
  );
}

interface Props {
  subscription: SubscriptionDetailAnswer;
  siteId: string;
  timezone: string;
}

function Subscription({ subscription, siteId, timezone }: Props) {
  const { currency, mode, conversion, customer, payments, unknown_discounts: unknown } = subscription;
  return (
    <>
      <header className="flex flex-col gap-1">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="figure text-3xl font-semibold" data-testid="subscription-mrr">
            {formatMoney(subscription.mrr, currency)} a month
          </h1>
          <Badge>{statusName(subscription.status)}</Badge>
          {mode === 'test' ? <Badge tone="warn">Test mode</Badge> : null}
        </div>
        <p className="label flex flex-wrap gap-x-4 gap-y-0.5">
          <span>Since {formatMoment(subscription.started_at, timezone)}</span>
          <Id name="Subscription" value={subscription.id} />
          {customer ? <Id name="Customer" value={customer} /> : null}
          {conversion && conversion.currency !== currency ? (
            <span title={conversion.evidence}>
              <span className="figure text-ink">{formatMoney(conversion.mrr, conversion.currency)}</span> in reports
            </span>
          ) : null}
        </p>
      </header>
      <Verdict subscription={subscription} timezone={timezone} />
      {unknown.length > 0 ? (
        <Note tone="warn">
          Stripe did not say what its discount takes off, so it is not deducted. Give the key “Coupons: read”.
        </Note>
      ) : null}
      <Movements subscription={subscription} timezone={timezone} />
      <States subscription={subscription} timezone={timezone} />
      {payments.length > 0 ? (
        <Section title="Payments" note="What was paid for it, and what its source was read from.">
          <ul className="flex flex-wrap gap-x-5 gap-y-1 border-t border-line px-4 py-3 sm:px-5">
            {payments.map((id) => (
              <li key={id} className="min-w-0">
                <Link
                  to="/sites/$siteId/payments/$paymentId"
                  params={{ siteId, paymentId: id }}
                  search={{ mode }}
                  className="text-link font-mono text-[0.82rem] break-all"
                >
                  {id}
                </Link>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
    </>
  );
}

function Id({ name, value }: { name: string; value: string }) {
  return (
    <span className="min-w-0">
      {name} <span className="font-mono text-[0.8rem] break-all text-ink select-all">{value}</span>
    </span>
  );
}

function Section({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <section className="panel overflow-hidden" aria-label={title}>
      <div className="px-4 pt-4 pb-3 sm:px-5">
        <h2 className="font-semibold">{title}</h2>
        <p className="label">{note}</p>
      </div>
      {children}
    </section>
  );
}

/** Who brought it, or why nobody is known. */
function Verdict({ subscription, timezone }: Omit<Props, 'siteId'>) {
  const { touchpoint, reason, explanation } = subscription;
  if (!touchpoint) {
    return (
      <div className="rounded-lg border border-warn-line bg-warn-soft px-4 py-3.5 sm:px-5" data-testid="verdict">
        <p className="font-semibold text-warn">
          {reason === 'no_payment' ? 'Unattributed — not paid yet' : UNATTRIBUTED_TEXT}
        </p>
        <p className="mt-1">{explanation ?? reasonName(reason ?? '')}</p>
      </div>
    );
  }
  const { campaign } = touchpoint;
  return (
    <div data-testid="verdict">
      <Note>
        First brought by{' '}
        <strong className="font-semibold break-words">
          <bdi>{valueName(touchpoint.source)}</bdi>
        </strong>
        {campaign !== '' && campaign !== '(none)' ? (
          <>
            , campaign{' '}
            <strong className="font-semibold break-words">
              <bdi>{campaign}</bdi>
            </strong>
          </>
        ) : null}{' '}
        ({touchpoint.channel}), {formatMoment(touchpoint.at, timezone)}.
      </Note>
    </div>
  );
}

const COLUMNS =
  'grid items-baseline gap-x-4 gap-y-0.5 px-4 py-2 sm:px-5 grid-cols-[minmax(0,1fr)_auto] md:grid-cols-[12rem_minmax(0,1fr)_minmax(0,12rem)_minmax(0,12rem)]';

function Movements({ subscription, timezone }: Omit<Props, 'siteId'>) {
  const { currency, movements } = subscription;
  return (
    <Section title="Movements" note="What changed its monthly recurring revenue (MRR), newest last.">
      {movements.length === 0 ? (
        <p className="border-t border-line px-5 py-6 text-center text-muted">
          It has brought no recurring revenue so far.
        </p>
      ) : (
        <div role="table" aria-label="Movements" className="tabular-nums" data-testid="movements">
          <div role="row" className={`${COLUMNS} label border-b border-line`}>
            <span role="columnheader" className="max-md:hidden">
              Time
            </span>
            <span role="columnheader">Movement</span>
            <span role="columnheader" className="text-right">
              Change
            </span>
            <span role="columnheader" className="text-right max-md:hidden">
              MRR after it
            </span>
          </div>
          {movements.map(({ at, kind, delta, mrr }) => (
            <div key={`${at} ${kind}`} role="row" className={`${COLUMNS} border-b border-line last:border-b-0`}>
              <span role="cell" className="text-muted max-md:order-3 max-md:text-[0.87rem]">
                {formatMoment(at, timezone)}
              </span>
              <span role="cell">{MOVEMENT_NAMES[kind]}</span>
              <span role="cell" className={`text-right ${delta < 0 ? 'text-down' : ''}`}>
                {delta > 0 ? '+' : ''}
                {formatMoney(delta, currency)}
              </span>
              <span role="cell" className="text-right font-medium max-md:order-4 max-md:text-[0.87rem]">
                <span className="label md:hidden">MRR </span>
                {formatMoney(mrr, currency)}
              </span>
            </div>
          ))}
        </div>
      )}
    </Section>
  );
}

function States({ subscription, timezone }: Omit<Props, 'siteId'>) {
  const { currency, states } = subscription;
  return (
    <Section title="Evidence" note="What it was from when on, and which object of Stripe says so.">
      <ul className="divide-y divide-line border-t border-line tabular-nums">
        {states.map((state) => (
          <li
            key={state.at}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 gap-y-0.5 px-4 py-2 sm:px-5 md:grid-cols-[12rem_10rem_minmax(0,1fr)_auto]"
          >
            <span className="text-muted">{formatMoment(state.at, timezone)}</span>
            <span className="max-md:text-right">{state.paused ? 'Collection paused' : statusName(state.status)}</span>
            <span className="min-w-0 break-words max-md:col-span-2">
              {state.items.map((item) => itemText(item, currency)).join(' + ')}
            </span>
            <span className="font-mono text-[0.8rem] break-all text-muted max-md:col-span-2">
              {state.told_by_invoice ?? subscription.id}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function itemText(item: SubscriptionDetailAnswer['states'][number]['items'][number], currency: string): string {
  if (item.metered) return 'usage';
  const amount = item.amount === null ? 'unknown' : formatMoney(item.amount, currency);
  const every = item.interval_count === 1 ? item.interval : `${item.interval_count} ${item.interval}s`;
  return `${amount} / ${every}`;
}
