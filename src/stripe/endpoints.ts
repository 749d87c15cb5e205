import { Stripe } from 'stripe';
import type { Asked, Endpoint, Sample } from '../payments/provider.ts';
import { answeredAt, failureOf, keyRefusal } from './client.ts';
import type { Clients } from './client.ts';
import { WEBHOOK_EVENTS } from './event-types.ts';
import { id, record, time, words } from './fields.ts';

/** The version whose shapes this package's types describe: what an endpoint made by us sends. */
export const ENDPOINT_VERSION: string = Stripe.API_VERSION;

// Stripe refuses an endpoint for one type it does not know: each must be one of the version's own.
const EVENTS: readonly Stripe.WebhookEndpointCreateParams.EnabledEvent[] = WEBHOOK_EVENTS;
/** Stripe allows 16 endpoints per account. */
const ENDPOINTS_MAX = 100;

export async function asked<T>(work: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'unavailable') return { ok: false, why: 'again', reason: failure.error.message };
    const isRefused = keyRefusal(failure) !== null;
    const why = isRefused ? 'refused' : failure.kind === 'forbidden' ? 'forbidden' : 'rejected';
    return { ok: false, why, reason: failure.reason };
  }
}

export function listEndpoints(clients: Clients, key: string): Promise<Asked<Endpoint[]>> {
  return asked(async () => {
    const page = await clients(key).webhookEndpoints.list({ limit: ENDPOINTS_MAX });
    return page.data.map(toEndpoint);
  });
}

export function createEndpoint(
  clients: Clients,
  key: string,
  { url, metadata, once }: { url: string; metadata: Record<string, string>; once: string },
): Promise<Asked<{ endpoint: Endpoint; secret: string }>> {
  return asked(async () => {
    const created = await clients(key).webhookEndpoints.create(
      {
        url,
        enabled_events: [...EVENTS],
        api_version: ENDPOINT_VERSION as Stripe.WebhookEndpointCreateParams.ApiVersion,
        description: 'Headwater: where revenue comes from',
        metadata,
      },
      { idempotencyKey: once },
    );
    // Shown by this answer and never again.
    if (!created.secret) throw new Error('the answer holds no secret');
    return { endpoint: toEndpoint(created), secret: created.secret };
  });
}

export function refreshEndpoint(clients: Clients, key: string, id: string): Promise<Asked<Endpoint>> {
  return asked(async () =>
    toEndpoint(await clients(key).webhookEndpoints.update(id, { enabled_events: [...EVENTS], disabled: false })),
  );
}

export async function removeEndpoint(clients: Clients, key: string, id: string): Promise<Asked<null>> {
  try {
    await clients(key).webhookEndpoints.del(id);
    return { ok: true, value: null };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'absent') return { ok: true, value: null };
    return asked(async () => Promise.reject(error));
  }
}

/** The newest Checkout Sessions and charges: ids, names of metadata keys and return addresses, and nothing else. */
export function recentCheckouts(clients: Clients, key: string, limit: number): Promise<Asked<Sample[]>> {
  return samples(() => clients(key).checkout.sessions.list({ limit }));
}

export function recentCharges(clients: Clients, key: string, limit: number): Promise<Asked<Sample[]>> {
  return samples(() => clients(key).charges.list({ limit }));
}

async function samples(list: () => Promise<{ data: readonly unknown[] }>): Promise<Asked<Sample[]>> {
  const page = await asked(list);
  return page.ok ? { ok: true, value: page.value.data.map(toSample), answeredAt: answeredAt(page.value) } : page;
}

const KEYS_MAX = 50;

function toSample(object: unknown): Sample {
  const row = record(object);
  return {
    id: id(row['id']) ?? '',
    metadataKeys: Object.keys(record(row['metadata'])).slice(0, KEYS_MAX),
    returnUrl: words(row['success_url'], 2_000) ?? words(row['return_url'], 2_000),
    isOfPaymentLink: id(row['payment_link']) !== null,
  };
}

function toEndpoint(endpoint: Stripe.WebhookEndpoint): Endpoint {
  return {
    id: endpoint.id,
    url: endpoint.url,
    enabled: endpoint.status !== 'disabled',
    events: [...(endpoint.enabled_events ?? [])],
    apiVersion: endpoint.api_version ?? null,
    metadata: { ...endpoint.metadata },
    createdAt: time(endpoint.created) ?? 0,
  };
}
