import { randomUUID } from 'node:crypto';
import type { WireBatch, WireEvent } from '../../sdk/src/protocol.ts';

/** Where hits go: a running Headwater, a site of it, and a server key (hits may then lie in the past). */
export interface HitTarget {
  url: string;
  site: string;
  serverKey: string;
  /** Takes hits instead, for who wants to send them later, or twice. */
  send?: (events: readonly WireEvent[]) => Promise<void>;
}

export interface Visitor {
  id: string;
  /** The session under way; '' before the first landing. */
  session: string;
  userAgent: string;
  ip: string | null;
}

/** Ordinary agents, most common first: what a shop's visitors really use. */
export const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  'Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
] as const;

export const BOT_AGENTS = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
] as const;

export function createVisitor(id: string, userAgent: string = USER_AGENTS[0]): Visitor {
  return { id, session: '', userAgent, ip: null };
}

export interface Page {
  origin: string;
  path: string;
  /** Added to the address: utm_source, gclid, session_id … */
  query?: Record<string, string>;
  referrer?: string;
  title?: string;
}

/** Begins a new session, as the pixel does when a campaign brings the visitor back or half an hour has passed. */
export function land(visitor: Visitor, session: string, page: Page, at: number, eventId?: string): WireEvent {
  visitor.session = session;
  return view(visitor, page, at, eventId);
}

export function view(visitor: Visitor, page: Page, at: number, eventId?: string): WireEvent {
  const url = new URL(page.path, page.origin);
  for (const [name, value] of Object.entries(page.query ?? {})) url.searchParams.set(name, value);
  return { ...base(visitor, at, eventId), name: 'pageview', url: url.href, referrer: page.referrer, title: page.title };
}

/** `identify`, `checkout` or an event of the site's own. */
export function happen(
  visitor: Visitor,
  name: string,
  input: { props: Record<string, unknown>; url: string; at: number; eventId?: string },
): WireEvent {
  return { ...base(visitor, input.at, input.eventId), name, url: input.url, props: input.props };
}

function base(visitor: Visitor, at: number, eventId: string | undefined) {
  return {
    id: eventId ?? randomUUID(),
    at,
    visitor: visitor.id,
    session: visitor.session,
    user_agent: visitor.userAgent,
    ...(visitor.ip === null ? {} : { ip: visitor.ip }),
  };
}

const BATCH_EVENTS = 1_000;
const RETRIES = 20;

/**
 * Sends hits through the collect endpoint, in batches, with the server key.
 * @throws Error when the endpoint refuses a batch, or keeps fewer hits than it was given
 */
export async function sendHits(target: HitTarget, events: readonly WireEvent[], timeZone?: string): Promise<void> {
  if (target.send) return target.send(events);
  for (let start = 0; start < events.length; start += BATCH_EVENTS) {
    const batch: WireBatch = { site: target.site, tz: timeZone, events: events.slice(start, start + BATCH_EVENTS) };
    await sendBatch(target, batch);
  }
}

async function sendBatch(target: HitTarget, batch: WireBatch): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`${target.url}/api/event`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${target.serverKey}` },
      body: JSON.stringify(batch),
    });
    const text = await response.text();
    if ((response.status === 503 || response.status === 429) && attempt < RETRIES) {
      await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
      continue;
    }
    if (response.status !== 202) throw new Error(`collect answered ${response.status}: ${text.slice(0, 300)}`);
    const { accepted } = JSON.parse(text) as { accepted: number };
    if (accepted === batch.events.length) return;
    const dropped = response.headers.get('x-headwater-dropped') ?? 'no reason given';
    throw new Error(`collect kept ${accepted} of ${batch.events.length} hits (${dropped})`);
  }
}
