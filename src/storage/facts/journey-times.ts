import { DAY_BUCKETS, TOUCH_BUCKETS, type Bucket, type JourneyQuestion } from '../../core/journey.ts';
import type { FactsClient } from './client.ts';
import type { BucketSums, JourneyTimes } from './journey-facts.ts';
import { timedPayments } from './journey-paths.ts';

const DAY_MS = 86_400_000;

const NOTHING: BucketSums = { conversions: 0, revenueMinor: 0 };

/** How long payments took: two distributions of the same payments, each of which adds up to the total. */
export async function readTimes(client: Pick<FactsClient, 'read'>, question: JourneyQuestion): Promise<JourneyTimes> {
  const { text, params } = timedPayments(question);
  // Without a path: bucket −1. Of the two groupings that a row is not of, the bucket is 0 and not to be read.
  const statement = `
    SELECT day_bucket, touch_bucket, grouping(day_bucket) AS no_days, grouping(touch_bucket) AS no_touches,
      sum(converts) AS conversions, sum(revenue) AS revenue,
      quantileExactIf(0.5)(span_ms, converts = 1 AND touches > 0) AS median_ms,
      quantileExactIf(0.5)(touches, converts = 1 AND touches > 0) AS median_touches,
      sumIf(converts, touches > 0) AS pathed
    FROM (
      SELECT converts, revenue, touches, span_ms,
        if(touches = 0, -1, ${bucketSql(`intDiv(span_ms, ${DAY_MS})`, DAY_BUCKETS)}) AS day_bucket,
        if(touches = 0, -1, ${bucketSql('touches', TOUCH_BUCKETS)}) AS touch_bucket
      FROM (${text})
    )
    GROUP BY GROUPING SETS ((day_bucket), (touch_bucket), ())`;
  const rows = await client.read<Row>(statement, params);
  const sumsOf = (row: Row | undefined): BucketSums =>
    row ? { conversions: row.conversions, revenueMinor: row.revenue } : NOTHING;
  const byDays = rows.filter((row) => row.no_days === 0);
  const byTouches = rows.filter((row) => row.no_touches === 0);
  const total = rows.find((row) => row.no_days === 1 && row.no_touches === 1);
  const isKnown = total !== undefined && total.pathed > 0;
  return {
    days: DAY_BUCKETS.map((_, index) => sumsOf(byDays.find((row) => row.day_bucket === index))),
    touches: TOUCH_BUCKETS.map((_, index) => sumsOf(byTouches.find((row) => row.touch_bucket === index))),
    unattributed: sumsOf(byDays.find((row) => row.day_bucket === -1)),
    total: sumsOf(total),
    medianDays: isKnown ? total.median_ms / DAY_MS : null,
    medianTouches: isKnown ? total.median_touches : null,
  };
}

interface Row {
  day_bucket: number;
  touch_bucket: number;
  no_days: number;
  no_touches: number;
  conversions: number;
  revenue: number;
  median_ms: number;
  median_touches: number;
  pathed: number;
}

function bucketSql(value: string, buckets: readonly Bucket[]): string {
  const cases = buckets.flatMap(({ max }, index) => (max === null ? [] : [`${value} <= ${max}, ${index}`]));
  return `toInt32(multiIf(${cases.join(', ')}, ${buckets.length - 1}))`;
}
