import { runDdl, type Migration } from './migration.ts';

/**
 * Bodies are purged some time after `finished_at`. Dead letters and webhooks that were set aside did not have that time;
 * the end of the last lease, or of the receipt, is what is known of it.
 */
export const inboxPurge: Migration = {
  name: '0008-inbox-purge',
  up: (transaction) =>
    runDdl(transaction, [
      "update inbox set finished_at = due_at where state in ('dead', 'quarantined') and finished_at is null",
      "create index inbox_purge on inbox (finished_at) where finished_at is not null and body <> ''",
    ]),
};
