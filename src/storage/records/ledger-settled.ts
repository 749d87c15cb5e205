import type { Kysely, Selectable } from 'kysely';
import type { LedgerEntry } from '../../core/ledger.ts';
import { chunks } from './chunks.ts';
import type { Database, LedgerEntriesTable } from './database.ts';
import type { SettledLedger } from './records-history.ts';

type Row = Selectable<LedgerEntriesTable>;

/** What reconciliation asks of the ledger. */
export function createSettledLedger(db: Kysely<Database>): SettledLedger {
  async function entriesOf(site: string, paymentIds: readonly string[]): Promise<LedgerEntry[]> {
    const entries: LedgerEntry[] = [];
    for (const part of chunks(paymentIds)) {
      const rows = await db
        .selectFrom('ledger_entries')
        .selectAll()
        .where('site', '=', site)
        .where('payment', 'in', part)
        .orderBy('payment')
        .orderBy('occurred_at')
        .orderBy('id')
        .execute();
      entries.push(...rows.map(toEntry));
    }
    return entries;
  }

  return {
    entriesOf,
    async entriesAbout(site, objects, balanceTransactions) {
      const payments = new Set<string>();
      const find = async (column: 'id' | 'balance_transaction', values: readonly string[]) => {
        for (const part of chunks([...new Set(values)])) {
          const rows = await db
            .selectFrom('ledger_entries')
            .select('payment')
            .distinct()
            .where('site', '=', site)
            .where(column, 'in', part)
            .execute();
          for (const row of rows) payments.add(row.payment);
        }
      };
      await find('id', objects);
      await find('balance_transaction', balanceTransactions);
      return entriesOf(site, [...payments].sort());
    },
    async unsettled(site, connection, from, to, limit) {
      const rows = await db
        .selectFrom('ledger_entries')
        .innerJoin('payments', (join) =>
          join.onRef('payments.site', '=', 'ledger_entries.site').onRef('payments.id', '=', 'ledger_entries.payment'),
        )
        .selectAll('ledger_entries')
        .where('ledger_entries.site', '=', site)
        .where('payments.connection', '=', connection)
        // What was paid off Stripe never moves a balance there.
        .where('payments.kind', '!=', 'off_stripe')
        .where('ledger_entries.balance_transaction', 'is', null)
        .where('ledger_entries.occurred_at', '>=', from)
        .where('ledger_entries.occurred_at', '<', to)
        .orderBy('ledger_entries.occurred_at')
        .orderBy('ledger_entries.id')
        .limit(limit)
        .execute();
      return rows.map(toEntry);
    },
  };
}

export function toEntry(row: Row): LedgerEntry {
  return {
    id: row.id,
    paymentId: row.payment,
    kind: row.kind as LedgerEntry['kind'],
    amountMinor: row.amount_minor,
    currency: row.currency,
    occurredAt: row.occurred_at,
    balanceTransaction: row.balance_transaction,
    settledMinor: row.settled_minor,
    settledCurrency: row.settled_currency,
    feeMinor: row.fee_minor,
  };
}
