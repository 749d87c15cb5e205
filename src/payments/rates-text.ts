import { ratioOf } from '../core/rates.ts';
import type { Rate } from '../core/rates.ts';
import { isDay } from '../core/report-days.ts';

/** Rates that cannot be read. Its message says the line and what is wrong with it. */
export class BadRates extends Error {
  override name = 'BadRates';
}

const RATES_MAX = 5_000_000;
/** What the European Central Bank publishes is against the euro. */
const BANK_BASE = 'eur';

/**
 * Reads rates from any of three texts: the European Central Bank's table (Date,USD,JPY,…, N/A where there was none), its
 * XML, or lines of date,base,quote,rate.
 *
 * @param today 'YYYY-MM-DD', UTC: no rate is known of a day that has not begun
 * @throws BadRates
 */
export function readRates(text: string, today: string): Rate[] {
  if (text.startsWith('PK')) throw new BadRates('this is a zip archive; unpack it and give the .csv in it');
  const plain = text.replace(/^\uFEFF/, '');
  const found = /^\s*</.test(plain) ? readXml(plain, today) : readCsv(plain, today);
  const rates = [...found.values()];
  if (rates.length === 0) throw new BadRates('there are no rates in it');
  return rates;
}

type Found = Map<string, Rate>;

function readCsv(text: string, today: string): Found {
  const lines = text.split(/\r\n|\n|\r/);
  const at = lines.findIndex((line) => line.trim() !== '');
  if (at === -1) throw new BadRates('the file is empty');
  const header = cellsOf(lines[at]!).map((cell) => cell.toLowerCase());
  const isLong = header.join() === 'date,base,quote,rate';
  if (!isLong && header[0] !== 'date') {
    const given = lines[at]!.slice(0, 60);
    throw new BadRates(
      `line ${at + 1}: "${given}" is no header; it begins with Date,USD,JPY,… or is date,base,quote,rate`,
    );
  }
  const currencies = isLong ? [] : headerCurrencies(header, at + 1);
  const found: Found = new Map();
  for (const [index, line] of lines.entries()) {
    if (index <= at || line.trim() === '') continue;
    const cells = cellsOf(line);
    if (isLong) addLong(found, cells, { line: index + 1, today });
    else addTable(found, cells, currencies, { line: index + 1, today });
  }
  return found;
}

function cellsOf(line: string): string[] {
  const cells = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  // The bank ends its lines with a comma.
  return cells.at(-1) === '' ? cells.slice(0, -1) : cells;
}

function headerCurrencies(header: readonly string[], line: number): string[] {
  const currencies = header.slice(1);
  const wrong = currencies.find((code) => !isCurrency(code));
  if (wrong !== undefined)
    throw new BadRates(`line ${line}: "${wrong.slice(0, 20)}" is not a currency's three letters`);
  if (currencies.length === 0) throw new BadRates(`line ${line}: the header names no currency`);
  if (new Set(currencies).size < currencies.length) throw new BadRates(`line ${line}: a currency has two columns`);
  return currencies;
}

interface Place {
  line: number;
  today: string;
}

function addLong(found: Found, cells: readonly string[], place: Place): void {
  if (cells.length !== 4)
    throw new BadRates(`line ${place.line}: has ${cells.length} values; give date,base,quote,rate`);
  const [day = '', base = '', quote = '', rate = ''] = cells;
  add(found, { day, base: base.toLowerCase(), quote: quote.toLowerCase(), rate }, place);
}

function addTable(found: Found, cells: readonly string[], currencies: readonly string[], place: Place): void {
  if (cells.length - 1 > currencies.length) {
    throw new BadRates(`line ${place.line}: has ${cells.length - 1} rates for ${currencies.length} currencies`);
  }
  for (const [index, rate] of cells.slice(1).entries()) {
    if (rate === '' || rate === 'N/A') continue;
    add(found, { day: cells[0]!, base: BANK_BASE, quote: currencies[index]!, rate }, place);
  }
}

/** `<Cube time='2026-11-20'><Cube currency='USD' rate='1.0931'/>…`: a reader for this one document, not for XML. */
function readXml(text: string, today: string): Found {
  const found: Found = new Map();
  let day: string | null = null;
  let line = 1;
  let counted = 0;
  for (const match of text.matchAll(/<Cube\s([^<>]{1,200})>/g)) {
    for (; counted < match.index; counted += 1) if (text[counted] === '\n') line += 1;
    const attribute = (name: string) =>
      new RegExp(`(?:^|\\s)${name}\\s*=\\s*["']([^"']{1,40})["']`).exec(match[1]!)?.[1];
    day = attribute('time') ?? day;
    const [currency, rate] = [attribute('currency'), attribute('rate')];
    if (currency === undefined && rate === undefined) continue;
    if (day === null) throw new BadRates(`line ${line}: a rate comes before the first <Cube time="…">`);
    add(found, { day, base: BANK_BASE, quote: (currency ?? '').toLowerCase(), rate: rate ?? '' }, { line, today });
  }
  return found;
}

function add(found: Found, rate: Rate, { line, today }: Place): void {
  const wrong = whatIsWrong(rate, today);
  if (wrong !== null) throw new BadRates(`line ${line}: ${wrong}`);
  const key = `${rate.day} ${rate.base} ${rate.quote}`;
  const before = found.get(key);
  if (before && before.rate !== rate.rate) {
    const pair = `${rate.base}/${rate.quote} of ${rate.day}`;
    throw new BadRates(`line ${line}: ${pair} is ${rate.rate} here and ${before.rate} before`);
  }
  found.set(key, rate);
  if (found.size > RATES_MAX) throw new BadRates(`line ${line}: more than ${RATES_MAX} rates; split the file`);
}

function whatIsWrong({ day, base, quote, rate }: Rate, today: string): string | null {
  const shown = (text: string) => `"${text.slice(0, 40)}"`;
  if (!isDay(day)) return `${shown(day)} is not a day; write it as 2026-11-21`;
  if (day > today) return `${day} has not begun yet`;
  if (!isCurrency(base)) return `${shown(base)} is not a currency's three letters`;
  if (!isCurrency(quote)) return `${shown(quote)} is not a currency's three letters`;
  if (base === quote) return `${base}/${quote} is no exchange rate`;
  if (ratioOf(rate) === null) return `${shown(rate)} is not a rate; write it as 1.0931`;
  return null;
}

const isCurrency = (code: string) => /^[a-z]{3}$/.test(code);
