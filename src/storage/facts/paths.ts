import type { PathRow } from '../../core/attribution/path-row.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';
import type { WrittenRows } from '../../core/written-rows.ts';
import { inner, remembered } from './cells.ts';
import { tagCells, TOUCHPOINT_COLUMNS } from './credits.ts';
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

/** What tags are called in a report is the question's to say. */
const visitCells = (touch: Touchpoint) => [touch.visitor, timeText(touch.occurredAt), ...tagCells(touch)];

/** Paths as they are inserted: a row for each touchpoint. */
export function writtenPaths(rows: readonly PathRow[]): WrittenRows {
  const visit = remembered(visitCells);
  const lines = rows.flatMap(({ pathOf, site, mode, customer, endsAt, touchpoints, sign }) => {
    const own = inner([site, mode, pathOf, customer ?? '', timeText(endsAt)]);
    return touchpoints.map((touch, position) => `[${visit(touch)},${own},${position},${sign}]`);
  });
  return { table: 'payment_paths', columns: COLUMNS, lines };
}
