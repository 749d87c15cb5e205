import type { Log } from '../loop.ts';
import type { Records } from '../storage/records/records.ts';

/** How long a webhook can be replayed after it was processed, set aside or given up. docs/operations.md says it too. */
export const BODIES_KEPT_MS = 30 * 86_400_000;
/** Small, so that a writer waits for a purge no longer than for any other write. */
const BATCH = 500;

/**
 * Empties the bodies of webhooks that were finished long ago: they hold names and addresses of the merchant's customers.
 * Ids, types and times stay, so that a late duplicate is known. Interrupted anywhere, the next turn goes on.
 */
export function createPurge({ records, now, log }: { records: Pick<Records, 'inbox'>; now: () => number; log: Log }): {
  runOnce(): Promise<boolean>;
} {
  let purged = 0;
  return {
    async runOnce() {
      const bodies = await records.inbox.purge(now() - BODIES_KEPT_MS, BATCH);
      purged += bodies;
      if (bodies === BATCH) return true;
      if (purged > 0) log.info({ bodies: purged }, 'bodies of old webhooks purged');
      purged = 0;
      return false;
    },
  };
}
