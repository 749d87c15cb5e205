import type { HttpDeps } from './deps.ts';
import { Refusal } from './errors.ts';
import { createLimiter, isLoopback, limitKey } from './limiter.ts';

const MINUTE_MS = 60_000;

/** Counts a request of this address, unless it is this machine's own. @throws Refusal 429 */
export type HitLimit = (address: string) => void;

export function createHitLimit({ collectPerMinute, now }: Pick<HttpDeps, 'collectPerMinute' | 'now'>): HitLimit {
  const limiter = createLimiter({ max: collectPerMinute, windowMs: MINUTE_MS, now });
  return (address) => {
    if (isLoopback(address)) return;
    const waitS = limiter.take(limitKey(address));
    if (waitS === 0) return;
    const message = `more than ${collectPerMinute} requests a minute from this address; send later, or with a server key`;
    throw new Refusal(429, { code: 'rate_limited', message, retryAfterS: waitS });
  };
}
