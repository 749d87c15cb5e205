import type { ProviderOAuth } from '../payments/provider.ts';
import { createClients } from './client.ts';
import { asked } from './endpoints.ts';

/**
 * Stripe Connect's OAuth, for operators who host Headwater for many: `read_write` is the only scope that Stripe still
 * gives to new platforms. The token it answers is a key of the connected account and is used like a pasted one.
 */
export function createStripeOAuth(options: {
  /** ca_… of the operator's platform account. */
  clientId: string;
  /** The platform's own secret key: it says in which mode accounts are connected. */
  secretKey: string;
  apiBase?: string | undefined;
  timeoutMs?: number;
}): ProviderOAuth {
  const { clientId, secretKey } = options;
  const stripe = createClients(options)(secretKey);
  // The pages lie on another host than the API, unless another host was set for everything.
  const origin = options.apiBase ? options.apiBase.replace(/\/+$/, '') : 'https://connect.stripe.com';
  return {
    authorizeUrl({ state, redirectUri }) {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        scope: 'read_write',
        state,
        redirect_uri: redirectUri,
      });
      return `${origin}/oauth/authorize?${query}`;
    },
    exchange: (code) =>
      asked(async () => {
        const token = await stripe.oauth.token({ grant_type: 'authorization_code', code });
        if (!token.access_token) throw new Error('the answer holds no access token');
        return { key: token.access_token, account: token.stripe_user_id ?? null, livemode: token.livemode === true };
      }),
    deauthorize: (account) =>
      asked(async () => {
        await stripe.oauth.deauthorize({ client_id: clientId, stripe_user_id: account });
        return null;
      }),
  };
}
