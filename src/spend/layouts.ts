import type { DayOrder } from '../core/spend-days.ts';
import type { SpendPlatform } from '../core/spend.ts';
import words from './header-words.json' with { type: 'json' };

/** The columns that spend is read from. */
export const FIELDS = [
  'day',
  'until',
  'campaign',
  'campaignId',
  'account',
  'source',
  'medium',
  'amount',
  'currency',
  'clicks',
  'impressions',
] as const;
export type Field = (typeof FIELDS)[number];

/** Header names of a platform's export in English, the best first, lower case; in other languages: header-words.json. */
interface Layout {
  names: Partial<Record<Field, readonly string[]>>;
  /** In which order it writes slashed dates when the file itself does not tell. */
  dayOrder: DayOrder | null;
  /** Where to find the breakdown by day. */
  byDay: string;
}

export const LAYOUTS: Record<SpendPlatform, Layout> = {
  google_ads: {
    names: {
      day: ['day', 'date'],
      campaign: ['campaign', 'campaign name'],
      campaignId: ['campaign id'],
      account: ['customer id', 'account', 'account name'],
      amount: ['cost'],
      currency: ['currency code', 'currency', 'account currency'],
      clicks: ['clicks', 'interactions'],
      impressions: ['impr.', 'impressions'],
    },
    dayOrder: null,
    byDay: 'in Google Ads choose Segment > Time > Day before the download',
  },
  meta_ads: {
    names: {
      day: ['day', 'date', 'reporting starts'],
      until: ['reporting ends'],
      campaign: ['campaign name', 'campaign'],
      campaignId: ['campaign id'],
      account: ['account id', 'account name', 'ad account id', 'ad account name'],
      amount: ['amount spent'],
      currency: ['currency', 'account currency'],
      clicks: ['link clicks', 'clicks (all)', 'clicks'],
      impressions: ['impressions'],
    },
    dayOrder: null,
    byDay: 'in Ads Manager choose Breakdown > By time > Day before the export',
  },
  linkedin_ads: {
    names: {
      day: ['start date (in utc)', 'start date', 'date (in utc)', 'date', 'day'],
      until: ['end date (in utc)', 'end date'],
      campaign: ['campaign name', 'campaign', 'campaign group name'],
      campaignId: ['campaign id'],
      account: ['account id', 'account name'],
      amount: ['total spent', 'spent'],
      currency: ['currency', 'currency code', 'account currency'],
      clicks: ['clicks'],
      impressions: ['impressions'],
    },
    dayOrder: 'mdy',
    byDay: 'in Campaign Manager choose Export with the time breakdown Daily',
  },
  tiktok_ads: {
    names: {
      day: ['by day', 'date', 'day'],
      campaign: ['campaign name', 'campaign'],
      campaignId: ['campaign id'],
      account: ['account id', 'advertiser id', 'account name', 'advertiser name'],
      amount: ['cost', 'spend', 'total cost'],
      currency: ['currency', 'currency code'],
      clicks: ['clicks (destination)', 'clicks', 'clicks (all)', 'click'],
      impressions: ['impressions', 'impression'],
    },
    dayOrder: null,
    byDay: 'in TikTok Ads Manager make a custom report with the dimension By Day',
  },
  microsoft_ads: {
    names: {
      day: ['gregorian date', 'timeperiod', 'time period', 'day', 'date'],
      campaign: ['campaign name', 'campaignname', 'campaign'],
      campaignId: ['campaign id', 'campaignid'],
      account: ['account number', 'accountnumber', 'account id', 'accountid', 'account name', 'accountname'],
      amount: ['spend', 'cost'],
      currency: ['currency code', 'currencycode', 'currency'],
      clicks: ['clicks'],
      impressions: ['impressions', 'impr.'],
    },
    dayOrder: 'mdy',
    byDay: 'in Microsoft Advertising run the Campaign report with the unit of time Day',
  },
  own: {
    names: {
      day: ['date'],
      campaign: ['campaign'],
      source: ['source'],
      medium: ['medium'],
      amount: ['amount'],
      currency: ['currency'],
      clicks: ['clicks'],
      impressions: ['impressions'],
    },
    dayOrder: null,
    byDay: 'give each day its own line',
  },
};

