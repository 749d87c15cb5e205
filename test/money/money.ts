import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moneyObjectOf } from '../../src/core/ledger.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { AccountOptions } from '../../src/rehearsal/stripe/account.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import { createSecrets } from '../../src/secrets.ts';
import { openRecords } from '../../src/storage/records/open.ts';
import { createStripeProvider } from '../../src/stripe/provider.ts';
import { createFetcher } from '../../src/payments/fetch.ts';
import { createWebhookReceiver } from '../../src/payments/inbox.ts';
import { createHandOver } from '../../src/payments/link.ts';
import { createRecorder } from '../../src/payments/record.ts';

export const SECRET = 'a secret of thirty-two characters or more';
export const KEY = 'sk_test_all';
export const CHARGES_KEY = 'rk_test_charges';

/**
 * Money's whole way on real parts: a simulated Stripe that sends signed webhooks over HTTP, SQLite on disk, the
 * receiver, recorder and fetcher. Only the loops are missing: `drain` turns them until nothing is left to do.
 */
export async function startMoney(options: AccountOptions & { databaseUrl?: string } = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-money-'));
  const log = { info() {}, warn() {}, error() {} };
  const records = openRecords({ dataDir, log, ...(options.databaseUrl ? { databaseUrl: options.databaseUrl } : {}) });
  await records.migrate();
  const stripe = await startStripe({
    seed: 7,
    webhooks: { backoffMs: 5 },
    ...options,
    keys: [
      { key: KEY, permissions: null },
      { key: CHARGES_KEY, permissions: ['rak_charge_read', 'rak_checkout_session_read', 'rak_customer_read'] },
      ...(options.keys ?? []),
    ],
  });
  const secrets = createSecrets(SECRET);
  // Retries lie in the future; the workers' clock is moved there instead of waiting.
  let skewMs = 0;
  const now = () => Date.now() + skewMs;
  const provider = createStripeProvider({ apiBase: stripe.url, hash: secrets.hash, now, timeoutMs: 500 });
  const deps = { records, secrets, provider, now, log };
  const { receiveWebhook } = createWebhookReceiver({ ...deps, now: Date.now });
  const recorder = createRecorder(deps);
  const fetcher = createFetcher(deps);
  const team = await records.teams.default(1);
  const addSite = () =>
    records.sites.add({ team: team.id, name: 'Shop', domain: 'shop.example', timezone: 'UTC', currency: 'usd' }, 1);

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const signature = request.headers['stripe-signature'] as string | undefined;
      const site = request.url === '/' ? null : request.url!.slice(1);
      const answer = await receiveWebhook({ site, rawBody: Buffer.concat(chunks), signature });
      response.writeHead(answer.status).end(answer.code);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function record() {
    while (await recorder.runOnce());
  }

  return {
    ...deps,
    dataDir,
    stripe,
    url,
    addSite,
    receiveWebhook,
    recorder,
    fetcher,
    handOver: createHandOver({ records, now }),
    record,
    passTime(ms: number) {
      skewMs += ms;
    },
    /** Delivers, records and fetches, an hour per turn, until a turn finds nothing. */
    async drain(turns = 4) {
      await stripe.account.webhooks.idle();
      for (let turn = 0; turn < turns; turn += 1) {
        await record();
        skewMs += 3_600_000;
        while (await fetcher.runOnce());
      }
      await record();
    },
    async close() {
      await stripe.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await records.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
export type Money = Awaited<ReturnType<typeof startMoney>>;

/** A site's whole book, without what depends on when things were heard. */
export async function bookOf(money: Money, site: string) {
  const ids = await money.records.payments.all(site, null, 1000);
  const payments = [];
  for (const id of ids) {
    const row = await money.records.payments.get(site, id);
    const { attribution: _, connection: __, site: ___, ...payment } = row!;
    const links = await money.records.payments.links(site, id);
    payments.push({
      ...payment,
      links: links.map(({ object, value, claim, rung }) => `${rung} ${object} ${claim} ${value}`),
      sums: sumsOf(await money.records.ledger.entries(site, id)),
    });
  }
  return payments;
}

function sumsOf(entries: readonly LedgerEntry[]) {
  const sums: Record<string, number> = {};
  for (const entry of entries) {
    const object = moneyObjectOf(entry.id);
    const add = (key: string, value: number) => {
      sums[key] = (sums[key] ?? 0) + value;
    };
    // An entry known from the charge alone is dated when it was heard of; its sum is 0 once refunds are known.
    add(`${object} ${object.endsWith('#refunds') ? '' : entry.occurredAt}`, entry.amountMinor);
    add(`${object} fee`, entry.feeMinor ?? 0);
  }
  return Object.fromEntries(
    Object.entries(sums)
      .filter(([, sum]) => sum !== 0)
      .sort(),
  );
}
