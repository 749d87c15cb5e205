import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { connectStripe, ConnectRefused, createRechecker } from '../../src/payments/connect.ts';
import { signatureHeader } from '../../src/rehearsal/stripe/webhooks.ts';
import { createStripeProvider } from '../../src/stripe/provider.ts';
import { CHARGES_KEY, KEY, startMoney } from './money.ts';
import type { Money } from './money.ts';

let money: Money;
before(async () => {
  money = await startMoney({ keys: [{ key: 'rk_test_nothing', permissions: [] }] });
});
after(() => money.close());

const refusal = async (input: Parameters<typeof connectStripe>[1]) => {
  const site = input.site || (await money.addSite()).id;
  const error = await connectStripe(money, { ...input, site }).catch((caught: unknown) => caught);
  assert.ok(error instanceof ConnectRefused, `was accepted: ${JSON.stringify(error)}`);
  assert.equal((await money.records.connections.ofSite(site)).length, 0, 'nothing is stored');
  return `${error.field}: ${error.message}`;
};

test("a key Stripe refuses is refused with Stripe's reason, and malformed input before Stripe is asked", async () => {
  assert.match(await refusal({ site: '', key: 'sk_test_wrong' }), /^key: .*Invalid API Key/i);
  assert.match(await refusal({ site: '', key: 'rk_test_nothing' }), /^key: .*rak_charge_read/);
  const asked = money.stripe.requests.length;
  assert.match(await refusal({ site: '', key: 'pk_test_x' }), /publishable/);
  assert.match(await refusal({ site: '', key: 'sk_test_a b' }), /spaces/);
  assert.match(await refusal({ site: '', key: 'whsec_x' }), /webhook secret/);
  assert.match(await refusal({ site: '', key: 'password' }), /not a Stripe key/);
  assert.match(await refusal({ site: '', key: KEY, webhookSecret: 'rk_test_x' }), /^webhook_secret: /);
  assert.match(await refusal({ site: '' }), /^key: give/);
  assert.match(await refusal({ site: 'nowhere', key: KEY }), /^site: /);
  assert.equal(money.stripe.requests.length, asked);
});

test('a verified key is sealed, and its account known where Stripe tells it', async () => {
  for (const key of [KEY, CHARGES_KEY]) {
    const site = (await money.addSite()).id;
    const answer = await connectStripe(money, { site, key });
    assert.deepEqual(answer, { id: answer.id, account: money.stripe.account.id, livemode: false, status: 'verified' });
    const row = await money.records.connections.get(answer.id);
    assert.equal(row?.keyHint, key.slice(-4));
    assert.ok(!JSON.stringify(row).includes(key));
  }
});

test('when Stripe cannot be reached the connection is unverified, and is checked again', async () => {
  const site = (await money.addSite()).id;
  for (const kind of ['error', 'reset', 'timeout', 'rate_limit'] as const) {
    const stop = money.stripe.faults.add({ kind });
    const answer = await connectStripe(money, { site, key: KEY });
    stop();
    assert.deepEqual([answer.status, answer.account, answer.livemode], ['unverified', null, false], kind);
  }
  const { statusReason, id } = (await money.records.connections.ofSite(site))[0]!;
  assert.match(statusReason ?? '', /could not be reached/);
  const rechecker = createRechecker(money);
  await rechecker.runOnce();
  assert.equal((await money.records.connections.get(id))?.status, 'unverified', 'not at once');
  money.passTime(61_000);
  await rechecker.runOnce();
  const verified = await money.records.connections.get(id);
  assert.deepEqual(
    [verified?.status, verified?.statusReason, verified?.account],
    ['verified', null, money.stripe.account.id],
  );
});

test('a key that turns out to be refused stays visible as refused', async () => {
  const site = (await money.addSite()).id;
  const stop = money.stripe.faults.add({ kind: 'error' });
  await connectStripe(money, { site, key: 'sk_test_revoked' });
  stop();
  money.passTime(61_000);
  await createRechecker(money).runOnce();
  const [row] = await money.records.connections.ofSite(site);
  assert.equal(row?.status, 'refused');
  assert.match(row?.statusReason ?? '', /API Key/i);
});

test('live and test are two connections, another account is a third, a new key of one replaces its old one', async () => {
  const site = (await money.addSite()).id;
  const live = money.stripe.addAccount({ livemode: true, keys: [{ key: 'sk_live_one', permissions: null }] });
  money.stripe.addAccount({ keys: [{ key: 'sk_test_other', permissions: null }] });
  const first = await connectStripe(money, { site, key: KEY });
  const second = await connectStripe(money, { site, key: 'sk_live_one' });
  const third = await connectStripe(money, { site, key: 'sk_test_other' });
  assert.deepEqual([second.account, second.livemode], [live.id, true]);
  assert.equal(new Set([first.id, second.id, third.id]).size, 3);
  assert.equal((await connectStripe(money, { site, key: CHARGES_KEY })).id, first.id);
  const secretOnly = connectStripe(money, { site, webhookSecret: 'whsec_whose' });
  await assert.rejects(secretOnly, /several Stripe connections/);
});

