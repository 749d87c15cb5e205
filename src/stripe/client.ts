import { Stripe } from 'stripe';
import { ProviderUnavailable } from '../payments/provider.ts';
import type { Limit } from './client-pace.ts';

const CLIENTS_MAX = 50;
const RETRY_AFTER_MAX_MS = 15 * 60_000;
/** When Stripe says that asking again will not help, and yet it must: an outage ends some day. */
const NOT_SOON_MS = 60_000;

/** One client per key, so that its connections are kept open. */
export type Clients = (key: string) => Stripe;

/** @param apiBase another host than Stripe's (HEADWATER_STRIPE_API_BASE), as an origin such as http://127.0.0.1:4242 */
export function createClients(options: {
  apiBase?: string | undefined;
  timeoutMs?: number;
  onRequest?: (key: string) => void;
}): Clients {
  const host = options.apiBase ? hostOf(options.apiBase) : {};
  const clients = new Map<string, Stripe>();
  return (key) => {
    const known = clients.get(key);
    if (known) return known;
    const oldest = clients.size >= CLIENTS_MAX ? clients.keys().next() : null;
    if (oldest && !oldest.done) clients.delete(oldest.value);
    const client = new Stripe(key, {
      ...host,
      // Retries are the callers': they keep what is still to be asked, across restarts.
      maxNetworkRetries: 0,
      timeout: options.timeoutMs ?? 20_000,
      telemetry: false,
    });
    if (options.onRequest) client.on('request', () => options.onRequest!(key));
    clients.set(key, client);
    return client;
  };
}

function hostOf(apiBase: string): { host: string; port: number; protocol: 'http' | 'https' } {
  const url = URL.canParse(apiBase) ? new URL(apiBase) : null;
  const protocol = url?.protocol === 'http:' ? 'http' : url?.protocol === 'https:' ? 'https' : null;
  if (!url || !protocol || url.pathname !== '/' || url.search !== '') {
    throw new Error(`Stripe API base '${apiBase}' is not an origin; write it as https://host or http://host:port`);
  }
  return { host: url.hostname, port: Number(url.port) || (protocol === 'http' ? 80 : 443), protocol };
}

export type Failure =
  | { kind: 'unauthorised'; reason: string }
  | { kind: 'forbidden'; reason: string }
  | { kind: 'absent'; reason: string }
  | { kind: 'rejected'; reason: string }
  /** `tooMany`: there were too many requests, by which limit; undefined: it was something else. */
  | { kind: 'unavailable'; error: ProviderUnavailable; tooMany?: Limit };

/** Sorts what the package throws by what can be done about it. Messages are Stripe's own; keys in them are masked. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Stripe.errors.StripeError)) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kind: 'unavailable',
      error: new ProviderUnavailable(`Stripe could not be asked: ${reason}`, { cause: error }),
    };
  }
  const reason = masked(error.message || error.type);
  const status = error.statusCode ?? 0;
  const wish = headerOf(error.headers, 'stripe-should-retry');
  const unavailable = (retryAfterMs: number | null): Failure => ({
    kind: 'unavailable',
    error: new ProviderUnavailable(reason, { retryAfterMs, cause: error }),
    ...(status === 429 && error.code !== 'lock_timeout' ? { tooMany: limitOf(error.headers) } : {}),
  });
  // Stripe knows better than its status codes whether the same question may get another answer.
  if (wish === 'true') return unavailable(retryAfterMs(error.headers));
  if (status === 401) return { kind: 'unauthorised', reason };
  if (status === 403) return { kind: 'forbidden', reason };
  if (status === 404 || error.code === 'resource_missing') return { kind: 'absent', reason };
  // 400, 402, …: asking the same again gives the same answer. 409 is a conflict that passes, 429 a limit.
  if (
    status >= 400 &&
    status < 500 &&
    status !== 408 &&
    status !== 409 &&
    status !== 429 &&
    error.code !== 'rate_limit'
  ) {
    return { kind: 'rejected', reason };
  }
  return unavailable(retryAfterMs(error.headers) ?? (wish === 'false' ? NOT_SOON_MS : null));
}

type Answer = { lastResponse?: { headers?: Record<string, unknown> } };

/** Epoch milliseconds of Stripe's clock when it gave an answer, as its Date header says; null: it has none. */
export function answeredAt(answer: unknown): number | null {
  const date = headerOf((answer as Answer | null)?.lastResponse?.headers, 'date');
  const at = date === null ? NaN : Date.parse(date);
  return Number.isFinite(at) ? at : null;
}

/** What was taken out of an answer keeps the answer's time. */
export function withResponseOf<T extends object>(answer: unknown, part: T): T {
  const { lastResponse } = (answer ?? {}) as Answer;
  return Object.defineProperty(part, 'lastResponse', { value: lastResponse, enumerable: false });
}

/** A refusal of the whole key, in words for people; null: it is about one permission or one object. */
export function keyRefusal(failure: Failure): string | null {
  if (failure.kind === 'unauthorised') return failure.reason;
  if (failure.kind === 'forbidden' && /IP address/i.test(failure.reason)) return failure.reason;
  return null;
}

function headerOf(headers: unknown, name: string): string | null {
  const value = (headers as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : null;
}

function limitOf(headers: unknown): Limit {
  const reason = headerOf(headers, 'stripe-rate-limited-reason') ?? '';
  return reason.startsWith('global') ? 'account' : reason.startsWith('endpoint') ? 'endpoint' : null;
}

function masked(message: string): string {
  return message.replace(/\b(sk|rk|pk)_(live|test)_\S+/g, '$1_$2_…').slice(0, 500);
}

function retryAfterMs(headers: unknown): number | null {
  const seconds = Number(headerOf(headers, 'retry-after') ?? NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, RETRY_AFTER_MAX_MS) : null;
}
