import type { Connection, Records } from '../storage/records/records.ts';
import { LIST_NAMES } from './provider-lists.ts';

/** A webhook may be this late before it counts as missed; the provider repeats a failed one within minutes. */
export const GRACE_MS = 10 * 60_000;
/** Events missed closer together than this belong to one outage. */
const JOIN_MS = 6 * 3_600_000;
const EVENTS_PER_TURN = 5_000;

/**
 * Finds what webhooks missed: events that were polled, that this endpoint had delivered the type of before, and that no
 * webhook has brought within the grace. They are booked already; this writes down when the endpoint was silent and what
 * polling brought instead. Call inside a transaction.
 *
 * @returns how many events were found
 */
export async function recordGaps(tx: Records, connection: Pick<Connection, 'id'>, now: number): Promise<number> {
  const missed = await tx.inbox.undelivered(connection.id, now - GRACE_MS, EVENTS_PER_TURN);
  let open = missed.length > 0 ? await tx.gaps.latest(connection.id) : null;
  let from = 0;
  while (from < missed.length) {
    let to = from + 1;
    while (to < missed.length && missed[to]!.eventAt - missed[to - 1]!.eventAt <= JOIN_MS) to += 1;
    const part = missed.slice(from, to);
    from = to;
    const [first, last] = [part[0]!.eventAt, part.at(-1)!.eventAt];
    const joins = open !== null && first <= open.toAt + JOIN_MS && last >= open.fromAt - JOIN_MS;
    const before = joins ? open!.brought : {};
    const brought = { ...before };
    for (const { type } of part) brought[type] = (brought[type] ?? 0) + 1;
    if (joins) {
      const change = { fromAt: Math.min(open!.fromAt, first), toAt: Math.max(open!.toAt, last), foundAt: now, brought };
      await tx.gaps.update(open!.id, change);
      open = { ...open!, ...change };
    } else {
      const found = {
        connection: connection.id,
        fromAt: first,
        toAt: last,
        foundAt: now,
        by: 'events' as const,
        brought,
      };
      open = await tx.gaps.add(found);
    }
    await tx.inbox.assignGap(
      connection.id,
      part.map((event) => event.eventId),
      open.id,
    );
  }
  return missed.length;
}

/**
 * Nobody listened for longer than the provider keeps events. What happened before that is read from its lists of
 * objects, by a backfill that also says what it brought.
 */
export async function healByLists(
  tx: Records,
  connection: Pick<Connection, 'id'>,
  gap: { fromAt: number; toAt: number },
  now: number,
): Promise<void> {
  const found = await tx.gaps.add({ connection: connection.id, ...gap, foundAt: now, by: 'lists', brought: {} });
  // Everything since then: an object of that time may have been changed at any time after.
  await tx.jobs.add(
    'backfill',
    { connection: connection.id, since: gap.fromAt, lists: LIST_NAMES, gap: found.id },
    now,
  );
}

export async function closeListGap(
  records: Pick<Records, 'gaps'>,
  id: string,
  brought: Record<string, number>,
  now: number,
): Promise<void> {
  const gap = await records.gaps.get(id);
  if (gap) await records.gaps.update(id, { fromAt: gap.fromAt, toAt: gap.toAt, foundAt: now, brought });
}
