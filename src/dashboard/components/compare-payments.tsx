import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { RULE_MODELS } from '../../core/attribution/models.ts';
import type { Dimension, Metric } from '../../core/report.ts';
import type { ReportAnswer } from '../../http/contract.ts';
import type { Params } from '../api.ts';
import { reportQuery } from '../queries.ts';
import { valueName } from '../words.ts';
import type { AnyModel } from '../words.ts';
import { metricText } from './compare-table.tsx';
import { ErrorNote, Skeleton } from './states.tsx';

const SHOWN = 20;

interface Props {
  siteId: string;
  asked: Params;
  dimension: Dimension;
  value: string;
  metric: Metric;
  models: readonly AnyModel[];
}

/** The payments behind a row, as rows of the same table: what each model gives it of each. */
export function ComparePayments({ siteId, asked, dimension, value, metric, models }: Props) {
  const rules = models.filter((model) => (RULE_MODELS as readonly string[]).includes(model));
  const payments = useQuery(
    reportQuery(siteId, {
      ...asked,
      models: rules.length > 0 ? rules.join(',') : 'linear',
      dimensions: 'payment',
      filter: JSON.stringify([[dimension, 'is', [value]]]),
      order: `-${metric}`,
      limit: SHOWN,
    }),
  );
  const across = (content: ReactNode) => (
    <tr className="border-b border-line bg-sunk/60">
      <td colSpan={models.length + 1} className="p-0 text-left">
        {content}
      </td>
    </tr>
  );
  if (payments.error) return across(<ErrorNote error={payments.error} retry={() => void payments.refetch()} />);
  if (!payments.data) {
    return across(
      <div className="p-4" aria-busy="true">
        <Skeleton className="h-16 w-full" />
      </div>,
    );
  }
  const { rows, currency } = payments.data;
  const show = metricText(metric, currency);
  const note =
    rows.length === 0
      ? 'No payments in these days.'
      : `Payments of ${valueName(value, dimension)}${rules.length < models.length ? '; Markov and Shapley weigh channels, not payments' : ''}`;
  return (
    <>
      {across(<p className="label px-4 pt-2 pb-1 sm:px-5">{note}</p>)}
      {rows.map((row) => (
        <PaymentRow key={String(row.payment)} row={row} siteId={siteId} metric={metric} models={models} show={show} />
      ))}
    </>
  );
}

function PaymentRow({
  row,
  siteId,
  metric,
  models,
  show,
}: Pick<Props, 'siteId' | 'metric' | 'models'> & {
  row: ReportAnswer['rows'][number];
  show: (value: number) => string;
}) {
  const id = String(row.payment);
  return (
    <tr className="border-b border-line bg-sunk/60" data-testid="compare-payment">
      <th
        scope="row"
        className="sticky left-0 z-10 max-w-40 truncate bg-sunk py-1.5 pr-3 pl-4 text-left font-normal sm:max-w-72 sm:pl-9"
      >
        {id === '(other)' ? (
          <span className="text-muted">All other payments</span>
        ) : (
          <Link
            to="/sites/$siteId/payments/$paymentId"
            params={{ siteId, paymentId: id }}
            className="text-link font-mono text-[0.8rem]"
            title={id}
          >
            {id}
          </Link>
        )}
      </th>
      {models.map((model) => {
        const amount = row[`${metric}:${model}`];
        return (
          <td key={model} className={`figure py-1.5 pr-4 sm:last:pr-5 ${amount ? '' : 'text-muted'}`}>
            {typeof amount === 'number' && amount !== 0 ? show(amount) : '—'}
          </td>
        );
      })}
    </tr>
  );
}
