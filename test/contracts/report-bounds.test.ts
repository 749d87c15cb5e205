import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { creditRows } from '../../src/core/attribution/credits.ts';
import { canSplit } from '../../src/core/report-scope.ts';
import { DIMENSIONS } from '../../src/core/report.ts';
import type { Dimension } from '../../src/core/report.ts';
import { entry, event, openReports, payment, sum, touch } from './report-facts.ts';

const { events, credits, report } = openReports();

describe('limits', () => {
  const site = 'many';
  before(async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    await events(
      numbers.map((index) =>
        // The same visitor came from the last ten sources.
        event(site, `v${Math.min(index, 20)}`, '2026-11-02T00:00:00Z', { source: `s${index}`, session: `x${index}` }),
      ),
    );
    await credits(
      numbers.flatMap((index) => {
        const paid = payment(site, `ch_${index}`, '2026-11-03T00:00:00Z', {
          currency: index % 10 === 9 ? 'eur' : 'usd',
        });
        const path = [touch(`v${index}`, '2026-11-02T00:00:00Z', `s${index}`)];
        return creditRows(paid, [entry(paid, 'charge', (index + 1) * 1_00)], path);
      }),
    );
  });

  test('what is beyond the limit is one row; sums add up, and a visitor is one visitor there too', async () => {
    const { rows, totals } = await report(site, {
      metrics: ['revenue', 'visitors', 'sessions', 'conversions', 'customers'],
      dimensions: ['source'],
      limit: 3,
    });
    assert.deepEqual(
      rows.map((row) => [row.source, row.revenue]),
      [
        ['s28', 29_00],
        ['s27', 28_00],
        ['s26', 27_00],
        ['(other)', 321_00],
      ],
    );
    assert.deepEqual([rows[3]!.visitors, rows[3]!.sessions, rows[3]!.conversions], [21, 27, 27]);
    assert.equal(sum(rows.map((row) => row.revenue)), totals.revenue);
    assert.deepEqual([totals.revenue, totals.visitors, totals.sessions], [405_00, 21, 30]);
  });

  test('the order may be by a metric of both sources, by a label, or rising', async () => {
    const top = async (key: 'revenue_per_visitor' | 'source' | 'visitors', descending: boolean) => {
      const metrics = ['revenue_per_visitor', 'visitors'] as const;
      const answer = await report(site, { metrics, dimensions: ['source'], limit: 2, order: { key, descending } });
      return answer.rows.map((row) => row.source);
    };
    assert.deepEqual(await top('revenue_per_visitor', true), ['s28', 's27', '(other)']);
    assert.deepEqual(await top('source', false), ['s0', 's1', '(other)']);
    assert.deepEqual(await top('visitors', true), ['s0', 's1', '(other)']);
  });

  test('currencies stay apart in “(other)”', async () => {
    const { rows } = await report(site, { metrics: ['revenue'], dimensions: ['source', 'currency'], limit: 1 });
    assert.deepEqual(rows, [
      { source: 's29', currency: 'eur', revenue: 30_00 },
      { source: '(other)', currency: 'usd', revenue: 405_00 },
      { source: '(other)', currency: 'eur', revenue: 30_00 },
    ]);
  });

  test('thousands of labels keep their names when asked for', async () => {
    const hits = Array.from({ length: 2_500 }, (_, index) =>
      event('wide', `w${index}`, '2026-11-02T00:00:00Z', { source: `s${index}'"\\\t` }),
    );
    await events(hits);
    const question = { metrics: ['visitors'], dimensions: ['source'] } as const;
    assert.equal((await report('wide', { ...question, limit: 10_000 })).rows.length, 2_500);
    const { rows } = await report('wide', { ...question, limit: 2_000 });
    assert.deepEqual([rows.length, rows.at(-1)], [2_001, { source: '(other)', visitors: 500 }]);
  });
});

