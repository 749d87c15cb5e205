import type { AssistsAnswer } from '../../http/contract-journeys.ts';
import { formatCount, formatMoney } from '../money.ts';
import { UNATTRIBUTED, dimensionName } from '../words.ts';
import { formatDecimal } from './journey-paths.tsx';
import { PanelHead, stepName } from './journey-panel.tsx';

type Row = AssistsAnswer['rows'][number];

const COLUMNS =
  'grid gap-x-4 grid-cols-[minmax(0,1fr)_auto] md:grid-cols-[minmax(0,1fr)_6rem_8.5rem_6rem_8.5rem_4.5rem]';

/** Who closes, and who only leads there. */
export function JourneyAssists({ answer }: { answer: AssistsAnswer }) {
  const most = Math.max(...answer.rows.map((row) => row.last_conversions + row.assisted_conversions), 1);
  return (
    <section className="panel overflow-hidden" aria-label="Assisted conversions">
      <PanelHead title="Assisted conversions">
        <span className="font-medium text-ink">Last</span>: payments it was the last visit before.{' '}
        <span className="font-medium text-ink">Assisted</span>: payments it is on the path of while another was last. A
        payment can be assisted by several, so these do not add up. Above 1 it leads more often than it closes.
      </PanelHead>
      <div role="table" aria-label="Assists" className="tabular-nums">
        <div role="row" className={`label ${COLUMNS} border-y border-line px-4 py-2 sm:px-5`}>
          <span role="columnheader">{dimensionName(answer.dimension)}</span>
          {['Last', 'Revenue', 'Assisted', 'Revenue'].map((name, index) => (
            <span key={index} role="columnheader" className="text-right max-md:hidden">
              {name}
            </span>
          ))}
          <span role="columnheader" className="text-right" title="Assisted ÷ last">
            Ratio
          </span>
        </div>
        {answer.rows.map((row) => (
          <AssistRow key={row.label} row={row} most={most} answer={answer} />
        ))}
      </div>
      <p className="label flex gap-4 border-t border-line px-4 py-2.5 sm:px-5" aria-hidden="true">
        <span className="flex items-center gap-1.5">
          <span className="size-2.5 rounded-[2px] bg-accent" /> Last
        </span>
        <span className="flex items-center gap-1.5">
          <span className="size-2.5 rounded-[2px] bg-visitors" /> Assisted
        </span>
      </p>
    </section>
  );
}

function AssistRow({ row, most, answer }: { row: Row; most: number; answer: AssistsAnswer }) {
  const { currency, dimension } = answer;
  const name = stepName(row.label, dimension);
  const last = (row.last_conversions / most) * 100;
  return (
    <div role="row" data-testid="assist-row" data-label={row.label} className="px-4 py-2 hover:bg-sunk/70 sm:px-5">
      <div className={`${COLUMNS} items-baseline`}>
        <span role="rowheader" className="min-w-0 truncate" title={name}>
          {name}
        </span>
        <span role="cell" className="text-right max-md:hidden">
          {formatCount(row.last_conversions)}
        </span>
        <span role="cell" className="text-right whitespace-nowrap max-md:hidden">
          {formatMoney(row.last_revenue, currency)}
        </span>
        <span role="cell" className="text-right max-md:hidden">
          {formatCount(row.assisted_conversions)}
        </span>
        <span role="cell" className="text-right whitespace-nowrap max-md:hidden">
          {formatMoney(row.assisted_revenue, currency)}
        </span>
        <span role="cell" className="text-right font-medium">
          {row.label === UNATTRIBUTED ? '—' : formatDecimal(row.ratio)}
        </span>
        <span role="cell" className="label col-span-2 md:hidden">
          {formatCount(row.last_conversions)} last ({formatMoney(row.last_revenue, currency)}) ·{' '}
          {formatCount(row.assisted_conversions)} assisted ({formatMoney(row.assisted_revenue, currency)})
        </span>
      </div>
      <svg className="mt-1.5 h-[4px] w-full" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="1" className="fill-sunk" />
        <rect width={last} height="1" className={row.label === UNATTRIBUTED ? 'fill-warn' : 'fill-accent'} />
        <rect x={last} width={(row.assisted_conversions / most) * 100} height="1" className="fill-visitors" />
      </svg>
    </div>
  );
}
