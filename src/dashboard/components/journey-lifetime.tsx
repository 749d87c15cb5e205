import type { LifetimeAnswer } from '../../http/contract-journeys.ts';
import { formatCount, formatMoney } from '../money.ts';
import { dimensionName } from '../words.ts';
import { PanelHead, stepName } from './journey-panel.tsx';

type Value = Omit<LifetimeAnswer['rows'][number], 'label'>;

const COLUMNS =
  'grid gap-x-4 grid-cols-[minmax(0,1fr)_auto] md:grid-cols-[minmax(0,1fr)_5.5rem_repeat(4,minmax(0,6.5rem))_7.5rem_9rem]';

/** What customers of each source are worth. */
export function JourneyLifetime({ answer }: { answer: LifetimeAnswer }) {
  const { currency, dimension } = answer;
  const horizons = answer.totals.after.map(({ days }) => days);
  return (
    <section className="panel overflow-hidden" aria-label="Lifetime value">
      <PanelHead title="Lifetime value by first visit">
        Customers whose first payment lies in these months, by the visit its path begins with. After 30 days and later:
        what a customer had paid by then, of those who have been one that long.
      </PanelHead>
      <div role="table" aria-label="Lifetime value" className="tabular-nums">
        <div role="row" className={`label ${COLUMNS} border-y border-line px-4 py-2 sm:px-5`}>
          <span role="columnheader">{dimensionName(dimension)}</span>
          <span role="columnheader" className="text-right max-md:hidden">
            Customers
          </span>
          {horizons.map((days) => (
            <span key={days} role="columnheader" className="text-right max-md:hidden">
              {days} days
            </span>
          ))}
          <span role="columnheader" className="text-right" title="Revenue to date ÷ customers">
            To date
          </span>
          <span role="columnheader" className="text-right max-md:hidden">
            Revenue
          </span>
        </div>
        {answer.rows.map((row) => (
          <ValueRow key={row.label} name={stepName(row.label, dimension)} value={row} currency={currency} />
        ))}
        <ValueRow name="All customers" value={answer.totals} currency={currency} isTotal />
      </div>
    </section>
  );
}

const money = (amount: number | null, currency: string): string =>
  amount === null ? '—' : formatMoney(amount, currency);

function ValueRow({
  name,
  value,
  currency,
  isTotal = false,
}: {
  name: string;
  value: Value;
  currency: string;
  isTotal?: boolean;
}) {
  const look = isTotal ? 'bg-sunk/60 font-medium' : 'border-b border-line hover:bg-sunk/70';
  return (
    <div
      role="row"
      data-testid={isTotal ? 'lifetime-total' : 'lifetime-row'}
      className={`${COLUMNS} items-baseline px-4 py-2.5 sm:px-5 ${look}`}
    >
      <span role="rowheader" className="min-w-0 truncate" title={name}>
        {name}
      </span>
      <span role="cell" className="text-right max-md:hidden">
        {formatCount(value.customers)}
      </span>
      {value.after.map((one) => (
        <span
          key={one.days}
          role="cell"
          className="truncate text-right text-muted max-md:hidden"
          title={`${formatCount(one.customers)} customers for ${one.days} days or more`}
        >
          {money(one.lifetime_value, currency)}
        </span>
      ))}
      <span role="cell" className="text-right font-medium whitespace-nowrap">
        {money(value.lifetime_value, currency)}
      </span>
      <span role="cell" className="text-right whitespace-nowrap max-md:hidden">
        {formatMoney(value.revenue, currency)}
      </span>
      <span role="cell" className="label col-span-2 md:hidden">
        {formatCount(value.customers)} {value.customers === 1 ? 'customer' : 'customers'} ·{' '}
        {formatMoney(value.revenue, currency)} ·{' '}
        {value.after
          .filter((one) => one.lifetime_value !== null)
          .map((one) => `${one.days} days ${money(one.lifetime_value, currency)}`)
          .join(' · ')}
      </span>
    </div>
  );
}