test('a secret alone waits for its first event to tell the mode, and for its key', async () => {
  const site = (await money.addSite()).id;
  const alone = await connectStripe(money, { site, webhookSecret: 'whsec_alone' });
  assert.equal(alone.status, 'unverified');
  assert.equal((await connectStripe(money, { site, webhookSecret: 'whsec_second' })).id, alone.id);
  const withKey = await connectStripe(money, { site, key: KEY });
  assert.deepEqual([withKey.id, withKey.status], [alone.id, 'verified']);
  await createRechecker(money).runOnce();
});

test('connecting twice at once makes one connection', async () => {
  const site = (await money.addSite()).id;
  const input = { site, key: KEY, webhookSecret: 'whsec_twice' };
  const answers = await Promise.all([
    connectStripe(money, input),
    connectStripe(money, input),
    connectStripe(money, input),
  ]);
  assert.equal(new Set(answers.map((it) => it.id)).size, 1);
  assert.equal((await money.records.connections.secrets(site)).length, 1);
});

test('no telemetry goes to Stripe, and its answers are not taken for more than they are', async () => {
  const seen: Record<string, unknown>[] = [];
  let body = '<html>a proxy</html>';
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.writeHead(200, { 'request-id': 'req_1' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createStripeProvider({ apiBase, hash: (value) => value, now: Date.now });
  assert.equal((await provider.probe('sk_test_x')).status, 'unreachable');
  body = '{"object":"list","data":[]}';
  assert.deepEqual(await provider.probe('rk_live_x'), { status: 'verified', livemode: true, account: null });
  assert.equal(
    (await provider.fetch('rk_live_x', { kind: 'refund', by: 'charge', id: 'ch_1' }, { visitorMetadataKeys: [] }))
      .status,
    'absent',
  );
  for (const headers of seen) {
    assert.equal(headers['x-stripe-client-telemetry'], undefined);
    assert.ok(!String(headers['x-stripe-client-user-agent']).includes('telemetry_id'));
  }
  server.closeAllConnections();
  server.close();
  assert.throws(() => createStripeProvider({ apiBase: 'localhost', hash: String, now: Date.now }), /not an origin/);
  assert.throws(() => createStripeProvider({ apiBase: 'ftp://x', hash: String, now: Date.now }), /not an origin/);
});

test('a secret alone may choose its mode, which its first event does not change', async () => {
  const site = (await money.addSite()).id;
  const { id } = await connectStripe(money, { site, webhookSecret: 'whsec_chosen', mode: 'live' });
  assert.deepEqual(
    [(await money.records.connections.get(id))?.mode, (await deliver(site, 'whsec_chosen')).code],
    ['live', 'quarantined'],
  );
  const other = await connectStripe(money, { site, webhookSecret: 'whsec_other', mode: 'test' });
  assert.notEqual(other.id, id);
  assert.equal((await deliver(site, 'whsec_other')).code, 'stored');
  const third = await connectStripe(money, { site, webhookSecret: 'whsec_third', connection: id });
  assert.equal(third.id, id);
  await assert.rejects(connectStripe(money, { site, webhookSecret: 'whsec_x', connection: 'nosuch' }), /no connection/);
  await assert.rejects(connectStripe(money, { site, key: KEY, mode: 'live' }), /this is a test key/);
  await assert.rejects(connectStripe(money, { site, key: KEY, connection: id }), /is a live one/);
});

test('events of a connected account go to its own connection, or are set aside', async () => {
  const site = (await money.addSite()).id;
  const other = money.stripe.addAccount({ keys: [{ key: 'sk_test_connected', permissions: null }] });
  const platform = await connectStripe(money, { site, key: KEY, webhookSecret: 'whsec_platform' });
  assert.equal((await deliver(site, 'whsec_platform', { id: 'evt_before', account: other.id })).code, 'quarantined');
  const own = await connectStripe(money, { site, key: 'sk_test_connected' });
  assert.equal((await deliver(site, 'whsec_platform', { id: 'evt_after', account: other.id })).code, 'stored');
  assert.equal((await deliver(site, 'whsec_platform', { id: 'evt_after', account: other.id })).code, 'duplicate');
  assert.equal((await deliver(site, 'whsec_platform', { id: 'evt_own', account: platform.account! })).code, 'stored');
  const rows = await money.records.inbox.rows(site, 'pending', 10);
  assert.deepEqual(rows.map(({ eventId, connection }) => [eventId, connection]).sort(), [
    ['evt_after', own.id],
    ['evt_own', platform.id],
  ]);
});

let events = 0;
function deliver(site: string, secret: string, fields: { id?: string; account?: string } = {}) {
  events += 1;
  const body = JSON.stringify({
    id: `evt_c${events}`,
    object: 'event',
    type: 'charge.succeeded',
    livemode: false,
    created: Math.floor(Date.now() / 1000),
    data: { object: {} },
    ...fields,
  });
  const signature = signatureHeader(body, secret, Date.now());
  return money.receiveWebhook({ site, rawBody: Buffer.from(body), signature });
}
