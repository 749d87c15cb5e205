import { runDdl, type Migration } from './migration.ts';

/** What a connection's key may do, its webhook endpoint at Stripe, and how it was connected. */
export const connecting: Migration = {
  name: '0003-connecting',
  up: (transaction) =>
    runDdl(transaction, [
      "alter table connections add column granted_by text not null default 'key'",
      'alter table connections add column mode_chosen integer not null default 0',
      'alter table connections add column permissions text',
      'alter table connections add column endpoint text',
    ]),
};
