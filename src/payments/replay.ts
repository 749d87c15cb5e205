import type { Records } from '../storage/records/records.ts';

export interface ReplayInput {
  site: string;
  /** null: all of them. */
  event: string | null;
  /** Also what was processed; else dead letters only. */
  processed?: boolean;
}

/**
 * Puts webhooks back to be processed once more. Booking twice adds nothing, so replaying what was processed is safe too.
 *
 * @returns how many; 0 for an event that is unknown, already waiting, or whose body was purged
 */
export function createReplay(deps: { records: Pick<Records, 'inbox'>; now: () => number; wake?: () => void }) {
  const { records, now, wake } = deps;
  return async ({ site, event, processed = false }: ReplayInput): Promise<number> => {
    const replayed = await records.inbox.replay(site, event, now(), processed ? undefined : 'dead');
    if (replayed > 0) wake?.();
    return replayed;
  };
}
