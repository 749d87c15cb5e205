import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { checkoutPayment, refundCharge } from '../../src/rehearsal/stripe/actions.ts';
import { dispute } from '../../src/rehearsal/stripe/disputes.ts';
import type { ReconcileProgress } from '../../src/payments/reconcile.ts';
import type { ReconciledDay } from '../../src/storage/records/records-history.ts';
import { bookOf, sell, startHistory } from './history.ts';
import type { History } from './history.ts';
import { CHARGES_KEY } from './money.ts';

const DAY_MS = 86_400_000;
const day = (at: number) => new Date(at).toISOString().slice(0, 10);
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});
async function start(options: Parameters<typeof startHistory>[0] = {}): Promise<History> {
  const history = await startHistory(options);
  closing.push(() => history.close());
  return history;
}
const today = () => [day(Date.now() - DAY_MS), day(Date.now() + DAY_MS)] as const;
const residualsOf = (days: readonly ReconciledDay[]) => days.flatMap((it) => it.residuals);
const healedOf = (job: { progress: Record<string, unknown> }) => (job.progress as unknown as ReconcileProgress).healed;

/** What Stripe's own book comes to. */
function balanceOf(history: History): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const row of history.stripe.account.state.list('balance_transaction')) {
    sums[row.currency] = (sums[row.currency] ?? 0) + row.amount;
  }
  return sums;
}
function sumsOf(days: readonly ReconciledDay[], field: 'providerMinor' | 'ledgerMinor') {
  const sums: Record<string, number> = {};
  for (const it of days) sums[it.currency] = (sums[it.currency] ?? 0) + it[field];
  return sums;
}
function payout(history: History, amount: number): void {
  const { state, engine } = history.stripe.account;
  state.add({
    object: 'balance_transaction' as const,
    id: state.newId('balance_transaction'),
    created: engine.now(),
    type: 'payout',
    reportingCategory: 'payout',
    source: 'po_1',
    amount: -amount,
    fee: 0,
    applicationFee: 0,
    currency: 'usd',
    exchangeRate: null,
  });
}

test('the ledger equals the balance transactions; what is no payment is named', async () => {
  const history = await start({ settlementCurrency: 'eur' });
  const shop = await history.shop({ webhookSecret: 'whsec_r' });
  const charges = sell(history, 2);
  dispute(history.stripe.account.engine, charges[2]!);
  await history.drain();
  payout(history, 4_321);
  const { job, days } = await history.reconcile(shop.connection, ...today());
  assert.equal(job.state, 'done', job.error ?? '');
  assert.deepEqual(sumsOf(days, 'providerMinor'), balanceOf(history));
  const residuals = residualsOf(days);
  assert.deepEqual(
    residuals.map(({ name, type, amountMinor }) => [name, type, amountMinor]),
    [['not_a_payment', 'payout', -4_321]],
  );
  const theirs = balanceOf(history);
  const ours = sumsOf(days, 'ledgerMinor');
  assert.equal(ours.usd ?? 0, (theirs.usd ?? 0) + 4_321);
  assert.equal(ours.eur, theirs.eur);
  assert.deepEqual(healedOf(job), []);
});

test('a fee that Stripe corrected is found, taken over, and equal from then on', async () => {
  const history = await start();
  const shop = await history.shop({ webhookSecret: 'whsec_f' });
  const [charge] = sell(history, 1);
  await history.drain();
  const row = history.stripe.account.state.list('balance_transaction').find(({ source }) => source === charge!.id)!;
  row.fee += 7;
  const { job, days } = await history.reconcile(shop.connection, ...today());
  assert.deepEqual(
    healedOf(job).map(({ name, amountMinor, objects }) => [name, amountMinor, objects[0]]),
    [['fee_differs', 7, charge!.id]],
  );
  assert.deepEqual(residualsOf(days), []);
  assert.deepEqual(sumsOf(days, 'ledgerMinor'), balanceOf(history));
});

