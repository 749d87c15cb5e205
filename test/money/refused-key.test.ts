import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectStripe, createRechecker } from '../../src/payments/connect.ts';
import { createSetUp } from '../../src/payments/connect-setup.ts';
import { checkoutPayment, intentPayment } from '../../src/rehearsal/stripe/actions.ts';
import { createStripeSetup } from '../../src/stripe/connect-setup.ts';
import { KEY } from './money.ts';
import { startHistory } from './history.ts';
import type { History } from './history.ts';

/** Stripe refuses a key for a while (it is bound to other addresses, say) and then takes it again. */

let history: History;
before(async () => {
  history = await startHistory();
});
after(() => history.close());

/** The key is refused while `work` goes on. */
async function refusing(work: () => Promise<void>) {
  const { keys } = history.stripe.account;
  const key = keys.get(KEY)!;
  keys.set(KEY, { ...key, expired: true });
  await work();
  keys.set(KEY, key);
}

async function recheck() {
  const setup = createStripeSetup({ apiBase: history.stripe.url });
  const deps = { ...history, setup, publicUrl: 'http://localhost:1323', stripeApiBase: null };
  history.passTime(3_600_000);
  await createRechecker({ ...deps, setUp: createSetUp(deps) }).runOnce();
}

test('a history that was being read is read on', async () => {
  const { account } = history.stripe;
  account.setNow(Date.now() - 60 * 86_400_000);
  checkoutPayment(account, { amount: 1_000, currency: 'usd' });
  account.setNow(null);
  const { site, connection } = await history.shop();
  await refusing(async () => {
    await history.starter.runOnce();
    await history.runJobs();
    assert.equal((await history.records.connections.get(connection))!.status, 'refused');
  });
  await recheck();
  await history.starter.runOnce();
  await history.runJobs();
  assert.equal((await history.records.payments.all(site, null, 10)).length, 1);
});

test('a thin event is kept until its object could be asked for', async () => {
  const { account } = history.stripe;
  const { id: site } = await history.addSite();
  await connectStripe(history, { site, key: KEY, webhookSecret: 'whsec_thin' });
  account.addEndpoint({ url: `${history.url}/${site}`, secret: 'whsec_thin', thin: true });
  await refusing(async () => {
    intentPayment(account, { amount: 2_000, currency: 'usd' });
    await account.webhooks.idle();
    await history.record();
    const waiting = await history.records.inbox.rows(site, 'pending', 1);
    assert.match(waiting[0]?.lastError ?? '', /^Stripe refuses the key: Expired API Key/);
  });
  await history.drain();
  assert.equal((await history.records.payments.all(site, null, 10)).length, 1);
});

test('meanwhile nothing says that Stripe was asked', async () => {
  const { connection } = await history.shop();
  const place = async () => (await history.records.cursors.get(connection, 'poll'))!.body as { polledAt: number };
  await history.starter.runOnce();
  await history.poll();
  const { polledAt } = await place();
  assert.ok(polledAt > 0);
  await refusing(async () => {
    for (let hour = 0; hour < 2; hour += 1) {
      history.passTime(3_600_000);
      await history.poll();
      const { polledAt: at, error } = { error: '', ...(await place()) };
      assert.equal(at, polledAt);
      assert.match(error, /^Stripe refuses the key/);
    }
  });
});
