import type { BasedOnAnswer } from '../../http/contract-models.ts';
import { formatCount, formatShare } from '../money.ts';
import { MODEL_NAMES } from '../words.ts';

/** What a data-driven model's answer rests on: the paths, and each channel's share with the interval it lies in. */
export function ModelBasis({ basis }: { basis: BasedOnAnswer }) {
  const { model, order, conversions, without, paths, channels } = basis;
  return (
    <section
      className="panel px-4 py-4 sm:px-5"
      aria-label={`${MODEL_NAMES[model]}: channel weights`}
      data-testid={`basis-${model}`}
    >
      <h2 className="font-semibold">
        {MODEL_NAMES[model]}: channel weights{order !== undefined && order > 1 ? ` (order ${order})` : ''}
      </h2>
      <p className="label mt-0.5 mb-3">
        From {formatCount(conversions)} payments and {formatCount(without)} visitors who did not pay, on{' '}
        {formatCount(paths)} different paths of these days. The band is where a share lies in nine of ten cases.
      </p>
      <ul className="flex flex-col gap-2">
        {channels.map(({ channel, share, low, high }) => (
          <li
            key={channel}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-3 sm:grid-cols-[12rem_minmax(0,1fr)_9.5rem]"
          >
            <span className="truncate" title={channel}>
              {channel}
            </span>
            <Band share={share} low={low} high={high} />
            <span className="figure text-right whitespace-nowrap">
              <span className="font-medium">{formatShare(share)}</span>{' '}
              <span className="label">
                {low === null || high === null ? '' : `${formatShare(low)}–${formatShare(high)}`}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Band({ share, low, high }: { share: number; low: number | null; high: number | null }) {
  const from = (low ?? share) * 100;
  const width = Math.max(0.6, ((high ?? share) - (low ?? share)) * 100);
  return (
    <svg
      className="h-2.5 w-full self-center max-sm:hidden"
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect width="100" height="4" className="fill-sunk" />
      <rect x={from} width={width} height="4" className="fill-accent" opacity="0.3" />
      <rect x={Math.max(0, share * 100 - 0.35)} width="0.7" height="4" className="fill-accent" />
    </svg>
  );
}
