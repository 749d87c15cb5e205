// What Stripe knows about people must not stay here. Every field about a person carries a word of its own; everything is
// played through (webhooks, polling, backfill, single objects, doctor, reconciliation), and then every byte is searched.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { checkoutPayment, intentPayment, refundCharge, renew, subscribe } from '../../src/rehearsal/stripe/actions.ts';
import { dispute } from '../../src/rehearsal/stripe/disputes.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { HistoryAnswer, PaymentAnswer } from '../../src/http/contract.ts';
import { createFactsClient } from '../../src/storage/facts/client.ts';
import { startEmbedded } from '../../src/storage/facts/embedded/supervise.ts';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { startPostgres } from '../postgres.ts';
import { signed } from '../stripe-events.ts';
import { CANARIES, email, startCanaryStripe } from './canaries.ts';

const KEYS = ['rk_test_kanariwebhookkeyq7x', 'rk_test_kanaripollingkeyq7x'];
const SECRET = 'whsec_kanarisecretq7x';
const ADDRESS = '203.0.113.77';
const quiet = { info() {}, warn() {}, error() {} };
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

/** As text, as base64 (whatever stands before it), and as a part of an address. */
function formsOf(word: string): string[] {
  const inBase64 = [0, 1, 2].map((shift) => {
    const text = Buffer.from('x'.repeat(shift) + word).toString('base64');
    return text.slice(shift === 0 ? 0 : 4, text.length - 4);
  });
  return [word, ...inBase64, encodeURIComponent(`${word}@pii.example`), Buffer.from(word).toString('hex')];
}
const wanted = () => [...[...CANARIES, ...KEYS, SECRET].flatMap(formsOf), 'pii.example', ADDRESS];

function found(hay: Buffer | string, where: string): string[] {
  const bytes = typeof hay === 'string' ? Buffer.from(hay) : hay;
  return wanted()
    .filter((needle) => bytes.includes(needle))
    .map((needle) => `${needle} in ${where}`);
}

function filesOf(directory: string): string[] {
  return (ifThere(() => readdirSync(directory)) ?? []).flatMap((name) => {
    const path = join(directory, name);
    return ifThere(() => statSync(path))?.isDirectory() ? filesOf(path) : [path];
  });
}

/** The facts engine merges its files while it runs, and removes what was merged. null: it is gone. */
function ifThere<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Everything that happened: twice the same, for a site with webhooks and for one that polls. */
async function play(headwater: Headwater, stripe: Awaited<ReturnType<typeof startStripe>>) {
  const { account } = stripe;
  const sell = (round: number) => {
    const bought = checkoutPayment(account, {
      amount: 2_000 + round,
      currency: 'usd',
      metadata: { hw_visitor_id: 'v1' },
      paymentIntentMetadata: { hw_visitor_id: 'v1' },
      email: 'known@pii.example',
    });
    refundCharge(account, bought.charge!, 300);
    const { subscription } = subscribe(account, { amount: 1_500, currency: 'usd', email: 'second@pii.example' });
    renew(account, subscription);
    const { charge } = intentPayment(account, { amount: 700, currency: 'usd' });
    dispute(account.engine, charge!);
  };
  const sites = [];
  sell(1);
  for (const [index, stripeKey] of KEYS.entries()) {
    const words = ['site', 'add', '--name', 'S', '--domain', `s${index}.test`];
    const { id: site } = await headwater.command<{ id: string }>(...words);
    const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
    const secret = index === 0 ? ['--webhook-secret', SECRET] : [];
    await headwater.command('stripe', 'connect', '--site', site, '--key', stripeKey, ...secret);
    sites.push({ site, key });
  }
  return { sites, sell };
}

