// What a line of an export is: spend, a total, a remark of the platform.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOTHING_SAID } from './options.fixture.ts';
import { acquisitionOf } from '../core/acquisition-of.ts';
import { readPageUrl } from '../core/acquisition-url.ts';
import { readSpendFile } from './read-file.ts';
import { cleanText } from './read-line.ts';

const read = (...lines: string[]) => readSpendFile(Buffer.from(lines.join('\n')), NOTHING_SAID, '2026-11-21');
const META = 'Reporting starts,Reporting ends,Campaign name,Amount spent (USD)';
const LINKEDIN = 'Start Date (in UTC),Campaign Name,Currency,Total Spent';
const GOOGLE = 'Day,Campaign,Campaign ID,Currency code,Cost';

type Story = [lines: string[], spend: string[], leftOut: string[]];

describe('what is no spend', () => {
  const stories: Record<string, Story> = {
    'Meta, one day: the summary has the range as its day': [
      [META, '2026-11-01,2026-11-01,,30.00', '2026-11-01,2026-11-01,Spring,20.00', '2026-11-01,2026-11-01,Autumn,10'],
      ['2026-11-01 Spring 2000', '2026-11-01 Autumn 1000'],
      ['2 a total: it names no campaign'],
    ],
    'Meta, two days: the summary does not refuse the file': [
      [META, '2026-11-01,2026-11-02,,30.00', '2026-11-01,2026-11-01,Spring,20.00', '2026-11-02,2026-11-02,Spring,10'],
      ['2026-11-01 Spring 2000', '2026-11-02 Spring 1000'],
      ['2 a total: it names no campaign'],
    ],
    'LinkedIn: the same': [
      [LINKEDIN, '11/01/2026,,USD,30', '11/01/2026,Spring,USD,20', '11/13/2026,Spring,USD,10'],
      ['2026-11-01 Spring 2000', '2026-11-13 Spring 1000'],
      ['2 a total: it names no campaign'],
    ],
    'Meta by day: the sums of all days, of all campaigns and of each': [
      [`Day,${META}`, 'All,,,,30', 'All,2026-11-01,2026-11-02,Spring,30', '2026-11-01,,,Spring,20', 'all,,,All,30'],
      ['2026-11-01 Spring 2000'],
      ['2 a total', '3 a total', '5 a total'],
    ],
    'the same in Spanish': [
      ['Día,Nombre de la campaña,Importe gastado (EUR)', 'Todos,,30', 'Todos,Spring,30', '2026-11-01,Spring,20'],
      ['2026-11-01 Spring 2000'],
      ['2 a total', '3 a total'],
    ],
    'campaigns that are called like remarks, and remarks': [
      [
        'Campaign,Day,Currency code,Cost',
        'Copyright law,2026-11-01,USD,1',
        '(c) 2026 launch,2026-11-01,USD,2',
        '"© 2026 Microsoft Corporation. All rights reserved."',
        'Copyright 2026 Example,,,',
      ],
      ['2026-11-01 Copyright law 100', '2026-11-01 (c) 2026 launch 200'],
      ['4 a remark of the platform', '5 a remark of the platform'],
    ],
    'a day without a campaign in the layout of its own day is spend': [
      [GOOGLE, '2026-11-01,,,USD,20', '2026-11-01,Total recall,7,USD,1'],
      ['2026-11-01  2000', '2026-11-01 Total recall 100'],
      [],
    ],
  };
  for (const [name, [lines, spend, leftOut]] of Object.entries(stories)) {
    it(name, async () => {
      const found = await read(...lines);
      assert.deepEqual(found.rejected, []);
      assert.deepEqual(
        found.lines.map(({ spend: { day, campaign, amountMinor } }) => `${day} ${campaign} ${amountMinor}`),
        spend,
      );
      assert.deepEqual(
        found.leftOut.map(({ line, reason }) => `${line} ${reason}`),
        leftOut,
      );
    });
  }
});

describe('ids that a spreadsheet took for numbers', () => {
  for (const id of ['1.20212E+17', '1.20212e+17', '"1,20212E+17"', '1E+17', '"=""1.20212E+17"""']) {
    it(`${id} is none: two campaigns stay two`, async () => {
      const found = await read(GOOGLE, `2026-11-01,A,${id},USD,1`, `2026-11-01,B,${id},USD,2`);
      assert.deepEqual(
        found.lines.map(({ spend: { campaign, campaignId, amountMinor } }) => [campaign, campaignId, amountMinor]),
        [
          ['A', '', 100],
          ['B', '', 200],
        ],
      );
    });
  }

  it('others stay as they are', async () => {
    const ids = ['120212000000000123', '"=""120212000000000123"""', '12E3', 'E+17'];
    const found = await read(GOOGLE, ...ids.map((id, index) => `2026-11-0${index + 1},A,${id},USD,1`));
    assert.deepEqual(
      found.lines.map(({ spend }) => spend.campaignId),
      ['120212000000000123', '120212000000000123', '12E3', 'E+17'],
    );
  });
});

it('a campaign is called as its visitors’ tag is, however many spaces the platform has in it', () => {
  for (const name of ['Brand', 'Brand  —\u00a0 EU', ' Brand\t2026 ', 'two\r\nlines', 'Été  '.repeat(60)]) {
    const page = readPageUrl(`https://shop.example/?utm_campaign=${encodeURIComponent(name)}`);
    const { campaign } = acquisitionOf({ page, referrer: '', siteHosts: [], inAppBrowser: '' });
    assert.equal(campaign, cleanText(name));
  }
});
