import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Event } from '../core/event.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import type { Link } from '../core/link.ts';
import type { Payment } from '../core/payment.ts';
import type { ReportQuery } from '../core/report.ts';
import { createDefaultMode } from '../reports/mode.ts';
import { createPaymentReports } from '../reports/payments.ts';
import { createFactsClient } from '../storage/facts/client.ts';
import { createFacts } from '../storage/facts/create.ts';
import { startEmbedded } from '../storage/facts/embedded/supervise.ts';
import { FactsUnavailable } from '../storage/facts/facts.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { createReport } from '../storage/facts/report.ts';
import { openRecords } from '../storage/records/open.ts';
import type { Records, Site } from '../storage/records/records.ts';
import { createAttributor } from './attribute.ts';
import { createMirror } from './mirror.ts';
import { createRecompute } from './recompute.ts';

/** Stories on the real stores. Days are of November 2026; a visitor's first hit of a day starts a session. */
const log = { info() {}, warn() {}, error() {} };
const NOW = Date.parse('2026-12-01T00:00:00Z');
let directory: string;
let records: Records;
let facts: Facts;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-attribute-'));
  records = openRecords({ dataDir: directory, log });
  const engine = await startEmbedded({ directory: join(directory, 'facts'), log });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  facts = createFacts(client, createReport(client), { close: () => engine.close() });
  await Promise.all([records.migrate(), facts.migrate()]);
});
after(async () => {
  await facts?.close();
  await records?.close();
  await rm(directory, { recursive: true, force: true });
});

let counter = 0;
const next = () => `00000000-0000-4000-8000-${String((counter += 1)).padStart(12, '0')}`;
const on = (day: number, ms = 12 * 3_600_000) => Date.parse('2026-11-01T00:00:00Z') + (day - 1) * 86_400_000 + ms;

async function openShop(settings: Partial<Site['settings']> = {}) {
  const team = await records.teams.default(NOW);
  const place = { team: team.id, name: 'Shop', domain: 'shop.example', timezone: 'UTC', currency: 'usd' };
  const site = (await records.sites.add({ ...place, settings }, NOW)).id;
  let outages = 0;
  let asked = 0;
  let wakes = 0;
  const attributor = createAttributor({
    records,
    facts: {
      async touchpoints(...question) {
        asked += 1;
        if (outages > 0) throw new FactsUnavailable('stopped');
        return facts.touchpoints(...question);
      },
      visitorsOfSessions: (...question) => facts.visitorsOfSessions(...question),
    },
    now: () => NOW,
    log,
    onOutbox: () => (wakes += 1),
  });
  const mirror = createMirror({ records, facts });

  async function settle() {
    for (let turn = 0; turn < 20; turn += 1) {
      const again = await attributor.runOnce();
      if (!again && (await records.attributions.count(site)) === 0) break;
    }
    assert.equal(await records.attributions.count(site), 0, 'attribution ends');
    while (await mirror.runOnce());
  }

  return {
    site,
    settle,
    attributor,
    stop: (times: number) => (outages = times),
    asked: () => asked,
    wakes: () => wakes,
    async hits(...hits: [visitor: string, day: number, source: string, ms?: number][]) {
      const events = hits.map(([visitor, day, source, ms]) => hit(site, visitor, on(day, ms), source));
      await facts.insertEvents(events, `events-${next()}`);
    },
    async pay(id: string, paid: Partial<Payment>, links: Link[], entries: [LedgerEntry['kind'], number, number?][]) {
      const payment = paymentOf(site, id, paid);
      await records.payments.upsert(payment);
      await records.payments.setLinks(site, id, links);
      await records.ledger.append(
        site,
        payment.mode,
        entries.map(([kind, amountMinor, day]) => entryOf(payment, kind, amountMinor, day)),
      );
      await records.attributions.request(site, [id], NOW);
    },
    request: (...ids: string[]) => records.attributions.request(site, ids, NOW),
    attribution: async (id: string) => (await records.payments.get(site, id))!.attribution,
    detail: (id: string) =>
      createPaymentReports({ records, defaultMode: createDefaultMode({ records }) }).get({ id: site }, id),
    revenue: async (model: ReportQuery['model'] = 'linear') => {
      const range = { from: '2026-11-01', to: '2026-12-31', timezone: 'UTC', currency: 'usd', mode: 'live' as const };
      const shape = { metrics: ['revenue'] as const, dimensions: ['source'] as const, filters: [], order: null };
      const question = {
        ...range,
        ...shape,
        site,
        model,
        by: 'entry_date' as const,
        limit: 100,
        bots: 'exclude' as const,
      };
      const { rows } = await facts.report(question);
      return Object.fromEntries(rows.map((row) => [row.source, row.revenue]));
    },
  };
}

