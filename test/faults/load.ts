// Hits and webhooks as their real senders send them: each is repeated, with the same id, until it is acknowledged.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../headwater.ts';
import type { Merchant } from '../merchant.ts';
import * as stripe from '../stripe-events.ts';

export interface Load {
  /** Acknowledged so far. */
  hits(): number;
  webhooks(): number;
  /** Answers other than 2xx, and requests without an answer: `status` 0. */
  refusals(): readonly { what: 'hit' | 'webhook'; status: number }[];
  /** No new ones; resolves when those under way are acknowledged. */
  finish(): Promise<void>;
  /** No new ones; those under way are left to themselves, unacknowledged. */
  abandon(): Promise<void>;
}

const VISITORS = 40;
/** Every tenth is sent once more after its acknowledgement, as senders do that lost the answer. */
const REPEAT_EVERY = 10;
const DUE_MS = 40_000;

/** Starts sending. Hit n is the page /p/n of visitor n mod 40; webhook n is a charge of 100 + n of the same visitor. */
export function startLoad(shop: Merchant, { senders = 6 }: { senders?: number } = {}): Load {
  const refusals: { what: 'hit' | 'webhook'; status: number }[] = [];
  const acknowledged = { hit: 0, webhook: 0 };
  let [nextHit, nextWebhook] = [0, 0];
  let state: 'sending' | 'finishing' | 'abandoned' = 'sending';

  /** True when it was acknowledged. */
  async function once(what: 'hit' | 'webhook', request: (init: RequestInit) => Promise<Response>): Promise<boolean> {
    try {
      const answer = await request({ signal: AbortSignal.timeout(10_000) });
      await answer.text();
      if (answer.ok) return true;
      refusals.push({ what, status: answer.status });
    } catch {
      refusals.push({ what, status: 0 });
    }
    return false;
  }
  async function insist(what: 'hit' | 'webhook', n: number, request: (init: RequestInit) => Promise<Response>) {
    while (!(await once(what, request))) {
      if (state === 'abandoned') return;
      await sleep(20);
    }
    acknowledged[what] += 1;
    if (n % REPEAT_EVERY === 0) await once(what, request);
  }
  async function sendHits() {
    while (state === 'sending') {
      const n = nextHit++;
      const hit = { id: randomUUID(), visitor: visitorOf(n), path: `/p/${n}`, tags: `utm_source=s${n % 3}` };
      await insist('hit', n, (init) => shop.send([hit], init));
    }
  }
  async function sendWebhooks() {
    while (state === 'sending') {
      const n = nextWebhook++;
      const paid = { name: `n${n}`, amount: amountOf(n), created: Math.floor(Date.now() / 1000) };
      const event = stripe.eventOf('charge.succeeded', stripe.charge({ ...paid, metadata: idOf(n) }), paid);
      await insist('webhook', n, (init) => shop.post(event, { init }));
      await sleep(15);
    }
  }
  const running = Promise.all([...Array.from({ length: senders }, sendHits), sendWebhooks(), sendWebhooks()]);
  return {
    hits: () => acknowledged.hit,
    webhooks: () => acknowledged.webhook,
    refusals: () => refusals,
    async finish() {
      state = 'finishing';
      await running;
    },
    async abandon() {
      state = 'abandoned';
      await running;
    },
  };
}

const visitorOf = (n: number) => `v${n % VISITORS}`;
const idOf = (n: number) => ({ hw_visitor_id: visitorOf(n) });
const amountOf = (n: number) => 100 + n;

/** Every acknowledged hit and payment is counted, and each once. `unsure`: what was sent and never acknowledged. */
export async function assertCountedOnce(shop: Merchant, load: Load, { unsure = 0 }: { unsure?: number } = {}) {
  const [hits, webhooks] = [load.hits(), load.webhooks()];
  const between = (value: number, least: number) => value >= least && value <= least + unsure;
  await until(
    async () => {
      const { rows } = await shop.report({ metrics: 'pageviews', dimensions: 'page', limit: '10000' });
      assert.ok(between(rows.length, hits), `${rows.length} pages of ${hits}`);
      assert.deepEqual(
        rows.filter(({ pageviews }) => pageviews !== 1),
        [],
        'pages counted more than once',
      );
      return true;
    },
    'every hit counted once',
    DUE_MS,
  );
  await until(
    async () => {
      const { totals } = await shop.report({ metrics: 'conversions,revenue,coverage' });
      assert.ok(between(totals.conversions as number, webhooks), `${totals.conversions} payments of ${webhooks}`);
      if (unsure > 0) return true;
      const sum = Array.from({ length: webhooks }, (_, n) => amountOf(n)).reduce((a, b) => a + b, 0);
      assert.equal(totals.revenue, sum, 'the ledger adds up');
      return true;
    },
    'every payment booked once',
    DUE_MS,
  );
}

/** The process id of a server's embedded facts store. */
export function engineOf(serverPid: number): number | null {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args=']).toString().split('\n');
  for (const line of lines) {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (Number(parent) === serverPid && /embedded\/server\.[tj]s/.test(args!)) return Number(pid);
  }
  return null;
}
