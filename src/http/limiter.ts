/**
 * Counts per key in fixed windows, in this process. Keys are forgotten when the window ends or there are too many: a
 * flood of addresses must cost memory only so far.
 */
export interface Limiter {
  /** @returns 0 when the call may go on, otherwise the seconds to wait. */
  take(key: string): number;
  /** Forgets what was counted for a key. */
  forgive(key: string): void;
}

const KEYS_MAX = 100_000;

export function createLimiter(options: { max: number; windowMs: number; now: () => number }): Limiter {
  const { max, windowMs, now } = options;
  let counts = new Map<string, number>();
  let endsAt = 0;

  return {
    take(key) {
      if (max === 0) return 0;
      const at = now();
      // A clock that was set back would otherwise keep the window open for as long.
      if (at >= endsAt || endsAt - at > windowMs || counts.size >= KEYS_MAX) {
        counts = new Map();
        endsAt = at + windowMs;
      }
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count <= max ? 0 : Math.max(1, Math.ceil((endsAt - at) / 1000));
    },
    forgive(key) {
      counts.delete(key);
    },
  };
}

/** One IPv6 customer owns a /64: counting single addresses would count nothing. However it is written, it has one key. */
export function limitKey(address: string): string {
  if (!address.includes(':')) return address;
  if (/^::ffff:[\d.]+$/i.test(address)) return address.slice(7);
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const ending = tail === undefined ? [] : tail.split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - ending.length);
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...ending];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16))
    .join(':');
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
