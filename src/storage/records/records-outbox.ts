import type { CreditRow } from '../../core/attribution/credit.ts';
import type { PathRow } from '../../core/attribution/path-row.ts';
import type { MovementRow } from '../../core/movement-row.ts';
import type { SpendRow } from '../../core/spend.ts';
import type { WrittenRows, WrittenText } from '../../core/written-rows.ts';

/** Of credits and paths there are many: they are written out as the facts store takes them in. */
export type OutboxRow = WrittenRows | MovementRow | SpendRow;

/** Rows on their way to the facts store. Insert first, delete after; a batch keeps its rows and its token for ever. */
export interface Outbox {
  add(rows: readonly OutboxRow[]): Promise<void>;
  /** The oldest batch: an unfinished one exactly as it was, else the next `limit` rows written down as a new one. */
  nextBatch(limit: number): Promise<OutboxBatch | null>;
  remove(token: string): Promise<void>;
  count(): Promise<number>;
  /** What waits, in the order it was added; null: nothing. What is added later has a higher number. */
  span(): Promise<{ first: number; last: number } | null>;
}

export interface OutboxBatch {
  token: string;
  /** One for each table and list of columns, which an earlier version may have had otherwise. */
  written: WrittenText[];
  /** Of recurring revenue. */
  movements: MovementRow[];
  spend: SpendRow[];
  /** As earlier versions kept them. */
  rows: CreditRow[];
  paths: PathRow[];
}
