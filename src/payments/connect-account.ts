import type { Log } from '../loop.ts';
import { disconnectStripe } from './connect-disconnect.ts';
import { createOAuthConnect } from './connect-oauth.ts';
import { createSetUp, createSetUpWorker } from './connect-setup.ts';
import { connectStripe, createRechecker } from './connect.ts';
import type { ConnectInput } from './connect.ts';
import type { EndpointDeps } from './endpoints.ts';
import type { Provider, ProviderOAuth, ProviderSetup } from './provider.ts';

/** Connecting and disconnecting accounts, as the server and the commands use it. */
export function createConnecting(
  deps: EndpointDeps & {
    provider: Pick<Provider, 'probe' | 'fetch'>;
    setup: ProviderSetup;
    /** null: the operator has not set it up. */
    oauth: ProviderOAuth | null;
    log: Log;
  },
) {
  const { oauth, publicUrl } = deps;
  const setUp = createSetUp(deps);
  const connect = (input: ConnectInput) => connectStripe({ ...deps, setUp }, input);
  const redirectUri = `${publicUrl}/api/v1/oauth/stripe/callback`;
  return {
    connect,
    disconnect: (input: { site: string; connection: string }) => disconnectStripe(deps, input),
    setUp,
    byOAuth: oauth && createOAuthConnect({ ...deps, oauth, redirectUri, connect }),
    /** Workers: what could not be verified, and what could not be set up. */
    rechecker: createRechecker({ ...deps, setUp }),
    setUpWorker: createSetUpWorker({ ...deps, setUp }),
  };
}