describe('days are the site’s own', () => {
  const site = 'zones';
  before(async () => {
    const hits = [
      '2026-10-24T21:59:59Z',
      '2026-10-24T22:00:00Z',
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:30:00Z',
      '2026-10-25T22:59:59Z',
      '2026-10-25T23:00:00Z',
    ];
    await events(hits.map((when, index) => event(site, `v${index}`, when)));
    const paid = payment(site, 'ch_z', '2026-10-25T22:59:59Z');
    await credits(creditRows(paid, [entry(paid, 'charge', 5_00)], [touch('v4', '2026-10-25T22:59:59Z', '')]));
  });

  test('the day clocks go back in Berlin has 25 hours', async () => {
    const berlin = { timezone: 'Europe/Berlin', from: '2026-10-25', to: '2026-10-25' };
    assert.deepEqual((await report(site, berlin)).totals, { visitors: 4, revenue: 5_00 });
    const hours = await report(site, { ...berlin, dimensions: ['hour'] });
    assert.deepEqual(hours.rows, [
      { hour: '2026-10-25 00:00', visitors: 1, revenue: 0 },
      { hour: '2026-10-25 02:00', visitors: 2, revenue: 0 },
      { hour: '2026-10-25 23:00', visitors: 1, revenue: 5_00 },
    ]);
  });

  test('days, weeks and months of three zones', async () => {
    const buckets = async (timezone: string, dimension: Dimension) => {
      const range = { from: '2026-10-01', to: '2026-10-31', metrics: ['visitors'] as const };
      const { rows } = await report(site, { ...range, timezone, dimensions: [dimension] });
      return Object.fromEntries(rows.map((row) => [row[dimension], row.visitors]));
    };
    assert.deepEqual(await buckets('Europe/Berlin', 'day'), { '2026-10-24': 1, '2026-10-25': 4, '2026-10-26': 1 });
    assert.deepEqual(await buckets('America/Los_Angeles', 'day'), { '2026-10-24': 4, '2026-10-25': 2 });
    assert.deepEqual(await buckets('Asia/Kolkata', 'day'), { '2026-10-25': 4, '2026-10-26': 2 });
    assert.deepEqual(await buckets('Europe/Berlin', 'week'), { '2026-10-19': 5, '2026-10-26': 1 });
    assert.deepEqual(await buckets('Europe/Berlin', 'month'), { '2026-10': 6 });
  });

  test('any span has an answer', async () => {
    assert.equal((await report(site, { from: '1970-01-01', to: '9999-12-31' })).totals.visitors, 6);
    assert.equal((await report(site, { from: '2060-01-01', to: '2061-12-31' })).totals.visitors, 0);
  });
});

describe('nothing that people type becomes SQL', () => {
  const site = `o'brien`;
  const hostile = [
    `' OR 1=1 --`,
    `'); DROP TABLE credits; --`,
    `\\'; SELECT 1`,
    `{site:String}`,
    `%' UNION ALL SELECT * FROM events --`,
    `"\`\t\n\0\r\\N`,
    `😀`,
  ];

  before(async () => {
    const shown = (index: number) => hostile[index]!;
    await events(
      hostile.map((text, index) =>
        event(site, `v${index}`, '2026-11-02T00:00:00Z', {
          source: text,
          campaign: text,
          path: text,
          country: text,
          language: text,
        }),
      ),
    );
    await credits(
      hostile.flatMap((_, index) => {
        const paid = payment(site, `ch_${index}`, '2026-11-03T00:00:00Z');
        const path = [touch(`v${index}`, '2026-11-02T00:00:00Z', shown(index), { campaign: shown(index) })];
        return creditRows(paid, [entry(paid, 'charge', 1_00)], path);
      }),
    );
    await events([event('victim', 'v', '2026-11-02T00:00:00Z')]);
  });

  test('hostile tags come back letter by letter, alone and beyond the limit', async () => {
    const { rows } = await report(site, { dimensions: ['source'] });
    assert.deepEqual(new Set(rows.map((row) => row.source)), new Set(hostile));
    assert.ok(rows.every((row) => row.visitors === 1 && row.revenue === 1_00));
    const limited = await report(site, { dimensions: ['source', 'campaign'], limit: 2 });
    assert.deepEqual(limited.rows.at(-1), { source: '(other)', campaign: '(other)', visitors: 5, revenue: 5_00 });
  });

  test('as a filter of every dimension they find what is called so, and nothing else', async () => {
    for (const dimension of DIMENSIONS) {
      const metrics = (['visitors', 'revenue', 'conversions'] as const).filter((metric) => canSplit(dimension, metric));
      const operators = ['is', 'contains'] as const;
      const filters = operators.map((operator) => [dimension, operator, hostile] as const);
      const { totals } = await report(site, { metrics, dimensions: [dimension], filters });
      if (dimension === 'source') assert.deepEqual(totals, { visitors: 7, revenue: 7_00, conversions: 7 });
      if (dimension === 'browser') assert.deepEqual(totals, { visitors: 0, revenue: 0, conversions: 0 });
      await report(site, { metrics, filters: [[dimension, 'is_not', hostile]] });
    }
    for (const text of hostile) {
      assert.deepEqual((await report(site, { filters: [['source', 'is', [text]]] })).totals, {
        visitors: 1,
        revenue: 1_00,
      });
    }
  });

  test('nor do sites, zones and currencies', async () => {
    for (const text of hostile) {
      assert.deepEqual((await report(text, { currency: text })).totals, { visitors: 0, revenue: 0 });
    }
    await assert.rejects(report(site, { timezone: `UTC'); DROP TABLE events; --`, dimensions: ['day'] }));
    assert.equal((await report('victim')).totals.visitors, 1);
  });
});
