// The SDK for browsers and React in a real Chromium: bundled as a reader's build would, with the script as it is served.
// The small server below is the site, and the collector on a host of its own.
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { buildMore, buildPixel } from '../../sdk/build.ts';
import type { WireBatch, WireEvent } from '../../sdk/src/protocol.ts';
import { HeadwaterProvider } from '../../sdk/src/react.ts';

type Hit = WireEvent & { visitor: string | undefined };

const folder = fileURLToPath(new URL('.', import.meta.url));
const apps = new Map<string, string>();
let scripts: Record<string, string>;
let server: Server;
let port: number;
let hits: Hit[] = [];
let asked: string[] = [];
/** How the next page looks. */
let shown = { app: '', head: '', root: '', csp: '', isBlocked: false };

test.beforeAll(async () => {
  scripts = { '/hw.js': await buildPixel(), '/hw-more.js': await buildMore() };
  for (const [name, code] of Object.entries(APPS)) apps.set(`/${name}.js`, await bundle(code));
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
test.afterAll(() => void server.close());
test.beforeEach(() => {
  hits = [];
  asked = [];
  shown = { app: '', head: '', root: '', csp: '', isBlocked: false };
});

async function serve(request: IncomingMessage, response: ServerResponse) {
  const { pathname } = new URL(request.url!, 'http://shop.test');
  asked.push(pathname);
  if (pathname === '/api/event') return collect(request, response);
  const code = apps.get(pathname) ?? (shown.isBlocked ? undefined : scripts[pathname]);
  if (code !== undefined) {
    // A module is asked for across origins, as /hw-more.js is.
    response.setHeader('access-control-allow-origin', '*');
    return void response.setHeader('content-type', 'text/javascript').end(code);
  }
  if (pathname.endsWith('.js')) return void response.writeHead(404).end();
  if (shown.csp !== '') response.setHeader('content-security-policy', shown.csp.replaceAll('HOST', host()));
  const app = `<script nonce="n1" defer src="/${shown.app}.js"></script>`;
  response.setHeader('content-type', 'text/html');
  response.end(`<!doctype html><title>Shop</title>${shown.head}${app}<div id="root">${shown.root}</div>`);
}

async function collect(request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const batch = JSON.parse(Buffer.concat(chunks).toString()) as WireBatch;
  const fresh = batch.events.filter((event) => !hits.some((hit) => hit.id === event.id));
  hits.push(...fresh.map((event) => ({ ...event, visitor: event.visitor ?? batch.visitor })));
  response.writeHead(202, { 'access-control-allow-origin': '*' }).end('{"accepted":1}');
}

const host = () => `http://stats.shop.test:${port}`;
const url = (path: string) => `http://www.shop.test:${port}${path}`;
const names = () => hits.map(({ name, url: at }) => (name === 'pageview' ? `view ${new URL(at!).pathname}` : name));
const settled = (wanted: string[]) =>
  expect.poll(() => names().toSorted(), { timeout: 10_000 }).toEqual(wanted.toSorted());
/** What would have come late has come by now: the script sends every second. */
const quiet = (page: Page) => page.waitForTimeout(2_500);
const cookie = async (page: Page, name: string) =>
  (await page.context().cookies()).find((it) => it.name === name)?.value;

function watch(page: Page): string[] {
  const said: string[] = [];
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !/Failed to load resource/.test(message.text()))
      said.push(message.text());
  });
  return said;
}

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ stdin: { contents, resolveDir: folder, loader: 'tsx' }, bundle: true, write: false, format: 'iife' },
    ...{ jsx: 'automatic', define: { 'process.env.NODE_ENV': '"development"' } },
  });
  return outputFiles[0]!.text;
}

