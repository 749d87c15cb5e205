import type { Facts } from '../storage/facts/facts.ts';
import type { Records } from '../storage/records/records.ts';

const BATCH_ROWS = 5_000;

/**
 * Carries credits, paths and movements of recurring revenue from the records store's outbox to the facts store. Inserted
 * first, removed after: a batch keeps its rows and its token until it is removed, so that repeating it after a crash or a lost answer inserts nothing twice.
 */
export function createMirror({
  records,
  facts,
}: {
  records: Pick<Records, 'outbox'>;
  facts: Pick<Facts, 'insertCredits' | 'insertMovements' | 'insertPaths' | 'insertSpend'>;
}): { runOnce(): Promise<boolean> } {
  return {
    /** True when there may be more. Throws when a store does not answer; the batch then stays as it is. */
    async runOnce() {
      const batch = await records.outbox.nextBatch(BATCH_ROWS);
      if (!batch) return false;
      // A token names its exact rows in each table.
      if (batch.rows.length > 0) await facts.insertCredits(batch.rows, batch.token);
      if (batch.movements.length > 0) await facts.insertMovements(batch.movements, batch.token);
      if (batch.paths.length > 0) await facts.insertPaths(batch.paths, batch.token);
      if (batch.spend.length > 0) await facts.insertSpend(batch.spend, batch.token);
      await records.outbox.remove(batch.token);
      return true;
    },
  };
}
