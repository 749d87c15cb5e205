import type { Kysely, Selectable } from 'kysely';
import { atomically } from './atomically.ts';
import { chunks } from './chunks.ts';
import type { Database, ReconciliationsTable } from './database.ts';
import type { ReconciledDay, Reconciliations, Residual } from './records-history.ts';

export function createReconciliations(db: Kysely<Database>): Reconciliations {
  return {
    replace: (connection, from, to, days) =>
      atomically(db, async (transaction) => {
        await transaction
          .deleteFrom('reconciliations')
          .where('connection', '=', connection)
          .where('day', '>=', from)
          .where('day', '<=', to)
          .execute();
        const rows = days.map((day): ReconciliationsTable => ({
          connection,
          day: day.day,
          currency: day.currency,
          provider_minor: day.providerMinor,
          ledger_minor: day.ledgerMinor,
          residuals: JSON.stringify(day.residuals),
          checked_at: day.checkedAt,
        }));
        for (const part of chunks(rows)) await transaction.insertInto('reconciliations').values(part).execute();
      }),
    async ofSite(site, limit) {
      const rows = await db
        .selectFrom('reconciliations')
        .selectAll()
        .where('connection', 'in', db.selectFrom('connections').select('id').where('connections.site', '=', site))
        .orderBy('day', 'desc')
        .orderBy('currency')
        .limit(limit)
        .execute();
      return rows.map(toDay);
    },
    async between(connection, from, to) {
      const rows = await db
        .selectFrom('reconciliations')
        .selectAll()
        .where('connection', '=', connection)
        .where('day', '>=', from)
        .where('day', '<=', to)
        .orderBy('day')
        .orderBy('currency')
        .execute();
      return rows.map(toDay);
    },
  };
}

function toDay(row: Selectable<ReconciliationsTable>): ReconciledDay {
  return {
    connection: row.connection,
    day: row.day,
    currency: row.currency,
    providerMinor: row.provider_minor,
    ledgerMinor: row.ledger_minor,
    residuals: JSON.parse(row.residuals) as Residual[],
    checkedAt: row.checked_at,
  };
}
