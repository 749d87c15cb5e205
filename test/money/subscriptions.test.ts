// Recurring revenue on real parts: from webhooks, from a history that is read afterwards, and from polling; in six
// renderings; and what the simulated Stripe says its subscriptions were worth.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createSubscriptionWorker } from '../../src/payments/subscriptions.ts';
import { addCustomer, cancel, renew, subscribe, upgrade } from '../../src/rehearsal/stripe/actions.ts';
import type { Subscribing } from '../../src/rehearsal/stripe/actions.ts';
import { payInvoice } from '../../src/rehearsal/stripe/invoices.ts';
import { addMonths, createCoupon, createPrice, discountBy } from '../../src/rehearsal/stripe/prices.ts';
import { NO_TERMS } from '../../src/rehearsal/stripe/billing-rows.ts';
import {
  changeItems,
  pauseCollection,
  setStatus,
  startSubscription,
} from '../../src/rehearsal/stripe/subscriptions.ts';
import { API_VERSIONS, ENDIVE, LEGACY } from '../../src/rehearsal/stripe/versions.ts';
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

  test('what changed several times in one period, read afterwards', async () => {
    const history = await start();
    const { account } = history.stripe;
    const { engine } = account;
    const on = (day: number) => account.setNow(START + day * DAY);
    const coupon = createCoupon(engine, { percentOff: 25, duration: 'forever' });
    const begin = (terms = NO_TERMS) =>
      subscribe(account, { amount: 10_00, currency: 'usd', via: 'api', email: 'seats@example.org', quantity: 3, terms })
        .subscription;
    const seats = (subscription: ReturnType<typeof begin>, quantity: number) =>
      changeItems(engine, subscription, [{ ...subscription.items[0]!, quantity }, ...subscription.items.slice(1)]);
    on(0);
    const [plain, reduced, tried] = [
      begin(),
      begin({ ...NO_TERMS, discount: discountBy(engine, { coupon: coupon.id }).id }),
      begin(),
    ];
    const extra = createPrice(engine, { amount: 5_00, currency: 'usd', interval: 'month' });
    for (const subscription of [plain, reduced]) {
      on(5);
      seats(subscription, 10);
      on(10);
      seats(subscription, 2);
      on(30);
      renew(account, subscription);
    }
    // Up and down again: neither end of the period shows it.
    on(6);
    seats(tried, 9);
    on(11);
    seats(tried, 3);
    on(30);
    renew(account, tried);
    on(33);
    changeItems(engine, tried, [...tried.items, { price: extra.id, quantity: 2 }]);
    on(36);
    changeItems(engine, tried, [tried.items[0]!]);
    on(39);
    changeItems(engine, tried, [...tried.items, { price: extra.id, quantity: 1 }]);
    on(60);
    renew(account, tried);
    on(99);

    const shop = await history.shop();
    await history.backfill(shop.connection);
    assert.deepEqual(
      (await movementsOf(history, shop.site)).sort(),
      [
        '0 new 3000, 5 expansion 7000, 10 contraction -8000',
        '0 new 2250, 5 expansion 5250, 10 contraction -6000',
        '0 new 3000, 6 expansion 6000, 11 contraction -6000, 33 expansion 1000, 36 contraction -1000, 39 expansion 500',
      ].sort(),
    );
  });

  for (const version of [LEGACY, ENDIVE]) {
    test(`a price with fractions of a cent, told in ${version} and read`, async () => {
      // Without invoices: they would say what it comes to as well.
      const key = { key: 'rk_test_no_invoices', permissions: ['rak_subscription_read', 'rak_charge_read'] };
      const history = await start({ defaultVersion: version, keys: [key] });
      const told = await history.shop({ webhookSecret: 'whsec_fractions' });
      history.stripe.account.setNow(START);
      const input = { amount: 12.5, quantity: 1_001, currency: 'usd', via: 'api', email: 'f@example.org' } as const;
      subscribe(history.stripe.account, input);
      history.stripe.account.setNow(START + DAY);
      // 1001 × 12.5 cents
      assert.deepEqual(await movementsOf(history, told.site), ['0 new 12513']);
      const read = await history.shop(key);
      for (const { site, connection } of [read, told]) {
        await history.backfill(connection);
        assert.deepEqual(await movementsOf(history, site), ['0 new 12513']);
      }
    });
  }

  test('a coupon limited to products, told and read', async () => {
    const history = await start();
    const told = await history.shop({ webhookSecret: 'whsec_limited' });
    const { account } = history.stripe;
    const { engine } = account;
    account.setNow(START);
    const [tea, cup] = [2_000, 3_000].map((amount) =>
      createPrice(engine, { amount, currency: 'usd', interval: 'month' }),
    );
    const coupon = createCoupon(engine, { percentOff: 50, duration: 'forever', products: [tea!.product] });
    const { invoice } = startSubscription(engine, {
      customer: addCustomer(account, { email: 'l@example.org' }),
      items: [tea!, cup!].map(({ id }) => ({ price: id, quantity: 1 })),
      metadata: {},
      terms: { ...NO_TERMS, discount: discountBy(engine, { coupon: coupon.id }).id },
      version: engine.settings.defaultVersion,
    });
    payInvoice(engine, invoice, 'succeeds');
    account.setNow(START + DAY);
    assert.deepEqual(await movementsOf(history, told.site), ['0 new 4000']);
    const read = await history.shop();
    await history.backfill(read.connection);
    assert.deepEqual(await movementsOf(history, read.site), ['0 new 4000']);
    // Of a coupon for everything an answer says nothing either; and yet it is asked for once.
    account.setNow(START + 2 * DAY);
    const whole = createCoupon(engine, { percentOff: 10, duration: 'forever' });
    const terms = { ...NO_TERMS, discount: discountBy(engine, { coupon: whole.id }).id };
    subscribe(account, { amount: 10_00, currency: 'usd', via: 'api', email: 'w@example.org', terms });
    account.setNow(START + 3 * DAY);
    assert.deepEqual(await movementsOf(history, told.site), ['0 new 4000', '2 new 900']);
    const asked = history.stripe.requests.length;
    await history.records.subscriptions.requestAll(told.site, 0);
    assert.deepEqual(await movementsOf(history, told.site), ['0 new 4000', '2 new 900']);
    assert.equal(history.stripe.requests.length, asked);
  });

  test('a coupon with amounts in other currencies, told and read', async () => {
    const history = await start();
    const told = await history.shop({ webhookSecret: 'whsec_yen' });
    const { account } = history.stripe;
    const { engine } = account;
    account.setNow(START);
    const coupon = { amountOff: 1_000, currency: 'usd', currencyOptions: { jpy: 1_500 }, duration: 'forever' } as const;
    const terms = { ...NO_TERMS, discount: discountBy(engine, { coupon: createCoupon(engine, coupon).id }).id };
    subscribe(account, { amount: 3_000, currency: 'jpy', via: 'api', email: 'j@example.org', terms });
    account.setNow(START + DAY);
    const read = await history.shop();
    await history.backfill(read.connection);
    for (const { site } of [told, read]) assert.deepEqual(await movementsOf(history, site), ['0 new 1500']);
  });

  for (const version of [LEGACY, ENDIVE]) {
    test(`a subscription in a currency that is not its price's own, told in ${version} and read`, async () => {
      const key = { key: 'rk_test_blind', permissions: ['rak_subscription_read', 'rak_charge_read'] };
      const history = await start({ defaultVersion: version, keys: [key] });
      const told = await history.shop({ webhookSecret: 'whsec_euro' });
      const { account } = history.stripe;
      const { engine } = account;
      account.setNow(START);
      const [small, large] = [10_00, 30_00].map((amount) =>
        createPrice(engine, {
          amount,
          currency: 'usd',
          currencyOptions: { eur: amount - 1_00, jpy: amount },
          interval: 'month',
        }),
      );
      const { subscription, invoice } = startSubscription(engine, {
        customer: addCustomer(account, { email: 'e@example.org' }),
        items: [{ price: small!.id, quantity: 2 }],
        currency: 'eur',
        metadata: {},
        version,
      });
      payInvoice(engine, invoice, 'succeeds');
      account.setNow(START + 3 * DAY);
      assert.deepEqual(await movementsOf(history, told.site), ['0 new 1800']);
      account.setNow(START + 5 * DAY);
      changeItems(engine, subscription, [{ ...subscription.items[0]!, price: large!.id }]);
      account.setNow(START + 9 * DAY);
      const expected = ['0 new 1800, 5 expansion 4000'];
      const read = await history.shop();
      await history.backfill(read.connection);
      for (const { site } of [told, read]) assert.deepEqual(await movementsOf(history, site), expected);
      assert.deepEqual(account.recurring.at(START / 1_000 + 8 * 86_400), { eur: 58_00 });
      // Who may not read invoices is told by the subscription alone, and what it was before the change by nobody.
      const blind = await history.shop(key);
      await history.backfill(blind.connection);
      assert.deepEqual(await movementsOf(history, blind.site), ['0 new 5800']);
    });
  }

  test('a subscription of more items than are shown with it, told and read', async () => {
    const history = await start();
    const told = await history.shop({ webhookSecret: 'whsec_items' });
    const { account } = history.stripe;
    const { engine } = account;
    account.setNow(START);
    const prices = Array.from({ length: 12 }, (_, n) =>
      createPrice(engine, { amount: 100 + n, currency: 'usd', interval: 'month' }),
    );
    const { subscription, invoice } = startSubscription(engine, {
      customer: addCustomer(account, { email: 'm@example.org' }),
      items: prices.map(({ id }) => ({ price: id, quantity: 1 })),
      metadata: {},
      version: engine.settings.defaultVersion,
    });
    payInvoice(engine, invoice, 'succeeds');
    account.setNow(START + 5 * DAY);
    assert.deepEqual(await movementsOf(history, told.site), ['0 new 1266']);
    upgrade(account, subscription, { amount: 300 });
    account.setNow(START + 9 * DAY);
    const read = await history.shop();
    await history.backfill(read.connection);
    for (const { site } of [told, read]) {
      assert.deepEqual(await movementsOf(history, site), ['0 new 1266, 5 expansion 200']);
    }
  });

  test('a discount of an item, told and read, with and without leave to read coupons', async () => {
    const key = {
      key: 'rk_test_no_coupons',
      permissions: ['rak_subscription_read', 'rak_invoice_read', 'rak_charge_read'],
    };
    const history = await start({ keys: [key] });
    const told = await history.shop({ webhookSecret: 'whsec_item' });
    const { account } = history.stripe;
    const { engine } = account;
    account.setNow(START);
    const [tea, cup] = [2_000, 3_000].map((amount) =>
      createPrice(engine, { amount, currency: 'usd', interval: 'month' }),
    );
    const coupon = createCoupon(engine, { percentOff: 50, duration: 'forever' });
    const { subscription, invoice } = startSubscription(engine, {
      customer: addCustomer(account, { email: 'i@example.org' }),
      items: [
        { price: tea!.id, quantity: 1, discount: discountBy(engine, { coupon: coupon.id }).id },
        { price: cup!.id, quantity: 1 },
      ],
      metadata: {},
      version: engine.settings.defaultVersion,
    });
    payInvoice(engine, invoice, 'succeeds');
    account.setNow(START + 31 * DAY);
    renew(account, subscription);
    account.setNow(START + 32 * DAY);
    assert.deepEqual(await movementsOf(history, told.site), ['0 new 4000']);
    for (const shop of [await history.shop(), await history.shop(key)]) {
      await history.backfill(shop.connection);
      assert.deepEqual(await movementsOf(history, shop.site), ['0 new 4000']);
    }
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
