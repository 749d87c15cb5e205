import type { Log } from '../loop.ts';
import type { Connection, EndpointState } from '../storage/records/records.ts';
import { readForbiddenAgain } from './backfill-start.ts';
import { keyPlace } from './connect-secrets.ts';
import { ensureEndpoint, webhookUrl, whyUnreachable } from './endpoints.ts';
import type { EndpointDeps } from './endpoints.ts';
import type { PermissionAnswer, ProviderSetup } from './provider.ts';

/** `onlyAsks`: what the key may do is asked, and nothing at Stripe is made or changed. */
export type SetUp = (connection: string, options?: { hasPastedSecret?: boolean; onlyAsks?: boolean }) => Promise<void>;

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
  return async (id, { hasPastedSecret = false, onlyAsks = false } = {}) => {
    const connection = await records.connections.get(id);
    if (!connection || connection.sealedKey === null) return;
    const key = secrets.open(connection.sealedKey, keyPlace(id));
    const answers = await setup.probePermissions(key);
    const permissions = { checkedAt: now(), answers };
    const seeToEndpoint = () =>
      answers[WEBHOOK_PERMISSION] === 'missing'
        ? byHand(connection, now())
        : ensureEndpoint(deps, connection, { key, hasPastedSecret });
    const endpoint = onlyAsks ? null : await seeToEndpoint();
    await records.transaction(async (tx) => {
      const current = await tx.connections.get(id);
      if (current?.sealedKey !== connection.sealedKey) return;
      const url = webhookUrl(deps.publicUrl, connection.site);
      await tx.connections.update(id, {
        permissions,
        ...(endpoint && { endpoint: { ...endpoint, url } }),
      });
      if (hasGained(connection, answers)) await readForbiddenAgain(tx, id, now());
    });
    if (endpoint?.state === 'failed') {
      log.warn(
        { connection: id, reason: endpoint.reason },
        'the webhook endpoint could not be made, will be tried again',
      );
    }
  };
}

function hasGained({ permissions }: Connection, now: Record<string, PermissionAnswer>): boolean {
  const before = Object.entries(permissions?.answers ?? {});
  return before.some(([name, answer]) => answer !== 'granted' && now[name] === 'granted');
}

function byHand(connection: Connection, checkedAt: number): EndpointState {
  const { endpoint } = connection;
  // Made with an earlier key that had the permission: it is still there, and its secret is known.
  if (endpoint?.state === 'created') return { ...endpoint, checkedAt };
  return { state: 'manual', id: null, reason: `the key has no ${WEBHOOK_PERMISSION}`, checkedAt };
}

const EVERY_MS = 5 * 60_000;
/** A permission can be added to a key at Stripe, which tells nobody. */
const MISSING_EVERY_MS = 3_600_000;

/** Worker: sets up what is verified and not set up yet, tries failures again, and looks whether a key may do more. */
export function createSetUpWorker(deps: SetUpDeps & { setUp: SetUp; everyMs?: number }): {
  runOnce(): Promise<boolean>;
} {
  const { records, now, setUp, everyMs = EVERY_MS } = deps;
  const triedAt = new Map<string, number>();
  return {
    async runOnce() {
      for (const connection of await records.connections.all()) {
        if (connection.sealedKey === null || connection.status !== 'verified') continue;
        const lacks = Object.values(connection.permissions?.answers ?? {}).includes('missing');
        const isDone = isSetUp(deps, connection);
        if (isDone && !lacks) continue;
        const last = Math.max(triedAt.get(connection.id) ?? 0, connection.permissions?.checkedAt ?? 0);
        if (last > now() - (isDone ? MISSING_EVERY_MS : everyMs)) continue;
        triedAt.set(connection.id, now());
        await setUp(connection.id);
      }
      return false;
    },
  };
}

function isSetUp(deps: EndpointDeps, { site, permissions, endpoint }: Connection): boolean {
  if (permissions === null || endpoint === null || endpoint.state === 'failed') return false;
  // This server has moved since: what Stripe has sends to the old address, or could not send to it.
  const url = webhookUrl(deps.publicUrl, site);
  if ((endpoint.url ?? url) !== url) return false;
  if (endpoint.state === 'unreachable' && whyUnreachable(deps) === null) return false;
  return !Object.values(permissions.answers).includes('unknown');
}
