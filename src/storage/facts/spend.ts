import type { SpendRow } from '../../core/spend.ts';
import type { FactsClient } from './client.ts';
import type { Facts } from './facts.ts';

const COLUMNS = [
  'site',
  'day',
  'platform',
  'account',
  'campaign_id',
  'name',
  'source',
  'medium',
  'campaign',
  'channel',
  'currency',
  'amount',
  'reporting_currency',
  'reporting_amount',
  'clicks',
  'impressions',
  'sign',
] as const;

export function createSpendFacts(client: FactsClient): Pick<Facts, 'insertSpend'> {
  return {
    insertSpend: (rows, token) => client.insert('spend', COLUMNS, rows.map(spendCells), token),
  };
}

function spendCells(row: SpendRow): unknown[] {
  return [
    row.site,
    row.day,
    row.spend,
    row.account,
    row.campaignId,
    row.name,
    row.source,
    row.medium,
    row.campaign,
    row.channel,
    row.currency,
    row.amountMinor,
    row.reporting?.currency ?? '',
    row.reporting?.amountMinor ?? 0,
    row.clicks,
    row.impressions,
    row.sign,
  ];
}
