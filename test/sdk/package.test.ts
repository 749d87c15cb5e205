// The package as its readers get it: built, packed into a folder, copied into another project's node_modules, and used
// there by Node, by TypeScript and by a bundler. Nothing here reaches the sources.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { buildPackage } from '../../sdk/build-package.ts';

const run = promisify(execFile);
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const NAMES = {
  'headwater-sdk/server': [
    ...['HeadwaterError', 'checkoutParams', 'createHeadwater', 'customerParams', 'invoiceParams'],
    ...[
      'paymentIntentParams',
      'paymentLinkParams',
      'paymentLinkUrl',
      'stripeMetadata',
      'subscriptionParams',
      'visitorOf',
    ],
  ],
  'headwater-sdk/browser': ['createHeadwater'],
  'headwater-sdk/react': ['HeadwaterProvider', 'useHeadwater'],
  'headwater-sdk': ['TrackClick', 'ZoriProvider', 'useIdentify', 'usePageView', 'useTrackEvent', 'useZori'],
};
/** What one import may weigh in a reader's bundle, minified, in bytes: what is not imported must not be in it. */
const BYTES_MAX = {
  "import { stripeMetadata } from 'headwater-sdk/server'; console.log(stripeMetadata);": 1_000,
  "import { checkoutParams } from 'headwater-sdk/server'; console.log(checkoutParams);": 1_960,
  "import { createHeadwater } from 'headwater-sdk/server'; console.log(createHeadwater);": 2_900,
  "import { createHeadwater } from 'headwater-sdk/browser'; console.log(createHeadwater);": 2_200,
  "import { useHeadwater } from 'headwater-sdk/react'; console.log(useHeadwater);": 2_400,
};

let project: string;
let installed: string;

before(async () => {
  project = mkdtempSync(join(tmpdir(), 'headwater-sdk-'));
  const packed = join(project, 'packed');
  await buildPackage(packed);
  installed = join(project, 'node_modules/headwater-sdk');
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
  cpSync(packed, installed, { recursive: true });
  // React is the reader's own; Stripe's package and Node's types are there as in any project that takes money.
  for (const name of ['react', '@types/react', 'csstype', 'stripe', '@types/node', 'undici-types']) {
    symlinkSync(join(modules, name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
});
after(() => rmSync(project, { recursive: true, force: true }));

describe('the published package', () => {
  it('holds JavaScript, declarations and nothing that needs more than React', () => {
    const files = readdirSync(installed);
    const sources = files.filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'));
    assert.deepEqual(sources, []);
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    assert.equal(manifest.dependencies, undefined);
    assert.equal(manifest.private, undefined);
    assert.deepEqual(manifest.peerDependencies, { react: '>=18' });
    assert.deepEqual(Object.keys(manifest.exports).sort(), ['.', './browser', './react', './server']);
    for (const entry of Object.values<{ types: string; default: string }>(manifest.exports)) {
      for (const file of [entry.types, entry.default]) assert.ok(files.includes(file.slice(2)), `${file} is missing`);
    }
    const foreign = files
      .filter((name) => /\.js$|\.d\.ts$/.test(name))
      .flatMap((name) => [...readFileSync(join(installed, name), 'utf8').matchAll(/(?:from|import) ["']([^"']+)["']/g)])
      .map((match) => match[1]!)
      .filter((target) => target !== 'react' && !/^\.\/[\w-]+\.js$/.test(target));
    assert.deepEqual(foreign, []);
    for (const name of ['react.js', 'zori.js']) {
      assert.match(readFileSync(join(installed, name), 'utf8'), /^'use client';/);
    }
  });

  it('is imported by Node as it is', async () => {
    const entries = Object.keys(NAMES);
    const code = `const all = {}; for (const entry of ${JSON.stringify(entries)}) all[entry] = Object.keys(await import(entry)).sort();
      console.log(JSON.stringify(all));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: project });
    assert.deepEqual(JSON.parse(stdout), NAMES);
  });

  it('stands in for @zorihq/react under that name', async () => {
    cpSync(installed, join(project, 'node_modules/@zorihq/react'), { recursive: true });
    const code = `import { useZori, ZoriProvider } from '@zorihq/react'; console.log(typeof useZori, typeof ZoriProvider);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: project });
    assert.equal(stdout, 'function function\n');
  });

  it('is found by readers that know no exports, and by require', async () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    for (const [path, entry] of Object.entries<{ types: string; default: string }>(manifest.exports)) {
      // They look for a file under the entry's name.
      const looked = path === '.' ? [manifest.types, manifest.main] : [`${path}.d.ts`, `${path}.js`];
      assert.deepEqual(looked, [entry.types, entry.default]);
    }
    // By its folder no exports count.
    const code = `console.log(typeof require(${JSON.stringify(installed)}).useZori, typeof require('headwater-sdk/server').visitorOf);`;
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', code], { cwd: project });
    assert.equal(stdout, 'function function\n');
  });

  for (const moduleResolution of ['bundler', 'nodenext']) {
    it(`has types for moduleResolution ${moduleResolution}`, async () => {
      writeFileSync(join(project, 'reader.tsx'), READER);
      const compilerOptions = {
        ...{ target: 'es2022', module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext', moduleResolution },
        ...{ strict: true, noEmit: true, jsx: 'react-jsx', types: ['node'], exactOptionalPropertyTypes: true },
        lib: ['es2022', 'dom'],
      };
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['reader.tsx'] }));
      const tsc = join(modules, 'typescript/bin/tsc');
      const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: project }).catch((error) => error);
      assert.equal(stdout, '');
    });
  }

  it('is bundled without a warning where it is linked, as npm installs a folder', async () => {
    const entries = Object.keys(NAMES).map(
      (entry, at) => `export * as entry${at} from '${entry.replace('headwater-sdk', 'linked')}';`,
    );
    symlinkSync(join(project, 'packed'), join(project, 'node_modules/linked'));
    const stdin = { contents: entries.join('\n'), resolveDir: project };
    const { warnings } = await build({
      ...{ stdin, bundle: true, write: false, format: 'esm', external: ['react'], logLevel: 'silent' },
    });
    assert.deepEqual(
      warnings.map(({ text }) => text),
      [],
    );
  });

  for (const [code, bytes] of Object.entries(BYTES_MAX)) {
    it(`costs at most ${bytes} bytes for: ${code.split(';')[0]}`, async () => {
      const stdin = { contents: code, resolveDir: project };
      const { outputFiles } = await build({
        ...{ stdin, bundle: true, minify: true, write: false, format: 'esm', external: ['react'] },
      });
      assert.ok(outputFiles[0]!.text.length <= bytes, `${outputFiles[0]!.text.length} bytes`);
    });
  }
});

