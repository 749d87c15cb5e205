// Recompute of 100,000 payments under all rule-based models, on SQLite and the embedded engine: request, attribute, carry
// to the facts store. Payments and hits are put into the stores directly: booking and collecting have benches of their own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerEntry } from '../src/core/ledger.ts';
import type { Payment } from '../src/core/payment.ts';
import { createJobRunner } from '../src/jobs.ts';
import { createAttributor } from '../src/payments/attribute.ts';
import { COMPARE, compareTurn, requestComparison } from '../src/payments/compare-facts.ts';
import { createMirror } from '../src/payments/mirror.ts';
import { createRecompute } from '../src/payments/recompute.ts';
import { createFactsClient } from '../src/storage/facts/client.ts';
import { createFacts } from '../src/storage/facts/create.ts';
import { startEmbedded } from '../src/storage/facts/embedded/supervise.ts';
import { createReport } from '../src/storage/facts/report.ts';
import { openRecords } from '../src/storage/records/open.ts';
import { cpuMsOf } from './cpu.ts';

const VISITORS_PER_PAYMENT = 0.75;
const TOUCHES_MAX = 5;
const LAST_AT = Date.UTC(2026, 9, 30);
const SPREAD_MS = 300 * 86_400_000;
const SLICE = 2_000;
const log = { info() {}, warn() {}, error() {} };

export async function measure(count = 100_000): Promise<string[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const engine = await startEmbedded({ directory: join(dataDir, 'facts'), log });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  const facts = createFacts(client, createReport(client), { close: () => engine.close() });
  const records = openRecords({ dataDir, log });
  try {
    await Promise.all([facts.migrate(), records.migrate()]);
    const team = await records.teams.default(1);
    const of = { team: team.id, name: 'Bench', domain: 'shop.test', timezone: 'UTC', currency: 'usd' };
    const site = await records.sites.add(of, 1);
    await client.command(touchesOf(site.id, count));
    for (let from = 0; from < count; from += SLICE) await addPayments(site.id, from, Math.min(count, from + SLICE));

    const recompute = createRecompute({ records, now: Date.now });
    const mirror = createMirror({ records, facts });
    const attributor = createAttributor({ records, facts, now: Date.now, log, onOutbox() {} });
    /** As in the server, where each worker has its own loop: requests, credits and rows move side by side. */
    const pass = async (name: string, beside: () => Promise<void> = async () => {}) => {
      const startedAt = performance.now();
      const [own, engineOwn] = [cpuMsOf(process.pid), cpuMsOf(engine.pid()!)];
      let [hasRequested, hasAttributed] = [false, false];
      let mirrored = 0;
      const requests = recompute.run(site.id, null, async () => true);
      const request = Promise.all([requests, beside()]).then(() => (hasRequested = true));
      const attribute = async () => {
        for (;;) {
          const isLast = hasRequested;
          const more = await attributor.runOnce();
          await new Promise((resolve) => setImmediate(resolve));
          if (!more && isLast) break;
        }
        hasAttributed = true;
      };
      const carry = async () => {
        for (;;) {
          const isLast = hasAttributed;
          if (await mirror.runOnce()) mirrored += 1;
          else if (isLast) break;
          else await sleep(20);
        }
      };
      await Promise.all([request, attribute(), carry()]);
      const seconds = (performance.now() - startedAt) / 1_000;
      const perSecond = Math.round(count / seconds).toLocaleString('en');
      const [busy, engineBusy] = [cpuMsOf(process.pid) - own, cpuMsOf(engine.pid()!) - engineOwn].map((ms) =>
        (ms / 1_000).toFixed(1),
      );
      return `${name}: ${seconds.toFixed(1)} s (cpu ${busy} s here, ${engineBusy} s in the engine), ${perSecond} payments/s, ${mirrored} batches carried`;
    };
    const lines = [await pass('first attribution'), await pass('recompute, nothing changed')];
    await records.sites.update(site.id, { settings: { ...site.settings, windowDays: 20 } });
    const waits: number[] = [];
    lines.push(await pass('recompute with a window of 20 days', () => bookMeanwhile(site.id, waits)));
    waits.sort((a, b) => a - b);
    lines.push(
      `a payment booked meanwhile stood in the facts store after ${Math.round(waits.at(-1)!)} ms at worst, ${Math.round(waits[waits.length >> 1]!)} ms in the middle of ${waits.length}`,
    );
    lines.push(await compare(site.id));
    const booked = count + waits.length;
    const [sums] = await client.query<Record<string, number>>(
      'SELECT sum(linear * sign) AS linear, sum(time_decay * sign) AS time_decay, sum(first_touch * sign) AS first_touch, sum(sign) AS rows FROM credits WHERE site = {site:String}',
      { site: site.id },
    );
    const gross = booked * 3_000;
    const isExact = [sums!.linear, sums!.time_decay, sums!.first_touch].every((sum) => Number(sum) === gross);
    if (!isExact) throw new Error(`credits do not add up to ${gross}: ${JSON.stringify(sums)}`);
    return [
      ...lines,
      `${count.toLocaleString('en')} payments, ${Number(sums!.rows).toLocaleString('en')} credit rows stand, exact`,
    ];
  } finally {
    await records.close();
    await facts.close();
    rmSync(dataDir, { recursive: true, force: true });
  }

  /** Without its pauses. */
  async function compare(site: string): Promise<string> {
    const [startedAt, own, engineOwn] = [performance.now(), cpuMsOf(process.pid), cpuMsOf(engine.pid()!)];
    const turns = { [COMPARE]: compareTurn({ records, facts, now: () => 1, log, onOutbox() {} }) };
    await requestComparison(records, site, 1);
    const [job] = await records.jobs.open(COMPARE);
    const runner = createJobRunner({ records, turns, now: () => 1, log });
    while (await runner.runOnce({ id: job!.id }));
    const { state, progress } = (await records.jobs.get(job!.id))!;
    if (state !== 'done' || progress.rows !== 0) throw new Error(`comparison: ${state}, ${JSON.stringify(progress)}`);
    const [busy, engineBusy] = [cpuMsOf(process.pid) - own, cpuMsOf(engine.pid()!) - engineOwn];
    return `comparison of ${progress.compared} payments with the facts store: ${Math.round(performance.now() - startedAt)} ms (cpu ${busy} ms here, ${engineBusy} ms in the engine)`;
  }

  /** One payment after the other while many wait, each until its credits stand; adds how long it took. */
  async function bookMeanwhile(site: string, waits: number[]): Promise<void> {
    const stands = 'SELECT count() AS rows FROM credits WHERE site = {site:String} AND payment_id = {id:String}';
    do {
      const startedAt = performance.now();
      const n = count + waits.length;
      await addPayments(site, n, n + 1);
      const { id } = paymentOf(site, n, count);
      await records.attributions.request(site, [id], Date.now(), ['new_payment']);
      while (Number((await client.query<{ rows: number }>(stands, { site, id }))[0]!.rows) === 0) await sleep(20);
      waits.push(performance.now() - startedAt);
    } while ((await records.attributions.count(site)) > count / 20);
  }

  async function addPayments(site: string, from: number, to: number): Promise<void> {
    const numbers = Array.from({ length: to - from }, (_, index) => from + index);
    const payments = numbers.map((n) => paymentOf(site, n, count));
    await records.transaction(async (tx) => {
      await tx.payments.upsertMany(payments);
      await tx.ledger.append(site, 'live', payments.map(entryOf));
      const links = payments.map(({ id, occurredAt }, index) => {
        const value = `v${Math.floor(numbers[index]! * VISITORS_PER_PAYMENT)}`;
        const link = { object: id, field: 'metadata.hw_visitor_id', value, claim: 'visitor', rung: 1 } as const;
        return { payment: id, links: [{ ...link, seenAt: occurredAt }] };
      });
      await tx.payments.addLinks(site, links);
    });
  }
}

