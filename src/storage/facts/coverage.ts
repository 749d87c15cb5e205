import type { CoverageBucket } from '../../core/coverage.ts';
import type { Mode } from '../../core/payment.ts';
import { addDays, startOfDayMs, withinStore } from '../../core/report-days.ts';
import type { FactsClient } from './client.ts';
import type { CoverageFacts } from './coverage-facts.ts';
import { labelOf, rangeParams } from './report-dimensions.ts';
import { timeText } from './times.ts';

const BUCKET_S = 300;

/**
 * Payments that stand, by their reason; '' is attributed. Rows that were cancelled add up to no row. An entry is never
 * older than its payment: the days of entries, by which the table lies, leave the older ones unread.
 */
const STANDING = `
  FROM credits AS c
  WHERE c.site = {site:String} AND c.mode = {mode:String}
    AND toDate(c.entry_at) >= toDate({from:DateTime64(3, 'UTC')}) - 1
    AND c.payment_at >= {from:DateTime64(3, 'UTC')} AND c.payment_at < {until:DateTime64(3, 'UTC')}`;

/** Who paid for the first time or once, by five minutes: whether their visitor is known, and why it is not. */
const NEW_MONEY = `
  SELECT at, who, max(attributed) AS known, min(why) AS reason
  FROM (
    SELECT intDiv(toUnixTimestamp(c.payment_at), {bucket:UInt32}) * {bucket:UInt32} AS at,
      if(c.customer = '', c.payment_id, c.customer) AS who, cityHash64(c.payment_id) AS payment,
      c.position >= 0 AS attributed, toString(c.reason) AS why, sum(c.sign) AS standing
    ${STANDING}
      AND c.payment_kind IN ('one_time', 'subscription_start')
      AND NOT (c.position < 0 AND c.reason IN ('pending', 'off_stripe', 'link_rejected'))
    GROUP BY at, who, payment, attributed, why
    HAVING standing > 0
  )
  GROUP BY at, who`;

const DAY = labelOf('day', { at: 'c.payment_at', special: {}, column: (dimension) => `c.${dimension}` });

export function createCoverageFacts(client: FactsClient): CoverageFacts {
  return {
    async coverageByDay({ site, mode, from, to, timezone, currency }) {
      const range = {
        from: timeText(startOfDayMs(withinStore(from), timezone)),
        until: timeText(startOfDayMs(addDays(withinStore(to), 1), timezone)),
      };
      const rows = await client.read<{ day: string; reason: string; payments: string; revenue: string }>(
        `SELECT day, reason, count() AS payments, sum(worth) AS revenue
        FROM (
          SELECT ${DAY} AS day,
            if(c.position < 0, toString(c.reason), '') AS reason, cityHash64(c.payment_id) AS payment,
            sum(c.amount * c.sign * (if(c.money = '', c.currency, c.money) = {currency:String})) AS worth,
            sum(c.sign) AS standing
          ${STANDING}
          GROUP BY day, reason, payment
          HAVING standing > 0
        )
        GROUP BY day, reason
        ORDER BY day, reason`,
        { ...rangeParams({ site, mode, from, to, timezone, currency }), ...range },
      );
      return rows.map(({ day, reason, payments, revenue }) => ({
        day,
        reason: reason === '' ? null : reason,
        payments: Number(payments),
        revenueMinor: Number(revenue),
      }));
    },
    async coverageCounts(site: string, mode: Mode, fromMs: number, untilMs: number): Promise<CoverageBucket[]> {
      const rows = await client.query<{ at: string; payments: string; attributed: string }>(
        `SELECT at, count() AS payments, countIf(known > 0) AS attributed
        FROM (${NEW_MONEY})
        GROUP BY at
        ORDER BY at`,
        countParams(site, mode, fromMs, untilMs),
      );
      return rows.map(({ at, payments, attributed }) => ({
        at: Number(at) * 1_000,
        payments: Number(payments),
        attributed: Number(attributed),
      }));
    },
    async coverageReasons(site: string, mode: Mode, fromMs: number, untilMs: number) {
      const rows = await client.query<{ at: string; reason: string; payments: string }>(
        `SELECT at, reason, count() AS payments
        FROM (${NEW_MONEY})
        WHERE known = 0
        GROUP BY at, reason
        ORDER BY at, reason`,
        countParams(site, mode, fromMs, untilMs),
      );
      return rows.map(({ at, reason, payments }) => ({ at: Number(at) * 1_000, reason, payments: Number(payments) }));
    },
  };
}

const countParams = (site: string, mode: Mode, fromMs: number, untilMs: number) => ({
  site,
  mode,
  from: timeText(fromMs),
  until: timeText(untilMs),
  bucket: BUCKET_S,
});
