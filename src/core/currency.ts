/**
 * How many decimals Stripe's API gives an amount of a currency. Stripe's own table, not ISO 4217: ISK and UGX have no
 * minor unit in ISO, yet Stripe counts them in hundredths (500 is 5 UGX), and HUF and TWD have two decimals when
 * charged although their payouts have none. Source: docs.stripe.com/currencies.
 */
const ZERO_DECIMAL = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const THREE_DECIMAL = new Set('bhd jod kwd omr tnd'.split(' '));

/** @param currency ISO 4217 code in any case */
export function currencyExponent(currency: string): 0 | 2 | 3 {
  const code = currency.toLowerCase();
  if (ZERO_DECIMAL.has(code)) return 0;
  if (THREE_DECIMAL.has(code)) return 3;
  return 2;
}

/**
 * '-1234.50 usd' for machines and logs: exact, no locale, no floating point.
 * Intl would take ISO's minor units and be wrong by 100 for ISK and UGX.
 */
export function formatMinor(amountMinor: number, currency: string): string {
  return `${decimalString(amountMinor, currency)} ${currency.toLowerCase()}`;
}

/** The amount in major units as an exact decimal string: (123450, 'usd') → '1234.50', (500, 'jpy') → '500'. */
export function decimalString(amountMinor: number, currency: string): string {
  const exponent = currencyExponent(currency);
  const sign = amountMinor < 0 ? '-' : '';
  const digits = String(Math.abs(amountMinor)).padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
