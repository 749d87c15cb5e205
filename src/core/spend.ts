import { channelOf } from './channel.ts';
import { convertMinor } from './rates.ts';
import type { RateTable } from './rates.ts';

/**
 * What advertising cost, by day and campaign, and under which source, medium and campaign it stands in reports: those that
 * the campaign's visitors arrive with, so that what was spent meets what it brought.
 */

/** Whose export it was; 'own': our own layout, or the API. */
export const SPEND_PLATFORMS = [
  'google_ads',
  'meta_ads',
  'linkedin_ads',
  'tiktok_ads',
  'microsoft_ads',
  'own',
] as const;
export type SpendPlatform = (typeof SPEND_PLATFORMS)[number];

/** How visitors of a platform's ads are tagged where nobody says otherwise. */
export const PLATFORM_ORIGINS: Record<SpendPlatform, { source: string; medium: string }> = {
  google_ads: { source: 'google', medium: 'cpc' },
  meta_ads: { source: 'facebook', medium: 'paid_social' },
  linkedin_ads: { source: 'linkedin', medium: 'paid_social' },
  tiktok_ads: { source: 'tiktok', medium: 'paid_social' },
  microsoft_ads: { source: 'bing', medium: 'cpc' },
  own: { source: '', medium: '' },
};

/** What a campaign cost on a day, as it was imported. */
export interface SpendLine {
  /** 'YYYY-MM-DD', of the ad account's time zone. */
  day: string;
  platform: SpendPlatform;
  /** '' where the file names none. */
  account: string;
  campaignId: string;
  /** As the platform calls it. */
  campaign: string;
  /** Said by the file or for all of it; '' else. */
  source: string;
  medium: string;
  currency: string;
  amountMinor: number;
  /** null: the file does not tell. */
  clicks: number | null;
  impressions: number | null;
}

/** A person's word on how visitors of a campaign are tagged. */
export interface SpendAlias {
  platform: SpendPlatform;
  /** The campaign's id, else its name; '': every campaign of the platform. */
  campaignKey: string;
  /** '' leaves what it would be without. */
  source: string;
  medium: string;
  /**
   * May hold {name} and {id}, which leaves campaigns without an id their name; '' leaves the campaign's name, '(none)' means
   * visitors without a campaign.
   */
  campaign: string;
}

/** Visitors without a campaign's tag, as reports call them: those of auto-tagged ads have none. */
export const NO_CAMPAIGN = '(none)';

export interface SpendOrigin {
  source: string;
  medium: string;
  campaign: string;
  channel: string;
}

/** A campaign's own alias, then what was said at the import, then the alias of its platform, then the platform's usual tags. */
export function spendOrigin(
  line: Pick<SpendLine, 'platform' | 'campaignId' | 'campaign' | 'source' | 'medium'>,
  aliases: readonly SpendAlias[],
): SpendOrigin {
  const { platform, campaignId, campaign } = line;
  const find = (key: string) => aliases.find((alias) => alias.platform === platform && alias.campaignKey === key);
  const own = (campaignId === '' ? undefined : find(campaignId)) ?? (campaign === '' ? undefined : find(campaign));
  const all = find('');
  const usual = PLATFORM_ORIGINS[platform];
  const template = own?.campaign || all?.campaign || '{name}';
  // An export without ids has none to fill in; an empty campaign would move its spend to the visitors without one.
  const tagged = (campaignId === '' && template.includes('{id}') ? '{name}' : template)
    .replaceAll('{name}', () => campaign)
    .replaceAll('{id}', () => campaignId);
  const origin = {
    source: own?.source || line.source || all?.source || usual.source,
    medium: given(own?.medium || line.medium || all?.medium || usual.medium),
    campaign: given(tagged),
  };
  return { ...origin, channel: channelOf(origin) };
}

/** What reports call absent is absent. */
const given = (tag: string) => (tag === NO_CAMPAIGN ? '' : tag);

/** One campaign's day, as the facts store has it. What becomes otherwise is appended: the old row with sign −1, the new one. */
export interface SpendRow {
  /** What tells it from other rows in the outbox. */
  spend: SpendPlatform;
  site: string;
  day: string;
  account: string;
  campaignId: string;
  /** As the platform calls it. */
  name: string;
  source: string;
  medium: string;
  campaign: string;
  channel: string;
  currency: string;
  amountMinor: number;
  /** The same in the site's currency by the rate of the day; null: none is known, so it stays apart. */
  reporting: { currency: string; amountMinor: number; evidence: string } | null;
  clicks: number | null;
  impressions: number | null;
  sign: 1 | -1;
}

export function spendRow(
  site: { id: string; currency: string },
  line: SpendLine,
  aliases: readonly SpendAlias[],
  rates: RateTable,
): SpendRow {
  const converted = convertMinor(line.amountMinor, line.currency, site.currency, line.day, rates);
  return {
    spend: line.platform,
    site: site.id,
    day: line.day,
    account: line.account,
    campaignId: line.campaignId,
    name: line.campaign,
    ...spendOrigin(line, aliases),
    currency: line.currency,
    amountMinor: line.amountMinor,
    reporting: converted && { currency: site.currency, ...converted },
    clicks: line.clicks,
    impressions: line.impressions,
    sign: 1,
  };
}

/** What to append so that the facts store says what is true now. Both are of one campaign and day, one row for each currency. */
export function spendChanges(before: readonly SpendRow[], after: readonly SpendRow[]): SpendRow[] {
  const [were, are] = [new Set(before.map(spendKey)), new Set(after.map(spendKey))];
  const gone = before.filter((row) => !are.has(spendKey(row)));
  return [...gone.map((row) => ({ ...row, sign: -1 as const })), ...after.filter((row) => !were.has(spendKey(row)))];
}

/** Of rows with sign 1. The evidence is told, not reported: another rate that gives the same amount changes nothing. */
function spendKey({ reporting, ...row }: SpendRow): string {
  const fields = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([fields, reporting?.currency, reporting?.amountMinor]);
}
