import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderUnavailable } from '../payments/provider.ts';

/**
 * How fast one key may ask, a second. Stripe allows an account 100 requests in live mode and 25 in a sandbox, and 25 on each
 * single endpoint, and a merchant's own programs share that. So the pace is found out instead of guessed: it rises while
 * nothing is refused and falls by a quarter as soon as something is. Who asks most is refused most, so of a limit that is
 * reached together with the merchant's programs we hear first. Above `top` it never goes: in live mode a fifth of the
 * account's requests stays the merchant's whatever happens, and no burst of ours alone reaches a limit.
 */
const ACCOUNT = { live: { first: 60, top: 80 }, test: { first: 24, top: 24 } };
const ENDPOINT = { live: { first: 20, top: 24 }, test: { first: 24, top: 24 } };
const LOWEST = 2;
const FALL = 0.75;
/** One more request a second, each second; after a refusal first this long none. */
const HOLD_MS = 5_000;
const SECOND = 1_000;
/** A second and what some requests may take longer to arrive than others: Stripe counts when they arrive. */
const WINDOW_MS = 1_020;
/** A longer wait than this is the caller's: it keeps its place and comes back. */
const WAIT_MAX_MS = 3_000;
const KEYS_MAX = 200;

/** Which of Stripe's limits refused a request; null: Stripe did not say. */
export type Limit = 'account' | 'endpoint' | null;

export interface Pace {
  /** A request left that did not wait for its turn: those of connecting and of the check-up are few, and not put off. */
  sent(key: string): void;
  /** Waits for this key's turn at this endpoint. @throws ProviderUnavailable when Stripe asked for a longer pause */
  turn(key: string, endpoint: string): Promise<void>;
  /** Stripe asked to wait: nothing is asked with this key until then, at no endpoint. */
  pause(key: string, forMs: number): void;
  /** Stripe refused a request because there were too many. */
  slowDown(key: string, endpoint: string, limit: Limit): void;
}

export function createPace(clock: () => number = () => performance.now()): Pace {
  const allowances = new Map<string, Allowance>();
  const pausedUntil = new Map<string, number>();

  function allowance(name: string, bounds: Bounds): Allowance {
    const known = allowances.get(name);
    if (known) return known;
    if (allowances.size > KEYS_MAX * 12) allowances.clear();
    const made = createAllowance(bounds);
    allowances.set(name, made);
    return made;
  }

  function allowancesOf(key: string, endpoint: string) {
    const mode = /^(sk|rk)_live_/.test(key) ? 'live' : 'test';
    return { account: allowance(key, ACCOUNT[mode]), endpoint: allowance(`${key} ${endpoint}`, ENDPOINT[mode]) };
  }

  return {
    async turn(key, endpoint) {
      for (;;) {
        const now = clock();
        const pauseMs = (pausedUntil.get(key) ?? 0) - now;
        if (pauseMs > WAIT_MAX_MS) {
          throw new ProviderUnavailable('waiting, as Stripe asked', { retryAfterMs: Math.ceil(pauseMs) });
        }
        const own = Object.values(allowancesOf(key, endpoint));
        const waitMs = Math.max(pauseMs, ...own.map((it) => it.waitMs(now)));
        if (waitMs <= 0) {
          for (const it of own) it.take(now);
          return;
        }
        // Asked again afterwards: a timer may come late, and what counts is when requests are sent.
        await sleep(waitMs);
      }
    },
    sent(key) {
      allowancesOf(key, '').account.take(clock());
    },
    pause(key, forMs) {
      if (pausedUntil.size > KEYS_MAX) pausedUntil.clear();
      pausedUntil.set(key, Math.max(pausedUntil.get(key) ?? 0, clock() + forMs));
    },
    slowDown(key, endpoint, limit) {
      const own = allowancesOf(key, endpoint);
      if (limit !== 'endpoint') own.account.slowDown(clock());
      if (limit !== 'account') own.endpoint.slowDown(clock());
    },
  };
}

interface Bounds {
  first: number;
  top: number;
}
type Allowance = ReturnType<typeof createAllowance>;

/** The requests of the last second against one limit. */
function createAllowance({ first, top }: Bounds) {
  let perSecond = first;
  let risesAt = 0;
  let fellAt = -Infinity;
  const sent: number[] = [];

  return {
    /** How long until one more may be sent; 0 or less: now. */
    waitMs(now: number): number {
      while (sent.length > 0 && sent[0]! <= now - WINDOW_MS) sent.shift();
      const most = Math.floor(perSecond);
      return sent.length < most ? 0 : sent[sent.length - most]! + WINDOW_MS - now;
    },
    take(now: number): void {
      sent.push(now);
      if (now < risesAt) return;
      perSecond = Math.min(top, perSecond + 1);
      risesAt = now + SECOND;
    },
    slowDown(now: number): void {
      risesAt = now + HOLD_MS;
      // What was on its way when the first was refused says nothing new.
      if (now - fellAt < SECOND) return;
      fellAt = now;
      perSecond = Math.max(LOWEST, perSecond * FALL);
    },
  };
}
