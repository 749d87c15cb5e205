import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { askedHost } from './asked-host.ts';
import type { ClientAddress } from './client-address.ts';
import type { CollectResult, HttpDeps } from './deps.ts';
import { Refusal, refusalBody, refusalOf } from './errors.ts';
import type { HitLimit } from './hit-limit.ts';
import { acceptedAnswer, COLLECT_BODY_BYTES, COLLECT_HEADERS } from './routes/collect.ts';

const PATH = '/api/event';
const HEADERS = [...Object.entries(COLLECT_HEADERS).flat(), 'content-type', 'application/json; charset=utf-8'];

/**
 * Takes hits of pages before the router does: nearly all requests are of this one kind, and routing, hooks and reply
 * objects cost as much as the work itself. What is not plainly such a hit (another method or type of body, a server key, a
 * body of unknown or forbidden size) goes to the route of the same address, which answers the same (routes/collect.ts).
 *
 * @param server the one that `handle` listens to now
 */
export function takeHitsFirst(
  server: Server,
  deps: Pick<HttpDeps, 'collect' | 'hits' | 'log'>,
  { limit, address }: { limit: HitLimit; address: ClientAddress },
): void {
  let failures = 0;
  const others = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    // A server that closes answers no more, which is not ours to say.
    if (isPlainHit(request) && server.listening) return read(request, (body) => void answer(request, response, body));
    for (const other of others) other.call(server, request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const { headers } = request;
    const from = address.of(request);
    const host = askedHost(request, address.isTrusted(request.socket.remoteAddress ?? ''));
    try {
      limit(from);
      render(response, await deps.collect({ body, headers, address: from, host, keySite: null }));
    } catch (error) {
      failures += 1;
      const refusal = refusalOf(error as Error, { id: `hit-${failures}`, log: deps.log, url: PATH });
      const code = error instanceof Refusal ? error.code : 'failed';
      deps.hits.refused.set(code, (deps.hits.refused.get(code) ?? 0) + 1);
      refuse(response, refusal);
    }
  }
}

function isPlainHit({ method, url, headers }: IncomingMessage): boolean {
  if (url !== PATH || method !== 'POST') return false;
  const length = Number(headers['content-length']);
  const type = headers['content-type'];
  return (
    length > 0 &&
    length <= COLLECT_BODY_BYTES &&
    (type === 'text/plain;charset=UTF-8' || type === 'text/plain' || type === 'application/json') &&
    headers.authorization === undefined &&
    headers['content-encoding'] === undefined &&
    headers['transfer-encoding'] === undefined
  );
}

function read(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Not called for a sender that broke off: there is nobody to answer.
  request.on('end', () => done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
}

function render(response: ServerResponse, result: CollectResult): void {
  if (result.status !== 202) return refuse(response, new Refusal(result.status, result));
  const { body, headers } = acceptedAnswer(result);
  send(response, 202, JSON.stringify(body), Object.entries(headers).flat());
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  const { retryAfterS } = refusal;
  const later = retryAfterS === undefined ? [] : ['retry-after', String(retryAfterS)];
  send(response, refusal.status, JSON.stringify(refusalBody(refusal)), later);
}

function send(response: ServerResponse, status: number, body: string, more: readonly string[]): void {
  response.writeHead(status, [...HEADERS, ...more, 'content-length', String(Buffer.byteLength(body))]).end(body);
}
