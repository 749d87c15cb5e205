// What a proxy on the shop's own host must do for Headwater, asked of any of them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { pixelFiles, SCRIPTS } from '../src/http/pixel-files.ts';
import type { Headwater } from './headwater.ts';

export const SHOP = 'www.shop.example';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Asks the proxy as a browser would that was told its address for the shop's name. */
export function asShop(proxy: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const { port } = new URL(proxy);
  const method = body === undefined ? 'GET' : 'POST';
  const payload = body === undefined ? '' : JSON.stringify(body);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(payload)) };
  const own = { host: SHOP, 'content-type': 'text/plain;charset=UTF-8', cookie: 'shop_session=secret', ...length };
  return new Promise<Answer>((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers: { ...own, ...headers } }, (answer) => {
      text(answer).then((got) => resolve({ status: answer.statusCode!, headers: answer.headers, body: got }), reject);
    });
    asking.on('error', reject).end(payload);
  });
}

/** @returns a site of the shop, and a key to it */
export async function addShop(headwater: Headwater): Promise<{ site: string; key: string }> {
  const { id: site } = await headwater.command<{ id: string }>(
    'site',
    'add',
    '--name',
    'Shop',
    '--domain',
    'shop.example',
  );
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  return { site, key };
}

const BROWSER = { origin: `https://${SHOP}`, 'sec-fetch-site': 'same-origin', 'user-agent': 'Mozilla/5.0 Safari/605' };

async function scriptOf(proxy: string, name: string): Promise<string> {
  const script = await asShop(proxy, `/hw/${name}`);
  assert.equal(script.status, 200, name);
  assert.match(String(script.headers['content-type']), /javascript/);
  return script.body;
}

/** Proves that hits arrive through the proxy, that the cookie is the shop's, and that nothing else goes through. */
export async function proveFirstParty(proxy: string, site: string): Promise<void> {
  const built: Record<string, Buffer> = {};
  for (const name of SCRIPTS) built[name] = Buffer.from(await scriptOf(proxy, name));
  for (const pinned of pixelFiles(built).keys()) await scriptOf(proxy, pinned);

  const url = `https://${SHOP}/`;
  const hit = () => ({ site, visitor: 'v1', events: [{ id: randomUUID(), name: 'pageview', url }] });
  const kept = await asShop(proxy, '/hw/api/event', hit(), BROWSER);
  assert.deepEqual([kept.status, JSON.parse(kept.body)], [202, { accepted: 1 }]);
  assert.deepEqual(kept.headers['set-cookie'], [
    'hw_visitor_id=v1; Domain=shop.example; Path=/; Max-Age=31536000; SameSite=Lax; Secure',
  ]);
  // Of an older browser only the proxy can tell which host was asked.
  const { 'sec-fetch-site': _, ...older } = BROWSER;
  const told = await asShop(proxy, '/hw/api/event', hit(), older);
  assert.equal(told.headers['set-cookie']?.length, 1);
  const foreign = await asShop(proxy, '/hw/api/event', hit(), { ...BROWSER, origin: 'https://evil.example' });
  assert.deepEqual([JSON.parse(foreign.body), foreign.headers['set-cookie']], [{ accepted: 0 }, undefined]);

  const word = await asShop(proxy, '/hw/api/hand-over', { site, visitor: 'v1', to: 'shop.example' }, BROWSER);
  assert.equal(word.status, 200, word.body);
  for (const path of ['/hw/api/v1/sites', '/hw/metrics', '/hw/', '/hw/healthz', '//', '/hw//']) {
    assert.notEqual((await asShop(proxy, path)).status, 200, `${path} must not go through`);
  }
}
