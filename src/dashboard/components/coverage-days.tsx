import type { CoverageAnswer } from '../../http/contract-alerts.ts';
import { formatCoverage, formatMoney } from '../money.ts';
import { formatDay } from '../time.ts';
import { reasonName } from '../words.ts';

/** The chart's numbers, newest day first, with the reasons of each day. */
export function CoverageDays({ answer: { days, currency } }: { answer: CoverageAnswer }) {
  return (
    <div className="max-h-80 overflow-auto" tabIndex={0} role="region" aria-label="Coverage by day">
      <table className="w-full tabular-nums" data-testid="coverage-days">
        <thead className="label sticky top-0 bg-panel text-right">
          <tr>
            <th className="py-1.5 text-left font-normal">Day</th>
            <th className="pl-4 font-normal">Revenue</th>
            <th className="pl-4 font-normal">Attributed</th>
            <th className="pl-4 font-normal">Coverage</th>
            <th className="pl-6 text-left font-normal max-sm:hidden">Why not all</th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ day, revenue, attributed, reasons }) => (
            <tr key={day} className="border-t border-line text-right whitespace-nowrap">
              <th scope="row" className="py-1 text-left font-normal">
                {formatDay(day, 'short')}
              </th>
              <td className="pl-4">{formatMoney(revenue, currency)}</td>
              <td className="pl-4">{formatMoney(attributed.revenue, currency)}</td>
              <td className="pl-4">{revenue > 0 ? formatCoverage(attributed.revenue / revenue) : '–'}</td>
              <td className="pl-6 text-left whitespace-normal text-muted max-sm:hidden">
                {reasons.map(({ reason, payments }) => `${reasonName(reason)} (${payments})`).join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
