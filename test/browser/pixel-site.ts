// A small site with the built pixel on every page, and the collector its hits go to: what the pixel's browser tests visit.
import { expect } from '@playwright/test';
import type { BrowserContext, Page } from '@playwright/test';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildCookieless, buildMore, buildPixel } from '../../sdk/build.ts';
import type { WireBatch, WireEvent } from '../../sdk/src/protocol.ts';

export type Hit = WireEvent & { visitor?: string | null; session?: string | null };

/** What the next pages and answers are like; `reset` puts them back. */
const ORDINARY = {
  /** Of the collector's answers; 0 closes the connection without one. */
  status: 202,
  retryAfterS: 0,
  delayMs: 0,
  /** Of the script tag. */
  attributes: '',
  script: 'hw.js',
  /** Before the script tag, and in the body. */
  head: '',
  body: '<a id="next" href="/next">next</a>',
  pageStatus: 200,
  pageHeaders: {} as Record<string, string>,
  hasPixel: true,
  /** Before it no script is answered. */
  scriptsAfter: Promise.resolve() as Promise<void>,
};

export interface PixelSite extends Omit<typeof ORDINARY, never> {
  port: number;
  /** Kept by the collector, each id once, as in the product. */
  hits: Hit[];
  /** Paths of the pages that were asked for. */
  pages: string[];
  /** Requests that reached the collector. */
  requests: { at: number; bytes: number; hits: number }[];
  reset(): void;
  url(path: string, host?: string): string;
  /** Waits for as many hits; puts them in the order in which they happened, which is not that of their arrival. */
  received(count: number): Promise<Hit[]>;
  close(): void;
}

export async function openPixelSite(): Promise<PixelSite> {
  const scripts: Record<string, string> = {
    '/hw.js': await buildPixel(),
    '/hw-cookieless.js': await buildCookieless(),
    '/hw-more.js': await buildMore(),
  };
  const site: PixelSite = {
    ...ORDINARY,
    port: 0,
    hits: [],
    requests: [],
    pages: [],
    // What an earlier test's page still sends belongs to lists nobody looks at any more.
    reset: () => void Object.assign(site, ORDINARY, { hits: [], requests: [], pages: [] }),
    url: (path, host = 'www.shop.test') => `http://${host}:${site.port}${path}`,
    async received(count) {
      await expect.poll(() => site.hits.length).toBe(count);
      return site.hits.sort((a, b) => a.at! - b.at!);
    },
    close: () => void server.closeAllConnections(),
  };
  const server = createServer((request, response) => {
    const path = request.url!.replace(/\?.*/, '');
    if (scripts[path]) {
      response.setHeader('access-control-allow-origin', '*').setHeader('content-type', 'text/javascript');
      return void site.scriptsAfter.then(() => response.end(scripts[path]));
    }
    if (path === '/api/event') return void collect(site, request, response);
    if (path === '/favicon.ico') return void response.writeHead(204).end();
    site.pages.push(path);
    response.writeHead(site.pageStatus, { 'content-type': 'text/html', ...site.pageHeaders });
    response.end(pageOf(site));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  site.port = (server.address() as AddressInfo).port;
  return site;
}

function pageOf({ head, body, attributes, script, port, hasPixel }: PixelSite): string {
  const src = `http://stats.shop.test:${port}/${script}`;
  const tag = hasPixel ? `<script defer src="${src}" data-site="s1" ${attributes}></script>` : '';
  return `<!doctype html><html><head><title>Shop</title>${head}${tag}</head><body>${body}</body></html>`;
}

async function collect(site: PixelSite, request: IncomingMessage, response: ServerResponse) {
  const { hits, requests } = site;
  const chunks: Buffer[] = [];
  request.on('error', () => {});
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const { status, retryAfterS, delayMs } = site;
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const batch = JSON.parse(body) as WireBatch;
  requests.push({ at: Date.now(), bytes: body.length, hits: batch.events.length });
  if (status === 0) return void request.destroy();
  if (status === 202) {
    const known = new Set(hits.map(({ id }) => id));
    const fresh = batch.events.filter(({ id }) => !known.has(id));
    hits.push(...fresh.map((event) => ({ ...event, visitor: batch.visitor, session: batch.session })));
  }
  const later = retryAfterS > 0 ? { 'retry-after': String(retryAfterS) } : {};
  const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After' };
  response.writeHead(status, { ...cors, ...later }).end('{"accepted":1}');
}

export const cookiesOf = async (context: BrowserContext) =>
  Object.fromEntries((await context.cookies()).map(({ name, value }) => [name, value]));

/** Keys the pixel has on the disk of the page's origin. */
export const keptBy = (page: Page) =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('hw_')));

/** Hits of the page that wait on its disk, as text. */
export const waitingOf = (page: Page) =>
  page.evaluate(() =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith('hw_q'))
      .map((key) => localStorage.getItem(key))
      .join('\n'),
  );
export const pathOf = ({ url }: Hit) => new URL(url!).pathname;
