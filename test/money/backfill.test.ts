import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkoutPayment } from '../../src/rehearsal/stripe/actions.ts';
import type { BackfillProgress } from '../../src/payments/backfill-plan.ts';
import { createBackfill } from '../../src/payments/backfill.ts';
import { CHARGES_KEY } from './money.ts';
import { bookOf, sell, startHistory } from './history.ts';
import type { History } from './history.ts';

const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});
async function start(options: Parameters<typeof startHistory>[0] = {}): Promise<History> {
  const history = await startHistory(options);
  closing.push(() => history.close());
  return history;
}
const stepsOf = (job: { progress: Record<string, unknown> }) => (job.progress as unknown as BackfillProgress).steps;

test('a key that is connected after the fact reads the same book that webhooks wrote', async () => {
  const history = await start();
  const live = await history.shop({ webhookSecret: 'whsec_live' });
  sell(history, 3);
  await history.drain();
  const late = await history.shop();
  // Connecting is enough: the worker that looks for verified connections begins it.
  await history.starter.runOnce();
  await history.runJobs();
  await history.drain();
  const book = await bookOf(history, late.site);
  assert.equal(book.length, 12);
  assert.deepEqual(book, await bookOf(history, live.site));
  const before = history.stripe.requests.length;
  await history.starter.runOnce();
  await history.runJobs();
  assert.equal(history.stripe.requests.length, before, 'it is done once');
});

test('reading everything again, beside webhooks and polling, changes nothing', async () => {
  const history = await start();
  const shop = await history.shop({ webhookSecret: 'whsec_again' });
  await history.starter.runOnce();
  sell(history, 2);
  await Promise.all([history.runJobs(), history.record(), history.poll(), history.backfill(shop.connection)]);
  await history.drain();
  const book = await bookOf(history, shop.site);
  const entries = await entriesOf(history, shop.site);
  assert.equal(book.length, 8);
  await history.backfill(shop.connection);
  history.passTime(3_600_000);
  await history.poll();
  await history.drain();
  assert.deepEqual(await bookOf(history, shop.site), book);
  assert.deepEqual(await entriesOf(history, shop.site), entries, 'no entry was added, not even one that sums to 0');
});

test('what the key may not read is skipped and named, and read with a better key', async () => {
  const history = await start();
  sell(history, 1);
  const shop = await history.shop({ key: CHARGES_KEY });
  await history.starter.runOnce();
  await history.runJobs();
  const job = await history.backfill(shop.connection);
  const steps = stepsOf(job);
  assert.equal(job.state, 'done');
  assert.deepEqual(
    Object.entries(steps).flatMap(([list, { state }]) => (state === 'skipped' ? list : [])),
    ['subscriptions', 'invoices', 'invoice_payments', 'refunds', 'disputes'],
  );
  assert.match(steps.refunds.reason ?? '', /rak_refund_read/);
  assert.equal(steps.charges.objects, 4);
  await history.drain();
  assert.equal((await bookOf(history, shop.site)).length, 4);
  const { connectStripe } = await import('../../src/payments/connect.ts');
  await connectStripe(history, { site: shop.site, key: 'sk_test_all' });
  const asked = history.stripe.requests.length;
  await history.starter.runOnce();
  await history.runJobs();
  const lists = new Set(history.stripe.requests.slice(asked).map(({ path }) => path.split('?')[0]));
  assert.ok(lists.has('/v1/refunds') && !lists.has('/v1/charges'), [...lists].join());
  await history.drain();
  assert.equal((await bookOf(history, shop.site)).find((it) => it.refundedMinor > 0)?.refundedMinor, 300);
});

test('429, 500, resets and time-outs for a part of all calls end in the same book', async () => {
  const history = await start();
  sell(history, 2);
  const calm = await history.shop();
  await history.backfill(calm.connection);
  await history.drain();
  const stormy = await history.shop();
  for (const kind of ['rate_limit', 'error', 'reset', 'lock_timeout'] as const) {
    history.stripe.faults.add({ kind, share: 0.07 });
  }
  let job = await history.backfill(stormy.connection);
  for (let hours = 0; job.state !== 'done' && hours < 30; hours += 1) {
    history.passTime(120_000);
    await history.runJobs();
    job = (await history.records.jobs.get(job.id))!;
  }
  history.stripe.faults.clear();
  assert.equal(job.state, 'done', job.error ?? '');
  await history.drain();
  assert.deepEqual(await bookOf(history, stormy.site), await bookOf(history, calm.site));
});

