import { useState } from 'react';
import { formatCount, formatMoney } from '../money.ts';
import type { Bucket } from '../buckets.ts';
import { dimensionName } from '../words.ts';
import { TimeChart } from './time-chart.tsx';

/** The chart, and the same numbers as a table for those who read or copy them. */
export function TimePanel({ buckets, currency, unit }: { buckets: readonly Bucket[]; currency: string; unit: string }) {
  const [asTable, setAsTable] = useState(false);
  return (
    <>
      <div className="mb-3 flex items-baseline justify-between gap-4">
        <h2 className="font-semibold">Revenue and visitors by {unit}</h2>
        <button
          type="button"
          className="text-link text-[0.87rem]"
          data-testid="chart-table-toggle"
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? 'Show as chart' : 'Show as table'}
        </button>
      </div>
      {asTable ? (
        <div className="h-[322px] overflow-y-auto" tabIndex={0} role="region" aria-label={`Numbers by ${unit}`}>
          <table className="w-full">
            <thead className="label sticky top-0 bg-panel text-right">
              <tr>
                <th className="py-1.5 text-left font-normal">{dimensionName(unit)}</th>
                <th className="font-normal">Visitors</th>
                <th className="font-normal">Revenue</th>
              </tr>
            </thead>
            <tbody>
              {buckets
                .filter(({ isAhead }) => !isAhead)
                .map((bucket) => (
                  <tr key={bucket.key} className="border-t border-line text-right">
                    <th scope="row" className="py-1 text-left font-normal">
                      {bucket.long}
                    </th>
                    <td>{formatCount(bucket.visitors)}</td>
                    <td>{formatMoney(bucket.revenueMinor, currency)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      ) : (
        <TimeChart buckets={buckets} currency={currency} />
      )}
    </>
  );
}
