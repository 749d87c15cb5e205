import type { PathRow } from '../../core/attribution/path-row.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';
import { textOf } from '../../core/written-rows.ts';
import type { WrittenRows } from '../../core/written-rows.ts';
import type { FactsClient } from './client.ts';
import { inner, remembered } from './cells.ts';
import { TOUCHPOINT_COLUMNS } from './credits.ts';
import type { Facts } from './facts.ts';
import { timeText } from './times.ts';

/** What paths have in common stands together: it is written out once. */
const COLUMNS = [
  'visitor',
  'touch_at',
  ...TOUCHPOINT_COLUMNS,
  'site',
  'mode',
  'payment_id',
  'customer',
  'ends_at',
  'position',
  'sign',
] as const;

/** Tags as they are: what they are called in a report is the question's to say. In the order of TOUCHPOINT_COLUMNS. */
function visitCells(touch: Touchpoint): unknown[] {
  return [
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
  ];
}

/** Paths as they are inserted: a row for each touchpoint. */
export function writtenPaths(rows: readonly PathRow[]): WrittenRows {
  const visit = remembered(visitCells);
  const lines = rows.flatMap(({ pathOf, site, mode, customer, endsAt, touchpoints, sign }) => {
    const own = inner([site, mode, pathOf, customer ?? '', timeText(endsAt)]);
    return touchpoints.map((touch, position) => `[${visit(touch)},${own},${position},${sign}]`);
  });
  return { table: 'payment_paths', columns: COLUMNS, lines };
}

export function createPaths(client: FactsClient): Pick<Facts, 'insertPaths'> {
  return {
    insertPaths: (rows, token) => client.insertWritten(textOf(writtenPaths(rows)), token),
  };
}
