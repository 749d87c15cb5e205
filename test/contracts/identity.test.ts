// Who is one person: every way in which visitors are joined, what a person says against it, and what is written down of
// the change. On the real stores; days are of November 2026.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Link } from '../../src/core/link.ts';
import { createExplain } from '../../src/payments/explain.ts';
import { linkId } from '../../src/payments/link-id.ts';
import { createHandOver } from '../../src/payments/link.ts';
import { createRecompute } from '../../src/payments/recompute.ts';
import { createVerdicts } from '../../src/payments/verdict.ts';
import { link, NOW, on, openShop, records } from './shop.ts';

const now = () => NOW;
const SAID = { by: 'Ada', why: 'not theirs' };

async function openPerson() {
  const shop = await openShop();
  const site = (await records.sites.get(shop.site))!;
  const explain = createExplain({ records });
  const verdicts = createVerdicts({ records, now, connectedBy: explain });
  const handOver = createHandOver({ records, now });
  return {
    ...shop,
    site,
    /** 'v2 customer:cus_1' …: each visitor of the path, and by what. */
    async path(payment: string) {
      const { visitors } = (await explain(site, payment))!;
      return visitors.map(({ visitor, joinedBy }) =>
        [
          visitor,
          ...joinedBy.map(({ by, value, with: other }) => `${by}:${value}${other ? ` with ${other}` : ''}`),
        ].join(' '),
      );
    },
    explain: (payment: string) => explain(site, payment),
    async identify(visitor: string, value: string, kind: 'app_id' | 'email_hash' = 'app_id', day = 5) {
      const identifies = [{ kind, value, visitor, seenAt: on(day) }];
      await handOver([{ site: site.id, visitors: [visitor], sessions: [], identifies, checkouts: [] }]);
      await shop.settle();
    },
    async handOver(...rows: { from: string; to: string }[]) {
      const identifies = rows.map(({ from, to }) => ({
        kind: 'hand_over' as const,
        value: from,
        visitor: to,
        seenAt: on(3),
      }));
      const visitors = rows.map(({ to }) => to);
      await handOver([{ site: site.id, visitors, sessions: [], identifies, checkouts: [] }]);
      await shop.settle();
    },
    async reject(payment: string, named: Parameters<typeof linkId>[0]) {
      const outcome = await verdicts.reject(site, payment, { link: linkId(named), ...SAID });
      await shop.settle();
      return outcome;
    },
    async reinstate(named: Parameters<typeof linkId>[0]) {
      const outcome = await verdicts.reinstate(site, { link: linkId(named), ...SAID });
      await shop.settle();
      return outcome;
    },
    /** Newest first: 'ch_1 late_hit: (unattributed) 1000>0, google 0>1000' under linear. */
    async log(payment?: string) {
      const { restatements } = await records.restatements.list(site.id, { payment, limit: 100, cursor: null });
      return restatements.map(({ payment: id, reasons, changes }) => {
        const said = changes.map(({ source, models: { linear } }) => `${source} ${linear?.[0]}>${linear?.[1]}`);
        return `${id} ${reasons.join('+')}: ${said.join(', ')}`;
      });
    },
    async recompute() {
      await createRecompute({ records, now }).run(site.id, null, async () => true);
      await shop.settle();
    },
  };
}

const CHARGE = [['charge', 10_00]] as [['charge', number]];
const BOTH = { google: 5_00, newsletter: 5_00 };

