import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderUnavailable } from '../payments/provider.ts';

/**
 * How fast one key may ask. Stripe allows 100 requests a second in live mode, 25 in a sandbox and 25 on each single
 * endpoint; a merchant's own programs share that limit, so a part of it is left to them.
 */
const PER_SECOND = { live: 80, test: 20 };
const PER_SECOND_ENDPOINT = 20;
/** Turns that were not used may be made up for, so that a slow page does not lower the rate. */
const BURST = 4;
/** A longer wait than this is the caller's: it keeps its place and comes back. */
const WAIT_MAX_MS = 3_000;
const KEYS_MAX = 200;

export interface Pace {
  /** Waits for this key's turn at this endpoint. @throws ProviderUnavailable when Stripe asked for a longer pause */
  turn(key: string, endpoint: string): Promise<void>;
  /** Stripe asked to wait: nothing is asked with this key until then. */
  pause(key: string, forMs: number): void;
}

export function createPace(clock: () => number = () => performance.now()): Pace {
  const nextAt = new Map<string, number>();
  const pausedUntil = new Map<string, number>();

  /** The moment of the next free turn; taking it moves the following one. */
  function take(name: string, perSecond: number): number {
    const gapMs = 1_000 / perSecond;
    const at = Math.max(nextAt.get(name) ?? 0, clock() - BURST * gapMs) + gapMs;
    if (nextAt.size > KEYS_MAX * 12) nextAt.clear();
    nextAt.set(name, at);
    return at;
  }

  return {
    async turn(key, endpoint) {
      const pauseMs = (pausedUntil.get(key) ?? 0) - clock();
      if (pauseMs > WAIT_MAX_MS) {
        throw new ProviderUnavailable('waiting, as Stripe asked', { retryAfterMs: Math.ceil(pauseMs) });
      }
      const total = take(key, /^(sk|rk)_live_/.test(key) ? PER_SECOND.live : PER_SECOND.test);
      const own = take(`${key} ${endpoint}`, PER_SECOND_ENDPOINT);
      const waitMs = Math.max(total, own, pausedUntil.get(key) ?? 0) - clock();
      if (waitMs > 0.5) await sleep(waitMs);
    },
    pause(key, forMs) {
      if (pausedUntil.size > KEYS_MAX) pausedUntil.clear();
      pausedUntil.set(key, Math.max(pausedUntil.get(key) ?? 0, clock() + forMs));
    },
  };
}
