// One story, told to a running Headwater by a simulated Stripe, read back as the life of one customer over HTTP.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import type { TimelineAnswer, TimelineItemAnswer } from '../../src/http/contract-people.ts';
import { start } from '../../src/main.ts';
import type { Running } from '../../src/main.ts';
import { playFile } from '../../src/rehearsal/play.ts';
import type { Target } from '../../src/rehearsal/play.ts';
import { targetFor } from '../../src/rehearsal/stage.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import { freePort } from '../headwater.ts';

const STORY = `# Two devices of one person, a subscription, a refund
day 0 10:00  v1 lands from google / cpc / spring on /pricing
day 0 10:05  v1 identifies as app-7
day 2 11:00  v2 lands from newsletter / email / weekly
day 2 11:01  v2 views /features
day 2 11:02  v2 identifies as app-7
day 3        v1 subscribes 10.00 usd
day 4        v1 refunds 4.00
day 5        v3 lands direct

expect revenue 6.00
expect linear: Paid Search 3.00, Email 3.00
`;

let dataDir: string;
let stripe: SimulatedStripe;
let running: Running;
let target: Target;

before(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'headwater-timeline-'));
  stripe = await startStripe();
  const settings = { HOST: '127.0.0.1', PORT: String(await freePort()), HEADWATER_DATA: join(dataDir, 'data') };
  running = await start(
    readConfig({ ...settings, HEADWATER_STRIPE_API_BASE: stripe.url, HEADWATER_LOG_LEVEL: 'error' }),
  );
  const story = join(dataDir, 'story.txt');
  writeFileSync(story, STORY);
  const open = targetFor({ app: running.app, url: running.address, stripe });
  const { findings } = await playFile(story, async (scenario) => (target = await open(scenario)));
  assert.deepEqual(
    findings.filter((finding) => !finding.ok).map(({ text, found }) => `${text}, but ${found}`),
    [],
  );
});
after(async () => {
  await running.close();
  await stripe.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function get<T>(path: string): Promise<{ status: number; body: T }> {
  const answer = await fetch(`${running.address}/api/v1/sites/${target.site}${path}`, {
    headers: { authorization: `Bearer ${target.apiKey}` },
  });
  return { status: answer.status, body: (await answer.json()) as T };
}

/** As a person would tell it. */
function told(item: TimelineItemAnswer): string {
  switch (item.type) {
    case 'session':
      return `visit from ${item.source} (${item.channel}) on ${item.landing_page}`;
    case 'payment':
      return `paid ${item.amount} ${item.currency}, ${item.kind}`;
    case 'refund':
    case 'dispute':
      return `${item.type} ${item.amount}`;
    case 'subscription':
      return `subscription ${item.movement}, ${item.mrr} a month`;
    case 'identify':
      return `identified as ${item.props.app_id}`;
    default:
      return `${item.type} ${item.path}`;
  }
}

describe('the life of a customer', () => {
  let customer: string;
  let visitors: string[];

  before(async () => {
    const { body } = await get<{ payments: { customer: string }[] }>('/payments');
    customer = body.payments[0]!.customer;
  });

  test('hits of both devices and money, in time order', async () => {
    const { status, body } = await get<TimelineAnswer>(`/customers/${customer}?order=oldest`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(
      body.items.map(told).filter((line) => !line.startsWith('checkout')),
      [
        'visit from google (Paid Search) on /pricing',
        'pageview /pricing',
        'identified as app-7',
        'visit from newsletter (Email) on /',
        'pageview /',
        'pageview /features',
        'identified as app-7',
        'subscription new, 1000 a month',
        'paid 1000 usd, subscription_start',
        'refund -400',
      ],
    );
    visitors = body.visitors.map(({ id }) => id);
    assert.equal(visitors.length, 2);
    assert.deepEqual(
      body.visitors.map(({ sessions, app_ids }) => [sessions, app_ids]),
      [
        [1, ['app-7']],
        [1, ['app-7']],
      ],
    );
    assert.deepEqual(
      [body.customers, body.revenue, body.payments],
      [[customer], [{ currency: 'usd', revenue: 600 }], 1],
    );
    assert.deepEqual(new Set(body.items.flatMap((item) => item.visitor_id ?? [])), new Set(visitors));
  });

  for (const order of ['oldest', 'newest'] as const) {
    test(`pages of any size make the same list, ${order} first`, async () => {
      const { body: whole } = await get<TimelineAnswer>(`/customers/${customer}?order=${order}`);
      assert.equal(whole.next, null);
      for (const limit of [1, 3]) {
        const items: TimelineItemAnswer[] = [];
        let cursor = '';
        do {
          const { body } = await get<TimelineAnswer>(`/customers/${customer}?order=${order}&limit=${limit}${cursor}`);
          assert.ok(body.items.length <= limit);
          items.push(...body.items);
          cursor = body.next === null ? '' : `&cursor=${body.next}`;
        } while (cursor !== '');
        assert.deepEqual(items, whole.items);
      }
    });
  }

  test('a visitor who never paid, and one who did', async () => {
    const { body } = await get<TimelineAnswer>(`/visitors/${visitors[1]}`);
    assert.deepEqual([body.customer, body.customers, body.payments], [null, [customer], 1]);
    assert.ok(body.items.every((item) => item.type !== 'session' || item.visitor_id === visitors[1]));
    const unknown = await get('/visitors/nobody');
    assert.equal(unknown.status, 404);
    const stranger = await get<TimelineAnswer>('/visitors/v3');
    assert.deepEqual(
      [stranger.body.payments, stranger.body.items.map(told)],
      [0, ['pageview /', 'visit from (direct) (Direct) on /']],
    );
  });

  test('search finds people by all that is known of them', async () => {
    const found = async (q: string) => {
      const { body } = await get<{ found: { kind: string; id: string; by: string }[] }>(
        `/people?q=${encodeURIComponent(q)}`,
      );
      return body.found.map(({ kind, id, by }) => `${kind} ${id} by ${by}`);
    };
    assert.deepEqual(await found(customer), [`customer ${customer} by customer`]);
    assert.deepEqual(await found(visitors[0]!), [`visitor ${visitors[0]} by visitor`]);
    assert.deepEqual(
      new Set(await found('app-7')),
      new Set([`customer ${customer} by app_id`, ...visitors.map((id) => `visitor ${id} by app_id`)]),
    );
    assert.deepEqual(await found('nobody@shop.example'), []);
  });

  test('what is not there, and what no page gave', async () => {
    const unknown = await get<{ error: { code: string } }>('/customers/cus_none');
    assert.deepEqual([unknown.status, unknown.body.error.code], [404, 'unknown_customer']);
    const forged = await get<{ error: { code: string } }>(`/customers/${customer}?cursor=WzEsMl0`);
    assert.deepEqual([forged.status, forged.body.error.code], [400, 'bad_cursor']);
    const live = await get(`/customers/${customer}?mode=live`);
    assert.equal(live.status, 404);
  });

  test('the journeys of the same story, over HTTP', async () => {
    const { status, body } = await get<{ paths: { path: string[]; revenue: number }[] }>(
      '/journeys/paths?from=2000-01-01',
    );
    assert.equal(status, 200);
    assert.deepEqual(
      body.paths.map(({ path, revenue }) => [path.join(' > '), revenue]),
      [['Paid Search > Email', 600]],
    );
    for (const question of ['times', 'assists', 'flow', 'cohorts', 'lifetime']) {
      const answer = await get(`/journeys/${question}`);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    }
    const refused = await get<{ error: { field: string } }>('/journeys/flow?steps=99');
    assert.deepEqual([refused.status, refused.body.error.field], [400, 'steps']);
  });
});
