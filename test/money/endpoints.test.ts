import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { disconnectStripe } from '../../src/payments/connect-disconnect.ts';
import { createSetUp, createSetUpWorker } from '../../src/payments/connect-setup.ts';
import { connectStripe } from '../../src/payments/connect.ts';
import { webhookUrl, whyUnreachable } from '../../src/payments/endpoints.ts';
import { checkoutPayment } from '../../src/rehearsal/stripe/actions.ts';
import type { SimulatedAccount } from '../../src/rehearsal/stripe/account.ts';
import { createStripeSetup } from '../../src/stripe/connect-setup.ts';
import { WEBHOOK_EVENTS } from '../../src/stripe/event-types.ts';
import { PERMISSIONS } from '../../src/stripe/permissions.ts';
import { bookOf, startMoney } from './money.ts';
import type { Money } from './money.ts';

const READ = PERMISSIONS.filter(({ access }) => access === 'read').map(({ name }) => name);
const EVERYTHING = [...READ, 'rak_webhook_write'];

let money: Money;
let publicUrl: string;
let close: () => Promise<void>;
before(async () => {
  money = await startMoney();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const signature = request.headers['stripe-signature'] as string | undefined;
      const site = /^\/api\/webhooks\/stripe\/(.+)$/.exec(request.url!)?.[1] ?? null;
      const answer = await money.receiveWebhook({ site, rawBody: Buffer.concat(chunks), signature });
      response.writeHead(answer.status).end(answer.code);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});
after(async () => {
  await money.close();
  await close();
});

let made = 0;
/** A fresh account with one restricted key, and a site to connect it to. */
async function merchant(permissions: readonly string[] = EVERYTHING) {
  made += 1;
  const key = `rk_test_merchant${made}`;
  const account = money.stripe.addAccount({ keys: [{ key, permissions }], seed: 100 + made });
  const site = (await money.addSite()).id;
  const setup = createStripeSetup({ apiBase: money.stripe.url, timeoutMs: 500 });
  const deps = { ...money, setup, publicUrl, stripeApiBase: money.stripe.url, oauth: null };
  const setUp = createSetUp(deps);
  const connect = (input: Partial<Parameters<typeof connectStripe>[1]> = { key }) =>
    connectStripe({ ...deps, setUp }, { site, ...input });
  const disconnect = (connection: string) => disconnectStripe(deps, { site, connection });
  const stored = async () => (await money.records.connections.ofSite(site))[0]!;
  return { key, account, site, deps, setUp, connect, disconnect, stored, url: webhookUrl(publicUrl, site) };
}
const endpoints = (account: SimulatedAccount) => account.state.list('webhook_endpoint');

test('every permission is probed, and what a key lacks is named', async () => {
  const all = await merchant();
  await all.connect();
  const { permissions } = await all.stored();
  assert.deepEqual(
    Object.keys(permissions!.answers),
    PERMISSIONS.map(({ name }) => name),
  );
  assert.deepEqual([...new Set(Object.values(permissions!.answers))], ['granted']);

  const few = await merchant(['rak_charge_read', 'rak_checkout_session_read', 'rak_customer_read']);
  await few.connect();
  const { answers } = (await few.stored()).permissions!;
  const granted = Object.keys(answers).filter((name) => answers[name] === 'granted');
  assert.deepEqual(granted, ['rak_charge_read', 'rak_checkout_session_read', 'rak_customer_read']);
  assert.equal(answers['rak_invoice_read'], 'missing');
  assert.equal((await few.stored()).endpoint?.state, 'manual');
  assert.match((await few.stored()).endpoint?.reason ?? '', /rak_webhook_write/);
  assert.equal(endpoints(few.account).length, 0);
});

test('what could not be asked is unknown, and is asked again', async () => {
  const { connect, stored, deps, setUp, account } = await merchant();
  const stop = money.stripe.faults.add({ kind: 'error', path: '/v1/invoices' });
  await connect();
  stop();
  assert.equal((await stored()).permissions?.answers['rak_invoice_read'], 'unknown');
  const worker = createSetUpWorker({ ...deps, setUp });
  await worker.runOnce();
  assert.equal((await stored()).permissions?.answers['rak_invoice_read'], 'unknown', 'not at once');
  money.passTime(6 * 60_000);
  await worker.runOnce();
  assert.equal((await stored()).permissions?.answers['rak_invoice_read'], 'granted');
  assert.equal(endpoints(account).length, 1);
});

