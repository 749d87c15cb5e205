/** Planned trouble: what the API answers instead of the truth. */
export interface Faults {
  /** Adds a fault; the first that matches a request is used. @returns a function that takes it away */
  add(fault: Fault): () => void;
  clear(): void;
  /** The fault for this request, counted down; null: none. */
  take(method: string, path: string): Fault['kind'] | null;
  /** At most this many API requests per second and account; null: no limit. */
  limitPerSecond: number | null;
  /** The same per endpoint (`GET /v1/charges`, with its single objects). Stripe's sandboxes allow 25 of both. */
  limitPerEndpoint: number | null;
}

export interface Fault {
  /**
   * `rate_limit`: 429. `error`: 500. `lock_timeout`: 429 with its code. `timeout`: no answer. `reset`: the connection
   * breaks. `lost`: the request is carried out, then the connection breaks before the answer.
   */
  kind: 'rate_limit' | 'lock_timeout' | 'error' | 'timeout' | 'reset' | 'lost';
  /** Only requests whose path begins with this ('/v1/charges'). Default: all. */
  path?: string;
  method?: string;
  /** How many requests. Default: until taken away. */
  times?: number;
  /** Share of the matching requests, 0–1, chosen by a seeded generator. Default 1. */
  share?: number;
}

export function createFaults(random: () => number): Faults {
  let planned: (Fault & { left: number })[] = [];
  return {
    limitPerSecond: null,
    limitPerEndpoint: null,
    add(fault) {
      const entry = { ...fault, left: fault.times ?? Infinity };
      planned.push(entry);
      return () => {
        planned = planned.filter((other) => other !== entry);
      };
    },
    clear() {
      planned = [];
    },
    take(method, path) {
      for (const fault of planned) {
        if (fault.left <= 0 || (fault.method !== undefined && fault.method !== method)) continue;
        if (!path.startsWith(fault.path ?? '/')) continue;
        if (fault.share !== undefined && random() >= fault.share) continue;
        fault.left -= 1;
        return fault.kind;
      }
      return null;
    },
  };
}
