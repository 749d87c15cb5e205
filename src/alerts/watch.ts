import { randomUUID } from 'node:crypto';
import { COVERAGE_RULE, judgeCoverage, recoveredAt } from '../core/coverage.ts';
import type { CoverageFall, Outage } from '../core/coverage.ts';
import type { Mode } from '../core/payment.ts';
import type { Log } from '../loop.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records, Site } from '../storage/records/records.ts';
import type { Alert } from '../storage/records/records-alerts.ts';

const EVERY_MS = 5 * 60_000;
const LEASE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The past of the longest window. */
const READ_MS = COVERAGE_RULE.pastDays * DAY_MS + Math.max(...COVERAGE_RULE.windowsMs);
const ALERTS_READ = 100;
const CURSOR = 'coverage';

/**
 * Worker: compares each site's coverage with its own past every few minutes, raises an alert when it has fallen, and
 * resolves it when it is back. A site's turn is a cursor under the site's id, so that several processes share the sites.
 */
export function createCoverageWatch(deps: {
  records: Pick<Records, 'sites' | 'cursors' | 'alerts'>;
  facts: Pick<Facts, 'coverageCounts' | 'coverageReasons'>;
  defaultMode: (site: string) => Promise<Mode>;
  now: () => number;
  log: Log;
  onRaised?: () => void;
}): { runOnce(): Promise<boolean> } {
  const { records, facts, defaultMode, now, log, onRaised } = deps;
  const owner = randomUUID();
  const known = new Set<string>();

  async function ensureTurns(): Promise<void> {
    for (const { id } of await records.sites.list()) {
      if (known.has(id)) continue;
      await records.cursors.ensure(id, CURSOR, {}, now());
      known.add(id);
    }
  }

  async function look(site: Site): Promise<void> {
    const mode = await defaultMode(site.id);
    const at = now();
    if (await endUnwatched(records.alerts, site.id, { watched: mode, at })) onRaised?.();
    const buckets = await facts.coverageCounts(site.id, mode, at - READ_MS, at);
    const standing = await records.alerts.standing(site.id, mode);
    if (standing) {
      const back = recoveredAt(buckets, standing.detail, at);
      if (back === null) return;
      const how = { resolvedAt: back, resolution: 'back', resolvedBy: null, now: at } as const;
      if (await records.alerts.resolve(site.id, standing.id, how)) onRaised?.();
      return;
    }
    const fall = judgeCoverage(buckets, { now: at, ...pastOf(await records.alerts.list(site.id, ALERTS_READ), mode) });
    if (fall === null) return;
    const detail = { ...fall, reasons: await reasonsOf(fall, site.id, mode, at) };
    const raised = await records.alerts.raise({
      site: site.id,
      mode,
      kind: 'coverage',
      since: fall.since,
      openedAt: at,
      detail,
    });
    if (!raised) return;
    log.warn({ site: site.id, alert: raised.id }, 'coverage has fallen');
    onRaised?.();
  }

  /** Why those are unattributed whose low share is the alert's: they add up to what it counts. */
  async function reasonsOf({ since }: CoverageFall, site: string, mode: Mode, at: number) {
    const rows = await facts.coverageReasons(site, mode, since, at);
    const reasons: Record<string, number> = {};
    for (const { at: bucket, reason, payments } of rows) {
      // What is younger was not judged yet.
      if (bucket <= at - COVERAGE_RULE.graceMs) reasons[reason] = (reasons[reason] ?? 0) + payments;
    }
    return reasons;
  }

  return {
    async runOnce() {
      await ensureTurns();
      const turn = await records.cursors.claim(CURSOR, owner, now(), LEASE_MS);
      if (!turn) return false;
      const site = await records.sites.get(turn.connection);
      if (site) await look(site);
      await records.cursors.save(turn, {}, now() + EVERY_MS);
      return true;
    },
  };
}

/** Nobody looks at test money any more once a site is live: an alert of it would stand for ever. */
async function endUnwatched(
  alerts: Records['alerts'],
  site: string,
  { watched, at }: { watched: Mode; at: number },
): Promise<boolean> {
  const left = await alerts.standing(site, watched === 'live' ? 'test' : 'live');
  if (left === null) return false;
  return alerts.resolve(site, left.id, { resolvedAt: at, resolution: 'back', resolvedBy: null, now: at });
}

/** What earlier alerts say of the past: outages are no example, and what was accepted begins a new usual. */
function pastOf(alerts: readonly Alert[], mode: Mode): { startsAt: number; outages: Outage[] } {
  const own = alerts.filter((alert) => alert.mode === mode);
  const accepted = own.filter(({ resolution }) => resolution === 'accepted').map(({ since }) => since);
  const outages = own.flatMap(({ since, resolvedAt, resolution }) =>
    resolution === 'back' ? [{ from: since, until: resolvedAt! }] : [],
  );
  return { startsAt: Math.max(0, ...accepted), outages };
}
