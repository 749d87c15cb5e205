import { DIRECT_CHANNEL } from '../../core/acquisition.ts';
import { mergedPaths } from '../../core/attribution/data-driven.ts';
import type { ChannelPath } from '../../core/attribution/data-driven.ts';
import { MAX_PATH_TOUCHPOINTS } from '../../core/attribution/path.ts';
import { channelPaths, convertingPath } from '../../core/attribution/paths.ts';
import type { ModelSettings } from '../../core/attribution/settings.ts';
import type { ReportQuery } from '../../core/report.ts';
import type { FactsClient } from './client.ts';
import { TooMuchToCompute } from './facts.ts';
import {
  bitsPass,
  COUNTS_AS_AMOUNT,
  COUNTS_AS_PAYMENT,
  paidPathsSql,
  standing,
  standingPath,
  type PaidPathCells,
  type PaidPathsQuestion,
} from './paid-paths.ts';
import { bounded } from './report-bounds.ts';
import { rangeParams } from './report-dimensions.ts';
import { firstOf } from './ranked.ts';
import { isTooMuch } from './what-if-report.ts';

const DAY_MS = 86_400_000;
/** Different paths; the models would take minutes for more, and the store's answer would not fit. */
const MAX_PATHS = 200_000;
const TOO_MUCH = 'too many different paths to weigh; choose fewer days, a lookback window, or repeats=collapse';

type Question = ReportQuery & { whatIf: ModelSettings };
type Client = Pick<FactsClient, 'read' | 'readParts'>;

/** See `channelPaths` of facts.ts. Payments count on their own day, whatever the question's `by`. */
export function createChannelPaths(client: Client): (query: Question) => Promise<ChannelPath[]> {
  const read = async (query: Question): Promise<ChannelPath[]> => {
    try {
      const [paid, unpaid] = await Promise.all([readPaid(client, query), readUnpaid(client, query)]);
      const paths = mergedPaths([...paid, ...unpaid]);
      if (paths.length > MAX_PATHS) throw new RangeError(`${paths.length} paths`);
      return paths;
    } catch (error) {
      throw isTooMuch(error) ? new TooMuchToCompute(TOO_MUCH, { cause: error }) : error;
    }
  };
  return (query) => bounded(read(query));
}

/** As text and not as objects: there are far fewer different paths than payments. */
async function readPaid(client: Client, query: Question): Promise<ChannelPath[]> {
  const byChannels = new Map<string, ChannelPath>();
  const passes = bitsPass(query.filters);
  const { text, params } = paidPathsSql(paidQuestion(query));
  await client.readParts<PaidPathCells>(text, params, (rows) => {
    for (const [entries, touches, , , , total] of rows) {
      const path = standingPath(touches);
      const known = standing(entries).filter(({ 10: [bits = 0] }) => passes(bits));
      const isConversion = total > 0 && known.some(({ 9: counts }) => counts & COUNTS_AS_PAYMENT);
      if (path.length === 0 || !isConversion) continue;
      const revenueMinor = known.reduce(
        (sum, { 9: counts, 5: amount }) => sum + (counts & COUNTS_AS_AMOUNT ? amount : 0),
        0,
      );
      const converting = {
        path: path.map((touch) => ({ ...touch, channel: touch.label })),
        endsAt: 0,
        revenueMinor,
      };
      const one = convertingPath(converting, query.whatIf);
      const key = one.channels.join('\0');
      const before = byChannels.get(key);
      if (before === undefined) byChannels.set(key, one);
      else {
        before.conversions += one.conversions;
        before.valueMinor += one.valueMinor;
      }
    }
  });
  return [...byChannels.values()];
}

function paidQuestion(query: Question): PaidPathsQuestion {
  const ofPayments: ReportQuery = { ...query, by: 'payment_date', metrics: ['revenue', 'conversions'] };
  return { query: ofPayments, dimensions: ['channel'], scope: 'reporting', amounts: true, fees: false, payments: true };
}

async function readUnpaid(client: Client, query: Question): Promise<ChannelPath[]> {
  const { windowDays } = query.whatIf;
  const range = rangeParams(query);
  const windowMs = windowDays === null ? Number(range.to_ms) : windowDays * DAY_MS;
  // Whoever is asked about was there in the range: nothing that is older counts.
  const since = Math.max(0, Number(range.from_ms) - windowMs);
  const params = { ...range, since_ms: since, window_ms: windowMs };
  const rows = await client.read<{ channels: string[]; visitors: number }>(UNPAID, params);
  if (rows.length > MAX_PATHS) throw new RangeError('too many paths');
  return channelPaths({ paid: [], unpaid: rows }, query.whatIf);
}

const HALF = MAX_PATH_TOUCHPOINTS / 2;

/**
 * A person is a customer, or a visitor of none. Who paid in the range is no null, whichever of their visitors it was; who
 * was not there in the range is not asked about. Their window is counted from their newest touchpoint, as that of who paid is
 * from the payment: what is asked for beyond it, days to come too, loses nobody.
 */
const UNPAID = `
SELECT channels, count() AS visitors
FROM (
  SELECT if(k.customer = '', concat('v', v.visitor), concat('c', k.customer)) AS person,
    arraySort(groupArray((v.at, v.received, v.session, v.channel))) AS known,
    arrayMap(x -> x.4, arrayFilter(x -> x.1 >= known[-1].1 - {window_ms:Int64}, known)) AS whole,
    if(length(whole) <= ${MAX_PATH_TOUCHPOINTS}, whole,
      arrayConcat(arraySlice(whole, 1, ${HALF}), arraySlice(whole, -${HALF}))) AS channels
  FROM (
    SELECT t.visitor AS visitor, t.session AS session, toUnixTimestamp64Milli(min(t.occurred_at)) AS at,
      toInt64(${firstOf('t.received_at')}) AS received,
      if(${firstOf('t.source')} = '' OR ${firstOf('t.channel')} = '', '${DIRECT_CHANNEL}', ${firstOf('t.channel')}) AS channel
    FROM touchpoints AS t
    WHERE t.site = {site:String} AND t.occurred_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
    GROUP BY t.visitor, t.session
    HAVING at >= {since_ms:Int64}
  ) AS v
  LEFT JOIN (
    SELECT p.visitor AS visitor, max(p.customer) AS customer, max(p.is_paid) AS is_paid
    FROM (
      SELECT q.visitor AS visitor, q.customer AS customer, q.payment_id AS payment_id,
        q.payment_id GLOBAL IN (
          SELECT c.payment_id FROM credits AS c
          WHERE c.site = {site:String} AND c.mode = {mode:String} AND c.entry_kind = 'charge' AND c.position <= 0
            AND c.payment_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
            AND c.payment_at < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')
        ) AS is_paid
      FROM payment_paths AS q
      WHERE q.site = {site:String} AND q.mode = {mode:String}
      GROUP BY q.visitor, q.customer, q.payment_id
      HAVING sum(q.sign) > 0
    ) AS p
    GROUP BY p.visitor
  ) AS k ON k.visitor = v.visitor
  GROUP BY person
  HAVING max(k.is_paid) = 0 AND max(v.at) >= {from_ms:Int64}
)
GROUP BY channels
ORDER BY visitors DESC, channels
LIMIT ${MAX_PATHS + 1}`;
