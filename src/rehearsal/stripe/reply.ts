import type { IncomingHttpHeaders } from 'node:http';
import type { SimulatedAccount } from './account.ts';
import { answer, authenticate } from './api.ts';
import { StripeRefusal } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { parseForm } from './form.ts';

/** An HTTP request to the API, read to its end. */
export interface ApiCall {
  /** Epoch milliseconds of this machine's clock. */
  arrivedAt: number;
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
  /** Where the request comes from. */
  ip: string;
}

export interface Reply {
  status: number;
  body: string;
  /** An earlier answer to the same Idempotency-Key. */
  replayed?: boolean;
  headers?: Record<string, string>;
}

interface Kept {
  reply: Reply;
  /** What was asked: another request must not come under the same key. */
  asked: string;
}

/** Answers calls: whose key, within the rate, once per Idempotency-Key. Never throws. */
export function createReplies(accounts: readonly SimulatedAccount[], faults: Faults): (call: ApiCall) => Reply {
  const kept = new Map<string, Kept>();
  const withinRate = createRate();

  function reply(call: ApiCall): Reply {
    const { method, url, headers, body } = call;
    const { account, key } = authenticate(accounts, {
      authorization: headers.authorization,
      account: headers['stripe-account'] as string | undefined,
      ip: call.ip,
    });
    if (account.outage) throw new StripeRefusal(500, { type: 'api_error', message: 'An unknown error occurred' });
    const path = url.pathname;
    const endpoint = `${account.id} ${method} ${path.replace(/^(\/v1\/(?:checkout\/|test_helpers\/)?[a-z_]+).*/, '$1')}`;
    if (!withinRate(account.id, call.arrivedAt, faults.limitPerSecond)) throw tooMany('global-rate');
    if (!withinRate(endpoint, call.arrivedAt, faults.limitPerEndpoint)) throw tooMany('endpoint-rate');
    const idempotencyKey = method === 'POST' ? headers['idempotency-key'] : undefined;
    const keptAs = idempotencyKey === undefined ? null : `${key.key} ${String(idempotencyKey)}`;
    const asked = `${path} ${body}`;
    const earlier = keptAs === null ? undefined : kept.get(keptAs);
    if (earlier) {
      if (earlier.asked !== asked) throw idempotencyMisuse(String(idempotencyKey));
      return { ...earlier.reply, replayed: true };
    }
    const object = answer(account, key, {
      method,
      path,
      form: parseForm([url.search.slice(1), body].filter((part) => part !== '').join('&')),
      version: headers['stripe-version'] as string | undefined,
    });
    // In the account's own time, as Stripe's clock is everybody's.
    const date = new Date(account.engine.now() * 1_000).toUTCString();
    const answered = { status: 200, body: JSON.stringify(object, null, 2), headers: { date } };
    if (keptAs !== null) kept.set(keptAs, { reply: answered, asked });
    return answered;
  }

  return (call) => {
    try {
      return reply(call);
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

function idempotencyMisuse(key: string): StripeRefusal {
  const message =
    'Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key ' +
    `other than '${key.slice(0, 100)}' if you meant to execute a different request.`;
  return new StripeRefusal(400, { type: 'idempotency_error', message });
}

/** The answer of a planned fault; null: none is given, the connection ends. */
export function faultReply(kind: Fault['kind']): Reply | null {
  if (kind === 'rate_limit') return refused(tooMany('global-rate'));
  if (kind === 'lock_timeout') return refused(tooMany('lock_timeout'));
  if (kind === 'error')
    return refused(new StripeRefusal(500, { type: 'api_error', message: 'An unknown error occurred' }));
  return null;
}

function refused(error: StripeRefusal): Reply {
  return { status: error.status, body: JSON.stringify({ error: error.body }, null, 2), headers: error.headers };
}

type Limit = 'global-rate' | 'endpoint-rate' | 'lock_timeout';

function tooMany(limit: Limit): StripeRefusal {
  const headers = { 'stripe-should-retry': 'true', 'retry-after': '1' };
  if (limit === 'lock_timeout') {
    const message =
      'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.';
    return new StripeRefusal(429, { code: 'lock_timeout', message }, headers);
  }
  const message = 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.';
  return new StripeRefusal(429, { code: 'rate_limit', message }, { ...headers, 'stripe-rate-limited-reason': limit });
}

/** Requests of one second, by account or endpoint. */
function createRate(): (of: string, at: number, limit: number | null) => boolean {
  const counts = new Map<string, { second: number; count: number }>();
  return (of, at, limit) => {
    if (limit === null) return true;
    const second = Math.floor(at / 1_000);
    const entry = counts.get(of);
    if (entry?.second !== second) {
      counts.set(of, { second, count: 1 });
      return true;
    }
    entry.count += 1;
    return entry.count <= limit;
  };
}
