import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { facts, link, NOW, on, openShop, records } from '../../test/contracts/shop.ts';
import type { Link } from '../core/link.ts';
import type { Payment } from '../core/payment.ts';
import { createDefaultMode } from '../reports/mode.ts';
import { createPaymentReports } from '../reports/payments.ts';
import { FactsUnavailable } from '../storage/facts/facts.ts';
import type { Site } from '../storage/records/records.ts';
import { createMirror } from './mirror.ts';
import { createRecompute } from './recompute.ts';

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

  test('a visitor handed over to more than 50 others is joined with none of them, seen from either side', async () => {
    const shop = await openShop();
    const crowd = Array.from({ length: 51 }, (_, index) => `h${index}`);
    await shop.hits(['from', 2, 'google'], ...crowd.map((visitor): [string, number, string] => [visitor, 3, visitor]));
    const rows = crowd.map((visitor) => ({ kind: 'hand_over' as const, value: 'from', visitor, seenAt: on(3) }));
    await records.identities.add(shop.site, rows.slice(1));
    await shop.pay('ch_1', {}, [link('h5')], [['charge', 10_00]]);
    await shop.pay('ch_2', {}, [link('h0')], [['charge', 4_00]]);
    await shop.settle();
    assert.deepEqual((await shop.attribution('ch_1')).visitors, ['from', 'h5']);
    await records.identities.add(shop.site, rows);
    await shop.request('ch_1', 'ch_2');
    await shop.settle();
    assert.deepEqual(await shop.revenue(), { h5: 10_00, h0: 4_00 });
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

  test('a customer of hundreds of payments shares a visitor with all of them, whichever brought it', async () => {
    const shop = await openShop();
    await shop.hits(['v1', 5, 'google'], ['v2', 2, 'newsletter']);
    const pay = (id: string, visitor: string) =>
      shop.pay(id, { customer: 'cus_1' }, [link(visitor)], [['charge', 10_00]]);
    const ids = Array.from({ length: 250 }, (_, index) => `ch_${index + 100}`);
    for (const id of ids) await pay(id, 'v1');
    await shop.settle();
    assert.deepEqual(await shop.revenue('first_touch'), { google: 250 * 10_00 });
    await pay('ch_999', 'v2');
    await shop.settle();
    assert.deepEqual(await shop.revenue('first_touch'), { newsletter: 251 * 10_00 });
  });
});

test('workers that take the same payments at once credit them once', async () => {
  const shop = await openShop();
  await shop.hits(['v1', 3, 'google'], ['v2', 4, 'newsletter']);
  for (const id of ['ch_1', 'ch_2', 'ch_3', 'ch_4']) {
    await shop.pay(id, { customer: 'cus_1' }, [link(id < 'ch_3' ? 'v1' : 'v2')], [['charge', 10_00]]);
  }
  await Promise.all([1, 2, 3].map(() => shop.attributor.runOnce()));
  await shop.settle();
  assert.deepEqual(await shop.revenue(), { google: 20_00, newsletter: 20_00 });
});

test('payments are listed newest first, page by page, live apart from test', async () => {
  const shop = await openShop();
  await shop.hits(['v1', 3, 'google'], ['v2', 3, '']);
  await shop.pay('ch_1', { occurredAt: on(5) }, [link('v1')], [['charge', 10_00]]);
  await shop.pay('ch_2', { occurredAt: on(6) }, [link('v2')], [['charge', 10_00]]);
  await shop.pay('ch_3', { occurredAt: on(7) }, [], [['charge', 10_00]]);
  await shop.pay('ch_t', { occurredAt: on(7), mode: 'test' }, [], [['charge', 10_00]]);
  await shop.settle();
  const reports = createPaymentReports({ records, defaultMode: createDefaultMode({ records }) });
  const page = async (mode: 'live' | 'test' | null, cursor: string | null) => {
    const answer = await reports.list({ id: shop.site }, { mode, limit: 2, cursor });
    assert.ok(answer.ok);
    return answer.value;
  };
  const first = await page('live', null);
  const second = await page('live', first.next);
  const shown = [...first.payments, ...second.payments].map((payment) => [payment.id, payment.source, payment.reason]);
  assert.deepEqual(shown, [
    ['ch_3', '(unattributed)', 'no_visitor_id'],
    ['ch_2', '(direct)', null],
    ['ch_1', 'google', null],
  ]);
  assert.equal(second.next, null);
  const idsOf = async (mode: 'test' | null) => (await page(mode, null)).payments.map((payment) => payment.id);
  assert.deepEqual(await idsOf('test'), ['ch_t']);
  // Without any connection a question that names no mode is about the live money there is.
  assert.deepEqual(await idsOf(null), ['ch_3', 'ch_2']);
  const wrong = await reports.list({ id: shop.site }, { mode: 'live', limit: 2, cursor: `'; DROP TABLE payments` });
  assert.ok(!wrong.ok && wrong.field === 'cursor');
  assert.equal(await reports.get({ id: shop.site }, 'ch_none'), null);
});

test('a refund that is booked and not credited yet is shared in the answer already', async () => {
  const shop = await openShop();
  await shop.hits(['v1', 2, 'google'], ['v1', 3, 'newsletter']);
  await shop.pay('ch_1', {}, [link('v1')], [['charge', 10_00]]);
  await shop.settle();
  await shop.pay('ch_1', {}, [link('v1')], [['refund', -3_33, 11]]);
  const reports = createPaymentReports({ records, defaultMode: createDefaultMode({ records }) });
  const credits = async () => (await reports.get({ id: shop.site }, 'ch_1'))!.credits;
  const before = await credits();
  assert.deepEqual(
    [before.first_touch, before.linear],
    [
      [6_67, 0],
      [3_33, 3_34],
    ],
  );
  await shop.settle();
  assert.deepEqual(await credits(), before);
});

test('rows whose insert was answered by an outage are inserted once', async () => {
  const shop = await openShop();
  await shop.hits(['v1', 3, 'google']);
  await shop.pay('ch_1', {}, [link('v1')], [['charge', 10_00]]);
  await shop.attributor.runOnce();
  const lost = createMirror({
    records,
    facts: {
      ...facts,
      async insertWritten(...rows) {
        await facts.insertWritten(...rows);
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
