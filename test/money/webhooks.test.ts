import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { checkoutPayment } from '../../src/rehearsal/stripe/actions.ts';
import { connectStripe } from '../../src/payments/connect.ts';
import { ProviderUnavailable } from '../../src/payments/provider.ts';
import { createRecorder } from '../../src/payments/record.ts';
import { bookOf, CHARGES_KEY, KEY, startMoney } from './money.ts';
import type { Money } from './money.ts';

let money: Money;
before(async () => {
  money = await startMoney();
});
after(() => money.close());

async function connected(key: string | undefined = KEY) {
  const site = (await money.addSite()).id;
  const secret = `whsec_${site}`;
  const connection = await connectStripe(money, { site, key, webhookSecret: secret });
  return { site, secret, connection };
}

function signed(body: string, secret: string, at = Math.floor(Date.now() / 1000)) {
  const v1 = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return { rawBody: Buffer.from(body), signature: `t=${at},v1=${v1}` };
}

let counter = 0;
const charge = (fields: object = {}) => ({
  id: `ch_${(counter += 1)}`,
  object: 'charge',
  created: 1_793_500_000,
  amount: 500,
  amount_captured: 500,
  captured: true,
  status: 'succeeded',
  currency: 'jpy',
  metadata: { hw_visitor_id: 'v1' },
  ...fields,
});
const event = (object: object, fields: object = {}) =>
  JSON.stringify({
    id: `evt_${(counter += 1)}`,
    object: 'event',
    type: 'charge.succeeded',
    created: 1_793_500_000,
    livemode: false,
    data: { object },
    ...fields,
  });
const send = (site: string | null, body: string, secret: string) =>
  money.receiveWebhook({ site, ...signed(body, secret) });

test('a verified webhook is committed before it is answered, and once', async () => {
  const { site, secret, connection } = await connected();
  const body = event(charge());
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(site, body, secret)));
  assert.deepEqual(
    answers.map((it) => it.status),
    [200, 200, 200, 200, 200],
  );
  assert.deepEqual(answers.map((it) => it.code).sort(), [...Array(4).fill('duplicate'), 'stored']);
  assert.equal((await money.records.inbox.counts(site)).pending, 1);
  assert.ok((await money.records.connections.get(connection.id))?.lastEventAt);
  const [row] = await money.records.inbox.claim('look', Date.now(), 1, 10);
  assert.ok(!row!.body!.includes('charge'), 'the body lies sealed');
  await money.records.inbox.fail(row!, 'looked', Date.now());
  await money.drain(1);
  assert.deepEqual(
    (await bookOf(money, site)).map((it) => [it.grossMinor, it.currency]),
    [[500, 'jpy']],
  );
});

test('a bad signature is 400 and stores nothing; an unknown site is 404', async () => {
  const { site, secret } = await connected();
  const body = event(charge());
  const { signature } = signed(body, secret);
  const tries = [
    { rawBody: Buffer.from(body), signature: undefined },
    { rawBody: Buffer.from(`${body} `), signature },
    { ...signed(body, 'whsec_other') },
    { ...signed(body, secret, Math.floor(Date.now() / 1000) - 400) },
    { ...signed(body, secret, Math.floor(Date.now() / 1000) + 400) },
  ];
  for (const input of tries) {
    for (const place of [site, null]) {
      const answer = await money.receiveWebhook({ site: place, ...input });
      assert.deepEqual([answer.status, answer.code], [400, 'bad_signature']);
      assert.match(answer.message, /\w/);
    }
  }
  assert.equal((await money.receiveWebhook({ site: 'nowhere', ...signed(body, secret) })).status, 404);
  const other = await connected();
  assert.equal((await send(other.site, body, secret)).status, 400, 'the secret of another site');
  assert.deepEqual(await money.records.inbox.counts(site), { pending: 0, done: 0, dead: 0, quarantined: 0 });
});

test('without a site in the address the secret finds it, or all that share it', async () => {
  const a = await connected();
  const b = await connected();
  await connectStripe(money, { site: b.site, key: KEY, webhookSecret: a.secret });
  assert.equal((await send(null, event(charge()), b.secret)).code, 'stored');
  assert.equal((await send(null, event(charge()), a.secret)).code, 'stored');
  await money.drain(1);
  assert.equal((await bookOf(money, a.site)).length, 1);
  assert.equal((await bookOf(money, b.site)).length, 2);
});

