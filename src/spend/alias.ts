import type { SpendAlias } from '../core/spend.ts';
import type { Records } from '../storage/records/records.ts';
import { SPEND_JOB } from './book.ts';
import { cleanText } from './read-line.ts';
import { SpendRefused } from './refused.ts';
import { settleStanding } from './settle.ts';

const ALIASES_MAX = 5_000;

/**
 * Says how visitors of a campaign (or of all of a platform) are tagged; saying nothing takes it back. What stands follows,
 * by a job too, so that a process that dies leaves nothing half done.
 */
export async function setSpendAlias(
  {
    records,
    now,
    wake,
  }: { records: Pick<Records, 'transaction' | 'spend' | 'sites'>; now: () => number; wake?: () => void },
  site: string,
  said: SpendAlias,
): Promise<void> {
  const { platform } = said;
  const alias: SpendAlias = {
    platform,
    campaignKey: cleanText(said.campaignKey),
    source: cleanText(said.source),
    medium: cleanText(said.medium),
    campaign: cleanText(said.campaign),
  };
  if (alias.campaignKey === '' && alias.campaign !== '' && !/\{(?:name|id)\}/.test(alias.campaign)) {
    const message = 'one name for every campaign of a platform would put them together; use {name} or {id} in it';
    throw new SpendRefused('campaign', message);
  }
  const isNothing = alias.source === '' && alias.medium === '' && alias.campaign === '';
  await records.transaction(async (tx) => {
    if (isNothing) await tx.spend.removeAlias(site, alias);
    else await tx.spend.putAlias(site, alias);
    if ((await tx.spend.aliases(site)).length > ALIASES_MAX) {
      throw new SpendRefused('campaign', `a site has at most ${ALIASES_MAX} of them; use one for the platform`);
    }
    await tx.jobs.add(SPEND_JOB, { site, platform }, now());
  });
  await settleStanding(records, site, { platform });
  wake?.();
}
