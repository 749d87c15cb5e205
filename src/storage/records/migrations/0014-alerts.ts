import { runDdl, type Migration } from './migration.ts';

/** What is wrong at a site and since when, where to tell it, and what was told. */
export const alerts: Migration = {
  name: '0014-alerts',
  up: (transaction) =>
    runDdl(transaction, [
      `create table alerts (
        site text not null, id text not null, mode text not null, kind text not null, since integer not null,
        opened_at integer not null, resolved_at integer, resolution text, resolved_by text, detail text not null,
        primary key (site, id))`,
      // One at a time: two workers that see the same fall raise it once.
      'create unique index alerts_open on alerts (site, mode, kind) where resolved_at is null',
      'create index alerts_time on alerts (site, opened_at, id)',
      `create table alert_hooks (
        site text primary key, sealed_url text not null, host text not null, sealed_secret text not null,
        created_at integer not null)`,
      `create table alert_deliveries (
        id text primary key, site text not null, alert text, happened text not null, state text not null,
        attempts integer not null, fence integer not null, owner text, due_at integer not null, last_error text,
        created_at integer not null)`,
      "create index alert_deliveries_due on alert_deliveries (due_at) where state = 'waiting'",
      'create index alert_deliveries_site on alert_deliveries (site, created_at)',
    ]),
};
