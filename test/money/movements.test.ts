import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectStripe } from '../../src/payments/connect.ts';
import {
  addCustomer,
  bill,
  checkoutPayment,
  finishPayment,
  intentPayment,
  refundCharge,
  subscribe,
} from '../../src/rehearsal/stripe/actions.ts';
import { cancelIntent, capture, expireAuthorisation } from '../../src/rehearsal/stripe/capture.ts';
import { closeDispute, dispute, submitEvidence, withdraw } from '../../src/rehearsal/stripe/disputes.ts';
import { payOffStripe, payPart, payTogether } from '../../src/rehearsal/stripe/invoices.ts';
import { failAfterSuccess } from '../../src/rehearsal/stripe/money.ts';
import { finishRefund, refund } from '../../src/rehearsal/stripe/refunds.ts';
import type { EventRow } from '../../src/rehearsal/stripe/rows.ts';
import { API_VERSIONS } from '../../src/rehearsal/stripe/versions.ts';
import type { ApiVersion } from '../../src/rehearsal/stripe/versions.ts';
import { bookOf, KEY, startMoney } from './money.ts';
import type { Money } from './money.ts';

/** Every way money moves at Stripe, on the real path: what stands in the ledger must be what stands in the balance. */
const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 9, 1, 12);

const open: Money[] = [];
after(async () => {
  for (const money of open) await money.close();
});
async function started(options: Parameters<typeof startMoney>[0] = {}) {
  const money = await startMoney({ now: START, ...options });
  open.push(money);
  return money;
}

async function connected(
  money: Money,
  version: ApiVersion,
  { offStripe = false, thin = false }: { offStripe?: boolean; thin?: boolean } = {},
) {
  const site = await money.addSite();
  if (offStripe) await money.records.sites.update(site.id, { settings: { ...site.settings, offStripe } });
  const secret = `whsec_${site.id}`;
  await connectStripe(money, { site: site.id, key: KEY, webhookSecret: secret });
  money.stripe.account.addEndpoint({ url: `${money.url}/${site.id}`, secret, version, thin });
  return site.id;
}

/** One of everything; returns what each charge must end as: gross, refunded, disputed. */
function live({ stripe: { account } }: Money): Record<string, [number, number, number]> {
  const { engine } = account;
  const metadata = { hw_visitor_id: 'v1' };
  const pay = (amount: number, rest: Partial<Parameters<typeof intentPayment>[1]> = {}) =>
    intentPayment(account, { amount, currency: 'eur', metadata, ...rest });
  const ends: Record<string, [number, number, number]> = {};
  let day = 0;
  const nextDay = () => account.setNow(START + (day += 1) * DAY_MS);

  const debit = pay(900, { outcome: 'pending' });
  const bounced = pay(800, { outcome: 'pending' });
  nextDay();
  finishPayment(account, debit.charge, 'succeeds');
  finishPayment(account, bounced.charge, 'succeeds');
  nextDay();
  failAfterSuccess(engine, bounced.charge);
  ends[debit.charge.id] = [900, 0, 0];
  ends[bounced.charge.id] = [0, 0, 0];

  const held = pay(1000, { captureMethod: 'manual' });
  const thrice = pay(1000, { captureMethod: 'manual' });
  const expired = pay(1000, { captureMethod: 'manual' });
  const called = pay(1000, { captureMethod: 'manual' });
  nextDay();
  capture(engine, held.intent, { amount: 700 });
  for (const amount of [300, 200]) capture(engine, thrice.intent, { amount, isFinal: false });
  nextDay();
  capture(engine, thrice.intent, { amount: 400 });
  expireAuthorisation(engine, expired.intent);
  cancelIntent(engine, called.intent);
  refundCharge(account, held.charge, 200);
  ends[held.charge.id] = [700, 200, 0];
  ends[thrice.charge.id] = [900, 0, 0];

  const returned = pay(2000);
  const lost = pay(2100);
  const won = pay(2200);
  const asked = pay(2300);
  const part = pay(2400);
  const both = pay(2500);
  nextDay();
  finishRefund(engine, refundCharge(account, returned.charge, 800), 'failed');
  finishRefund(engine, refund(engine, returned.charge, { amount: 300, status: 'pending' }), 'canceled');
  refundCharge(account, returned.charge, 50);
  ends[returned.charge.id] = [2000, 50, 0];
  closeDispute(engine, dispute(engine, lost.charge), 'lost');
  ends[lost.charge.id] = [2100, 0, 2100];
  const fought = dispute(engine, won.charge, { kind: 'announced' });
  nextDay();
  withdraw(engine, fought);
  submitEvidence(engine, fought);
  nextDay();
  closeDispute(engine, fought, 'won');
  ends[won.charge.id] = [2200, 0, 0];
  closeDispute(engine, dispute(engine, asked.charge, { kind: 'inquiry' }), 'warning_closed');
  ends[asked.charge.id] = [2300, 0, 0];
  closeDispute(engine, dispute(engine, part.charge, { amount: 400 }), 'lost');
  ends[part.charge.id] = [2400, 0, 400];
  refundCharge(account, both.charge, null);
  dispute(engine, both.charge, { kind: 'prevented' });
  ends[both.charge.id] = [2500, 2500, 0];
  return ends;
}