test('a refund, a charge and a dispute that never reached us are found, fetched and booked', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop({ webhookSecret: 'whsec_lost' });
  const charges = sell(history, 1);
  await history.drain();
  account.webhooks.hold();
  const lost = refundCharge(account, charges[2]!, 700);
  const unseen = checkoutPayment(account, { amount: 4_400, currency: 'usd' });
  const unseenRefund = refundCharge(account, unseen.charge!, 400);
  dispute(account.engine, charges[3]!);
  await account.webhooks.release({ drop: () => true });
  const { job, days } = await history.reconcile(shop.connection, ...today());
  assert.equal(job.state, 'done', job.error ?? '');
  assert.deepEqual(residualsOf(days), []);
  assert.deepEqual(sumsOf(days, 'ledgerMinor'), balanceOf(history));
  const healed = healedOf(job).map(({ name, objects }) => `${name} ${objects[0]}`);
  for (const id of [lost.id, unseen.charge!.id, unseenRefund.id]) assert.ok(healed.includes(`missing_in_ledger ${id}`));
  assert.equal(healed.length, 4, healed.join());
  await history.drain();
  const book = await bookOf(history, shop.site);
  assert.deepEqual([book.find((it) => it.id === charges[2]!.id)?.refundedMinor, book.length], [700, 5]);
  const again = await history.reconcile(shop.connection, ...today());
  assert.deepEqual([healedOf(again.job), residualsOf(again.days)], [[], []]);
});

test('a dispute whose adjustment names the charge, as in old accounts, is asked for by the charge', async () => {
  const history = await start();
  const { account } = history.stripe;
  const shop = await history.shop({ webhookSecret: 'whsec_old' });
  const [charge] = sell(history, 1);
  await history.drain();
  account.webhooks.hold();
  const { id } = dispute(account.engine, charge!);
  account.state.list('balance_transaction').find(({ source }) => source === id)!.source = charge!.id;
  await account.webhooks.release({ drop: () => true });
  const { days } = await history.reconcile(shop.connection, ...today());
  assert.deepEqual(residualsOf(days), []);
  assert.deepEqual(sumsOf(days, 'ledgerMinor'), balanceOf(history));
});

test('an altered ledger and a payment that Stripe has not settled are named, each on its day', async () => {
  const history = await start({ settlement: 'later' });
  const { account } = history.stripe;
  const shop = await history.shop({ webhookSecret: 'whsec_l' });
  account.setNow(Date.now() - 3 * DAY_MS);
  const { charge: open } = checkoutPayment(account, { amount: 800, currency: 'usd' });
  account.engine.settings.settlement = 'soon';
  account.setNow(Date.now() - 2 * DAY_MS);
  const { charge } = checkoutPayment(account, { amount: 1_000, currency: 'usd' });
  account.setNow(null);
  await history.drain();
  const { db } = history.records as unknown as { db: Parameters<ReturnType<typeof sql>['execute']>[0] };
  await sql`update ledger_entries set settled_minor = settled_minor - 7 where settled_minor = 1000`.execute(db);
  const { job, days } = await history.reconcile(shop.connection, day(Date.now() - 5 * DAY_MS), day(Date.now()));
  assert.equal(job.state, 'done', job.error ?? '');
  assert.deepEqual(
    residualsOf(days).map((it) => [it.day, it.name, it.amountMinor, it.objects[0]]),
    [
      [day(Date.now() - 3 * DAY_MS), 'not_settled', -800, open!.id],
      [day(Date.now() - 2 * DAY_MS), 'amount_differs', 7, charge!.id],
    ],
  );
});

test('a key that may not read balance transactions is told so; limits are waited for', async () => {
  const history = await start();
  sell(history, 1);
  const poor = await history.shop({ key: CHARGES_KEY });
  const refused = await history.reconcile(poor.connection, ...today());
  assert.equal(refused.job.state, 'failed');
  assert.match(refused.job.error ?? '', /rak_balance_transaction_source_read/);
  const shop = await history.shop();
  await history.backfill(shop.connection);
  await history.drain();
  const stop = history.stripe.faults.add({ kind: 'rate_limit', share: 0.4 });
  const { job } = await history.reconcile(shop.connection, ...today());
  for (let turns = 0; turns < 20 && (await history.records.jobs.get(job.id))!.state !== 'done'; turns += 1) {
    history.passTime(70_000);
    await history.runJobs();
  }
  stop();
  assert.equal((await history.records.jobs.get(job.id))!.state, 'done');
  assert.deepEqual(residualsOf(await history.records.reconciliations.between(shop.connection, ...today())), []);
});
