import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CampaignIdentity } from '../storage/records/records-spend.ts';
import { identify } from './identify.ts';

const known = (key: string, account: string, campaignId: string): CampaignIdentity => ({
  key,
  account,
  campaignId,
  campaign: 'Brand',
});

function rejectedOf(account: string, identities: CampaignIdentity[]): string[] {
  const tags = { source: '', medium: '', currency: 'usd', clicks: null, impressions: null };
  const spend = {
    day: '2026-11-01',
    platform: 'google_ads',
    campaignId: '',
    campaign: 'Brand',
    amountMinor: 1,
  } as const;
  const { rejected } = identify('google_ads', [{ line: 2, spend: { ...spend, ...tags, account } }], identities);
  return rejected.map(({ reason }) => reason);
}

describe('a name that several campaigns have', () => {
  const byId = 'several campaigns are called "Brand"; export with the column Campaign ID';
  const byAccount = `several accounts have a campaign "Brand"; export with the account's column, or say the account`;
  const cases: [what: string, account: string, identities: CampaignIdentity[], reasons: string[]][] = [
    ['in one account', '', [known('a', 'A', '1'), known('b', 'A', '2')], [byId]],
    ['in an account that no file told', '', [known('a', '', '1'), known('b', '', '2')], [byId]],
    ['in the account that was said', 'A', [known('a', 'A', '1'), known('b', 'A', '2')], [byId]],
    ['in two accounts', '', [known('a', 'A', ''), known('b', 'B', '')], [byAccount]],
    ['in another account', 'A', [known('a', 'A', '1'), known('b', 'B', '2')], []],
  ];
  for (const [what, account, identities, reasons] of cases) {
    it(what, () => assert.deepEqual(rejectedOf(account, identities), reasons));
  }
});
