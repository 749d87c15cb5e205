import { runDdl, type Migration } from './migration.ts';

/** Exchange rates by day. `rate` is the decimal as published: a floating point number would not give it back. */
export const rates: Migration = {
  name: '0006-rates',
  up: (transaction) =>
    runDdl(transaction, [
      `create table rates (
        day text not null, base text not null, quote text not null, rate text not null, source text not null,
        primary key (day, base, quote))`,
    ]),
};
