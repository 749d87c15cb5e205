import type { Secrets } from '../secrets.ts';
import { ConnectRefused } from './connect-choose.ts';
import type { ConnectAnswer, ConnectInput } from './connect.ts';
import type { ProviderOAuth } from './provider.ts';

const PLACE = 'oauth:state';
/** As long as a person may take on Stripe's page. */
const STATE_MS = 30 * 60_000;

interface State {
  site: string;
  member: string;
  expiresAt: number;
}

/** Connecting by Stripe's OAuth page. The state is sealed: only the member who began can finish, and only for a while. */
export function createOAuthConnect(deps: {
  oauth: ProviderOAuth;
  secrets: Secrets;
  now: () => number;
  /** Where Stripe sends the browser back to; it must be listed in the platform's settings. */
  redirectUri: string;
  connect: (input: ConnectInput) => Promise<ConnectAnswer>;
}) {
  const { oauth, secrets, now, redirectUri, connect } = deps;

  function stateOf(sealed: string, member: string): State {
    let state: State | null = null;
    try {
      state = JSON.parse(secrets.open(sealed, PLACE)) as State;
    } catch {
      state = null;
    }
    if (!state || state.member !== member) {
      throw new ConnectRefused('site', 'this link was not begun here; start again under Settings › Revenue');
    }
    if (state.expiresAt < now()) {
      throw new ConnectRefused('site', 'this took too long; start again under Settings › Revenue');
    }
    return state;
  }

  return {
    /** @returns the address of Stripe's page */
    begin(site: string, member: string): string {
      const state: State = { site, member, expiresAt: now() + STATE_MS };
      return oauth.authorizeUrl({ state: secrets.seal(JSON.stringify(state), PLACE), redirectUri });
    },
    /** Which site a callback is about. @throws ConnectRefused when this member did not begin it */
    siteOf: (sealed: string, member: string): string => stateOf(sealed, member).site,
    /** @throws ConnectRefused with Stripe's reason */
    async finish(input: { state: string; member: string; code: string }): Promise<ConnectAnswer> {
      const { site } = stateOf(input.state, input.member);
      const token = await oauth.exchange(input.code);
      if (!token.ok) throw new ConnectRefused('key', `Stripe refused: ${token.reason}`);
      return connect({ site, key: token.value.key, oauth: { account: token.value.account } });
    },
  };
}
