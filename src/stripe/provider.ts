import type { ListOptions } from '../payments/provider-lists.ts';
import type { Provider } from '../payments/provider.ts';
import { createClients } from './client.ts';
import { createPace } from './client-pace.ts';
import type { Pace } from './client-pace.ts';
import { probeKey } from './connect.ts';
import { fetchWanted } from './history.ts';
import { createLists } from './lists.ts';
import { readEvent, verifyWebhook } from './webhook.ts';

/**
 * Stripe behind the port of payments/provider.ts.
 *
 * @param options.apiBase another origin than Stripe's API (HEADWATER_STRIPE_API_BASE)
 * @param options.hash keyed hash (src/secrets.ts): e-mail addresses are kept only as that
 */
export function createStripeProvider(options: {
  apiBase?: string | undefined;
  hash: (value: string) => string;
  now: () => number;
  timeoutMs?: number;
  /** Shared with whoever else asks with the same keys. */
  pace?: Pace;
}): Provider {
  const { hash, now, pace = createPace() } = options;
  const clients = createClients(options);
  const unpaced = createClients({ ...options, onRequest: pace.sent });
  const readContext = ({ visitorMetadataKeys }: ListOptions) => ({ visitorMetadataKeys, hash, seenAt: now() });
  return {
    ...createLists(clients, pace, readContext),
    verify: verifyWebhook,
    read: (body, { visitorMetadataKeys }) => readEvent(body, { visitorMetadataKeys, hash, nowMs: now() }),
    probe: (key) => probeKey(unpaced, key),
    async fetch(key, want, options) {
      await pace.turn(key, want.kind);
      return fetchWanted(clients, key, want, readContext(options));
    },
  };
}
