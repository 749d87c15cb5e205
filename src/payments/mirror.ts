import type { Facts } from '../storage/facts/facts.ts';
import type { Records } from '../storage/records/records.ts';

const BATCH_ROWS = 12_000;

/**
 * Carries credits, paths and movements of recurring revenue from the records store's outbox to the facts store. Inserted
 * first, removed after: a batch keeps its rows and its token until it is removed, so that repeating it after a crash or
 * a lost answer inserts nothing twice.
 */
export function createMirror({
  records,
  facts,
}: {
  records: Pick<Records, 'outbox'>;
  facts: Pick<Facts, 'insertWritten' | 'insertMovements' | 'insertSpend' | 'insertCredits' | 'insertPaths'>;
}): { runOnce(): Promise<boolean> } {
  return {
    /** True when there may be more. Throws when a store does not answer; the batch then stays as it is. */
    async runOnce() {
      const batch = await records.outbox.nextBatch(BATCH_ROWS);
      if (!batch) return false;
      const { written, rows, movements, paths, spend, token } = batch;
      // A token names its exact rows in each table. Waited for all of them: what is repeated must not meet itself.
      const inserted = await Promise.allSettled([
        ...written.map((some, index) => facts.insertWritten(some, `${token}.${index}`)),
        rows.length > 0 && facts.insertCredits(rows, token),
        movements.length > 0 && facts.insertMovements(movements, token),
        paths.length > 0 && facts.insertPaths(paths, token),
        spend.length > 0 && facts.insertSpend(spend, token),
      ]);
      const failed = inserted.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
      await records.outbox.remove(token);
      return true;
    },
  };
}
