// Recurring revenue on real parts: from webhooks, from a history that is read afterwards, and from polling; in six
// renderings; and what the simulated Stripe says its subscriptions were worth.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createSubscriptionWorker } from '../../src/payments/subscriptions.ts';
import { cancel, renew, subscribe, upgrade } from '../../src/rehearsal/stripe/actions.ts';
import type { Subscribing } from '../../src/rehearsal/stripe/actions.ts';
import { addMonths, createCoupon, discountBy } from '../../src/rehearsal/stripe/prices.ts';
import { NO_TERMS } from '../../src/rehearsal/stripe/billing-rows.ts';
import { changeItems, pauseCollection, setStatus } from '../../src/rehearsal/stripe/subscriptions.ts';
import { API_VERSIONS } from '../../src/rehearsal/stripe/versions.ts';
import { startHistory } from './history.ts';
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

const DAY = 86_400_000;
const START = Math.floor((Date.now() - 100 * DAY) / 1_000) * 1_000;

/** Everything that was asked for is folded; then each subscription's movements, as 'day kind delta'. */
async function movementsOf(history: History, site: string): Promise<string[]> {
  await history.drain();
  const worker = createSubscriptionWorker({ ...history, onOutbox() {} });
  for (let turn = 0; turn < 3; turn += 1) {
    while (await worker.runOnce());
    await history.drain();
  }
  while (await worker.runOnce());
  const { subscriptions } = await history.records.subscriptions.list(site, 'test', 500, null);
  return subscriptions
    .toSorted((a, b) => a.startedAt - b.startedAt || (a.subscription < b.subscription ? -1 : 1))
    .map(({ movements }) =>
      movements.map((it) => `${Math.round((it.at - START) / DAY)} ${it.kind} ${it.deltaMinor}`).join(', '),
    );
}

/** A year of a shop in three months: monthly and yearly, coupons, changes, ends. */
async function trade(history: History, site: string | null) {
  const { account } = history.stripe;
  const { engine } = account;
  const on = (day: number) => account.setNow(START + day * DAY);
  const begin = (day: number, input: Partial<Subscribing>) => {
    on(day);
    return subscribe(account, { amount: 10_00, currency: 'usd', via: 'api', email: `d${day}@example.org`, ...input })
      .subscription;
  };
  const coupon = createCoupon(engine, { percentOff: 50, duration: 'repeating', durationInMonths: 2 });
  const first = begin(0, {});
  const yearly = begin(1, { amount: 120_00, interval: 'year' });
  const tried = begin(2, { trialDays: 14, amount: 30_00 });
  on(3);
  const discounted = begin(3, { terms: { ...NO_TERMS, discount: discountBy(engine, { coupon: coupon.id }).id } });
  // As it happens, not all at the end: what is read tells what it is then.
  if (site !== null) await movementsOf(history, site);
  on(12);
  upgrade(account, first, { amount: 25_00 });
  on(16);
  renew(account, tried);
  on(31);
  renew(account, first);
  on(34);
  renew(account, discounted);
  on(40);
  const [only] = yearly.items;
  changeItems(engine, yearly, [{ ...only!, quantity: 2 }]);
  on(50);
  cancel(account, tried);
  on(62);
  renew(account, first);
  // Later than the discount ends: only who knows its terms knows when.
  on(DISCOUNT_ENDS + 2);
  renew(account, discounted);
  on(99);
}

const DISCOUNT_ENDS = Math.round((addMonths(START / 1_000 + 3 * 86_400, 2) * 1_000 - START) / DAY);
const traded = (discountEnds: number) => [
  '0 new 1000, 12 expansion 1500',
  '1 new 1000, 40 expansion 1000',
  `3 new 500, ${discountEnds} expansion 500`,
  '16 new 3000, 50 churn -3000',
];

describe('recurring revenue', () => {
  for (const version of API_VERSIONS) {
    test(`by webhooks in ${version}`, async () => {
      const history = await start({ defaultVersion: version });
      const shop = await history.shop({ webhookSecret: 'whsec_mrr' });
      await trade(history, shop.site);
      // The trial began on day 2, and brings its first money on day 16.
      assert.deepEqual((await movementsOf(history, shop.site)).sort(), traded(DISCOUNT_ENDS).sort());
    });
  }

  test('by a history that is read afterwards', async () => {
    const history = await start();
    await trade(history, null);
    const shop = await history.shop();
    await history.backfill(shop.connection);
    const found = (await movementsOf(history, shop.site)).sort();
    // That a yearly subscription had another quantity from day 40 on, its update invoice tells.
    // The discount is gone: what is known of it is that it came off two invoices, and not off the third.
    assert.deepEqual(found, traded(DISCOUNT_ENDS + 2).sort());
  });

  test('by polling, and then again by everything at once', async () => {
    const history = await start();
    const shop = await history.shop();
    await history.starter.runOnce();
    await history.poll();
    const { account } = history.stripe;
    const soon = Date.now() + 60_000;
    account.setNow(soon);
    const { subscription } = subscribe(account, { amount: 10_00, currency: 'usd', via: 'api', email: 'p@example.org' });
    account.setNow(soon + 60_000);
    pauseCollection(account.engine, subscription, true);
    account.setNow(soon + 120_000);
    pauseCollection(account.engine, subscription, false);
    account.setNow(soon + 180_000);
    setStatus(account.engine, subscription, 'unpaid');
    account.setNow(null);
    history.passTime(600_000);
    await history.poll();
    const kinds = async () =>
      (await movementsOf(history, shop.site)).map((text) => text.replaceAll(/(^|, )\d+ /g, '$1'));
    const expected = ['new 1000, churn -1000, reactivation 1000, churn -1000'];
    assert.deepEqual(await kinds(), expected);
    await history.backfill(shop.connection);
    assert.deepEqual(await kinds(), expected);
    const rows = await history.records.outbox.count();
    await history.records.subscriptions.requestAll(shop.site, 0);
    assert.deepEqual(await kinds(), expected);
    assert.equal(await history.records.outbox.count(), rows, 'folding again appends nothing');
  });

  test('a key that may not read coupons', async () => {
    const history = await start({
      keys: [{ key: 'rk_test_few', permissions: ['rak_subscription_read', 'rak_invoice_read', 'rak_charge_read'] }],
    });
    await trade(history, null);
    const shop = await history.shop({ key: 'rk_test_few' });
    await history.backfill(shop.connection);
    const found = await movementsOf(history, shop.site);
    assert.equal(found.length, 4);
    // Which of its invoices had the discount tells; that it had ended before now does not.
    assert.ok(
      found.some((text) => text.startsWith('3 new 500')),
      found.join('\n'),
    );
  });
});
