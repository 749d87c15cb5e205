// The guides' code, taken out of docs/guides and run: each handler takes a request of a visitor, makes a Checkout Session
// with the `stripe` package, and the payment of it is attributed by a real Headwater. Frameworks are stand-ins of their
// documented signatures (stand-ins.ts). What cannot run here says so in the table: Rails needs a Ruby.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { VISITOR_METADATA_KEYS } from '../../src/core/link.ts';
import type { PaymentDetailAnswer } from '../../src/http/contract.ts';
import type { SimulatedAccount } from '../../src/rehearsal/stripe/account.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import { WEBHOOK_EVENTS } from '../../src/stripe/event-types.ts';
import { stripeClient } from '../browser/shops.ts';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { NUXT_GLOBALS, STAND_INS } from './stand-ins.ts';

const run = promisify(execFile);
const docs = fileURLToPath(new URL('../../docs/guides/', import.meta.url));
const sdk = fileURLToPath(new URL('../../sdk/src/server.ts', import.meta.url));
const KEY = 'sk_test_guides';
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

type Module = Record<string, (...args: unknown[]) => unknown>;
/** Calls what the guide's file exports or registered, as its framework would; answers where the buyer is sent. */
type Call = (module: Module, request: Request) => unknown;

const routed: Call = (_module, request) => routes.get('/checkout')!(request);
const RUN: { guide: string; file: string; call: Call }[] = [
  { guide: 'nextjs', file: 'app/api/checkout/route.ts', call: ({ POST }, request) => POST!(request) },
  { guide: 'nextjs', file: 'app/actions.ts', call: ({ checkout }) => checkout!() },
  { guide: 'react-router', file: 'app/routes/checkout.ts', call: ({ action }, request) => action!({ request }) },
  { guide: 'sveltekit', file: 'src/routes/checkout/+server.ts', call: ({ POST }, request) => POST!({ request }) },
  { guide: 'nuxt', file: 'server/api/checkout.post.ts', call: (module, request) => module['default']!(request) },
  {
    guide: 'astro',
    file: 'src/pages/api/checkout.ts',
    call: ({ POST }, request) =>
      POST!({ request, redirect: (to: string, status: number) => Response.redirect(to, status) }),
  },
  { guide: 'express', file: 'server.ts', call: (_module, request) => callExpress(request) },
  { guide: 'hono', file: 'src/index.ts', call: routed },
];
/** Not run: only held against the keys that Headwater reads. */
const READ_ONLY = ['rails'];