function hit(site: string, visitor: string, occurredAt: number, source: string): Event {
  const from = { source, medium: '', campaign: '', term: '', content: '', clickId: '', clickIdKind: '' };
  const arrival = { ...from, referrerHost: '', referrer: '', channel: source ? 'Referral' : 'Direct' };
  const page = { hostname: 'shop.example', path: '/', url: 'https://shop.example/', title: '', props: {}, bot: '' };
  const place = { country: 'DE', region: '', city: '', locationApproximate: false, language: 'de' };
  const device = { browser: 'Firefox', os: 'Linux', device: 'desktop' };
  const session = `${visitor}-${Math.floor(occurredAt / 86_400_000)}`;
  const times = { occurredAt, receivedAt: occurredAt + 3 };
  return { site, id: next(), visitor, session, name: 'pageview', ...times, ...page, ...arrival, ...place, ...device };
}

function paymentOf(site: string, id: string, fields: Partial<Payment>): Payment {
  const sums = { grossMinor: 0, refundedMinor: 0, disputedMinor: 0, feeMinor: 0, feeCurrency: null };
  const kind = { mode: 'live', kind: 'one_time', currency: 'usd', connection: 'c1' } as const;
  return {
    site,
    id,
    ...kind,
    ...sums,
    occurredAt: on(10) + 999,
    customer: null,
    subscription: null,
    pathEndsAt: null,
    ...fields,
  };
}

function entryOf(payment: Payment, kind: LedgerEntry['kind'], amountMinor: number, day?: number): LedgerEntry {
  const id = kind === 'charge' ? payment.id : `re_${next()}`;
  const settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };
  const occurredAt = day === undefined ? payment.occurredAt : on(day);
  return { id, paymentId: payment.id, kind, amountMinor, currency: payment.currency, occurredAt, ...settlement };
}

function link(value: string, claim: Link['claim'] = 'visitor', rung = 1): Link {
  const field = claim === 'client_reference' ? 'client_reference_id' : `metadata.hw_${claim}_id`;
  return { object: 'cs_1', field, value, claim, rung, seenAt: on(10) };
}

