import { Link } from '@tanstack/react-router';
import type { PaymentAnswer } from '../../http/contract.ts';
import { formatMoney } from '../money.ts';
import { formatMoment } from '../time.ts';
import { kindName, reasonName, UNATTRIBUTED_TEXT, valueName } from '../words.ts';
import { Badge, Skeleton } from './states.tsx';

const COLUMNS =
  'grid gap-x-6 grid-cols-[minmax(0,1fr)_auto] md:grid-cols-[9rem_9rem_9rem_minmax(0,1fr)] lg:grid-cols-[10rem_9rem_minmax(0,9rem)_minmax(0,1fr)_minmax(0,12rem)]';

export function PaymentsTable({
  payments,
  siteId,
  timezone,
  mode,
}: {
  payments: readonly PaymentAnswer[];
  siteId: string;
  timezone: string;
  mode: 'live' | 'test' | undefined;
}) {
  return (
    <div role="table" aria-label="Payments" className="tabular-nums" data-testid="payments">
      <div role="row" className={`${COLUMNS} label border-b border-line px-4 py-2.5 max-md:hidden sm:px-5`}>
        <span role="columnheader">Time</span>
        <span role="columnheader" className="text-right">
          Amount
        </span>
        <span role="columnheader">Kind</span>
        <span role="columnheader">Source</span>
        <span role="columnheader" className="max-lg:hidden">
          Customer
        </span>
      </div>
      {payments.map((payment) => (
        <PaymentRow key={payment.id} payment={payment} siteId={siteId} timezone={timezone} mode={mode} />
      ))}
    </div>
  );
}

function PaymentRow({
  payment,
  siteId,
  timezone,
  mode,
}: {
  payment: PaymentAnswer;
  siteId: string;
  timezone: string;
  mode: 'live' | 'test' | undefined;
}) {
  const takenBack = payment.refunded + payment.disputed;
  return (
    <div
      role="row"
      data-testid="payment-row"
      data-payment={payment.id}
      className={`${COLUMNS} relative items-baseline gap-y-0.5 border-b border-line px-4 py-2.5 last:border-b-0 hover:bg-sunk/70 sm:px-5`}
    >
      <span role="cell" className="truncate max-md:order-3 max-md:text-[0.87rem] max-md:text-muted">
        <Link
          to="/sites/$siteId/payments/$paymentId"
          params={{ siteId, paymentId: payment.id }}
          search={mode ? { mode } : {}}
          className="after:absolute after:inset-0"
          aria-label={`Payment ${payment.id}, ${formatMoney(payment.gross, payment.currency)}`}
        >
          {formatMoment(payment.occurred_at, timezone)}
        </Link>
      </span>
      <span role="cell" className="min-w-0 text-right break-words max-md:order-2">
        <span className="font-medium">{formatMoney(payment.gross, payment.currency)}</span>
        {takenBack > 0 ? (
          <span className="block text-[0.8rem] text-down">
            {formatMoney(-takenBack, payment.currency)} {payment.disputed > 0 ? 'taken back' : 'refunded'}
          </span>
        ) : null}
      </span>
      <span role="cell" className="truncate text-muted max-md:order-4 max-md:text-right max-md:text-[0.87rem]">
        {kindName(payment.kind)}
      </span>
      <span role="cell" className="min-w-0 truncate max-md:order-1">
        {payment.reason === null ? (
          <bdi title={payment.source}>{valueName(payment.source)}</bdi>
        ) : (
          <span className="flex flex-wrap items-baseline gap-x-2" title={UNATTRIBUTED_TEXT}>
            <span className="text-warn">Unattributed</span>
            <Badge tone="warn">{reasonName(payment.reason)}</Badge>
          </span>
        )}
      </span>
      <span
        role="cell"
        className="truncate font-mono text-[0.82rem] text-muted max-lg:hidden"
        title={payment.customer ?? 'No customer in Stripe'}
      >
        {payment.customer ?? 'guest'}
      </span>
    </div>
  );
}

export function PaymentsSkeleton() {
  return (
    <div aria-busy="true">
      {['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => (
        <div key={key} className="flex justify-between border-b border-line px-5 py-3">
          <Skeleton className="h-4 w-36" />
          <Skeleton className="h-4 w-20" />
          <Skeleton className="h-4 w-40 max-md:hidden" />
        </div>
      ))}
    </div>
  );
}
