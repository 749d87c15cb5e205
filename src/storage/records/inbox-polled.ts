import { sql, type Kysely } from 'kysely';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import { skipLocked } from './dialects/differences.ts';
import type { PolledInbox } from './records-history.ts';

// A literal and not a parameter: only then does SQLite use the partial index.
const OPEN = sql.lit('open');

export function createPolledInbox(db: Kysely<Database>): PolledInbox {
  return {
    async known(connection, eventIds) {
      const found: string[] = [];
      for (const part of chunks([...new Set(eventIds)])) {
        const rows = await db
          .selectFrom('inbox')
          .select('event_id')
          .where('connection', '=', connection)
          .where('event_id', 'in', part)
          .execute();
        found.push(...rows.map((row) => row.event_id));
      }
      return found;
    },
    async delivered(connection, eventId) {
      await db
        .updateTable('inbox')
        .set({ gap: null })
        .where('connection', '=', connection)
        .where('event_id', '=', eventId)
        .where('gap', '=', OPEN)
        .execute();
    },
    async undelivered(connection, before, limit) {
      const open = db
        .selectFrom('inbox')
        .select(['event_id', 'type', 'event_at'])
        .where('connection', '=', connection)
        .where('gap', '=', OPEN)
        .where('event_at', '<', before)
        .orderBy('event_at')
        .limit(limit);
      // One that somebody holds is being delivered or booked at this moment: the next look finds it, should it stay open.
      // Waiting for it could never end, for who delivers it may be waiting for what this transaction has polled.
      const rows = await skipLocked(db, open).execute();
      return rows.map((row) => ({ eventId: row.event_id, type: row.type, eventAt: row.event_at ?? 0 }));
    },
    async assignGap(connection, eventIds, gap) {
      for (const part of chunks(eventIds)) {
        await db
          .updateTable('inbox')
          .set({ gap })
          .where('connection', '=', connection)
          .where('event_id', 'in', part)
          .where('gap', '=', OPEN)
          .execute();
      }
    },
  };
}
