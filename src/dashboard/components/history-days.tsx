import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { HistoryAnswer } from '../../http/contract.ts';
import { formatMoney } from '../money.ts';
import { formatAgo, formatDay } from '../time.ts';
import { RESIDUALS } from '../words.ts';
import { Button } from './controls.tsx';
import { CheckIcon } from './icons.tsx';
import { Badge } from './states.tsx';

type Day = HistoryAnswer['reconciliation'][number];
type Residual = Day['residuals'][number];
type Healed = NonNullable<HistoryAnswer['connections'][number]['reconcile']>['healed'][number];

const DAYS_FIRST = 7;

const isDifference = ({ name }: Pick<Residual, 'name'>) => name !== 'not_a_payment';
/** What Stripe has yet to settle is no mistake of anybody's. */
const isWrong = (residual: Residual) => isDifference(residual) && residual.name !== 'not_settled';
const keyOf = ({ connection, day, currency }: Day) => `${connection} ${day} ${currency}`;

interface Props {
  days: readonly Day[];
  healed: readonly Healed[];
  siteId: string;
}

/** Stripe's own book beside the ledger, by day and currency. */
export function ReconciledDays({ days, healed, siteId }: Props) {
  const [isWhole, setWhole] = useState(false);
  const dates = [...new Set(days.map(({ day }) => day))];
  const shown = isWhole ? dates : dates.slice(0, DAYS_FIRST);
  const wrong = days.flatMap((day) => day.residuals.filter(isWrong));
  return (
    <section className="panel overflow-hidden" aria-label="Stripe and the ledger" data-testid="reconciliation">
      <div className="flex flex-col gap-1 px-4 pt-4 pb-3 sm:px-5">
        <h2 className="font-semibold">Stripe and the ledger</h2>
        <p className="text-muted">
          Every night the ledger is compared with Stripe’s balance transactions: amounts and fees, by day (UTC) and
          currency.
        </p>
        {days.length > 0 ? <Verdict wrong={wrong.length} days={dates.length} checkedAt={days[0]!.checked_at} /> : null}
      </div>
      {days.length === 0 ? (
        <p className="border-t border-line px-4 py-6 text-center text-muted sm:px-5" data-testid="reconciliation-none">
          Nothing has been compared yet. The first comparison runs tonight.
        </p>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {shown.map((date) => (
            <DayRow key={date} date={date} rows={days.filter(({ day }) => day === date)} siteId={siteId} />
          ))}
        </ul>
      )}
      {dates.length > DAYS_FIRST && !isWhole ? (
        <div className="border-t border-line px-4 py-3 sm:px-5">
          <Button onClick={() => setWhole(true)}>Show all {dates.length} days</Button>
        </div>
      ) : null}
      {healed.length > 0 ? <HealedList healed={healed} /> : null}
    </section>
  );
}

function Verdict({ wrong, days, checkedAt }: { wrong: number; days: number; checkedAt: string }) {
  const compared = `${days} ${days === 1 ? 'day' : 'days'} with movements, compared ${formatAgo(checkedAt)}`;
  if (wrong === 0) {
    return (
      <p className="flex items-start gap-2" role="status" data-testid="equal">
        <span className="mt-0.5 text-accent">
          <CheckIcon />
        </span>
        <span>
          <span className="font-medium">Equal to the cent.</span> <span className="text-muted">{compared}.</span>
        </span>
      </p>
    );
  }
  return (
    <p role="status" data-testid="different">
      <span className="font-medium text-down">
        {wrong} {wrong === 1 ? 'difference' : 'differences'}.
      </span>{' '}
      <span className="text-muted">{compared}.</span>
    </p>
  );
}

function DayRow({ date, rows, siteId }: { date: string; rows: readonly Day[]; siteId: string }) {
  return (
    <li className="px-4 py-3 sm:px-5" data-testid="reconciled-day">
      <div className="grid gap-x-4 gap-y-1 sm:grid-cols-[7rem_minmax(0,1fr)]">
        <time dateTime={date} className="font-medium whitespace-nowrap">
          {formatDay(date)}
        </time>
        <ul className="flex min-w-0 flex-col gap-2">
          {rows.map((row) => (
            <li key={keyOf(row)}>
              <CurrencyRow row={row} siteId={siteId} />
            </li>
          ))}
        </ul>
      </div>
    </li>
  );
}

function CurrencyRow({ row, siteId }: { row: Day; siteId: string }) {
  const { currency, residuals } = row;
  const differences = residuals.filter(isDifference);
  const others = residuals.filter((residual) => !isDifference(residual));
  const othersMinor = others.reduce((sum, { amount_minor: amount }) => sum + amount, 0);
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="label w-9 uppercase">{currency}</span>
        <span className="figure" title="What Stripe moved for payments, refunds and disputes">
          {formatMoney(row.stripe_minor - othersMinor, currency)}
        </span>
        {differences.some(isWrong) ? (
          <>
            <span className="label">in the ledger</span>
            <span className="figure">{formatMoney(row.ledger_minor, currency)}</span>
            <Badge tone="down">Differs</Badge>
          </>
        ) : differences.length > 0 ? (
          <Badge tone="warn">Not settled yet</Badge>
        ) : (
          <Badge tone="good">Equal</Badge>
        )}
        {others.length > 0 ? (
          <span className="label" title={others.map(({ type, count }) => `${count} × ${type ?? 'other'}`).join(', ')}>
            and {formatMoney(othersMinor, currency)} in payouts and other movements
          </span>
        ) : null}
      </p>
      {differences.length > 0 ? (
        <ul className="mt-1 flex flex-col gap-1">
          {differences.map((residual, index) => (
            <Difference key={`${residual.name} ${index}`} residual={residual} siteId={siteId} />
          ))}
        </ul>
      ) : null}
    </>
  );
}

function Difference({ residual, siteId }: { residual: Residual; siteId: string }) {
  const [object] = residual.objects;
  return (
    <li className="text-[0.9rem] break-words" data-testid="difference" data-name={residual.name}>
      <span className={isWrong(residual) ? 'font-medium text-down' : 'font-medium text-warn'}>
        {RESIDUALS[residual.name]}
      </span>{' '}
      <span className="figure">{formatMoney(residual.amount_minor, residual.currency)}</span>{' '}
      {residual.payment ? (
        <Link
          to="/sites/$siteId/payments/$paymentId"
          params={{ siteId, paymentId: residual.payment }}
          className="text-link font-mono text-[0.85rem] break-all"
        >
          {residual.payment}
        </Link>
      ) : object ? (
        <code className="font-mono text-[0.85rem] break-all">{object}</code>
      ) : null}
      <span className="label block">{residual.detail}</span>
    </li>
  );
}

function HealedList({ healed }: { healed: readonly Healed[] }) {
  return (
    <div className="border-t border-line px-4 py-4 sm:px-5" data-testid="healed">
      <h3 className="font-medium">Mended by the last comparison</h3>
      <ul className="mt-1 flex flex-col gap-1 text-[0.9rem]">
        {healed.slice(0, 20).map((it) => (
          <li key={`${it.name} ${it.objects[0]} ${it.currency}`} className="flex flex-wrap gap-x-2">
            <span>{formatDay(it.day)}</span>
            <span className="text-muted">{RESIDUALS[it.name].toLowerCase()}</span>
            <span className="figure">{formatMoney(it.amount_minor, it.currency)}</span>
            <code className="font-mono text-[0.85rem] break-all">{it.objects[0]}</code>
          </li>
        ))}
      </ul>
      {healed.length > 20 ? <p className="label mt-1">and {healed.length - 20} more.</p> : null}
    </div>
  );
}
