import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { journey, touch } from './examples.fixture.ts';
import { MAX_PATH_TOUCHPOINTS } from './path.ts';
import { channelPaths, channelsOf } from './paths.ts';
import { DEFAULT_MODEL_SETTINGS } from './settings.ts';

const DAY_MS = 86_400_000;
const paid = (text: string, day: number, revenueMinor: number) => ({
  path: journey(text),
  endsAt: day * DAY_MS,
  revenueMinor,
});

describe('paths of a selection', () => {
  test('equal ones are added up, paying or not, in the order of their channels', () => {
    const rows = channelPaths(
      {
        paid: [
          paid('search@0 email@3', 5, 100_00),
          paid('search@1 email@2', 2, 50_00),
          paid('direct@0', 1, 20_00),
          // It went back whole, and converted all the same; what a dispute took beyond that is no value.
          paid('direct@0', 1, -15_00),
        ],
        unpaid: [
          { channels: ['search', 'email'], visitors: 7 },
          { channels: ['social'], visitors: 30 },
          { channels: [], visitors: 4 },
        ],
      },
      DEFAULT_MODEL_SETTINGS,
    );
    assert.deepEqual(rows, [
      { channels: ['Direct'], conversions: 2, nulls: 0, valueMinor: 20_00 },
      { channels: ['search', 'email'], conversions: 2, nulls: 7, valueMinor: 150_00 },
      { channels: ['social'], conversions: 0, nulls: 30, valueMinor: 0 },
    ]);
  });

  test('follow the window and the options; a payment whose path is outside of the window is left out', () => {
    const settings = { windowDays: 10, ignoreDirect: true, collapseRepeats: true };
    const rows = channelPaths(
      {
        paid: [paid('search@0 email@15 direct@16 email@17 social@30', 20, 100_00), paid('search@0', 20, 9_00)],
        unpaid: [
          { channels: ['Direct', 'email', 'Direct', 'email'], visitors: 2 },
          { channels: ['Direct', 'Direct'], visitors: 1 },
        ],
      },
      settings,
    );
    assert.deepEqual(rows, [
      { channels: ['Direct'], conversions: 0, nulls: 1, valueMinor: 0 },
      { channels: ['email'], conversions: 1, nulls: 2, valueMinor: 100_00 },
    ]);
  });

  test('of ten thousand touchpoints keep the oldest and the newest', () => {
    const path = Array.from({ length: 10_000 }, (_, index) =>
      touch({ occurredAt: index, source: 'x', channel: `c${index}` }),
    );
    const [row] = channelPaths({ paid: [{ path, endsAt: 1e9, revenueMinor: 1 }], unpaid: [] }, DEFAULT_MODEL_SETTINGS);
    assert.deepEqual(
      [row!.channels.length, row!.channels[0], row!.channels.at(-1)],
      [MAX_PATH_TOUCHPOINTS, 'c0', 'c9999'],
    );
  });

  test('are never emptied by an option', () => {
    for (const options of [
      { ignoreDirect: true, collapseRepeats: true },
      { ignoreDirect: true, collapseRepeats: false },
    ]) {
      assert.equal(channelsOf(['Direct'], options).join(), 'Direct');
    }
  });
});
