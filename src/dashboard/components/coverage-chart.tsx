import { scaleLinear } from '@visx/scale';
import { Bar } from '@visx/shape';
import { Group } from '@visx/group';
import { useState } from 'react';
import { formatCoverage, formatMoney, formatMoneyShort } from '../money.ts';
import { Axis, bucketScale, namedEvery } from './chart-axis.tsx';
import { useWidth } from './width.ts';

/** Revenue of a time, and how much of it is attributed. */
export interface CoverageBucket {
  key: string;
  short: string;
  long: string;
  revenueMinor: number;
  attributedMinor: number;
  payments: number;
  attributedPayments: number;
}

const [TOP, HEIGHT] = [12, 180];
const CHART_HEIGHT = 222;

/** Attributed below, the rest on top of it: the height is all revenue. */
export function CoverageChart({ buckets, currency }: { buckets: readonly CoverageBucket[]; currency: string }) {
  const { ref, width } = useWidth();
  const [active, setActive] = useState<number | null>(null);
  const shown = active === null ? undefined : buckets[active];
  return (
    <div ref={ref} className="relative" onMouseLeave={() => setActive(null)}>
      <p className="label mb-1 min-h-5 tabular-nums" aria-live="polite">
        {shown ? (
          <BucketText bucket={shown} currency={currency} />
        ) : (
          <span className="flex flex-wrap items-center gap-x-4">
            <Key tone="bg-accent">Attributed</Key>
            <Key tone="bg-warn/60">Unattributed</Key>
          </span>
        )}
      </p>
      <div className="h-[222px]">
        {width > 0 ? (
          <Drawn buckets={buckets} currency={currency} width={width} active={active} onActive={setActive} />
        ) : null}
      </div>
    </div>
  );
}

function Key({ tone, children }: { tone: string; children: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span className={`size-2.5 rounded-[3px] ${tone}`} aria-hidden="true" /> {children}
    </span>
  );
}

function BucketText({ bucket, currency }: { bucket: CoverageBucket; currency: string }) {
  const { long, revenueMinor, attributedMinor, payments, attributedPayments } = bucket;
  if (payments === 0) return <>{long}: no payment</>;
  const share = revenueMinor > 0 ? formatCoverage(attributedMinor / revenueMinor) : null;
  return (
    <>
      <span className="font-medium text-ink">{long}</span>: {formatMoney(attributedMinor, currency)} of{' '}
      {formatMoney(revenueMinor, currency)} attributed{share === null ? '' : ` (${share})`}, {attributedPayments} of{' '}
      {payments} {payments === 1 ? 'payment' : 'payments'}
    </>
  );
}

function Drawn({
  buckets,
  currency,
  width,
  active,
  onActive,
}: {
  buckets: readonly CoverageBucket[];
  currency: string;
  width: number;
  active: number | null;
  onActive: (index: number | null) => void;
}) {
  const x = bucketScale(buckets, width);
  const most = Math.max(0, ...buckets.map(({ revenueMinor }) => revenueMinor)) || 10_000;
  const y = scaleLinear({ domain: [0, most], range: [TOP + HEIGHT, TOP], nice: 4 });
  const every = namedEvery(buckets.length, width);
  return (
    <svg
      width={width}
      height={CHART_HEIGHT}
      role="img"
      aria-label="Attributed and unattributed revenue over time"
      className="max-w-full"
    >
      <Axis ticks={y.ticks(4)} y={y} shown={(value) => formatMoneyShort(value, currency)} width={width} />
      <Group>
        {buckets.map((bucket, index) => (
          <Column
            key={bucket.key}
            bucket={bucket}
            left={x(bucket.key) ?? 0}
            width={Math.max(1, x.bandwidth())}
            y={y}
            opacity={active === null || active === index ? 1 : 0.45}
            label={index % every === 0}
            edge={width - 22}
            onEnter={() => onActive(index)}
          />
        ))}
      </Group>
    </svg>
  );
}

function Column({
  bucket,
  left,
  width,
  y,
  opacity,
  label,
  edge,
  onEnter,
}: {
  bucket: CoverageBucket;
  left: number;
  width: number;
  y: (value: number) => number;
  opacity: number;
  label: boolean;
  edge: number;
  onEnter: () => void;
}) {
  // Refunds may take more than a day brought: a bar has no negative part.
  const known = Math.max(0, bucket.attributedMinor);
  const whole = Math.max(known, bucket.revenueMinor);
  return (
    <g onMouseEnter={onEnter} opacity={opacity}>
      <rect x={left} y={TOP} width={width} height={HEIGHT} fill="transparent" />
      <Bar x={left} y={y(whole)} width={width} height={Math.max(0, y(known) - y(whole))} className="fill-warn/60" />
      <Bar x={left} y={y(known)} width={width} height={Math.max(0, y(0) - y(known))} className="fill-accent" />
      {label ? (
        <text
          x={Math.min(left + width / 2, edge)}
          y={CHART_HEIGHT - 8}
          textAnchor="middle"
          className="fill-muted text-[11px]"
        >
          {bucket.short}
        </text>
      ) : null}
    </g>
  );
}
