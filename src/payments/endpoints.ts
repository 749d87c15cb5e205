import { createHash } from 'node:crypto';
import type { Secrets } from '../secrets.ts';
import type { Connection, EndpointState, Records } from '../storage/records/records.ts';
import { addWebhookSecret } from './connect-secrets.ts';
import type { Asked, Endpoint, ProviderSetup } from './provider.ts';

export interface EndpointDeps {
  records: Records;
  secrets: Secrets;
  setup: Pick<ProviderSetup, 'endpoints' | 'createEndpoint' | 'refreshEndpoint' | 'removeEndpoint' | 'webhookEvents'>;
  now: () => number;
  /** Public address without a trailing slash. */
  publicUrl: string;
  /** HEADWATER_STRIPE_API_BASE: a Stripe on this machine reaches addresses of this machine. */
  stripeApiBase: string | null;
}

const LOOPBACK = /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/;
const isLoopback = (address: string) => URL.canParse(address) && LOOPBACK.test(new URL(address).hostname);

export const webhookUrl = (publicUrl: string, site: string) => `${publicUrl}/api/webhooks/stripe/${site}`;

/** Every address at which webhooks of the site are taken. */
export function webhookUrls(publicUrl: string, site: string): string[] {
  return [webhookUrl(publicUrl, site), `${publicUrl}/webhooks/stripe/${site}`, `${publicUrl}/api/webhooks/stripe`];
}

/** Why Stripe cannot deliver to this installation; null when it can. */
export function whyUnreachable({ publicUrl, stripeApiBase }: Pick<EndpointDeps, 'publicUrl' | 'stripeApiBase'>) {
  if (stripeApiBase !== null && isLoopback(stripeApiBase)) return null;
  if (publicUrl.startsWith('https://') && !isLoopback(publicUrl)) return null;
  return `Stripe delivers to public https addresses only, and HEADWATER_URL is ${publicUrl}`;
}

/** An endpoint that we made for this connection: nobody else's is changed or deleted. */
export function isOurs(endpoint: Endpoint, connection: Pick<Connection, 'id'>): boolean {
  return endpoint.metadata['headwater_connection'] === connection.id;
}

/**
 * Finds the connection's webhook endpoint at Stripe, or makes it, and stores its secret. There is never a second one of
 * ours: what exists is found by metadata and address first, and creation is repeated under the same Idempotency-Key.
 * Never throws for what Stripe answers: the state says what stands in the way.
 */
export async function ensureEndpoint(
  deps: EndpointDeps,
  connection: Connection,
  { key, hasPastedSecret }: { key: string; hasPastedSecret: boolean },
): Promise<EndpointState> {
  const { records, setup, now, publicUrl } = deps;
  const checkedAt = now();
  const earlier = connection.endpoint;
  const unreachable = whyUnreachable(deps);
  if (unreachable !== null) return { state: 'unreachable', id: null, reason: unreachable, checkedAt };
  const hasMade = earlier?.state === 'created';
  if (hasPastedSecret && !hasMade) return { state: 'manual', id: null, reason: null, checkedAt };

  const listed = await setup.endpoints(key);
  if (!listed.ok) return stopped(listed, earlier?.id ?? null, checkedAt);
  const addresses = webhookUrls(publicUrl, connection.site);
  const ours = listed.value.filter((it) => isOurs(it, connection) && addresses.includes(it.url));
  const known = ours.find((it) => hasMade && it.id === earlier.id);
  if (known) return refreshed(deps, key, known, checkedAt);

  const hasSecret = (await records.connections.secrets(connection.site)).some((it) => it.connection === connection.id);
  const others = listed.value.find((it) => !isOurs(it, connection) && addresses.includes(it.url));
  if (others && ours.length === 0) {
    const reason = hasSecret
      ? null
      : `the endpoint ${others.id} sends to this address already: paste its signing secret, or delete it in Stripe and save the key again`;
    return { state: 'manual', id: others.id, reason, checkedAt };
  }
  if (hasSecret && !hasMade && ours.length === 0) {
    const reason = `a webhook secret is stored, and no endpoint at Stripe sends to ${webhookUrl(publicUrl, connection.site)}`;
    return { state: 'manual', id: null, reason, checkedAt };
  }
  return create(deps, connection, { key, replaced: ours, checkedAt });
}

