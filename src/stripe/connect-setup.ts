import type { ProviderSetup } from '../payments/provider.ts';
import { createClients } from './client.ts';
import type { Pace } from './client-pace.ts';
import {
  createEndpoint,
  ENDPOINT_VERSION,
  listEndpoints,
  recentCharges,
  recentCheckouts,
  refreshEndpoint,
  removeEndpoint,
} from './endpoints.ts';
import { WEBHOOK_EVENTS } from './event-types.ts';
import { PERMISSIONS, probePermissions } from './permissions.ts';

/** Setting accounts up and checking them, behind the port of payments/provider.ts. */
export function createStripeSetup(options: {
  apiBase?: string | undefined;
  timeoutMs?: number;
  /** Of those who read history with the same keys. */
  pace?: Pick<Pace, 'sent'>;
}): ProviderSetup {
  const { pace } = options;
  const clients = createClients({ ...options, ...(pace && { onRequest: pace.sent }) });
  return {
    permissions: PERMISSIONS,
    webhookEvents: WEBHOOK_EVENTS,
    apiVersion: ENDPOINT_VERSION,
    probePermissions: (key) => probePermissions(clients, key),
    endpoints: (key) => listEndpoints(clients, key),
    createEndpoint: (key, input) => createEndpoint(clients, key, input),
    refreshEndpoint: (key, id) => refreshEndpoint(clients, key, id),
    removeEndpoint: (key, id) => removeEndpoint(clients, key, id),
    recentCheckouts: (key, limit) => recentCheckouts(clients, key, limit),
    recentCharges: (key, limit) => recentCharges(clients, key, limit),
  };
}
