// What was spent beside what it brought, from an import to the report, on the real stores.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { facts, link, NOW, on, openShop, records } from '../../test/contracts/shop.ts';
import type { Metric, ReportQuery, ReportRow } from '../core/report.ts';
import { createMirror } from '../payments/mirror.ts';
import { setSpendAlias } from './alias.ts';
import { importSpend, undoSpend } from './book.ts';
import { createSpendPage } from './page.ts';
import type { SpendRowInput } from './read-rows.ts';

const deps = {
  get records() {
    return records;
  },
  now: () => NOW,
};
const ONCE = { preview: false, partial: false };
type Row = Partial<SpendRowInput> & { amount: number };

async function spend(shop: { site: string }, ...rows: Row[]) {
  const site = (await records.sites.get(shop.site))!;
  const full = rows.map((row) => ({ date: '2026-11-03', source: 'google', currency: 'usd', ...row }));
  const answer = await importSpend(deps, site, { kind: 'rows', name: 'API', rows: full }, ONCE);
  await mirror();
  return answer;
}
async function mirror() {
  const worker = createMirror({ records, facts });
  while (await worker.runOnce());
}

async function ask(shop: { site: string }, metrics: Metric[], question: Partial<ReportQuery> = {}) {
  return facts.report({
    site: shop.site,
    timezone: 'UTC',
    currency: 'usd',
    mode: 'live',
    metrics,
    dimensions: [],
    from: '2026-11-01',
    to: '2026-11-30',
    model: 'linear',
    by: 'entry_date',
    filters: [],
    order: null,
    limit: 100,
    bots: 'exclude',
    ...question,
  });
}
const by = (rows: ReportRow[], dimension: string, metric: string) =>
  Object.fromEntries(rows.map((row) => [row[dimension], row[metric]]));

/** Two customers of google: ann pays 40.00 and, ten days later, 60.00; bob pays 20.00, which is refunded. */
async function twoCustomers() {
  const shop = await openShop();
  await shop.hits(['ann', 3, 'google'], ['bob', 4, 'google'], ['eve', 4, 'newsletter']);
  await shop.pay('ch_1', { customer: 'cus_ann', occurredAt: on(5) }, [link('ann')], [['charge', 40_00]]);
  await shop.pay('ch_2', { customer: 'cus_ann', occurredAt: on(15) }, [link('ann')], [['charge', 60_00]]);
  await shop.pay(
    'ch_3',
    { customer: 'cus_bob', occurredAt: on(6) },
    [link('bob')],
    [
      ['charge', 20_00],
      ['refund', -20_00, 9],
    ],
  );
  await shop.settle();
  return shop;
}

