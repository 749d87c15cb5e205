import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReportAnswer } from '../../http/contract.ts';
import { formatCount, formatMoney, formatPercent } from '../money.ts';
import { reportQuery } from '../queries.ts';
import { dimensionName, valueName } from '../words.ts';
import { ErrorNote, Skeleton } from './states.tsx';

const numberOf = (row: Record<string, unknown>, name: string): number =>
  typeof row[name] === 'number' ? (row[name] as number) : 0;

export function RecurringHeadline({ answer }: { answer: ReportAnswer | undefined }) {
  if (!answer) return <Skeleton className="h-[6.1rem] w-full" />;
  const { totals, currency } = answer;
  const money = (name: string) => formatMoney(numberOf(totals, name), currency);
  const rate = (name: string) => (typeof totals[name] === 'number' ? formatPercent(totals[name]) : '—');
  const cells = [
    ['MRR', money('mrr'), `${money('net_new_mrr')} net in this range`, 'recurring-mrr'],
    ['ARR', money('arr'), 'MRR × 12', 'recurring-arr'],
    [
      'Active subscribers',
      formatCount(numberOf(totals, 'active_subscribers')),
      `${formatCount(numberOf(totals, 'churned_subscribers'))} of those at its beginning left`,
      'recurring-active',
    ],
    [
      'Churn',
      rate('subscriber_churn_rate'),
      totals.mrr_churn_rate === null ? 'no subscribers at its beginning' : `${rate('mrr_churn_rate')} of MRR`,
      'recurring-churn',
    ],
  ] as const;
  return (
    <dl className="panel grid grid-cols-2 gap-px overflow-hidden bg-line lg:grid-cols-4">
      {cells.map(([name, value, note, testId]) => (
        <div
          key={name}
          className="flex min-w-0 flex-col gap-0.5 bg-panel px-4 py-3.5 sm:px-5 sm:py-4"
          data-testid={testId}
        >
          <dt className="label">{name}</dt>
          <dd className="figure text-[1.45rem] leading-tight font-semibold sm:text-[1.85rem]">{value}</dd>
          <dd className="label">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

const DIMENSIONS = ['channel', 'source', 'campaign'] as const;
const SHOWN = ['mrr', 'new_mrr', 'expansion_mrr', 'contraction_mrr', 'churned_mrr', 'active_subscribers'] as const;
const NAMES = ['MRR', 'New', 'Expansion', 'Contraction', 'Churned', 'Subscribers'] as const;
const COLUMNS = 'grid grid-cols-[minmax(0,1fr)_7rem] md:grid-cols-[minmax(0,1fr)_repeat(5,6.2rem)_6rem] gap-x-2';

export function RecurringTable({ siteId, asked }: { siteId: string; asked: Record<string, string | undefined> }) {
  const [dimension, setDimension] = useState<(typeof DIMENSIONS)[number]>('channel');
  const params = { ...asked, metrics: SHOWN.join(), dimensions: dimension, limit: 20 };
  const table = useQuery(reportQuery(siteId, params));
  return (
    <section aria-label="Recurring revenue by first touch" className="panel overflow-hidden">
      <div className="flex flex-wrap items-center gap-x-5 gap-y-1 px-4 pt-3 sm:px-5" role="group" aria-label="Split by">
        {DIMENSIONS.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={dimension === name}
            onClick={() => setDimension(name)}
            className="py-1 font-medium text-muted hover:text-ink aria-pressed:text-accent"
          >
            {dimensionName(name)}
          </button>
        ))}
        <span className="label ml-auto max-sm:hidden">By the first touch of each subscription</span>
      </div>
      {table.error && !table.data ? (
        <ErrorNote error={table.error} retry={() => void table.refetch()} />
      ) : (
        <div
          role="table"
          aria-label={`Recurring revenue by ${dimension}`}
          className="tabular-nums"
          data-testid="recurring-table"
        >
          <div role="row" className={`${COLUMNS} label border-b border-line px-4 py-2 sm:px-5`}>
            <span role="columnheader">{dimensionName(dimension)}</span>
            {NAMES.map((name, index) => (
              <span key={name} role="columnheader" className={`text-right ${index === 0 ? '' : 'max-md:hidden'}`}>
                {name}
              </span>
            ))}
          </div>
          {table.data?.rows.map((row) => (
            <div
              key={String(row[dimension])}
              role="row"
              className={`${COLUMNS} border-b border-line px-4 py-2 last:border-b-0 sm:px-5`}
            >
              <span role="cell" className="truncate" title={String(row[dimension])}>
                {valueName(String(row[dimension]), dimension)}
              </span>
              {SHOWN.map((name, index) => (
                <span key={name} role="cell" className={`text-right ${index === 0 ? 'font-medium' : 'max-md:hidden'}`}>
                  {name === 'active_subscribers'
                    ? formatCount(numberOf(row, name))
                    : formatMoney(numberOf(row, name), table.data!.currency)}
                </span>
              ))}
            </div>
          )) ?? <Skeleton className="m-4 h-32" />}
        </div>
      )}
    </section>
  );
}
