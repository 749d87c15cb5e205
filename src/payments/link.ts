import type { SiteHits } from '../collect/hand-over.ts';
import { isPlaceholder, isWellFormedId } from '../core/link.ts';
import type { Connection, Records, Site } from '../storage/records/records.ts';
import { bookCharges, lockConnection } from './book.ts';
import { chargesTouchedBy } from './walk.ts';

/** Anyone may send hits: ids that are not Stripe's are no question to Stripe, and no more than these at once. */
const SESSION_ID = /^cs_(?:(test|live)_)?[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*$/;
const INTENT_ID = /^pi_[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*$/;
const ID_LENGTH_MAX = 200;
const FETCHES_MAX = 100;

/**
 * Takes what the drainer has just stored to the payments it bears on: identities and checkout hits are kept, their
 * payments linked anew, and every payment whose path these visitors touch asked to be credited again. Doing it twice
 * changes nothing. Hits can link money; they can never make any.
 */
export function createHandOver(deps: {
  records: Records;
  now: () => number;
  onRecorded?: () => void;
  fetchDelayMs?: number;
}): (hits: readonly SiteHits[]) => Promise<void> {
  const { records, now, onRecorded, fetchDelayMs = 1_500 } = deps;
  return async (hits) => {
    const telling = hits.filter((it) => it.identifies.length > 0 || it.checkouts.length > 0);
    // Most hits only lengthen paths: what they touch is asked without keeping writers waiting.
    for (const { site, visitors, sessions } of hits.filter((it) => !telling.includes(it))) {
      const touched = await records.payments.touchedBy(site, [...visitors, ...sessions]);
      if (touched.length > 0) await records.attributions.request(site, touched, now(), ['late_hit']);
    }
    if (telling.length > 0) {
      await records.transaction(async (tx) => {
        const ordered = [...telling].sort((a, b) => (a.site < b.site ? -1 : 1));
        for (const ofSite of ordered) await takeSite(tx, ofSite, { now: now(), fetchDelayMs });
      });
    }
    onRecorded?.();
  };
}

async function takeSite(tx: Records, hits: SiteHits, times: { now: number; fetchDelayMs: number }): Promise<void> {
  const site = await tx.sites.get(hits.site);
  if (!site) return;
  const identifies = hits.identifies.filter((it) => isWellFormedId(it.visitor) && !isPlaceholder(it.value));
  const checkouts = hits.checkouts.filter((it) => isWellFormedId(it.visitor) && isCheckout(it.object));
  await tx.identities.add(site.id, [
    ...identifies,
    ...checkouts.map(({ object, visitor, seenAt }) => ({ kind: 'checkout' as const, value: object, visitor, seenAt })),
  ]);
  if (checkouts.length > 0) await linkCheckouts(tx, site, [...new Set(checkouts.map((it) => it.object))], times);
  // The value of a hand-over is the visitor who left the other domain: payments of that one have a longer path too.
  const values = identifies.map((it) => it.value);
  // One person on a further device: payments of the first one's visitors get a longer path.
  for (const kind of ['app_id', 'email_hash'] as const) {
    const given = identifies.filter((it) => it.kind === kind).map((it) => it.value);
    if (given.length === 0) continue;
    values.push(...(await tx.identities.visitors(site.id, kind, [...new Set(given)])).map((it) => it.visitor));
  }
  await requestTouched(tx, site.id, [...hits.visitors, ...hits.sessions], values, times.now);
}

/** In one request: two would take the same rows in two orders. */
async function requestTouched(
  tx: Records,
  site: string,
  visited: readonly string[],
  joined: readonly string[],
  now: number,
): Promise<void> {
  const touchedBy = async (values: readonly string[]) =>
    new Set(values.length > 0 ? await tx.payments.touchedBy(site, [...new Set(values)]) : []);
  const [byHits, byIdentity] = [await touchedBy(visited), await touchedBy(joined)];
  const touched = [...new Set([...byHits, ...byIdentity])];
  if (touched.length === 0) return;
  await tx.attributions.request(site, touched, now, (id) => [
    ...(byHits.has(id) ? (['late_hit'] as const) : []),
    ...(byIdentity.has(id) ? (['identity_joined'] as const) : []),
  ]);
}

async function linkCheckouts(
  tx: Records,
  site: Site,
  objects: readonly string[],
  times: { now: number; fetchDelayMs: number },
): Promise<void> {
  const connections = (await tx.connections.ofSite(site.id)).sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const connection of connections) {
    const mine = objects.filter((id) => isOfMode(id, connection));
    if (mine.length === 0) continue;
    await lockConnection(tx, connection);
    const known = new Set((await tx.objects.getMany(connection.id, mine)).map((object) => object.id));
    const start = mine.map((id) => ({
      id,
      kind: id.startsWith('cs_') ? ('checkout_session' as const) : ('payment_intent' as const),
    }));
    const charges = await chargesTouchedBy(tx, connection.id, start);
    await bookCharges(tx, { connection, site, ...times }, charges);
    const unknown = mine.filter((id) => id.startsWith('cs_') && !known.has(id)).slice(0, FETCHES_MAX);
    if (unknown.length === 0) continue;
    await tx.wanted.add(
      connection.id,
      unknown.map((id) => ({ kind: 'checkout_session', by: null, id })),
      times.now + times.fetchDelayMs,
    );
  }
}

function isCheckout(id: string): boolean {
  return id.length <= ID_LENGTH_MAX && (SESSION_ID.test(id) || INTENT_ID.test(id));
}

function isOfMode(id: string, connection: Connection): boolean {
  const mode = SESSION_ID.exec(id)?.[1];
  return mode === undefined || mode === connection.mode;
}
