import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportQuery } from '../core/report.ts';
import { comparedDays, createReports } from './report.ts';

const site = { id: 's1', timezone: 'UTC', currency: 'usd', settings: { windowDays: null } };

/** A store that answers with the days it was asked about. */
function openReports() {
  const asked: ReportQuery[] = [];
  const reports = createReports({
    facts: {
      async report(query) {
        asked.push(query);
        const unconverted: Record<string, Record<string, number>> = query.from > '2026-11'
          ? { eur: { revenue: 5 } }
          : {};
        return { rows: [], totals: { revenue: asked.length }, unconverted };
      },
    },
    now: () => Date.parse('2026-11-20T12:00:00Z'),
    defaultMode: async () => 'test',
  });
  return { asked, ...reports };
}

test('the answer says its currency and mode, and money in other currencies', async () => {
  const { ask } = openReports();
  assert.deepEqual(await ask(site, { metrics: 'revenue', from: '2026-11-01', to: '2026-11-10' }), {
    ok: true,
    value: { rows: [], totals: { revenue: 1 }, currency: 'usd', mode: 'test', unconverted: { eur: { revenue: 5 } } },
  });
});

test('a comparison asks the same question about other days', async () => {
  const { ask, asked } = openReports();
  const answer = await ask(site, { from: '2026-11-01', to: '2026-11-10', compare: 'previous_period', model: 'linear' });
  assert.ok(answer.ok);
  assert.deepEqual(answer.value.compare, { rows: [], totals: { revenue: 2 } });
  assert.deepEqual(
    asked.map((query) => [query.from, query.to, query.model]),
    [
      ['2026-11-01', '2026-11-10', 'linear'],
      ['2026-10-22', '2026-10-31', 'linear'],
    ],
  );
});

test('what is compared', () => {
  const days = (from: string, to: string, compare: Parameters<typeof comparedDays>[1]) =>
    Object.values(comparedDays({ from, to }, compare));
  assert.deepEqual(days('2026-11-20', '2026-11-20', 'previous_period'), ['2026-11-19', '2026-11-19']);
  assert.deepEqual(days('2026-03-01', '2026-03-31', 'previous_period'), ['2026-01-29', '2026-02-28']);
  assert.deepEqual(days('2024-02-01', '2024-02-29', 'previous_year'), ['2023-02-01', '2023-02-28']);
});

test('a question that cannot be answered asks no store', async () => {
  const { ask, asked } = openReports();
  assert.deepEqual(
    await ask(site, { metrics: 'revenue', dimensions: 'page' }).then((answer) => ({ ...answer, message: '' })),
    {
      ok: false,
      code: 'bad_question',
      field: 'dimensions',
      message: '',
    },
  );
  assert.equal(asked.length, 0);
});
