import { runDdl, type Migration } from './migration.ts';

/**
 * Members, their passwords and sessions: the tables better-auth writes (http/accounts), under our names. It is told to
 * write SQLite's forms on both databases: times as ISO 8601 text, booleans as 0 and 1. `token` holds a SHA-256, never
 * the token; the address and user agent columns stay empty. The columns for sign-in by another provider are required by
 * its schema and unused.
 */
export const accounts: Migration = {
  name: '0002-accounts',
  up: (transaction) =>
    runDdl(transaction, [
      `create table members (
        id text primary key, name text not null, email text not null unique, email_verified integer not null,
        image text, created_at text not null, updated_at text not null)`,
      `create table member_sessions (
        id text primary key, member_id text not null references members (id) on delete cascade,
        token text not null unique, expires_at text not null, ip_address text, user_agent text,
        created_at text not null, updated_at text not null)`,
      'create index member_sessions_member on member_sessions (member_id)',
      `create table member_accounts (
        id text primary key, member_id text not null references members (id) on delete cascade,
        account_id text not null, provider_id text not null, password text, access_token text, refresh_token text,
        id_token text, access_token_expires_at text, refresh_token_expires_at text, scope text,
        created_at text not null, updated_at text not null)`,
      'create unique index member_accounts_provider on member_accounts (provider_id, account_id)',
      'create index member_accounts_member on member_accounts (member_id)',
      `create table member_verifications (
        id text primary key, identifier text not null, value text not null, expires_at text not null,
        created_at text not null, updated_at text not null)`,
      'create index member_verifications_identifier on member_verifications (identifier)',
    ]),
};
