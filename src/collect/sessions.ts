import { carriesCampaign } from '../core/acquisition-url.ts';
import type { Event } from '../core/event.ts';
import type { SessionEnd } from '../storage/facts/facts.ts';

/** A session is a visitor's events with gaps under 30 minutes. */
export const SESSION_GAP_MS = 30 * 60 * 1000;

type Session = Omit<SessionEnd, 'site' | 'visitor'>;

/**
 * Finds the session of events that came without one (server events, clients without cookies). An event continues the
 * visitor's session when the gap is under 30 minutes and it brings no new campaign; otherwise it starts one, whose id is
 * made from the event's own id, so that the same events always get the same sessions.
 *
 * @param events a batch in order of arrival; those with a session of their own are sessions to be continued
 * @param known sessions of these visitors around these times
 * @returns position in `events` → session, only for events with a visitor and without a session
 */
export function assignSessions(events: readonly Event[], known: readonly SessionEnd[]): Map<number, string> {
  const assigned = new Map<number, string>();
  const groups = groupByVisitor(events);
  const sessionsOf = new Map<string, Session[]>();
  for (const end of known) {
    const key = visitorKey(end.site, end.visitor);
    if (groups.has(key)) sessionsOf.set(key, [...(sessionsOf.get(key) ?? []), { ...end }]);
  }
  for (const [key, positions] of groups) {
    if (positions.every((position) => events[position]!.session !== '')) continue;
    const sessions = sessionsOf.get(key) ?? [];
    // Equal times keep their order of arrival: the sort is stable.
    positions.sort((a, b) => events[a]!.occurredAt - events[b]!.occurredAt);
    for (const position of positions) {
      if (events[position]!.session !== '') join(sessions, events[position]!, events[position]!.session);
    }
    for (const position of positions) {
      const event = events[position]!;
      if (event.session !== '') continue;
      const id = continued(sessions, event)?.session ?? `s_${event.id.replaceAll('-', '')}`;
      join(sessions, event, id);
      assigned.set(position, id);
    }
  }
  return assigned;
}

/** Visitors of a batch whose sessions must be asked for, and the times around which. */
export function sessionsWanted(
  events: readonly Event[],
): { visitors: { site: string; visitor: string }[]; fromMs: number; toMs: number } | null {
  const visitors = new Map<string, { site: string; visitor: string }>();
  let from = Infinity;
  let to = -Infinity;
  for (const { site, visitor, session, occurredAt } of events) {
    if (visitor === '' || session !== '') continue;
    visitors.set(visitorKey(site, visitor), { site, visitor });
    from = Math.min(from, occurredAt);
    to = Math.max(to, occurredAt);
  }
  if (visitors.size === 0) return null;
  return { visitors: [...visitors.values()], fromMs: from - SESSION_GAP_MS, toMs: to + SESSION_GAP_MS };
}

function groupByVisitor(events: readonly Event[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  events.forEach(({ site, visitor }, position) => {
    if (visitor === '') return;
    const key = visitorKey(site, visitor);
    const group = groups.get(key);
    if (group) group.push(position);
    else groups.set(key, [position]);
  });
  return groups;
}

/** The session an event belongs to: the latest that began before it, else the next one, if the gap is small enough. */
function continued(sessions: readonly Session[], event: Event): Session | null {
  const near = sessions
    .filter(({ firstAt, lastAt }) => {
      return event.occurredAt < lastAt + SESSION_GAP_MS && event.occurredAt > firstAt - SESSION_GAP_MS;
    })
    .sort((a, b) => b.firstAt - a.firstAt);
  if (carriesCampaign(event.url)) return near.find((session) => sameCampaign(session, event)) ?? null;
  return near.find(({ firstAt }) => firstAt <= event.occurredAt) ?? near.at(-1) ?? null;
}

function sameCampaign(session: Session, event: Event): boolean {
  return (
    session.source === event.source &&
    session.medium === event.medium &&
    session.campaign === event.campaign &&
    session.clickId === event.clickId
  );
}

function join(sessions: Session[], event: Event, id: string): void {
  const { occurredAt, source, medium, campaign, clickId } = event;
  const session = sessions.find((one) => one.session === id);
  if (!session) {
    sessions.push({ session: id, firstAt: occurredAt, lastAt: occurredAt, source, medium, campaign, clickId });
    return;
  }
  if (occurredAt < session.firstAt) Object.assign(session, { firstAt: occurredAt, source, medium, campaign, clickId });
  session.lastAt = Math.max(session.lastAt, occurredAt);
}

function visitorKey(site: string, visitor: string): string {
  return `${site}\0${visitor}`;
}
