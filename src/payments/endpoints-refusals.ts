import type { Records } from '../storage/records/records.ts';

/** Webhooks of a site whose signature no stored secret made. */
export interface Refusals {
  count: number;
  /** Epoch ms of the first that is counted. */
  sinceAt: number;
  lastAt: number;
  lastReason: string;
}

const NAME = (site: string) => `webhook_refusals:${site}`;
/** Anyone can send a bad signature: however many come, the store is written this seldom. */
const WRITE_EVERY_MS = 10_000;
const SITES_MAX = 10_000;
const FORGET_AFTER_MS = 7 * 86_400_000;

/**
 * Counts refused webhooks per site, in memory, and writes the counts down now and then: the check-up tells from them
 * that a secret is wrong. Losing a few with a crash loses nothing that matters.
 */
export function createRefusalCounter({ records, now }: { records: Pick<Records, 'settings'>; now: () => number }) {
  const fresh = new Map<string, { count: number; firstAt: number; lastAt: number; lastReason: string }>();
  let writtenAt = 0;
  return {
    note(site: string, reason: string): void {
      const known = fresh.get(site);
      if (!known && fresh.size >= SITES_MAX) return;
      fresh.set(site, {
        count: (known?.count ?? 0) + 1,
        firstAt: known?.firstAt ?? now(),
        lastAt: now(),
        lastReason: reason,
      });
    },
    /** Worker: writes what was counted. */
    async runOnce(): Promise<boolean> {
      if (fresh.size === 0 || writtenAt > now() - WRITE_EVERY_MS) return false;
      writtenAt = now();
      for (const [site, noted] of fresh) {
        const stored = await readRefusals(records, site);
        const isOld = stored !== null && stored.lastAt < now() - FORGET_AFTER_MS;
        const before = isOld ? null : stored;
        const sum: Refusals = {
          count: (before?.count ?? 0) + noted.count,
          sinceAt: before?.sinceAt ?? noted.firstAt,
          lastAt: noted.lastAt,
          lastReason: noted.lastReason.slice(0, 300),
        };
        fresh.delete(site);
        await records.settings.set(NAME(site), JSON.stringify(sum));
      }
      return false;
    },
  };
}

export async function readRefusals(records: Pick<Records, 'settings'>, site: string): Promise<Refusals | null> {
  const text = await records.settings.get(NAME(site));
  return text === null ? null : (JSON.parse(text) as Refusals);
}
