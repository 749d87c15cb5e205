import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { TimelineItemAnswer } from '../../http/contract-people.ts';
import { formatMoney } from '../money.ts';
import { formatMoment } from '../time.ts';
import { kindName, MOVEMENT_NAMES, valueName } from '../words.ts';
import { Badge } from './states.tsx';

type Item = TimelineItemAnswer;
type Of<T extends Item['type']> = Extract<Item, { type: T }>;

/** Everything in one list; visitors are named when there are several. */
export function JourneyTimeline({
  items,
  siteId,
  timezone,
  visitors,
}: {
  items: readonly Item[];
  siteId: string;
  timezone: string;
  visitors: readonly string[];
}) {
  return (
    <ol className="px-4 pb-2 sm:px-5" data-testid="timeline">
      {items.map((item) => (
        <li
          key={item.id}
          className="grid grid-cols-[1rem_minmax(0,1fr)] gap-x-3"
          data-testid="timeline-item"
          data-type={item.type}
        >
          <Rail item={item} />
          <div className={`min-w-0 ${item.type === 'pageview' ? 'pb-1.5' : 'pb-3'}`}>
            <p className="flex flex-wrap items-baseline gap-x-2">
              <Words item={item} siteId={siteId} />
              <time className="label" dateTime={item.at}>
                {formatMoment(item.at, timezone)}
              </time>
              {visitors.length > 1 && item.visitor_id !== null ? (
                <span className="label" title={item.visitor_id}>
                  visitor {visitors.indexOf(item.visitor_id) + 1}
                </span>
              ) : null}
            </p>
            <Facts item={item} />
          </div>
        </li>
      ))}
    </ol>
  );
}

const MONEY = ['payment', 'refund', 'dispute', 'subscription'];

function Rail({ item }: { item: Item }) {
  const dot =
    item.type === 'session'
      ? 'size-3 border-2 border-accent bg-panel'
      : item.type === 'refund' || item.type === 'dispute'
        ? 'size-3 bg-down'
        : MONEY.includes(item.type)
          ? 'size-3 bg-accent'
          : 'mt-0.5 size-1.5 bg-control';
  return (
    <span className="relative flex justify-center pt-1.5" aria-hidden="true">
      <span className="absolute top-0 bottom-0 w-px bg-line" />
      <span className={`relative rounded-full ${dot}`} />
    </span>
  );
}

const Strong = ({ children, title }: { children: ReactNode; title?: string }) => (
  <span className="max-w-full truncate font-medium" title={title}>
    {children}
  </span>
);

function Words({ item, siteId }: { item: Item; siteId: string }) {
  switch (item.type) {
    case 'session':
      return (
        <>
          <Strong title={item.source}>Visit from {originName(item)}</Strong>
          <Badge>{item.channel}</Badge>
        </>
      );
    case 'pageview':
      return (
        <span className="max-w-full truncate" title={item.title || item.path}>
          {item.path || '/'}
        </span>
      );
    case 'identify':
      return <Strong>Identified{item.props.app_id ? ` as ${item.props.app_id}` : ''}</Strong>;
    case 'checkout':
      return <Strong>Came back from the checkout</Strong>;
    case 'event':
      return (
        <>
          <Strong title={item.name}>{item.name}</Strong>
          <Badge>Event</Badge>
        </>
      );
    case 'payment':
      return (
        <>
          <PaymentLink siteId={siteId} id={item.payment}>
            Paid {formatMoney(item.amount, item.currency)}
          </PaymentLink>
          <Badge tone={item.reason === null ? 'good' : 'warn'}>
            {item.reason === null ? kindName(item.kind) : 'Unattributed'}
          </Badge>
        </>
      );
    case 'refund':
    case 'dispute':
      return (
        <PaymentLink siteId={siteId} id={item.payment}>
          {returnName(item)} {formatMoney(Math.abs(item.amount), item.currency)}
        </PaymentLink>
      );
    case 'subscription':
      return (
        <>
          <Link
            to="/sites/$siteId/subscriptions/$subscriptionId"
            params={{ siteId, subscriptionId: item.subscription }}
            className="text-link font-medium"
          >
            Subscription: {MOVEMENT_NAMES[item.movement].toLowerCase()}
          </Link>
          <span className="label">
            {formatMoney(item.delta, item.currency)}, now {formatMoney(item.mrr, item.currency)} a month
          </span>
        </>
      );
  }
}

function returnName({ type, amount }: Of<'refund' | 'dispute'>): string {
  if (type === 'refund') return amount <= 0 ? 'Refunded' : 'Refund failed:';
  return amount <= 0 ? 'Disputed' : 'Dispute won:';
}

function originName({ source, medium }: Of<'session'>): string {
  const name = valueName(source);
  return medium === '' || medium === '(none)' ? name : `${name} / ${medium}`;
}

function PaymentLink({ siteId, id, children }: { siteId: string; id: string; children: ReactNode }) {
  return (
    <Link to="/sites/$siteId/payments/$paymentId" params={{ siteId, paymentId: id }} className="text-link font-medium">
      {children}
    </Link>
  );
}

function Facts({ item }: { item: Item }) {
  const facts = factsOf(item).filter(([, value]) => value !== '');
  if (facts.length === 0) return null;
  return (
    <p className="label flex flex-wrap gap-x-3">
      {facts.map(([name, value]) => (
        <span key={name} className="max-w-full truncate" title={value}>
          {name} <span className="text-ink">{value}</span>
        </span>
      ))}
    </p>
  );
}

function factsOf(item: Item): [name: string, value: string][] {
  if (item.type === 'session') {
    return [
      ['Campaign', item.campaign],
      ['Landed on', item.landing_page],
      ['Referrer', item.referrer],
      ['On', [item.browser, item.os, item.device, item.country].filter(Boolean).join(', ')],
    ];
  }
  if (item.type === 'payment') return [['Product', item.product ?? '']];
  if (item.type === 'event' || item.type === 'checkout') return Object.entries(item.props).slice(0, 6);
  return [];
}
