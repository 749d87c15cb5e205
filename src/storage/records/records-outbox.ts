import type { CreditRow } from '../../core/attribution/credit.ts';
import type { PathRow } from '../../core/attribution/path-row.ts';
import type { MovementRow } from '../../core/movement-row.ts';
import type { SpendRow } from '../../core/spend.ts';

export type OutboxRow = CreditRow | MovementRow | PathRow | SpendRow;

/** Rows on their way to the facts store. Insert first, delete after; a batch keeps its rows and its token for ever. */
export interface Outbox {
  add(rows: readonly OutboxRow[]): Promise<void>;
  /** The oldest batch: an unfinished one exactly as it was, else the next `limit` rows written down as a new one. */
  nextBatch(limit: number): Promise<OutboxBatch | null>;
  remove(token: string): Promise<void>;
  count(): Promise<number>;
}

export interface OutboxBatch {
  token: string;
  rows: CreditRow[];
  /** Of recurring revenue. */
  movements: MovementRow[];
  paths: PathRow[];
  spend: SpendRow[];
}
