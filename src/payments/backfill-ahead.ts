import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Place } from './backfill-plan.ts';
import type { Listed, ListedObject } from './provider-lists.ts';

/** One commit takes this many pages at most: while the store is slower than the provider, few commits for many pages. */
const PAGES_TOGETHER = 5;

/** Turns of the event loop that a request needs to leave, and an answer to be read. */
const EVENT_TURNS = 4;

export interface Arrived {
  place: Place;
  page: Listed<ListedObject>;
}

/**
 * Pages on their way. A place is asked for once, and again only after its page was taken, so there are never more pages
 * in memory than places.
 */
export function createReadAhead(ask: (place: Place) => Promise<Listed<ListedObject>>) {
  const asked = new Set<Place>();
  let arrived: Arrived[] = [];
  let failure: { error: unknown } | null = null;
  let wake = () => {};

  async function read(place: Place): Promise<void> {
    try {
      const page = await ask(place);
      arrived.push({ place, page });
    } catch (error) {
      // The other pages are worth having whatever became of this one.
      failure ??= { error };
      asked.delete(place);
    }
    wake();
  }

  return {
    /** Asks for the pages of these places that are not on their way; for none any more after one failed. */
    ask(places: readonly Place[]): void {
      if (failure) return;
      for (const place of places) {
        if (asked.has(place)) continue;
        asked.add(place);
        void read(place);
      }
    },
    /**
     * What came first, together with what else has come of its list; empty: nothing is on its way.
     * @throws what an ask threw, once nothing is on its way
     */
    async next(): Promise<Arrived[]> {
      while (arrived.length === 0 && asked.size > 0) await new Promise<void>((resolve) => (wake = resolve));
      if (arrived.length === 0 && failure) throw failure.error;
      // Booking in SQLite gives no time to anything else: what has come meanwhile is read now, and what waits for its
      // turn leaves now.
      for (let turns = 0; turns < EVENT_TURNS; turns += 1) await yieldToEvents();
      const first = arrived[0];
      const isOne = first?.page.status !== 'page';
      const taken = arrived
        .filter((it) => it === first || (!isOne && it.page.status === 'page' && it.place.list === first!.place.list))
        .slice(0, PAGES_TOGETHER);
      arrived = arrived.filter((it) => !taken.includes(it));
      for (const { place } of taken) asked.delete(place);
      return taken;
    },
  };
}
