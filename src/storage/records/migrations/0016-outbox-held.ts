import { runDdl, type Migration } from './migration.ts';

/** How much waits to be carried is asked often: without an index SQLite walks through every body to the column after it. */
export const outboxHeld: Migration = {
  name: '0016-outbox-held',
  up: (transaction) => runDdl(transaction, ['create index outbox_held on outbox (held)']),
};
