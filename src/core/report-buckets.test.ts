import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { bucketsBetween } from './report-buckets.ts';
import { dayAt, offsetsBetween, startOfDayMs } from './report-days.ts';

const hours: [zone: string, day: string, count: number, missing: string][] = [
  ['UTC', '2026-03-29', 24, ''],
  ['Europe/Berlin', '2026-03-29', 23, '02'],
  ['Europe/Berlin', '2026-10-25', 24, ''],
  ['America/St_Johns', '2026-03-08', 23, '02'],
  ['America/St_Johns', '2026-11-01', 24, ''],
  // Clocks change by half an hour: both hours keep a half.
  ['Australia/Lord_Howe', '2026-10-04', 24, ''],
  ['Australia/Lord_Howe', '2026-04-05', 24, ''],
  ['Africa/Cairo', '2026-04-24', 23, '00'],
  ['Asia/Kathmandu', '2026-05-01', 24, ''],
  // Nepal moved by a quarter of an hour at midnight.
  ['Asia/Kathmandu', '1986-01-01', 24, ''],
  ['Pacific/Apia', '2011-12-31', 24, ''],
  ['Pacific/Apia', '2011-12-30', 0, ''],
];
for (const [zone, day, count, missing] of hours) {
  test(`${day} in ${zone} has ${count} hours to show`, () => {
    const labels = bucketsBetween('hour', day, day, zone);
    assert.equal(labels.length, count);
    assert.ok(labels.every((label) => label.startsWith(`${day} `) && label.slice(11, 13) !== missing));
  });
}

test('days, weeks and months; a day that did not exist is none', () => {
  const around = (size: 'day' | 'week' | 'month') => bucketsBetween(size, '2011-12-29', '2012-01-02', 'Pacific/Apia');
  assert.deepEqual(around('day'), ['2011-12-29', '2011-12-31', '2012-01-01', '2012-01-02']);
  assert.deepEqual(around('week'), ['2011-12-26', '2012-01-02']);
  assert.deepEqual(around('month'), ['2011-12', '2012-01']);
});

test('offsets say what the clocks show, at every instant and in every zone', () => {
  const zones = Intl.supportedValuesOf('timeZone');
  const someTime = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2040, 0, 1) });
  fc.assert(
    fc.property(fc.constantFrom(...zones), someTime, fc.integer({ min: 1, max: 1_000 }), (zone, fromMs, days) => {
      const toMs = fromMs + days * 86_400_000;
      const { sinceMs, seconds } = offsetsBetween(fromMs, toMs, zone);
      for (let at = fromMs; at < toMs; at += (toMs - fromMs) / 7) {
        const timeMs = Math.floor(at);
        const offset = seconds[sinceMs.findLastIndex((since) => since <= timeMs)]!;
        assert.equal(new Date(timeMs + offset * 1_000).toISOString().slice(0, 10), dayAt(timeMs, zone));
      }
      // A change is where the clocks jump, to the millisecond.
      for (const [index, since] of sinceMs.entries()) {
        if (index > 0) assert.notEqual(seconds[index], seconds[index - 1]);
        assert.ok(since >= fromMs && since <= toMs);
      }
    }),
    { numRuns: 200 },
  );
});

test('the hours of a range are those of its days', () => {
  for (const zone of ['Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns', 'Asia/Kolkata']) {
    const days = bucketsBetween('day', '2026-09-25', '2026-11-05', zone);
    const hourly = days.flatMap((day) => bucketsBetween('hour', day, day, zone));
    assert.deepEqual(bucketsBetween('hour', '2026-09-25', '2026-11-05', zone), hourly);
    assert.ok(days.every((day) => dayAt(startOfDayMs(day, zone), zone) === day));
  }
});
