import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addDays, countDays, dayAt, isDay, isTimezone, startOfDayMs, yearBefore } from './report-days.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Apia',
  'Africa/Cairo',
  'America/St_Johns',
];

test('days are calendar days', () => {
  for (const day of ['2026-11-30', '2024-02-29', '1970-01-01', '9999-12-31']) assert.ok(isDay(day), day);
  const wrong = [
    '2026-02-29',
    '2026-13-01',
    '2026-11-31',
    '2026-1-1',
    '1969-12-31',
    '',
    ' 2026-01-01',
    '2026-01-01T00:00',
    '２０２６-01-01',
  ];
  for (const day of wrong) assert.ok(!isDay(day), day);
});

const starts: [zone: string, day: string, start: string, hours: number][] = [
  ['UTC', '2026-11-01', '2026-11-01T00:00:00.000Z', 24],
  ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
  ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
  ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
  ['Asia/Kolkata', '2026-11-01', '2026-10-31T18:30:00.000Z', 24],
  // Clocks go forward at midnight: the day starts at 01:00.
  ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z', 23],
  // Samoa crossed the date line: this day did not exist.
  ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z', 0],
];
for (const [zone, day, start, hours] of starts) {
  test(`${day} in ${zone} has ${hours} hours`, () => {
    assert.equal(new Date(startOfDayMs(day, zone)).toISOString(), start);
    assert.equal(startOfDayMs(addDays(day, 1), zone) - startOfDayMs(day, zone), hours * 3_600_000);
  });
}

test('an instant lies in the day that starts before it, in every zone', () => {
  const instants = fc.integer({ min: 0, max: Date.UTC(2099, 0, 1) });
  fc.assert(
    fc.property(instants, fc.constantFrom(...ZONES), (timeMs, zone) => {
      const day = dayAt(timeMs, zone);
      assert.ok(startOfDayMs(day, zone) <= timeMs && timeMs < startOfDayMs(addDays(day, 1), zone));
    }),
    { numRuns: 50 },
  );
});

test('counting and comparing days', () => {
  assert.deepEqual([countDays('2026-11-01', '2026-11-01'), countDays('2024-02-01', '2024-03-01')], [1, 30]);
  assert.deepEqual([yearBefore('2026-11-30'), yearBefore('2024-02-29')], ['2025-11-30', '2023-02-28']);
});

test('zones are names, not offsets', () => {
  for (const zone of ZONES) assert.ok(isTimezone(zone));
  for (const zone of ['', '+02:00', 'Mars/Olympus', `UTC'`]) assert.ok(!isTimezone(zone), zone);
});
