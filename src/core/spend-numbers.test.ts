import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { decimalString } from './currency.ts';
import { decimalMarkOf, exactNumber, minorOf, wholeNumber } from './spend-numbers.ts';

const amount = (text: string, mark: '.' | ',', currency = 'usd') => {
  const exact = exactNumber(text, mark);
  return exact === null ? null : minorOf(exact, currency);
};

const written = (texts: readonly string[]) => texts.map((text) => ({ text, isWhole: false }));

describe('amounts as platforms write them', () => {
  const read: [text: string, mark: '.' | ',', currency: string, minor: number | null][] = [
    ['1234.5', '.', 'usd', 1234_50],
    ['1,234.56', '.', 'usd', 1234_56],
    ['1,23,456.00', '.', 'inr', 123456_00],
    ['1.234,56', ',', 'eur', 1234_56],
    ['1 234,56', ',', 'eur', 1234_56],
    ['1\u202f234,56 €', ',', 'eur', 1234_56],
    ['1’234.50', '.', 'chf', 1234_50],
    ['$12', '.', 'usd', 12_00],
    ['US$ 12.30', '.', 'usd', 12_30],
    ['EUR 12.30', '.', 'eur', 12_30],
    ['12,00 kr.', ',', 'sek', 12_00],
    ['kr. 1.234,50', ',', 'dkk', 1234_50],
    ['12,50 zł', ',', 'pln', 12_50],
    ['1 234,50 Kč', ',', 'czk', 1234_50],
    ['S/ 12.50', '.', 'pen', 12_50],
    ['12,50 лв.', ',', 'bgn', 12_50],
    ['1.2K', '.', 'usd', null],
    ['1,2 Mio.', ',', 'eur', null],
    ['3M', '.', 'usd', null],
    ['12 MXN', '.', 'mxn', 12_00],
    ['12 KRW', '.', 'krw', 12],
    ['-$3.50', '.', 'usd', -3_50],
    ['−3.50', '.', 'usd', -3_50],
    ['40.005', '.', 'usd', 40_01],
    ['40.00499999999999', '.', 'usd', 40_00],
    ['1.2345', '.', 'kwd', 1_235],
    ['30000.00', '.', 'jpy', 30000],
    ['12.', '.', 'usd', null],
    ['1,23', '.', 'usd', null],
    ['1,2345.00', '.', 'usd', null],
    ['1.2.3', '.', 'usd', null],
    ['12abcd', '.', 'usd', null],
    ['1e3', '.', 'usd', null],
    ['(5.00)', '.', 'usd', null],
    ['=1+1', '.', 'usd', null],
    ['999999999999999', '.', 'usd', null],
    ['', '.', 'usd', null],
  ];
  for (const [text, mark, currency, minor] of read) {
    it(`"${text}" with ${mark} is ${minor} of ${currency}`, () => assert.equal(amount(text, mark, currency), minor));
  }

  const marks: [texts: string[], mark: '.' | ',' | null][] = [
    [['1,234', '12.50'], '.'],
    [['1.234', '12,50'], ','],
    [['1,234.00'], '.'],
    [['1.234.567'], ','],
    [['0.123'], '.'],
    [['1234,567'], ','],
    [['1,234', '5,678'], '.'],
    [['12', '--', ''], '.'],
    [['1,5', '1.5'], null],
  ];
  for (const [texts, mark] of marks) {
    it(`${texts.join(' and ')} write decimals with ${mark}`, () =>
      assert.equal(decimalMarkOf(written(texts), '.'), mark));
  }
  it('what has no parts is grouped by its mark', () => {
    assert.deepEqual(
      [['1.234'], ['1,234'], ['1.234', '5,60'], ['1,234', '5,60']].map((texts) =>
        decimalMarkOf(
          texts.map((text, index) => ({ text, isWhole: index === 0 })),
          '.',
        ),
      ),
      [',', '.', ',', null],
    );
  });

  it('counts are whole', () => {
    assert.deepEqual(
      ['1,234', '12.0', '12.5', '-3', 'x'].map((text) => wholeNumber(text, '.')),
      [1234, 12, null, null, null],
    );
  });

  it('any amount of any currency, written plainly, is read to the minor unit', () => {
    const currency = fc.constantFrom('usd', 'jpy', 'kwd', 'isk');
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), currency, (minor, code) => {
        assert.equal(amount(decimalString(minor, code), '.', code), minor);
      }),
    );
  });
});
