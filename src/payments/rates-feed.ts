import type { Log } from '../loop.ts';
import type { Records } from '../storage/records/records.ts';
import { rateDay } from '../core/rates.ts';
import { bookRates } from './rates-book.ts';
import { readRates } from './rates-text.ts';
import { backoffMs } from './retry.ts';

const EVERY_MS = 86_400_000;
const TIMEOUT_MS = 30_000;
const BYTES_MAX = 32 * 1024 * 1024;
const NAME = 'rates.feed';

/** How the feed does, for the settings page. */
export interface FeedState {
  /** Epoch milliseconds of the last time it was read, null before. */
  fetchedAt: number | null;
  error: string | null;
}

export async function feedState(settings: Pick<Records['settings'], 'get'>): Promise<FeedState> {
  const text = await settings.get(NAME);
  return text === null ? { fetchedAt: null, error: null } : (JSON.parse(text) as FeedState);
}

/**
 * Fetches rates at the start and once a day: the operator's address, in one of the texts that can be imported. A fetch
 * that fails is tried again after a minute, then after longer and longer; rates that are stored stay.
 */
export function createRatesFeed(options: {
  records: Pick<Records, 'transaction' | 'settings'>;
  url: string;
  now: () => number;
  log: Log;
  onBooked?: () => void;
  bytesMax?: number;
  timeoutMs?: number;
}): { runOnce(): Promise<boolean> } {
  const { records, url, now, log, onBooked, bytesMax = BYTES_MAX, timeoutMs = TIMEOUT_MS } = options;
  let dueAt = 0;
  let failures = 0;
  return {
    async runOnce() {
      if (now() < dueAt) return false;
      try {
        const text = await fetchText(url, bytesMax, timeoutMs);
        const booked = await bookRates(records, readRates(text, rateDay(now())), 'feed', now());
        await records.settings.set(NAME, JSON.stringify({ fetchedAt: now(), error: null } satisfies FeedState));
        failures = 0;
        dueAt = now() + EVERY_MS;
        log.info({ ...booked }, 'exchange rates fetched');
        if (booked.changed > 0) onBooked?.();
      } catch (error) {
        failures += 1;
        const waitMs = backoffMs(failures, { firstMs: 60_000, maxMs: 6 * 3_600_000 });
        dueAt = now() + waitMs;
        const message = reasonOf(error);
        log.warn({ failures, waitMs, error: message }, 'exchange rates not fetched, will be tried again');
        const { fetchedAt } = await feedState(records.settings);
        await records.settings.set(NAME, JSON.stringify({ fetchedAt, error: message } satisfies FeedState));
      }
      return false;
    },
  };
}

/** An address may hold a password: it is in no message. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message;
}

/** `fetch` takes no address with a user and a password in it, and its refusal would repeat them. */
function apart(url: string): { address: URL; credentials: { authorization?: string } } {
  const address = new URL(url);
  const { username, password } = address;
  if (username === '' && password === '') return { address, credentials: {} };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  Object.assign(address, { username: '', password: '' });
  return { address, credentials: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

async function fetchText(url: string, bytesMax: number, timeoutMs: number): Promise<string> {
  const { address, credentials } = apart(url);
  const response = await fetch(address, {
    headers: { accept: 'text/csv, application/xml, text/xml;q=0.9, */*;q=0.1', ...credentials },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`the address of HEADWATER_RATES_URL answered ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.byteLength;
    if (bytes > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