export interface Recognised {
  platform: SpendPlatform;
  /** Field → index of its column. */
  columns: Partial<Record<Field, number>>;
  /** Said by the header: 'Amount spent (EUR)'. */
  currency: string | null;
  /** The day is where a range starts, which a sum has as well as a day's line. */
  isRange: boolean;
}

/** What Google Ads and Meta call their columns in other languages → in English. No word means two things. */
const WORDS = new Map(Object.values(words).flatMap((language) => Object.entries(language)));

const normal = (cell: string) =>
  cell.normalize('NFC').replaceAll('’', "'").replaceAll(/\s+/g, ' ').trim().toLowerCase();

/** A column's name in English, lower case: 'Ausgegebener Betrag (EUR)' → 'amount spent (eur)'. */
export function columnName(cell: string): string {
  const name = normal(cell);
  const known = WORDS.get(name);
  if (known !== undefined) return known;
  const [, amount, currency] = AMOUNT_IN.exec(name) ?? [];
  const translated = amount === undefined ? undefined : WORDS.get(amount);
  return translated === undefined ? name : `${translated} (${currency})`;
}

/** Columns of days that are the day only where the range ends on it too. */
const RANGE_STARTS = new Set(['reporting starts', 'start date (in utc)', 'start date']);
/** 'amount spent (eur)' → 'amount spent' and 'eur'. */
const AMOUNT_IN = /^(.+?) \(([a-z]{3})\)$/;

/**
 * Which export a line is the header of; null: of none.
 * @param wanted a person said which; null: the header decides
 */
export function recognise(cells: readonly string[], wanted: SpendPlatform | null): Recognised | null {
  // As it stands first: a column of an English export may be called like something else in another language.
  return recogniseNames(cells.map(normal), wanted) ?? recogniseNames(cells.map(columnName), wanted);
}

function recogniseNames(names: readonly string[], wanted: SpendPlatform | null): Recognised | null {
  const platform = wanted ?? platformOf(names);
  if (platform === null) return null;
  const columns: Recognised['columns'] = {};
  let currency: string | null = null;
  for (const field of FIELDS) {
    for (const name of LAYOUTS[platform].names[field] ?? []) {
      const at = names.findIndex(
        (given) => given === name || (field === 'amount' && AMOUNT_IN.exec(given)?.[1] === name),
      );
      if (at < 0) continue;
      columns[field] = at;
      if (field === 'amount') currency = AMOUNT_IN.exec(names[at]!)?.[2] ?? null;
      break;
    }
  }
  const isRange = columns.day !== undefined && RANGE_STARTS.has(names[columns.day]!);
  // A column of days stands beside the range of the whole report.
  if (columns.day !== undefined && !isRange) delete columns.until;
  return columns.amount === undefined ? null : { platform, columns, currency, isRange };
}

/**
 * What only one platform's header has comes first; what is left is told by the words for campaign and cost. Spend and Amount
 * spent are words of many: without a column that only Microsoft or Meta has, a file is of somebody else.
 */
function platformOf(names: readonly string[]): SpendPlatform | null {
  const amounts = names.map((name) => AMOUNT_IN.exec(name)?.[1] ?? name);
  const has = (name: string) => names.includes(name);
  const costs = (name: string) => amounts.includes(name);
  if (['date', 'source', 'medium', 'campaign', 'amount'].every(has)) return 'own';
  // Meta alone says the currency with the amount, or the range in these words.
  const isMeta = names.some((name) => AMOUNT_IN.test(name)) || has('reporting starts') || has('reporting ends');
  if (costs('amount spent')) return isMeta ? 'meta_ads' : null;
  if (costs('total spent')) return 'linkedin_ads';
  const isCost = costs('cost') || costs('spend') || costs('total cost');
  if (!isCost) return null;
  if (has('by day') || has('clicks (destination)')) return 'tiktok_ads';
  if (has('gregorian date') || has('timeperiod') || has('campaignname') || has('accountnumber')) return 'microsoft_ads';
  if (costs('cost') && has('campaign')) return 'google_ads';
  if ((costs('cost') || costs('total cost')) && has('campaign name')) return 'tiktok_ads';
  return null;
}
