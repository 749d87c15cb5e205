import type { ReactNode } from 'react';
import type { ReportAnswer } from '../../http/contract.ts';
import type { Dimension, Metric } from '../../core/report.ts';
import { formatCount, formatMoney } from '../money.ts';
import { MODEL_NAMES, UNATTRIBUTED, dimensionName, valueName } from '../words.ts';
import type { AnyModel } from '../words.ts';

export type CompareReport = Pick<ReportAnswer, 'rows' | 'totals' | 'currency'>;
type Row = CompareReport['rows'][number];

interface Props {
  answer: CompareReport;
  dimension: Dimension;
  metric: Metric;
  models: readonly AnyModel[];
  definitions: Record<AnyModel, string>;
  /** The row that is opened, and what is shown below it. */
  opened?: string | undefined;
  details?: ReactNode;
  onOpen?: (value: string) => void;
}

/** One column per model; what each gives more or less than the first one stands below. */
export function CompareTable({ answer, dimension, metric, models, definitions, opened, details, onOpen }: Props) {
  const { rows, totals, currency } = answer;
  const cellsOf = (row: Row, isTotal = false) => (
    <Cells row={row} metric={metric} models={models} currency={currency} isTotal={isTotal} />
  );
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Models side by side">
      <table
        className="w-full text-right"
        data-testid="compare-table"
        style={{ minWidth: `${12 + models.length * 8}rem` }}
      >
        <thead className="label border-b border-line">
          <tr>
            <th scope="col" className="sticky left-0 z-10 bg-panel py-2 pr-3 pl-4 text-left font-normal sm:pl-5">
              {dimensionName(dimension)}
            </th>
            {models.map((model) => (
              <th key={model} scope="col" className="py-2 pr-4 font-normal sm:last:pr-5" title={definitions[model]}>
                {MODEL_NAMES[model]}
              </th>
            ))}
          </tr>
        </thead>
        {rows.map((row) => {
          const value = String(row[dimension] ?? '');
          const isOpen = opened === value;
          return (
            <tbody key={value}>
              <tr
                className={`border-b border-line align-top ${value === UNATTRIBUTED ? 'hatched bg-warn-soft' : ''}`}
                data-testid="compare-row"
                data-value={value}
              >
                <th
                  scope="row"
                  className={`sticky left-0 z-10 max-w-40 ${value === UNATTRIBUTED ? 'bg-warn-soft' : 'bg-panel'} py-2 pr-3 pl-4 text-left font-normal sm:max-w-72 sm:pl-5`}
                >
                  <RowName value={value} dimension={dimension} isOpen={isOpen} onOpen={onOpen} />
                </th>
                {cellsOf(row)}
              </tr>
              {isOpen ? details : null}
            </tbody>
          );
        })}
        <tfoot>
          <tr className="align-top font-medium" data-testid="compare-total">
            <th scope="row" className="sticky left-0 z-10 bg-panel py-2.5 pr-3 pl-4 text-left font-medium sm:pl-5">
              Total
            </th>
            {cellsOf(totals, true)}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function RowName({
  value,
  dimension,
  isOpen,
  onOpen,
}: {
  value: string;
  dimension: Dimension;
  isOpen: boolean;
  onOpen: Props['onOpen'];
}) {
  const name = valueName(value, dimension);
  // What is "all others" has no filter of its own.
  if (!onOpen || value === '(other)') {
    return (
      <span className={`block truncate ${value === '(other)' ? 'text-muted' : ''}`} title={name}>
        {name}
      </span>
    );
  }
  return (
    <button
      type="button"
      className="block max-w-full truncate text-left hover:text-accent"
      aria-expanded={isOpen}
      aria-label={`${isOpen ? 'Hide' : 'Show'} the payments of ${name}`}
      title={value === name ? name : `${name}: ${value}`}
      onClick={() => onOpen(value)}
    >
      <span aria-hidden="true" className="mr-1.5 inline-block w-2.5 text-muted">
        {isOpen ? '▾' : '▸'}
      </span>
      {name}
    </button>
  );
}

function Cells({
  row,
  metric,
  models,
  currency,
  isTotal,
}: {
  row: Row;
  metric: Metric;
  models: readonly AnyModel[];
  currency: string;
  isTotal: boolean;
}) {
  const show = metricText(metric, String(row.currency ?? currency));
  const valueOf = (model: AnyModel) => row[`${metric}:${model}`];
  const base = Number(valueOf(models[0]!) ?? 0);
  return models.map((model, index) => {
    const value = valueOf(model);
    const exact = Number(value ?? 0) - base;
    // Shares lose their noise; amounts are whole already, and large ones would lose digits here.
    const difference = Number.isInteger(exact) ? exact : Math.round(exact * 1e6) / 1e6;
    return (
      <td key={model} data-model={model} className="figure py-2 pr-4 whitespace-nowrap sm:last:pr-5">
        <span className={value === 0 ? 'text-muted' : ''}>{typeof value === 'number' ? show(value) : '—'}</span>
        {index > 0 && !isTotal && difference !== 0 && typeof value === 'number' ? (
          <span className={`block text-[0.8rem] ${difference > 0 ? 'text-up' : 'text-down'}`} data-testid="difference">
            {difference > 0 ? '+' : ''}
            {show(difference)}
          </span>
        ) : null}
      </td>
    );
  });
}

/** Conversions are shares of payments; everything else that is compared is money. */
export function metricText(metric: Metric, currency: string): (value: number) => string {
  if (metric !== 'conversions') return (value) => formatMoney(value, currency);
  return (value) => formatCount(Math.round(value * 100) / 100).replace('-', '−');
}
