import { Group } from '@visx/group';
import { scaleLinear } from '@visx/scale';
import { Bar, LinePath } from '@visx/shape';
import { useState } from 'react';
import { formatMoney, formatMoneyShort } from '../money.ts';
import { MOVEMENT_NAMES as SPOKEN } from '../words.ts';
import { Axis, BucketNames, bucketScale, LEFT } from './chart-axis.tsx';
import { useWidth } from './width.ts';

/** What one bucket tells: the revenue at its end, and what moved in it. */
export interface RecurringBucket {
  key: string;
  short: string;
  long: string;
  isAhead: boolean;
  mrrMinor: number;
  /** In the order they are stacked: gains upwards, losses downwards. */
  moved: Record<MovementName, number>;
}
export const MOVEMENTS = ['new', 'reactivation', 'expansion', 'contraction', 'churned'] as const;
export type MovementName = (typeof MOVEMENTS)[number];
const nameOf = (name: MovementName): string => SPOKEN[name === 'churned' ? 'churn' : name];
const isLoss = (name: MovementName) => name === 'contraction' || name === 'churned';
/** Told apart without colour too: the side says gain or loss, the lightness which, and what came back is outlined. */
const FILLS: Record<MovementName, string> = {
  new: 'fill-accent',
  reactivation: 'fill-accent-soft stroke-accent',
  expansion: 'fill-gain-mid',
  contraction: 'fill-loss-mid',
  churned: 'fill-down',
};

const LEVEL = { top: 28, height: 150 };
const MOVED = { top: 214, height: 84 };
const HEIGHT = 326;

const sum = (bucket: RecurringBucket, losses: boolean) =>
  MOVEMENTS.reduce((total, name) => total + (isLoss(name) === losses ? bucket.moved[name] : 0), 0);

function scalesOf(buckets: readonly RecurringBucket[], width: number) {
  const x = bucketScale(buckets, width);
  const level = scaleLinear({
    domain: [0, Math.max(...buckets.map(({ mrrMinor }) => mrrMinor), 0) || 10_000],
    range: [LEVEL.top + LEVEL.height, LEVEL.top],
    nice: 4,
  });
  const moved = scaleLinear({
    domain: [
      -Math.max(...buckets.map((it) => sum(it, true)), 0),
      Math.max(...buckets.map((it) => sum(it, false)), 100),
    ],
    range: [MOVED.top + MOVED.height, MOVED.top],
    nice: 2,
  });
  return { x, level, moved };
}
type Scales = ReturnType<typeof scalesOf>;

function Stack({ bucket, scales, dimmed }: { bucket: RecurringBucket; scales: Scales; dimmed: boolean }) {
  const { x, moved } = scales;
  return (
    <Group opacity={dimmed ? 0.45 : 1}>
      {MOVEMENTS.map((name) => {
        const amount = bucket.moved[name];
        if (amount <= 0) return null;
        const below = MOVEMENTS.slice(0, MOVEMENTS.indexOf(name)).filter((other) => isLoss(other) === isLoss(name));
        const from = below.reduce((total, other) => total + bucket.moved[other], 0);
        const sign = isLoss(name) ? -1 : 1;
        const [top, bottom] = [moved(sign * from), moved(sign * (from + amount))].sort((a, b) => a - b) as [
          number,
          number,
        ];
        // Half a pixel inside, where the outline of what came back lies.
        const inset = name === 'reactivation' ? 0.5 : 0;
        return (
          <Bar
            key={name}
            x={(x(bucket.key) ?? 0) + inset}
            y={top + inset}
            width={Math.max(1, x.bandwidth() - 2 * inset)}
            height={Math.max(1, bottom - top - 2 * inset)}
            className={FILLS[name]}
          />
        );
      })}
    </Group>
  );
}

const Swatch = ({ name }: { name: MovementName }) => (
  <svg width="10" height="10" aria-hidden="true">
    <rect x="0.5" y="0.5" width="9" height="9" rx="2" className={FILLS[name]} />
  </svg>
);

