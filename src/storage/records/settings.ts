import type { Kysely } from 'kysely';
import type { Database } from './database.ts';
import type { Settings } from './records.ts';

export function createSettings(db: Kysely<Database>): Settings {
  return {
    async get(name) {
      const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
      return row?.value ?? null;
    },
    async set(name, value) {
      await db
        .insertInto('settings')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute();
    },
    async setOnce(name, value) {
      await db
        .insertInto('settings')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
      const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
      return row?.value ?? value;
    },
    async remove(name) {
      await db.deleteFrom('settings').where('name', '=', name).execute();
    },
    async removeOthers(prefix, kept) {
      // A handful of names per installation: compared here, because LIKE and collations differ between the stores.
      const rows = await db.selectFrom('settings').select('name').execute();
      const names = rows.map((row) => row.name).filter((name) => name.startsWith(prefix) && name !== kept);
      if (names.length > 0) await db.deleteFrom('settings').where('name', 'in', names).execute();
    },
  };
}
