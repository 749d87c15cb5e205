import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReportAnswer } from '../../http/contract.ts';
import { formatCount, formatMoney, formatPercent } from '../money.ts';
import { reportQuery } from '../queries.ts';
import { MOVEMENT_NAMES, UNATTRIBUTED, UNATTRIBUTED_TEXT, dimensionName, valueName } from '../words.ts';
import { Figure } from './headline.tsx';
import { ErrorNote, Skeleton } from './states.tsx';

const numberOf = (row: Record<string, unknown>, name: string): number =>
  typeof row[name] === 'number' ? (row[name] as number) : 0;

const CELL = 'flex min-w-0 flex-col gap-0.5 bg-panel px-4 py-3.5 sm:px-5 sm:py-4';

export function RecurringHeadline({ answer }: { answer: ReportAnswer | undefined }) {
  if (!answer) return <HeadlineSkeleton />;
  const { totals, currency } = answer;
  const money = (name: string) => formatMoney(numberOf(totals, name), currency);
  const rate = (name: string) => (typeof totals[name] === 'number' ? formatPercent(totals[name]) : '—');
  const left = numberOf(totals, 'churned_subscribers');
  const cells = [
    ['MRR', money('mrr'), `${money('net_new_mrr')} net in these days`, 'recurring-mrr'],
    ['ARR', money('arr'), 'MRR × 12', 'recurring-arr'],
    [
      'Active subscribers',
      formatCount(numberOf(totals, 'active_subscribers')),
      left === 0 ? 'none left in these days' : `${formatCount(left)} of the first day’s left`,
      'recurring-active',
    ],
    [
      'Churn',
      rate('subscriber_churn_rate'),
      totals.mrr_churn_rate === null ? 'no subscribers on the first day' : `${rate('mrr_churn_rate')} of MRR`,
      'recurring-churn',
    ],
  ] as const;
  return (
    <dl className="panel grid grid-cols-2 gap-px overflow-hidden bg-line lg:grid-cols-4">
      {cells.map(([name, value, note, testId]) => (
        <div key={name} className={CELL} data-testid={testId}>
          <dt className="label">{name}</dt>
          <Figure text={value} />
          <dd className="label">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

function HeadlineSkeleton() {
  return (
    <div className="panel grid grid-cols-2 gap-px overflow-hidden bg-line lg:grid-cols-4" aria-busy="true">
      {['a', 'b', 'c', 'd'].map((key) => (
        <div key={key} className={`${CELL} h-[6.1rem] justify-between`}>
          <Skeleton className="h-3.5 w-20" />
          <Skeleton className="h-7 w-32 max-w-full" />
          <Skeleton className="h-3.5 w-24" />
        </div>
      ))}
    </div>
  );
}

const DIMENSIONS = ['channel', 'source', 'campaign'] as const;
/** Losses are amounts of the report, and shown as what they take away. */
const COLUMNS = [
  ['mrr', 'MRR', 1],
  ['new_mrr', MOVEMENT_NAMES.new, 1],
  ['reactivation_mrr', MOVEMENT_NAMES.reactivation, 1],
  ['expansion_mrr', MOVEMENT_NAMES.expansion, 1],
  ['contraction_mrr', MOVEMENT_NAMES.contraction, -1],
  ['churned_mrr', MOVEMENT_NAMES.churn, -1],
  ['active_subscribers', 'Subscribers', 1],
] as const;
const HEAD = 'px-2 py-2 font-normal whitespace-nowrap first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5';
const BODY = 'px-2 py-2 align-baseline whitespace-nowrap first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5';

export function RecurringTable({ siteId, asked }: { siteId: string; asked: Record<string, string | undefined> }) {
  const [dimension, setDimension] = useState<(typeof DIMENSIONS)[number]>('channel');
  const metrics = COLUMNS.map(([name]) => name).join();
  const table = useQuery(reportQuery(siteId, { ...asked, metrics, dimensions: dimension, limit: 20 }));
  // While another split is asked for, the old rows have none of its names.
  const rows = table.data?.rows.every((row) => dimension in row) ? table.data.rows : undefined;
  return (
    <section aria-label="Recurring revenue by first touch" className="panel overflow-hidden">
      <div className="flex flex-wrap items-baseline gap-x-5 gap-y-1 px-4 pt-4 pb-1 sm:px-5">
        <h2 className="font-semibold">By first touch</h2>
        <div className="flex gap-x-5" role="group" aria-label="Split by">
          {DIMENSIONS.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={dimension === name}
              onClick={() => setDimension(name)}
              className="text-muted hover:text-ink aria-pressed:text-accent aria-pressed:underline aria-pressed:underline-offset-4"
            >
              {dimensionName(name)}
            </button>
          ))}
        </div>
      </div>
      {table.error && !table.data ? (
        <ErrorNote error={table.error} retry={() => void table.refetch()} />
      ) : rows && table.data ? (
        <div
          className={`overflow-x-auto ${table.isPlaceholderData ? 'settling' : ''}`}
          tabIndex={0}
          role="region"
          aria-label={`Recurring revenue by ${dimension}`}
        >
          <Rows rows={rows} dimension={dimension} currency={table.data.currency} />
        </div>
      ) : (
        <div className="flex flex-col gap-4 px-5 py-5" aria-busy="true">
          {['w-48', 'w-36', 'w-40', 'w-24'].map((width) => (
            <Skeleton key={width} className={`h-4 ${width}`} />
          ))}
        </div>
      )}
    </section>
  );
}

function Rows({ rows, dimension, currency }: { rows: ReportAnswer['rows']; dimension: string; currency: string }) {
  if (rows.length === 0) return <p className="px-5 py-8 text-center text-muted">Nothing in these days.</p>;
  return (
    <table className="w-full text-right" data-testid="recurring-table">
      <thead className="label border-b border-line">
        <tr>
          <th scope="col" className={`${HEAD} sticky left-0 bg-panel text-left`}>
            {dimensionName(dimension)}
          </th>
          {COLUMNS.map(([name, title]) => (
            <th key={name} scope="col" className={HEAD}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const value = String(row[dimension]);
          return (
            <tr key={value} className="border-b border-line last:border-b-0" data-value={value}>
              <th
                scope="row"
                className={`${BODY} sticky left-0 max-w-36 truncate bg-panel text-left font-normal sm:max-w-64 ${value === UNATTRIBUTED ? 'text-warn' : ''}`}
                title={value === UNATTRIBUTED ? UNATTRIBUTED_TEXT : value}
              >
                <bdi>{valueName(value, dimension)}</bdi>
              </th>
              {COLUMNS.map(([name, , sign]) => (
                <Amount key={name} name={name} value={numberOf(row, name) * sign} currency={currency} />
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Amount({ name, value, currency }: { name: string; value: number; currency: string }) {
  if (name === 'active_subscribers') return <td className={BODY}>{formatCount(value)}</td>;
  if (name === 'mrr') return <td className={`${BODY} font-medium`}>{formatMoney(value, currency)}</td>;
  return (
    <td className={`${BODY} ${value === 0 ? 'text-muted' : ''}`}>{value === 0 ? '—' : formatMoney(value, currency)}</td>
  );
}
