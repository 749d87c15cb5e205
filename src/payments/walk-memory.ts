import type { ProviderObject } from '../core/payment.ts';
import type { Objects } from '../storage/records/records.ts';

/**
 * The objects of a transaction that holds the lock of their connection: nobody else changes them, so one that was read or
 * written is not read again. A page of charges is written and then folded, which looks at all of it.
 */
export function rememberingObjects(objects: Objects): Objects {
  const known = new Map<string, ProviderObject | null>();
  const keyOf = (connection: string, id: string) => `${connection} ${id}`;

  async function getMany(connection: string, ids: readonly string[]): Promise<ProviderObject[]> {
    const wanted = [...new Set(ids)];
    const unread = wanted.filter((id) => !known.has(keyOf(connection, id)));
    for (const id of unread) known.set(keyOf(connection, id), null);
    if (unread.length > 0) {
      for (const object of await objects.getMany(connection, unread)) known.set(keyOf(connection, object.id), object);
    }
    return wanted.flatMap((id) => known.get(keyOf(connection, id)) ?? []);
  }

  return {
    ...objects,
    getMany,
    get: async (connection, id) => (await getMany(connection, [id]))[0] ?? null,
    async put(connection, object, references) {
      await objects.put(connection, object, references);
      known.set(keyOf(connection, object.id), object);
    },
    async putMany(connection, rows) {
      await objects.putMany(connection, rows);
      for (const { object } of rows) known.set(keyOf(connection, object.id), object);
    },
  };
}