const HOST = "location.origin.replace('www', 'stats')";
const SHOP = `
import { StrictMode, useEffect, useState } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { HeadwaterProvider, useHeadwater } from '../../sdk/src/react.ts';
function Shop() {
  const { getVisitorId, track, identify } = useHeadwater();
  const [visitor, setVisitor] = useState('');
  useEffect(() => void getVisitorId().then((id) => setVisitor(String(id))), [getVisitorId]);
  return <main><p id="visitor">{visitor}</p>
    <button id="buy" onClick={() => void track('bought', { plan: 'pro' })}>Buy</button>
    <button id="who" onClick={() => void identify({ app_id: 'u1' })}>Sign in</button>
    <button id="next" onClick={() => history.pushState(null, '', '/next')}>Next</button></main>;
}
const app = (host) => <StrictMode><HeadwaterProvider host={host} site="s1"><Shop /></HeadwaterProvider></StrictMode>;
const root = document.getElementById('root');`;
const APPS = {
  nothing: '',
  react: `${SHOP} createRoot(root).render(app(${HOST}));`,
  hydrated: `${SHOP} hydrateRoot(root, <HeadwaterProvider host={${HOST}} site="s1"><p>Hello</p></HeadwaterProvider>);`,
  remounted: `${SHOP} const first = createRoot(root); first.render(app(${HOST}));
    setTimeout(() => { first.unmount(); createRoot(root).render(app(${HOST})); }, 300);`,
  bare: `${SHOP} createRoot(root).render(<Shop />);`,
  plain: `import { createHeadwater } from '../../sdk/src/browser.ts';
    const headwater = createHeadwater({ host: ${HOST}, site: 's1', nonce: 'n1' });
    void headwater.track('early');
    document.addEventListener('click', async () => { document.title = String(await headwater.getVisitorId()); });`,
  late: `import { createHeadwater } from '../../sdk/src/browser.ts';
    document.addEventListener('click', async () => { document.title = String(await createHeadwater().getVisitorId()); });`,
  consent: `import { createHeadwater } from '../../sdk/src/browser.ts';
    window.hw = createHeadwater({ host: ${HOST}, site: 's1', attributes: { consent: 'required' } }); window.hw.load();`,
  // A setting of the environment that is missing, and properties that have no JSON.
  odd: `${SHOP} import { useIdentify, usePageView } from '../../sdk/src/zori.ts';
    const circle = {}; circle.circle = circle;
    function Odd() { usePageView(circle); useIdentify(circle); return <Shop />; }
    createRoot(root).render(<HeadwaterProvider host={undefined} site={undefined}><Odd /></HeadwaterProvider>);`,
  zori: `import { createRoot } from 'react-dom/client';
    import { TrackClick, useIdentify, usePageView, useTrackEvent, useZori, ZoriProvider } from '../../sdk/src/zori.ts';
    function Shop() {
      const zori = useZori();
      const { isInitialized, getVisitorId } = zori;
      Object.assign(window, { zori });
      usePageView({ type: 'product' });
      useIdentify({ app_id: 'u1', email: 'a@shop.test' });
      useTrackEvent('searched', { query: 'tea' }, ['tea']);
      return <TrackClick eventName="cta" id="cta" onClick={async () => { document.title = await getVisitorId(); }}>{String(isInitialized)}</TrackClick>;
    }
    createRoot(document.getElementById('root')).render(
      <ZoriProvider config={{ publishableKey: 's1', baseUrl: ${HOST} + '/ingest' }} autoTrackPageViews={true}><Shop /></ZoriProvider>);`,
};

test('React: StrictMode sends one page view, a router’s change one more, and ids are the cookie’s', async ({
  page,
}) => {
  const said = watch(page);
  shown.app = 'react';
  await page.goto(url('/shop?utm_source=google'));
  await settled(['view /shop']);
  const visitor = await cookie(page, 'hw_visitor_id');
  await expect(page.locator('#visitor')).toHaveText(visitor!);
  await page.locator('#buy').click();
  await page.locator('#who').click();
  await page.locator('#next').click();
  await settled(['bought', 'identify', 'view /next', 'view /shop']);
  await quiet(page);
  expect(names()).toHaveLength(4);
  expect(new Set(hits.map((hit) => hit.visitor))).toEqual(new Set([visitor]));
  expect(hits.find(({ name }) => name === 'bought')!.props).toEqual({ plan: 'pro' });
  expect(asked.filter((path) => path === '/hw.js')).toHaveLength(1);
  expect(said).toEqual([]);
});

test('React: unmounted and mounted again, it is still one script and one page view', async ({ page }) => {
  shown.app = 'remounted';
  await page.goto(url('/shop'));
  await settled(['view /shop']);
  await quiet(page);
  expect(names()).toEqual(['view /shop']);
  expect(asked.filter((path) => path === '/hw.js')).toHaveLength(1);
});

test('React: what the server rendered is taken over without a word', async ({ page }) => {
  const said = watch(page);
  shown.app = 'hydrated';
  shown.root = renderToString(
    createElement(HeadwaterProvider, { host: '/', site: 's1' }, createElement('p', null, 'Hello')),
  );
  expect(shown.root).toBe('<p>Hello</p>');
  await page.goto(url('/'));
  await settled(['view /']);
  expect(said).toEqual([]);
});

