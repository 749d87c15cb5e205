import { currencyExponent } from '../core/currency.ts';
import type { DecimalMark, WrittenNumber } from '../core/spend-numbers.ts';
import { decimalMarkOf } from '../core/spend-numbers.ts';
import { dayOrderOf } from '../core/spend-days.ts';
import type { DayOrder } from '../core/spend-days.ts';
import type { SpendPlatform } from '../core/spend.ts';
import { readCsv } from './csv.ts';
import type { CsvRecord } from './csv.ts';
import { decodeSpend } from './decode.ts';
import { columnName, FIELDS, LAYOUTS, recognise } from './layouts.ts';
import type { Field, Recognised } from './layouts.ts';
import { groupLines } from './group.ts';
import type { GroupedSpend } from './group.ts';
import type { SpendFileOptions } from './options.ts';
import { readLine } from './read-line.ts';
import type { NamedLine, ReadLine } from './read-line.ts';
import { SpendRefused } from './refused.ts';

export const SPEND_LINES_MAX = 200_000;
/** Preambles are a dozen lines at most. */
const HEADER_WITHIN = 60;
/** A large file must not keep hits and webhooks waiting. */
const LINES_AT_ONCE = 2_000;
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));
const DELIMITERS = [',', '\t', ';'];

export interface ReadSpend extends GroupedSpend {
  platform: SpendPlatform;
  encoding: string;
  /** What each thing was read from: field → the header's own words. */
  columns: Partial<Record<Field, string>>;
  /** Lines of spend, the rejected ones included. */
  read: number;
  rejected: NamedLine[];
  /** Lines that are no spend: totals, the platform's own remarks. */
  leftOut: NamedLine[];
}

/**
 * Reads an export.
 *
 * @param today 'YYYY-MM-DD' where it is today first
 * @throws SpendRefused when the file as a whole cannot be read
 */
export async function readSpendFile(bytes: Uint8Array, options: SpendFileOptions, today: string): Promise<ReadSpend> {
  const { text, encoding } = decodeSpend(bytes);
  const found = await findHeader(text, options.platform);
  const { records, header, recognised } = found;
  requireColumns(recognised, options, header);
  const column = (field: Field) => recognised.columns[field];
  const cell = (record: CsvRecord, field: Field) => {
    const at = column(field);
    return at === undefined ? '' : (record.cells[at] ?? '').trim();
  };
  const of = (record: CsvRecord) => (field: Field) => cell(record, field);
  const reading = {
    platform: recognised.platform,
    columns: recognised.columns,
    isRange: recognised.isRange,
    width: header.cells.length,
    mark: markOf(found, cell, options),
    order: orderOf(records, cell, recognised, options),
    fileCurrency: recognised.currency,
    options,
    today,
  };
  const rejected: NamedLine[] = [];
  const leftOut: NamedLine[] = [];
  const read: ReadLine[] = [];
  for (const [index, record] of records.entries()) {
    if (index % LINES_AT_ONCE === 0) await breathe();
    const line = readLine(record, of(record), reading);
    if ('spend' in line) read.push(line);
    else if (line.isSpend) rejected.push({ line: record.line, reason: line.reason });
    else leftOut.push({ line: record.line, reason: line.reason });
  }
  const grouped = groupLines(read);
  const named = FIELDS.flatMap((field) => {
    const at = column(field);
    return at === undefined ? [] : [[field, header.cells[at]!.trim()] as const];
  });
  return {
    ...grouped,
    platform: recognised.platform,
    encoding,
    columns: Object.fromEntries(named),
    read: read.length + rejected.length,
    rejected: [...rejected, ...grouped.rejected].toSorted((a, b) => a.line - b.line),
    leftOut,
  };
}

interface Found {
  header: CsvRecord;
  recognised: Recognised;
  delimiter: string;
  /** After the header. */
  records: CsvRecord[];
}

/** The delimiter is the one with which there is a header. */
async function findHeader(text: string, wanted: SpendPlatform | null): Promise<Found> {
  let refused: SpendRefused | null = null;
  for (const delimiter of DELIMITERS) {
    try {
      const found = await headerWith(text, delimiter, wanted);
      if (found) return found;
    } catch (error) {
      // With a delimiter that is not the file's, quotes of a preamble open cells that nothing closes: Report: a,"b.
      if (!(error instanceof BeforeHeader)) throw error;
      refused ??= error.refused;
    }
  }
  if (refused) throw refused;
  const first = text
    .trimStart()
    .split(/[\r\n]/, 1)[0]!
    .slice(0, 100);
  const known =
    'Google Ads, Meta, LinkedIn, TikTok and Microsoft exports in English (Google Ads and Meta in German, French, Spanish, ' +
    'Italian, Portuguese and Dutch, too), and date,source,medium,campaign,amount,currency';
  const remedy =
    'if it is of one of these platforms, say which (--platform, ?platform=); else write its lines as the last of these';
  const message = `no line of it is a header that is known (it begins "${first}"); known are ${known}; ${remedy}`;
  throw new SpendRefused('file', message);
}