describe('visitors are joined late, and the payment is credited along both paths', () => {
  for (const kind of ['app_id', 'email_hash'] as const) {
    test(`by ${kind}`, async () => {
      const at = await openPerson();
      await at.hits(['phone', 2, 'google'], ['laptop', 4, 'newsletter']);
      await at.identify('laptop', 'user-7', kind);
      await at.pay('ch_1', {}, [link('laptop')], CHARGE);
      await at.settle();
      assert.deepEqual(await at.revenue(), { newsletter: 10_00 });
      await at.identify('phone', 'user-7', kind);
      assert.deepEqual(await at.revenue(), BOTH);
      const by = kind === 'app_id' ? 'app_id' : 'email';
      assert.deepEqual(await at.path('ch_1'), ['laptop payment:laptop', `phone ${by}:user-7 with laptop`]);
      assert.deepEqual(await at.log(), ['ch_1 identity_joined: google 0>500, newsletter 1000>500']);
      // Whom the person turns out not to be is let go, by either side of the evidence.
      const field = kind === 'app_id' ? 'identify.app_id' : 'identify.email';
      for (const object of ['phone', 'laptop']) {
        const named = { object, field, value: 'user-7' };
        assert.deepEqual(await at.reject('ch_1', named), { ok: true, value: { link: linkId(named), payments: 1 } });
        assert.deepEqual(
          [await at.revenue(), await at.path('ch_1')],
          [{ newsletter: 10_00 }, ['laptop payment:laptop']],
        );
        // The same evidence seen again, and everything credited again, change nothing.
        await at.identify('phone', 'user-7', kind, 6);
        await at.recompute();
        assert.deepEqual(await at.revenue(), { newsletter: 10_00 });
        await at.reinstate(named);
        assert.deepEqual(await at.revenue(), BOTH);
      }
      assert.deepEqual((await at.log()).slice(0, 2), [
        'ch_1 link_reinstated: google 0>500, newsletter 1000>500',
        'ch_1 link_rejected: google 500>0, newsletter 500>1000',
      ]);
    });
  }

  test('by a hand-over from another domain, in both directions', async () => {
    const at = await openPerson();
    await at.hits(['here', 2, 'google'], ['there', 4, 'newsletter'], ['crowd', 3, 'x']);
    await at.pay('ch_1', {}, [link('there')], CHARGE);
    await at.pay('ch_2', {}, [link('here')], CHARGE);
    await at.settle();
    const given = { from: 'here', to: 'there' };
    await at.handOver(
      given,
      given,
      { from: 'here', to: 'here' },
      { from: 'here', to: 'null' },
      { from: 'null', to: 'there' },
    );
    assert.deepEqual(await at.revenue(), { google: 10_00, newsletter: 10_00 });
    assert.deepEqual(await at.path('ch_1'), ['there payment:there', 'here hand_over:here with there']);
    assert.deepEqual(await at.path('ch_2'), ['here payment:here', 'there hand_over:here with here']);
    const named = { object: 'there', field: 'hand_over', value: 'here' };
    await at.reject('ch_2', named);
    assert.deepEqual(await at.revenue(), { google: 10_00, newsletter: 10_00 });
    assert.deepEqual(await at.path('ch_2'), ['here payment:here']);
    await at.reinstate(named);
    // A parameter that went round among many people joins none of them.
    await at.handOver(...Array.from({ length: 60 }, (_, index) => ({ from: 'here', to: `other${index}` })));
    assert.deepEqual(await at.path('ch_2'), ['here payment:here']);
  });

  test('by the customer, whose payments stay apart when a person says so', async () => {
    const at = await openPerson();
    await at.hits(['v1', 2, 'google'], ['v2', 4, 'newsletter']);
    await at.pay('ch_1', { customer: 'cus_1' }, [link('v1')], CHARGE);
    await at.settle();
    await at.pay('ch_2', { customer: 'cus_1' }, [link('v2')], CHARGE);
    await at.settle();
    assert.deepEqual(await at.revenue(), { google: 10_00, newsletter: 10_00 });
    assert.deepEqual(await at.path('ch_1'), ['v1 payment:v1', 'v2 customer:v2 with ch_2']);
    assert.deepEqual(await at.log('ch_1'), ['ch_1 customer_joined: google 1000>500, newsletter 0>500']);
    // In one turn with the payment that brings a visitor, after which it is credited.
    await at.pay('ch_3', { customer: 'cus_2' }, [link('v1')], CHARGE);
    await at.settle();
    await at.pay('ch_2b', { customer: 'cus_2' }, [link('v2')], CHARGE);
    await records.attributions.request(at.site.id, ['ch_3'], NOW, ['late_hit']);
    await at.settle();
    assert.deepEqual(await at.log('ch_3'), ['ch_3 customer_joined: google 1000>500, newsletter 0>500']);
    const named = { object: 'cus_1', field: 'customer', value: 'v2' };
    assert.deepEqual((await at.reject('ch_1', named)).ok, true);
    assert.deepEqual([await at.path('ch_1'), await at.path('ch_2')], [['v1 payment:v1'], ['v2 payment:v2']]);
    assert.deepEqual((await at.detail('ch_1'))!.credits.linear, [10_00]);
    await at.reinstate(named);
    assert.deepEqual((await at.path('ch_2')).length, 2);
  });
});

