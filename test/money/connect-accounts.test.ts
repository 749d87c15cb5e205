import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectStripe, ConnectRefused } from '../../src/payments/connect.ts';
import { checkoutPayment } from '../../src/rehearsal/stripe/actions.ts';
import type { SimulatedAccount } from '../../src/rehearsal/stripe/account.ts';
import { startHistory } from './history.ts';
import type { History } from './history.ts';

/** A key must never take the connection of another account: its money would be booked there. */

const SECRETIVE = ['rak_charge_read', 'rak_event_read'];
let history: History;
let second: SimulatedAccount;
before(async () => {
  history = await startHistory({
    keys: [
      { key: 'rk_test_first', permissions: SECRETIVE, hidesAccount: true },
      { key: 'rk_test_first_rolled', permissions: SECRETIVE, hidesAccount: true },
    ],
  });
  second = history.stripe.addAccount({
    keys: [
      { key: 'sk_test_second', permissions: null },
      { key: 'rk_test_second', permissions: SECRETIVE, hidesAccount: true },
    ],
  });
});
after(() => history.close());

/** A site whose first connection has booked a payment of the first account. */
async function shopOfFirst(key?: string) {
  checkoutPayment(history.stripe.account, { amount: 1_000, currency: 'usd' });
  const shop = await history.shop(key === undefined ? {} : { key });
  await history.starter.runOnce();
  await history.runJobs();
  await history.record();
  const hint = async () => (await history.records.connections.get(shop.connection))!.keyHint;
  const accounts = async () => {
    const ids = await history.records.payments.all(shop.site, null, 100);
    const rows = await Promise.all(ids.map((id) => history.records.payments.get(shop.site, id)));
    return new Set(rows.map((row) => row!.connection));
  };
  assert.deepEqual(await accounts(), new Set([shop.connection]));
  return {
    ...shop,
    hint,
    connect: (input: { key: string; connection?: string }) => connectStripe(history, { site: shop.site, ...input }),
  };
}

for (const kind of ['error', 'reset', 'rate_limit'] as const) {
  test(`another account's key while its account is not said (${kind}) becomes a connection of its own`, async () => {
    const { connection, hint, connect } = await shopOfFirst();
    const stop = history.stripe.faults.add({ kind, path: '/v1/account' });
    const answer = await connect({ key: 'sk_test_second' });
    stop();
    assert.notEqual(answer.id, connection);
    assert.equal(await hint(), '_all');
    // Its account is found by the key that is stored, and the connection goes on.
    assert.equal((await connect({ key: 'sk_test_second' })).id, answer.id);
  });
}

test('a failure that passes is asked again', async () => {
  const { connect } = await shopOfFirst();
  history.stripe.faults.add({ kind: 'error', path: '/v1/account', times: 2 });
  assert.equal((await connect({ key: 'sk_test_second' })).account, second.id);
});

test('while nothing can be compared, no key in use is replaced, and the answer says to try again', async () => {
  const { site, connection, hint, connect } = await shopOfFirst();
  const stop = history.stripe.faults.add({ kind: 'error' });
  for (const input of [{ key: 'sk_test_second' }, { key: 'sk_test_second', connection }]) {
    const error = await connect(input).catch((caught: unknown) => caught);
    assert.ok(error instanceof ConnectRefused && error.field === 'key', String(error));
    assert.match(error.message, /try again in a moment/);
  }
  const same = await connect({ key: 'sk_test_all' });
  stop();
  assert.deepEqual([same.id, same.status, same.account], [connection, 'unverified', history.stripe.account.id]);
  assert.equal((await history.records.connections.ofSite(site)).length, 1);
  assert.equal(await hint(), '_all');
});

test('keys that may not know their account are told apart by a charge', async () => {
  const { connection, hint, connect } = await shopOfFirst('rk_test_first');
  const rolled = await connect({ key: 'rk_test_first_rolled' });
  assert.deepEqual([rolled.id, await hint()], [connection, 'lled']);
  const named = await connect({ key: 'rk_test_second', connection }).catch((caught: unknown) => caught);
  assert.match(String(named), /of another account than the connection/);
  for (const key of ['rk_test_second', 'sk_test_second']) {
    assert.notEqual((await connect({ key })).id, connection, key);
  }
  assert.equal(await hint(), 'lled');
  // The key that does know its account is of the first one's.
  assert.deepEqual([(await connect({ key: 'sk_test_all' })).id, await hint()], [connection, '_all']);
});