test('where the key may, the endpoint is made once: its secret stored, only known types, and payments arrive', async () => {
  const { connect, account, site, url, stored } = await merchant();
  const { id } = await connect();
  await Promise.all([connect(), connect(), connect()]);
  const [endpoint, ...others] = endpoints(account);
  assert.equal(others.length, 0);
  assert.equal(endpoint!.url, url);
  assert.deepEqual(endpoint!.enabledEvents, [...WEBHOOK_EVENTS]);
  assert.deepEqual(endpoint!.metadata, { headwater_connection: id, headwater_site: site });
  assert.deepEqual(
    { ...(await stored()).endpoint, checkedAt: 0 },
    {
      state: 'created',
      id: endpoint!.id,
      reason: null,
      url,
      checkedAt: 0,
    },
  );
  assert.equal((await money.records.connections.secrets(site)).length, 1);
  checkoutPayment(account, { amount: 2000, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  await account.webhooks.idle();
  await money.record();
  assert.equal((await bookOf(money, site))[0]?.grossMinor, 2000);
});

test('a server that moves gets an endpoint at its new address, also when Stripe could not reach the old one', async () => {
  for (const before of [publicUrl, 'http://192.0.2.7']) {
    const { key, account, site, deps, stored } = await merchant();
    const at = { ...deps, publicUrl: before, ...(before === publicUrl ? {} : { stripeApiBase: null }) };
    await connectStripe({ ...at, setUp: createSetUp(at) }, { site, key });
    const moved = { ...deps, publicUrl: 'https://stats.example' };
    const worker = createSetUpWorker({ ...moved, setUp: createSetUp(moved) });
    money.passTime(6 * 60_000);
    await worker.runOnce();
    await worker.runOnce();
    const { state, url } = (await stored()).endpoint!;
    assert.deepEqual([state, url], ['created', webhookUrl('https://stats.example', site)]);
    const urls = endpoints(account)
      .map((it) => it.url)
      .sort();
    // The old one stays: a copy of this installation may still run there.
    assert.deepEqual(urls, [...(before === publicUrl ? [webhookUrl(publicUrl, site)] : []), url].sort());
  }
});

test('an answer that was lost does not make a second endpoint', async () => {
  const { connect, account, stored, setUp } = await merchant();
  const stop = money.stripe.faults.add({ kind: 'lost', method: 'POST', path: '/v1/webhook_endpoints' });
  const { id } = await connect();
  assert.equal((await stored()).endpoint?.state, 'failed');
  assert.equal(endpoints(account).length, 1, 'it was carried out');
  stop();
  await setUp(id);
  assert.equal((await stored()).endpoint?.state, 'created');
  assert.equal(endpoints(account).length, 1);
});

test('an endpoint of ours whose secret was lost is replaced, one of somebody else is left alone', async () => {
  const ours = await merchant();
  const { id } = await ours.connect();
  await money.records.connections.removeSecrets(id);
  await money.records.connections.update(id, { endpoint: null });
  // As after a day, when Stripe no longer repeats its first answer.
  endpoints(ours.account)[0]!.metadata['old'] = '1';
  await money.records.connections.update(id, {
    endpoint: { state: 'manual', id: 'we_other', reason: null, checkedAt: 0 },
  });
  await ours.setUp(id);
  assert.equal(endpoints(ours.account).length, 1);
  assert.equal(endpoints(ours.account)[0]!.metadata['old'], undefined);
  assert.equal((await money.records.connections.secrets(ours.site)).length, 1);

  const theirs = await merchant();
  const manual = theirs.account.addEndpoint({ url: theirs.url, events: ['charge.succeeded'] });
  await theirs.connect();
  assert.deepEqual(
    endpoints(theirs.account).map((it) => it.id),
    [manual.id],
  );
  assert.equal((await theirs.stored()).endpoint?.state, 'manual');
  assert.match((await theirs.stored()).endpoint?.reason ?? '', new RegExp(`${manual.id}.*paste its signing secret`));
  await theirs.connect({ key: theirs.key, webhookSecret: manual.secret });
  assert.equal(endpoints(theirs.account).length, 1);
  assert.equal((await theirs.stored()).endpoint?.reason, null);
});

test('an endpoint of ours is brought up to date: switched on, with every type', async () => {
  const { connect, account, stored } = await merchant();
  await connect();
  const [endpoint] = endpoints(account);
  endpoint!.status = 'disabled';
  endpoint!.enabledEvents = ['charge.succeeded'];
  await connect();
  assert.deepEqual([endpoint!.status, endpoint!.enabledEvents], ['enabled', [...WEBHOOK_EVENTS]]);
  assert.equal((await stored()).endpoint?.state, 'created');
});

test('when it cannot be made connecting still succeeds, and the reason is kept', async () => {
  const { connect, account, stored } = await merchant();
  for (let index = 0; index < 16; index += 1) account.addEndpoint({ url: `https://elsewhere.example/${index}` });
  const answer = await connect();
  assert.equal(answer.status, 'verified');
  assert.equal((await stored()).endpoint?.state, 'failed');
  assert.match((await stored()).endpoint?.reason ?? '', /16/);
});

test('Stripe is given public https addresses only', () => {
  const of = (url: string, stripeApiBase: string | null = null) => whyUnreachable({ publicUrl: url, stripeApiBase });
  assert.equal(of('https://stats.example.com'), null);
  assert.match(of('http://stats.example.com')!, /https/);
  assert.match(of('https://localhost:1323')!, /public/);
  assert.equal(of('http://localhost:1323', 'http://127.0.0.1:4242'), null);
  assert.match(of('http://localhost:1323', 'https://stripe-proxy.example')!, /public/);
});

test('disconnecting deletes our endpoint and forgets key and secrets; connecting again doubles and loses nothing', async () => {
  const { connect, disconnect, account, site, stored, setUp } = await merchant();
  const { id } = await connect();
  checkoutPayment(account, { amount: 2000, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  await account.webhooks.idle();
  await money.record();
  const before = await bookOf(money, site);
  assert.equal(before.length, 1);

  assert.deepEqual(await disconnect(id), { id, left: null });
  const gone = await stored();
  assert.deepEqual([gone.status, gone.sealedKey, gone.keyHint, gone.permissions], ['disconnected', null, null, null]);
  assert.equal(endpoints(account).length, 0);
  assert.equal((await money.records.connections.secrets(site)).length, 0);
  assert.deepEqual(await bookOf(money, site), before, 'the ledger stays');
  assert.deepEqual(await disconnect(id), { id, left: null }, 'again');
  await setUp(id);
  assert.equal((await stored()).status, 'disconnected');

  const again = await connect();
  assert.equal(again.id, id, 'the same account is the same connection');
  assert.equal(endpoints(account).length, 1);
  for (const event of account.state.list('event')) account.webhooks.resend(event);
  checkoutPayment(account, { amount: 700, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  await account.webhooks.idle();
  await money.record();
  const after = await bookOf(money, site);
  assert.deepEqual(after.map((it) => it.grossMinor).sort(), [2000, 700]);
  assert.deepEqual(
    after.find((it) => it.grossMinor === 2000),
    before[0],
  );
  assert.equal(await disconnect('nosuch'), null);
});

test('disconnecting while Stripe does not answer forgets all the same and says what is left', async () => {
  const { connect, disconnect, stored, account } = await merchant();
  const { id } = await connect();
  const stop = money.stripe.faults.add({ kind: 'error' });
  const answer = await disconnect(id);
  stop();
  assert.match(answer?.left ?? '', /endpoint is still there/);
  assert.equal((await stored()).sealedKey, null);
  await connect();
  assert.equal(endpoints(account).length, 1, 'the old one was found and replaced');
});
