import type { SimulatedAccount } from './account.ts';
import { type Form, textOf } from './form.ts';
import type { Reply } from './reply.ts';
import { createRandom } from './state.ts';

/**
 * Connect's OAuth, as platforms use it: a member of an account agrees on `/oauth/authorize`, the platform exchanges the
 * code for a key of that account, and can give the access back. The only scope there is today is `read_write`.
 */
export interface OAuth {
  /** What the account's owner does on Stripe's page. @returns ac_…, good for one exchange */
  agree(account: SimulatedAccount, clientId: string): string;
  /** Answers `/oauth/token` and `/oauth/deauthorize`. */
  answer(path: string, form: Form, authorization: string | undefined): Reply;
}

const CODE_SECONDS = 300;

interface Grant {
  account: SimulatedAccount;
  clientId: string;
  expiresAt: number;
}

export function createOAuth(accounts: readonly SimulatedAccount[], seed: number): OAuth {
  const random = createRandom(seed);
  const codes = new Map<string, Grant>();
  const refreshTokens = new Map<string, Grant>();
  const token = (prefix: string) =>
    prefix + Array.from({ length: 24 }, () => Math.floor(random() * 36).toString(36)).join('');

  function exchange(platform: SimulatedAccount, form: Form): Reply {
    const kind = textOf(form.grant_type);
    const given = textOf(kind === 'refresh_token' ? form.refresh_token : form.code) ?? '';
    if (kind !== 'authorization_code' && kind !== 'refresh_token') {
      return oauthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token');
    }
    const grant = (kind === 'refresh_token' ? refreshTokens : codes).get(given);
    if (!grant || grant.clientId !== platform.clientId || grant.expiresAt < Date.now()) {
      return oauthError('invalid_grant', `Authorization code does not exist: ${given.slice(0, 40)}`);
    }
    codes.delete(given);
    const { account } = grant;
    const mode = account.state.livemode ? 'live' : 'test';
    const key = token(`sk_${mode}_`);
    const refresh = token('rt_');
    account.keys.set(key, { key, permissions: null });
    account.platforms.add(platform);
    refreshTokens.set(refresh, { ...grant, expiresAt: Infinity });
    return json({
      access_token: key,
      livemode: account.state.livemode,
      refresh_token: refresh,
      token_type: 'bearer',
      stripe_publishable_key: token(`pk_${mode}_`),
      stripe_user_id: account.id,
      scope: 'read_write',
    });
  }

  function deauthorize(platform: SimulatedAccount, form: Form): Reply {
    const id = textOf(form.stripe_user_id);
    const account = accounts.find((candidate) => candidate.id === id);
    if (textOf(form.client_id) !== platform.clientId || !account?.platforms.has(platform)) {
      const message = `This application is not connected to stripe account ${String(id)}, or that account does not exist.`;
      return oauthError('invalid_client', message, 401);
    }
    account.platforms.delete(platform);
    for (const [refresh, grant] of refreshTokens) if (grant.account === account) refreshTokens.delete(refresh);
    return json({ stripe_user_id: account.id });
  }

  return {
    agree(account, clientId) {
      const code = token('ac_');
      codes.set(code, { account, clientId, expiresAt: Date.now() + CODE_SECONDS * 1_000 });
      return code;
    },
    answer(path, form, authorization) {
      const secret = textOf(form.client_secret) ?? /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
      const platform = accounts.find((account) => account.clientId !== null && account.keys.has(secret));
      if (!platform) return oauthError('invalid_client', 'No such API key of a platform', 401);
      return path === '/oauth/token' ? exchange(platform, form) : deauthorize(platform, form);
    },
  };
}

function json(body: object): Reply {
  return { status: 200, body: JSON.stringify(body, null, 2) };
}

function oauthError(error: string, description: string, status = 400): Reply {
  return { status, body: JSON.stringify({ error, error_description: description }, null, 2) };
}