/** What the ledger of a site says was settled, by currency. */
async function settledOf(money: Money, site: string) {
  const sums: Record<string, { amount: number; fee: number }> = {};
  for (const id of await money.records.payments.all(site, null, 1000)) {
    for (const entry of await money.records.ledger.entries(site, id)) {
      if (entry.settledCurrency === null) continue;
      const sum = (sums[entry.settledCurrency] ??= { amount: 0, fee: 0 });
      sum.amount += entry.settledMinor ?? 0;
      sum.fee += entry.feeMinor ?? 0;
    }
  }
  return sums;
}

const balanceOf = (money: Money) =>
  Object.fromEntries(
    Object.entries(money.stripe.account.balance()).map(([currency, { amount, fee }]) => [currency, { amount, fee }]),
  );

/** Sends past events to one site's endpoint only, in an order of the seed's. */
async function deliver(money: Money, site: string, events: readonly EventRow[], seed: number) {
  const { state, webhooks } = money.stripe.account;
  const endpoints = state.list('webhook_endpoint');
  for (const endpoint of endpoints) endpoint.status = endpoint.url.endsWith(site) ? 'enabled' : ('disabled' as never);
  const ranked = events.map((event, index) => ({ event, rank: Math.sin(seed * 1000 + index * 7919) }));
  for (const { event } of ranked.sort((a, b) => a.rank - b.rank)) webhooks.resend(event);
  await webhooks.idle();
  for (const endpoint of endpoints) endpoint.status = 'enabled';
}

const SETTLED = { eur: API_VERSIONS, usd: ['2020-08-27', '2026-10-28.endive'] } as const;
for (const [settlementCurrency, versions] of Object.entries(SETTLED)) {
  test(`captures, failures, refunds and disputes, settled in ${settlementCurrency}: any version, any order`, async () => {
    const money = await started({ settlementCurrency });
    const sites = await Promise.all(versions.map((version) => connected(money, version)));
    const ends = live(money);
    await money.drain();
    const events = [...money.stripe.account.state.list('event')];
    for (const seed of [1, 2].slice(0, versions.length / 2)) {
      const site = await connected(money, versions[seed]!);
      await deliver(money, site, [...events, ...events], seed);
      await money.drain();
      sites.push(site);
    }

    const [expected, ...others] = await Promise.all(sites.map((site) => bookOf(money, site)));
    const amounts = expected!.map((it) => [it.id, [it.grossMinor, it.refundedMinor, it.disputedMinor]]);
    assert.deepEqual(Object.fromEntries(amounts), ends);
    for (const book of others) assert.deepEqual(book, expected);
    for (const site of sites) {
      assert.deepEqual(await settledOf(money, site), balanceOf(money), 'the ledger equals the balance');
      const counts = await money.records.inbox.counts(site);
      assert.deepEqual([counts.dead, counts.pending, counts.quarantined], [0, 0, 0]);
    }
  });
}

