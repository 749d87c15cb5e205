import type { Log } from '../loop.ts';
import type { Connection, EndpointState } from '../storage/records/records.ts';
import { keyPlace } from './connect-secrets.ts';
import { ensureEndpoint } from './endpoints.ts';
import type { EndpointDeps } from './endpoints.ts';
import type { ProviderSetup } from './provider.ts';

export type SetUp = (connection: string, options?: { hasPastedSecret: boolean }) => Promise<void>;

export interface SetUpDeps extends EndpointDeps {
  setup: ProviderSetup;
  log: Log;
}

const WEBHOOK_PERMISSION = 'rak_webhook_write';

/**
 * What follows a verified key: asks what it may do and, where it may, sees to the webhook endpoint. The answers are
 * stored with the connection. Never throws for what Stripe answers.
 */
export function createSetUp(deps: SetUpDeps): SetUp {
  const { records, secrets, setup, now, log } = deps;
  return async (id, { hasPastedSecret } = { hasPastedSecret: false }) => {
    const connection = await records.connections.get(id);
    if (!connection || connection.sealedKey === null) return;
    const key = secrets.open(connection.sealedKey, keyPlace(id));
    const answers = await setup.probePermissions(key);
    const permissions = { checkedAt: now(), answers };
    const isForbidden = answers[WEBHOOK_PERMISSION] === 'missing';
    const endpoint = isForbidden
      ? byHand(connection, now())
      : await ensureEndpoint(deps, connection, { key, hasPastedSecret });
    await records.transaction(async (tx) => {
      const current = await tx.connections.get(id);
      if (current?.sealedKey === connection.sealedKey) await tx.connections.update(id, { permissions, endpoint });
    });
    if (endpoint.state === 'failed') {
      log.warn(
        { connection: id, reason: endpoint.reason },
        'the webhook endpoint could not be made, will be tried again',
      );
    }
  };
}

function byHand(connection: Connection, checkedAt: number): EndpointState {
  const { endpoint } = connection;
  // Made with an earlier key that had the permission: it is still there, and its secret is known.
  if (endpoint?.state === 'created') return { ...endpoint, checkedAt };
  return { state: 'manual', id: null, reason: `the key has no ${WEBHOOK_PERMISSION}`, checkedAt };
}

const EVERY_MS = 5 * 60_000;

/** Worker: sets up what is verified and not set up yet, and tries failures again. */
export function createSetUpWorker(deps: SetUpDeps & { setUp: SetUp; everyMs?: number }): {
  runOnce(): Promise<boolean>;
} {
  const { records, now, setUp, everyMs = EVERY_MS } = deps;
  const triedAt = new Map<string, number>();
  return {
    async runOnce() {
      for (const connection of await records.connections.all()) {
        if (connection.sealedKey === null || connection.status !== 'verified' || isSetUp(connection)) continue;
        const last = Math.max(triedAt.get(connection.id) ?? 0, connection.permissions?.checkedAt ?? 0);
        if (last > now() - everyMs) continue;
        triedAt.set(connection.id, now());
        await setUp(connection.id);
      }
      return false;
    },
  };
}

function isSetUp({ permissions, endpoint }: Connection): boolean {
  if (permissions === null || endpoint === null || endpoint.state === 'failed') return false;
  return !Object.values(permissions.answers).includes('unknown');
}