describe('a payment', () => {
  test('is credited along its path, and the report tells it', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 1, 'google'], ['v1', 4, 'newsletter'], ['v1', 12, 'too-late']);
    await shop.pay('ch_1', { grossMinor: 100_01 }, [link('v1')], [['charge', 100_01]]);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { google: 50_01, newsletter: 50_00 });
    assert.deepEqual(await shop.revenue('last_touch'), { newsletter: 100_01 });
    const detail = (await shop.detail('ch_1'))!;
    assert.deepEqual(detail.credits.linear, [50_01, 50_00]);
    assert.deepEqual([detail.visitor_id, detail.source, detail.reason, detail.revenue], ['v1', 'google', null, 100_01]);
    assert.deepEqual(
      [detail.touchpoints.map((touch) => touch.source), detail.links.map((one) => one.used)],
      [['google', 'newsletter'], [true]],
    );
    assert.ok(shop.wakes() > 0);
  });

  test('follows a refund, and a full refund leaves nothing anywhere', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 1, 'google'], ['v1', 2, 'x'], ['v1', 4, 'newsletter']);
    await shop.pay('ch_1', {}, [link('v1')], [['charge', 10_00]]);
    await shop.settle();
    await shop.pay('ch_1', {}, [link('v1')], [['refund', -3_33, 11]]);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { google: 2_23, x: 2_22, newsletter: 2_22 });
    await shop.pay('ch_1', {}, [link('v1')], [['refund', -6_67, 12]]);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { google: 0, x: 0, newsletter: 0 });
  });

  test('attributed again without news appends nothing', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 1, 'google']);
    await shop.pay('ch_1', {}, [link('v1')], [['charge', 10_00]]);
    await shop.settle();
    const before = shop.wakes();
    await createRecompute({ records, now: () => NOW }).run(shop.site, null, async () => true);
    assert.equal(await records.attributions.count(shop.site), 1);
    await shop.settle();
    assert.deepEqual([shop.wakes(), await records.outbox.count()], [before, 0]);
  });

  const reasons: [string, Partial<Payment>, Link[], Partial<Site['settings']>, reason: string][] = [
    ['no link', {}, [], {}, 'no_visitor_id'],
    ['a placeholder', {}, [link('undefined')], {}, 'malformed_visitor_id'],
    ['a visitor never seen', {}, [link('stranger')], {}, 'visitor_never_seen'],
    ['a client reference that is no visitor', {}, [link('order-77', 'client_reference')], {}, 'no_visitor_id'],
    ['a visitor seen after paying', { occurredAt: on(1, 0) }, [link('v1')], {}, 'visitor_seen_after_payment'],
    ['a visit outside the window', { occurredAt: on(29) }, [link('v1')], { windowDays: 7 }, 'outside_window'],
  ];
  for (const [name, paid, links, settings, reason] of reasons) {
    test(`with ${name} is unattributed, with its reason, and not direct`, async () => {
      const shop = await openShop(settings);
      await shop.hits(['v1', 2, 'google']);
      await shop.pay('ch_1', paid, links, [['charge', 10_00]]);
      await shop.settle();
      assert.deepEqual(await shop.revenue(), { '(unattributed)': 10_00 });
      const detail = (await shop.detail('ch_1'))!;
      assert.deepEqual([detail.reason, detail.source, detail.visitor_id], [reason, '(unattributed)', null]);
      assert.deepEqual([detail.touchpoints, detail.credits], [[], {}]);
      assert.ok(detail.explanation!.length > 20);
    });
  }

  test('counts the hit of its own second', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 10, 'google', 500], ['v1', 11, 'later']);
    await shop.pay('ch_1', { occurredAt: on(10, 0) + 999 }, [link('v1')], [['charge', 5_00]]);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { google: 5_00 });
  });

  test('of a renewal is credited along the path of its subscription', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 2, 'google'], ['v1', 20, 'newsletter']);
    await shop.pay(
      'ch_2',
      { occurredAt: on(28), pathEndsAt: on(5), subscription: 'sub_1' },
      [link('v1')],
      [['charge', 9_00]],
    );
    await shop.settle();
    assert.deepEqual(await shop.revenue('last_touch'), { google: 9_00 });
  });
});

describe('what comes late', () => {
  test('hits of a visitor never seen credit the payment when they arrive', async () => {
    const shop = await openShop();
    await shop.pay('ch_1', {}, [link('v1')], [['charge', 10_00]]);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { '(unattributed)': 10_00 });
    await shop.hits(['v1', 3, 'google']);
    await shop.request(...(await records.payments.touchedBy(shop.site, ['v1'])));
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { google: 10_00 });
  });

  test('links move a payment, and what was credited before is taken back', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 3, 'google'], ['v2', 3, 'newsletter']);
    await shop.pay('ch_1', {}, [link('v1', 'visitor', 5)], [['charge', 10_00]]);
    await shop.settle();
    await records.payments.setLinks(shop.site, 'ch_1', [link('v2', 'visitor', 1), link('v1', 'visitor', 5)]);
    await shop.request('ch_1');
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { newsletter: 10_00 });
  });

  test('while the facts store is stopped payments wait, and nothing is lost', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 3, 'google']);
    shop.stop(1);
    await shop.pay('ch_1', {}, [link('v1')], [['charge', 10_00]]);
    await assert.rejects(shop.attributor.runOnce(), FactsUnavailable);
    assert.equal((await shop.attribution('ch_1')).reason, 'pending');
    assert.equal(await records.attributions.count(shop.site), 1);
    shop.stop(0);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { google: 10_00 });
  });
});

