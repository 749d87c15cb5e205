import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { checkoutPayment, refundCharge, subscribe } from '../../src/rehearsal/stripe/actions.ts';
import { connectStripe } from '../../src/payments/connect.ts';
import { createFetcher } from '../../src/payments/fetch.ts';
import { createRecorder } from '../../src/payments/record.ts';
import { startPostgres } from '../postgres.ts';
import { bookOf, KEY, startMoney } from './money.ts';
import type { Money } from './money.ts';

/** Trap 13 with several workers at once, as several processes on one PostgreSQL, or one process on SQLite. */
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  describe(engine, () => {
    test('trap 13: three recorders and two fetchers on shuffled duplicates book each payment once', async () => {
      const postgres = engine === 'PostgreSQL' ? await startPostgres() : null;
      const money = await startMoney(postgres ? { databaseUrl: await postgres.newDatabase() } : {});
      closing.push(
        () => money.close(),
        async () => void (await postgres?.stop()),
      );
      const site = await money.addSite();
      await connectStripe(money, { site: site.id, key: KEY, webhookSecret: 'whsec_w' });
      const { account } = money.stripe;
      account.addEndpoint({ url: `${money.url}/${site.id}`, secret: 'whsec_w' });
      account.webhooks.hold();
      let expected = 0;
      for (let index = 1; index <= 6; index += 1) {
        const metadata = { hw_visitor_id: `v${index}` };
        const bought = checkoutPayment(account, { amount: 1000 + index, currency: 'usd', metadata });
        refundCharge(account, bought.charge!, index);
        subscribe(account, { amount: 500, currency: 'usd', email: 'a@example.org', subscriptionMetadata: metadata });
        expected += 1000 + 500;
      }
      await account.webhooks.release({ order: 'shuffled', seed: 5, copies: 2, concurrency: 8 });
      await turn(money);
      money.passTime(3_600_000);
      await turn(money);

      const book = await bookOf(money, site.id);
      assert.equal(book.length, 12);
      const revenue = book.reduce((sum, payment) => sum + payment.grossMinor - payment.refundedMinor, 0);
      assert.equal(revenue, expected);
      for (const payment of book) {
        assert.ok(payment.feeMinor > 0);
        assert.match(payment.links[0]!, /visitor v\d+$/);
      }
      assert.deepEqual(await money.records.inbox.counts(site.id).then(({ dead, pending }) => [dead, pending]), [0, 0]);
    });
  });
}

async function turn(money: Money) {
  const workers = [
    ...Array.from({ length: 3 }, () => createRecorder(money)),
    ...Array.from({ length: 2 }, () => createFetcher(money)),
  ];
  await Promise.all(
    workers.map(async (worker) => {
      while (await worker.runOnce());
    }),
  );
}
