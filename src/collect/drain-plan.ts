import { randomUUID } from 'node:crypto';
import type { Event } from '../core/event.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { assignSessions, sessionsWanted } from './sessions.ts';
import type { SpoolRow } from './spool.ts';

/** A piece of the batch that is inserted under one token. Positions in the events of the plan's rows, end excluded. */
export interface Piece {
  token: string;
  from: number;
  to: number;
}

/**
 * What is about to be inserted, written down first. A token names its exact rows, so after a crash or a lost answer the
 * plan is repeated as it stands: same rows, same sessions, same tokens.
 */
export interface Plan {
  firstRow: number;
  lastRow: number;
  /** Events in these rows; another number means that a row was damaged since, and the plan is void. */
  count: number;
  /** Positions of events that are known already. */
  excluded: number[];
  /** Position → session given by us. */
  sessions: [number, string][];
  pieces: Piece[];
  /** Single events the store refused, not given up yet. */
  suspects: Piece[];
  /** Pieces inserted under this plan: the store takes events, so it is the event that is bad. */
  inserted: number;
  /** Turns that ended without progress. */
  attempts: number;
}

export const DUPLICATE_WINDOW_MS = 7 * 24 * 3600 * 1000;

export type PlanFacts = Pick<Facts, 'knownEventIds' | 'sessionsBetween'>;

/** @throws FactsUnavailable */
export async function makePlan(rows: readonly SpoolRow[], facts: PlanFacts, now: number): Promise<Plan> {
  const events = rows.flatMap((row) => row.events);
  const excluded = await duplicatesIn(events, facts, now);
  const isExcluded = new Set(excluded);
  const positions = events.map((_, position) => position).filter((position) => !isExcluded.has(position));
  const fresh = positions.map((position) => events[position]!);
  const wanted = sessionsWanted(fresh);
  const known = wanted ? await facts.sessionsBetween(wanted.visitors, wanted.fromMs, wanted.toMs) : [];
  const sessions = wanted ? assignSessions(fresh, known) : new Map<number, string>();
  return {
    firstRow: rows[0]!.id,
    lastRow: rows.at(-1)!.id,
    count: events.length,
    excluded,
    sessions: [...sessions].map(([index, session]) => [positions[index]!, session]),
    pieces: fresh.length === 0 ? [] : [{ token: randomUUID(), from: 0, to: events.length }],
    suspects: [],
    inserted: 0,
    attempts: 0,
  };
}

/** Positions of hits whose id came before: in this batch, or within 7 days. */
async function duplicatesIn(events: readonly Event[], facts: PlanFacts, now: number): Promise<number[]> {
  const ids = events.map(({ site, id }) => ({ site, id }));
  const seen = new Set(await facts.knownEventIds(ids, now - DUPLICATE_WINDOW_MS));
  const duplicates: number[] = [];
  events.forEach(({ site, id }, position) => {
    const key = `${site}\0${id}`;
    if (seen.has(key)) duplicates.push(position);
    else seen.add(key);
  });
  return duplicates;
}

/** The events to insert at their positions; null where one is left out. */
export function plannedEvents(events: readonly Event[], plan: Plan): (Event | null)[] {
  const sessions = new Map(plan.sessions);
  const excluded = new Set(plan.excluded);
  return events.map((event, position) => {
    if (excluded.has(position)) return null;
    const session = sessions.get(position);
    return session === undefined ? event : { ...event, session };
  });
}

export function halves({ from, to }: Piece): [Piece, Piece] {
  const middle = (from + to) >> 1;
  return [
    { token: randomUUID(), from, to: middle },
    { token: randomUUID(), from: middle, to },
  ];
}
