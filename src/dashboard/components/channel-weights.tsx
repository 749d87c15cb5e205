import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { PaymentDetailAnswer } from '../../http/contract.ts';
import type { BasedOnAnswer } from '../../http/contract-models.ts';
import { addDays, dayAt } from '../../core/report-days.ts';
import { formatShare } from '../money.ts';
import { reportQuery } from '../queries.ts';
import { MODEL_NAMES } from '../words.ts';
import { Button } from './controls.tsx';
import { ErrorNote, Skeleton } from './states.tsx';

const DAYS = 90;

/** Data-driven models weigh channels, not payments: of a payment there is only what its channels weigh. */
export function ChannelWeights({
  payment,
  siteId,
  timezone,
}: {
  payment: PaymentDetailAnswer;
  siteId: string;
  timezone: string;
}) {
  const [isOpen, setOpen] = useState(false);
  const to = dayAt(Date.parse(payment.occurred_at), timezone);
  const report = useQuery({
    ...reportQuery(siteId, {
      metrics: 'revenue',
      models: 'markov,shapley',
      from: addDays(to, 1 - DAYS),
      to,
      mode: payment.mode,
    }),
    enabled: isOpen,
    refetchInterval: false,
  });
  const channels = [
    ...new Set(payment.touchpoints.map(({ channel, source }) => (source === '(direct)' ? 'Direct' : channel))),
  ];
  return (
    <section className="panel px-4 py-4 sm:px-5" aria-label="Data-driven models" data-testid="channel-weights">
      <h2 className="font-semibold">Data-driven models</h2>
      <p className="label mt-0.5 mb-3">
        Markov and Shapley weigh channels over all paths, not single payments. What this payment’s channels weigh in the{' '}
        {DAYS} days up to it:
      </p>
      {!isOpen ? (
        <Button onClick={() => setOpen(true)}>Show the weights</Button>
      ) : report.error ? (
        <ErrorNote error={report.error} retry={() => void report.refetch()} />
      ) : !report.data ? (
        <Skeleton className="h-16 w-full" />
      ) : (
        <Weights basis={report.data.based_on ?? []} channels={channels} />
      )}
    </section>
  );
}

function Weights({ basis, channels }: { basis: readonly BasedOnAnswer[]; channels: readonly string[] }) {
  return (
    <table className="w-full max-w-md text-right">
      <thead className="label">
        <tr>
          <th className="py-1 text-left font-normal">Channel</th>
          {basis.map(({ model }) => (
            <th key={model} className="py-1 font-normal">
              {MODEL_NAMES[model]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {channels.map((channel) => (
          <tr key={channel} className="border-t border-line">
            <th scope="row" className="py-1.5 text-left font-normal">
              {channel}
            </th>
            {basis.map(({ model, channels: all }) => {
              const found = all.find((one) => one.channel === channel);
              return (
                <td key={model} className="figure py-1.5">
                  {found ? formatShare(found.share) : '—'}
                  {found && found.low !== null && found.high !== null ? (
                    <span className="label ml-1.5">
                      {formatShare(found.low)}–{formatShare(found.high)}
                    </span>
                  ) : null}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
