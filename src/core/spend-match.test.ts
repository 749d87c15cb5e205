import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSuggestions } from './spend-match.ts';

const seen = (source: string, medium: string, campaign: string) => ({ source, medium, campaign, visitors: 1 });
const VISITORS = [
  seen('google', 'organic', '(none)'),
  seen('google', 'cpc', '(none)'),
  seen('google', '(none)', '(none)'),
  seen('bing', 'cpc', '(none)'),
  seen('google', 'cpc', 'spring-sale'),
  seen('google', 'cpc', '77'),
];

describe('what visitors of a campaign might be tagged with', () => {
  const wanted = { campaign: 'Video views', campaignId: '', source: 'google', medium: 'cpc' };
  const cases: [what: string, given: Partial<typeof wanted>, offered: string[]][] = [
    [
      'without a campaign, those of its own source and medium: organic visitors did not click an ad',
      {},
      ['cpc (none)'],
    ],
    ['of a medium that nobody has', { medium: 'paid_social' }, []],
    ['without a medium', { medium: '(none)' }, ['(none) (none)']],
    ['of another source', { source: 'tiktok' }, []],
    [
      'its id first, then its name, at last none',
      { campaign: 'Spring Sale', campaignId: '77' },
      ['77', 'spring-sale', 'cpc (none)'],
    ],
  ];
  for (const [what, given, offered] of cases) {
    it(what, () => {
      const found = createSuggestions(VISITORS)({ ...wanted, ...given });
      const shown = found.map(({ medium, campaign }) => (campaign === '(none)' ? `${medium} ${campaign}` : campaign));
      assert.deepEqual(shown, offered);
    });
  }
});
