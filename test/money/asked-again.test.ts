// An endpoint that hears of refunds by their charge only: each of them is itemised soon, not the first one alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moneyObjectOf } from '../../src/core/ledger.ts';
import { intentPayment, refundCharge } from '../../src/rehearsal/stripe/actions.ts';
import { startHistory } from './history.ts';

test('refunds of several days, told by charge.refunded alone', async (context) => {
  const history = await startHistory();
  context.after(() => history.close());
  const { account } = history.stripe;
  const { site } = await history.shop({ webhookSecret: 'whsec_few' });
  const [endpoint] = account.state.list('webhook_endpoint');
  endpoint!.enabledEvents = ['charge.succeeded', 'charge.refunded'];
  const { charge } = intentPayment(account, { amount: 2_000, currency: 'usd' });
  await history.drain();
  for (const amount of [500, 300]) {
    const { id } = refundCharge(account, charge, amount);
    await history.drain();
    const entries = await history.records.ledger.entries(site, charge.id);
    const own = entries.filter((entry) => moneyObjectOf(entry.id) === id);
    assert.equal(
      own.reduce((sum, entry) => sum + (entry.settledMinor ?? 0), 0),
      -amount,
      `the refund of ${amount}`,
    );
  }
});
