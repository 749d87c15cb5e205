import { runDdl, type Migration } from './migration.ts';

const PEOPLE = [
  `create table teams (
    id text primary key, name text not null, slot text unique, created_at integer not null)`,
  `create table team_members (
    team text not null references teams (id), member text not null, role text not null, created_at integer not null,
    primary key (team, member))`,
  'create index team_members_member on team_members (member)',
  `create table sites (
    id text primary key, team text not null references teams (id), name text not null, domain text not null,
    timezone text not null, currency text not null, settings text not null, created_at integer not null)`,
  'create index sites_team on sites (team)',
  `create table api_keys (
    id text primary key, site text not null references sites (id), hash text not null unique, prefix text not null,
    scopes text not null, created_at integer not null, last_used_at integer, expires_at integer)`,
  'create index api_keys_site on api_keys (site)',
  'create table settings (name text primary key, value text not null)',
];

const STRIPE = [
  `create table connections (
    id text primary key, site text not null references sites (id), account text, mode text not null,
    status text not null, status_reason text, sealed_key text, key_hint text, created_at integer not null,
    checked_at integer, last_event_at integer)`,
  'create index connections_site on connections (site)',
  `create table webhook_secrets (
    id text primary key, connection text not null references connections (id), sealed_secret text not null,
    created_at integer not null)`,
  'create index webhook_secrets_connection on webhook_secrets (connection)',
  `create table inbox (
    connection text not null, event_id text not null, type text not null, body text not null,
    received_at integer not null, state text not null, attempts integer not null, last_error text,
    fence integer not null, owner text, due_at integer not null, finished_at integer,
    primary key (connection, event_id))`,
  "create index inbox_due on inbox (due_at, received_at) where state = 'pending'",
  'create index inbox_state on inbox (connection, state, received_at)',
  `create table objects (
    connection text not null, id text not null, kind text not null, body text not null,
    primary key (connection, id))`,
  `create table object_references (
    connection text not null, from_id text not null, from_kind text not null, to_id text not null,
    primary key (connection, from_id, to_id))`,
  'create index object_references_to on object_references (connection, to_id, from_kind, from_id)',
  `create table wanted (
    connection text not null, kind text not null, by_kind text not null, id text not null, attempts integer not null,
    state text not null, last_error text, fence integer not null, owner text, due_at integer not null,
    primary key (connection, kind, by_kind, id))`,
  "create index wanted_due on wanted (due_at) where state = 'wanted'",
  "create index wanted_forbidden on wanted (connection) where state = 'forbidden'",
];

const MONEY = [
  `create table ledger_entries (
    site text not null, id text not null, payment text not null, mode text not null, kind text not null,
    amount_minor integer not null, currency text not null, occurred_at integer not null, balance_transaction text,
    settled_minor integer, settled_currency text, fee_minor integer,
    primary key (site, id))`,
  'create index ledger_entries_payment on ledger_entries (site, payment)',
  `create table payments (
    site text not null, id text not null, mode text not null, connection text not null, kind text not null,
    currency text not null, occurred_at integer not null, customer text, subscription text, path_ends_at integer,
    gross_minor integer not null, refunded_minor integer not null, disputed_minor integer not null,
    fee_minor integer not null, fee_currency text,
    primary key (site, id))`,
  'create index payments_time on payments (site, mode, occurred_at, id)',
  'create index payments_customer on payments (site, mode, customer, occurred_at) where customer is not null',
  `create table payment_links (
    site text not null, payment text not null, position integer not null, object text not null, field text not null,
    value text not null, claim text not null, rung integer not null, seen_at integer not null,
    primary key (site, payment, position))`,
  'create index payment_links_value on payment_links (site, value, payment)',
  `create table payment_visitors (
    site text not null, visitor text not null, payment text not null,
    primary key (site, visitor, payment))`,
  'create index payment_visitors_payment on payment_visitors (site, payment)',
  `create table payment_attributions (
    site text not null, payment text not null, body text not null,
    primary key (site, payment))`,
  `create table attribution_requests (
    site text not null, payment text not null, version integer not null, attempts integer not null,
    due_at integer not null, last_error text,
    primary key (site, payment))`,
  'create index attribution_requests_due on attribution_requests (due_at, site, payment)',
];

const WORK = [
  `create table identities (
    site text not null, kind text not null, value text not null, visitor text not null, seen_at integer not null,
    primary key (site, kind, value, visitor))`,
  'create index identities_value on identities (site, kind, value, seen_at, visitor)',
  'create index identities_visitor on identities (site, visitor, seen_at)',
  `create table outbox (
    seq serial primary key, added_with text not null, batch text, body text not null)`,
  'create index outbox_added_with on outbox (added_with)',
  'create index outbox_batch on outbox (batch, seq)',
  'create index outbox_written_down on outbox (seq) where batch is not null',
  `create table jobs (
    id text primary key, kind text not null, args text not null, state text not null, progress text not null,
    error text, fence integer not null, owner text, due_at integer not null, created_at integer not null)`,
  "create index jobs_due on jobs (due_at) where state in ('queued', 'running')",
];

export const spine: Migration = {
  name: '0001-spine',
  up: (transaction) => runDdl(transaction, [...PEOPLE, ...STRIPE, ...MONEY, ...WORK]),
};
