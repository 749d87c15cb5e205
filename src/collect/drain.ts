import type { Log } from '../loop.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { type CollectCounters, createCollectCounters } from './counters.ts';
import { createPlanInsert } from './drain-insert.ts';
import { makePlan, type Plan, plannedEvents } from './drain-plan.ts';
import { type HandOver, siteHitsOf } from './hand-over.ts';
import type { Spool, SpoolRow } from './spool.ts';

export type { HandOver, SiteHits } from './hand-over.ts';

/** Moves acknowledged hits from the spool to the facts store, each exactly once. */
export interface Drain {
  /**
   * One turn: at most one batch. True when so many hits wait that the next turn should follow at once.
   * @throws FactsUnavailable and whatever `handOver` throws; the hits stay in the spool and the turn is repeated
   */
  runOnce(): Promise<boolean>;
}

/** What every batch costs whatever its size is small beside this many; more would keep requests waiting meanwhile. */
const BATCH_EVENTS = 16_000;
/** Below this many waiting hits the next turn may wait: many small inserts cost the facts store more than they bring. */
const BUSY_EVENTS = 2000;

/**
 * A turn: take rows, leave out known ids, give sessions, write the plan down, insert, hand over to payments, forget.
 * Each step before the last can be repeated, so a crash anywhere loses nothing and doubles nothing.
 */
export function createDrain(options: {
  spool: Spool;
  facts: Pick<Facts, 'insertEvents' | 'knownEventIds' | 'sessionsBetween'>;
  handOver: HandOver;
  now: () => number;
  log: Log;
  counters?: CollectCounters;
  batchEvents?: number;
}): Drain {
  const { spool, facts, handOver, now, log, batchEvents = BATCH_EVENTS } = options;
  const counters = options.counters ?? createCollectCounters();
  const insertPlan = createPlanInsert({ spool, facts, now, log, counters });

  /** The plan under way with its rows, or null. */
  function writtenPlan(): { plan: Plan; rows: SpoolRow[] } | null {
    const written = spool.readPlan();
    if (written === null) return null;
    const plan = JSON.parse(written) as Plan;
    const rows = spool.range(plan.firstRow, plan.lastRow);
    if (rows.reduce((count, row) => count + row.events.length, 0) === plan.count) return { plan, rows };
    // Positions would name other events now. Planned anew, what was inserted is known and left out.
    log.error({ firstRow: plan.firstRow, lastRow: plan.lastRow }, 'spool rows changed under a plan; planning anew');
    spool.writePlan(null);
    return null;
  }

  async function newPlan(): Promise<{ plan: Plan; rows: SpoolRow[] } | null> {
    const rows = spool.take(batchEvents);
    if (rows.length === 0) return null;
    const plan = await makePlan(rows, facts, now());
    spool.writePlan(JSON.stringify(plan));
    counters.duplicates += plan.excluded.length;
    return { plan, rows };
  }

  return {
    async runOnce() {
      const current = writtenPlan() ?? (await newPlan());
      if (!current) return false;
      const { plan, rows } = current;
      const events = rows.flatMap((row) => row.events);
      await insertPlan(plan, plannedEvents(events, plan));
      // Known hits too: the turn that inserted them may have ended before it came here.
      await handOver(siteHitsOf(events));
      spool.finish(plan.lastRow);
      return spool.size().events >= BUSY_EVENTS;
    },
  };
}
