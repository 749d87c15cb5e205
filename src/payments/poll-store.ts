import type { Connection } from '../storage/records/records.ts';
import { LeaseLost } from './backfill-page.ts';
import { whyForeign } from './connect-events.ts';
import { recordGaps } from './heal.ts';
import { bodyPlace } from './inbox.ts';
import type { PollerOptions, PollPlace, Work } from './poll-place.ts';
import type { ListedEvent } from './provider-lists.ts';

const LEASE_MS = 60_000;

/** Puts the events of a page that are not known into the inbox, in one commit with the place that polling has reached. */
export async function storePage(
  options: PollerOptions,
  { row, connection }: Work,
  events: readonly ListedEvent[],
  place: PollPlace,
): Promise<void> {
  const { records, now } = options;
  const wanted = new Set(options.types);
  const useful = events.filter((event) => wanted.has(event.type));
  const known = new Set(
    await records.inbox.known(
      connection.id,
      useful.map(({ id }) => id),
    ),
  );
  const fresh = useful.filter((event) => !known.has(event.id));
  const delivered = await records.deliveries.ofConnection(connection.id);
  const deliveredFrom = new Map(delivered.map(({ type, firstAt }) => [type, firstAt]));
  const isStored = await records.transaction(async (tx) => {
    // By id: two writers that insert the same events in different orders would wait for each other (PostgreSQL).
    const inOrder = fresh.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    for (const event of inOrder)
      await tx.inbox.add(inboxRow(options, connection, event, deliveredFrom.get(event.type)));
    if (place.walk === null) await recordGaps(tx, connection, now());
    if (!(await tx.cursors.save(row, place, now() + LEASE_MS))) throw new LeaseLost();
    return fresh.length > 0;
  });
  if (isStored) options.onStored?.();
}

function inboxRow(
  { secrets, now }: PollerOptions,
  connection: Connection,
  event: ListedEvent,
  deliveredFrom: number | undefined,
) {
  const reason = whyForeign(connection, event);
  return {
    connection: connection.id,
    eventId: event.id,
    type: event.type,
    body: secrets.seal(event.body, bodyPlace(connection.id, event.id)),
    receivedAt: now(),
    polled: { eventAt: event.createdAt, isExpected: deliveredFrom !== undefined && deliveredFrom <= event.createdAt },
    ...(reason === null ? {} : { state: 'quarantined' as const, reason }),
  };
}
