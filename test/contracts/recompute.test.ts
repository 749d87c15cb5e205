// Crediting is a function: the same facts give the same rows, byte for byte and in the same order, on both stores, in
// whatever order they were told, and whatever the site's settings were in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Link } from '../../src/core/link.ts';
import type { Touchpoint } from '../../src/core/touchpoint.ts';
import { createAttributor } from '../../src/payments/attribute.ts';
import { createRecompute } from '../../src/payments/recompute.ts';
import { written } from '../../src/storage/facts/create.ts';
import type { SiteSettings } from '../../src/storage/records/records.ts';
import { addSite, describeStores, makeEntry, makePayment, makeTouchpoint, quiet } from './record-stores.ts';
import type { OpenedRecords } from './record-stores.ts';

const DAY_MS = 86_400_000;
const NOW = 400 * DAY_MS;
const PAYMENTS = 230;
const SOURCES = ['', 'google', 'news', 'google', 'bing'];

/** One to six touchpoints of each visitor, some at the same time. */
const TOUCHES: Touchpoint[] = Array.from({ length: PAYMENTS / 2 }, (_, visitor) =>
  Array.from({ length: 1 + (visitor % 6) }, (_, number): Touchpoint => ({
    ...makeTouchpoint(`v${visitor}`, 300 * DAY_MS + visitor * 7_200_000 - number * (visitor % 4) * 9 * DAY_MS),
    session: `s${visitor}-${number}`,
    source: SOURCES[(visitor + number) % SOURCES.length]!,
    medium: number % 2 ? 'cpc' : '',
  })),
).flat();

const SETTINGS: Partial<SiteSettings> = {
  windowDays: 30,
  models: {
    ignoreDirect: true,
    collapseRepeats: true,
    positionPercents: { first: 60, middle: 10, last: 30 },
    halfLifeHours: 36,
    custom: { name: 'Mine', fromStart: [5], others: 1, fromEnd: [2] },
  },
  renewals: 'latest_touch',
};

/** The same facts, told in another order for each seed. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  return items
    .map((item, index) => ({ item, at: Math.imul(index + 1, 2_654_435_761 + seed * 97) >>> 0 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function openShop(records: OpenedRecords, seed: number) {
  const { id: site } = await addSite(records);
  const change = async (settings: Partial<SiteSettings>) => {
    const before = (await records.sites.get(site))!.settings;
    await records.sites.update(site, { settings: { ...before, ...settings } });
  };
  const attributor = createAttributor({
    records,
    facts: {
      touchpoints: async (_, visitors) => shuffled(TOUCHES, seed).filter((touch) => visitors.includes(touch.visitor)),
      visitorsOfSessions: async () => new Map(),
      written,
    },
    now: () => NOW,
    log: quiet,
    onOutbox: () => {},
  });
  for (const number of shuffled([...Array(PAYMENTS).keys()], seed)) await book(records, site, number);
  const settle = async () => {
    while ((await attributor.runOnce()) || (await records.attributions.count(site)) > 0);
  };
  return {
    change,
    settle,
    recompute: async () => {
      await createRecompute({ records, now: () => NOW }).run(site, null, async () => true);
      await settle();
    },
    /** What goes to the facts store, in its order; emptied. */
    async sent(): Promise<string> {
      const rows: unknown[] = [];
      for (let batch = await records.outbox.nextBatch(5_000); batch; batch = await records.outbox.nextBatch(5_000)) {
        rows.push(...batch.written.flatMap(({ text }) => text.split('\n')));
        await records.outbox.remove(batch.token);
      }
      return JSON.stringify(rows).replaceAll(site, 'SITE');
    },
    async stored(): Promise<string> {
      const ids = await records.payments.all(site, null, PAYMENTS);
      const rows = [];
      for (const id of ids) rows.push((await records.payments.get(site, id))!.attribution);
      return JSON.stringify(rows).replaceAll(site, 'SITE');
    },
  };
}

