import { Group } from '@visx/group';
import { scaleBand } from '@visx/scale';

/** What the charts over time share: their margins, their buckets side by side, and the lines of a scale. */
export const LEFT = 60;
export const RIGHT = 10;

export function bucketScale(buckets: readonly { key: string }[], width: number) {
  return scaleBand({
    domain: buckets.map(({ key }) => key),
    range: [LEFT, width - RIGHT],
    paddingInner: buckets.length > 60 ? 0.2 : 0.32,
    paddingOuter: 0.1,
  });
}
type BucketScale = ReturnType<typeof bucketScale>;

/** One bucket in so many is named, so that names do not touch. */
export function namedEvery(buckets: number, width: number): number {
  return Math.max(1, Math.ceil(buckets / Math.max(2, Math.floor((width - LEFT) / 84))));
}

export function Axis({
  ticks,
  y,
  shown,
  width,
}: {
  ticks: number[];
  y: (value: number) => number;
  shown: (value: number) => string;
  width: number;
}) {
  return (
    <Group>
      {ticks.map((tick) => (
        <g key={tick}>
          <line
            x1={LEFT}
            x2={width - RIGHT}
            y1={y(tick)}
            y2={y(tick)}
            className={tick === 0 ? 'stroke-control' : 'stroke-line'}
            strokeDasharray={tick === 0 ? undefined : '2 4'}
          />
          <text x={LEFT - 8} y={y(tick)} dy="0.32em" textAnchor="end" className="fill-muted text-[11px]">
            {shown(tick)}
          </text>
        </g>
      ))}
    </Group>
  );
}

/** @param y the line they stand on */
export function BucketNames({
  buckets,
  x,
  y,
  width,
}: {
  buckets: readonly { key: string; short: string }[];
  x: BucketScale;
  y: number;
  width: number;
}) {
  const every = namedEvery(buckets.length, width);
  return (
    <Group>
      {buckets.map((bucket, index) =>
        index % every === 0 ? (
          <text
            key={bucket.key}
            x={Math.min((x(bucket.key) ?? 0) + x.bandwidth() / 2, width - 22)}
            y={y}
            textAnchor="middle"
            className="fill-muted text-[11px]"
          >
            {bucket.short}
          </text>
        ) : null,
      )}
    </Group>
  );
}