for (const app of ['react', 'bare']) {
  test(`React: a script that stands in the HTML is used as it is (${app})`, async ({ page }) => {
    shown.app = app;
    shown.head = `<script defer src="${host()}/hw.js" data-site="s1"></script>`;
    await page.goto(url('/'));
    await settled(['view /']);
    await expect(page.locator('#visitor')).toHaveText((await cookie(page, 'hw_visitor_id'))!);
    await page.locator('#buy').click();
    await settled(['bought', 'view /']);
    expect(asked.filter((path) => path === '/hw.js')).toHaveLength(1);
  });
}

test('React: where the script is blocked the page works, and an id of before is still told', async ({ page }) => {
  const said = watch(page);
  Object.assign(shown, { app: 'react', isBlocked: true });
  await page.goto(url('/'));
  await expect(page.locator('#visitor')).toHaveText('null');
  await page.locator('#buy').click();
  await page.context().addCookies([{ name: 'attribu_visitor_id', value: 'old-1', url: url('/') }]);
  await page.reload();
  await expect(page.locator('#visitor')).toHaveText('old-1');
  expect([said, hits]).toEqual([[], []]);
});

test('a script of the page that is blocked keeps nobody waiting who asks after that', async ({ page }) => {
  Object.assign(shown, { app: 'late', head: `<script defer src="${host()}/hw.js" data-site="s1"></script>` });
  await page.route('**/hw.js', (route) => route.abort('blockedbyclient'));
  await page.goto(url('/'));
  await page.context().addCookies([{ name: 'hw_visitor_id', value: 'old-1', url: url('/') }]);
  await page.locator('html').click();
  await expect(page).toHaveTitle('old-1', { timeout: 4_000 });
});

test('React: without an address, and told what has no JSON, the page works', async ({ page }) => {
  const said = watch(page);
  shown.app = 'odd';
  await page.goto(url('/'));
  await expect(page.locator('#visitor')).toHaveText('null');
  await page.locator('#buy').click();
  expect([said, hits]).toEqual([[], []]);
});

test('React: a prerendered page takes up the script once it is shown', async ({ page }) => {
  // The driver's browser prerenders nothing: what it would say to the page is said here.
  await page.addInitScript(() => {
    Object.defineProperty(document, 'prerendering', { get: () => !(window as Window & { isShown?: boolean }).isShown });
  });
  shown.app = 'react';
  // Of another product: it is not ours, and not waited for.
  shown.head = '<script src="/nothing.js" data-site="ABC"></script>';
  await page.goto(url('/'));
  await page.locator('#buy').click();
  await quiet(page);
  expect(hits).toEqual([]);
  await page.evaluate(`isShown = true; document.dispatchEvent(new Event('prerenderingchange'))`);
  await settled(['bought', 'view /']);
});

test('browser: loads by nonce under a strict policy, and keeps what was tracked before', async ({ page }) => {
  const said = watch(page);
  shown.app = 'plain';
  shown.csp = "default-src 'none'; script-src 'nonce-n1'; connect-src HOST";
  await page.goto(url('/'));
  await settled(['early', 'view /']);
  await page.mouse.click(5, 5);
  await expect(page).toHaveTitle((await cookie(page, 'hw_visitor_id'))!);
  expect(said).toEqual([]);
});

test('browser: no id before consent, one after it, none after it was withdrawn', async ({ page }) => {
  shown.app = 'consent';
  await page.goto(url('/'));
  const ask = (code: string) => page.evaluate(`window.hw.${code}`);
  expect(await ask('getVisitorId()')).toBeNull();
  expect(await ask('hasConsent()')).toBe(false);
  await ask('setConsent({ analytics: true, marketing: false })');
  expect(await ask('getVisitorId()')).toBe(await cookie(page, 'hw_visitor_id'));
  expect(await ask('hasConsent()')).toBe(true);
  await ask('setConsent({ analytics: false })');
  expect([await ask('getVisitorId()'), await ask('hasConsent()')]).toEqual([null, false]);
  expect(await cookie(page, 'hw_visitor_id')).toBeUndefined();
});

