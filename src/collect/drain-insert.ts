import type { Event } from '../core/event.ts';
import type { Log } from '../loop.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { CollectCounters } from './counters.ts';
import { DUPLICATE_WINDOW_MS, halves, type Piece, type Plan } from './drain-plan.ts';
import type { Reject, Spool } from './spool.ts';

const SUSPECTS_MAX = 8;
const ATTEMPTS_MAX = 5;

/**
 * Inserts what a plan has left. A piece that the store refuses is halved until the bad event stands alone, so that one
 * bad event never sinks the others; it is set aside where people can see it.
 */
export function createPlanInsert(options: {
  spool: Pick<Spool, 'writePlan'>;
  facts: Pick<Facts, 'insertEvents' | 'knownEventIds'>;
  now: () => number;
  log: Log;
  counters: CollectCounters;
}) {
  const { spool, facts, now, log, counters } = options;
  const save = (plan: Plan, rejects: readonly Reject[] = []) => spool.writePlan(JSON.stringify(plan), rejects);

  /** After an insert that failed half-way only the same token is safe: halves under new tokens would double. */
  async function requireNothingStored(plan: Plan, batch: readonly Event[], refusal: unknown): Promise<void> {
    const ids = batch.map(({ site, id }) => ({ site, id }));
    if ((await facts.knownEventIds(ids, now() - DUPLICATE_WINDOW_MS)).size === 0) return;
    plan.attempts += 1;
    // Planned anew, what is stored is known and left out.
    if (plan.attempts >= ATTEMPTS_MAX) spool.writePlan(null);
    else save(plan);
    throw refusal;
  }

  /** One piece: inserted, or halved, or suspected. @returns why it was refused, '' when it was not */
  async function insertPiece(plan: Plan, piece: Piece, batch: readonly Event[]): Promise<string> {
    try {
      await facts.insertEvents(batch, piece.token);
      counters.drained += batch.length;
      plan.inserted += 1;
      return '';
    } catch (refusal) {
      if (isOutage(refusal)) throw refusal;
      await requireNothingStored(plan, batch, refusal);
      const error = String(refusal).slice(0, 500);
      log.warn({ events: batch.length, error }, 'the facts store refused a batch; looking for the bad event');
      if (batch.length === 1) plan.suspects.push(piece);
      else plan.pieces.splice(1, 0, ...halves(piece));
      return error;
    }
  }

  /**
   * Gives up single events the store refused, if it took others. When it takes nothing at all the fault is the store's:
   * the hits stay and are tried again. A lone event gets five turns.
   */
  function settleSuspects(plan: Plan, eventsOf: (piece: Piece) => Event[], error: string): void {
    plan.attempts += 1;
    const alone = plan.pieces.length === 0 && plan.suspects.length === 1;
    if (plan.inserted === 0 && !(alone && plan.attempts >= ATTEMPTS_MAX)) {
      plan.pieces.unshift(...plan.suspects.splice(0));
      save(plan);
      throw new Error(`the facts store takes no events: ${error}`);
    }
    const rejects = plan.suspects.flatMap(eventsOf).map((event) => {
      return { site: event.site, eventId: event.id, body: JSON.stringify(event), error };
    });
    plan.suspects = [];
    save(plan, rejects);
    counters.rejected += rejects.length;
    for (const { site, eventId } of rejects) log.error({ site, eventId, error }, 'event set aside in spool_rejects');
  }

  return async function insertPlan(plan: Plan, events: readonly (Event | null)[]): Promise<void> {
    const eventsOf = ({ from, to }: Piece) => events.slice(from, to).filter((event) => event !== null);
    let refusal = '';
    while (plan.pieces.length > 0) {
      const piece = plan.pieces[0]!;
      const batch = eventsOf(piece);
      if (batch.length > 0) refusal = (await insertPiece(plan, piece, batch)) || refusal;
      plan.pieces.shift();
      // A whole batch taken at once needs no note: the spool forgets it next.
      if (plan.pieces.length > 0 || plan.suspects.length > 0) save(plan);
      if (plan.inserted === 0 && plan.suspects.length >= SUSPECTS_MAX) break;
    }
    if (plan.suspects.length > 0) settleSuspects(plan, eventsOf, refusal);
  };
}

/** By name: this folder knows the facts store by its types only. */
function isOutage(error: unknown): boolean {
  return error instanceof Error && error.name === 'FactsUnavailable';
}
