import { runDdl, type Migration } from './migration.ts';

/** Answers that somebody wants to find again, with the settings they were computed with. */
export const savedRuns: Migration = {
  name: '0011-saved-runs',
  up: (transaction) =>
    runDdl(transaction, [
      `create table saved_runs (
        site text not null, id text not null, name text not null, question text not null, settings text not null,
        answer text not null, created_at integer not null, primary key (site, id))`,
    ]),
};