test('Zori’s names: hooks, TrackClick, and the id of its cookie', async ({ page }) => {
  const said = watch(page);
  await page.context().addCookies([{ name: 'zori_visitor_id', value: 'zori-visitor-1', url: url('/') }]);
  shown.app = 'zori';
  await page.goto(url('/'));
  await expect(page.locator('#cta')).toHaveText('true');
  await page.locator('#cta').click();
  await expect(page).toHaveTitle('zori-visitor-1');
  await settled(['cta', 'identify', 'page_view', 'searched', 'view /']);
  expect(new Set(hits.map((hit) => hit.visitor))).toEqual(new Set(['zori-visitor-1']));
  expect(said).toEqual([]);
});

test('Zori’s names: session and consent are answered at once', async ({ page }) => {
  shown.app = 'zori';
  // Required by the tag: nobody was asked yet, and whoever asks is told so before anything has loaded.
  shown.head = `<script defer src="${host()}/hw.js" data-site="s1" data-compat="zori" data-consent="required"></script>`;
  await page.goto(url('/'));
  await expect(page.locator('#cta')).toHaveText('true');
  const answers = () => page.evaluate('[zori.hasConsent(), zori.getSessionId()]');
  expect(await answers()).toEqual([false, null]);
  expect(await page.evaluate('zori.setConsent({ analytics: true, marketing: false })')).toBe(true);
  expect(await page.evaluate("Promise.all([zori.track('told'), zori.identify({ app_id: 'u1' })])")).toEqual([
    true,
    true,
  ]);
  expect(await answers()).toEqual([true, await cookie(page, 'hw_session_id')]);
  await page.evaluate('zori.setConsent({ analytics: false })');
  expect(await answers()).toEqual([false, null]);
  // Nothing is required: consent holds until it is refused.
  shown.head = '';
  await page.reload();
  await expect(page.locator('#cta')).toHaveText('true');
  expect(await answers()).toEqual([true, await cookie(page, 'hw_session_id')]);
  await page.evaluate('zori.setConsent({ analytics: false })');
  expect(await answers()).toEqual([false, null]);
});

test('Zori’s names: where the script is missing, a push finds a list', async ({ page }) => {
  Object.assign(shown, { app: 'zori', isBlocked: true });
  await page.goto(url('/'));
  await page.waitForFunction("ZoriHQ.push(['track', 'pushed'])");
});

test('Zori’s global is complete, and takes what was pushed before it was there', async ({ page }) => {
  const said = watch(page);
  shown.app = 'nothing';
  shown.head = `<script>(window.ZoriHQ = window.ZoriHQ || []).push(['track', 'pushed'])</script>
    <script defer src="${host()}/hw.js" data-site="s1" data-compat="attribu zori"></script>`;
  await page.goto(url('/'));
  await settled(['pushed', 'view /']);
  const names = ['getSessionId', 'getVisitorId', 'hasConsent', 'identify', 'optOut', 'push', 'setConsent', 'track'];
  const kinds = await page.evaluate(`${JSON.stringify(names)}.filter((name) => typeof ZoriHQ[name] === 'function')`);
  expect(kinds).toEqual(names);
  const visitor = await page.evaluate('ZoriHQ.getVisitorId()');
  for (const product of ['hw', 'attribu', 'zori']) expect(await cookie(page, `${product}_visitor_id`)).toBe(visitor);
  // At once, and to who asks by a push.
  expect(await page.evaluate('`${ZoriHQ.getSessionId()}`')).toBe(await cookie(page, 'zori_session_id'));
  expect(await page.evaluate("new Promise((told) => ZoriHQ.push(['getVisitorId', told]))")).toBe(visitor);
  await page.evaluate("ZoriHQ.push(null) ?? ZoriHQ.push(['none'])");
  expect(await page.evaluate('Promise.resolve(ZoriHQ.hasConsent())')).toBe(true);
  await page.evaluate("ZoriHQ.identify({ app_id: 'u1', email: 'a@shop.test' }).then(() => {})");
  await page.evaluate("ZoriHQ.push(['track', 'later'])");
  await settled(['identify', 'later', 'pushed', 'view /']);
  expect(await page.evaluate('[ZoriHQ.setConsent({ analytics: true }), ZoriHQ.optOut()]')).toEqual([true, true]);
  expect(await page.context().cookies()).toEqual([]);
  expect(await page.evaluate('ZoriHQ.getSessionId()')).toBeNull();
  await page.evaluate("ZoriHQ.track('never')");
  await quiet(page);
  expect([hits.some(({ name }) => name === 'never'), said]).toEqual([false, []]);
});
