// Curves in the site's own zone, over changes of its clocks and its calendar: every bucket once, named by what the clocks
// showed, and adding up to the whole. What the clocks showed is asked of Intl, one instant at a time.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { unattributedRows } from '../../src/core/attribution/credits.ts';
import { bucketsBetween, type BucketSize } from '../../src/core/report-buckets.ts';
import { addDays, mondayOf, startOfDayMs } from '../../src/core/report-days.ts';
import type { Metric } from '../../src/core/report.ts';
import { createReports } from '../../src/reports/report.ts';
import { createSolver } from '../../src/reports/solver.ts';
import { entry, event, openReports, payment, sum } from './report-facts.ts';

const { events, credits, store, report } = openReports();
const QUARTER_MS = 15 * 60_000;
const SIZES: BucketSize[] = ['hour', 'day', 'week', 'month'];

/** The zone, the day of the change, and how long that day is; null: what this Node knows of a rule made lately. */
const changes: [zone: string, day: string, hours: number | null][] = [
  ['Europe/Berlin', '2026-03-29', 23],
  ['Europe/Berlin', '2026-10-25', 25],
  ['America/St_Johns', '2026-03-08', 23],
  ['America/St_Johns', '2026-11-01', 25],
  ['Australia/Lord_Howe', '2026-10-04', 23.5],
  ['Australia/Lord_Howe', '2026-04-05', 24.5],
  ['Africa/Cairo', '2026-04-24', 23],
  // The engine's own rules may be older than these: Morocco gave up summer time that day, British Columbia its winter time.
  ['Africa/Casablanca', '2026-09-20', null],
  ['America/Vancouver', '2026-11-01', null],
  ['Asia/Kolkata', '2026-03-01', 24],
  ['Asia/Kathmandu', '2026-03-01', 24],
  ['Pacific/Apia', '2011-12-31', 24],
];

function clockOf(zone: string) {
  const clock = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  });
  return (timeMs: number, size: BucketSize): string => {
    const shown = clock.format(timeMs);
    const day = shown.slice(0, 10);
    if (size === 'hour') return `${shown.slice(0, 13)}:00`;
    return size === 'day' ? day : size === 'week' ? mondayOf(day) : day.slice(0, 7);
  };
}

function countedBy<T>(items: readonly T[], labelOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[labelOf(item)] = (counts[labelOf(item)] ?? 0) + 1;
  return counts;
}

for (const [zone, day, known] of changes) {
  describe(`${zone} around ${day}`, () => {
    const site = `${zone} ${day}`;
    const hours = known ?? (startOfDayMs(addDays(day, 1), zone) - startOfDayMs(day, zone)) / 3_600_000;
    const [from, to] = [addDays(day, -2), addDays(day, 1)];
    const clock = clockOf(zone);
    const middle = Date.parse(`${day}T12:00:00Z`);
    // Every quarter of an hour, far beyond both ends.
    const times = Array.from({ length: 6 * 96 }, (_, index) => middle - 4 * 86_400_000 + index * QUARTER_MS);
    const within = times.filter((timeMs) => clock(timeMs, 'day') >= from && clock(timeMs, 'day') <= to);

    before(async () => {
      const hits = times.map((timeMs, index) =>
        event(site, index % 3 ? `v${index}` : '', new Date(timeMs).toISOString()),
      );
      await events(hits);
      const paid = times.map((timeMs) => payment(site, `ch_${timeMs}`, new Date(timeMs).toISOString()));
      await credits(paid.flatMap((one) => unattributedRows(one, [entry(one, 'charge', 100)], 'no_visitor_id')));
    });

    for (const size of SIZES) {
      test(`by ${size}`, async () => {
        const metrics: Metric[] = ['pageviews', 'gross', 'conversions'];
        const { rows, totals } = await report(site, { timezone: zone, from, to, metrics, dimensions: [size] });
        const expected = countedBy(within, (timeMs) => clock(timeMs, size));
        assert.deepEqual(Object.fromEntries(rows.map((row) => [row[size], row.pageviews])), expected);
        assert.deepEqual(Object.fromEntries(rows.map((row) => [row[size], Number(row.gross) / 100])), expected);
        assert.deepEqual(
          rows.map((row) => row[size]),
          bucketsBetween(size, from, to, zone),
        );
        for (const metric of metrics) assert.equal(sum(rows.map((row) => row[metric])), totals[metric]);
        assert.equal(totals.pageviews, within.length);
      });
    }

    test(`the day has ${hours} hours, and a filter by it chooses them`, async () => {
      const one = { timezone: zone, metrics: ['pageviews', 'gross'] as const };
      const { totals } = await report(site, { ...one, from: day, to: day });
      assert.deepEqual(totals, { pageviews: hours * 4, gross: hours * 400 });
      assert.deepEqual((await report(site, { ...one, from, to, filters: [['day', 'is', [day]]] })).totals, totals);
    });
  });
}

describe('comparisons over a change of clocks', () => {
  const site = { id: 'compared', timezone: 'Europe/Berlin', currency: 'usd', settings: { windowDays: null } };
  before(async () => {
    const from = Date.parse('2025-10-01T00:30:00Z');
    const days = 60 * 24;
    for (const start of [from, Date.parse('2026-10-01T00:30:00Z')]) {
      const times = Array.from({ length: days }, (_, hour) => start + hour * 3_600_000);
      await events(times.map((timeMs) => event(site.id, '', new Date(timeMs).toISOString())));
    }
  });
  const asked = async (question: Record<string, string>) => {
    const [now, defaultMode] = [() => 0, async () => 'live' as const];
    const { ask } = createReports({ facts: store(), solve: createSolver(), now, defaultMode });
    const outcome = await ask(site, { metrics: 'pageviews', ...question });
    assert.ok(outcome.ok);
    return outcome.value;
  };

  test('as many days before, one for one, whether they have 24 hours or 25', async () => {
    const week = { from: '2026-10-25', to: '2026-10-31', dimensions: 'day', compare: 'previous_period' };
    const { rows, compare } = await asked(week);
    assert.deepEqual(
      rows.map((row) => [row.day, row.pageviews]),
      ['25', '26', '27', '28', '29', '30', '31'].map((day) => [`2026-10-${day}`, day === '25' ? 25 : 24]),
    );
    assert.deepEqual(
      compare!.rows.map((row) => [row.day, row.pageviews]),
      ['18', '19', '20', '21', '22', '23', '24'].map((day) => [`2026-10-${day}`, 24]),
    );
  });

  test('the same days a year before, whose long day is another', async () => {
    const { rows, compare } = await asked({
      ...{ from: '2026-10-24', to: '2026-10-27', dimensions: 'day', compare: 'previous_year' },
    });
    assert.deepEqual(
      [rows, compare!.rows].map((list) => list.map((row) => row.pageviews)),
      [
        [24, 25, 24, 24],
        [24, 24, 25, 24],
      ],
    );
    assert.equal(compare!.rows[0]!.day, '2025-10-24');
  });

  test('hour by hour: the hour that is repeated stands beside one that is not', async () => {
    const day = { from: '2026-10-25', to: '2026-10-25', dimensions: 'hour', compare: 'previous_period' };
    const { rows, compare } = await asked(day);
    const ofDay = (list: typeof rows) => list.map((row) => String(row.hour).slice(11));
    assert.deepEqual(ofDay(rows), ofDay(compare!.rows));
    assert.deepEqual([rows[2]!.pageviews, compare!.rows[2]!.pageviews], [2, 1]);
  });
});
