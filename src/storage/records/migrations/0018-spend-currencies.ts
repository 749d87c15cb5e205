import { runDdl, type Migration } from './migration.ts';

/** A campaign's day may be told in several currencies by one import: the currency tells its rows apart. */
export const spendCurrencies: Migration = {
  name: '0018-spend-currencies',
  up: (transaction) =>
    runDdl(transaction, [
      'alter table spend_lines rename to spend_lines_before',
      'drop index spend_lines_import',
      'drop index spend_lines_names',
      `create table spend_lines (
        site text not null, day text not null, campaign_key text not null, import integer not null,
        platform text not null, account text not null, campaign_id text not null, campaign text not null,
        source text not null, medium text not null, currency text not null, amount_minor integer not null,
        clicks integer, impressions integer,
        primary key (site, day, campaign_key, import, currency))`,
      `insert into spend_lines (site, day, campaign_key, import, platform, account, campaign_id, campaign, source, medium,
          currency, amount_minor, clicks, impressions)
        select site, day, campaign_key, import, platform, account, campaign_id, campaign, source, medium,
          currency, amount_minor, clicks, impressions from spend_lines_before`,
      'drop table spend_lines_before',
      'create index spend_lines_import on spend_lines (site, import, day, campaign_key)',
      'create index spend_lines_names on spend_lines (site, platform, campaign_key, account, campaign_id, campaign)',
      'alter table spend rename to spend_before',
      `create table spend (
        site text not null, day text not null, campaign_key text not null,
        platform text not null, account text not null, campaign_id text not null, name text not null,
        source text not null, medium text not null, campaign text not null, channel text not null,
        currency text not null, amount_minor integer not null,
        reporting_currency text, reporting_minor integer, evidence text,
        clicks integer, impressions integer,
        primary key (site, day, campaign_key, currency))`,
      `insert into spend (site, day, campaign_key, platform, account, campaign_id, name, source, medium, campaign, channel,
          currency, amount_minor, reporting_currency, reporting_minor, evidence, clicks, impressions)
        select site, day, campaign_key, platform, account, campaign_id, name, source, medium, campaign, channel,
          currency, amount_minor, reporting_currency, reporting_minor, evidence, clicks, impressions from spend_before`,
      'drop table spend_before',
    ]),
};
