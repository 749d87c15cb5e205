import { runDdl, type Migration } from './migration.ts';

/** Reading a provider's history: where readers stand, what webhooks missed, what reconciliation found. */
export const history: Migration = {
  name: '0004-history',
  up: (transaction) =>
    runDdl(transaction, [
      `create table cursors (
        connection text not null, name text not null, body text not null, due_at integer not null, owner text,
        fence integer not null,
        primary key (connection, name))`,
      'create index cursors_due on cursors (name, due_at)',
      `create table gaps (
        id text primary key, connection text not null, from_at integer not null, to_at integer not null,
        found_at integer not null, found_by text not null, brought text not null)`,
      'create index gaps_connection on gaps (connection, to_at)',
      `create table deliveries (
        connection text not null, type text not null, first_at integer not null, last_at integer not null,
        primary key (connection, type))`,
      `create table reconciliations (
        connection text not null, day text not null, currency text not null, provider_minor integer not null,
        ledger_minor integer not null, residuals text not null, checked_at integer not null,
        primary key (connection, day, currency))`,
      "alter table inbox add column source text not null default 'webhook'",
      'alter table inbox add column event_at integer',
      'alter table inbox add column gap text',
      "create index inbox_undelivered on inbox (connection, event_at) where gap = 'open'",
      `create index ledger_entries_balance on ledger_entries (site, balance_transaction)
        where balance_transaction is not null`,
      'create index ledger_entries_unsettled on ledger_entries (site, occurred_at) where balance_transaction is null',
    ]),
};
