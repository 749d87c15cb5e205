import { checkoutPayment, linkPayment, refundCharge, renew, subscribe } from '../../src/rehearsal/stripe/actions.ts';
import type { AccountOptions } from '../../src/rehearsal/stripe/account.ts';
import { createHistoryJobs } from '../../src/jobs.ts';
import { createBackfillStarter, requestBackfill } from '../../src/payments/backfill-start.ts';
import { connectStripe } from '../../src/payments/connect.ts';
import { createPoller } from '../../src/payments/poll.ts';
import { WEBHOOK_EVENTS } from '../../src/stripe/event-types.ts';
import { bookOf as orderedBookOf, KEY, startMoney } from './money.ts';
import type { Money } from './money.ts';

/** The way of money with the readers of history on it: backfill, polling, reconciliation. */
export async function startHistory(options: AccountOptions & { databaseUrl?: string } = {}) {
  const money = await startMoney(options);
  const jobs = createHistoryJobs(money);
  const poller = createPoller({ ...money, types: WEBHOOK_EVENTS });
  const starter = createBackfillStarter(money);

  async function runJobs() {
    for (let turns = 0; turns < 200 && (await jobs.runOnce()); turns += 1);
  }
  return {
    ...money,
    poller,
    starter,
    runJobs,
    /** A site with this key, and with a webhook endpoint when a secret is given. */
    async shop({ key = KEY, webhookSecret }: { key?: string; webhookSecret?: string } = {}) {
      const site = await money.addSite();
      const { id: connection } = await connectStripe(money, { site: site.id, key, webhookSecret });
      if (webhookSecret !== undefined) {
        money.stripe.account.addEndpoint({ url: `${money.url}/${site.id}`, secret: webhookSecret });
      }
      return { site: site.id, connection };
    },
    async backfill(connection: string, since: number | null = null) {
      const id = await requestBackfill(money.records, connection, since, money.now());
      await runJobs();
      return (await money.records.jobs.get(id))!;
    },
    async reconcile(connection: string, from: string, to: string) {
      const { id } = await money.records.jobs.add('reconcile', { connection, from, to }, money.now());
      await runJobs();
      const job = (await money.records.jobs.get(id))!;
      return { job, days: await money.records.reconciliations.between(connection, from, to) };
    },
    /** One turn of every connection that is due. */
    async poll() {
      while (await poller.runOnce());
    },
  };
}
export type History = Awaited<ReturnType<typeof startHistory>>;

/** Some of everything: one-time, by link, refunded, a subscription with renewals, guests and customers. */
export function sell(history: Pick<History, 'stripe'>, rounds = 1) {
  const { account } = history.stripe;
  const charges = [];
  for (let round = 1; round <= rounds; round += 1) {
    const metadata = { hw_visitor_id: `v${round}` };
    const bought = checkoutPayment(account, {
      amount: 2_000 + round,
      currency: 'usd',
      metadata,
      email: 'a@example.org',
    });
    refundCharge(account, bought.charge!, 300);
    const linked = linkPayment(account, { amount: 900, currency: 'jpy', clientReferenceId: `link${round}` });
    const { subscription, charge } = subscribe(account, {
      amount: 1_500,
      currency: 'usd',
      email: `s${round}@example.org`,
      sessionMetadata: metadata,
    });
    const renewed = renew(account, subscription);
    charges.push(bought.charge!, linked.charge!, charge!, renewed.charge!);
  }
  return charges;
}

/** Links of one rung stand in the order in which they were heard of, which is another for each way of hearing. */
export async function bookOf(money: Money, site: string) {
  return (await orderedBookOf(money, site)).map((payment) => ({ ...payment, links: payment.links.toSorted() }));
}
