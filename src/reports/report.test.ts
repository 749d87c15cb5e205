import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportQuery } from '../core/report.ts';
import type { ChannelPath } from '../core/attribution/data-driven.ts';
import { FactsCrowded, FactsUnavailable } from '../storage/facts/facts.ts';
import { comparedDays, createReports } from './report.ts';
import { createSolver } from './solver.ts';

const site = { id: 's1', timezone: 'UTC', currency: 'usd', settings: { windowDays: null } };

/** A store that answers with the days it was asked about. */
function openReports({ paths = [] as ChannelPath[], refuses = null as Error | null } = {}) {
  const asked: ReportQuery[] = [];
  const reports = createReports({
    facts: {
      async report(query) {
        asked.push(query);
        if (refuses) throw refuses;
        const unconverted: Record<string, Record<string, number>> = query.from > '2026-11'
          ? { eur: { revenue: 5 } }
          : {};
        return { rows: [], totals: { revenue: asked.length }, unconverted };
      },
      compareModels: async (_, models) => ({ rows: [], totals: { [`revenue:${models.join('+')}`]: 1 } }),
      channelPaths: async () => paths,
    },
    solve: createSolver(),
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

test('settings that are not the site’s are computed anew, and named in the answer', async () => {
  const { ask, asked } = openReports();
  const answer = await ask(site, { metrics: 'revenue', window: '30d', half_life: '36h' });
  assert.ok(answer.ok);
  assert.deepEqual(answer.value.settings, {
    window_days: 30,
    ignore_direct: false,
    collapse_repeats: false,
    position_percents: { first: 40, middle: 20, last: 40 },
    half_life_hours: 36,
    custom: null,
  });
  assert.equal(asked[0]!.whatIf?.windowDays, 30);
  await ask(site, { metrics: 'revenue', window: 'lifetime', half_life: '7d', weights: '40/20/40' });
  assert.equal(asked[1]!.whatIf, undefined, 'these are the site’s own');
});

test('a data-driven model says why it has no answer', async () => {
  const few = { channels: ['Email'], conversions: 99, nulls: 5, valueMinor: 100 };
  const { ask } = openReports({ paths: [few] });
  const refused = await ask(site, { metrics: 'revenue', model: 'markov' });
  assert.deepEqual(refused, {
    ok: false,
    status: 422,
    code: 'too_few_conversions',
    field: 'model',
    message: 'model: 99 conversions are too few: this model needs 100. Choose a longer period, or linear.',
  });
  const filtered = await ask(site, { metrics: 'revenue', model: 'shapley', filter: '[["source","is",["google"]]]' });
  assert.ok(!filtered.ok && filtered.field === 'filter');
});

test('who asks while many others do is told that, and when to ask again', async () => {
  const { ask } = openReports({ refuses: new FactsCrowded('too many heavy questions; ask again in a moment') });
  assert.deepEqual(await ask(site, { metrics: 'revenue' }), {
    ok: false,
    status: 503,
    code: 'busy',
    message: 'report: too many heavy questions; ask again in a moment',
    retryAfterS: 5,
  });
  // An engine that does not answer is another matter, which http/errors.ts words.
  const gone = openReports({ refuses: new FactsUnavailable('gone') });
  await assert.rejects(gone.ask(site, { metrics: 'revenue' }), FactsUnavailable);
});

test('a data-driven model says what it rests on', async () => {
  const paths = [
    { channels: ['Email', 'Referral'], conversions: 80, nulls: 20, valueMinor: 80_00 },
    { channels: ['Email'], conversions: 40, nulls: 200, valueMinor: 40_00 },
  ];
  const { ask } = openReports({ paths });
  const first = await ask(site, { metrics: 'revenue', model: 'markov', markov_order: '2' });
  assert.ok(first.ok);
  const [basis] = first.value.based_on!;
  assert.deepEqual(
    [basis!.model, basis!.order, basis!.conversions, basis!.without, basis!.paths],
    ['markov', 2, 120, 220, 2],
  );
  assert.equal(basis!.channels.length, 2);
  for (const { share, low, high } of basis!.channels) assert.ok(low! <= share && share <= high!);
  const again = await ask(site, { metrics: 'revenue', model: 'markov', markov_order: '2' });
  assert.ok(again.ok);
  assert.deepEqual(again.value.based_on, first.value.based_on);
});

test('a model that takes too long is given up, with what to do', async () => {
  const solve = createSolver({ timeoutMs: 1 });
  const paths = [{ channels: ['a', 'b'], conversions: 200, nulls: 9, valueMinor: 5 }];
  await assert.rejects(solve({ model: 'markov', paths, order: 1, seed: 1 }), /takes too long; choose fewer days/);
});
