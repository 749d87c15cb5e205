import type { Kysely, Selectable } from 'kysely';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Mode } from '../../core/payment.ts';
import { atomically } from './atomically.ts';
import { chunks } from './chunks.ts';
import type { Database, LedgerEntriesTable } from './database.ts';
import { createSettledLedger, toEntry } from './ledger-settled.ts';
import type { Ledger } from './records.ts';

type Row = Selectable<LedgerEntriesTable>;

/** All of an entry besides its key. Nothing of it ever changes; a correction is an entry of its own. */
const CONTENT = [
  'payment',
  'mode',
  'kind',
  'amount_minor',
  'currency',
  'occurred_at',
  'balance_transaction',
  'settled_minor',
  'settled_currency',
  'fee_minor',
] as const;
const AMOUNTS = ['amount_minor', 'occurred_at', 'settled_minor', 'fee_minor'] as const;

export function createLedger(db: Kysely<Database>): Ledger {
  return {
    ...createSettledLedger(db),
    async entries(site, paymentId) {
      const rows = await db
        .selectFrom('ledger_entries')
        .selectAll()
        .where('site', '=', site)
        .where('payment', '=', paymentId)
        .orderBy('occurred_at')
        .orderBy('id')
        .execute();
      return rows.map(toEntry);
    },
    async append(site, mode, entries) {
      if (entries.length === 0) return;
      const rows = entries.map((entry) => toRow(site, mode, entry));
      rows.sort((a, b) => (a.id < b.id ? -1 : 1));
      await atomically(db, async (transaction) => {
        for (const part of chunks(rows)) await appendChunk(transaction, site, part);
      });
    },
  };
}

async function appendChunk(transaction: Kysely<Database>, site: string, rows: readonly Row[]): Promise<void> {
  await transaction
    .insertInto('ledger_entries')
    .values([...rows])
    .onConflict((conflict) => conflict.columns(['site', 'id']).doNothing())
    .execute();
  const ids = rows.map((row) => row.id);
  const stored = await transaction
    .selectFrom('ledger_entries')
    .selectAll()
    .where('site', '=', site)
    .where('id', 'in', ids)
    .execute();
  const byId = new Map(stored.map((row) => [row.id, row]));
  for (const row of rows) {
    const before = byId.get(row.id);
    if (!before) throw new Error(`ledger entry ${row.id} of site ${site} was not stored`);
    refuseChange(before, row);
  }
}

/** Invariant: an entry never changes. Whoever asks for that has computed money wrongly, so the work stops loudly. */
function refuseChange(before: Row, after: Row): void {
  const changed = CONTENT.filter((column) => before[column] !== after[column]);
  if (changed.length === 0) return;
  const what = changed.map((column) => `${column} ${before[column]} → ${after[column]}`).join(', ');
  throw new Error(
    `ledger entry ${before.id} of site ${before.site} would change (${what}); append a correcting entry instead`,
  );
}

function toRow(site: string, mode: Mode, entry: LedgerEntry): Row {
  const row: Row = {
    site,
    id: entry.id,
    payment: entry.paymentId,
    mode,
    kind: entry.kind,
    amount_minor: entry.amountMinor,
    currency: entry.currency,
    occurred_at: entry.occurredAt,
    balance_transaction: entry.balanceTransaction,
    settled_minor: entry.settledMinor,
    settled_currency: entry.settledCurrency,
    fee_minor: entry.feeMinor,
  };
  for (const column of AMOUNTS) {
    if (row[column] !== null && !Number.isSafeInteger(row[column])) {
      throw new RangeError(`ledger entry ${entry.id}: ${column} ${row[column]} is not a safe integer`);
    }
  }
  return row;
}
