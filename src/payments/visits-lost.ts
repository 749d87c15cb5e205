import { FactsUnavailable } from '../storage/facts/facts.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records } from '../storage/records/records.ts';

type Stores = { records: Pick<Records, 'payments' | 'sites'>; facts: Pick<Facts, 'lastHit'> };

const NEWEST = 100;
const REMEDY =
  'was it lost, or does CLICKHOUSE_URL name another one? Bring the one back that holds them; what payments were ' +
  'credited with is written to this one meanwhile (docs/operations.md)';

/** Payments are credited to visits, and the facts store has no hit of that site: it is not the one it was. */
async function areLost({ records, facts }: Stores, site: string): Promise<boolean> {
  if ((await facts.lastHit(site)) !== null) return false;
  for (const mode of ['live', 'test'] as const) {
    const { payments } = await records.payments.list(site, mode, NEWEST, null);
    if (payments.some(({ attribution }) => attribution.visitor !== null)) return true;
  }
  return false;
}

/**
 * Credited from a facts store without visits, every payment would lose its visitor, and what is stored of it. While the
 * store does not answer nothing is credited anyway.
 */
export async function requireVisits(stores: Stores, site: string): Promise<void> {
  const lost = await areLost(stores, site).catch((error: unknown) => {
    if (error instanceof FactsUnavailable) return false;
    throw error;
  });
  if (lost) throw new Error(`the facts store holds no visit of this site: ${REMEDY}`);
}

/** What to tell at the start: reports are empty then, and nothing else says why. Null: nothing is missing. */
export async function lostVisits(stores: Stores): Promise<string | null> {
  const lost: string[] = [];
  for (const { id, domain } of await stores.records.sites.list()) if (await areLost(stores, id)) lost.push(domain);
  return lost.length === 0 ? null : `the facts store holds neither visits nor credits of ${lost.join(', ')}: ${REMEDY}`;
}
