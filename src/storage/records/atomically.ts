import { sql, type Kysely } from 'kysely';

/** Several statements of one method: on the caller's transaction when there is one, else on one of their own. */
export async function atomically<DB, T>(db: Kysely<DB>, work: (transaction: Kysely<DB>) => Promise<T>): Promise<T> {
  if (db.isTransaction) return work(db);
  // Compiling asks the guard of outside.ts; `transaction()` alone compiles nothing and would wait for ever.
  sql`begin`.compile(db);
  return db.transaction().execute(work);
}