describe('spend beside revenue', () => {
  test('return, cost of a customer, cost of a click, and when it came back', async () => {
    const shop = await twoCustomers();
    await spend(
      shop,
      { amount: 30_00, clicks: 40, impressions: 900 },
      { date: '2026-11-04', amount: 50_00, clicks: 60 },
      { source: 'billboard', amount: 10_00 },
    );
    const metrics: Metric[] = [
      'spend',
      'revenue',
      'roas',
      'cac',
      'new_customers',
      'clicks',
      'impressions',
      'cost_per_click',
      'payback_days',
    ];
    const { rows, totals } = await ask(shop, metrics, { dimensions: ['source'] });
    assert.deepEqual(rows, [
      {
        source: 'google',
        spend: 80_00,
        revenue: 100_00,
        roas: 1.25,
        cac: 40_00,
        new_customers: 2,
        clicks: 100,
        impressions: 900,
        cost_per_click: 80,
        payback_days: 10,
      },
      // Nobody came from it: its own row.
      {
        source: 'billboard',
        spend: 10_00,
        revenue: 0,
        roas: 0,
        cac: null,
        new_customers: 0,
        clicks: 0,
        impressions: 0,
        cost_per_click: null,
        payback_days: null,
      },
    ]);
    assert.deepEqual(totals, {
      spend: 90_00,
      revenue: 100_00,
      roas: 1.111111,
      cac: 45_00,
      new_customers: 2,
      clicks: 100,
      impressions: 900,
      cost_per_click: 80,
      payback_days: 10,
    });
    assert.deepEqual((await ask(shop, ['payback_days'])).totals, { payback_days: 10 });
  });

  test('it has come back on the first day it reaches what was spent, and not before', async () => {
    const shop = await twoCustomers();
    const days = async () => (await ask(shop, ['payback_days'])).totals.payback_days;
    assert.equal(await days(), null);
    const spent: [amount: number, days: number | null][] = [
      // Day 0: 40.00 + 20.00; day 3: less the refund; day 10: + 60.00.
      [1, 0],
      [60_00, 0],
      [60_01, 10],
      [100_00, 10],
      [100_01, null],
    ];
    for (const [amount, expected] of spent) {
      await spend(shop, { amount });
      assert.equal(await days(), expected, String(amount));
    }
    // Only who was won in the range counts, with everything they paid; money is not spent beyond it.
    const narrow = await ask(shop, ['payback_days', 'spend', 'new_customers'], {
      from: '2026-11-06',
      to: '2026-11-30',
    });
    assert.deepEqual(narrow.totals, { payback_days: null, spend: 0, new_customers: 1 });
    await spend(shop, { amount: 0 }, { date: '2026-11-05', amount: 99_00 });
    const byDay = await ask(shop, ['spend', 'payback_days'], { dimensions: ['day'] });
    assert.deepEqual(byDay.rows, [{ day: '2026-11-05', spend: 99_00, payback_days: 10 }]);
  });

  test('by channel, medium, campaign, week and month; rows add up; the rest is put together', async () => {
    const shop = await openShop();
    const campaigns = ['one', 'two', 'three', 'four'];
    await spend(
      shop,
      ...campaigns.map((campaign, index) => ({
        medium: 'cpc',
        campaign,
        amount: 100 * (index + 1),
        date: `2026-11-${String(1 + index * 7).padStart(2, '0')}`,
      })),
      { source: 'podcast', medium: 'audio', amount: 5, date: '2026-11-30' },
    );
    const parts = async (dimension: 'channel' | 'medium' | 'campaign' | 'week' | 'month', limit = 100) =>
      by((await ask(shop, ['spend'], { dimensions: [dimension], limit })).rows, dimension, 'spend');
    assert.deepEqual(await parts('channel'), { 'Paid Search': 1000, Audio: 5 });
    assert.deepEqual(await parts('medium'), { cpc: 1000, audio: 5 });
    assert.deepEqual(await parts('campaign', 2), { four: 400, three: 300, '(other)': 305 });
    assert.deepEqual(await parts('week'), {
      '2026-10-26': 100,
      '2026-11-02': 200,
      '2026-11-09': 300,
      '2026-11-16': 400,
      '2026-11-30': 5,
    });
    assert.deepEqual(await parts('month'), { '2026-11': 1005 });
    const filtered = await ask(shop, ['spend'], {
      filters: [
        ['campaign', 'contains', ['o']],
        ['source', 'is_not', ['podcast']],
      ],
    });
    assert.equal(filtered.totals.spend, 100 + 200 + 400);
    const rate = await ask(shop, ['roas', 'payback_days'], { dimensions: ['campaign'], limit: 2 });
    assert.deepEqual(rate.rows.length, 3);
    // Days are the ad account's, wherever the site is.
    const far = await ask(shop, ['spend'], { timezone: 'Pacific/Auckland', from: '2026-11-30', to: '2026-11-30' });
    assert.equal(far.totals.spend, 5);
  });

  test('an import again, corrected, undone: reports say what stands', async () => {
    const shop = await openShop();
    const total = async () => (await ask(shop, ['spend'])).totals.spend;
    const first = await spend(shop, { amount: 10_00 });
    await spend(shop, { amount: 10_00 });
    assert.equal(await total(), 10_00);
    const second = await spend(shop, { amount: 12_00 });
    assert.equal(await total(), 12_00);
    await undoSpend(deps, shop.site, second.import!);
    await mirror();
    assert.equal(await total(), 10_00);
    await undoSpend(deps, shop.site, first.import!);
    await mirror();
    assert.deepEqual(await ask(shop, ['spend'], { dimensions: ['source'] }), {
      rows: [],
      totals: { spend: 0 },
      unconverted: {},
    });
  });

  test('what no rate says stands apart, and is in no rate of return', async () => {
    const shop = await twoCustomers();
    await records.rates.put([{ day: '2026-11-03', base: 'eur', quote: 'usd', rate: '1.1' }], 'file');
    await spend(
      shop,
      { amount: 40_00, clicks: 10 },
      { medium: 'cpc', currency: 'eur', amount: 10_00, clicks: 5 },
      { medium: 'x', currency: 'mxn', amount: 7_00, clicks: 5 },
    );
    const metrics: Metric[] = ['spend', 'roas', 'cost_per_click', 'clicks'];
    const { totals, unconverted } = await ask(shop, metrics);
    assert.deepEqual(totals, { spend: 51_00, roas: 1.960784, cost_per_click: 340, clicks: 20 });
    assert.deepEqual(unconverted, { mxn: { spend: 7_00, roas: 0, cost_per_click: 140 } });
    const { rows } = await ask(shop, ['spend'], { dimensions: ['currency'] });
    assert.deepEqual(by(rows, 'currency', 'spend'), { usd: 40_00, eur: 10_00, mxn: 7_00 });
  });
});

