import { bookPage, LeaseLost } from './backfill-page.ts';
import type { PollerOptions, PollPlace, Work } from './poll-place.ts';
import { LIST_NAMES } from './provider-lists.ts';
import type { Listed, ListedObject, ListRange } from './provider-lists.ts';
import { patiently } from './retry.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/**
 * Lists are ordered by creation, so what happens to an older object (a refund, a late settlement) is only seen by
 * looking back: a little at every turn, further from time to time.
 */
const LOOK_BACKS = [
  { name: 'day', everyMs: DAY, backMs: 120 * DAY },
  { name: 'hour', everyMs: HOUR, backMs: 4 * DAY },
  { name: 'turn', everyMs: 0, backMs: HOUR },
] as const;
const LEASE_MS = 60_000;
const FETCH_DELAY_MS = 1_500;

/**
 * For keys that may not read events (charges, Checkout Sessions and customers only, as other products ask for): the
 * lists they may read, by creation time with an overlap.
 */
export async function pollLists(options: PollerOptions, work: Work, place: PollPlace): Promise<PollPlace> {
  const { records, provider, now } = options;
  const { row, connection, site, key } = work;
  const startedAt = now();
  const swept = place.swept ?? {};
  // A history is the backfill's; the first turn only notes that looking back need not begin at once.
  const due = LOOK_BACKS.find(({ name, everyMs }) => startedAt - (swept[name] ?? startedAt) >= everyMs)!;
  const from = Math.min(place.from - HOUR, startedAt - due.backMs);
  const next: PollPlace = { ...place, walk: null, from: startedAt, swept: sweptAfter(swept, due.name, startedAt) };
  const committing = async (tx: typeof records) => {
    if (!(await tx.cursors.save(row, place, now() + LEASE_MS))) throw new LeaseLost();
  };
  for (const name of LIST_NAMES) {
    let after: string | null = null;
    do {
      const range: ListRange = { createdFrom: from, createdBefore: null, after };
      const reading = { visitorMetadataKeys: site.settings.visitorMetadataKeys };
      const page: Listed<ListedObject> = await patiently(() => provider.list(key, name, range, reading));
      if (page.status !== 'page') break;
      const bookingPlace = { connection, site, fetchDelayMs: FETCH_DELAY_MS };
      const { booked } = await bookPage(options, bookingPlace, page.items, committing);
      if (booked.length > 0) options.onRecorded?.();
      after = page.next;
    } while (after !== null);
  }
  return next;
}

function sweptAfter(swept: Record<string, number>, done: string, at: number): Record<string, number> {
  // A longer look back covers the shorter ones.
  const first = LOOK_BACKS.findIndex(({ name }) => name === done);
  return Object.fromEntries(LOOK_BACKS.map(({ name }, index) => [name, index >= first ? at : (swept[name] ?? at)]));
}
