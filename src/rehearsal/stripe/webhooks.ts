import { createHmac } from 'node:crypto';
import { renderEvent } from './render.ts';
import type { EventRow, WebhookEndpointRow } from './rows.ts';
import { createRandom, type State } from './state.ts';

/**
 * Sends events to webhook endpoints, signed as Stripe signs them, at least once and in no promised order. What Stripe
 * does by chance (disorder, duplicates, delays) is chosen here, so that it can be repeated.
 */
export interface Webhooks {
  send(event: EventRow): void;
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

export interface WebhookSettings {
  /** Tries before an event is given up. */
  tries: number;
  /** Pause before the second try; it doubles from then on. */
  backoffMs: number;
  timeoutMs: number;
  concurrency: number;
}

export const WEBHOOK_SETTINGS: WebhookSettings = { tries: 8, backoffMs: 100, timeoutMs: 10_000, concurrency: 16 };

/** `t=…,v1=…` over the exact body. Every retry is signed anew: `t` is the time of sending. */
export function signatureHeader(body: string, secret: string, sentAtMs: number): string {
  const t = Math.floor(sentAtMs / 1_000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}

/** Sends one event to one endpoint, once. Never throws: no answer is status 0. */
async function post(event: EventRow, endpoint: WebhookEndpointRow, state: State, timeoutMs: number): Promise<Attempt> {
  const body = JSON.stringify(renderEvent(event, endpoint.version, state), null, 2);
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

interface Delivery {
  event: EventRow;
  endpoint: WebhookEndpointRow;
  tries: number;
}

interface Queue {
  add(delivery: Delivery): void;
  idle(): Promise<void>;
  setConcurrency(count: number): void;
  close(): Promise<void>;
}

/** Runs deliveries, a few at a time, and repeats the failed ones with a doubling pause. */
function createQueue(settings: WebhookSettings, run: (delivery: Delivery) => Promise<boolean>): Queue {
  const waiting: Delivery[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let idlers: (() => void)[] = [];
  let limit = settings.concurrency;
  let running = 0;
  let closed = false;

  function pump(): void {
    if (closed) waiting.length = 0;
    while (running < limit && waiting.length > 0) {
      const delivery = waiting.shift()!;
      running += 1;
      void run(delivery).then((delivered) => {
        running -= 1;
        if (!delivered) again(delivery);
        pump();
      });
    }
    if (running > 0 || waiting.length > 0 || timers.size > 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  }

  function again(delivery: Delivery): void {
    delivery.tries += 1;
    if (closed || delivery.tries >= settings.tries) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        waiting.push(delivery);
        pump();
      },
      settings.backoffMs * 2 ** (delivery.tries - 1),
    );
    timers.add(timer);
  }

  const idle = () =>
    new Promise<void>((resolve) => {
      idlers.push(resolve);
      pump();
    });
  return {
    add(delivery) {
      waiting.push(delivery);
      pump();
    },
    idle,
    setConcurrency(count) {
      limit = count;
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await idle();
    },
  };
}

export function createWebhooks(state: State, settings: WebhookSettings): Webhooks {
  const log: Attempt[] = [];
  let held: EventRow[] | null = null;

  const queue = createQueue(settings, async ({ event, endpoint }) => {
    const attempt = await post(event, endpoint, state, settings.timeoutMs);
    log.push(attempt);
    if (attempt.status >= 200 && attempt.status < 300) return true;
    // Deleted and disabled endpoints get no retries.
    return state.get('webhook_endpoint', endpoint.id)?.status !== 'enabled';
  });

  function enqueue(event: EventRow): void {
    for (const endpoint of state.list('webhook_endpoint')) {
      const wants = endpoint.enabledEvents.includes('*') || endpoint.enabledEvents.includes(event.type);
      if (endpoint.status === 'enabled' && wants) queue.add({ event, endpoint, tries: 0 });
    }
  }

  return {
    send(event) {
      if (held === null) enqueue(event);
      else held.push(event);
    },
    hold() {
      held ??= [];
    },
    async release(plan = {}) {
      const events = (held ?? []).filter((event) => !plan.drop?.(event));
      held = null;
      await queue.idle();
      queue.setConcurrency(plan.concurrency ?? 1);
      for (const event of arranged(events, plan)) enqueue(event);
      await queue.idle();
      queue.setConcurrency(settings.concurrency);
    },
    idle: queue.idle,
    resend: enqueue,
    held: () => held ?? [],
    attempts: () => log,
    close: queue.close,
  };
}

function arranged(events: readonly EventRow[], plan: ReleasePlan): EventRow[] {
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
