import type { Secrets } from '../secrets.ts';
import type { Connection, Records } from '../storage/records/records.ts';
import { keyPlace } from './connect-secrets.ts';
import { dropEndpoint } from './endpoints.ts';
import type { ProviderOAuth, ProviderSetup } from './provider.ts';

export interface DisconnectAnswer {
  id: string;
  /** What a person has to do in Stripe; null when nothing is left there. */
  left: string | null;
}

/**
 * Ends a connection: deletes our webhook endpoint where the key may, gives OAuth access back, and forgets the key and
 * the webhook secrets. What was booked stays; connecting the same account again goes on with the same connection, so
 * nothing is booked twice.
 *
 * @returns null when the site has no such connection
 */
export async function disconnectStripe(
  deps: {
    records: Records;
    secrets: Secrets;
    setup: Pick<ProviderSetup, 'endpoints' | 'createEndpoint' | 'refreshEndpoint' | 'removeEndpoint' | 'webhookEvents'>;
    oauth: ProviderOAuth | null;
    now: () => number;
  },
  input: { site: string; connection: string },
): Promise<DisconnectAnswer | null> {
  const { records, secrets, oauth, now } = deps;
  const connection = await records.connections.get(input.connection);
  if (!connection || connection.site !== input.site) return null;
  if (connection.status === 'disconnected') return { id: connection.id, left: null };
  const left: string[] = [];
  const key = openKey(secrets, connection);
  if (key !== null) {
    const reason = await dropEndpoint(deps, connection, key);
    if (reason !== null) left.push(`the webhook endpoint is still there (${reason}); delete it in Stripe`);
  } else if (connection.endpoint?.state === 'created') {
    left.push(`the webhook endpoint ${connection.endpoint.id ?? ''} is still there; delete it in Stripe`);
  }
  if (connection.grantedBy === 'oauth' && oauth && connection.account !== null) {
    const answer = await oauth.deauthorize(connection.account);
    if (!answer.ok) left.push(`access was not given back (${answer.reason}); remove it in Stripe under Connected apps`);
  }
  await records.transaction(async (tx) => {
    await tx.lock(`connect:${input.site}`);
    await forget(tx, connection, 'disconnected by a person; what was booked stays', now());
  });
  return { id: connection.id, left: left.length === 0 ? null : left.join('; ') };
}

/** Forgets what gives access. Call it in a transaction. */
export async function forget(tx: Records, connection: Connection, reason: string, now: number): Promise<void> {
  // The endpoint's id is kept: creation is idempotent, and the next one must differ from the one that was deleted.
  const endpoint = connection.endpoint && { ...connection.endpoint, state: 'manual' as const, reason: null };
  await tx.connections.removeSecrets(connection.id);
  await tx.connections.update(connection.id, {
    status: 'disconnected',
    statusReason: reason,
    sealedKey: null,
    keyHint: null,
    checkedAt: now,
    permissions: null,
    endpoint,
    grantedBy: 'key',
  });
}

/** A key sealed under another HEADWATER_SECRET cannot be used, and must not keep the connection from ending. */
function openKey(secrets: Secrets, connection: Connection): string | null {
  try {
    return connection.sealedKey === null ? null : secrets.open(connection.sealedKey, keyPlace(connection.id));
  } catch {
    return null;
  }
}
