import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkoutPayment, refundCharge } from '../../src/rehearsal/stripe/actions.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import type { HistoryAnswer, PaymentAnswer } from '../../src/http/contract.ts';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';

/** A real server and real commands: connecting a key is all it takes, with no webhook at all. */
const KEY = 'rk_test_history';
const ENTRY = fileURLToPath(new URL('../../src/cli/headwater.mjs', import.meta.url));
let stripe: SimulatedStripe;
let headwater: Headwater;
let site: string;
let key: string;
before(async () => {
  stripe = await startStripe({ seed: 3, keys: [{ key: KEY, permissions: null }] });
  headwater = await startHeadwater({ HEADWATER_STRIPE_API_BASE: stripe.url });
  ({ id: site } = await headwater.command<{ id: string }>('site', 'add', '--name', 'S', '--domain', 'history.test'));
  ({ key } = await headwater.command<{ key: string }>('key', 'add', '--site', site));
});
after(async () => {
  await headwater[Symbol.asyncDispose]();
  await stripe.close();
});
const payments = async () =>
  (await headwater.get<{ payments: PaymentAnswer[] }>(`/api/v1/sites/${site}/payments?mode=test`, key)).payments;
const history = () => headwater.get<HistoryAnswer>(`/api/v1/sites/${site}/stripe/history`, key);

test('history and news of a key without a webhook, and what the API says about them', { timeout: 90_000 }, async () => {
  const { charge } = checkoutPayment(stripe.account, { amount: 2_500, currency: 'usd' });
  await headwater.command('stripe', 'connect', '--site', site, '--key', KEY);
  await until(async () => (await payments()).length === 1, 'the payment of before');
  checkoutPayment(stripe.account, { amount: 700, currency: 'usd' });
  refundCharge(stripe.account, charge!, 500);
  const polled = async () => (await payments()).find((it) => it.id === charge!.id)?.refunded === 500;
  await until(polled, 'the refund, polled', 40_000);
  assert.equal((await payments()).length, 2);
  const done = async () => (await history()).connections.find((it) => it.backfill?.state === 'done');
  const connection = await until(done, 'the end of the backfill');
  assert.ok(connection.backfill!.steps.every(({ state }) => state === 'done'));
  assert.deepEqual([connection.polling?.by, connection.polling?.error], ['events', null]);
});

test('stripe backfill and stripe reconcile, with the server and without it', { timeout: 90_000 }, async () => {
  const read = await headwater.command<{ connections: { steps: { list: string; objects: number }[] }[] }>(
    ...['stripe', 'backfill', '--site', site],
  );
  assert.equal(read.connections[0]?.steps.find(({ list }) => list === 'charges')?.objects, 2);
  await headwater.stop();
  const answer = await headwater.command<{ ok: boolean; days: object[]; residuals: object[] }>(
    ...['stripe', 'reconcile', '--site', site],
  );
  assert.deepEqual([answer.ok, answer.residuals], [true, []]);
  assert.ok(answer.days.length >= 1);
  const { state, engine } = stripe.account;
  state.add({
    object: 'balance_transaction' as const,
    id: state.newId('balance_transaction'),
    created: engine.now(),
    type: 'charge',
    reportingCategory: 'charge' as const,
    source: 'ch_ghost',
    amount: 4_000,
    fee: 100,
    applicationFee: 0,
    currency: 'usd',
    exchangeRate: null,
  });
  const differs = await headwater.failing<{ ok: boolean; residuals: { name: string; objects: string[] }[] }>(
    ...['stripe', 'reconcile', '--site', site],
  );
  assert.equal(differs.ok, false);
  assert.deepEqual(
    differs.residuals.map(({ name, objects }) => [name, objects[0]]),
    [['missing_in_ledger', 'ch_ghost']],
  );
  const env = { ...process.env, HEADWATER_DATA: headwater.dataDir, HEADWATER_STRIPE_API_BASE: stripe.url };
  const wrong = await promisify(execFile)(
    process.execPath,
    [ENTRY, 'stripe', 'reconcile', '--site', site, '--from', 'x'],
    {
      env,
    },
  ).catch((error) => error);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--from: "x" is not a day/);
  await headwater.start();
  assert.ok((await history()).reconciliation.length >= 1);
});
