import { sql, type Kysely } from 'kysely';
import { ddl, engineOf } from '../dialects/differences.ts';

/**
 * One forward step of the schema. `up` runs in a transaction of its own, together with the note that it ran, so a crash
 * leaves all of it or nothing. A migration that was released never changes; what it got wrong, the next one mends.
 */
export interface Migration {
  /** '0002-accounts': the number orders, the name is recorded. */
  name: string;
  up(transaction: Kysely<unknown>): Promise<void>;
}

/** Runs DDL written in the words that `ddl` translates. */
export async function runDdl(transaction: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  const engine = engineOf(transaction);
  for (const statement of statements) await sql.raw(ddl(engine, statement.trim())).execute(transaction);
}
