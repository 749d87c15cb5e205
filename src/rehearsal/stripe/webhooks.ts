import { createHmac } from 'node:crypto';
import { knowsEventType } from './event-types.ts';
import { createQueue, type QueueSettings } from './queue.ts';
import { eventObject } from './render-checkout.ts';
import type { EventRow, WebhookEndpointRow } from './rows.ts';
import { createRandom, type State } from './state.ts';
import { thinEvent } from './thin.ts';

/**
 * Sends events to webhook endpoints, signed as Stripe signs them, at least once and in no promised order. What Stripe
 * does by chance (disorder, duplicates, delays) is chosen here, so that it can be repeated.
 */
export interface Webhooks {
  send(event: EventRow): void;
  /** An event of a connected account, for this platform's endpoints that listen to such. */
  forward(event: EventRow, from: { account: string; state: State }): void;
  /** Did every endpoint that wanted the event take it? Null: none wanted it. */
  delivered(event: string): boolean | null;
  /** From now on events wait for `release`. */
  hold(): void;
  /** Sends what was held and stops holding. Resolves when everything was delivered or given up. */
  release(plan?: ReleasePlan): Promise<void>;
  /** Resolves when nothing is under way; what is held stays held. */
  idle(): Promise<void>;
  /** Sends an event again, to every endpoint that wants its type. */
  resend(event: EventRow): void;
  held(): readonly EventRow[];
  attempts(): readonly Attempt[];
  close(): Promise<void>;
}

export interface ReleasePlan {
  order?: 'in order' | 'reversed' | 'shuffled';
  /** For `shuffled`. */
  seed?: number;
  /** How often each event is sent; copies of `shuffled` are shuffled too. Default 1. */
  copies?: number;
  /** Events to lose. */
  drop?: (event: EventRow) => boolean;
  /** Requests under way at once; 1 keeps the order on the wire. Default 1. */
  concurrency?: number;
}

export interface Attempt {
  event: string;
  type: string;
  endpoint: string;
  /** HTTP status, or 0 when there was no answer. */
  status: number;
  /** What the endpoint answered, cut. */
  answer: string;
}

export interface WebhookSettings extends QueueSettings {
  timeoutMs: number;
}

export const WEBHOOK_SETTINGS: WebhookSettings = { tries: 8, backoffMs: 100, timeoutMs: 10_000, concurrency: 16 };

/** `t=…,v1=…` over the exact body. Every retry is signed anew: `t` is the time of sending. */
export function signatureHeader(body: string, secret: string, sentAtMs: number): string {
  const t = Math.floor(sentAtMs / 1_000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}

interface Delivery {
  event: EventRow;
  endpoint: WebhookEndpointRow;
  /** The connected account it is about, and where its objects are. */
  from: { account: string | null; state: State };
}

/** The exact bytes that an endpoint gets. */
function bodyOf({ event, endpoint, from }: Delivery): string {
  const shown = endpoint.thin
    ? thinEvent(event, from)
    : eventObject(event, endpoint.version, from.state, { account: from.account });
  return JSON.stringify(shown, null, 2);
}

/** Sends one event to one endpoint, once. Never throws: no answer is status 0. */
async function post(delivery: Delivery, timeoutMs: number): Promise<Attempt> {
  const { event, endpoint } = delivery;
  const body = bodyOf(delivery);
  const attempt = { event: event.id, type: event.type, endpoint: endpoint.id };
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': signatureHeader(body, endpoint.secret, Date.now()),
      },
      body,
      // Stripe counts a redirect as a failure.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { ...attempt, status: response.status, answer: (await response.text()).slice(0, 300) };
  } catch (error) {
    return { ...attempt, status: 0, answer: String((error as Error).cause ?? error).slice(0, 300) };
  }
}

export function createWebhooks(state: State, settings: WebhookSettings): Webhooks {
  const log: Attempt[] = [];
  /** Endpoints that still owe a 2xx, by event. */
  const owed = new Map<string, Set<string>>();
  let held: Pick<Delivery, 'event' | 'from'>[] | null = null;
  const own = { account: null, state };

  const queue = createQueue<Delivery>(settings, async (delivery) => {
    const { event, endpoint } = delivery;
    const attempt = await post(delivery, settings.timeoutMs);
    log.push(attempt);
    if (attempt.status >= 200 && attempt.status < 300) {
      owed.get(event.id)?.delete(endpoint.id);
      return true;
    }
    // Deleted and disabled endpoints get no retries.
    return state.get('webhook_endpoint', endpoint.id)?.status !== 'enabled';
  });

  function enqueue({ event, from }: Pick<Delivery, 'event' | 'from'>): void {
    for (const endpoint of state.list('webhook_endpoint')) {
      if (endpoint.status !== 'enabled' || endpoint.connect !== (from.account !== null)) continue;
      if (!wants(endpoint, event.type)) continue;
      owed.set(event.id, (owed.get(event.id) ?? new Set()).add(endpoint.id));
      queue.add({ event, endpoint, from });
    }
  }

  function accept(entry: Pick<Delivery, 'event' | 'from'>): void {
    if (held === null) enqueue(entry);
    else held.push(entry);
  }

  return {
    send: (event) => accept({ event, from: own }),
    forward: (event, from) => accept({ event, from }),
    delivered(event) {
      const left = owed.get(event);
      return left === undefined ? null : left.size === 0;
    },
    hold() {
      held ??= [];
    },
    async release(plan = {}) {
      const entries = (held ?? []).filter(({ event }) => !plan.drop?.(event));
      held = null;
      await queue.idle();
      queue.setConcurrency(plan.concurrency ?? 1);
      for (const entry of arranged(entries, plan)) enqueue(entry);
      await queue.idle();
      queue.setConcurrency(settings.concurrency);
    },
    idle: queue.idle,
    resend: (event) => enqueue({ event, from: own }),
    held: () => (held ?? []).map(({ event }) => event),
    attempts: () => log,
    close: queue.close,
  };
}

function wants(endpoint: WebhookEndpointRow, type: string): boolean {
  if (endpoint.thin) return endpoint.enabledEvents.includes('*') || endpoint.enabledEvents.includes(`v1.${type}`);
  if (!knowsEventType(type, endpoint.version)) return false;
  return endpoint.enabledEvents.includes('*') || endpoint.enabledEvents.includes(type);
}

function arranged<T>(events: readonly T[], plan: ReleasePlan): T[] {
  const copies = Math.max(1, plan.copies ?? 1);
  const all = events.flatMap((event) => Array.from({ length: copies }, () => event));
  if (plan.order === 'reversed') return all.reverse();
  if (plan.order !== 'shuffled') return all;
  const random = createRandom(plan.seed ?? 1);
  for (let index = all.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [all[index], all[other]] = [all[other]!, all[index]!];
  }
  return all;
}
