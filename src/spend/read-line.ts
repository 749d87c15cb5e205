import type { DayOrder } from '../core/spend-days.ts';
import { dayOf } from '../core/spend-days.ts';
import { exactNumber, isBlank, wholeNumber } from '../core/spend-numbers.ts';
import type { DecimalMark } from '../core/spend-numbers.ts';
import { addDays } from '../core/report-days.ts';
import type { SpendLine, SpendPlatform } from '../core/spend.ts';
import { checkSite } from '../sites/site-input.ts';
import type { CsvRecord } from './csv.ts';
import { LAYOUTS } from './layouts.ts';
import type { Field } from './layouts.ts';
import type { SpendFileOptions } from './options.ts';

export interface NamedLine {
  line: number;
  reason: string;
}

/** A line of an export, its amount still exact: a day's lines of a campaign are added before they are rounded. */
export interface ReadLine {
  line: number;
  spend: Omit<SpendLine, 'amountMinor'>;
  exact: bigint;
}

/** `isSpend` false: it is a total or a remark, not a line that is wrong. */
type Unread = { isSpend: boolean; reason: string };

export interface Reading {
  platform: SpendPlatform;
  columns: Partial<Record<Field, number>>;
  /** The day is where a range starts. */
  isRange: boolean;
  /** How many columns the header has. */
  width: number;
  mark: DecimalMark;
  order: DayOrder;
  fileCurrency: string | null;
  options: SpendFileOptions;
  today: string;
}

const EARLIEST_DAY = '2000-01-01';
const TEXT_MAX = 255;
const TOTAL = /^(?:(?:overall |grand |sub)?totals?|totale|totaal|gesamt)\b/i;
const ALL_DAYS = /^(?:all|alle|tous|toutes|tod[ao]s|tutt[ei])$/i;
const REMARK = /^(?:©|\(c\) ?\d{4}|copyright\b)/i;

export function readLine(record: CsvRecord, cell: (field: Field) => string, reading: Reading): ReadLine | Unread {
  const { platform, columns, options } = reading;
  const aside = asideOf(record, cell, reading);
  if (aside !== null) return { isSpend: false, reason: aside };
  const fail = (reason: string): Unread => ({ isSpend: true, reason });
  if (record.cells.length > reading.width && record.cells.slice(reading.width).some((one) => one.trim() !== '')) {
    return fail(`has ${record.cells.length} cells, the header ${reading.width}; a name with a comma needs quotes`);
  }
  const day = dayOf(cell('day'), reading.order);
  const wrongDay = whatIsWrongWithDay(day, cell, reading);
  if (day === null || wrongDay !== null) return fail(wrongDay ?? 'has no day');
  const currency = currencyOf(cell, reading);
  if (!currency.ok) return fail(currency.reason);
  const exact = readAmount(cell('amount'), reading);
  if (exact === null) return fail(`the amount ${shown(cell('amount'))} is not a number`);
  const counts = { clicks: null as number | null, impressions: null as number | null };
  for (const field of ['clicks', 'impressions'] as const) {
    if (columns[field] === undefined || cell(field) === '') continue;
    counts[field] = isBlank(cell(field)) ? 0 : wholeNumber(cell(field), reading.mark);
    if (counts[field] === null) return fail(`${field} ${shown(cell(field))} is not a whole number`);
  }
  const text = (field: Field) => cleanText(cell(field));
  const source = text('source') || (options.source ?? '');
  if (platform === 'own' && source === '') return fail('names no source');
  return {
    line: record.line,
    exact,
    spend: {
      day,
      platform,
      account: text('account') || (options.account ?? ''),
      campaignId: idFrom(text('campaignId')),
      campaign: text('campaign'),
      source,
      medium: text('medium') || (options.medium ?? ''),
      currency: currency.code,
      ...counts,
    },
  };
}

/**
 * Spreadsheets show long ids as '="123"', and save those that they took for numbers as 1.20212E+17: then several campaigns
 * have the same, and it is none.
 */
function idFrom(text: string): string {
  const id = text.replace(/^="?(.*?)"?$/, '$1');
  return /^\d([.,]\d+)?E\+\d+$/i.test(id) ? '' : id;
}

/** Why a line is no spend; null: it is. */
function asideOf(
  record: CsvRecord,
  cell: (field: Field) => string,
  { platform, order, isRange }: Reading,
): string | null {
  const first = record.cells.find((one) => one.trim() !== '')?.trim() ?? '';
  const hasDay = dayOf(cell('day'), order) !== null;
  // A line with a day is spend: campaigns are called "Copyright law" and "Total recall", too.
  if (!hasDay && REMARK.test(first)) return 'a remark of the platform';
  if (!hasDay && [first, cell('day'), cell('campaign')].some((text) => TOTAL.test(text))) return 'a total';
  // Meta by day: the sum of all days stands above them, for all campaigns and for each.
  if (platform !== 'own' && ALL_DAYS.test(cell('day'))) return 'a total';
  if (cell('campaign') !== '' || cell('campaignId') !== '') return null;
  // Meta's and LinkedIn's sums have no campaign, and no day of their own: none, or the report's range, which may be one day.
  if (isRange) return 'a total: it names no campaign';
  return isBlank(cell('day')) ? 'a total: it names no campaign and no day' : null;
}

function whatIsWrongWithDay(day: string | null, cell: (field: Field) => string, reading: Reading): string | null {
  const { platform, today, order, columns } = reading;
  if (day === null) return `${shown(cell('day'))} is not a day`;
  if (day < EARLIEST_DAY) return `${day} is too long ago`;
  // Where the ad account is it may be tomorrow already.
  if (day > addDays(today, 1)) return `${day} has not begun yet`;
  if (columns.until === undefined || isBlank(cell('until'))) return null;
  const until = dayOf(cell('until'), order);
  if (until === day) return null;
  return `covers ${day} to ${until ?? shown(cell('until'))}, not one day; ${LAYOUTS[platform].byDay}`;
}

function currencyOf(
  cell: (field: Field) => string,
  { fileCurrency, options }: Reading,
): { ok: true; code: string } | { ok: false; reason: string } {
  const own = cell('currency').toLowerCase();
  const code = own || (fileCurrency ?? options.currency ?? '');
  if (code === '') return { ok: false, reason: 'says no currency' };
  if (options.currency !== null && code !== options.currency) {
    return { ok: false, reason: `is in ${code}, and you said ${options.currency}` };
  }
  if (!isCurrency(code)) return { ok: false, reason: `${shown(code)} is not a currency's three letters` };
  return { ok: true, code };
}

const known = new Map<string, boolean>();
export function isCurrency(code: string): boolean {
  if (!/^[a-z]{3}$/.test(code)) return false;
  const before = known.get(code);
  if (before !== undefined) return before;
  const { ok } = checkSite({ currency: code });
  known.set(code, ok);
  return ok;
}

/** Platforms leave the cell empty, or write '--', where nothing was spent; whoever writes lines by hand forgot it. */
function readAmount(text: string, { mark, platform }: Reading): bigint | null {
  if (isBlank(text)) return platform === 'own' ? null : 0n;
  return exactNumber(text, mark);
}

/** Bounded, well-formed, without control characters: names come from outside and end in reports. */
export function cleanText(text: string): string {
  const plain = text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return plain.slice(0, TEXT_MAX).toWellFormed();
}

const shown = (text: string) => `"${text.slice(0, 40)}"`;