async function book(records: OpenedRecords, site: string, number: number): Promise<void> {
  const id = `ch_${String(number).padStart(4, '0')}`;
  const occurredAt = 310 * DAY_MS + number * 3_600_000;
  const isRenewal = number % 5 === 0;
  const payment = makePayment(site, id, {
    occurredAt,
    customer: number % 3 ? `cus_${number % 40}` : null,
    kind: isRenewal ? 'subscription_renewal' : 'one_time',
    pathEndsAt: isRenewal ? occurredAt - 8 * DAY_MS : null,
    taxMinor: number % 4 ? null : 99,
  });
  const link: Link = {
    object: id,
    field: 'metadata.hw_visitor_id',
    value: `v${number >> 1}`,
    claim: 'visitor',
    rung: 1,
    seenAt: occurredAt,
  };
  await records.payments.upsert(payment);
  await records.payments.setLinks(site, id, number % 7 === 0 ? [] : [link]);
  await records.ledger.append(site, payment.mode, [
    makeEntry(id, { paymentId: id, occurredAt, amountMinor: 1_001 + number, feeMinor: 59, settledCurrency: 'usd' }),
    ...(number % 6
      ? []
      : [makeEntry(`re_${number}`, { paymentId: id, kind: 'refund', occurredAt, amountMinor: -333 })]),
  ]);
  await records.attributions.request(site, [id], NOW, ['recompute']);
}

describeStores('crediting from scratch', (stores) => {
  test('the same facts in another order give the same rows, in the same order', async () => {
    const first = await openShop(await stores.fresh(), 1);
    const second = await openShop(await stores.fresh(), 2);
    await Promise.all([first.settle(), second.settle()]);
    const sent = await first.sent();
    assert.ok(sent.length > 100_000);
    assert.equal(await second.sent(), sent);
    assert.equal(await second.stored(), await first.stored());
    await first.recompute();
    assert.equal(await first.sent(), '[]', 'crediting again what did not change appends nothing');
  });

  test('what was credited from the same facts is left alone, and what nobody wrote down is computed', async () => {
    const records = await stores.fresh();
    const shop = await openShop(records, 6);
    await shop.settle();
    const [stored] = [await shop.stored(), await shop.sent()];
    // Without a customer: nobody else's path is theirs.
    const [ours, untold] = ['ch_0003', 'ch_0006'];
    const attributions = records.db.updateTable('payment_attributions');
    const broken = JSON.stringify({ visitor: null, visitors: [], reason: 'broken', usedLink: null, credits: {} });
    const body = broken.replace('}}', '},"path":[],"touchpoints":[],"payments":[],"entries":[],"rows":[]}');
    await attributions.set({ body }).where('payment', '=', ours).execute();
    await attributions.set({ body, inputs: '' }).where('payment', '=', untold).execute();
    await shop.recompute();
    const site = (await records.sites.list())[0]!.id;
    assert.equal((await records.payments.get(site, ours))?.attribution.reason, 'broken', 'its inputs are the same');
    assert.notEqual((await records.payments.get(site, untold))?.attribution.reason, 'broken');
    const digests = await records.payments.inputsOf(site, await records.payments.all(site, null, PAYMENTS));
    assert.equal(digests.size, PAYMENTS);
    await attributions.set({ inputs: 'of another version' }).execute();
    await shop.recompute();
    assert.equal(await shop.stored(), stored);
    const again = await records.payments.inputsOf(site, [...digests.keys()]);
    assert.deepEqual(again, digests, 'the same facts, the same digests');
  });

  test('settings that changed leave what crediting from scratch with them gives', async () => {
    const changed = await openShop(await stores.fresh(), 3);
    await changed.settle();
    await changed.change(SETTINGS);
    await changed.recompute();
    const scratch = await openShop(await stores.fresh(), 4);
    await scratch.change(SETTINGS);
    await scratch.settle();
    assert.equal(await changed.stored(), await scratch.stored());
    await changed.sent();
    await changed.change({ windowDays: null, models: undefined!, renewals: 'first_path' });
    await changed.recompute();
    const back = await openShop(await stores.fresh(), 5);
    await back.settle();
    assert.equal(await changed.stored(), await back.stored());
  });
});