describe('a link that a person rejects', () => {
  test('counts nowhere, stays to be seen, and comes back when it is reinstated', async () => {
    const at = await openPerson();
    await at.hits(['v1', 2, 'google'], ['v2', 4, 'newsletter']);
    const near: Link = { ...link('v1', 'visitor', 1), object: 'pi_1' };
    const far: Link = { ...link('v2', 'visitor', 5), object: 'cus_1' };
    await at.pay('ch_1', {}, [near, far], CHARGE);
    await at.pay('ch_2', {}, [near], CHARGE);
    await at.settle();
    assert.deepEqual(await at.revenue(), { google: 20_00 });
    assert.deepEqual(await at.reject('ch_1', near), { ok: true, value: { link: linkId(near), payments: 2 } });
    assert.deepEqual(await at.revenue(), { newsletter: 10_00, '(unattributed)': 10_00 });
    const { reason, links } = (await at.detail('ch_2'))!;
    assert.deepEqual([reason, links.length], ['link_rejected', 1]);
    const { verdicts } = (await at.explain('ch_2'))!;
    const [said] = verdicts.get(linkId(near))!;
    assert.deepEqual([said!.verdict, said!.by, said!.why, said!.at], ['rejected', 'Ada', 'not theirs', NOW]);
    // A replay brings the same links again; everything is credited again.
    await records.payments.setLinks(at.site.id, 'ch_1', [near, far]);
    await at.request('ch_1');
    await at.recompute();
    assert.deepEqual(await at.revenue(), { newsletter: 10_00, '(unattributed)': 10_00 });
    await at.reinstate(near);
    assert.deepEqual(await at.revenue(), { google: 20_00 });
    assert.deepEqual(await at.log(), [
      'ch_2 link_reinstated: (unattributed) 1000>0, google 0>1000',
      'ch_1 link_reinstated: google 0>1000, newsletter 1000>0',
      'ch_2 link_rejected: (unattributed) 0>1000, google 1000>0',
      'ch_1 link_rejected: google 1000>0, newsletter 0>1000',
    ]);
  });

  test('must be one of the payment, and is rejected once', async () => {
    const at = await openPerson();
    await at.pay('ch_1', {}, [link('v1')], CHARGE);
    await at.settle();
    const codes = async (...outcomes: Promise<{ ok: boolean; code?: string; status?: number }>[]) =>
      (await Promise.all(outcomes)).map(({ ok, code, status }) => (ok ? 'ok' : `${status} ${code}`));
    assert.deepEqual(
      await codes(at.reject('ch_1', link('v9')), at.reject('ch_9', link('v1')), at.reinstate(link('v1'))),
      ['404 unknown_link', '404 unknown_link', '404 unknown_link'],
    );
    const twice = await codes(at.reject('ch_1', link('v1')), at.reject('ch_1', link('v1')));
    assert.deepEqual(twice.toSorted(), ['409 no_change', 'ok']);
    const again = await codes(at.reinstate(link('v1')), at.reinstate(link('v1')));
    assert.deepEqual(again.toSorted(), ['409 no_change', 'ok']);
    const other = await openPerson();
    assert.deepEqual(await codes(other.reinstate(link('v1'))), ['404 unknown_link'], 'sites are apart');
  });
});

test('a recompute that finds credits other than they should be says so', async () => {
  const at = await openPerson();
  await at.hits(['v1', 2, 'google'], ['v1', 9, 'newsletter']);
  await at.pay('ch_1', {}, [link('v1')], CHARGE);
  await at.settle();
  await at.recompute();
  assert.deepEqual(await at.log(), []);
  // Written past the page that would have everything credited again.
  await records.sites.update(at.site.id, { settings: { ...at.site.settings, windowDays: 3 } });
  await at.recompute();
  assert.deepEqual(await at.log(), ['ch_1 recompute: google 500>0, newsletter 500>1000']);
});

test('two customers on one browser stay two, and both are credited by its visits', async () => {
  const at = await openPerson();
  await at.hits(['shared', 2, 'google'], ['hers', 4, 'newsletter'], ['his', 4, 'partner']);
  await at.pay('ch_1', { customer: 'cus_her' }, [link('shared')], CHARGE);
  await at.pay('ch_2', { customer: 'cus_his' }, [link('shared')], CHARGE);
  await at.pay('ch_3', { customer: 'cus_her' }, [link('hers')], CHARGE);
  await at.pay('ch_4', { customer: 'cus_his' }, [link('his')], CHARGE);
  await at.settle();
  assert.deepEqual(await at.revenue(), { google: 20_00, newsletter: 10_00, partner: 10_00 });
  assert.deepEqual(
    (await at.path('ch_1')).map((it) => it.split(' ')[0]),
    ['shared', 'hers'],
  );
  assert.deepEqual(
    (await at.path('ch_4')).map((it) => it.split(' ')[0]),
    ['his', 'shared'],
  );
});