test('trap 23: rolled secrets verify side by side, and one given twice is one', async () => {
  const { site, secret, connection } = await connected();
  for (const webhookSecret of ['whsec_rolled', 'whsec_rolled', secret]) {
    await connectStripe(money, { site, key: KEY, webhookSecret });
  }
  assert.equal((await money.records.connections.secrets(site)).length, 2);
  assert.equal((await money.records.connections.ofSite(site)).length, 1);
  assert.equal((await send(site, event(charge()), 'whsec_rolled')).code, 'stored');
  assert.equal((await send(site, event(charge()), secret)).code, 'stored');
  assert.equal((await money.records.connections.ofSite(site))[0]?.id, connection.id);
});

test('trap 22: events of another mode or account are quarantined with 2xx', async () => {
  const { site, secret } = await connected();
  for (const fields of [{ livemode: true }, { account: 'acct_foreign' }]) {
    const answer = await send(site, event(charge(), fields), secret);
    assert.deepEqual([answer.status, answer.code], [200, 'quarantined']);
  }
  await money.drain(1);
  assert.deepEqual(await bookOf(money, site), []);
  assert.equal((await money.records.inbox.counts(site)).quarantined, 2);
});

test('poison goes to the dead letters at once, where it is seen; what follows is not disturbed', async () => {
  const { site, secret } = await connected();
  assert.equal((await send(site, 'not json', secret)).code, 'stored');
  assert.equal((await send(site, '{"object":"event"}', secret)).code, 'stored');
  assert.equal((await send(site, event(charge()), secret)).code, 'stored');
  await money.drain(1);
  const dead = await money.records.inbox.deadLetters(site, 10);
  assert.equal(dead.length, 2);
  for (const row of dead) assert.match(row.lastError ?? '', /body/);
  assert.equal((await bookOf(money, site)).length, 1);
});

test('a failure is retried with growing pauses, then given up; a replay books it', async () => {
  const { site, secret } = await connected();
  await send(site, event(charge()), secret);
  let isBroken = true;
  const provider = {
    ...money.provider,
    read(...args: Parameters<typeof money.provider.read>) {
      if (isBroken) throw new Error('bug of the day');
      return money.provider.read(...args);
    },
  };
  let skewMs = 0;
  const recorder = createRecorder({ ...money, provider, now: () => money.now() + skewMs });
  let turns = 0;
  for (; (await money.records.inbox.counts(site)).pending > 0; turns += 1) {
    assert.ok(turns < 20);
    await recorder.runOnce();
    skewMs += 2 * 3_600_000;
  }
  assert.equal(turns, 12);
  const [dead] = await money.records.inbox.deadLetters(site, 10);
  assert.equal(dead?.lastError, 'bug of the day');
  isBroken = false;
  await money.records.inbox.replay(site, dead!.eventId, 0);
  await recorder.runOnce();
  assert.equal((await bookOf(money, site)).length, 1);
});

test('a worker that lost its lease writes nothing; the other books once', async () => {
  const { site, secret } = await connected();
  await send(site, event(charge()), secret);
  let other: (() => Promise<boolean>) | null = null;
  const slow = createRecorder({
    ...money,
    provider: {
      ...money.provider,
      read(...args: Parameters<typeof money.provider.read>) {
        // The row is claimed; now its lease runs out and another worker takes it before this one gets to write.
        money.passTime(120_000);
        return money.provider.read(...args);
      },
    },
    records: {
      ...money.records,
      async transaction(work) {
        await other?.();
        other = null;
        return money.records.transaction(work);
      },
    },
  });
  other = () => money.recorder.runOnce();
  await slow.runOnce();
  const [payment] = await money.records.payments.all(site, null, 10);
  const entries = await money.records.ledger.entries(site, payment!);
  assert.deepEqual(
    entries.map((it) => it.amountMinor),
    [500],
  );
  assert.deepEqual(await money.records.inbox.counts(site), { pending: 0, done: 1, dead: 0, quarantined: 0 });
});