describe('one person, several visitors', () => {
  test('a session id leads to its visitor', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 3, 'google']);
    const session = `v1-${Math.floor(on(3) / 86_400_000)}`;
    await shop.pay('ch_1', {}, [link(session, 'session')], [['charge', 10_00]]);
    await shop.settle();
    assert.deepEqual([(await shop.attribution('ch_1')).visitor, await shop.revenue()], ['v1', { google: 10_00 }]);
  });

  test('an app id leads to its visitor and joins the devices that gave it', async () => {
    const shop = await openShop();
    await shop.hits(['phone', 2, 'instagram'], ['laptop', 5, 'google'], ['other', 5, 'x']);
    const seenAt = on(5);
    await records.identities.add(shop.site, [
      { kind: 'app_id', value: 'user-7', visitor: 'phone', seenAt: on(2) },
      { kind: 'app_id', value: 'user-7', visitor: 'laptop', seenAt },
      { kind: 'app_id', value: 'guest', visitor: 'laptop', seenAt },
      { kind: 'app_id', value: 'guest', visitor: 'other', seenAt },
    ]);
    await shop.pay('ch_1', {}, [link('user-7', 'client_reference')], [['charge', 10_00]]);
    await shop.pay('ch_2', {}, [link('laptop')], [['charge', 8_00]]);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { instagram: 9_00, google: 9_00 });
    assert.deepEqual((await shop.attribution('ch_2')).visitors, ['laptop', 'phone']);
  });

  test('an id shared by more than 50 visitors joins nobody', async () => {
    const shop = await openShop();
    const crowd = Array.from({ length: 51 }, (_, index) => `c${index}`);
    await shop.hits(...crowd.map((visitor): [string, number, string] => [visitor, 3, visitor]));
    const rows = crowd.map((visitor) => ({ kind: 'email_hash' as const, value: 'hash', visitor, seenAt: on(3) }));
    await records.identities.add(shop.site, rows);
    await shop.pay('ch_1', {}, [link('c5')], [['charge', 10_00]]);
    await shop.pay('ch_2', {}, [link('hash', 'email_hash')], [['charge', 10_00]]);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { c5: 10_00, '(unattributed)': 10_00 });
  });

  test('payments of a customer share their visitors, whichever is attributed first, and it comes to rest', async () => {
    for (const order of [
      ['ch_1', 'ch_2', 'ch_3'],
      ['ch_3', 'ch_2', 'ch_1'],
    ]) {
      const shop = await openShop();
      await shop.hits(['v1', 2, 'google'], ['v2', 5, 'newsletter']);
      const links: Record<string, Link[]> = { ch_1: [link('v1')], ch_2: [link('v2')], ch_3: [] };
      for (const id of order) {
        await shop.pay(id, { customer: 'cus_1' }, links[id]!, [['charge', 10_00]]);
        await shop.settle();
      }
      assert.deepEqual(await shop.revenue(), { google: 10_00, newsletter: 10_00, '(unattributed)': 10_00 });
      const asked = shop.asked();
      await shop.request('ch_1', 'ch_2', 'ch_3');
      await shop.settle();
      assert.equal(shop.asked(), asked + 1, 'nobody asks anybody again');
    }
  });

  test('two payments of a customer in one turn see each other', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 2, 'google'], ['v2', 5, 'newsletter']);
    await shop.pay('ch_1', { customer: 'cus_1' }, [link('v1')], [['charge', 10_00]]);
    await shop.pay('ch_2', { customer: 'cus_1' }, [link('v2')], [['charge', 10_00]]);
    await shop.pay('ch_t', { customer: 'cus_1', mode: 'test' }, [link('v2')], [['charge', 10_00]]);
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { google: 10_00, newsletter: 10_00 });
    assert.deepEqual((await shop.attribution('ch_t')).visitors, ['v2'], 'test and live customers are different people');
  });
});

test('rows whose insert was answered by an outage are inserted once', async () => {
  const shop = await openShop();
  await shop.hits(['v1', 3, 'google']);
  await shop.pay('ch_1', {}, [link('v1')], [['charge', 10_00]]);
  await shop.attributor.runOnce();
  const lost = createMirror({
    records,
    facts: {
      async insertCredits(...batch) {
        await facts.insertCredits(...batch);
        throw new FactsUnavailable('the answer was lost');
      },
    },
  });
  await assert.rejects(lost.runOnce(), FactsUnavailable);
  await assert.rejects(lost.runOnce(), FactsUnavailable);
  await shop.settle();
  assert.deepEqual([await shop.revenue(), await records.outbox.count()], [{ google: 10_00 }, 0]);
});

test('recompute goes on where it was interrupted', async () => {
  const shop = await openShop();
  for (const id of ['ch_1', 'ch_2', 'ch_3']) await shop.pay(id, {}, [], [['charge', 1_00]]);
  await shop.settle();
  const recompute = createRecompute({ records, now: () => NOW });
  const progress = await recompute.run(shop.site, { requested: 1, afterId: 'ch_1' }, async () => true);
  assert.deepEqual(progress, { requested: 3, afterId: 'ch_3' });
  assert.equal(await records.attributions.count(shop.site), 2);
  await shop.settle();
});
