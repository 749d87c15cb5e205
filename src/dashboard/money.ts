import { currencyExponent, decimalString } from '../core/currency.ts';

const formats = new Map<string, Intl.NumberFormat>();
function formatOf(currency: string, compact: boolean): Intl.NumberFormat {
  const key = `${currency} ${compact}`;
  const known = formats.get(key);
  if (known) return known;
  const exponent = currencyExponent(currency);
  const shape: Intl.NumberFormatOptions = compact
    ? { notation: 'compact', maximumFractionDigits: 1 }
    : { minimumFractionDigits: exponent, maximumFractionDigits: exponent };
  let made: Intl.NumberFormat;
  try {
    made = new Intl.NumberFormat(undefined, { style: 'currency', currency, ...shape });
  } catch {
    // Not a currency code Intl accepts: the number is still worth showing, its code beside it stays visible.
    made = new Intl.NumberFormat(undefined, shape);
  }
  formats.set(key, made);
  return made;
}

/**
 * Formatted from the exact decimal string: no float ever stands between the ledger and the screen. Averages, as the cost
 * of a customer, are no whole minor units and are rounded to one.
 */
function format(amountMinor: number, currency: string, compact: boolean): string {
  const text = decimalString(Math.round(amountMinor), currency) as `${number}`;
  return formatOf(currency, compact).format(text).replace('-', '−');
}

/** 2000, 'usd' → '$20.00'. A negative amount carries a true minus sign. */
export const formatMoney = (amountMinor: number, currency: string): string => format(amountMinor, currency, false);

/** For axes: 123400, 'usd' → '$1.2K'. */
export const formatMoneyShort = (amountMinor: number, currency: string): string => format(amountMinor, currency, true);

const counts = new Intl.NumberFormat();
const shortCounts = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const sharePercents = new Intl.NumberFormat(undefined, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const formatCount = (count: number): string => counts.format(count);
export const formatCountShort = (count: number): string => shortCounts.format(count);
export const formatPercent = (share: number): string => percents.format(share).replace('-', '−');
/** Always one digit, so that a column of shares lines up. */
export const formatShare = (share: number): string => sharePercents.format(share).replace('-', '−');
/** Coverage is never rounded up to “all”. */
export const formatCoverage = (share: number): string =>
  share < 1 && share > 0.999 ? formatPercent(0.999) : formatPercent(share);
