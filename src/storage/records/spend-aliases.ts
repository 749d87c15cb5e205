import type { Kysely } from 'kysely';
import type { SpendAlias } from '../../core/spend.ts';
import type { Database } from './database.ts';
import type { Spend } from './records-spend.ts';

export function createSpendAliases(db: Kysely<Database>): Pick<Spend, 'aliases' | 'putAlias' | 'removeAlias'> {
  return {
    async aliases(site) {
      const rows = await db
        .selectFrom('spend_aliases')
        .select(['platform', 'campaign_key as campaignKey', 'source', 'medium', 'campaign'])
        .where('site', '=', site)
        .orderBy('platform')
        .orderBy('campaign_key')
        .execute();
      return rows as SpendAlias[];
    },
    async putAlias(site, { platform, campaignKey, ...tags }) {
      await db
        .insertInto('spend_aliases')
        .values({ site, platform, campaign_key: campaignKey, ...tags })
        .onConflict((conflict) => conflict.columns(['site', 'platform', 'campaign_key']).doUpdateSet(tags))
        .execute();
    },
    async removeAlias(site, { platform, campaignKey }) {
      await db
        .deleteFrom('spend_aliases')
        .where('site', '=', site)
        .where('platform', '=', platform)
        .where('campaign_key', '=', campaignKey)
        .execute();
    },
  };
}
