import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { PaymentDetailAnswer } from '../../http/contract.ts';
import type { UnattributedReason } from '../../core/link.ts';
import { useTitle } from '../components/card-page.tsx';
import { ChannelWeights } from '../components/channel-weights.tsx';
import { ConvertedEntries } from '../components/converted-entries.tsx';
import { CreditMatrix } from '../components/credit-matrix.tsx';
import { EvidenceLinks } from '../components/evidence-links.tsx';
import { BackIcon } from '../components/icons.tsx';
import { LedgerEntries, PaymentSum } from '../components/ledger-entries.tsx';
import { PathVisitors } from '../components/path-visitors.tsx';
import { Restatements } from '../components/restatements.tsx';
import { Badge, ErrorNote, Note, Skeleton } from '../components/states.tsx';
import { TouchpointPath } from '../components/touchpoint-path.tsx';
import { identityQuery } from '../identity.ts';
import { formatMoney } from '../money.ts';
import { paymentQuery } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { CLAIM_NAMES, REASONS, UNATTRIBUTED_TEXT, kindName, objectName, valueName } from '../words.ts';
import { useSite } from './site-frame.tsx';

export function PaymentPage() {
  const site = useSite();
  const { paymentId } = useParams({ from: '/sites/$siteId/payments/$paymentId' });
  const search = useSearch({ from: '/sites/$siteId/payments/$paymentId' });
  const payment = useQuery({
    ...paymentQuery(site.id, paymentId),
    // A fresh payment is matched within seconds: the page follows.
    refetchInterval: ({ state }) => (state.data?.reason === 'pending' ? 2000 : false),
  });
  useTitle(`Payment ${paymentId}`);
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
      {payment.data ? (
        <Payment payment={payment.data} siteId={site.id} timezone={site.timezone} />
      ) : payment.error ? (
        <div className="panel">
          <ErrorNote error={payment.error} retry={() => void payment.refetch()} />
        </div>
      ) : (
        <div aria-busy="true" className="flex flex-col gap-4">
          <Skeleton className="h-10 w-56" />
          <Skeleton className="h-28 w-full" />
          <Skeleton className="h-72 w-full" />
        </div>
      )}
    </div>
  );
}

function Payment({ payment, siteId, timezone }: { payment: PaymentDetailAnswer; siteId: string; timezone: string }) {
  return (
    <>
      <header className="flex flex-col gap-1">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="figure text-3xl font-semibold" data-testid="payment-amount">
            {formatMoney(payment.gross, payment.currency)}
          </h1>
          <Badge>{kindName(payment.kind)}</Badge>
          {payment.mode === 'test' ? (
            <Badge tone="warn" testId="payment-test">
              Test mode
            </Badge>
          ) : null}
          {payment.refunded > 0 ? (
            <Badge tone="down">{payment.refunded >= payment.gross ? 'Refunded' : 'Partly refunded'}</Badge>
          ) : null}
          {payment.disputed > 0 ? <Badge tone="down">Disputed</Badge> : null}
        </div>
        <p className="label flex flex-wrap gap-x-4 gap-y-0.5">
          <span>{formatMoment(payment.occurred_at, timezone, true)}</span>
          <Id name="Charge" value={payment.id} />
          {payment.customer ? (
            <CustomerLink siteId={siteId} customer={payment.customer} mode={payment.mode} />
          ) : (
            <GuestLink siteId={siteId} visitor={payment.visitor_id} mode={payment.mode} />
          )}
          {payment.subscription ? (
            <span className="min-w-0">
              Subscription{' '}
              <Link
                to="/sites/$siteId/subscriptions/$subscriptionId"
                params={{ siteId, subscriptionId: payment.subscription }}
                className="text-link font-mono text-[0.8rem] break-all"
              >
                {payment.subscription}
              </Link>
            </span>
          ) : null}
        </p>
      </header>
      <Verdict payment={payment} timezone={timezone} />
      <PaymentSum payment={payment} />
      {payment.converted ? (
        <Section
          title={`In ${payment.converted.currency.toUpperCase()}`}
          note="What the site’s reports count, and what each entry was converted by."
        >
          <ConvertedEntries converted={payment.converted} />
        </Section>
      ) : null}
      <Evidence payment={payment} siteId={siteId} timezone={timezone} />
      {payment.touchpoints.length > 0 ? <PathAndCredit payment={payment} siteId={siteId} timezone={timezone} /> : null}
      <Section title="Ledger" note="Append-only. The payment’s amounts are the sums of these entries.">
        <LedgerEntries payment={payment} timezone={timezone} />
      </Section>
      <OwnRestatements payment={payment.id} siteId={siteId} timezone={timezone} />
    </>
  );
}

interface OfPayment {
  payment: PaymentDetailAnswer;
  siteId: string;
  timezone: string;
}