function Tooltip({
  bucket,
  left,
  flip,
  currency,
}: {
  bucket: RecurringBucket;
  left: number;
  flip: boolean;
  currency: string;
}) {
  return (
    <div
      className="floating pointer-events-none absolute top-6 z-10 min-w-44 px-3 py-2 text-[0.87rem]"
      style={{ left, transform: flip ? 'translateX(calc(-100% - 12px))' : 'translateX(12px)' }}
      data-testid="recurring-tooltip"
    >
      <p className="font-medium whitespace-nowrap">{bucket.long}</p>
      <p className="flex justify-between gap-6">
        <span className="text-muted">MRR</span>
        <span className="figure">{formatMoney(bucket.mrrMinor, currency)}</span>
      </p>
      {MOVEMENTS.filter((name) => bucket.moved[name] !== 0).map((name) => (
        <p key={name} className="flex justify-between gap-6">
          <span className="flex items-center gap-1.5 text-muted">
            <Swatch name={name} />
            {nameOf(name)}
          </span>
          <span className="figure">{formatMoney(bucket.moved[name] * (isLoss(name) ? -1 : 1), currency)}</span>
        </p>
      ))}
    </div>
  );
}

function Marks({
  buckets,
  scales,
  width,
  active,
  currency,
}: {
  buckets: readonly RecurringBucket[];
  scales: Scales;
  width: number;
  active: number | null;
  currency: string;
}) {
  const { x, level, moved } = scales;
  const middle = (bucket: RecurringBucket): number => (x(bucket.key) ?? 0) + x.bandwidth() / 2;
  const shown = (value: number) => formatMoneyShort(value, currency);
  return (
    <>
      <Axis ticks={level.ticks(4).filter(Number.isInteger)} y={level} shown={shown} width={width} />
      <Axis ticks={moved.ticks(3).filter(Number.isInteger)} y={moved} shown={shown} width={width} />
      {buckets.map((bucket, index) => (
        <Stack key={bucket.key} bucket={bucket} scales={scales} dimmed={active !== null && active !== index} />
      ))}
      <LinePath
        data={buckets.filter(({ isAhead }) => !isAhead)}
        x={middle}
        y={(bucket) => level(bucket.mrrMinor)}
        className="stroke-accent"
        strokeWidth={2}
        strokeLinejoin="round"
        fill="none"
      />
      <BucketNames buckets={buckets} x={x} y={HEIGHT - 6} width={width} />
    </>
  );
}

/** Revenue above, what moved it below, on one time axis. */
export function RecurringChart({ buckets, currency }: { buckets: readonly RecurringBucket[]; currency: string }) {
  const { ref, width } = useWidth();
  const [active, setActive] = useState<number | null>(null);
  const last = Math.max(0, buckets.filter(({ isAhead }) => !isAhead).length - 1);
  const index = active === null ? null : Math.min(active, last);
  const bucket = index === null ? undefined : buckets[index];
  const scales = scalesOf(buckets, Math.max(width, 200));
  const shown = bucket ?? buckets[last];
  return (
    <div
      ref={ref}
      className="relative h-[326px] rounded-md"
      tabIndex={0}
      role="slider"
      aria-label="Monthly recurring revenue over time. Arrow keys move along."
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={index ?? last}
      aria-valuetext={shown ? `${shown.long}: ${formatMoney(shown.mrrMinor, currency)}` : ''}
      data-testid="recurring-chart"
      onBlur={() => setActive(null)}
      onPointerLeave={() => setActive(null)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setActive(null);
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
        event.preventDefault();
        setActive(Math.max(0, Math.min(last, (index ?? last) + (event.key === 'ArrowLeft' ? -1 : 1))));
      }}
      onPointerMove={(event) => {
        const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
        setActive(Math.max(0, Math.min(last, Math.floor((left - LEFT) / scales.x.step()))));
      }}
    >
      {width > 0 ? (
        <svg width={width} height={HEIGHT} aria-hidden="true" className="figure max-w-full touch-pan-y">
          <text x={LEFT} y={12} className="fill-accent text-[12px] font-medium">
            Monthly recurring revenue
          </text>
          <Marks buckets={buckets} scales={scales} width={width} active={index} currency={currency} />
        </svg>
      ) : null}
      {bucket ? (
        <Tooltip
          bucket={bucket}
          left={(scales.x(bucket.key) ?? 0) + scales.x.bandwidth() / 2}
          flip={(scales.x(bucket.key) ?? 0) > width / 2}
          currency={currency}
        />
      ) : null}
    </div>
  );
}

export function MovementLegend() {
  return (
    <ul className="label flex flex-wrap gap-x-4 gap-y-1" aria-label="Colours of the movements">
      {MOVEMENTS.map((name) => (
        <li key={name} className="flex items-center gap-1.5">
          <Swatch name={name} />
          {nameOf(name)}
        </li>
      ))}
    </ul>
  );
}
