import { runDdl, type Migration } from './migration.ts';

/** Recurring revenue: subscriptions as they were folded last, and those that wait to be folded again. */
export const subscriptions: Migration = {
  name: '0007-subscriptions',
  up: (transaction) =>
    runDdl(transaction, [
      `create table subscriptions (
        site text not null, id text not null, mode text not null, connection text not null, status text not null,
        mrr_minor integer not null, started_at integer not null, body text not null,
        primary key (site, id))`,
      'create index subscriptions_list on subscriptions (site, mode, started_at, id)',
      `create table subscription_requests (
        site text not null, id text not null, connection text not null, version integer not null,
        attempts integer not null, due_at integer not null, last_error text,
        primary key (site, id))`,
      'create index subscription_requests_due on subscription_requests (due_at, site, id)',
      'create index payments_subscription on payments (site, subscription, occurred_at) where subscription is not null',
    ]),
};
