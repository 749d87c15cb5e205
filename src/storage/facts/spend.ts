import type { SpendRow } from '../../core/spend.ts';
import type { WrittenRows } from '../../core/written-rows.ts';
import { rowText } from './client.ts';

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

/** Spend as it is inserted. */
export function writtenSpend(rows: readonly SpendRow[]): WrittenRows {
  return { table: 'spend', columns: COLUMNS, lines: rows.map((row) => rowText(spendCells(row))) };
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
