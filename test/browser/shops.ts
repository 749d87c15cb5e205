// What merchants run: a small Express-like server of their own on a host name of their own. The shops built on it
// (attribu-shop.ts, zori-shop.ts) hold the code that the two guides tell their readers to paste, and nothing of Headwater
// but the script tag.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Stripe } from 'stripe';

export interface Request<Body = Record<string, string>> {
  cookies: Record<string, string>;
  query: URLSearchParams;
  /** JSON or a form, whatever its content type says: one guide sends JSON without one. */
  body: Body;
}

export interface Response {
  json(value: unknown): void;
  send(html: string): void;
  redirect(url: string): void;
  cookie(name: string, value: string): void;
}

type Handler<Body = Record<string, string>> = (req: Request<Body>, res: Response) => unknown;

export interface App {
  /** http://www.attribu-shop.test:<port> */
  url: string;
  get(path: string, handler: Handler): void;
  post<Body = Record<string, string>>(path: string, handler: Handler<Body>): void;
  /** What handlers threw: a merchant would find it in the log of the server. */
  errors: string[];
  close(): Promise<void>;
}

/** @param host a name below .test, which the tests' browser finds on this machine */
export async function openApp(host: string): Promise<App> {
  const handlers = new Map<string, Handler>();
  const errors: string[] = [];
  const server = createServer((request, response) => {
    handle(handlers, request, response).catch((error: unknown) => {
      errors.push(`${request.method} ${request.url}: ${String(error)}`);
      response.writeHead(500, { 'content-type': 'text/plain' }).end('Something went wrong in this shop.');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    get: (path, handler) => void handlers.set(`GET ${path}`, handler),
    post: (path, handler) => void handlers.set(`POST ${path}`, handler as Handler),
    errors,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function handle(handlers: Map<string, Handler>, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://shop.test');
  const handler = handlers.get(`${request.method} ${url.pathname}`);
  if (url.pathname === '/favicon.ico') return void response.writeHead(204).end();
  if (!handler) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const body = text.startsWith('{') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
  await handler({ cookies: cookiesOf(request.headers.cookie), query: url.searchParams, body }, answersOn(response));
}

const cookiesOf = (header = '') =>
  Object.fromEntries(
    header
      .split('; ')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

function answersOn(response: ServerResponse): Response {
  return {
    json: (value) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value)),
    send: (html) => response.setHeader('content-type', 'text/html; charset=utf-8').end(html),
    redirect: (location) => response.writeHead(303, { location }).end(),
    cookie: (name, value) => response.appendHeader('set-cookie', `${name}=${value}; Path=/`),
  };
}

/** The merchant's own client of Stripe, sent to the simulated one. */
export function stripeClient(stripeUrl: string, key: string, apiVersion?: string): Stripe {
  const { hostname, port } = new URL(stripeUrl);
  return new Stripe(key, {
    ...{ host: hostname, port, protocol: 'http', maxNetworkRetries: 0 },
    ...(apiVersion === undefined ? {} : { apiVersion: apiVersion as never }),
  });
}

/** The tag of Headwater's snippet page, told to understand code that was written for the two products before it. */
export const withCompat = (snippet: string) => snippet.replace('></script>', ' data-compat="attribu zori"></script>');

/** @param scriptTag pasted into the head, as the snippet page says */
export function htmlPage(scriptTag: string, title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${scriptTag}</head>
<body><nav><a href="/">Home</a> <a href="/pricing">Pricing</a> <a href="/about">About</a></nav><h1>${title}</h1>
${body}</body></html>`;
}
