// The recipes that are programs, run as they stand before a real Headwater. Next.js and Vercel read theirs as a table of
// rewrites: here a stand-in follows the same table, so what is proved is the table. nginx.conf and Caddyfile pass the same
// proof (test/first-party.ts) with their servers; that is run by hand, because neither is installed with Headwater.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { addShop, asShop, proveFirstParty, SHOP } from './first-party.ts';
import { startHeadwater, until } from './headwater.ts';
import type { Headwater } from './headwater.ts';

let headwater: Headwater;
let shop: { site: string; key: string };
before(async () => {
  headwater = await startHeadwater();
  shop = await addShop(headwater);
});
after(() => headwater[Symbol.asyncDispose]());

async function withServer(listener: RequestListener, prove: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await prove(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
const recipe = (name: string) => import(new URL(`../recipes/${name}`, import.meta.url).href);
const notFound = (response: ServerResponse) => response.writeHead(404).end();
const prove = (url: string) => proveFirstParty(url, shop.site);

test('Express', async () => {
  const pass = (await recipe('express.mjs')).headwater(headwater.url);
  await withServer((request, response) => pass(request, response, () => notFound(response)), prove);
});

type Fetch = (request: Request, env: { HEADWATER_URL: string }) => Promise<Response>;
/** What a platform does around a function of `Request` to `Response`. */
const platform =
  (answer: (request: Request) => Promise<Response>) => async (got: IncomingMessage, to: ServerResponse) => {
    const headers = new Headers(Object.entries(got.headers).map(([name, value]) => [name, String(value)]));
    const body = got.method === 'POST' ? { body: await buffer(got) } : {};
    const response = await answer(new Request(`http://${SHOP}${got.url}`, { method: got.method!, headers, ...body }));
    const cookies = response.headers.getSetCookie();
    const passed = [...response.headers].filter(
      ([name]) => !/^(set-cookie|content-(encoding|length)|transfer-encoding)$/.test(name),
    );
    to.writeHead(response.status, [...passed.flat(), ...cookies.flatMap((cookie) => ['set-cookie', cookie])]);
    to.end(Buffer.from(await response.arrayBuffer()));
  };

test('a Cloudflare Worker', async () => {
  const worker = (await recipe('cloudflare-worker.js')).default as { fetch: Fetch };
  await withServer(
    platform((request) => worker.fetch(request, { HEADWATER_URL: headwater.url })),
    prove,
  );
});

interface Rewrite {
  source: string;
  destination: string;
}
/** `:name(pattern)`, as both have it from path-to-regexp. */
const patternOf = (source: string) => new RegExp(`^${source.replace(/:(\w+)\((.*)\)/, '(?<$1>$2)')}$`);
const rewriting = (rewrites: Rewrite[]) =>
  platform(async (request) => {
    const { pathname } = new URL(request.url);
    const found = rewrites
      .map(({ source, destination }) => ({ destination, match: patternOf(source).exec(pathname) }))
      .find(({ match }) => match);
    if (!found) return new Response('Not found', { status: 404 });
    const to = found.destination
      .replace('https://headwater.example', headwater.url)
      .replace(':script', found.match!.groups?.['script'] ?? '');
    const headers = new Headers(request.headers);
    headers.set('x-forwarded-host', SHOP);
    const body = request.method === 'POST' ? { body: await request.arrayBuffer() } : {};
    return fetch(to, { method: request.method, headers, ...body });
  });

test('the rewrites of Next.js and Vercel', async () => {
  const next = await (await recipe('next.config.mjs')).default.rewrites();
  const vercel = JSON.parse(readFileSync(new URL('../recipes/vercel.json', import.meta.url), 'utf8')).rewrites;
  assert.deepEqual(next, vercel);
  await withServer(rewriting(next), prove);
});

test('signed ids come back in the cookie, and what the site leaves out is left out', async () => {
  const { key, site } = await addShop(headwater);
  const change = (collect: object) =>
    fetch(`${headwater.url}/api/v1/sites/${site}`, {
      method: 'PATCH',
      body: JSON.stringify({ collect }),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    });
  assert.equal((await change({ signed_ids: true, excluded_paths: ['/team'], hosts: ['pay.example'] })).status, 200);
  const wrong = await change({ excluded_addresses: ['everybody'] });
  assert.equal(wrong.status, 400);
  assert.match(await wrong.text(), /everybody.*is not an address/);
  const settings = await headwater.get<{ collect: Record<string, unknown> }>(`/api/v1/sites/${site}`, key);
  assert.deepEqual([settings.collect.signed_ids, settings.collect.hosts], [true, ['pay.example']]);

  const pass = (await recipe('express.mjs')).headwater(headwater.url);
  await withServer(
    (request, response) => pass(request, response, () => notFound(response)),
    async (proxy) => {
      const from = { origin: `https://${SHOP}`, 'sec-fetch-site': 'same-origin' };
      const view = (path: string) => ({ id: crypto.randomUUID(), name: 'pageview', url: `https://${SHOP}${path}` });
      const hit = (path: string, visitor: string) =>
        asShop(proxy, '/hw/api/event', { site, visitor, session: 's1', events: [view(path)] }, from);
      // The server keeps a site's settings for a second.
      const first = await until(async () => {
        const answer = await hit('/', 'v1');
        return answer.body.includes('visitor') ? answer : null;
      }, 'the setting to hold');
      const { visitor } = JSON.parse(first.body) as { visitor: string };
      assert.match(visitor, /^v1_[0-9a-f]{24}$/);
      assert.match(String(first.headers['set-cookie']), new RegExp(`^hw_visitor_id=${visitor};`));
      const again = await hit('/', visitor);
      assert.deepEqual(JSON.parse(again.body), { accepted: 1 });
      const left = await hit('/team/x', visitor);
      assert.deepEqual([JSON.parse(left.body), left.headers['x-headwater-dropped']], [{ accepted: 0 }, 'excluded']);
    },
  );
});
