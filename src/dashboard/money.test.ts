import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCoverage, formatMoney, formatMoneyShort, formatShare } from './money.ts';

/** Digits, separators and sign only: the symbol's place is the locale's affair. */
const digits = (text: string): string => text.replace(/[^\d.,−]/g, '');

test('amounts follow Stripe’s decimals, not the currency’s own', () => {
  for (const [amountMinor, currency, shown] of [
    [2000, 'usd', '20.00'],
    [-5, 'usd', '−0.05'],
    [500, 'jpy', '500'],
    [5120, 'kwd', '5.120'],
    [500, 'ugx', '5.00'],
    [0, 'eur', '0.00'],
    [Number.MAX_SAFE_INTEGER, 'usd', '90,071,992,547,409.91'],
  ] as const) {
    assert.equal(digits(formatMoney(amountMinor, currency)), shown, `${amountMinor} ${currency}`);
  }
});

test('an average is shown to the minor unit', () => {
  assert.equal(digits(formatMoney(36250 / 22, 'usd')), '16.48');
  assert.equal(digits(formatMoney(-0.2, 'usd')), '0.00');
});

test('a code that is no currency still shows its amount', () => {
  assert.equal(digits(formatMoney(1234, 'x')), '12.34');
});

test('axes are short', () => {
  assert.equal(digits(formatMoneyShort(123400, 'usd')), '1.2');
});

test('coverage is “100%” only when nothing is missing', () => {
  assert.equal(formatCoverage(1), '100%');
  assert.equal(formatCoverage(0.99999), '99.9%');
  assert.equal(formatCoverage(0.5), '50%');
});

test('shares line up', () => {
  assert.deepEqual([0.5, 0.004, 0].map(formatShare), ['50.0%', '0.4%', '0.0%']);
});
