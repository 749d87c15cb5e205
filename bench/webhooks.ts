// 10,000 webhooks, a fifth of them sent twice, out of order, as fast as they are answered: all must be 2xx, and the ledger
// right to the cent. Bodies are built and signed before the clock starts. The key's Stripe does not answer, as on a bad day.
import { NO_STRIPE, openMerchant, SECRET } from '../test/merchant.ts';
import { startHeadwater, until } from '../test/headwater.ts';
import { charge, checkoutSession, eventOf, paymentIntent, refund, signed } from '../test/stripe-events.ts';
import { load } from './load.ts';

const PURCHASES = 2_000;
const DUPLICATES = 2_000;
const CONNECTIONS = 32;
/** Objects of real accounts are about this much longer than the ones of the tests. */
const PADDING = 'x'.repeat(2_000);

export async function measure(): Promise<string[]> {
  await using headwater = await startHeadwater({ ...NO_STRIPE, HEADWATER_LOG_LEVEL: 'error' });
  const merchant = await openMerchant(headwater);
  const nowMs = Date.now();
  const { events, revenueMinor } = purchases(Math.floor(nowMs / 1000) - 60);
  const requests = shuffled([...events, ...shuffled(events).slice(0, DUPLICATES)]).map((event) =>
    webhookRequest(merchant.site, event, nowMs),
  );
  const startedAt = performance.now();
  const result = await load({
    port: Number(new URL(headwater.url).port),
    connections: CONNECTIONS,
    durationMs: 600_000,
    request: (n) => requests[n] ?? null,
  });
  const answeredS = (performance.now() - startedAt) / 1000;
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const yesterday = new Date(nowMs - 86_400_000).toISOString().slice(0, 10);
  await until(
    async () => {
      const { totals } = await merchant.report({ metrics: 'revenue', mode: 'test', from: yesterday, to: today });
      return totals.revenue === revenueMinor;
    },
    'the revenue, to the cent',
    600_000,
  );
  const creditedS = (performance.now() - startedAt) / 1000;
  const count = requests.length.toLocaleString('en');
  return [
    `${count} webhooks answered in ${answeredS.toFixed(1)} s (${Math.round(result.perSecond)}/s), p50 ${result.p50Ms.toFixed(0)} ms, p99 ${result.p99Ms.toFixed(0)} ms, ${result.failed} failed`,
    `revenue in the report to the cent ${(creditedS - answeredS).toFixed(1)} s after the last answer`,
  ];
}

/** Each purchase is a charge, its payment intent, its Checkout Session and a refund of a part. */
function purchases(created: number) {
  let revenueMinor = 0;
  const events = Array.from({ length: PURCHASES }, (_, n) => {
    const paid = { name: `bench${n}`, amount: 1_000 + n, created, metadata: { padding: PADDING } };
    const returned = n % 300;
    revenueMinor += paid.amount - returned - 1;
    return [
      eventOf('charge.succeeded', charge(paid), { created }),
      eventOf('payment_intent.succeeded', paymentIntent(paid), { created }),
      eventOf('checkout.session.completed', checkoutSession(paid, { visitor_id: `v${n}`, padding: PADDING }), {
        created,
      }),
      eventOf('refund.created', refund(paid, { id: `re_bench${n}`, amount: returned + 1, created }), { created }),
    ];
  }).flat();
  return { events, revenueMinor };
}

function webhookRequest(site: string, event: object, nowMs: number): Buffer {
  const { body, headers } = signed(event, SECRET, nowMs);
  return Buffer.from(
    `POST /api/webhooks/stripe/${site} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
      `stripe-signature: ${headers['stripe-signature']}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The same order in every run. */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  let state = 42;
  for (let at = result.length - 1; at > 0; at -= 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = Math.floor((state / 2_147_483_648) * (at + 1));
    [result[at], result[other]] = [result[other]!, result[at]!];
  }
  return result;
}
