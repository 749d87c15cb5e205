import { runDdl, type Migration } from './migration.ts';

/**
 * What an attribution was computed from, as a digest, so that one whose inputs stayed is not computed again. And rows of
 * the outbox that hold many rows for the facts store, how many.
 */
export const recompute: Migration = {
  name: '0015-recompute',
  up: (transaction) =>
    runDdl(transaction, [
      `alter table payment_attributions add column inputs text not null default ''`,
      `alter table outbox add column held integer not null default 1`,
    ]),
};