const routes = new Map<string, (...args: unknown[]) => unknown>();
const text = (guide: string) => readFileSync(join(docs, `${guide}.md`), 'utf8');
/** Blocks of a guide: ```ts file=app/actions.ts */
const blocks = (guide: string) =>
  [...text(guide).matchAll(/^```(\w+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, file, code]) => ({
    ...{ language: language!, file: file ?? '', code: code! },
  }));
function blockOf(guide: string, file: string): string {
  const found = blocks(guide).find((block) => block.file === file);
  assert.ok(found, `docs/guides/${guide}.md has no block for ${file}`);
  return found.code;
}

let folder: string;
let simulated: SimulatedStripe;
let headwater: Headwater;
let shop: Shop;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headwater-guides-'));
  simulated = await startStripe({ id: 'acct_none', keys: [] });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: simulated.url });
  shop = await openShop('acct_guides', KEY);
  const { hostname, port } = new URL(simulated.url);
  process.env['STRIPE_SECRET_KEY'] = KEY;
  Object.assign(globalThis, { routes, simulatedStripe: { host: hostname, port, protocol: 'http' }, ...NUXT_GLOBALS });
});
after(async () => {
  await headwater?.[Symbol.asyncDispose]();
  await simulated?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a guide’s checkout is attributed', () => {
  for (const [number, { guide, file, call }] of RUN.entries()) {
    it(`${guide}: ${file}`, async () => {
      const visitor = `guide-${number}`;
      await land(visitor);
      const module = await load(blockOf(guide, file), String(number));
      const cookie = `hw_visitor_id=${visitor}; hw_session_id=s-${number}`;
      Object.assign(globalThis, { cookieHeader: cookie });
      const request = new Request('https://shop.test/checkout', { method: 'POST', headers: { cookie } });
      const checkout = await sentTo(() => call(module, request));
      const paid = await buy(checkout, `${visitor}@example.org`);
      assert.match(paid.headers.get('location') ?? '', /[?&]session_id=cs_\w+$/);
      const { id } = shop.account.state.list('charge')[0]!;
      const payment = await until(async () => {
        const answer = await headwater.get<PaymentDetailAnswer>(`/api/v1/sites/${shop.site}/payments/${id}`, shop.key);
        return answer.visitor_id === visitor && answer;
      }, `the payment of ${guide} to be attributed`);
      const used = payment.links.filter((link) => link.used).map(({ field }) => field);
      assert.deepEqual([payment.source, used], ['google', ['metadata.hw_visitor_id']]);
    });
  }

  it('django: views.py, run by Python with stand-ins for django and stripe that keep what they are given', async () => {
    const path = join(folder, 'views.py');
    writeFileSync(path, blockOf('django', 'shop/views.py'));
    await run('python3', ['-m', 'py_compile', path]);
    const { stdout } = await run('python3', ['-c', DJANGO], { cwd: folder });
    const [known, unknown] = JSON.parse(stdout) as Record<string, unknown>[];
    const ids = { hw_visitor_id: 'v1', hw_session_id: 's-1' };
    assert.deepEqual(
      [known!['metadata'], known!['payment_intent_data'], known!['client_reference_id']],
      [ids, { metadata: ids }, 'v1'],
    );
    assert.match(String(known!['success_url']), /\?session_id=\{CHECKOUT_SESSION_ID\}$/);
    assert.deepEqual(
      [unknown!['metadata'], unknown!['payment_intent_data'], 'client_reference_id' in unknown!],
      [{}, { metadata: {} }, false],
    );
  });

  it('rails: read only, no Ruby here: holds every key and place', () => {
    const code = blocks('rails')
      .map((block) => block.code)
      .join('\n');
    const needed = [
      'hw_visitor_id',
      'hw_session_id',
      'payment_intent_data',
      'subscription_data',
      'client_reference_id',
    ];
    for (const word of [...needed, 'session_id={CHECKOUT_SESSION_ID}']) assert.ok(code.includes(word), word);
  });
});

describe('every guide', () => {
  const guides = readdirSync(docs).map((name) => name.replace(/\.md$/, ''));

  it('is run, or said not to be', () => {
    const known = [...new Set(RUN.map(({ guide }) => guide)), 'django', 'html', ...READ_ONLY];
    assert.deepEqual(guides.filter((name) => name !== 'README').sort(), known.sort());
  });

  it('has the script with its site, and no key that Headwater does not read', () => {
    for (const guide of guides.filter((name) => name !== 'README')) {
      assert.match(text(guide), /hw\.js|HeadwaterProvider/, guide);
      const named = [...text(guide).matchAll(/\b\w+_visitor_id\b/g)].map(([name]) => name);
      const foreign = named.filter((name) => !(VISITOR_METADATA_KEYS as readonly string[]).includes(name));
      assert.deepEqual(foreign, [], guide);
    }
  });

  it('and the SDK’s page link to pages that are there', () => {
    const pages = [...readdirSync(docs).map((name) => join(docs, name)), join(docs, '../../sdk/README.md')];
    const broken = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map((match) => join(page, '..', match[1]!))
        .filter((target) => !existsSync(target)),
    );
    assert.deepEqual(broken, []);
  });

  it('ends with what the doctor really says', async () => {
    const wanted = await doctor(shop);
    for (const guide of guides.filter((name) => name !== 'README')) {
      assert.equal(numberless(blocks(guide).at(-1)!.code), wanted, guide);
    }
  });

  it('the page before them shows what the doctor says when the ids were forgotten', async () => {
    const forgetful = await openShop('acct_forgetful', 'sk_test_forgetful');
    const merchant = stripeClient(simulated.url, 'sk_test_forgetful');
    for (let sold = 1; sold <= 3; sold += 1) {
      await land(`forgotten-${sold}`, forgetful);
      const line = { price: forgetful.price, quantity: 1 };
      const session = await merchant.checkout.sessions.create({
        ...{ mode: 'payment', line_items: [line], success_url: 'https://shop.test/thanks' },
      });
      await buy(session.url!, `buyer-${sold}@example.org`);
    }
    const path = `/api/v1/sites/${forgetful.site}/payments`;
    await until(async () => {
      const { payments } = await headwater.get<{ payments: { reason: string }[] }>(path, forgetful.key);
      return payments.filter(({ reason }) => reason === 'no_visitor_id').length === 3;
    }, 'three payments without a visitor');
    assert.equal(numberless(blocks('README').at(-1)!.code), await doctor(forgetful));
  });
});

interface Shop {
  site: string;
  key: string;
  price: string;
  account: SimulatedAccount;
}

/** A site whose Stripe account sends webhooks. */
async function openShop(id: string, stripeKey: string): Promise<Shop> {
  const account = simulated.addAccount({ id, keys: [{ key: stripeKey, permissions: null }] });
  const added = await headwater.command<{ id: string }>('site', 'add', '--name', 'Shop', '--domain', 'shop.test');
  const site = added.id;
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  const url = `${headwater.url}/api/webhooks/stripe/${site}`;
  const { secret } = account.addEndpoint({ url, events: [...WEBHOOK_EVENTS] });
  await headwater.command('stripe', 'connect', '--site', site, '--key', stripeKey, '--webhook-secret', secret);
  const tea = { currency: 'usd', unit_amount: 2_000, product_data: { name: 'Tea' } };
  const price = (await stripeClient(simulated.url, stripeKey).prices.create(tea)).id;
  return { site, key, price, account };
}

/** What the command prints, as a page shows it: a new check or other ids make no page wrong. */
async function doctor({ site }: Shop): Promise<string> {
  const entry = fileURLToPath(new URL('../../src/cli/headwater.mjs', import.meta.url));
  const env = { ...process.env, HEADWATER_DATA: headwater.dataDir, HEADWATER_STRIPE_API_BASE: simulated.url };
  const args = [entry, 'stripe', 'doctor', '--site', site];
  const { stdout } = await run(process.execPath, args, { env }).catch((error: { stdout: string }) => error);
  const said = stdout.replaceAll(site, 'SITE').replaceAll('shop.test', 'shop.example.com');
  return numberless(`$ npm run -s headwater -- stripe doctor --site SITE\n${said}`);
}

const numberless = (text: string) =>
  text
    .replace(/\b(ch|pi|cs|we)_\w+/g, '$1_…')
    .replace(/\d+/g, 'N')
    .replace(/ +$/gm, '');

const buy = (checkout: string, email: string) =>
  fetch(checkout, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ email }) });

async function land(visitor: string, { site } = shop) {
  const event = { id: crypto.randomUUID(), name: 'pageview', url: 'https://shop.test/?utm_source=google' };
  const body = { site, visitor, session: `s-${visitor}`, events: [event] };
  assert.equal((await headwater.post('/api/event', body, { 'user-agent': BROWSER })).status, 202);
}

/** Builds a block as its framework's bundler would, and imports it. */
async function load(code: string, name: string): Promise<Module> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    ...{ stdin: { contents: code.replaceAll('price_123', shop.price), loader: 'ts', resolveDir: folder }, outfile },
    ...{ bundle: true, format: 'esm', platform: 'node', logLevel: 'error', plugins: [standIns] },
  });
  return (await import(pathToFileURL(outfile).href)) as Module;
}

const standIns: Plugin = {
  name: 'stand-ins',
  setup(bundler) {
    bundler.onResolve({ filter: /^headwater-sdk\/server$/ }, () => ({ path: sdk }));
    bundler.onResolve({ filter: /^the-real-stripe$/ }, () => ({ path: import.meta.resolve('stripe'), external: true }));
    bundler.onResolve({ filter: /^[^./]/ }, ({ path }) =>
      path in STAND_INS ? { path, namespace: 'stand-in' } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path }) => ({
      contents: STAND_INS[path]!,
      loader: 'js',
    }));
  },
};

/** A redirect is answered in some frameworks and thrown in others. */
async function sentTo(work: () => unknown): Promise<string> {
  const answer = await Promise.resolve()
    .then(work)
    .catch((thrown: unknown) => thrown);
  if (answer instanceof Error) throw answer;
  if (answer instanceof Response) {
    assert.equal(answer.status, 303);
    return answer.headers.get('location')!;
  }
  const { status, location } = answer as { status: number; location: string };
  assert.equal(status, 303);
  return location;
}

/** Express hands over Node's own request, with `get` and `header`, which read headers. */
function callExpress(request: Request) {
  const header = (name: string) => request.headers.get(name) ?? undefined;
  const req = Object.assign(new IncomingMessage(new Socket()), { get: header, header });
  req.headers = Object.fromEntries(request.headers);
  return new Promise((resolve, reject) => {
    const res = { redirect: (status: number, location: string) => resolve({ status, location }) };
    Promise.resolve(routes.get('/checkout')!(req, res)).catch(reject);
  });
}

const DJANGO = `
import json, sys, types
kept = []
def module(name, **names):
    it = types.ModuleType(name); it.__dict__.update(names); sys.modules[name] = it; return it
module('django'); module('django.conf', settings=types.SimpleNamespace(STRIPE_SECRET_KEY='sk'))
module('django.shortcuts', redirect=lambda url: url)
module('django.views'); module('django.views.decorators')
module('django.views.decorators.http', require_POST=lambda view: view)
class Session:
    @staticmethod
    def create(**params):
        kept.append(params); return types.SimpleNamespace(url='https://checkout.stripe.com/x')
module('stripe', checkout=types.SimpleNamespace(Session=Session), api_key=None)
import views
views.checkout(types.SimpleNamespace(COOKIES={'hw_visitor_id': 'v1', 'hw_session_id': 's-1'}))
views.checkout(types.SimpleNamespace(COOKIES={}))
print(json.dumps(kept))
`;
