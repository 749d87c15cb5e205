import type { Records } from '../storage/records/records.ts';
import { requestComparison } from './compare-facts.ts';

const EVERY_MS = 6 * 3_600_000;
/** At a start the hits and webhooks that waited come first. */
const AFTER_START_MS = 60_000;

/** Queues a comparison of each site's facts: soon after a start, when a lost store is most likely, and every six hours. */
export function createComparisonStarter({
  records,
  now,
}: {
  records: Pick<Records, 'sites' | 'transaction'>;
  now: () => number;
}): { runOnce(): Promise<boolean> } {
  let dueAt = now() + AFTER_START_MS;
  return {
    async runOnce() {
      if (now() < dueAt) return false;
      for (const { id } of await records.sites.list()) await requestComparison(records, id, now());
      dueAt = now() + EVERY_MS;
      return false;
    },
  };
}