/** What is wrong with a file that is read with a delimiter it may not have. */
class BeforeHeader extends Error {
  readonly refused: SpendRefused;
  constructor(refused: SpendRefused) {
    super(refused.message);
    this.refused = refused;
  }
}

async function headerWith(text: string, delimiter: string, wanted: SpendPlatform | null): Promise<Found | null> {
  let seen = 0;
  let found: Omit<Found, 'records'> | null = null;
  const records: CsvRecord[] = [];
  try {
    for (const record of readCsv(text, delimiter)) {
      if (found) {
        records.push(record);
        if (records.length % LINES_AT_ONCE === 0) await breathe();
        if (records.length > SPEND_LINES_MAX) {
          throw new SpendRefused('file', `has more than ${SPEND_LINES_MAX} lines; export fewer days`);
        }
        continue;
      }
      const recognised = record.cells.length > 1 ? recognise(record.cells, wanted) : null;
      if (recognised) found = { header: record, recognised, delimiter };
      else if ((seen += 1) >= HEADER_WITHIN) break;
    }
  } catch (error) {
    throw found === null && error instanceof SpendRefused ? new BeforeHeader(error) : error;
  }
  return found && { ...found, records };
}

const WITHOUT_DAY = ['week', 'month', 'quarter', 'year'];

function requireColumns(
  { platform, columns, currency }: Recognised,
  options: SpendFileOptions,
  header: CsvRecord,
): void {
  const { byDay } = LAYOUTS[platform];
  const names = header.cells.map((cell) => cell.trim());
  if (columns.day === undefined) {
    const coarser = names.map(columnName).find((name) => WITHOUT_DAY.includes(name));
    const what = coarser === undefined ? 'has no column with the day' : `is by ${coarser}, not by day`;
    throw new SpendRefused('file', `line ${header.line}: the export ${what}; ${byDay}`);
  }
  if (columns.campaign === undefined) {
    throw new SpendRefused('file', `line ${header.line}: the export has no column with the campaign; add it`);
  }
  if (columns.currency === undefined && currency === null && options.currency === null) {
    const message = `line ${header.line}: the export does not say its currency; say it (--currency eur, ?currency=eur), or add the column`;
    throw new SpendRefused('currency', message);
  }
  if (currency !== null && options.currency !== null && currency !== options.currency) {
    throw new SpendRefused('currency', `the header says ${currency}, and you said ${options.currency}`);
  }
}

type CellOf = (record: CsvRecord, field: Field) => string;

function* numbersOf({ records, recognised }: Found, cell: CellOf, said: string | null): Generator<WrittenNumber> {
  for (const record of records) {
    const currency = cell(record, 'currency') || (recognised.currency ?? said ?? '');
    yield { text: cell(record, 'amount'), isWhole: currencyExponent(currency) === 0 };
    for (const field of ['clicks', 'impressions'] as const) yield { text: cell(record, field), isWhole: true };
  }
}

function markOf(found: Found, cell: CellOf, { currency }: SpendFileOptions): DecimalMark {
  // Where a comma stands before the decimals, files are delimited by semicolons.
  const mark = decimalMarkOf(numbersOf(found, cell, currency), found.delimiter === ';' ? ',' : '.');
  if (mark !== null) return mark;
  throw new SpendRefused(
    'file',
    'writes some amounts as 1,234.50 and some as 1.234,50; export it again in one language',
  );
}

function orderOf(
  records: readonly CsvRecord[],
  cell: CellOf,
  { platform }: Recognised,
  { dates }: SpendFileOptions,
): DayOrder {
  const told = dayOrderOf(records.map((record) => cell(record, 'day')));
  if (told === 'mixed') {
    throw new SpendRefused(
      'file',
      'writes some dates as month/day and some as day/month; export it again in one language',
    );
  }
  if (told === 'mdy' || told === 'dmy') {
    if (dates === null || dates === told) return told;
    throw new SpendRefused('dates', `you said ${dates}, but the file has dates that are only possible as ${told}`);
  }
  const order = dates ?? LAYOUTS[platform].dayOrder;
  if (order !== null || told === 'none') return order ?? 'mdy';
  const message =
    'its dates could be month/day or day/month; say which (--dates mdy or dmy, ?dates=dmy), or export them as 2026-11-21';
  throw new SpendRefused('dates', message);
}
