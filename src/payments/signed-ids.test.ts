import assert from 'node:assert/strict';
import { test } from 'node:test';
import { link, NOW, on, openShop, records, sign } from '../../test/contracts/shop.ts';
import { siteHitsOf } from '../collect/hand-over.ts';
import { DEFAULT_COLLECT_RULES } from '../core/collect-rules.ts';
import { signVisitor } from '../core/visitor-id.ts';
import { createHandOver } from './link.ts';

const collect = { ...DEFAULT_COLLECT_RULES, signedSince: on(8) };

test('where signed ids are asked for, a made-up one earns nothing and a signed one does', async () => {
  const shop = await openShop({ collect });
  const signed = signVisitor(shop.site, 'v1', sign);
  await shop.hits([signed, 3, 'google'], ['made-up', 3, 'affiliate']);
  await shop.pay('ch_signed', { occurredAt: on(10) }, [link(signed)], [['charge', 10_00]]);
  await shop.pay('ch_forged', { occurredAt: on(10) }, [link('made-up')], [['charge', 5_00]]);
  await shop.pay('ch_foreign', { occurredAt: on(10) }, [link(signVisitor('other', 'v1', sign))], [['charge', 3_00]]);
  await shop.pay('ch_before', { occurredAt: on(7) }, [link('made-up')], [['charge', 2_00]]);
  await shop.settle();
  assert.deepEqual(await shop.revenue(), { google: 10_00, affiliate: 2_00, '(unattributed)': 8_00 });
  const reasons = await Promise.all(
    ['ch_forged', 'ch_foreign', 'ch_signed'].map(async (id) => (await shop.detail(id))!),
  );
  assert.deepEqual(
    reasons.map((detail) => [detail.reason, detail.visitor_id]),
    [
      ['forged_visitor_id', null],
      ['forged_visitor_id', null],
      [null, signed],
    ],
  );
});

test('a visitor handed over from another domain pays with the touchpoints of both', async () => {
  const shop = await openShop();
  await shop.hits(['there', 2, 'google'], ['here', 3, 'newsletter']);
  await shop.pay('ch_1', { occurredAt: on(10) }, [link('here')], [['charge', 10_00]]);
  await shop.settle();
  assert.deepEqual(await shop.revenue(), { newsletter: 10_00 });
  const landing = { site: shop.site, visitor: 'here', session: '', occurredAt: on(3), name: 'pageview' };
  const hits = siteHitsOf([{ ...landing, props: { hw_hand_over: 'there' } } as never]);
  const handOver = createHandOver({ records, now: () => NOW });
  await handOver(hits);
  await handOver(hits);
  await shop.settle();
  assert.deepEqual(await shop.revenue('linear'), { google: 5_00, newsletter: 5_00 });
  assert.deepEqual(await shop.revenue('last_touch'), { newsletter: 10_00 });
});
