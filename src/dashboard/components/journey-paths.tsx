import type { PathsAnswer } from '../../http/contract-journeys.ts';
import { formatCount, formatMoney, formatShare } from '../money.ts';
import { PanelHead, StepChip } from './journey-panel.tsx';

type Row = PathsAnswer['paths'][number];
type Sums = PathsAnswer['totals'];

const decimals = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
export const formatDecimal = (value: number | null): string => (value === null ? '—' : decimals.format(value));

const COLUMNS =
  'grid gap-x-4 grid-cols-[minmax(0,1fr)_auto] md:grid-cols-[minmax(0,1fr)_5.5rem_9rem_7.5rem_4.5rem_4.5rem]';

/** Sequences of visits, by what they brought. */
export function JourneyPaths({ answer }: { answer: PathsAnswer }) {
  const { totals, currency } = answer;
  return (
    <section className="panel overflow-hidden" aria-label="Most valuable paths">
      <PanelHead title="Most valuable paths">
        The sequences of visits before payments of these days. Of equal steps in a row only the first is shown.
      </PanelHead>
      <div role="table" aria-label="Paths" className="tabular-nums">
        <div role="row" className={`label ${COLUMNS} border-y border-line px-4 py-2 sm:px-5`}>
          <span role="columnheader">Path</span>
          <span role="columnheader" className="text-right max-md:hidden">
            Payments
          </span>
          <span role="columnheader" className="text-right">
            Revenue
          </span>
          <span role="columnheader" className="text-right max-md:hidden" title="Revenue ÷ payments">
            Average
          </span>
          <span role="columnheader" className="text-right max-md:hidden" title="From the first visit to the purchase">
            Days
          </span>
          <span role="columnheader" className="text-right max-md:hidden" title="Visits on the path, repeats counted">
            Visits
          </span>
        </div>
        {answer.paths.map((row) => (
          <PathRow key={row.path.join('\0')} row={row} totals={totals} answer={answer} />
        ))}
        <div
          role="row"
          className={`${COLUMNS} border-t border-line bg-sunk/60 px-4 py-2.5 font-medium sm:px-5`}
          data-testid="paths-total"
        >
          <span role="rowheader">All payments</span>
          <Cells sums={totals} currency={currency} />
        </div>
      </div>
    </section>
  );
}

function PathRow({ row, totals, answer }: { row: Row; totals: Sums; answer: PathsAnswer }) {
  const share = totals.conversions === 0 ? 0 : row.conversions / totals.conversions;
  return (
    <div
      role="row"
      data-testid="path-row"
      data-path={row.path.join(' > ')}
      className={`${COLUMNS} items-baseline border-b border-line px-4 py-2.5 last:border-b-0 hover:bg-sunk/70 sm:px-5`}
    >
      <ol role="rowheader" className="flex min-w-0 flex-wrap items-center gap-y-1">
        {row.path.map((label, index) => (
          <li key={index} className="flex min-w-0 items-center">
            {index > 0 ? (
              <span aria-hidden="true" className="px-1 text-muted">
                →
              </span>
            ) : null}
            <StepChip label={label} dimension={answer.dimension} />
          </li>
        ))}
      </ol>
      <Cells sums={row} currency={answer.currency} />
      <span role="cell" className="label col-span-2 mt-1 md:hidden">
        {formatCount(row.conversions)} {row.conversions === 1 ? 'payment' : 'payments'} · {formatShare(share)}
        {row.average_days === null
          ? ''
          : ` · ${formatDecimal(row.average_days)} days · ${formatDecimal(row.average_touches)} visits`}
      </span>
    </div>
  );
}

function Cells({ sums, currency }: { sums: Sums; currency: string }) {
  return (
    <>
      <span role="cell" className="text-right max-md:hidden">
        {formatCount(sums.conversions)}
      </span>
      <span role="cell" className="text-right font-medium whitespace-nowrap">
        {formatMoney(sums.revenue, currency)}
      </span>
      <span role="cell" className="text-right whitespace-nowrap max-md:hidden">
        {sums.average_value === null ? '—' : formatMoney(sums.average_value, currency)}
      </span>
      <span role="cell" className="text-right text-muted max-md:hidden">
        {formatDecimal(sums.average_days)}
      </span>
      <span role="cell" className="text-right text-muted max-md:hidden">
        {formatDecimal(sums.average_touches)}
      </span>
    </>
  );
}
