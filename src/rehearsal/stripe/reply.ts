import type { IncomingHttpHeaders } from 'node:http';
import type { SimulatedAccount } from './account.ts';
import { answer, authenticate } from './api.ts';
import { StripeRefusal } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { parseForm } from './form.ts';

/** An HTTP request to the API, read to its end. */
export interface ApiCall {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Reply {
  status: number;
  body: string;
  /** An earlier answer to the same Idempotency-Key. */
  replayed?: boolean;
}

/** Answers calls: whose key, within the rate, once per Idempotency-Key. Never throws. */
export function createReplies(accounts: readonly SimulatedAccount[], faults: Faults): (call: ApiCall) => Reply {
  const kept = new Map<string, Reply>();
  const withinRate = createRate();

  return (call) => {
    try {
      const { account, key } = authenticate(accounts, call.headers.authorization);
      if (faults.limitPerSecond !== null && !withinRate(account.id, faults.limitPerSecond)) return refused(tooMany());
      const idempotencyKey = call.method === 'POST' ? call.headers['idempotency-key'] : undefined;
      const keptAs = idempotencyKey === undefined ? null : `${key.key} ${String(idempotencyKey)}`;
      const earlier = keptAs === null ? undefined : kept.get(keptAs);
      if (earlier) return { ...earlier, replayed: true };
      const object = answer(account, key, {
        method: call.method,
        path: call.url.pathname,
        form: parseForm([call.url.search.slice(1), call.body].filter((part) => part !== '').join('&')),
        authorization: call.headers.authorization,
        version: call.headers['stripe-version'] as string | undefined,
      });
      const reply = { status: 200, body: JSON.stringify(object, null, 2) };
      if (keptAs !== null) kept.set(keptAs, reply);
      return reply;
    } catch (error) {
      if (error instanceof StripeRefusal) return refused(error);
      const bad = error instanceof RangeError;
      const message = bad ? error.message : `the simulated Stripe failed: ${String(error)}`;
      return refused(
        new StripeRefusal(bad ? 400 : 500, { type: bad ? 'invalid_request_error' : 'api_error', message }),
      );
    }
  };
}

/** The answer of a planned fault; null: none is given, the connection ends. */
export function faultReply(kind: Fault['kind']): Reply | null {
  if (kind === 'rate_limit') return refused(tooMany());
  if (kind === 'lock_timeout') return refused(tooMany('lock_timeout'));
  if (kind === 'error')
    return refused(new StripeRefusal(500, { type: 'api_error', message: 'An unknown error occurred' }));
  return null;
}

function refused(error: StripeRefusal): Reply {
  return { status: error.status, body: JSON.stringify({ error: error.body }, null, 2) };
}

function tooMany(code = 'rate_limit'): StripeRefusal {
  const message =
    code === 'rate_limit'
      ? 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.'
      : 'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.';
  return new StripeRefusal(429, { code, message });
}

/** Requests of the present second, per account. */
function createRate(): (account: string, limit: number) => boolean {
  const counts = new Map<string, { second: number; count: number }>();
  return (account, limit) => {
    const second = Math.floor(Date.now() / 1_000);
    const entry = counts.get(account);
    if (entry?.second !== second) {
      counts.set(account, { second, count: 1 });
      return true;
    }
    entry.count += 1;
    return entry.count <= limit;
  };
}
