import { scaleLinear } from '@visx/scale';
import { AreaClosed, Bar, LinePath } from '@visx/shape';
import { Group } from '@visx/group';
import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { Bucket } from '../buckets.ts';
import { formatCount, formatCountShort, formatMoney, formatMoneyShort } from '../money.ts';
import { Axis, BucketNames, bucketScale, LEFT } from './chart-axis.tsx';
import { useWidth } from './width.ts';

const REVENUE = { top: 30, height: 168 };
const VISITORS = { top: 236, height: 58 };
export const CHART_HEIGHT = 322;

function scalesOf(buckets: readonly Bucket[], width: number) {
  const x = bucketScale(buckets, width);
  const revenues = buckets.map(({ revenueMinor }) => revenueMinor);
  const money = scaleLinear({
    // Before the first payment the axis shows a plain scale, not $0 twice.
    domain: [Math.min(0, ...revenues), Math.max(0, ...revenues) || 10_000],
    range: [REVENUE.top + REVENUE.height, REVENUE.top],
    nice: 4,
  });
  const people = scaleLinear({
    domain: [0, Math.max(1, ...buckets.map(({ visitors }) => visitors))],
    range: [VISITORS.top + VISITORS.height, VISITORS.top],
    nice: 2,
  });
  return { x, money, people };
}
type Scales = ReturnType<typeof scalesOf>;

function Bars({ buckets, scales, active }: { buckets: readonly Bucket[]; scales: Scales; active: number | null }) {
  const { x, money } = scales;
  const zero = money(0);
  return (
    <Group>
      {buckets.map((bucket, index) => {
        const y = money(bucket.revenueMinor);
        return (
          <Bar
            key={bucket.key}
            x={x(bucket.key) ?? 0}
            y={Math.min(y, zero)}
            width={Math.max(1, x.bandwidth())}
            height={Math.abs(zero - y)}
            rx={Math.min(2, x.bandwidth() / 4)}
            className={bucket.revenueMinor < 0 ? 'fill-down' : 'fill-accent'}
            opacity={active === null || active === index ? 1 : 0.45}
          />
        );
      })}
    </Group>
  );
}

function Marks({
  buckets,
  scales,
  active,
  width,
  currency,
}: {
  buckets: readonly Bucket[];
  scales: Scales;
  active: number | null;
  width: number;
  currency: string;
}) {
  const { x, money, people } = scales;
  const middle = (bucket: Bucket): number => (x(bucket.key) ?? 0) + x.bandwidth() / 2;
  const past = buckets.filter(({ isAhead }) => !isAhead);
  const at = active === null ? undefined : buckets[active];
  return (
    <>
      <Axis
        ticks={money.ticks(4).filter(Number.isInteger)}
        y={money}
        shown={(value) => formatMoneyShort(value, currency)}
        width={width}
      />
      <Axis ticks={people.ticks(2).filter(Number.isInteger)} y={people} shown={formatCountShort} width={width} />
      {at ? (
        <line
          x1={middle(at)}
          x2={middle(at)}
          y1={REVENUE.top - 6}
          y2={VISITORS.top + VISITORS.height}
          className="stroke-muted"
        />
      ) : null}
      <Bars buckets={buckets} scales={scales} active={active} />
      <AreaClosed
        data={past}
        x={middle}
        y={(bucket) => people(bucket.visitors)}
        yScale={people}
        className="fill-visitors/12"
      />
      <LinePath
        data={past}
        x={middle}
        y={(bucket) => people(bucket.visitors)}
        className="stroke-visitors"
        strokeWidth={1.75}
        strokeLinejoin="round"
        fill="none"
      />
      {at ? (
        <circle cx={middle(at)} cy={people(at.visitors)} r={4} className="fill-visitors stroke-panel" strokeWidth={2} />
      ) : null}
      <BucketNames buckets={buckets} x={x} y={CHART_HEIGHT - 8} width={width} />
    </>
  );
}

function Tooltip({ bucket, left, flip, currency }: { bucket: Bucket; left: number; flip: boolean; currency: string }) {
  return (
    <div
      className="floating pointer-events-none absolute top-6 z-10 min-w-40 px-3 py-2 text-[0.87rem]"
      style={{ left, transform: flip ? 'translateX(calc(-100% - 12px))' : 'translateX(12px)' }}
      data-testid="chart-tooltip"
    >
      <p className="font-medium whitespace-nowrap">{bucket.long}</p>
      <p className="flex justify-between gap-6">
        <span className="text-muted">Revenue</span>
        <span className="figure">{formatMoney(bucket.revenueMinor, currency)}</span>
      </p>
      <p className="flex justify-between gap-6">
        <span className="text-muted">Visitors</span>
        <span className="figure">{formatCount(bucket.visitors)}</span>
      </p>
    </div>
  );
}

const STEPS: Record<string, (index: number, last: number) => number> = {
  ArrowLeft: (index) => Math.max(0, index - 1),
  ArrowRight: (index, last) => Math.min(last, index + 1),
  Home: () => 0,
  End: (_, last) => last,
  PageUp: (index) => Math.max(0, index - 7),
  PageDown: (index, last) => Math.min(last, index + 7),
};

/**
 * Revenue above, visitors below, one time axis: like price and volume. Two scales in one frame would suggest a relation
 * that depends on nothing but how the scales were chosen.
 */
export function TimeChart({ buckets, currency }: { buckets: readonly Bucket[]; currency: string }) {
  const { ref, width } = useWidth();
  const [active, setActive] = useState<number | null>(null);
  const last = Math.max(0, buckets.filter(({ isAhead }) => !isAhead).length - 1);
  const index = active === null ? null : Math.min(active, last);
  const bucket = index === null ? undefined : buckets[index];
  const scales = scalesOf(buckets, Math.max(width, 200));
  const step = (event: KeyboardEvent) => {
    const next = STEPS[event.key];
    if (event.key === 'Escape') setActive(null);
    if (!next) return;
    event.preventDefault();
    setActive(next(index ?? last + 1, last));
  };
  const shown = bucket ?? buckets[last];
  return (
    <div
      ref={ref}
      className="relative h-[322px] rounded-md"
      tabIndex={0}
      role="slider"
      aria-label="Revenue and visitors over time. Arrow keys move along."
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={index ?? last}
      aria-valuetext={
        shown ? `${shown.long}: revenue ${formatMoney(shown.revenueMinor, currency)}, visitors ${shown.visitors}` : ''
      }
      data-testid="time-chart"
      onKeyDown={step}
      onBlur={() => setActive(null)}
      onPointerLeave={() => setActive(null)}
      onPointerMove={(event) => {
        const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
        setActive(Math.max(0, Math.min(last, Math.floor((left - LEFT) / scales.x.step()))));
      }}
    >
      {width > 0 ? (
        <svg width={width} height={CHART_HEIGHT} aria-hidden="true" className="figure max-w-full touch-pan-y">
          <text x={LEFT} y={12} className="fill-accent text-[12px] font-medium">
            Revenue
          </text>
          <text x={LEFT} y={VISITORS.top - 12} className="fill-visitors text-[12px] font-medium">
            Visitors
          </text>
          <Marks buckets={buckets} scales={scales} active={index} width={width} currency={currency} />
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
