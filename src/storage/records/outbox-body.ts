import type { CreditRow } from '../../core/attribution/credit.ts';
import type { PathRow } from '../../core/attribution/path-row.ts';
import { chunksOf } from '../../core/chunks.ts';
import type { MovementRow } from '../../core/movement-row.ts';
import type { SpendRow } from '../../core/spend.ts';
import type { WrittenRows } from '../../core/written-rows.ts';
import { unpackRows, type Pack } from './credit-pack.ts';
import type { OutboxBatch, OutboxRow } from './records-outbox.ts';

/** Rows for the facts store in one row of the outbox. */
export interface OutboxBody {
  body: string;
  /** How many. */
  held: number;
}

const HELD_MAX = 2_000;

/** Some hundred kilobytes each: rows written out, below a line that says where they go; or the others, as JSON. */
export function packOutbox(rows: readonly OutboxRow[]): OutboxBody[] {
  const others = chunksOf(
    rows.filter((row) => !isWritten(row)),
    HELD_MAX,
  );
  return [
    ...rows.filter(isWritten).flatMap(({ table, columns, lines }) =>
      chunksOf(lines, HELD_MAX).map((part) => ({
        body: [JSON.stringify({ table, columns }), ...part].join('\n'),
        held: part.length,
      })),
    ),
    ...others.map((part) => ({ body: JSON.stringify({ others: part }), held: part.length })),
  ];
}

/** Bodies as they are, and as earlier versions wrote them: credits packed, paths as positions; or one row alone. */
type Body = { others: (MovementRow | SpendRow)[] } & Partial<
  Pack & { paths: (Omit<PathRow, 'touchpoints'> & { touchpoints: number[] })[] }
>;

/** What bodies hold, in their order. */
export function unpackOutbox(token: string, bodies: readonly string[]): OutboxBatch {
  const batch: OutboxBatch = { token, written: [], movements: [], spend: [], rows: [], paths: [] };
  const written = new Map<string, string[]>();
  for (const text of bodies) {
    const head = text.indexOf('\n');
    if (head === -1) unpackJson(text, batch);
    else {
      const where = text.slice(0, head);
      written.set(where, [...(written.get(where) ?? []), text.slice(head + 1)]);
    }
  }
  for (const [where, texts] of written) {
    batch.written.push({ ...(JSON.parse(where) as Omit<WrittenRows, 'lines'>), text: texts.join('\n') });
  }
  return batch;
}

function unpackJson(text: string, batch: OutboxBatch): void {
  const body = JSON.parse(text) as Body | Earlier;
  if (!('others' in body)) return addTo(batch, body);
  for (const row of body.others) addTo(batch, row);
  if (!body.rows) return;
  const pack = body as Required<Body>;
  batch.rows.push(...unpackRows(pack));
  batch.paths.push(
    ...pack.paths.map((path) => ({ ...path, touchpoints: path.touchpoints.map((at) => pack.touchpoints[at]!) })),
  );
}

type Earlier = CreditRow | MovementRow | PathRow | SpendRow;

function addTo(batch: OutboxBatch, row: Earlier): void {
  if ('pathOf' in row) batch.paths.push(row);
  else if ('amounts' in row) batch.rows.push(row);
  else if ('movement' in row) batch.movements.push(row);
  else batch.spend.push(row);
}

function isWritten(row: OutboxRow): row is WrittenRows {
  return 'lines' in row;
}
