import { runDdl, type Migration } from './migration.ts';

/** Why a payment is credited again, what that changed, and what people said about links. The last two only grow. */
export const identity: Migration = {
  name: '0013-identity',
  up: (transaction) =>
    runDdl(transaction, [
      `alter table attribution_requests add column reasons text not null default ''`,
      `create table restatements (
        seq serial primary key, site text not null, mode text not null, payment text not null, at integer not null,
        age_ms integer not null, reasons text not null, body text not null)`,
      'create index restatements_site on restatements (site, mode, seq)',
      'create index restatements_payment on restatements (site, payment, seq)',
      `create table link_verdicts (
        seq serial primary key, site text not null, link text not null, object text not null, field text not null,
        value text not null, verdict text not null, at integer not null, said_by text not null, why text not null)`,
      'create index link_verdicts_link on link_verdicts (site, link, seq)',
    ]),
};