async function playAndSearch(env: Record<string, string>, searchRecords: () => Promise<string[]>) {
  const stripe = await startStripe({ seed: 5, keys: KEYS.map((key) => ({ key, permissions: null })) });
  let webhooksTo = '';
  const canary = await startCanaryStripe({ stripeUrl: stripe.url, secret: SECRET, webhooksTo: () => webhooksTo });
  const settings = { HEADWATER_STRIPE_API_BASE: canary.url, HEADWATER_LOG_LEVEL: 'debug', ...env };
  const headwater = await startHeadwater(settings);
  try {
    const { sites, sell } = await play(headwater, stripe);
    webhooksTo = `${headwater.url}/api/webhooks/stripe/${sites[0]!.site}`;
    stripe.account.addEndpoint({ url: `${canary.url}/deliver`, secret: SECRET });
    const hit = (body: object) =>
      fetch(`${headwater.url}/api/event`, {
        method: 'POST',
        headers: { 'user-agent': BROWSER, 'x-forwarded-for': ADDRESS, 'content-type': 'text/plain' },
        body: JSON.stringify(body),
      });
    const { site } = sites[0]!;
    const event = { id: crypto.randomUUID(), name: 'pageview', url: 'https://s0.test/?utm_source=google' };
    const identify = {
      id: crypto.randomUUID(),
      name: 'identify',
      url: 'https://s0.test/',
      props: { email: email('hit.email'), app_id: email('hit.appid'), phone: [...CANARIES][0] },
    };
    assert.equal((await hit({ site, visitor: 'v1', session: 's1', events: [event, identify] })).status, 202);
    sell(2);
    await stripe.account.webhooks.idle();
    // A body that cannot be read: why must not quote it.
    const broken = {
      id: 'evt_broken',
      object: 'event',
      type: 'charge.succeeded',
      created: 1_790_000_000,
      livemode: false,
    };
    const charge = { id: email('broken.id'), object: 'charge', amount: email('broken.amount'), currency: 'usd' };
    const refused = await fetch(webhooksTo, {
      method: 'POST',
      ...signed({ ...broken, data: { object: charge } }, SECRET),
    });
    assert.equal(refused.status, 200);
    for (const { site: id, key } of sites) {
      const payments = async () =>
        (await headwater.get<{ payments: PaymentAnswer[] }>(`/api/v1/sites/${id}/payments?mode=test`, key)).payments;
      await until(async () => (await payments()).length === 8, 'all payments', 60_000);
      const history = () => headwater.get<HistoryAnswer>(`/api/v1/sites/${id}/stripe/history`, key);
      await until(async () => (await history()).connections[0]?.backfill?.state === 'done', 'the backfill', 60_000);
      await headwater.command('stripe', 'reconcile', '--site', id);
      await headwater.get(`/api/v1/sites/${id}/doctor`, key);
      await headwater.failing('stripe', 'doctor', '--site', id);
    }
    const paid = await headwater.get<{ payments: PaymentAnswer[] }>(
      `/api/v1/sites/${site}/payments?mode=test`,
      sites[0]!.key,
    );
    assert.ok(
      paid.payments.some(({ visitor_id: visitor }) => visitor === 'v1'),
      'ids are still read',
    );
    assert.ok(CANARIES.size > 100);
    const live = [...(await searchRecords()), ...searchFiles(headwater.dataDir), ...found(headwater.said(), 'the log')];
    assert.deepEqual(live, []);
    await headwater.stop();
    const left = [...searchFiles(headwater.dataDir), ...(await searchFacts(headwater.dataDir))];
    assert.deepEqual(left, []);
  } finally {
    await headwater[Symbol.asyncDispose]();
    await canary.close();
    await stripe.close();
  }
}

function searchFiles(dataDir: string): string[] {
  const files = filesOf(dataDir);
  assert.ok(files.some((path) => path.endsWith('spool.sqlite')));
  return files.flatMap((path) => found(ifThere(() => readFileSync(path)) ?? '', path));
}

/** Its files are compressed, so it is asked as well. */
async function searchFacts(dataDir: string): Promise<string[]> {
  const engine = await startEmbedded({ directory: join(dataDir, 'facts'), log: quiet });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  try {
    const columns = await client.query<{ table: string; name: string }>(
      "select table, name from system.columns where database = currentDatabase() and type like '%String%'",
    );
    assert.ok(columns.length > 20);
    const tables = new Set(columns.map(({ table }) => table));
    const hits: string[] = [];
    for (const table of tables) {
      const rows = await client.query<object>(`select * from ${table}`);
      hits.push(...found(JSON.stringify(rows), `facts table ${table}`));
    }
    return hits;
  } finally {
    await client.close();
    await engine.close();
  }
}

async function searchPostgres(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    );
    assert.ok(tables.length > 20);
    const hits: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query(`select t::text as row from "${name}" t`);
      hits.push(...found(rows.map(({ row }) => row).join('\n'), `table ${name}`));
    }
    return hits;
  } finally {
    await client.end();
  }
}

test('SQLite: nothing about a person is found anywhere', { timeout: 240_000 }, () => playAndSearch({}, async () => []));

test('PostgreSQL: nothing about a person is found anywhere', { timeout: 240_000 }, async () => {
  const postgres = await startPostgres();
  try {
    const url = await postgres.newDatabase();
    await playAndSearch({ DATABASE_URL: url }, () => searchPostgres(url));
  } finally {
    await postgres.stop();
  }
});
