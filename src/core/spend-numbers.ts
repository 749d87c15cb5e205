import { currencyExponent } from './currency.ts';

/**
 * Amounts as ad platforms write them: '1,234.56', '1.234,56', '1 234,56', '1’234.56', '$12', '12.00 EUR'. A file writes
 * all of its numbers in one way, so the way is read from all of them together; never guessed per line.
 */
export type DecimalMark = '.' | ',';

/** Decimals of an exact number: some platforms tell spend to many places, and days are added before they are rounded. */
const SCALE = 18;
const ONE = 10n ** BigInt(SCALE);

/** Before it: '$', 'US$', 'EUR', 'kr.', 'S/'. After it: '€', 'zł', 'Kč', but no word for thousands: '1.2K', '3 Mio.'. */
const SCALE_WORD = '(?:[kmbt]|bn|mi|mio|mil|mln|mrd|tsd|tys)\\.?$';
const WRITTEN = new RegExp(
  `^(-?)\\p{L}{0,3}[/.]?\\p{Sc}?(-?)(\\d[\\d.,]*)(?:\\p{Sc}|(?!${SCALE_WORD})\\p{L}{1,3}\\.?)?$`,
  'iu',
);

/** '12,00 €' → '12,00': without currency, spaces and apostrophes. Null: there is something else in it. */
function bare(text: string): string | null {
  const plain = text.replaceAll(/[\s\u00a0\u202f'’]/g, '').replace(/^[−–]/, '-');
  const match = WRITTEN.exec(plain);
  if (!match || (match[1] !== '' && match[2] !== '')) return null;
  return `${match[1]}${match[2]}${match[3]}`;
}

/** An absent number: how platforms write that there is none. */
export const isBlank = (text: string) => /^[\s\u00a0]*(?:-{1,2}|—|–|n\/a)?[\s\u00a0]*$/i.test(text);

/** A number of a file, and whether it counts what has no parts: clicks, yen. */
export interface WrittenNumber {
  text: string;
  isWhole: boolean;
}

/**
 * Which mark stands before the decimals.
 * @param usual where no number tells
 * @returns null when some numbers say one and some the other
 */
export function decimalMarkOf(numbers: Iterable<WrittenNumber>, usual: DecimalMark): DecimalMark | null {
  const votes = new Set<DecimalMark>();
  for (const number of numbers) {
    const vote = voteOf(number);
    if (vote) votes.add(vote);
  }
  if (votes.size > 1) return null;
  return [...votes][0] ?? usual;
}

function voteOf({ text, isWhole }: WrittenNumber): DecimalMark | null {
  const number = bare(text)?.replace('-', '');
  if (number === undefined) return null;
  const [dot, comma] = [number.lastIndexOf('.'), number.lastIndexOf(',')];
  if (dot < 0 && comma < 0) return null;
  if (dot >= 0 && comma >= 0) return dot > comma ? '.' : ',';
  const mark = dot >= 0 ? '.' : ',';
  const [head = '', ...rest] = number.split(mark);
  const other = mark === '.' ? ',' : '.';
  if (rest.length > 1) return other;
  const couldGroup = rest[0]!.length === 3 && head.length <= 3 && head !== '' && !head.startsWith('0');
  if (!couldGroup) return mark;
  return isWhole ? other : null;
}

/** The number times 10^18, exactly; null: it is not written like one. */
export function exactNumber(text: string, mark: DecimalMark): bigint | null {
  const number = bare(text);
  if (number === null) return null;
  const group = mark === '.' ? ',' : '.';
  const [whole = '', fraction = '', ...more] = number.replace('-', '').split(mark);
  const isGrouped = whole.includes(group);
  if (more.length > 0 || fraction.includes(group) || fraction.length > SCALE) return null;
  // Two digits between marks: 1,23,456 in India.
  if (isGrouped && !new RegExp(`^\\d{1,3}(?:\\${group}\\d{2,3})*\\${group}\\d{3}$`).test(whole)) return null;
  const digits = whole.replaceAll(group, '');
  if (!/^\d{1,15}$/.test(digits) || !/^\d*$/.test(fraction) || number.endsWith(mark)) return null;
  const value = BigInt(digits) * ONE + BigInt(fraction.padEnd(SCALE, '0'));
  return number.startsWith('-') ? -value : value;
}

/** A count; null when it is no whole number of zero or more. */
export function wholeNumber(text: string, mark: DecimalMark): number | null {
  const value = exactNumber(text, mark);
  if (value === null || value < 0n || value % ONE !== 0n) return null;
  const count = Number(value / ONE);
  return Number.isSafeInteger(count) ? count : null;
}

/** An exact amount in minor units, halves away from zero; null when it is no safe integer. */
export function minorOf(exact: bigint, currency: string): number | null {
  const unit = 10n ** BigInt(SCALE - currencyExponent(currency));
  const size = ((exact < 0n ? -exact : exact) * 2n + unit) / (unit * 2n);
  const minor = Number(exact < 0n ? -size : size);
  return Number.isSafeInteger(minor) ? minor : null;
}
