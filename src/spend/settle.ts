import { spendChanges, spendRow } from '../core/spend.ts';
import type { SpendAlias } from '../core/spend.ts';
import { RATE_AGE_MAX_DAYS, rateTable } from '../core/rates.ts';
import { addDays } from '../core/report-days.ts';
import type { Records, Site } from '../storage/records/records.ts';
import type { SpendDays, SpendPlace, StandingSpend } from '../storage/records/records-spend.ts';

const PAGE = 1_000;

type SpendRecords = Pick<Records, 'transaction' | 'spend' | 'sites'>;

/** Says after each page where it stands; false: another one has taken the work over. */
export type OnPlace = (after: SpendPlace) => Promise<boolean>;

/** Brings what stands into line with the lines of an import: after it is done, and after it was undone. */
export function settleImport(
  records: SpendRecords,
  { site, seq }: { site: string; seq: number },
  onPlace?: OnPlace,
  after: SpendPlace | null = null,
): Promise<boolean> {
  return settlePages(records, site, (from) => records.spend.importPlaces(site, seq, from, PAGE), onPlace, after);
}

/** The same for what stands already: aliases, exchange rates or the site's currency are others now. */
export function settleStanding(
  records: SpendRecords,
  site: string,
  days: SpendDays,
  onPlace?: OnPlace,
  after: SpendPlace | null = null,
): Promise<boolean> {
  return settlePages(records, site, (from) => records.spend.standingPlaces(site, days, from, PAGE), onPlace, after);
}

async function settlePages(
  records: SpendRecords,
  siteId: string,
  read: (after: SpendPlace | null) => Promise<SpendPlace[]>,
  onPlace: OnPlace | undefined,
  start: SpendPlace | null,
): Promise<boolean> {
  let after = start;
  for (;;) {
    const places = await read(after);
    if (places.length === 0) return true;
    await records.transaction(async (tx) => {
      await tx.lock(`spend:${siteId}`);
      const site = await tx.sites.get(siteId);
      if (site) await settlePlaces(tx, site, places);
    });
    after = places.at(-1)!;
    if (onPlace && !(await onPlace(after))) return false;
    if (places.length < PAGE) return true;
  }
}

/**
 * What stands at a place are the lines of the latest import there that was not undone, under today's aliases and rates: an
 * import tells a campaign's day whole, in whatever currencies. The facts store gets the difference, in the same transaction:
 * doing it twice changes nothing.
 */
async function settlePlaces(tx: Records, site: Site, places: readonly SpendPlace[]): Promise<void> {
  const aliases: SpendAlias[] = await tx.spend.aliases(site.id);
  const winners = await tx.spend.winners(site.id, places);
  const standing = await tx.spend.standing(site.id, places);
  const foreign = winners.map(({ line }) => line.currency).filter((currency) => currency !== site.currency);
  const days = places.map(({ day }) => day).sort();
  const rates =
    foreign.length === 0
      ? []
      : await tx.rates.between(addDays(days[0]!, -RATE_AGE_MAX_DAYS), days.at(-1)!, [
          ...new Set([site.currency, ...foreign]),
        ]);
  const table = rateTable(rates);
  const placeOf = ({ day, key }: SpendPlace) => `${day} ${key}`;
  const rowsAt = (all: Map<string, StandingSpend[]>, place: SpendPlace) => all.get(placeOf(place)) ?? [];
  const before = Map.groupBy(standing, placeOf);
  const after = Map.groupBy(
    winners.map(({ day, key, line }): StandingSpend => ({ day, key, row: spendRow(site, line, aliases, table) })),
    placeOf,
  );
  const changed = places.flatMap((place) => {
    const [old, now] = [rowsAt(before, place), rowsAt(after, place)];
    const changes = spendChanges(
      old.map(({ row }) => row),
      now.map(({ row }) => row),
    );
    return changes.length === 0 ? [] : [{ place, changes }];
  });
  if (changed.length === 0) return;
  await tx.spend.remove(
    site.id,
    changed.map(({ place }) => place),
  );
  await tx.spend.put(changed.flatMap(({ place }) => rowsAt(after, place)));
  await tx.outbox.add(changed.flatMap(({ changes }) => changes));
}
