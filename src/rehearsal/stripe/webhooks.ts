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
  /** Takes out what is held, in the order in which it happened, for `carry`. Holding goes on. */
  take(): Parcel[];
  /** Sends these, begun in this order. Resolves when everything was delivered or given up. */
  carry(parcels: readonly Parcel[], concurrency?: number): Promise<void>;
  attempts(): readonly Attempt[];
  close(): Promise<void>;
}

/** An event on its way. */
export interface Parcel {
  event: EventRow;
  /** The connected account it is about, and where its objects are. */
  from: { account: string | null; state: State };
  /** What becomes of its first delivery; it is repeated, as Stripe repeats what was not answered with 2xx. */
  trouble?: Trouble;
}

/** `refused`: the signature is not the endpoint's. `lost`: the connection breaks before there is an answer. */
export type Trouble = 'refused' | 'lost';

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

interface Delivery extends Parcel {
  endpoint: WebhookEndpointRow;
}

/** A request that is given up after so long may have been taken all the same. */
const LOST_AFTER_MS = 3;

/** The exact bytes that an endpoint gets. */
function bodyOf({ event, endpoint, from }: Delivery): string {
  const shown = endpoint.thin
    ? thinEvent(event, from)
    : eventObject(event, endpoint.version, from.state, { account: from.account });
  return JSON.stringify(shown, null, 2);
}

/** Sends one event to one endpoint, once. Never throws: no answer is status 0. */
async function post(delivery: Delivery, timeoutMs: number): Promise<Attempt> {
  const { event, endpoint, trouble } = delivery;
  const body = bodyOf(delivery);
  const secret = trouble === 'refused' ? `${endpoint.secret} of another` : endpoint.secret;
  const attempt = { event: event.id, type: event.type, endpoint: endpoint.id };
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': signatureHeader(body, secret, Date.now()),
      },
      body,
      // Stripe counts a redirect as a failure.
      redirect: 'manual',
      signal: AbortSignal.timeout(trouble === 'lost' ? LOST_AFTER_MS : timeoutMs),
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
  let held: Parcel[] | null = null;
  const own = { account: null, state };

  const queue = createQueue<Delivery>(settings, async (delivery) => {
    const { event, endpoint } = delivery;
    const attempt = await post(delivery, settings.timeoutMs);
    delete delivery.trouble;
    log.push(attempt);
    if (attempt.status >= 200 && attempt.status < 300) {
      owed.get(event.id)?.delete(endpoint.id);
      return true;
    }
    // Deleted and disabled endpoints get no retries.
    return state.get('webhook_endpoint', endpoint.id)?.status !== 'enabled';
  });

  function enqueue({ event, from, trouble }: Parcel): void {
    for (const endpoint of state.list('webhook_endpoint')) {
      if (endpoint.status !== 'enabled' || endpoint.connect !== (from.account !== null)) continue;
      if (!wants(endpoint, event.type)) continue;
      owed.set(event.id, (owed.get(event.id) ?? new Set()).add(endpoint.id));
      queue.add({ event, endpoint, from, ...(trouble === undefined ? {} : { trouble }) });
    }
  }

  function accept(entry: Parcel): void {
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
    take: () => held?.splice(0) ?? [],
    async carry(parcels, concurrency = 1) {
      queue.setConcurrency(concurrency);
      parcels.forEach(enqueue);
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
