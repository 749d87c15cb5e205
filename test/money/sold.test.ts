// What was sold, where Stripe shows it only when asked: lists inside of objects are cut after ten, discounts are ids.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { addCustomer, renew, subscribe } from '../../src/rehearsal/stripe/actions.ts';
import { NO_TERMS } from '../../src/rehearsal/stripe/billing-rows.ts';
import { completeSession, openSession } from '../../src/rehearsal/stripe/checkout.ts';
import { payInvoice } from '../../src/rehearsal/stripe/invoices.ts';
import { createCoupon, createPrice, discountBy } from '../../src/rehearsal/stripe/prices.ts';
import { sendInvoice } from '../../src/rehearsal/stripe/subscriptions.ts';
import { API_VERSIONS } from '../../src/rehearsal/stripe/versions.ts';
import { bookOf, startHistory } from './history.ts';
import type { History } from './history.ts';

const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

/** The largest comes last. */
const AMOUNTS = Array.from({ length: 12 }, (_, n) => 1_00 + n);

function pricesOf({ stripe }: History): string[] {
  const { engine } = stripe.account;
  return AMOUNTS.map((amount, n) => {
    return createPrice(engine, { amount, currency: 'usd', interval: null, productName: `Thing ${n}` }).id;
  });
}

/** The site of a shop that reads the history and hears of nothing. */
async function readShop(history: History, options?: Parameters<History['shop']>[0]): Promise<string> {
  const { site, connection } = await history.shop(options);
  await history.backfill(connection);
  history.passTime(25 * 3_600_000);
  return site;
}

async function soldAt(history: History, site: string): Promise<(string | null)[]> {
  await history.drain();
  return (await bookOf(history, site)).map((payment) => payment.productName);
}

describe('what was sold', () => {
  test('by a Checkout Session of twelve lines, told and read', async () => {
    const history = await startHistory();
    closing.push(() => history.close());
    const told = await history.shop({ webhookSecret: 'whsec_session' });
    const { engine } = history.stripe.account;
    const items = pricesOf(history).map((price) => ({ price, quantity: 1 }));
    const session = openSession(engine, { mode: 'payment', items, version: engine.settings.defaultVersion });
    completeSession(engine, session, { email: 's@example.org', outcome: 'succeeds' });
    assert.deepEqual(await soldAt(history, told.site), ['Thing 11']);
    assert.deepEqual(await soldAt(history, await readShop(history)), ['Thing 11']);
  });

  for (const version of API_VERSIONS) {
    test(`by an invoice of twelve lines, told in ${version} and read`, async () => {
      const history = await startHistory({ defaultVersion: version });
      closing.push(() => history.close());
      const told = await history.shop({ webhookSecret: 'whsec_lines' });
      const { account } = history.stripe;
      const customer = addCustomer(account, { email: 'l@example.org' });
      const items = pricesOf(history).map((price) => ({ price, quantity: 1 }));
      payInvoice(account.engine, sendInvoice(account.engine, { customer, items, version }), 'succeeds');
      assert.deepEqual(await soldAt(history, told.site), ['Thing 11']);
      assert.deepEqual(await soldAt(history, await readShop(history)), ['Thing 11']);
    });
  }

  for (const version of API_VERSIONS) {
    test(`by a coupon, told in ${version} and read`, async () => {
      const few = {
        key: 'rk_test_few',
        permissions: ['rak_invoice_read', 'rak_charge_read', 'rak_payment_intent_read'],
      };
      const history = await startHistory({ defaultVersion: version, keys: [few] });
      closing.push(() => history.close());
      const told = await history.shop({ webhookSecret: 'whsec_coupon' });
      const { account } = history.stripe;
      const coupon = createCoupon(account.engine, { id: 'SPRING', percentOff: 20, duration: 'forever' });
      const terms = { ...NO_TERMS, discount: discountBy(account.engine, { coupon: coupon.id }).id };
      const customer = addCustomer(account, { email: 'c@example.org' });
      const { subscription } = subscribe(account, {
        amount: 1_000,
        currency: 'usd',
        via: 'api',
        email: 's@example.org',
        terms,
      });
      renew(account, subscription);
      const price = createPrice(account.engine, { amount: 500, currency: 'usd', interval: null }).id;
      const items = [{ price, quantity: 1 }];
      payInvoice(account.engine, sendInvoice(account.engine, { customer, items, terms, version }), 'succeeds');
      const couponsOf = async (site: string) => {
        await history.drain();
        return (await bookOf(history, site)).map((payment) => payment.coupon);
      };
      const all = ['SPRING', 'SPRING', 'SPRING'];
      assert.deepEqual(await couponsOf(told.site), all);
      assert.deepEqual(await couponsOf(await readShop(history)), all);
      const blind = await readShop(history, few);
      assert.deepEqual(await couponsOf(blind), [null, null, null]);
      const asked = history.stripe.requests.length;
      assert.deepEqual(await couponsOf(blind), [null, null, null]);
      assert.equal(history.stripe.requests.length, asked, 'asked once');
    });
  }
});
