import type { CreditRow } from '../../core/attribution/credit.ts';
import type { PathRow } from '../../core/attribution/path-row.ts';
import type { MovementRow } from '../../core/movement-row.ts';
import type { SpendRow } from '../../core/spend.ts';
import { createPacker, unpackRows, type Pack } from './credit-pack.ts';
import type { OutboxBatch, OutboxRow } from './records-outbox.ts';

/** Many rows for the facts store in one of the outbox: credits packed, paths as positions among their touchpoints. */
interface Body extends Pack {
  paths: (Omit<PathRow, 'touchpoints'> & { touchpoints: number[] })[];
  others: (MovementRow | SpendRow)[];
}

export function packOutbox(rows: readonly OutboxRow[]): string {
  const packer = createPacker();
  const paths: Body['paths'] = [];
  const others: Body['others'] = [];
  for (const row of rows) {
    if (isCredit(row)) packer.add(row);
    else if (isPath(row)) paths.push({ ...row, touchpoints: row.touchpoints.map(packer.touchpoint) });
    else others.push(row);
  }
  return `{"paths":${JSON.stringify(paths)},"others":${JSON.stringify(others)},${packer.text()}}`;
}

/** Adds what a body holds to the batch. Bodies from before rows were packed hold one. */
export function unpackOutbox(text: string, batch: OutboxBatch): void {
  const body = JSON.parse(text) as Body | OutboxRow;
  if (!('paths' in body)) return addTo(batch, body);
  for (const row of unpackRows(body)) batch.rows.push(row);
  for (const path of body.paths) {
    batch.paths.push({ ...path, touchpoints: path.touchpoints.map((position) => body.touchpoints[position]!) });
  }
  for (const row of body.others) addTo(batch, row);
}

function addTo(batch: OutboxBatch, row: OutboxRow): void {
  if (isPath(row)) batch.paths.push(row);
  else if (isCredit(row)) batch.rows.push(row);
  else if ('movement' in row) batch.movements.push(row);
  else batch.spend.push(row);
}

function isPath(row: OutboxRow): row is PathRow {
  return 'pathOf' in row;
}

function isCredit(row: OutboxRow): row is CreditRow {
  return 'amounts' in row;
}