function paymentOf(site: string, n: number, count: number): Payment {
  const occurredAt = LAST_AT - Math.floor((SPREAD_MS * (count - n)) / count);
  return {
    site,
    id: `ch_3${String(n).padStart(22, '0')}`,
    mode: 'live',
    connection: 'bench',
    kind: 'one_time',
    currency: 'usd',
    occurredAt,
    // Every second payment is of a customer who has two.
    customer: n % 4 < 2 ? `cus_${Math.floor(n / 4)}` : null,
    subscription: null,
    pathEndsAt: null,
    grossMinor: 3_000,
    refundedMinor: 0,
    disputedMinor: 0,
    feeMinor: 117,
    feeCurrency: 'usd',
    taxMinor: null,
    product: null,
    productName: null,
    price: null,
    coupon: null,
  };
}

function entryOf({ id, occurredAt }: Payment): LedgerEntry {
  const settled = { balanceTransaction: `txn_${id}`, settledMinor: 3_000, settledCurrency: 'usd', feeMinor: 117 };
  return { id, paymentId: id, kind: 'charge', amountMinor: 3_000, currency: 'usd', occurredAt, ...settled };
}

/** One to five sessions of each visitor, three on average, a week apart and before the payment. */
function touchesOf(site: string, count: number): string {
  const visitors = Math.ceil(count * VISITORS_PER_PAYMENT);
  return `
    INSERT INTO events (site, id, visitor, session, name, occurred_at, received_at, hostname, path, url, source, medium,
      campaign, channel, browser, os, device, country)
    WITH intDiv(number, ${TOUCHES_MAX}) AS v, number % ${TOUCHES_MAX} AS touch,
      toDateTime64(${(LAST_AT - SPREAD_MS) / 1000}, 3, 'UTC') + toIntervalSecond(intDiv(v * ${SPREAD_MS / 1000}, ${visitors}))
        - toIntervalSecond(touch * 604800 + 3600) AS at
    SELECT '${site}', toString(number), 'v' || toString(v), 's' || toString(number), 'pageview', at, at, 'shop.test',
      '/page/' || toString(number % 500), 'https://shop.test/', 'source' || toString(number % 30),
      ['cpc', 'organic', 'referral', 'email', ''][number % 5 + 1], 'campaign' || toString(number % 200),
      ['Paid Search', 'Organic Search', 'Referral', 'Email', 'Direct'][number % 5 + 1], 'Chrome', 'Linux', 'desktop', 'DE'
    FROM numbers(${visitors * TOUCHES_MAX}) WHERE touch <= v % ${TOUCHES_MAX}
    SETTINGS max_partitions_per_insert_block = 0`;
}

if (import.meta.main) for (const line of await measure(Number(process.argv[2] ?? 100_000))) console.log(line);
