import type { Dimension, ReportQuery } from '../../core/report.ts';
import { COLUMN_DIMENSIONS, labelColumns, type Sql, type Vocabulary } from './report-dimensions.ts';
import { filterSql } from './report-filters.ts';
import type { MoneyScope } from './report-money.ts';

/** Spend is known by the day of the ad account: its buckets are those of that day, whatever the site's zone. */
const BUCKETS: Partial<Record<Dimension, string>> = {
  day: 'toString(s.day)',
  week: 'toString(toMonday(s.day))',
  month: `formatDateTime(s.day, '%Y-%m')`,
};

export function spendVocabulary(): Vocabulary {
  return {
    column: (dimension) => `s.${COLUMN_DIMENSIONS[dimension][0]}`,
    at: 's.day',
    special: { ...BUCKETS, currency: 'toString(s.currency)' },
  };
}

/** What a click cost is told where clicks are, and where the money is said in the currency asked for. */
export const SPEND_MEASURES = {
  spend: 'sum(money)',
  clicks: 'toInt64(sum(clicked))',
  impressions: 'toInt64(sum(shown))',
  clicked_spend: 'sumIf(money, has_clicks AND in_scope)',
  paid_clicks: 'toInt64(sumIf(clicked, in_scope))',
} as const;
/** A label whose rows were all cancelled is no row. */
export const SPEND_STANDS = ['spend', 'clicks', 'impressions']
  .map((name) => `${SPEND_MEASURES[name as keyof typeof SPEND_MEASURES]} != 0`)
  .join(' OR ');

/** The store's days end there. */
const FIRST_DAY = '1970-01-01';
const LAST_DAY = '2149-06-06';

/** Days of the range as days: spend has no time of the day. */
export function spendDays({ from, to }: Pick<ReportQuery, 'from' | 'to'>): Record<string, string> {
  const bounded = (day: string) => (day < FIRST_DAY ? FIRST_DAY : day > LAST_DAY ? LAST_DAY : day);
  return { from_day: bounded(from), to_day: bounded(to) };
}

/** Money in the scope's currency, and whether a row has any. Clicks and impressions count whatever was paid in. */
function moneyOf(
  dimensions: readonly Dimension[],
  scope: MoneyScope,
): { money: string; inScope: string; where: string } {
  if (scope === 'unconverted') {
    const where = ' AND s.currency != {currency:String} AND s.reporting_currency != {currency:String}';
    return { money: 's.amount', inScope: '1', where };
  }
  if (scope === 'own' || dimensions.includes('currency')) return { money: 's.amount', inScope: '1', where: '' };
  const inScope = '(s.reporting_currency = {currency:String} OR s.currency = {currency:String})';
  const money =
    'multiIf(s.reporting_currency = {currency:String}, s.reporting_amount, s.currency = {currency:String}, s.amount, 0)';
  return { money, inScope, where: '' };
}

/** One row per spend row of the range, with d0, d1, … Spend is the site's, in live mode and in test mode. */
export function spendRows(query: ReportQuery, dimensions: readonly Dimension[], scope: MoneyScope): Sql {
  const vocabulary = spendVocabulary();
  const filters = filterSql(query.filters, vocabulary);
  const { money, inScope, where } = moneyOf(dimensions, scope);
  const text = `
    SELECT ${labelColumns(dimensions, vocabulary)} ${money} * s.sign AS money, ${inScope} AS in_scope,
      ifNull(s.clicks, 0) * s.sign AS clicked, s.clicks IS NOT NULL AS has_clicks,
      ifNull(s.impressions, 0) * s.sign AS shown
    FROM spend AS s
    WHERE s.site = {site:String} AND s.day >= {from_day:Date} AND s.day <= {to_day:Date}${where}${filters.text}`;
  return { text, params: { ...filters.params, ...spendDays(query) } };
}