test('one object that cannot be booked does not hold up the others', async () => {
  const history = await start();
  const charges = sell(history, 1);
  const shop = await history.shop();
  const poison = charges[0]!.id;
  const { list } = history.provider;
  history.provider.list = async (...input) => {
    const page = await list(...input);
    if (page.status !== 'page') return page;
    const spoil = (amount: number) => ({ amountCapturedMinor: amount, amountMinor: amount });
    const items = page.items.map((item) => ({
      ...item,
      objects: item.objects.map((it) => (it.id === poison && it.kind === 'charge' ? { ...it, ...spoil(2 ** 60) } : it)),
    }));
    return { ...page, items };
  };
  const job = await history.backfill(shop.connection);
  history.provider.list = list;
  assert.equal(job.state, 'done');
  const { bad } = job.progress as unknown as BackfillProgress;
  assert.deepEqual([...new Set(bad.map((it) => it.id))], [poison]);
  assert.match(bad[0]!.reason, /safe integer/);
  assert.equal((await bookOf(history, shop.site)).length, 3);
});

test('since a day: older charges are not read', async () => {
  const history = await start();
  const { account } = history.stripe;
  const day = 86_400_000;
  account.setNow(Date.now() - 100 * day);
  checkoutPayment(account, { amount: 500, currency: 'usd' });
  account.setNow(Date.now() - 40 * day);
  checkoutPayment(account, { amount: 600, currency: 'usd' });
  account.setNow(null);
  const shop = await history.shop();
  await history.backfill(shop.connection, Date.now() - 60 * day);
  await history.drain();
  assert.deepEqual(
    (await bookOf(history, shop.site)).map((it) => it.grossMinor),
    [600],
  );
  await history.backfill(shop.connection);
  assert.equal((await bookOf(history, shop.site)).length, 2);
});

test('a worker that lost its lease writes nothing more', async () => {
  const history = await start();
  sell(history, 1);
  const shop = await history.shop();
  const { records, now } = history;
  await records.jobs.add('backfill', { connection: shop.connection }, now());
  const slow = (await records.jobs.claim('slow', now(), 1_000))!;
  history.passTime(2_000);
  const quick = (await records.jobs.claim('quick', now(), 60_000))!;
  const backfill = createBackfill(history);
  assert.deepEqual(await backfill.turn(slow), { state: 'lost' });
  assert.equal((await bookOf(history, shop.site)).length, 0);
  assert.deepEqual(await backfill.turn(quick), { state: 'done' });
  assert.equal((await bookOf(history, shop.site)).length, 4);
});

test('killed in the middle, it goes on where it was and ends with the same book', { timeout: 120_000 }, async () => {
  const history = await start();
  sell(history, 40);
  const calm = await history.shop();
  await history.backfill(calm.connection);
  await history.drain();
  const killed = await history.shop();
  await history.records.jobs.add('backfill', { connection: killed.connection }, history.now());
  const child = fileURLToPath(new URL('./backfill-child.ts', import.meta.url));
  let kills = 0;
  for (const delayMs of [350, 500, 650, 800]) {
    const skewMs = String(history.now() - Date.now());
    const worker = spawn(process.execPath, [child, history.dataDir, history.stripe.url, skewMs], { stdio: 'inherit' });
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (worker.exitCode === null) kills += 1;
    worker.kill('SIGKILL');
    if (worker.exitCode === null) await new Promise((resolve) => worker.once('exit', resolve));
    // Nobody waits for the lease of a dead worker in a test.
    history.passTime(120_000);
  }
  assert.ok(kills >= 2);
  await history.runJobs();
  await history.drain(6);
  assert.deepEqual(await bookOf(history, killed.site), await bookOf(history, calm.site));
});

async function entriesOf({ records }: History, site: string): Promise<string[]> {
  const ids = await records.payments.all(site, null, 1_000);
  const all = await Promise.all(ids.map((id) => records.ledger.entries(site, id)));
  return all.flat().map((entry) => entry.id);
}
