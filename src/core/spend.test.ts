import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spendOrigin } from './spend.ts';
import type { SpendAlias } from './spend.ts';

const line = { platform: 'google_ads', campaignId: '77', campaign: 'Brand', source: '', medium: '' } as const;
const alias = (campaign: string, campaignKey = ''): SpendAlias => ({
  platform: 'google_ads',
  campaignKey,
  source: '',
  medium: '',
  campaign,
});

describe('which campaign spend stands under', () => {
  const cases: [what: string, given: Partial<typeof line> | object, aliases: SpendAlias[], campaign: string][] = [
    ['its own name', {}, [], 'Brand'],
    ['its id, where the alias says so', {}, [alias('{id}')], '77'],
    ['both', {}, [alias('{name}-{id}')], 'Brand-77'],
    ['none, where the alias says so', {}, [alias('(none)')], ''],
    ['its name, when an export without ids meets {id}', { campaignId: '' }, [alias('{id}')], 'Brand'],
    ['its name, and no half of {name}-{id}', { campaignId: '' }, [alias('{name}-{id}')], 'Brand'],
    ['its name, when its own alias needs an id', { campaignId: '' }, [alias('all'), alias('{id}', 'Brand')], 'Brand'],
    ['the words of an alias that needs no id', { campaignId: '' }, [alias('all')], 'all'],
  ];
  for (const [what, given, aliases, campaign] of cases) {
    it(what, () => assert.equal(spendOrigin({ ...line, ...given }, aliases).campaign, campaign));
  }
});