test('trap 21: thin events tell the same, alone and beside their twins, and are not fetched twice', async () => {
  const money = await started();
  const { account } = money.stripe;
  const thin = await connected(money, '2026-10-28.endive', { thin: true });
  const both = await connected(money, '2026-10-28.endive');
  account.addEndpoint({
    url: `${money.url}/${both}`,
    secret: `whsec_${both}`,
    version: '2026-10-28.endive',
    thin: true,
  });
  const { charge } = intentPayment(account, { amount: 1000, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  dispute(account.engine, charge);
  await money.drain();
  const [a, b] = [await bookOf(money, thin), await bookOf(money, both)];
  assert.deepEqual([a[0]?.grossMinor, a[0]?.disputedMinor], [1000, 1000]);
  assert.deepEqual(a, b);
});

test('of a platform, only its own charges are gross: a fee it takes from another account is none', async () => {
  const money = await started();
  const site = await connected(money, '2026-10-28.endive');
  const connect = { applicationFeeAmount: 100, destination: 'acct_1Destination' };
  const { charge } = intentPayment(money.stripe.account, { amount: 1000, currency: 'usd', connect });
  await money.drain();
  const book = await bookOf(money, site);
  assert.deepEqual(
    book.map((it) => [it.id, it.grossMinor]),
    [[charge.id, 1000]],
  );
});

test('a dispute in another currency than its charge is booked in its own, apart', async () => {
  const money = await started({ settlementCurrency: 'usd' });
  const site = await connected(money, '2026-10-28.endive');
  const { account } = money.stripe;
  const { charge } = intentPayment(account, { amount: 1000, currency: 'eur' });
  dispute(account.engine, charge, { currency: 'usd', amount: 1190 });
  await money.drain();
  const [payment] = await bookOf(money, site);
  assert.deepEqual([payment!.grossMinor, payment!.disputedMinor], [1000, 0]);
  const entries = await money.records.ledger.entries(site, charge.id);
  const taken = entries.find((entry) => entry.kind === 'dispute');
  assert.deepEqual([taken?.amountMinor, taken?.currency], [-1190, 'usd']);
  assert.deepEqual(await settledOf(money, site), balanceOf(money));
});

test('trap 16: parts and wholes of invoices are the charges that paid them', async () => {
  const money = await started();
  const sites = await Promise.all((['2020-08-27', '2026-10-28.endive'] as const).map((it) => connected(money, it)));
  const { account } = money.stripe;
  const customer = addCustomer(account, { email: 'ada@example.org' }).id;
  const metadata = { hw_visitor_id: 'v1' };
  const parted = bill(account, { amount: 1000, currency: 'usd', customer, metadata });
  payPart(account.engine, parted, 300);
  payPart(account.engine, parted, 700);
  const together = [400, 500].map((amount) => bill(account, { amount, currency: 'usd', customer, metadata }));
  payTogether(account.engine, together, 'succeeds');
  await money.drain();
  for (const site of sites) {
    const book = await bookOf(money, site);
    assert.deepEqual(book.map((it) => it.grossMinor).sort(), [300, 700, 900]);
    for (const payment of book) assert.match(payment.links[0]!, /visitor v1$/);
    assert.deepEqual(await settledOf(money, site), balanceOf(money));
  }
});

test('trap 17: invoices paid off Stripe are payments only where the site counts them', async () => {
  const money = await started();
  const { account } = money.stripe;
  const silent = await connected(money, '2026-10-28.endive');
  const sites = await Promise.all(
    (['2020-08-27', '2026-10-28.endive'] as const).map((it) => connected(money, it, { offStripe: true })),
  );
  const customer = addCustomer(account, { email: 'ada@example.org' }).id;
  const invoice = bill(account, { amount: 1000, currency: 'usd', customer, metadata: { hw_visitor_id: 'v1' } });
  payOffStripe(account.engine, invoice, 'out_of_band');
  const recorded = bill(account, { amount: 600, currency: 'usd', customer });
  payOffStripe(account.engine, recorded, 'payment_record');
  await money.drain();
  assert.deepEqual(await bookOf(money, silent), []);
  for (const site of sites) {
    const book = (await bookOf(money, site)).toSorted((a, b) => b.grossMinor - a.grossMinor);
    assert.deepEqual(
      book.map((it) => [it.id, it.kind, it.grossMinor, it.feeMinor]),
      [
        [invoice.id, 'off_stripe', 1000, 0],
        [recorded.id, 'off_stripe', 600, 0],
      ],
    );
    assert.match(book[0]!.links[0]!, /visitor v1$/);
  }
});

test('trap 26: tax and product of a checkout and of a subscription', async () => {
  const money = await started();
  const sites = await Promise.all(API_VERSIONS.map((version) => connected(money, version)));
  const terms = { discount: null, taxPercent: 19, shipping: 0 };
  const metadata = { hw_visitor_id: 'v1' };
  const paid = { currency: 'usd', terms, email: 'ada@example.org' };
  const bought = checkoutPayment(money.stripe.account, { ...paid, amount: 1000, productName: 'Mug', metadata });
  const started1 = subscribe(money.stripe.account, {
    ...paid,
    amount: 2000,
    productName: 'Pro',
    subscriptionMetadata: metadata,
  });
  await money.drain();
  for (const site of sites) {
    const book = new Map((await bookOf(money, site)).map((it) => [it.id, it]));
    const [mug, pro] = [book.get(bought.charge!.id)!, book.get(started1.charge!.id)!];
    assert.deepEqual([mug.grossMinor, mug.taxMinor, mug.productName], [1190, 190, 'Mug']);
    assert.deepEqual([pro.grossMinor, pro.taxMinor, pro.productName], [2380, 380, 'Pro']);
    assert.ok(mug.product?.startsWith('prod_') && mug.price?.startsWith('price_'));
  }
});
