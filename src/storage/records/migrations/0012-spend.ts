import { runDdl, type Migration } from './migration.ts';

/**
 * What advertising cost: imports with all of their lines, so that one can be undone, and what stands of them, one row for
 * each campaign and day.
 */
export const spend: Migration = {
  name: '0012-spend',
  up: (transaction) =>
    runDdl(transaction, [
      `create table spend_imports (
        seq serial primary key, id text not null unique, site text not null, state text not null, name text not null,
        platform text not null, created_at integer not null, summary text not null)`,
      'create index spend_imports_site on spend_imports (site, seq)',
      `create table spend_lines (
        site text not null, day text not null, campaign_key text not null, import integer not null,
        platform text not null, account text not null, campaign_id text not null, campaign text not null,
        source text not null, medium text not null, currency text not null, amount_minor integer not null,
        clicks integer, impressions integer,
        primary key (site, day, campaign_key, import))`,
      'create index spend_lines_import on spend_lines (site, import, day, campaign_key)',
      'create index spend_lines_names on spend_lines (site, platform, campaign_key, account, campaign_id, campaign)',
      `create table spend (
        site text not null, day text not null, campaign_key text not null,
        platform text not null, account text not null, campaign_id text not null, name text not null,
        source text not null, medium text not null, campaign text not null, channel text not null,
        currency text not null, amount_minor integer not null,
        reporting_currency text, reporting_minor integer, evidence text,
        clicks integer, impressions integer,
        primary key (site, day, campaign_key))`,
      `create table spend_aliases (
        site text not null, platform text not null, campaign_key text not null,
        source text not null, medium text not null, campaign text not null,
        primary key (site, platform, campaign_key))`,
    ]),
};
