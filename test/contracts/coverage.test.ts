// How much is attributed, told by the facts store, and the alert when it falls: on the real stores, with a clock that the
// test holds. The receiver of alerts is a real server, which counts as public for as long as the test says so.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { isPublicAddress, PUBLIC_ONLY, readAddress } from '../../src/alerts/address.ts';
import type { AddressRule } from '../../src/alerts/address.ts';
import { createAlertDelivery, signature } from '../../src/alerts/deliver.ts';
import { createAlertUse } from '../../src/alerts/use.ts';
import { createCoverageWatch } from '../../src/alerts/watch.ts';
import { createSecrets } from '../../src/secrets.ts';
import type { Mode } from '../../src/core/payment.ts';
import type { Site } from '../../src/storage/records/records.ts';
import { facts, link, openShop, records } from './shop.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.parse('2026-11-02T00:00:00Z');
const DROP = Date.parse('2026-11-20T12:00:00Z');
const secrets = createSecrets('s'.repeat(64));
const written: object[] = [];
const note = (fields: object, message: string) => void written.push({ ...fields, message });
const log = { info: note, warn: note, error: note };

interface Heard {
  path: string;
  body: string;
  signature: string;
}

async function startReceiver() {
  const heard: Heard[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      heard.push({ path: request.url!, body, signature: String(request.headers['headwater-signature']) });
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { heard, answer: (next: number) => (status = next), port: (server.address() as AddressInfo).port };
}

async function openWatch(rule: AddressRule = PUBLIC_ONLY) {
  const shop = await openShop();
  const site = (await records.sites.get(shop.site))!;
  let clock = START;
  const now = () => clock;
  let mode: Mode = 'live';
  const defaultMode = async () => mode;
  const use = createAlertUse({ records, facts, secrets, defaultMode, rule, now });
  // Each test's stores are those of all tests: only this site's turn is taken.
  const own = { ...records, sites: { ...records.sites, list: async () => [site] as Site[] } };
  const watch = createCoverageWatch({ records: own, facts, defaultMode, now, log });
  const delivery = createAlertDelivery({ records, secrets, rule, publicUrl: 'https://hw.example', now, log });
  const turns = async (worker: { runOnce(): Promise<boolean> }) => {
    while (await worker.runOnce());
  };
  let payments = 0;
  return {
    ...shop,
    site,
    use,
    at: (time: number) => (clock = time),
    /** Which money the site's reports are about unless said otherwise. */
    takes: (taken: Mode) => (mode = taken),
    look: () => turns(watch),
    deliver: () => turns(delivery),
    alerts: async () => (await use.list(site)).alerts,
    /** Payments of strangers, evenly over the time; `isKnown` says which carry the id. */
    async sell(from: number, until: number, everyMs: number, isKnown: (index: number) => boolean) {
      for (let time = from; time < until; time += everyMs) {
        payments += 1;
        const links = isKnown(payments) ? [link('v1')] : [];
        await shop.pay(`ch_${payments}`, { occurredAt: time + 999, mode }, links, [['charge', 10_00]]);
      }
      await shop.settle();
    },
  };
}

test('coverage is told by day and by reason, and adds up', async () => {
  const at = await openWatch();
  await at.hits(['v1', 1, 'google']);
  await at.pay('ch_1', { occurredAt: START + 999 }, [link('v1')], [['charge', 10_00]]);
  await at.pay(
    'ch_2',
    { occurredAt: START + 999 },
    [link('v1')],
    [
      ['charge', 30_00],
      ['refund', -5_00, 4],
    ],
  );
  await at.pay('ch_3', { occurredAt: START + 999 }, [], [['charge', 7_00]]);
  await at.pay('ch_4', { occurredAt: START + DAY_MS + 999 }, [link('undefined')], [['charge', 1_00]]);
  await at.pay('ch_5', { occurredAt: START + DAY_MS + 999 }, [link('stranger')], [['charge', 2_00]]);
  await at.pay('ch_t', { occurredAt: START + 999, mode: 'test' }, [], [['charge', 2_00]]);
  await at.settle();
  // Credited again, the old rows are cancelled and count no more.
  await records.payments.setLinks(at.site.id, 'ch_5', []);
  await at.request('ch_5');
  await at.settle();
  const answer = await at.use.coverage(at.site, { mode: null, from: '2026-11-01', to: '2026-11-30' });
  assert.ok(answer.ok);
  const { totals, reasons, days } = answer.value;
  assert.deepEqual(totals, { payments: 5, revenue: 45_00, attributed: { payments: 2, revenue: 35_00 } });
  assert.deepEqual(
    reasons.map(({ reason, payments, revenue, text }) => [reason, payments, revenue, text.length > 20]),
    [
      ['no_visitor_id', 2, 9_00, true],
      ['malformed_visitor_id', 1, 1_00, true],
    ],
  );
  assert.deepEqual(
    days.map(({ day, payments, attributed, reasons: its }) => [day, payments, attributed.payments, its.length]),
    [
      ['2026-11-02', 3, 2, 1],
      ['2026-11-03', 2, 0, 2],
    ],
  );
  for (const [field, question] of [
    ['from', { mode: null, from: 'x', to: null }],
    ['from', { mode: null, from: '2026-11-03', to: '2026-11-02' }],
    ['to', { mode: null, from: null, to: '2026-02-30' }],
  ] as const) {
    const refused = await at.use.coverage(at.site, question);
    assert.ok(!refused.ok && refused.field === field);
  }
});

test('metadata dropped at noon is an alert before one o’clock, told once, and over when it is back', async () => {
  const receiver = await startReceiver();
  const rule = { protocols: ['http:'], isAllowed: () => true, resolve: async () => ['127.0.0.1'] };
  const at = await openWatch(rule);
  await at.hits(['v1', 1, 'google']);
  const set = await at.use.setWebhook(at.site, `http://shop.example:${receiver.port}/hook/its-own-secret`);
  assert.ok(set.ok && set.value.secret.startsWith('hws_'));
  const { secret } = set.value;
  await at.sell(START, DROP, 2 * HOUR_MS, (index) => index % 20 !== 0);
  await at.sell(DROP, DROP + HOUR_MS, 6 * 60_000, () => false);
  const noticed: number[] = [];
  for (let time = DROP - HOUR_MS; time <= DROP + HOUR_MS; time += 5 * 60_000) {
    at.at(time);
    await at.look();
    if ((await at.alerts()).length > 0) noticed.push(time);
  }
  assert.ok(noticed[0]! > DROP && noticed[0]! < DROP + HOUR_MS, new Date(noticed[0]!).toISOString());
  const [alert, ...more] = await at.alerts();
  assert.deepEqual([more.length, alert!.kind, alert!.resolved_at, alert!.coverage.share], [0, 'coverage', null, 0]);
  assert.ok(alert!.usual.share > 0.9 && Math.abs(Date.parse(alert!.since) - DROP) <= 15 * 60_000);
  assert.ok(alert!.reasons.no_visitor_id! >= 5);

  receiver.answer(500);
  await at.deliver();
  receiver.answer(302);
  at.at(DROP + 2 * HOUR_MS);
  await at.deliver();
  receiver.answer(204);
  at.at(DROP + 3 * HOUR_MS);
  await at.deliver();
  await at.deliver();
  assert.deepEqual(
    receiver.heard.map(({ path }) => path),
    Array.from({ length: 3 }, () => '/hook/its-own-secret'),
  );
  const { body, signature: signed } = receiver.heard[2]!;
  assert.equal(signed, signature(secret, body, DROP + 3 * HOUR_MS));
  const { type, alert: told } = JSON.parse(body) as { type: string; alert: { id: string } };
  assert.deepEqual([type, told.id], ['coverage.fell', alert!.id]);
  assert.ok(!JSON.stringify([written, await at.use.webhook(at.site)]).includes('its-own-secret'));

  await at.sell(DROP + 4 * HOUR_MS, DROP + 6 * HOUR_MS, 6 * 60_000, (index) => index % 20 !== 0);
  at.at(DROP + 5 * HOUR_MS);
  await at.look();
  await at.deliver();
  assert.deepEqual((await at.alerts())[0]!.resolution, 'back');
  assert.equal((JSON.parse(receiver.heard[3]!.body) as { type: string }).type, 'coverage.recovered');
  at.at(DROP + 6 * HOUR_MS);
  await at.look();
  assert.equal((await at.alerts()).length, 1, 'it is not told a second time');
});

test('an alert’s reasons are those of the payments it counts', async () => {
  const at = await openWatch();
  await at.hits(['v1', 1, 'google']);
  await at.sell(START, DROP, 2 * HOUR_MS, () => true);
  const pay = (id: string, time: number, paid: object) =>
    at.pay(id, { occurredAt: time, ...paid }, [], [['charge', 10_00]]);
  // A bulk renewal of the same morning says nothing of the integration, nor does what was paid off Stripe.
  for (let index = 0; index < 12; index += 1) {
    await pay(`in_${index}`, DROP - 4 * HOUR_MS + index * 1_000, { kind: 'renewal' });
    await pay(`again_${index}`, DROP + index * 1_000, { kind: 'renewal' });
  }
  // Of one customer twice in the same minutes: counted once.
  await pay('twice_1', DROP + 1_000, { customer: 'cus_1' });
  await pay('twice_2', DROP + 2_000, { customer: 'cus_1' });
  await at.sell(DROP, DROP + HOUR_MS, 6 * 60_000, () => false);
  at.at(DROP + HOUR_MS);
  await at.look();
  const [alert] = await at.alerts();
  const { payments, attributed } = alert!.coverage;
  assert.deepEqual([attributed, payments > 8], [0, true]);
  assert.deepEqual(alert!.reasons, { no_visitor_id: payments });
});

test('three payments a day, some of strangers, never cry wolf; and a person accepts what is new', async () => {
  const at = await openWatch();
  await at.hits(['v1', 1, 'google']);
  // Seven of ten, never regular: 40 strangers of 135, up to three in a row.
  await at.sell(START, START + 45 * DAY_MS, 8 * HOUR_MS, (index) => (index * 7_919) % 101 > 30);
  for (let time = START; time < START + 45 * DAY_MS; time += 12 * HOUR_MS) {
    at.at(time);
    await at.look();
  }
  assert.deepEqual(await at.alerts(), []);
  const end = START + 46 * DAY_MS;
  await at.sell(end, end + 6 * DAY_MS, 2 * HOUR_MS, () => false);
  at.at(end + 3 * DAY_MS);
  await at.look();
  const [alert] = await at.alerts();
  const accepted = await at.use.accept(at.site, alert!.id, 'Ada');
  assert.ok(accepted.ok);
  assert.deepEqual([accepted.value.resolution, accepted.value.resolved_by], ['accepted', 'Ada']);
  assert.deepEqual((await at.use.accept(at.site, alert!.id, 'Ada')).ok, false);
  for (let time = end + 3 * DAY_MS; time < end + 6 * DAY_MS; time += 12 * HOUR_MS) {
    at.at(time);
    await at.look();
  }
  assert.equal((await at.alerts()).length, 1);
});

test('an alert of test mode is over when the site goes live', async () => {
  const at = await openWatch();
  at.takes('test');
  await at.hits(['v1', 1, 'google']);
  await at.sell(START, DROP, 4 * HOUR_MS, () => true);
  await at.sell(DROP, DROP + HOUR_MS, 6 * 60_000, () => false);
  at.at(DROP + HOUR_MS);
  await at.look();
  const standing = async () => (await at.alerts()).map((alert) => [alert.mode, alert.resolved_at]);
  assert.deepEqual(await standing(), [['test', null]]);
  at.takes('live');
  at.at(DROP + 2 * HOUR_MS);
  await at.look();
  assert.deepEqual(await standing(), [['test', new Date(DROP + 2 * HOUR_MS).toISOString()]]);
});

describe('where alerts may go', () => {
  const inside = `127.0.0.1 10.1.2.3 172.20.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 ::
    fe80::1 fc00::1 fd00:ec2::254 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe 64:ff9b::7f00:1 2002:7f00:1:: 2001:db8::1 nonsense`;
  for (const address of inside.split(/\s+/)) {
    test(`not to ${address}`, () => assert.equal(isPublicAddress(address), false));
  }
  for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111']) {
    test(`to ${address}`, () => assert.equal(isPublicAddress(address), true));
  }
  const texts = `http://example.com/ ftp://example.com/ https://user:pass@example.com/ https://localhost/ https://a.internal/
    https://2130706433/ https://0x7f.1/ https://[::ffff:127.0.0.1]/ https://127.0.0.1./ nothing`;
  for (const text of texts.split(/\s+/)) {
    test(`not to ${text}`, () => assert.throws(() => readAddress(text, PUBLIC_ONLY), { name: 'AddressRefused' }));
  }

  test('not to a name that leads inside, when it is saved and when it is sent', async () => {
    const receiver = await startReceiver();
    let answer = ['127.0.0.1'];
    const rule: AddressRule = { protocols: ['http:'], isAllowed: isPublicAddress, resolve: async () => answer };
    const at = await openWatch(rule);
    const address = `http://rebound.example:${receiver.port}/`;
    const refused = await at.use.setWebhook(at.site, address);
    assert.ok(!refused.ok && refused.field === 'url' && /private network/.test(refused.message));
    answer = ['93.184.216.34', '10.0.0.1'];
    assert.equal((await at.use.setWebhook(at.site, address)).ok, false, 'one forbidden among several');
    answer = ['93.184.216.34'];
    assert.equal((await at.use.setWebhook(at.site, address)).ok, true);
    // The name answers something else a moment later.
    answer = ['127.0.0.1'];
    assert.deepEqual(await at.use.testWebhook(at.site), { ok: true, value: { done: true } });
    await at.deliver();
    const { deliveries } = await at.use.webhook(at.site);
    assert.deepEqual([receiver.heard.length, deliveries[0]!.state], [0, 'failed']);
    assert.match(deliveries[0]!.error!, /private network/);
    await at.use.removeWebhook(at.site);
    assert.equal((await at.use.testWebhook(at.site)).ok, false);
    assert.equal((await at.use.webhook(at.site)).webhook, null);
  });
});
