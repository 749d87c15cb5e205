// Reports with settings that are not the site's are computed from whole paths. Asked with the site's own settings they say
// what the stored credits say, to the last minor unit.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { RULE_MODELS } from '../../src/core/attribution/models.ts';
import { DEFAULT_MODEL_SETTINGS } from '../../src/core/attribution/settings.ts';
import { FactsCrowded } from '../../src/storage/facts/facts.ts';
import type { Metric, ReportQuery, ReportRow } from '../../src/core/report.ts';
import { creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import { answerDataDriven } from '../../src/reports/data-driven.ts';
import { createSolver } from '../../src/reports/solver.ts';
import { ask, entry, event, openReports, payment, touch } from './report-facts.ts';
import { anySettings, anyShop, bookedShop } from './what-if-shop.ts';

const { credits, paths, events, report, store } = openReports();

const METRICS: Metric[] = [
  'gross',
  'refunded',
  'disputed',
  'revenue',
  'tax',
  'revenue_without_tax',
  'fees',
  'net',
  'coverage',
  'conversions',
  'customers',
  'new_customers',
  'average_order_value',
];
const RANGE = { from: '2026-10-25', to: '2026-11-20' };
const QUESTIONS: Partial<ReportQuery>[] = [
  {},
  { dimensions: ['source'] },
  { dimensions: ['source'], limit: 2 },
  { dimensions: ['channel', 'day'] },
  { dimensions: ['week'], by: 'payment_date' },
  { dimensions: ['product', 'campaign'], limit: 3 },
  { dimensions: ['currency'] },
  { dimensions: ['currency', 'source'] },
  { dimensions: ['source'], filters: [['campaign', 'is_not', ['spring']]] },
  {
    dimensions: ['campaign'],
    filters: [
      ['source', 'is', ['google', '(unattributed)']],
      ['product', 'contains', ['te', '(n']],
    ],
  },
  { filters: [['currency', 'is', ['eur']]] },
  {
    dimensions: ['source'],
    filters: [
      [
        'or',
        ['and', ['source', 'is', ['google']], ['product', 'is_not', ['Tea']]],
        ['and', ['campaign', 'does_not_contain', ['spr', '(un']], ['currency', 'is', ['usd']]],
        ['source', 'is', ['(unattributed)']],
      ],
      ['or', ['day', 'contains', ['2026-11']], ['medium', 'is', ['cpc']]],
    ],
  },
  { dimensions: ['medium'], order: { key: 'conversions', descending: false }, limit: 1 },
];

/** Conversions are added up in another order: the sixth decimal may differ. */
const rounded = (answer: object) =>
  JSON.parse(JSON.stringify(answer), (_, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 1e5) / 1e5 : value,
  ) as object;

test('with the settings of the stored credits, the stored answer: any shop, settings, model and question', async () => {
  let number = 0;
  const anyQuestion = fc.record({ question: fc.constantFrom(...QUESTIONS), model: fc.constantFrom(...RULE_MODELS) });
  const someQuestions = fc.array(anyQuestion, { minLength: 2, maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(anyShop, anySettings, someQuestions, async (shop, settings, questions) => {
      const site = `shop${(number += 1)}`;
      const booked = bookedShop(site, shop, settings);
      await credits(booked.credits);
      if (booked.paths.length > 0) await paths(booked.paths);
      for (const { question, model } of questions) {
        const asked = { ...RANGE, metrics: METRICS, ...question, model };
        const stored = await report(site, asked);
        const computed = await report(site, { ...asked, whatIf: settings });
        assert.deepEqual(rounded(computed), rounded(stored), `${model} ${JSON.stringify(question)}`);
      }
    }),
    // A failing shop is small as it is; making it smaller would take minutes.
    { numRuns: 12, endOnFailure: true },
  );
});

describe('settings on request', () => {
  const site = 'windows';
  const old = touch('ann', '2026-09-01T10:00:00Z', 'google', { session: 's1' });
  const recent = touch('ann', '2026-11-01T10:00:00Z', 'newsletter', { session: 's2', channel: 'Email' });
  const bob = touch('bob', '2026-08-01T10:00:00Z', 'bing');

  before(async () => {
    const annPays = payment(site, 'ch_1', '2026-11-05T12:00:00Z');
    const bobPays = payment(site, 'ch_2', '2026-11-06T12:00:00Z');
    const stored = { customer: null, endsAt: annPays.occurredAt };
    // The site's own window is 30 days: bob's visit lies before it.
    await credits([
      ...creditRows(annPays, [entry(annPays, 'charge', 100_00)], [recent]),
      ...unattributedRows(bobPays, [entry(bobPays, 'charge', 30_00)], 'outside_window'),
    ]);
    const row = { site, mode: 'live' as const, sign: 1 as const };
    await paths([
      { pathOf: 'ch_1', ...row, ...stored, touchpoints: [old, recent] },
      { pathOf: 'ch_2', ...row, ...stored, endsAt: bobPays.occurredAt, touchpoints: [bob] },
    ]);
    await events([event(site, 'cat', '2026-11-03T10:00:00Z', { source: 'google' })]);
  });

  const bySource = async (model: (typeof RULE_MODELS)[number], change: Partial<typeof DEFAULT_MODEL_SETTINGS>) => {
    const whatIf = { ...DEFAULT_MODEL_SETTINGS, ...change };
    const { rows, totals } = await report(site, { metrics: ['revenue'], dimensions: ['source'], model, whatIf });
    assert.deepEqual(totals, { revenue: 130_00 });
    return Object.fromEntries(rows.map((row) => [row.source, row.revenue]));
  };

  test('a window lets in what lies in it, and what is left without a touchpoint is unattributed', async () => {
    assert.deepEqual(await bySource('first_touch', {}), { google: 100_00, bing: 30_00 });
    assert.deepEqual(await bySource('first_touch', { windowDays: 30 }), {
      newsletter: 100_00,
      '(unattributed)': 30_00,
    });
    assert.deepEqual(await bySource('first_touch', { windowDays: 3 }), { '(unattributed)': 130_00 });
    assert.deepEqual(await bySource('first_touch', { windowDays: 98 }), { google: 100_00, bing: 30_00 });
    assert.deepEqual(await bySource('first_touch', { windowDays: 97 }), { google: 100_00, '(unattributed)': 30_00 });
  });

  test('weights and half-life', async () => {
    const weights = { positionPercents: { first: 75, middle: 0, last: 25 } };
    assert.deepEqual(await bySource('position_based', weights), { google: 75_00, newsletter: 25_00, bing: 30_00 });
    const halfLife = { halfLifeHours: 61 * 24 };
    assert.deepEqual(await bySource('time_decay', halfLife), { google: 33_33, newsletter: 66_67, bing: 30_00 });
  });

  test('beside visitors, beyond the limit, and compared by model', async () => {
    const asked = { metrics: ['visitors', 'revenue'] as const, dimensions: ['source'] as const };
    const one = await report(site, {
      ...asked,
      order: { key: 'revenue', descending: true },
      limit: 1,
      whatIf: DEFAULT_MODEL_SETTINGS,
    });
    assert.deepEqual(one.rows, [
      { source: 'google', visitors: 1, revenue: 100_00 },
      { source: '(other)', visitors: 0, revenue: 30_00 },
    ]);
    const compared = await store().compareModels(ask(site, { ...asked, whatIf: DEFAULT_MODEL_SETTINGS }), [
      'last_touch',
      'linear',
    ]);
    assert.deepEqual(compared.rows, [
      { source: 'google', visitors: 1, 'revenue:last_touch': 0, 'revenue:linear': 50_00 },
      { source: 'bing', visitors: 0, 'revenue:last_touch': 30_00, 'revenue:linear': 30_00 },
      { source: 'newsletter', visitors: 0, 'revenue:last_touch': 100_00, 'revenue:linear': 50_00 },
    ]);
    assert.deepEqual(compared.totals, { visitors: 1, 'revenue:last_touch': 130_00, 'revenue:linear': 130_00 });
  });

  test('ten questions at once are answered whole; one more is refused whole, and can be asked again', async () => {
    // Each takes several passes over the paths, beside what is read of visits.
    const asked = { metrics: ['visitors', 'revenue'] as const, dimensions: ['source'] as const };
    const ask = (days: number) =>
      report(site, { ...asked, whatIf: { ...DEFAULT_MODEL_SETTINGS, windowDays: 98 + days } });
    const answers = await Promise.allSettled(Array.from({ length: 11 }, (_, index) => ask(index)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...Array.from({ length: 10 }, () => 'fulfilled'), 'rejected'],
    );
    assert.ok((answers[10] as PromiseRejectedResult).reason instanceof FactsCrowded);
    assert.deepEqual((await ask(10)).totals, { visitors: 1, revenue: 130_00 });
  });

  test('models side by side name the same rows, and each column adds up', async () => {
    const question = ask(site, { metrics: ['revenue'], dimensions: ['source'], limit: 1 });
    const { rows, totals } = await store().compareModels(question, ['first_touch', 'last_touch']);
    assert.deepEqual(rows, [
      { source: 'newsletter', 'revenue:first_touch': 100_00, 'revenue:last_touch': 100_00 },
      { source: '(other)', 'revenue:first_touch': 30_00, 'revenue:last_touch': 30_00 },
    ]);
    assert.deepEqual(totals, { 'revenue:first_touch': 130_00, 'revenue:last_touch': 130_00 });
  });
});

describe('data-driven models over what is stored', () => {
  const site = 'driven';
  const on = (day: number) => `2026-11-${String(day).padStart(2, '0')}T10:00:00Z`;

  before(async () => {
    const rows = [];
    const pathRows = [];
    for (let number = 0; number < 120; number += 1) {
      const pays = payment(site, `ch_${number}`, on(10), { customer: `cus_${number % 100}` });
      const search = touch(`v${number % 100}`, on(1), number % 2 ? 'google' : 'bing', { session: `a${number}` });
      const email = touch(`v${number % 100}`, on(2), 'news', { channel: 'Email', session: `b${number}` });
      const touchpoints = number % 3 === 0 ? [search] : [search, email];
      rows.push(...creditRows(pays, [entry(pays, 'charge', 10_01)], touchpoints));
      const stored = { customer: pays.customer, endsAt: pays.occurredAt };
      pathRows.push({ pathOf: pays.id, site, mode: 'live' as const, sign: 1 as const, ...stored, touchpoints });
    }
    const unknown = payment(site, 'ch_x', on(11));
    rows.push(...unattributedRows(unknown, [entry(unknown, 'charge', 7_00)], 'no_visitor_id'));
    // Another customer: two visitors, one person, who paid before the range only.
    const early = payment(site, 'ch_early', '2026-10-05T12:00:00Z', { customer: 'cus_early' });
    const both = [
      touch('e1', '2026-10-01T10:00:00Z', 'news', { channel: 'Email' }),
      touch('e2', '2026-10-02T10:00:00Z', ''),
    ];
    rows.push(...creditRows(early, [entry(early, 'charge', 5_00)], both));
    const stored = { customer: 'cus_early', endsAt: early.occurredAt };
    pathRows.push({ pathOf: 'ch_early', site, mode: 'live' as const, sign: 1 as const, ...stored, touchpoints: both });
    await credits(rows);
    await paths(pathRows);
    await events([
      event(site, 'e1', on(3), { source: 'news', channel: 'Email', session: 'e1-9' }),
      event(site, 'e2', on(4), { session: 'e2-9' }),
      event(site, 'lost', on(5), { source: 'google' }),
      // Who paid in the range is no null, whatever they visited later; who was not there in the range is not asked about.
      event(site, 'v1', on(20), { source: 'google', session: 'later' }),
      event(site, 'gone', '2026-10-05T10:00:00Z', { source: 'google' }),
    ]);
  });

  test('paths of who paid, and of who did not: one person for all visitors of a customer', async () => {
    const found = await store().channelPaths({ ...ask(site), whatIf: DEFAULT_MODEL_SETTINGS });
    assert.deepEqual(found, [
      { channels: ['Email', 'Direct'], conversions: 0, nulls: 1, valueMinor: 0 },
      { channels: ['Organic Search'], conversions: 40, nulls: 1, valueMinor: 40 * 10_01 },
      { channels: ['Organic Search', 'Email'], conversions: 80, nulls: 0, valueMinor: 80 * 10_01 },
    ]);
  });

  test('a lookback window loses none of those who did not pay, whatever lies between them and the last day', async () => {
    const asked = (fields: Partial<ReportQuery>, windowDays: number | null) =>
      store().channelPaths({ ...ask(site, fields), whatIf: { ...DEFAULT_MODEL_SETTINGS, windowDays } });
    const whole = await asked({}, null);
    // Their visits lie weeks before the last day, and one day apart.
    assert.deepEqual(await asked({}, 10), whole);
    assert.deepEqual(await asked({ to: '2027-12-31' }, 10), whole);
    const nulls = (await asked({}, 1)).filter((path) => path.nulls > 0).map(({ channels }) => channels.join(' > '));
    assert.deepEqual(nulls, ['Email > Direct', 'Organic Search']);
    // Counted from the newest visit of the range, also where the first one lies before it.
    const since4 = (await asked({ from: '2026-11-04' }, 1)).filter((path) => path.nulls > 0);
    assert.deepEqual(
      since4.map(({ channels }) => channels.join(' > ')),
      ['Email > Direct', 'Organic Search'],
    );
  });

  for (const model of ['markov', 'shapley'] as const) {
    test(`${model} splits the attributed money to the cent, within a channel by linear`, async () => {
      const asked = { model, order: 1 as const, settings: DEFAULT_MODEL_SETTINGS };
      const deps = { facts: store(), solve: createSolver() };
      const metrics = ['visitors', 'customers', 'revenue', 'conversions'] as const;
      const byChannel = await answerDataDriven(deps, ask(site, { metrics, dimensions: ['channel'] }), asked);
      const bySource = await answerDataDriven(deps, ask(site, { metrics, dimensions: ['source'] }), asked);
      assert.ok(byChannel.ok && bySource.ok);
      const revenueOf = (rows: typeof bySource.value.rows, key: string) =>
        Object.fromEntries(rows.map((row) => [row[key], Number(row.revenue)]));
      const channels = revenueOf(byChannel.value.rows, 'channel');
      const sources = revenueOf(bySource.value.rows, 'source');
      const whole = 120 * 10_01;
      assert.equal(channels['Organic Search']! + channels.Email! + (channels.Direct ?? 0), whole);
      assert.equal(sources.google! + sources.bing!, channels['Organic Search']);
      assert.equal(sources.news, channels.Email);
      assert.equal(channels['(unattributed)'], 7_00);
      assert.equal(byChannel.value.totals.revenue, whole + 7_00);
      const { basedOn } = byChannel.value;
      assert.deepEqual([basedOn.conversions, basedOn.without, basedOn.paths], [120, 2, 3]);
      const search = basedOn.channels.find(({ channel }) => channel === 'Organic Search')!;
      assert.equal(channels['Organic Search'], Math.round(whole * search.share));
      assert.equal(byChannel.value.rows.find((row) => row.channel === 'Email')!.customers, null);
      const other = await answerDataDriven(deps, ask(site, { metrics, dimensions: ['source'], limit: 1 }), asked);
      assert.ok(other.ok);
      assert.equal(other.value.rows.at(-1)!.source, '(other)');
      assert.equal(
        other.value.rows.reduce((sum, row) => sum + Number(row.revenue), 0),
        whole + 7_00,
      );
      const seen: Metric[] = ['revenue', 'sessions', 'visitors', 'bounce_rate'];
      const visited = ask(site, { metrics: seen, dimensions: ['source'], limit: 1 });
      const beyond = await answerDataDriven(deps, visited, asked);
      assert.ok(beyond.ok);
      const named = beyond.value.rows.slice(0, 1).map((row) => [String(row.source)]);
      const visits = (rows: readonly ReportRow[]) => rows.map((row) => seen.slice(1).map((metric) => row[metric]));
      assert.deepEqual(
        visits(beyond.value.rows),
        visits((await store().report({ ...visited, model: 'linear', rows: named })).rows),
      );
      const filtered = async (...filters: ReportQuery['filters']) =>
        answerDataDriven(deps, ask(site, { metrics: ['revenue'], dimensions: ['channel'], filters }), asked);
      const either = await filtered(['or', ['currency', 'is', ['usd']], ['payment', 'is', ['nobody’s']]]);
      assert.deepEqual(either, await filtered());
      const none = await filtered(['and', ['currency', 'is', ['usd']], ['payment', 'is', ['nobody’s']]]);
      assert.ok(!none.ok && none.status === 422);
      const refused = await filtered(['or', ['currency', 'is', ['usd']], ['source', 'is', ['google']]]);
      assert.ok(!refused.ok);
      assert.match(refused.message, /weighs whole paths and can not be filtered by "source"; filter by currency/);
    });
  }
});
