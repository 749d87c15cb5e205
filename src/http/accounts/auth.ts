import { hkdfSync } from 'node:crypto';
import { getAdapter } from 'better-auth/db/adapter';
import { betterAuth } from 'better-auth/minimal';
import type { BetterAuthOptions } from 'better-auth';
import type { Kysely } from 'kysely';
import type { Log } from '../../loop.ts';
import type { Database } from '../../storage/records/database.ts';
import { withHashedSessionTokens } from './hashed-session-tokens.ts';
import { hashPassword, verifyPassword } from './passwords.ts';

const DAY_S = 86_400;

export interface AuthOptions {
  /** The records store's own handle. better-auth's tables in it come from migration 0002-accounts; no query of ours names them. */
  db: Kysely<Database>;
  /** The installation's secret; the cookie signature's is derived from it. */
  secret: string;
  publicUrl: string;
  log: Log;
}

/** better-auth over our own tables. Loaded on first use only: its import takes 0.4 s that a start should not pay. */
export async function createAuth({ db, secret, publicUrl, log }: AuthOptions) {
  const options = {
    appName: 'Headwater',
    baseURL: publicUrl,
    secret: Buffer.from(hkdfSync('sha256', secret, '', 'headwater accounts', 32)).toString('base64'),
    telemetry: { enabled: false },
    logger: { level: 'error', log: (_level, message) => log.warn({ part: 'accounts' }, message) },
    // Limits by account and address stand in http/routes/account.ts; better-auth sees no addresses at all.
    rateLimit: { enabled: false },
    user: {
      modelName: 'members',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    session: {
      modelName: 'member_sessions',
      fields: {
        userId: 'member_id',
        expiresAt: 'expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
      },
      expiresIn: 30 * DAY_S,
      updateAge: DAY_S,
    },
    account: {
      modelName: 'member_accounts',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'member_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'member_verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    emailAndPassword: {
      enabled: true,
      // Accounts are made by a one-time link only (accounts.ts), never by a public sign-up.
      disableSignUp: true,
      minPasswordLength: 10,
      maxPasswordLength: 200,
      password: { hash: hashPassword, verify: ({ password, hash }) => verifyPassword(password, hash) },
    },
    advanced: {
      ipAddress: { disableIpTracking: true },
      useSecureCookies: publicUrl.startsWith('https:'),
      cookiePrefix: 'headwater',
    },
  } satisfies BetterAuthOptions;
  // 'sqlite' on PostgreSQL too: it means times as text and booleans as 0 and 1, so that one schema serves both.
  const adapter = await getAdapter({ ...options, database: { db, type: 'sqlite', transaction: false } });
  return betterAuth({ ...options, database: () => withHashedSessionTokens(adapter) });
}
