import type { PaymentDetailAnswer } from '../../http/contract.ts';
import { formatMoney } from '../money.ts';
import { formatDuration, formatMoment } from '../time.ts';
import { valueName } from '../words.ts';
import { Badge } from './states.tsx';

type Touchpoint = PaymentDetailAnswer['touchpoints'][number];

/** 'google / cpc', or 'Direct' alone: direct has no medium to tell. */
export function touchpointName({ source, medium }: Touchpoint): string {
  const name = valueName(source);
  return medium === '' || medium === '(none)' ? name : `${name} / ${medium}`;
}

export function TouchpointPath({ payment, timezone }: { payment: PaymentDetailAnswer; timezone: string }) {
  const { touchpoints } = payment;
  const several = new Set(touchpoints.map(({ visitor_id }) => visitor_id)).size > 1;
  return (
    <ol className="px-4 pb-4 sm:px-5" data-testid="path">
      {touchpoints.map((touchpoint, index) => {
        const next = touchpoints[index + 1]?.at ?? payment.occurred_at;
        return (
          <li
            key={`${touchpoint.at} ${index}`}
            className="grid grid-cols-[1rem_minmax(0,1fr)] gap-x-3"
            data-testid="touchpoint"
          >
            <Rail />
            <div className="min-w-0 pb-3">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <span className="max-w-full truncate font-medium" title={`${touchpoint.source} / ${touchpoint.medium}`}>
                  {touchpointName(touchpoint)}
                </span>
                <Badge>{touchpoint.channel}</Badge>
                <time className="label" dateTime={touchpoint.at}>
                  {formatMoment(touchpoint.at, timezone)}
                </time>
              </p>
              <p className="label flex flex-wrap gap-x-3">
                {touchpoint.campaign !== '' && touchpoint.campaign !== '(none)' ? (
                  <span className="max-w-full truncate" title={touchpoint.campaign}>
                    Campaign <span className="text-ink">{touchpoint.campaign}</span>
                  </span>
                ) : null}
                <span className="max-w-full truncate" title={touchpoint.landing_page}>
                  Landed on <span className="text-ink">{touchpoint.landing_page || '/'}</span>
                </span>
                {several ? (
                  <span className="max-w-full truncate font-mono" title="Visitor id">
                    {touchpoint.visitor_id}
                  </span>
                ) : null}
              </p>
              <p className="label mt-1.5 italic">
                {formatDuration(Date.parse(next) - Date.parse(touchpoint.at))} later
              </p>
            </div>
          </li>
        );
      })}
      <li className="grid grid-cols-[1rem_minmax(0,1fr)] gap-x-3">
        <span className="flex justify-center pt-1.5" aria-hidden="true">
          <span className="size-3 rounded-full bg-accent" />
        </span>
        <p>
          <span className="font-medium">Paid {formatMoney(payment.gross, payment.currency)}</span>{' '}
          <time className="label" dateTime={payment.occurred_at}>
            {formatMoment(payment.occurred_at, timezone)}
          </time>
        </p>
      </li>
    </ol>
  );
}

function Rail() {
  return (
    <span className="relative flex justify-center pt-1.5" aria-hidden="true">
      <span className="absolute top-3 bottom-[-0.5rem] w-px bg-control/60" />
      <span className="relative size-3 rounded-full border-2 border-accent bg-panel" />
    </span>
  );
}
