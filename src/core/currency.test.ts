import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currencyExponent, decimalString, formatMinor } from './currency.ts';

test("trap 19: amounts have the decimals of Stripe's own table", () => {
  const cases: [number, string, string][] = [
    [123_450, 'usd', '1234.50'],
    [500, 'JPY', '500'],
    [5120, 'kwd', '5.120'],
    [500, 'ugx', '5.00'],
    [500, 'isk', '5.00'],
    [100, 'huf', '1.00'],
    [100, 'twd', '1.00'],
    [-5, 'eur', '-0.05'],
    [0, 'bhd', '0.000'],
    [7, 'xof', '7'],
    [9_007_199_254_740_991, 'usd', '90071992547409.91'],
  ];
  for (const [amount, currency, text] of cases) assert.equal(decimalString(amount, currency), text, currency);
  assert.equal(formatMinor(-2000, 'USD'), '-20.00 usd');
  assert.equal(currencyExponent('xxx'), 2);
});