/** One use of everything, with the mistakes that types must catch. */
const READER = `import { Stripe } from 'stripe';
import { checkoutParams, createHeadwater, customerParams, paymentIntentParams, paymentLinkParams, subscriptionParams } from 'headwater-sdk/server';
import { createHeadwater as inBrowser } from 'headwater-sdk/browser';
import { HeadwaterProvider, useHeadwater } from 'headwater-sdk/react';
import { useZori, ZoriProvider } from 'headwater-sdk';
import type { IncomingMessage } from 'node:http';

const stripe = new Stripe('sk_test_1');
export async function pay(request: Request, express: IncomingMessage, store: { get(name: string): { value: string } | undefined }) {
  await stripe.checkout.sessions.create(
    checkoutParams(request, { mode: 'payment', line_items: [{ price: 'p', quantity: 1 }], success_url: '/', ui_mode: 'hosted_page' }),
  );
  await stripe.paymentIntents.create(paymentIntentParams(express, { amount: 1, currency: 'usd', capture_method: 'manual' }));
  await stripe.subscriptions.create(subscriptionParams(store, { customer: 'c', items: [{ price: 'p' }], payment_behavior: 'default_incomplete' }));
  await stripe.customers.create(customerParams({ visitor: null }, { email: 'a@b.c' }));
  await stripe.paymentLinks.create(paymentLinkParams({ line_items: [{ price: 'p', quantity: 1 }] }));
  // @ts-expect-error Stripe's own check still applies
  await stripe.paymentIntents.create(paymentIntentParams(express, { amount: 'one', currency: 'usd' }));
  // @ts-expect-error a text is no request
  paymentIntentParams('v1', { amount: 1 });
  const server = createHeadwater({ host: 'https://h', site: 's', key: 'hw_1' });
  const { created }: { created: boolean } = await server.payment({ id: 'o1', amount: 1, currency: 'usd', occurredAt: new Date(), visitor: request });
  return created;
}
interface User { app_id: string; plan?: 'pro' }
export async function signIn(user: User, request: Request) {
  await inBrowser().identify(user);
  await inBrowser().track('signed in', user);
  await createHeadwater({ host: 'https://h', site: 's', key: 'hw_1' }).identify(request, user);
  // @ts-expect-error an id is no traits
  await inBrowser().identify(user.app_id);
}
export const id: Promise<string | null> = inBrowser({ host: 'https://h', site: 's' }).getVisitorId();
export function Page() {
  const { getVisitorId, track } = useHeadwater();
  const { isInitialized, getSessionId, hasConsent, identify, setConsent, optOut } = useZori();
  const answers: [string | null, boolean] = [getSessionId(), hasConsent()];
  const told: boolean = setConsent({ analytics: true, marketing: false }) && optOut();
  const heard: Promise<boolean> = identify({ app_id: 'u1', plan: told });
  void heard;
  void identify({ app_id: 'u1', plan: answers.length });
  return <button onClick={() => void track('bought', { ready: isInitialized, id: getVisitorId() })} />;
}
export const app = (
  <HeadwaterProvider host="https://h" site="s" attributes={{ consent: 'required' }}>
    <ZoriProvider config={{ publishableKey: 's', baseUrl: 'https://h', trackScrollDepth: false }} autoTrackPageViews>
      <Page />
    </ZoriProvider>
  </HeadwaterProvider>
);
`;
