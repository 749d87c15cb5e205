import { randomUUID } from 'node:crypto';
import type { CursorRow } from '../storage/records/records-history.ts';
import { LeaseLost } from './backfill-page.ts';
import { keyPlace } from './connect.ts';
import { rememberRefusal } from './connect-refused.ts';
import { healByLists } from './heal.ts';
import { pollLists } from './poll-lists.ts';
import { POLL } from './poll-place.ts';
import type { PollerOptions, PollPlace, Work } from './poll-place.ts';
import { storePage } from './poll-store.ts';
import type { ListedEvent } from './provider-lists.ts';
import { KeyRefused, ProviderUnavailable } from './provider.ts';
import { backoffMs, isStoreOutage, patiently } from './retry.ts';

/** Webhooks bring the news and polling looks for what they missed, or polling is all there is. */
const BESIDE_WEBHOOKS_MS = 60_000;
const INSTEAD_OF_WEBHOOKS_MS = 10_000;
/** An event can become visible behind newer ones; looking back costs little, for what is known is passed over. */
const OVERLAP_MS = 5 * 60_000;
/**
 * How far a place may lag behind this server's clock where no event tells the provider's. A clock ten minutes ahead once
 * asked for events of the future, turn after turn, and saw none again.
 */
const QUIET_MS = 86_400_000;
const LEASE_MS = 60_000;
/** How long the provider keeps events, less an hour for clocks. */
const KEPT_MS = 30 * 86_400_000 - 3_600_000;
const REFUSED_PAUSE_MS = 5 * 60_000;
/** A permission that was refused may be given any time. */
const ASK_EVENTS_AGAIN_MS = 3_600_000;

/**
 * Asks the provider what happened, so that a key without a webhook is enough and a webhook that fails is noticed. Events
 * go through the inbox under the same key as webhooks: whichever comes second falls away.
 */
export function createPoller(options: PollerOptions): { runOnce(): Promise<boolean> } {
  const { records, secrets, now, log, owner = randomUUID() } = options;

  /** @returns null: nobody was asked, there is no key that is accepted */
  async function poll(row: CursorRow, place: PollPlace): Promise<PollPlace | null> {
    const connection = await records.connections.get(row.connection);
    const site = connection && (await records.sites.get(connection.site));
    if (!connection || !site || connection.sealedKey === null || connection.status !== 'verified') return null;
    const work = { row, connection, site, key: secrets.open(connection.sealedKey, keyPlace(connection.id)) };
    try {
      if ((place.listsUntil ?? 0) > now()) return await pollLists(options, work, place);
      return await pollEvents(work, await startWalk(options, work, place));
    } catch (error) {
      if (error instanceof KeyRefused)
        await rememberRefusal(records, connection, { reason: error.message, now: now() });
      throw error;
    }
  }

  async function pollEvents(work: Work, start: PollPlace): Promise<PollPlace> {
    let place = start;
    for (;;) {
      const walk = place.walk!;
      const range = { createdFrom: place.from - OVERLAP_MS, createdBefore: null, after: walk.after };
      const page = await patiently(() => options.provider.events(work.key, range));
      if (page.status === 'forbidden') {
        log.warn({ connection: work.connection.id, reason: page.reason }, 'the key may not read events: polling lists');
        return pollLists(options, work, { ...place, walk: null, listsUntil: now() + ASK_EVENTS_AGAIN_MS });
      }
      // The event to go on from is no longer kept: the walk begins again.
      if (page.status === 'rejected' && walk.after !== null) place = { ...place, walk: { ...walk, after: null } };
      else if (page.status === 'rejected') throw new Error(page.reason);
      else {
        const until = walk.after === null ? Math.min(walk.until, seenUntil(page.items, now())) : walk.until;
        place = afterPage(place, { ...walk, until }, page.next);
        await storePage(options, work, page.items, place);
        if (page.next === null) return place;
      }
    }
  }

  async function failed(row: CursorRow, place: PollPlace, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const failures = place.failures + 1;
    const asked = error instanceof ProviderUnavailable ? (error.retryAfterMs ?? 0) : 0;
    const least = error instanceof KeyRefused ? REFUSED_PAUSE_MS : 0;
    const pauseMs = Math.max(asked, least, backoffMs(failures, { firstMs: 5_000, maxMs: 10 * 60_000 }));
    log.warn({ connection: row.connection, failures, error: message, pauseMs }, 'not polled, will be repeated');
    const current = await records.cursors.get(row.connection, POLL);
    // What the walk has saved meanwhile stays.
    const saved = current?.fence === row.fence ? (current.body as unknown as PollPlace) : place;
    await records.cursors.save(row, { ...saved, failures, error: message.slice(0, 300) }, now() + pauseMs);
  }

  return {
    /** One connection's turn. True when there may be another one due. */
    async runOnce() {
      const row = await records.cursors.claim(POLL, owner, now(), LEASE_MS);
      if (!row) return false;
      const place = row.body as unknown as PollPlace;
      try {
        const polled = await poll(row, place);
        const delivered = await records.deliveries.ofConnection(row.connection);
        const everyMs = delivered.length > 0 ? BESIDE_WEBHOOKS_MS : INSTEAD_OF_WEBHOOKS_MS;
        const done = polled === null ? place : { ...polled, failures: 0, error: null, polledAt: now() };
        await records.cursors.save(row, done, now() + everyMs);
      } catch (error) {
        if (isStoreOutage(error)) throw error;
        if (!(error instanceof LeaseLost)) await failed(row, place, error);
      }
      return true;
    },
  };
}

/** Beyond what the provider keeps, its lists of objects are read. */
async function startWalk(
  { records, now }: PollerOptions,
  { row, connection }: Work,
  place: PollPlace,
): Promise<PollPlace> {
  if (place.walk !== null) return place;
  const kept = now() - KEPT_MS;
  // Written while the clock was ahead, and it was set back since.
  const reached = place.from > now() ? now() - QUIET_MS : place.from;
  const from = Math.max(reached, kept);
  const started = { ...place, from, walk: { until: now(), after: null } };
  if (place.from >= kept) return started;
  await records.transaction(async (tx) => {
    await healByLists(tx, connection, { fromAt: place.from, toAt: kept }, now());
    if (!(await tx.cursors.save(row, started, now() + LEASE_MS))) throw new LeaseLost();
  });
  return started;
}

/** By the provider's clock: of its newest event, for the first page is the newest. */
function seenUntil(firstPage: readonly ListedEvent[], now: number): number {
  return Math.max(now - QUIET_MS, ...firstPage.map(({ createdAt }) => createdAt));
}

/** The last page ends the walk: everything up to its beginning is read. */
function afterPage(place: PollPlace, walk: NonNullable<PollPlace['walk']>, next: string | null): PollPlace {
  if (next !== null) return { ...place, walk: { ...walk, after: next } };
  return { ...place, from: Math.max(place.from, walk.until), walk: null };
}
