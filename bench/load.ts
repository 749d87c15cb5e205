// Load for the benches: many keep-alive connections over raw sockets, each sending its next request when the answer to
// the last one has come. Raw, because node:http as a client would cost more than the server that is measured.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Headwater } from '../test/headwater.ts';

export interface LoadResult {
  answered: number;
  /** Answers that were not 2xx, and connections that broke. */
  failed: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** @param request makes the n-th request, as bytes of a whole HTTP request with content-length; null: there are no more */
export async function load(options: {
  port: number;
  connections: number;
  durationMs: number;
  request: (n: number) => Buffer | null;
}): Promise<LoadResult> {
  const { port, connections, durationMs, request } = options;
  let sent = 0;
  let failed = 0;
  const latencies: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;

  const client = () =>
    new Promise<void>((resolve) => {
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let askedAt = 0;
      let waiting = '';
      const ask = () => {
        askedAt = performance.now();
        const next = askedAt < endsAt ? request(sent++) : null;
        if (next) socket.write(next);
        else socket.destroy();
      };
      socket.setEncoding('latin1');
      socket.on('connect', ask);
      socket.on('data', (text: string) => {
        waiting += text;
        const headEnd = waiting.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(waiting)?.[1] ?? 0);
        if (waiting.length < headEnd + 4 + length) return;
        if (waiting.startsWith('HTTP/1.1 2')) latencies.push(performance.now() - askedAt);
        else failed += 1;
        waiting = '';
        ask();
      });
      socket.on('error', () => (failed += 1));
      socket.on('close', () => resolve());
    });

  await Promise.all(Array.from({ length: connections }, client));
  const elapsedS = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    answered: latencies.length,
    failed,
    perSecond: latencies.length / elapsedS,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

/** A whole `POST /api/event` request. */
export function eventRequest(body: string, key?: string): Buffer {
  const authorization = key ? `authorization: Bearer ${key}\r\n` : '';
  return Buffer.from(
    `POST /api/event HTTP/1.1\r\nhost: localhost\r\nuser-agent: ${AGENT}\r\ncontent-type: text/plain\r\n${authorization}` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The n-th event of a run: an own UUID, one of many visitors, a page, sometimes a campaign. */
export function eventOf(n: number, run: number) {
  const hex = n.toString(16).padStart(12, '0');
  const campaign = n % 5 === 0 ? `?utm_source=google&utm_medium=cpc&utm_campaign=c${n % 40}` : '';
  return {
    id: `${run.toString(16).padStart(8, '0')}-0000-4000-8000-${hex}`,
    name: 'pageview',
    url: `https://shop.test/page/${n % 200}${campaign}`,
    referrer: n % 7 === 0 ? 'https://news.ycombinator.com/' : '',
    title: 'A page of the shop',
  };
}

/** The site whose pages `eventOf` names. */
export async function addSite(headwater: Headwater): Promise<string> {
  const named = ['--name', 'Bench', '--domain', 'shop.test'];
  return (await headwater.command<{ id: string }>('site', 'add', ...named)).id;
}
