import type { MovementRow } from '../../core/movement-row.ts';
import type { WrittenRows } from '../../core/written-rows.ts';
import { rowText } from './client.ts';
import { TOUCHPOINT_COLUMNS, touchpointCells } from './credits.ts';
import { timeText } from './times.ts';

const COLUMNS = [
  'site',
  'mode',
  'subscription',
  'customer',
  'at',
  'kind',
  'currency',
  'delta',
  'reporting_currency',
  'reporting_delta',
  'visitor',
  'reason',
  'touch_at',
  ...TOUCHPOINT_COLUMNS,
  'sign',
] as const;

/** Movements as they are inserted. */
export function writtenMovements(rows: readonly MovementRow[]): WrittenRows {
  return { table: 'subscription_movements', columns: COLUMNS, lines: rows.map((row) => rowText(movementCells(row))) };
}

function movementCells(row: MovementRow): unknown[] {
  const { touchpoint, reporting } = row;
  return [
    row.site,
    row.mode,
    row.subscription,
    row.customer ?? '',
    timeText(row.at),
    row.movement,
    row.currency,
    row.deltaMinor,
    reporting?.currency ?? '',
    reporting?.deltaMinor ?? 0,
    touchpoint?.visitor ?? '',
    row.reason,
    touchpoint && timeText(touchpoint.occurredAt),
    ...touchpointCells(touchpoint),
    row.sign,
  ];
}
