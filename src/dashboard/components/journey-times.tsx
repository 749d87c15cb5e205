import type { TimesAnswer } from '../../http/contract-journeys.ts';
import { formatCount, formatMoney, formatShare } from '../money.ts';
import { formatDecimal } from './journey-paths.tsx';
import { PanelHead } from './journey-panel.tsx';

type Bucket = TimesAnswer['days'][number];
type Sums = TimesAnswer['totals'];

/** How long payments took, and how many visits. */
export function JourneyTimes({ answer }: { answer: TimesAnswer }) {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Distribution
        title="Days to purchase"
        figure={answer.median_days === null ? '—' : daysText(answer.median_days)}
        hint="From the first visit to the purchase. A renewal takes as long as the subscription it renews."
        buckets={answer.days}
        nameOf={(bucket) => rangeName(bucket, 'day')}
        answer={answer}
      />
      <Distribution
        title="Visits to purchase"
        figure={formatDecimal(answer.median_touches)}
        hint="How many visits the payment is credited along."
        buckets={answer.touches}
        nameOf={(bucket) => rangeName(bucket, 'visit')}
        answer={answer}
      />
    </div>
  );
}

const daysText = (days: number): string =>
  days < 1 ? '< 1 day' : `${formatDecimal(days)} ${days === 1 ? 'day' : 'days'}`;

function rangeName({ min, max }: Bucket, unit: 'day' | 'visit'): string {
  if (max === null) return `More than ${min - 1} ${unit}s`;
  if (unit === 'day' && max === 0) return 'Same day';
  if (min === max) return `${min} ${min === 1 ? unit : `${unit}s`}`;
  return `${min}–${max} ${unit}s`;
}

function Distribution({
  title,
  figure,
  hint,
  buckets,
  nameOf,
  answer,
}: {
  title: string;
  figure: string;
  hint: string;
  buckets: readonly Bucket[];
  nameOf: (bucket: Bucket) => string;
  answer: TimesAnswer;
}) {
  const most = Math.max(...buckets.map((bucket) => bucket.conversions), answer.unattributed.conversions, 1);
  return (
    <section className="panel overflow-hidden" aria-label={title}>
      <PanelHead
        title={title}
        action={
          <p className="shrink-0 whitespace-nowrap sm:text-right">
            <span className="figure block text-[1.35rem] leading-tight font-semibold">{figure}</span>
            <span className="label">median</span>
          </p>
        }
      >
        {hint}
      </PanelHead>
      <div role="table" aria-label={title} className="tabular-nums">
        <div role="row" className={`label ${COLUMNS} border-y border-line px-4 py-2 sm:px-5`}>
          <span role="columnheader">{title.split(' ')[0]}</span>
          <span role="columnheader" className="text-right">
            Payments
          </span>
          <span role="columnheader" className="text-right">
            Revenue
          </span>
        </div>
        {buckets.map((bucket) => (
          <Bar key={bucket.min} name={nameOf(bucket)} sums={bucket} most={most} answer={answer} />
        ))}
        {answer.unattributed.conversions > 0 ? (
          <Bar name="Unattributed" sums={answer.unattributed} most={most} answer={answer} isUnknown />
        ) : null}
      </div>
    </section>
  );
}

const COLUMNS = 'grid grid-cols-[minmax(0,1fr)_5.5rem_8rem] gap-x-3';

function Bar({
  name,
  sums,
  most,
  answer,
  isUnknown = false,
}: {
  name: string;
  sums: Sums;
  most: number;
  answer: TimesAnswer;
  isUnknown?: boolean;
}) {
  const { totals, currency } = answer;
  const share = totals.conversions === 0 ? 0 : sums.conversions / totals.conversions;
  return (
    <div
      role="row"
      data-testid="bucket"
      className="px-4 py-1.5 last:pb-3 hover:bg-sunk/70 sm:px-5"
      title={formatShare(share)}
    >
      <div className={`${COLUMNS} items-baseline`}>
        <span role="rowheader" className={sums.conversions === 0 ? 'text-muted' : ''}>
          {name}
        </span>
        <span role="cell" className={`text-right ${sums.conversions === 0 ? 'text-muted' : ''}`}>
          {formatCount(sums.conversions)}
        </span>
        <span role="cell" className={`text-right whitespace-nowrap ${sums.conversions === 0 ? 'text-muted' : ''}`}>
          {formatMoney(sums.revenue, currency)}
        </span>
      </div>
      <svg className="mt-1 h-[5px] w-full" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="1" className="fill-sunk" />
        <rect width={(sums.conversions / most) * 100} height="1" className={isUnknown ? 'fill-warn' : 'fill-accent'} />
      </svg>
    </div>
  );
}