async function create(
  deps: EndpointDeps,
  connection: Connection,
  { key, replaced, checkedAt }: { key: string; replaced: Endpoint[]; checkedAt: number },
): Promise<EndpointState> {
  const { records, setup, publicUrl } = deps;
  const url = webhookUrl(publicUrl, connection.site);
  const earlier = connection.endpoint?.id ?? 'none';
  // Stripe answers a repeated key with its first answer, secret included: a creation whose answer was lost is found
  // again. An endpoint that is gone meanwhile is part of the key, so that its like can be made anew.
  const content = JSON.stringify([connection.id, url, earlier, setup.webhookEvents]);
  const once = `headwater-endpoint-${createHash('sha256').update(content).digest('hex')}`;
  const metadata = { headwater_connection: connection.id, headwater_site: connection.site };
  const created = await setup.createEndpoint(key, { url, metadata, once });
  if (!created.ok) return stopped(created, null, checkedAt);
  const { endpoint, secret } = created.value;
  const isStored = await records.transaction(async (tx) => {
    await tx.lock(`connect:${connection.site}`);
    const current = await tx.connections.get(connection.id);
    if (!current || current.sealedKey !== connection.sealedKey) return false;
    await addWebhookSecret(tx, deps, current, secret);
    return true;
  });
  // Disconnected, or connected with another key, while Stripe was asked: whoever did it looks after the endpoint.
  if (!isStored) return { state: 'failed', id: endpoint.id, reason: 'the key was changed meanwhile', checkedAt };
  // The secret of an endpoint is shown once: one whose secret was lost is replaced, the new one first.
  for (const old of replaced) if (old.id !== endpoint.id) await setup.removeEndpoint(key, old.id);
  return { state: 'created', id: endpoint.id, reason: null, checkedAt };
}

async function refreshed(
  { setup }: EndpointDeps,
  key: string,
  endpoint: Endpoint,
  checkedAt: number,
): Promise<EndpointState> {
  const isWhole = endpoint.enabled && missingTypes(endpoint, setup.webhookEvents).length === 0;
  if (isWhole) return { state: 'created', id: endpoint.id, reason: null, checkedAt };
  const answer = await setup.refreshEndpoint(key, endpoint.id);
  const reason = answer.ok ? null : `it could not be brought up to date: ${answer.reason}`;
  return { state: 'created', id: endpoint.id, reason, checkedAt };
}

export function missingTypes(endpoint: Endpoint, wanted: readonly string[]): string[] {
  if (endpoint.events.includes('*')) return [];
  return wanted.filter((type) => !endpoint.events.includes(type));
}

function stopped(asked: Extract<Asked<unknown>, { ok: false }>, id: string | null, checkedAt: number): EndpointState {
  // Without the permission a person makes the endpoint; that is a way to work, not a failure.
  return { state: asked.why === 'forbidden' ? 'manual' : 'failed', id, reason: asked.reason, checkedAt };
}

/** Deletes the endpoint we made. @returns why it is left standing, null when none is */
export async function dropEndpoint(
  { setup }: Pick<EndpointDeps, 'setup'>,
  connection: Connection,
  key: string,
): Promise<string | null> {
  const listed = await setup.endpoints(key);
  if (!listed.ok) return connection.endpoint?.state === 'created' ? listed.reason : null;
  let reason: string | null = null;
  for (const endpoint of listed.value) {
    if (!isOurs(endpoint, connection)) continue;
    const removed = await setup.removeEndpoint(key, endpoint.id);
    if (!removed.ok) reason = `${endpoint.id}: ${removed.reason}`;
  }
  return reason;
}
