import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { convertMinor, findRate, ratioOf, rateTable, timesRatio } from './rates.ts';
import type { Rate } from './rates.ts';

const rate = (base: string, quote: string, value: string, day = '2026-11-02'): Rate => ({
  day,
  base,
  quote,
  rate: value,
});

describe('converting by a dated rate', () => {
  const table = rateTable([
    rate('eur', 'usd', '1.0931'),
    rate('eur', 'jpy', '165.2'),
    rate('eur', 'kwd', '0.3357'),
    rate('eur', 'isk', '149.9'),
    rate('eur', 'ugx', '4012.55'),
    rate('eur', 'usd', '1.10', '2026-10-30'),
    rate('gbp', 'usd', '1.27', '2026-10-30'),
  ]);
  const cases: [amount: number, from: string, to: string, day: string, result: number | null, evidence: string][] = [
    [1000, 'eur', 'usd', '2026-11-02', 1093, '2026-11-02 eur/usd 1.0931'],
    [1093, 'usd', 'eur', '2026-11-02', 1000, '2026-11-02 eur/usd 1.0931'],
    [-1000, 'eur', 'usd', '2026-11-02', -1093, '2026-11-02 eur/usd 1.0931'],
    // 500 jpy is 5 hundred yen, 3.03 eur.
    [500, 'jpy', 'eur', '2026-11-02', 303, '2026-11-02 eur/jpy 165.2'],
    [1000, 'eur', 'jpy', '2026-11-02', 1652, '2026-11-02 eur/jpy 165.2'],
    // Thousandths.
    [1000, 'eur', 'kwd', '2026-11-02', 3357, '2026-11-02 eur/kwd 0.3357'],
    [5120, 'kwd', 'usd', '2026-11-02', 1667, '2026-11-02 eur/kwd 0.3357, eur/usd 1.0931'],
    // Stripe counts both in hundredths although ISO has no minor unit: 50000 is 500 isk, 3.34 eur.
    [50_000, 'isk', 'eur', '2026-11-02', 334, '2026-11-02 eur/isk 149.9'],
    [1000, 'eur', 'ugx', '2026-11-02', 4_012_550, '2026-11-02 eur/ugx 4012.55'],
    [1000, 'jpy', 'kwd', '2026-11-02', 2032, '2026-11-02 eur/jpy 165.2, eur/kwd 0.3357'],
    // The days before.
    [1000, 'eur', 'usd', '2026-11-01', 1100, '2026-10-30 eur/usd 1.10'],
    [1000, 'gbp', 'usd', '2026-11-06', 1270, '2026-10-30 gbp/usd 1.27'],
    [1000, 'gbp', 'usd', '2026-11-07', null, ''],
    // Crossed within one day only: eur/usd of Monday and gbp/usd of Friday say nothing together.
    [1000, 'gbp', 'eur', '2026-11-02', null, ''],
    [1000, 'eur', 'xof', '2026-11-02', null, ''],
    [1000, 'usd', 'usd', '1999-01-01', 1000, ''],
  ];
  for (const [amount, from, to, day, result, evidence] of cases) {
    test(`${amount} ${from} in ${to} on ${day}`, () => {
      const converted = convertMinor(amount, from, to, day, table);
      assert.equal(converted?.amountMinor ?? null, result);
      assert.equal(converted?.evidence ?? '', evidence);
    });
  }

  test('a direct rate before an inverse one, an inverse one before a crossed one', () => {
    const all = [
      rate('usd', 'eur', '0.9'),
      rate('eur', 'usd', '1.2'),
      rate('chf', 'usd', '2'),
      rate('chf', 'eur', '1'),
    ];
    assert.equal(findRate('usd', 'eur', '2026-11-02', rateTable(all))?.evidence, '2026-11-02 usd/eur 0.9');
    assert.equal(findRate('usd', 'eur', '2026-11-02', rateTable(all.slice(1)))?.evidence, '2026-11-02 eur/usd 1.2');
    const crossed = findRate('usd', 'eur', '2026-11-02', rateTable(all.slice(2)));
    assert.equal(crossed?.evidence, '2026-11-02 chf/usd 2, chf/eur 1');
  });
});

describe('exact', () => {
  test('decimals are read as they are, or not at all', () => {
    const cases: [string, string | null][] = [
      ['1.0931', '10931/10000'],
      ['165', '165/1'],
      ['0.00001', '1/100000'],
      ...['0', '0.000', '-1', '1e3', '', '1,5', 'N/A', '.5', '5.', 'NaN', '1'.repeat(21)].map((it): [string, null] => [
        it,
        null,
      ]),
    ];
    for (const [text, expected] of cases) {
      const ratio = ratioOf(text);
      assert.equal(ratio && `${ratio.above}/${ratio.below}`, expected, text);
    }
  });

  test('halves go away from zero, and what is no safe integer is no amount', () => {
    const half = { above: 1n, below: 2n };
    assert.deepEqual(
      [1, -1, 3, -3, 0, 2].map((amount) => timesRatio(amount, half)),
      [1, -1, 2, -2, 0, 1],
    );
    assert.equal(timesRatio(Number.MAX_SAFE_INTEGER, { above: 2n, below: 1n }), null);
  });

  test('a conversion is never off by more than half a minor unit, and signs mirror', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e12, max: 1e12 }),
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        (amount, above, below) => {
          const converted = timesRatio(amount, { above, below });
          if (converted === null) return;
          const error = BigInt(converted) * below - BigInt(amount) * above;
          assert.ok((error < 0n ? -error : error) * 2n <= below);
          assert.equal(timesRatio(-amount, { above, below }), 0 - converted);
        },
      ),
    );
  });
});
