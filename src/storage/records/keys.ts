import type { Kysely, Selectable } from 'kysely';
import type { ApiKeysTable, Database } from './database.ts';
import { randomId } from './ids.ts';
import type { ApiKey, Keys } from './records.ts';

export function createKeys(db: Kysely<Database>): Keys {
  return {
    async add(key, now) {
      const row: ApiKeysTable = {
        id: randomId(),
        site: key.site,
        hash: key.hash,
        prefix: key.prefix,
        scopes: JSON.stringify(key.scopes),
        created_at: now,
        last_used_at: null,
        expires_at: key.expiresAt,
      };
      await db.insertInto('api_keys').values(row).execute();
      return toKey(row);
    },
    async byHash(hash) {
      const row = await db.selectFrom('api_keys').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row ? toKey(row) : null;
    },
    async list(site) {
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('site', '=', site)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toKey);
    },
    async touch(id, now) {
      await db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', id).execute();
    },
    async remove(id) {
      await db.deleteFrom('api_keys').where('id', '=', id).execute();
    },
  };
}

function toKey(row: Selectable<ApiKeysTable>): ApiKey {
  return {
    id: row.id,
    site: row.site,
    prefix: row.prefix,
    scopes: JSON.parse(row.scopes) as string[],
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
  };
}
