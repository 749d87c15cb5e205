// A row and what it was in the days before: asked for by name, whatever came first in those days.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { creditRows } from '../../src/core/attribution/credits.ts';
import type { ReportRow } from '../../src/core/report.ts';
import { createReportFiles } from '../../src/reports/report-file.ts';
import { createReports } from '../../src/reports/report.ts';
import { createSolver } from '../../src/reports/solver.ts';
import { entry, event, openReports, payment, touch } from './report-facts.ts';

const SITE = { id: 'past', timezone: 'UTC', currency: 'usd', settings: { windowDays: null } };
/** What each source brought, in each of two days. */
const SOLD: Record<string, Record<string, number>> = {
  '2026-03-01': { gone: 900, older: 700, google: 300, bing: 200, news: 5 },
  '2026-03-02': { google: 500, bing: 400, news: 300, fresh: 100 },
};

describe('the rows of a comparison', () => {
  const { store, events, credits, paths } = openReports();
  const question = { from: '2026-03-02', to: '2026-03-02', dimensions: 'source', compare: 'previous_period' };
  function open() {
    const [now, defaultMode] = [() => Date.parse('2026-03-03T12:00:00Z'), async () => 'live' as const];
    return createReports({ facts: store(), solve: createSolver(), now, defaultMode });
  }
  async function ask(more: Record<string, string>) {
    const outcome = await open().ask(SITE, { ...question, ...more });
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome.value;
  }
  const list = (rows: readonly ReportRow[], metric: string) => rows.map((row) => [row.source, row[metric]]);

  test('are those of the present, and the rest', async () => {
    for (const [day, sold] of Object.entries(SOLD)) {
      for (const [source, amount] of Object.entries(sold)) {
        const visitor = `${source}-${day}`;
        await events([event(SITE.id, visitor, `${day}T10:00:00Z`, { source })]);
        const paid = payment(SITE.id, `ch_${visitor}`, `${day}T11:00:00Z`, { customer: visitor });
        const touchpoints = [touch(visitor, `${day}T10:00:00Z`, source)];
        await credits(creditRows(paid, [entry(paid, 'charge', amount)], touchpoints));
        const kept = { customer: visitor, endsAt: paid.occurredAt, touchpoints };
        await paths([{ pathOf: paid.id, site: SITE.id, mode: 'live', sign: 1, ...kept }]);
      }
    }
    const past = [
      ['google', 300],
      ['bing', 200],
      ['(other)', 1605],
    ];
    const one = await ask({ metrics: 'revenue,visitors', limit: '2' });
    assert.deepEqual(list(one.rows, 'revenue'), [
      ['google', 500],
      ['bing', 400],
      ['(other)', 400],
    ]);
    assert.deepEqual(list(one.compare!.rows, 'revenue'), past);
    assert.deepEqual(list(one.compare!.rows, 'visitors'), [
      ['google', 1],
      ['bing', 1],
      ['(other)', 3],
    ]);
    assert.deepEqual(one.compare!.totals, { revenue: 2105, visitors: 5 });
    const several = await ask({ metrics: 'revenue', limit: '2', models: 'linear,last_touch' });
    assert.deepEqual(list(several.compare!.rows, 'revenue:linear'), past);
    assert.deepEqual(list(several.compare!.rows, 'revenue:last_touch'), past);
    const computed = await ask({ metrics: 'revenue', limit: '2', window: '7d' });
    assert.deepEqual(list(computed.compare!.rows, 'revenue'), past);
  });

  test('of the past alone follow where there is room, and all are named where all have room', async () => {
    const some = await ask({ metrics: 'revenue', limit: '5' });
    assert.deepEqual(list(some.compare!.rows, 'revenue'), [
      ['gone', 900],
      ['google', 300],
      ['bing', 200],
      ['news', 5],
      ['(other)', 700],
    ]);
    const all = await ask({ metrics: 'revenue' });
    assert.deepEqual(list(all.compare!.rows, 'revenue'), [
      ['gone', 900],
      ['older', 700],
      ['google', 300],
      ['bing', 200],
      ['news', 5],
    ]);
  });

  test('that run with the time are the past’s own', async () => {
    const days = await ask({ metrics: 'revenue', dimensions: 'day', limit: '1' });
    assert.deepEqual(days.compare!.rows, [{ day: '2026-03-01', revenue: 2105 }]);
  });

  test('stand beside those of the present in a file', async () => {
    const file = async (more: Record<string, string>) => {
      const outcome = await createReportFiles(open().askWith)(SITE, { ...question, ...more });
      assert.ok(outcome.ok, JSON.stringify(outcome));
      return outcome.value.csv.trimEnd().split('\r\n');
    };
    assert.deepEqual(await file({ metrics: 'revenue,visitors', limit: '2' }), [
      'source,revenue,revenue:previous_period,visitors,visitors:previous_period',
      'google,5.00,3.00,1,1',
      'bing,4.00,2.00,1,1',
      '(other),4.00,16.05,2,3',
    ]);
    assert.deepEqual(await file({ metrics: 'revenue', models: 'linear,last_touch', limit: '1' }), [
      'source,revenue:linear,revenue:linear:previous_period,revenue:last_touch,revenue:last_touch:previous_period',
      'google,5.00,3.00,5.00,3.00',
      '(other),8.00,18.05,8.00,18.05',
    ]);
    assert.deepEqual(await file({ metrics: 'revenue', dimensions: 'day' }), [
      'day,day:previous_period,revenue,revenue:previous_period',
      '2026-03-02,2026-03-01,13.00,21.05',
    ]);
    assert.deepEqual(await file({ metrics: 'revenue', compare: '', limit: '1' }), [
      'source,revenue',
      'google,5.00',
      '(other),8.00',
    ]);
  });
});
