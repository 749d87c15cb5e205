import type { WireEvent } from './protocol.ts';
import { headerOf, visitorOf } from './server-request.ts';
import type { VisitorSource } from './server-request.ts';

export interface ServerOptions {
  /** Address of Headwater, for example `https://stats.example.com`. */
  host: string;
  site: string;
  /** Of `headwater key add --site ID --scopes collect,write`; `payment` needs `write`. Never give it to a browser. */
  key: string;
  /** Tries after the first one. Default 3. */
  retries?: number;
  /** Of one try. Default 10 000. */
  timeoutMs?: number;
  fetch?: typeof fetch;
}

export interface TrackDetails {
  /** When it happened; default now. */
  at?: Date | number;
  url?: string;
  /** Of the visitor; never stored, only the place is. */
  ip?: string;
  /** UUID, for a job that may run twice: the same id counts once within 7 days. */
  id?: string;
}

/** A payment that another provider than Stripe took. */
export interface OutsidePayment {
  /** The provider's id of it: the same one with the same content counts once, with other content it is refused (409). */
  id: string;
  /** Minor units, as Stripe counts them. */
  amount: number;
  currency: string;
  /** Required, so that a repetition says the same. */
  occurredAt: Date | string | number;
  /** Who paid: a request, stored ids, or … */
  visitor?: VisitorSource;
  /** … your own id of the customer, as given to `identify` as `app_id`. */
  customer?: string;
  kind?: 'one_time' | 'subscription_start' | 'subscription_renewal' | 'subscription_other';
  /** Default: that of the site's reports. */
  mode?: 'live' | 'test';
}

/** What Headwater refused, or (`status` 0) what was not JSON, or that it could not be reached after all tries. */
export class HeadwaterError extends Error {
  override name = 'HeadwaterError';
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

export interface HeadwaterServer {
  /** @throws HeadwaterError */
  track(source: VisitorSource, name: string, props?: object, details?: TrackDetails): Promise<void>;
  /** Says who a visitor is: `app_id` is your id of the user. @throws HeadwaterError */
  identify(source: VisitorSource, traits: object, details?: TrackDetails): Promise<void>;
  /** @returns whether it is new; false: it was told before. @throws HeadwaterError */
  payment(payment: OutsidePayment): Promise<{ id: string; created: boolean }>;
}

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 30_000;

/** Headwater from a server. Every call may be repeated: ids are chosen before the first try, and the same id counts once. */
export function createHeadwater(options: ServerOptions): HeadwaterServer {
  const send = createSend(options);
  const { site } = options;

  async function track(
    source: VisitorSource,
    name: string,
    props: object = {},
    { at = Date.now(), url, ip, id = crypto.randomUUID() }: TrackDetails = {},
  ): Promise<void> {
    const { visitor, session } = visitorOf(source);
    const userAgent = headerOf(source, 'user-agent');
    const event: WireEvent = {
      id,
      name,
      at: Number(at),
      props: props as Record<string, unknown>,
      ...(url === undefined ? {} : { url }),
      ...(ip === undefined ? {} : { ip }),
      ...(userAgent === '' ? {} : { user_agent: userAgent }),
      ...(visitor && { visitor }),
      ...(session && { session }),
    };
    await send('/api/event', { site, events: [event] });
  }

  return {
    track,
    identify: (source, traits, details) => track(source, 'identify', traits, details),
    async payment({ occurredAt, visitor: source, ...rest }) {
      const visitor = source === undefined ? null : visitorOf(source).visitor;
      const body = {
        ...rest,
        // One that is no date becomes null, which is refused like any other wrong value.
        occurred_at: new Date(occurredAt),
        ...(visitor && { visitor_id: visitor }),
      };
      const answer = await send(`/api/v1/sites/${encodeURIComponent(site)}/payments`, body);
      return answer as { id: string; created: boolean };
    },
  };
}

/** Sends JSON until it is answered for good. A refusal (4xx) is final; an outage, a limit and a lost answer are not. */
function createSend({ host, key, retries = 3, timeoutMs = 10_000, fetch: ask = fetch }: ServerOptions) {
  const base = host.replace(/\/+$/, '');
  return async (path: string, body: unknown): Promise<unknown> => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: written(body),
    };
    for (let tried = 0; ; tried += 1) {
      const outcome = await tryOnce(() => ask(base + path, { ...init, signal: AbortSignal.timeout(timeoutMs) }));
      if ('answer' in outcome) return outcome.answer;
      if (outcome.isFinal || tried >= retries) throw outcome.error;
      const backoffMs = RETRY_FIRST_MS * 2 ** tried * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, Math.min(outcome.waitMs ?? backoffMs, RETRY_MAX_MS)));
    }
  };
}

function written(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new HeadwaterError(0, 'invalid', `this cannot be sent as JSON: ${String(cause)}`, { cause });
  }
}

type Tried = { answer: unknown } | { error: HeadwaterError; isFinal: boolean; waitMs: number | undefined };

async function tryOnce(ask: () => Promise<Response>): Promise<Tried> {
  let response: Response;
  let text: string;
  try {
    response = await ask();
    text = await response.text();
  } catch (cause) {
    const error = new HeadwaterError(0, 'unreachable', `Headwater does not answer: ${String(cause)}`, { cause });
    return { error, isFinal: false, waitMs: undefined };
  }
  const answer = parsed(text);
  if (response.ok && answer !== null) return { answer };
  const { code = 'failed', message = text.slice(0, 200) } = answer?.error ?? {};
  const error = new HeadwaterError(response.status, code, `${response.status} ${message}`);
  const isFinal = response.status < 500 && response.status !== 429 && response.status !== 408;
  return { error, isFinal, waitMs: waitOf(response.headers.get('retry-after')) };
}

/** Seconds, or the time when to come again; undefined: neither. */
function waitOf(retryAfter: string | null): number | undefined {
  if (!retryAfter) return undefined;
  const waitMs = Number(retryAfter) * 1000;
  const untilMs = Number.isNaN(waitMs) ? Date.parse(retryAfter) - Date.now() : waitMs;
  return Number.isNaN(untilMs) ? undefined : Math.max(0, untilMs);
}

function parsed(text: string): { error?: { code?: string; message?: string } } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
