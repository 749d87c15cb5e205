import type { PathRow } from '../../core/attribution/path-row.ts';
import type { FactsClient } from './client.ts';
import { TOUCHPOINT_COLUMNS } from './credits.ts';
import type { Facts } from './facts.ts';
import { timeText } from './times.ts';

const COLUMNS = [
  'site',
  'mode',
  'payment_id',
  'customer',
  'ends_at',
  'position',
  'visitor',
  'touch_at',
  ...TOUCHPOINT_COLUMNS,
  'sign',
] as const;

export function createPaths(client: FactsClient): Pick<Facts, 'insertPaths'> {
  return {
    insertPaths: (rows, token) => client.insert('payment_paths', COLUMNS, rows.flatMap(pathCells), token),
  };
}

/** Tags as they are: what they are called in a report is the question's to say. In the order of TOUCHPOINT_COLUMNS. */
function pathCells({ pathOf, site, mode, customer, endsAt, touchpoints, sign }: PathRow): unknown[][] {
  return touchpoints.map((touch, position) => [
    site,
    mode,
    pathOf,
    customer ?? '',
    timeText(endsAt),
    position,
    touch.visitor,
    timeText(touch.occurredAt),
    touch.source,
    touch.medium,
    touch.campaign,
    touch.term,
    touch.content,
    touch.clickId,
    touch.channel,
    touch.referrerHost,
    touch.landingPage,
    touch.hostname,
    touch.country,
    touch.device,
    touch.browser,
    touch.os,
    sign,
  ]);
}