/** The links, and the visitors they and other evidence lead to. */
function Evidence({ payment, siteId, timezone }: OfPayment) {
  const identity = useQuery(identityQuery(siteId, payment.id)).data;
  const place = { siteId, paymentId: payment.id, timezone };
  return (
    <>
      <Section title="Evidence" note="Every value found in Stripe or sent by the pixel that could name the visitor.">
        <EvidenceLinks links={identity?.links ?? payment.links} {...place} />
      </Section>
      {identity && (identity.visitors.length > 1 || identity.rejected.length > 0) ? (
        <Section title="Visitors" note="Who made the visits below, and why they are taken for one person.">
          <PathVisitors identity={identity} mode={payment.mode} {...place} />
        </Section>
      ) : null}
    </>
  );
}

function OwnRestatements({ payment, siteId, timezone }: { payment: string; siteId: string; timezone: string }) {
  return (
    <Section title="Restatements" note="When and why the credit of this payment became otherwise. Append-only.">
      <Restatements
        siteId={siteId}
        timezone={timezone}
        asked={{ payment, settled: true }}
        empty={<p className="px-5 pb-5 text-muted">None: it is credited as it was at first.</p>}
      />
    </Section>
  );
}

function PathAndCredit({
  payment,
  siteId,
  timezone,
}: {
  payment: PaymentDetailAnswer;
  siteId: string;
  timezone: string;
}) {
  return (
    <>
      <Section title="Path to the payment" note="The visits of this customer, oldest first.">
        <TouchpointPath payment={payment} timezone={timezone} />
      </Section>
      <Section title="Credit" note="What each visit earned, by each model. Every column adds up to the revenue.">
        <CreditMatrix payment={payment} timezone={timezone} />
      </Section>
      <ChannelWeights payment={payment} siteId={siteId} timezone={timezone} />
    </>
  );
}

/** Without a customer the visitor's timeline is what there is. */
function GuestLink({ siteId, visitor, mode }: { siteId: string; visitor: string | null; mode: 'live' | 'test' }) {
  return (
    <span className="min-w-0">
      Guest: no customer in Stripe
      {visitor === null ? null : (
        <>
          ,{' '}
          <Link
            to="/sites/$siteId/visitors/$visitorId"
            params={{ siteId, visitorId: visitor }}
            search={{ mode }}
            className="text-link"
          >
            timeline of the visitor
          </Link>
        </>
      )}
    </span>
  );
}

function CustomerLink({ siteId, customer, mode }: { siteId: string; customer: string; mode: 'live' | 'test' }) {
  return (
    <span className="min-w-0">
      Customer{' '}
      <Link
        to="/sites/$siteId/customers/$customerId"
        params={{ siteId, customerId: customer }}
        search={{ mode }}
        className="text-link font-mono text-[0.8rem] break-all"
      >
        {customer}
      </Link>
    </span>
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

function Name({ value }: { value: string }) {
  return (
    <strong className="inline-block max-w-80 truncate align-bottom font-semibold" title={value}>
      {valueName(value)}
    </strong>
  );
}

/** The answer first: who gets the credit and by which value, or why nobody does and what to do. */
function Verdict({ payment, timezone }: { payment: PaymentDetailAnswer; timezone: string }) {
  if (payment.reason !== null) {
    const remedy = REASONS[payment.reason as UnattributedReason]?.remedy;
    return (
      <div
        className="rounded-lg border border-warn-line bg-warn-soft px-4 py-3.5 sm:px-5"
        data-testid="verdict"
        data-reason={payment.reason}
      >
        <p className="font-semibold text-warn">{UNATTRIBUTED_TEXT}</p>
        <p className="mt-1">{payment.explanation ?? payment.reason.replaceAll('_', ' ')}</p>
        {remedy ? (
          <p className="mt-1" data-testid="remedy">
            <span className="font-semibold">What to do: </span>
            {remedy}
          </p>
        ) : null}
      </div>
    );
  }
  const used = payment.links.find((link) => link.used);
  const first = payment.touchpoints[0];
  return (
    <div data-testid="verdict">
      <Note>
        <p>
          First brought by <Name value={payment.source} />
          {first && first.campaign !== '' && first.campaign !== '(none)' ? (
            <>
              , campaign <Name value={first.campaign} />
            </>
          ) : null}
          {first ? ` (${first.channel}), ${formatMoment(first.at, timezone)}` : ''}.
        </p>
        {used ? (
          <p className="label mt-0.5">
            Known by the {CLAIM_NAMES[used.claim] ?? used.claim} in{' '}
            <code className="font-mono text-ink">{used.field}</code> of{' '}
            {used.field === 'pixel' ? 'the return page' : objectName(used.object).toLowerCase()}{' '}
            <code className="font-mono break-all text-ink">{used.object}</code>.
          </p>
        ) : null}
      </Note>
    </div>
  );
}
