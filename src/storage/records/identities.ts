import type { Kysely, Selectable } from 'kysely';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import type { IdentitiesTable } from './database-identity.ts';
import type { IdentityKind } from '../../core/link.ts';
import type { Identities } from './records-identity.ts';

/** A placeholder that every visitor of a site claims must not load them all; the caller stops joining far earlier. */
const PER_KEY_MAX = 200;

/** Most values that are asked for were claimed by nobody: only the others are worth a question each. */
async function claimedValues(
  db: Kysely<Database>,
  { site, kind, values }: { site: string; kind: string; values: readonly string[] },
): Promise<Set<string>> {
  const claimed = new Set<string>();
  for (const part of chunks([...new Set(values)])) {
    const rows = await db
      .selectFrom('identities')
      .select('value')
      .distinct()
      .where('site', '=', site)
      .where('kind', '=', kind)
      .where('value', 'in', part)
      .execute();
    for (const { value } of rows) claimed.add(value);
  }
  return claimed;
}

async function claimingVisitors(db: Kysely<Database>, site: string, visitors: readonly string[]): Promise<Set<string>> {
  const claiming = new Set<string>();
  for (const part of chunks([...new Set(visitors)])) {
    const rows = await db
      .selectFrom('identities')
      .select('visitor')
      .distinct()
      .where('site', '=', site)
      .where('visitor', 'in', part)
      .execute();
    for (const { visitor } of rows) claiming.add(visitor);
  }
  return claiming;
}

export function createIdentities(db: Kysely<Database>): Identities {
  return {
    async add(site, rows) {
      const earliest = new Map<string, Selectable<IdentitiesTable>>();
      for (const { kind, value, visitor, seenAt } of rows) {
        const key = JSON.stringify([kind, value, visitor]);
        const known = earliest.get(key);
        if (!known || seenAt < known.seen_at) earliest.set(key, { site, kind, value, visitor, seen_at: seenAt });
      }
      // One order for all writers: two transactions that lock the same rows in two orders would wait for each other.
      const ordered = [...earliest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
      for (const part of chunks(ordered)) {
        await db
          .insertInto('identities')
          .values(part)
          .onConflict((conflict) =>
            conflict
              .columns(['site', 'kind', 'value', 'visitor'])
              .doUpdateSet((eb) => ({ seen_at: eb.ref('excluded.seen_at') }))
              .whereRef('excluded.seen_at', '<', 'identities.seen_at'),
          )
          .execute();
      }
    },
    async visitors(site, kind, values) {
      const found: { value: string; visitor: string; seenAt: number }[] = [];
      for (const value of await claimedValues(db, { site, kind, values })) {
        const rows = await db
          .selectFrom('identities')
          .select(['value', 'visitor', 'seen_at'])
          .where('site', '=', site)
          .where('kind', '=', kind)
          .where('value', '=', value)
          .orderBy('seen_at')
          .orderBy('visitor')
          .limit(PER_KEY_MAX)
          .execute();
        found.push(...rows.map((row) => ({ value: row.value, visitor: row.visitor, seenAt: row.seen_at })));
      }
      return found.sort((a, b) => a.seenAt - b.seenAt || (a.visitor < b.visitor ? -1 : 1));
    },
    async ofVisitors(site, visitors) {
      const found: { kind: IdentityKind; value: string; visitor: string; seenAt: number }[] = [];
      for (const visitor of await claimingVisitors(db, site, visitors)) {
        const rows = await db
          .selectFrom('identities')
          .select(['kind', 'value', 'visitor', 'seen_at'])
          .where('site', '=', site)
          .where('visitor', '=', visitor)
          .orderBy('seen_at')
          .orderBy('kind')
          .orderBy('value')
          .limit(PER_KEY_MAX)
          .execute();
        found.push(
          ...rows.map(({ seen_at, kind, ...row }) => ({ ...row, kind: kind as IdentityKind, seenAt: seen_at })),
        );
      }
      return found;
    },
  };
}