test('the page names spend without visitors, and who it could belong to', async () => {
  const shop = await openShop();
  await shop.hits(['v1', 3, 'google'], ['v2', 3, 'newsletter']);
  await spend(shop, { medium: '', amount: 5_00 }, { campaign: 'Spring Sale', medium: 'cpc', amount: 9_00 });
  const page = createSpendPage({ records, facts, defaultMode: async () => 'live', now: () => NOW });
  const site = (await records.sites.get(shop.site))!;
  const days = { from: '2026-11-01', to: '2026-11-30' };
  const told = await page(site, days);
  assert.deepEqual(
    told.campaigns.map((one) => [one.campaign, one.source, one.medium, one.visitors]),
    [
      ['Spring Sale', 'google', 'cpc', 0],
      ['', 'google', '', 1],
    ],
  );
  assert.deepEqual(told.unmatched, { campaigns: 1, spend: [{ currency: 'usd', amount: 9_00 }] });
  // google / (none) / (none) did not click an ad of google / cpc.
  assert.deepEqual(told.campaigns[0]!.suggestions, []);
  await setSpendAlias(deps, shop.site, {
    platform: 'own',
    campaignKey: 'Spring Sale',
    source: 'newsletter',
    medium: '(none)',
    campaign: '(none)',
  });
  await assert.rejects(page(site, { from: '2030-01-01' }), { name: 'SpendRefused', field: 'from' });
  const after = await page(site, days);
  assert.deepEqual([after.unmatched.campaigns, after.campaigns[0]!.visitors, after.aliases.length], [0, 1, 1]);
});

test('campaigns stand by what they cost in the site’s currency; those without a rate come last', async () => {
  const shop = await openShop();
  await records.rates.put(
    [
      { day: '2026-11-03', base: 'eur', quote: 'usd', rate: '1.1' },
      { day: '2026-11-03', base: 'jpy', quote: 'usd', rate: '0.0065' },
    ],
    'file',
  );
  await spend(
    shop,
    { source: 'tokyo', currency: 'jpy', amount: 5_000 },
    { source: 'paris', currency: 'eur', amount: 60_00 },
    { source: 'boston', amount: 50_00 },
    { source: 'oslo', currency: 'nok', amount: 900_00 },
    { source: 'lima', currency: 'pen', amount: 700_00 },
    { source: 'bergen', currency: 'nok', amount: 800_00 },
    { source: 'austin', amount: 50_00 },
    { source: 'free', amount: 0 },
  );
  const page = createSpendPage({ records, facts, defaultMode: async () => 'live', now: () => NOW });
  const site = (await records.sites.get(shop.site))!;
  const { campaigns } = await page(site, { from: '2026-11-01', to: '2026-11-30' });
  assert.deepEqual(
    campaigns.map(({ source }) => source),
    ['paris', 'austin', 'boston', 'tokyo', 'free', 'oslo', 'bergen', 'lima'],
  );
});

test('a campaign with few visitors is matched, however many others have more', async () => {
  const shop = await openShop();
  const names = Array.from({ length: 5_010 }, (_, index) => `partner-${index}`);
  const busy = names.flatMap((name): [string, number, string][] => [
    [`${name}-a`, 3, name],
    [`${name}-b`, 3, name],
  ]);
  await shop.hits(...busy, ['rare', 3, 'rare']);
  // More origins than are asked for at once, and one that nobody came from.
  await spend(shop, ...['rare', 'nobody', ...names.slice(0, 150)].map((source) => ({ source, amount: 1_00 })));
  const page = createSpendPage({ records, facts, defaultMode: async () => 'live', now: () => NOW });
  const site = (await records.sites.get(shop.site))!;
  const { campaigns, unmatched } = await page(site, { from: '2026-11-01', to: '2026-11-30' });
  const of = (source: string) => campaigns.find((one) => one.source === source)!.visitors;
  assert.deepEqual([of('rare'), of('nobody'), of('partner-149')], [1, 0, 2]);
  assert.deepEqual(unmatched, { campaigns: 1, spend: [{ currency: 'usd', amount: 1_00 }] });
});

test('spend without visitors is shown whatever it cost, below thousands of campaigns with some', async () => {
  const shop = await openShop();
  const sources = Array.from({ length: 2_010 }, (_, index) => `partner-${index}`);
  await shop.hits(...sources.map((source): [string, number, string] => [`v-${source}`, 3, source]));
  const matched = sources.map((source) => ({ source, amount: 2_00 }));
  await spend(shop, ...matched, { source: 'nobody', campaign: 'lost', amount: 1_00 });
  const page = createSpendPage({ records, facts, defaultMode: async () => 'live', now: () => NOW });
  const site = (await records.sites.get(shop.site))!;
  const told = await page(site, { from: '2026-11-01', to: '2026-11-30' });
  assert.deepEqual([told.campaigns.length, told.not_shown, told.campaigns.at(-1)!.campaign], [2_001, 10, 'lost']);
  assert.deepEqual(told.unmatched, { campaigns: 1, spend: [{ currency: 'usd', amount: 1_00 }] });
});
