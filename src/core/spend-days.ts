import { isDay } from './report-days.ts';

/** Days as ad platforms write them. 03/04/2026 is a day of March in one country and of April in another. */
export type DayOrder = 'mdy' | 'dmy';

/** What months begin with, without accents: in English, German, French, Spanish, Italian, Portuguese and Dutch. */
const MONTHS = [
  /^(?:jan|ene|gen)/,
  /^(?:feb|fev)/,
  /^(?:mar|mrz|mrt)/,
  /^(?:apr|avr|abr)/,
  /^(?:may|mai|mei|mag)/,
  /^(?:jun|juin|giu)/,
  /^(?:jul|juil|lug)/,
  /^(?:aug|ago|aou)/,
  /^(?:sep|set)/,
  /^(?:oct|okt|ott|out)/,
  /^nov/,
  /^(?:dec|dez|dic)/,
];
const TIME = /[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[ap]\.?m\.?)?(?:\s*(?:Z|UTC|[+-]\d{2}:?\d{2}))?$/i;

interface Numbers {
  a: number;
  b: number;
  year: number;
}

/** '3/4/2026' and '3-4-2026': two numbers whose order has to be known. */
function numbersOf(text: string): Numbers | null {
  const match = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4})$/.exec(text.trim().replace(TIME, ''));
  return match && { a: Number(match[1]), b: Number(match[3]), year: Number(match[4]) };
}

/**
 * The order in which a file writes day and month, from all of its days together.
 * @returns 'unknown' when every one of them could be either; 'mixed' when some can only be one and some the other
 */
export function dayOrderOf(texts: Iterable<string>): DayOrder | 'unknown' | 'mixed' | 'none' {
  let isSeen = false;
  let order: DayOrder | null = null;
  for (const text of texts) {
    const numbers = numbersOf(text);
    if (!numbers) continue;
    const { a, b } = numbers;
    // The same day and month tell nothing, and mean the same either way.
    if (a !== b) isSeen = true;
    const told = a > 12 ? 'dmy' : b > 12 ? 'mdy' : null;
    if (told !== null && order !== null && told !== order) return 'mixed';
    order ??= told;
  }
  return order ?? (isSeen ? 'unknown' : 'none');
}

/** 'YYYY-MM-DD'; null: it is no day. */
export function dayOf(text: string, order: DayOrder): string | null {
  const plain = text
    .trim()
    .replace(TIME, '')
    .replace(/^\p{L}{2,12}(?:-feira)?(?:\.?,|\.(?=\s\d{1,2}\.?\s\p{L}))\s*/u, '');
  const numbers = numbersOf(plain);
  if (numbers) {
    const { a, b, year } = numbers;
    return order === 'mdy' ? dayFrom(year, a, b) : dayFrom(year, b, a);
  }
  const iso = /^(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})$/.exec(plain);
  if (iso && (iso[2] !== '' || plain.length === 8)) return dayFrom(Number(iso[1]), Number(iso[3]), Number(iso[4]));
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(plain);
  if (dotted) return dayFrom(Number(dotted[3]), Number(dotted[2]), Number(dotted[1]));
  const named = /^(\p{L}{3,10})\.? (\d{1,2}),? (\d{4})$/u.exec(plain);
  if (named) return dayFrom(Number(named[3]), monthOf(named[1]!), Number(named[2]));
  // 2 Nov 2026, 2. Nov. 2026, 2 de nov. de 2026; 2-Nov-26 is what Excel makes of Nov 2, 2026.
  const dayFirst = /^(\d{1,2})\.?[ -](?:de )?(\p{L}{3,10})\.?,?[ -](?:de )?((?:20)?\d{2})$/u.exec(plain);
  return dayFirst && dayFrom(2000 + (Number(dayFirst[3]) % 100), monthOf(dayFirst[2]!), Number(dayFirst[1]));
}

function monthOf(name: string): number {
  const plain = name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return MONTHS.findIndex((begins) => begins.test(plain)) + 1;
}

function dayFrom(year: number, month: number, day: number): string | null {
  const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  return isDay(text) ? text : null;
}
