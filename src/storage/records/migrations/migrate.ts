import { sql, type Kysely } from 'kysely';
import type { Database } from '../database.ts';
import { engineOf, lockName } from '../dialects/differences.ts';
import { runDdl, type Migration } from './migration.ts';

/**
 * Brings the schema up to date. Each step looks again, under the lock, at what is recorded: of two processes that start
 * at once, one works and the other finds it done.
 */
export async function migrate(db: Kysely<Database>, migrations: readonly Migration[], now: number): Promise<void> {
  refuseDisorder(migrations);
  let recorded = await step(db, async () => {});
  refuseNewerDatabase(migrations, recorded);
  for (const migration of migrations) {
    if (recorded.has(migration.name)) continue;
    recorded = await step(db, async (transaction, names) => {
      if (names.has(migration.name)) return;
      await migration.up(transaction as unknown as Kysely<unknown>);
      await transaction.insertInto('headwater_migrations').values({ name: migration.name, applied_at: now }).execute();
    });
  }
}

function step(
  db: Kysely<Database>,
  work: (transaction: Kysely<Database>, recorded: Set<string>) => Promise<void>,
): Promise<Set<string>> {
  return db.transaction().execute(async (transaction) => {
    await lockName(transaction, 'headwater migrations');
    // An index on millions of rows may take longer than any statement of the running program may.
    if (engineOf(transaction) === 'postgres') await sql`set local statement_timeout = 0`.execute(transaction);
    await runDdl(transaction as unknown as Kysely<unknown>, [
      'create table if not exists headwater_migrations (name text primary key, applied_at integer not null)',
    ]);
    const rows = await transaction.selectFrom('headwater_migrations').select('name').execute();
    const recorded = new Set(rows.map((row) => row.name));
    await work(transaction, recorded);
    return recorded;
  });
}

function refuseDisorder(migrations: readonly Migration[]): void {
  const names = migrations.map((migration) => migration.name);
  if (names.some((name, index) => index > 0 && name <= names[index - 1]!)) {
    throw new Error(`migrations must be listed in the order of their numbers, without doubles: ${names.join(', ')}`);
  }
}

function refuseNewerDatabase(migrations: readonly Migration[], recorded: Set<string>): void {
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = [...recorded].filter((name) => !known.has(name)).sort();
  if (unknown.length === 0) return;
  throw new Error(
    `the records store was migrated by a newer Headwater (${unknown.join(', ')}); start that version or a newer one`,
  );
}
