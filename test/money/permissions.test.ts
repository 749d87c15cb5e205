import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSetUp, createSetUpWorker } from '../../src/payments/connect-setup.ts';
import { checkoutPayment, refundCharge } from '../../src/rehearsal/stripe/actions.ts';
import { createStripeSetup } from '../../src/stripe/connect-setup.ts';
import { PERMISSIONS } from '../../src/stripe/permissions.ts';
import { bookOf, startHistory } from './history.ts';
import type { History } from './history.ts';

const KEY = 'rk_test_grows';
const LATER = ['rak_refund_read', 'rak_balance_transaction_source_read'];
const ALL = PERMISSIONS.map(({ name }) => name);

let history: History;
before(async () => {
  const permissions = ALL.filter((name) => !LATER.includes(name));
  history = await startHistory({ keys: [{ key: KEY, permissions }] });
});
after(() => history.close());

test('a permission added to the same key heals what it was refused: lists and single objects', async () => {
  const { account } = history.stripe;
  const { charge } = checkoutPayment(account, { amount: 2_000, currency: 'usd' });
  refundCharge(account, charge!, 300);
  const shop = await history.shop({ key: KEY });
  const setup = createStripeSetup({ apiBase: history.stripe.url });
  const deps = { ...history, setup, publicUrl: 'http://localhost:1323', stripeApiBase: history.stripe.url };
  const worker = createSetUpWorker({ ...deps, setUp: createSetUp(deps) });
  const turn = async () => {
    await worker.runOnce();
    await history.starter.runOnce();
    await history.runJobs();
    await history.drain(2);
  };
  const read = async () => {
    const { job } = (await history.records.cursors.get(shop.connection, 'backfill'))!.body as { job: string };
    const { steps } = (await history.records.jobs.get(job))!.progress as { steps: Record<string, { state: string }> };
    return [(await bookOf(history, shop.site))[0]!.feeMinor > 0, steps['refunds']!.state];
  };

  await turn();
  assert.deepEqual(await read(), [false, 'skipped']);
  account.keys.set(KEY, { key: KEY, permissions: ALL });
  await turn();
  assert.deepEqual(await read(), [true, 'done']);
});
