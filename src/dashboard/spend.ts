import type { SpendAnswer, SpendImportAnswer } from '../http/contract-spend.ts';
import { formatMoney } from './money.ts';
import { client } from './queries.ts';

/** How the page Spend speaks. */
export const PLATFORM_NAMES: Record<SpendImportAnswer['platform'], string> = {
  google_ads: 'Google Ads',
  meta_ads: 'Meta Ads',
  linkedin_ads: 'LinkedIn Campaign Manager',
  tiktok_ads: 'TikTok Ads',
  microsoft_ads: 'Microsoft Advertising',
  own: 'Own layout',
};

export type Amounts = SpendAnswer['unmatched']['spend'];
export const formatAmounts = (amounts: Amounts): string =>
  amounts.map(({ currency, amount }) => formatMoney(amount, currency)).join(' + ') || '—';

/** 'google / cpc / brand', absent ones as reports call them. */
export const originName = ({
  source,
  medium,
  campaign,
}: {
  source: string;
  medium: string;
  campaign: string;
}): string => [source || '(direct)', medium || '(none)', campaign || '(none)'].join(' / ');

/** What a campaign's own alias is kept under. */
export const campaignKey = ({ campaign_id, campaign }: { campaign_id: string; campaign: string }): string =>
  campaign_id === '' ? campaign : campaign_id;

export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${new Intl.NumberFormat().format(count)} ${count === 1 ? one : many}`;

/** Reports follow an import within two seconds. */
const REPORTS_FOLLOW_MS = 2_000;

export function showSpendAgain(siteId: string): void {
  const ask = () => {
    for (const kind of ['spend', 'report']) void client.invalidateQueries({ queryKey: [kind, siteId] });
  };
  ask();
  setTimeout(ask, REPORTS_FOLLOW_MS);
}