test('trap 21: a thin event fetches its object; without a key that may read it, it is a dead letter', async () => {
  const { stripe } = money;
  const bought = checkoutPayment(stripe.account, { amount: 700, currency: 'usd', metadata: { hw_visitor_id: 'v1' } });
  const thin = (type: string, id: string) =>
    JSON.stringify({
      id: `evt_${(counter += 1)}`,
      object: 'v2.core.event',
      type: `v1.${type}.created`,
      related_object: { id, type, url: '/' },
    });
  const { site, secret } = await connected();
  assert.equal((await send(site, thin('charge', bought.charge!.id), secret)).code, 'stored');
  await money.drain(1);
  assert.equal((await bookOf(money, site))[0]?.grossMinor, 700);

  const limited = await connected(CHARGES_KEY);
  await send(limited.site, thin('payment_intent', bought.intent!.id), limited.secret);
  await money.drain(1);
  assert.match((await money.records.inbox.deadLetters(limited.site, 1))[0]?.lastError ?? '', /rak_payment_intent_read/);
});

test('a webhook whose booking fails is not done: it is booked when the store takes it again', async () => {
  const { site, secret } = await connected();
  await send(site, event(charge()), secret);
  let isFull = true;
  const records: typeof money.records = {
    ...money.records,
    transaction: (work) =>
      money.records.transaction((tx) => {
        const append: typeof tx.ledger.append = async (...entries) => {
          if (isFull) throw new Error('no room');
          return tx.ledger.append(...entries);
        };
        return work({ ...tx, ledger: { ...tx.ledger, append } });
      }),
  };
  let skewMs = 0;
  const recorder = createRecorder({ ...money, records, now: () => money.now() + skewMs });
  while (await recorder.runOnce());
  assert.deepEqual(await bookOf(money, site), []);
  assert.equal((await money.records.inbox.counts(site)).pending, 1);
  isFull = false;
  skewMs = 60_000;
  while (await recorder.runOnce());
  assert.equal((await bookOf(money, site)).length, 1);
});

test('a pause that Stripe asks for is kept, however short our own would be', async () => {
  const { site, secret } = await connected();
  const bought = checkoutPayment(money.stripe.account, { amount: 800, currency: 'usd' });
  const related = { id: bought.charge!.id, type: 'charge', url: '/' };
  const thin = {
    id: `evt_${(counter += 1)}`,
    object: 'v2.core.event',
    type: 'v1.charge.created',
    related_object: related,
  };
  await send(site, JSON.stringify(thin), secret);
  let asked = 0;
  const provider = {
    ...money.provider,
    async fetch(...args: Parameters<typeof money.provider.fetch>) {
      asked += 1;
      if (asked === 1) throw new ProviderUnavailable('too many requests', { retryAfterMs: 600_000 });
      return money.provider.fetch(...args);
    },
  };
  let skewMs = 0;
  const recorder = createRecorder({ ...money, provider, now: () => money.now() + skewMs });
  for (const [waitedMs, times] of [
    [0, 1],
    [590_000, 1],
    [610_000, 2],
  ] as const) {
    skewMs = waitedMs;
    while (await recorder.runOnce());
    assert.equal(asked, times, `after ${waitedMs} ms`);
  }
  assert.equal((await bookOf(money, site))[0]?.grossMinor, 800);
});

test('hostile content in a signed event is booked, left out or named, never a crash', async () => {
  const { site, secret } = await connected();
  const metadata = {
    hw_visitor_id: "'; drop table payments; --",
    zori_visitor_id: '\0\ud800',
    attribu_visitor_id: 'x'.repeat(5000),
  };
  const objects = [
    charge({ metadata, description: '\0', customer: { id: 5 }, refunds: [[[{}]]], payment_intent: { id: {} } }),
    charge({ amount: 'lots', amount_captured: Number.MAX_VALUE }),
    charge({ id: { toString: 'x' } }),
    charge({ created: null }),
    { object: 'charge' },
    [],
    'charge',
    null,
  ];
  for (const object of objects) await send(site, event(object as object), secret);
  await money.drain(1);
  const dead = await money.records.inbox.deadLetters(site, 10);
  assert.deepEqual(dead.map((row) => row.lastError?.replace(/ch_\d+/, 'ch')).toSorted(), [
    'a charge whose id is no id: a value of type object',
    'a charge whose id is no id: missing',
    'the amount of charge ch is no amount in minor units: "lots"',
  ]);
  const book = await bookOf(money, site);
  assert.equal(book.length, 1);
  assert.equal(book[0]!.links.length, 3, 'shown as found');
});
